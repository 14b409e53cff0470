#!/usr/bin/env python3
"""The platform of the soak: an HTTP server that counts every send and is often at fault.

    scripts/soak_platform.py          listens on a free port of 127.0.0.1, which it prints

`soak_fates` tells what it does with each number. Beside the platform's send call it serves

- `GET /soak/sends`: one line for each number it was asked to send to: number, how often;
- `GET /soak/summary`: counts as JSON;
- `GET /soak/outage/SECONDS`: answers every send with 503 for so long.

Ends with SIGTERM, or when its standard input ends.
"""

from __future__ import annotations

import re
import socket
import struct
import sys
import uuid
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import orjson
import trio
from soak_fates import DELIVERED, Fate, code_of, delay_of, fate_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SoakPlatform", "main"]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MAX_REQUEST_OCTETS = 64 * 1024
_SLOW = 1.0
_DRIP_OCTETS = 16
_DRIP_PAUSE = 0.05
_HUGE_OCTETS = 4 * 1024 * 1024
_REASONS = {200: "OK", 400: "Bad Request", 429: "Too Many Requests", 404: "Not Found"}
_REFUSALS = {Fate.NO_IMESSAGE: 150, Fate.NO_CAPACITY: 720}
_STATUSES = {Fate.LIMITED: 429, Fate.ERROR: 500}


class SoakPlatform:
    """What the server has seen, and how it answers on one connection."""

    def __init__(self) -> None:
        self.sends: Counter[str] = Counter()
        """How often a send to each number was asked for, an outage included."""
        self.wrong_codes = 0
        """Sends whose code is not the number's own."""
        self.malformed = 0
        """Sends that are no JSON with contact and code."""
        self.connections = 0
        """Open now, the one that asks included."""
        self._outage_until = -1.0

    async def serve(self, stream: trio.SocketStream) -> None:
        """Answer requests on one connection until one of the two ends it."""
        unread = b""
        self.connections += 1
        try:
            while True:
                while (found := _request(unread)) is None:
                    octets = await stream.receive_some()
                    if not octets or len(unread) > _MAX_REQUEST_OCTETS:
                        return
                    unread += octets
                target, body, unread = found
                if not await self._answer(stream, target, body):
                    return
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the gateway gave up waiting, or was killed
        finally:
            self.connections -= 1

    async def _answer(self, stream: trio.SocketStream, target: str, body: bytes) -> bool:
        """Answer one request; return whether the connection goes on."""
        if target.endswith("/otp/send/"):
            return await self._send(stream, body)
        if target == "/soak/sends":
            text = "".join(f"{number} {count}\n" for number, count in self.sends.items())
            await stream.send_all(_response(200, text.encode()))
        elif target == "/soak/summary":
            await stream.send_all(_response(200, orjson.dumps(self.summary())))
        elif target.startswith("/soak/outage/"):
            self._outage_until = trio.current_time() + float(target.rpartition("/")[2])
            await stream.send_all(_response(200, b"{}"))
        else:
            await stream.send_all(_response(404, b"{}"))
        return False

    def summary(self) -> dict[str, int]:
        """Return the counts that tell whether something is wrong."""
        return {
            "sends": self.sends.total(),
            "numbers": len(self.sends),
            "sent_twice": sum(count > 1 for count in self.sends.values()),
            "wrong_codes": self.wrong_codes,
            "malformed": self.malformed,
            "connections": self.connections,
        }

    async def _send(self, stream: trio.SocketStream, body: bytes) -> bool:
        try:
            asked = orjson.loads(body)
            number, code = asked["contact"].removeprefix("+"), asked["code"]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            self.malformed += 1
            await stream.send_all(_response(400, b'{"code": 100, "success": false}'))
            return True
        self.sends[number] += 1
        self.wrong_codes += code != code_of(number)
        if trio.current_time() < self._outage_until:
            await stream.send_all(_response(503, b"down for maintenance", "text/plain"))
            return True
        fate = fate_of(number)
        await trio.sleep(_SLOW if fate is Fate.SLOW else delay_of(number))
        return await _meet(fate, stream, number)


def _request(octets: bytes) -> tuple[str, bytes, bytes] | None:
    """Return the target and body of the first request and what is behind it; None: not whole."""
    head, blank, rest = octets.partition(b"\r\n\r\n")
    if not blank:
        return None
    length = _LENGTH.search(head)
    size = int(length[1]) if length else 0
    if len(rest) < size:
        return None
    line = head.split(b" ", 2)
    return line[1].decode("latin-1") if len(line) == 3 else "", rest[:size], rest[size:]


def _response(status: int, body: bytes, kind: str = "application/json") -> bytes:
    reason = _REASONS.get(status, "Error")
    return (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _meet(fate: Fate, stream: trio.SocketStream, number: str) -> bool:
    """Answer a send as its fate wills; return whether the connection goes on."""
    if fate in DELIVERED:
        return await _deliver(fate, stream, number)
    if fate in _REFUSALS:
        refusal = {"code": _REFUSALS[fate], "status": "failed", "success": False}
        await stream.send_all(_response(400, orjson.dumps(refusal)))
        return True
    if fate in _STATUSES:
        await stream.send_all(_response(_STATUSES[fate], b'{"message": "not now"}'))
        return True
    return await _FAULTS[fate](stream)


async def _deliver(fate: Fate, stream: trio.SocketStream, number: str) -> bool:
    delivered = {
        "message_id": str(uuid.uuid4()),
        "recipient": f"+{number}",
        "status": "delivered",
        "success": True,
    }
    body = orjson.dumps(delivered)
    octets = _response(200, body)
    if fate is Fate.CHUNKED:
        half = len(body) // 2
        octets = (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for part in (body[:half], body[half:], b""):
            octets += b"%x\r\n%b\r\n" % (len(part), part)
    elif fate is Fate.SURPLUS:
        octets += b"surplus"
    if fate is not Fate.DRIP:
        await stream.send_all(octets)
        return fate is not Fate.SURPLUS
    for at in range(0, len(octets), _DRIP_OCTETS):
        await stream.send_all(octets[at : at + _DRIP_OCTETS])
        await trio.sleep(_DRIP_PAUSE)
    return True


async def _html(stream: trio.SocketStream) -> bool:
    page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
    await stream.send_all(_response(502, page, "text/html"))
    return True


async def _garbage(stream: trio.SocketStream) -> bool:
    await stream.send_all(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    return False


async def _broken_json(stream: trio.SocketStream) -> bool:
    await stream.send_all(_response(200, b'{"message_id": "'))
    return True


async def _short(stream: trio.SocketStream) -> bool:
    await stream.send_all(_response(200, b'{"success": true, "message_id": "short"}')[:-9])
    return False


async def _huge(stream: trio.SocketStream) -> bool:
    await stream.send_all(_response(200, b" " * _HUGE_OCTETS))
    return True


async def _reset(stream: trio.SocketStream) -> bool:
    # Closed without lingering, a connection is reset.
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    await trio.aclose_forcefully(stream)
    return False


async def _silence(stream: trio.SocketStream) -> bool:
    while await stream.receive_some():
        pass
    return False


_FAULTS = {
    Fate.HTML: _html,
    Fate.GARBAGE: _garbage,
    Fate.BROKEN_JSON: _broken_json,
    Fate.SHORT: _short,
    Fate.HUGE: _huge,
    Fate.RESET: _reset,
    Fate.SILENCE: _silence,
}


async def _serve(announce: Callable[[str], None]) -> None:
    platform = SoakPlatform()
    async with trio.open_nursery() as nursery:

        async def serve(stream: trio.SocketStream) -> None:
            async with stream:
                await platform.serve(stream)

        listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        announce(f"listening {listeners[0].socket.getsockname()[1]}")
        while await trio.lowlevel.FdStream(0).receive_some():
            pass
        nursery.cancel_scope.cancel()


def main() -> int:
    """Serve until standard input ends; return the exit code."""
    trio.run(_serve, partial(print, flush=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
