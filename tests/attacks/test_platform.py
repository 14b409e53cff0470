"""A platform that misbehaves in every way, behind a whole gateway and over real sockets.

The first digits of a code say how the platform treats its request. Whatever it does to some
requests, the others get the answer that is theirs, nothing is asked twice, and every message is
answered and recorded once.
"""

from __future__ import annotations

import os
import socket
import struct
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs
import orjson
import pytest
import trio
import trio.testing

from otpblue_trio.runtime.observer import MessageAnswered
from otpblue_trio.smpp import CommandStatus, SubmitSmResp
from otpblue_trio.testing import (
    FakeStore,
    GatewayUnderTest,
    account,
    open_gateway,
    with_limits,
)
from otpblue_trio.upstream import HttpPlatform

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from otpblue_trio.testing import Esme

TIMEOUT = 2.0
DELIVERED, FAILED = CommandStatus.ESME_ROK, CommandStatus.ESME_RSYSERR


def http(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    """Return an answer; its Content-Length is a lie where one is given."""
    told = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {told}\r\n\r\n".encode() + body


def good(code: str) -> bytes:
    return orjson.dumps({"success": True, "message_id": f"id-{code}"})


async def delivers(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(http(good(code)))


async def never_answers(stream: trio.SocketStream, code: str) -> None:
    await trio.sleep_forever()


async def resets(stream: trio.SocketStream, code: str) -> None:
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise trio.BrokenResourceError


async def closes(stream: trio.SocketStream, code: str) -> None:
    raise trio.BrokenResourceError


async def drips(stream: trio.SocketStream, code: str) -> None:
    for octet in http(good(code)):
        await stream.send_all(bytes([octet]))


async def drips_for_ever(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        await stream.send_all(b"x")
        await trio.sleep(0.01)


async def sends_garbage(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(bytes(range(256)) * 4)


async def sends_html(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(http(b"<html><h1>502</h1></html>" * 100, "502 Bad Gateway"))


async def sends_html_as_success(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(http(b"<html>" + code.encode() + b"</html>"))


async def sends_a_huge_body(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(http(b" " * (8 << 20) + good(code)))


async def sends_a_body_without_end(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await stream.send_all(b"1000\r\n" + bytes(4096) + b"\r\n")


async def sends_interim_answers_without_end(stream: trio.SocketStream, code: str) -> None:
    while True:
        await stream.send_all(b"HTTP/1.1 102 Processing\r\n\r\n" * 100)


async def says_too_short_a_length(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(http(good(code), length=20))


async def says_too_long_a_length(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(http(good(code), length=5000))


async def says_a_negative_length(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(http(good(code), length=-1))


async def answers_twice(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(http(good(code)) + http(good("of-somebody-else")))


async def nests_deeply(stream: trio.SocketStream, code: str) -> None:
    await stream.send_all(http(b"[" * 60_000))


WAYS: list[tuple[Callable[[trio.SocketStream, str], Awaitable[None]], CommandStatus]] = [
    (delivers, DELIVERED),
    (never_answers, FAILED),
    (resets, FAILED),
    (closes, FAILED),
    (drips, DELIVERED),
    (drips_for_ever, FAILED),
    (sends_garbage, FAILED),
    (sends_html, FAILED),
    (sends_html_as_success, FAILED),
    (sends_a_huge_body, FAILED),
    (sends_a_body_without_end, FAILED),
    (sends_interim_answers_without_end, FAILED),
    (says_too_short_a_length, FAILED),
    (says_too_long_a_length, FAILED),
    (says_a_negative_length, FAILED),
    (answers_twice, DELIVERED),
    (nests_deeply, FAILED),
]


@attrs.define
class HostilePlatform:
    """Treats each request as its code says, and counts them."""

    port: int = 0
    asked: Counter[str] = attrs.field(factory=Counter)

    async def serve(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        self.port = listener.socket.getsockname()[1]
        task_status.started()
        await trio.serve_listeners(self._talk, [listener])

    async def _talk(self, stream: trio.SocketStream) -> None:
        octets = b""
        try:
            async with stream:
                async for more in stream:
                    octets += bytes(more)
                    # The head may end in one piece with the body, which is a small object.
                    if b"\r\n\r\n" not in octets or not octets.endswith(b"}"):
                        continue
                    body = orjson.loads(octets.partition(b"\r\n\r\n")[2])
                    octets = b""
                    self.asked[body["code"]] += 1
                    treat, _ = WAYS[int(body["code"][:2]) - 10]
                    await treat(stream, body["code"])
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass


@asynccontextmanager
async def behind_a_gateway(
    store: FakeStore, max_connections: int
) -> AsyncIterator[tuple[HostilePlatform, GatewayUnderTest]]:
    """Run a hostile platform, and a gateway that asks it; all they opened is closed again."""
    descriptors = len(os.listdir("/proc/self/fd"))
    hostile = HostilePlatform()
    async with trio.open_nursery() as nursery:
        await nursery.start(hostile.serve)
        platform = HttpPlatform(
            url=f"http://127.0.0.1:{hostile.port}/send/",
            ssl_context=None,
            timeout=TIMEOUT,
            down_after_failures=10_000,  # the circuit breaker is tried elsewhere
            max_connections=max_connections,
        )
        async with open_gateway(
            platform=platform,
            accounts=[account()],
            limits=with_limits(receipt_window=10_000),
            store=store,
            duplicate_window=0,
        ) as gateway:
            with trio.fail_after(60):
                yield hostile, gateway
                assert platform.in_flight == 0
                assert gateway.gateway.in_flight == 0
        nursery.cancel_scope.cancel()
    assert len(os.listdir("/proc/self/fd")) == descriptors


async def ask(esme: Esme, code: str, answers: dict[str, SubmitSmResp]) -> None:
    response = await esme.submit_sm("14155552671", f"Your code is {code}")
    assert isinstance(response, SubmitSmResp)
    answers[code] = response


@pytest.mark.parametrize("max_connections", [1000, 8])
async def test_a_hostile_platform_spoils_no_other_message_and_is_asked_once(
    max_connections: int,
) -> None:
    rounds = 2 if max_connections > 100 else 1
    store = FakeStore()
    answers: dict[str, SubmitSmResp] = {}
    async with behind_a_gateway(store, max_connections) as (hostile, gateway):
        esme = await gateway.bound()
        for number in range(rounds):
            async with trio.open_nursery() as nursery:
                for way in range(len(WAYS)):
                    for one in range(3):
                        code = f"{way + 10}{number}{one}77"
                        nursery.start_soon(ask, esme, code, answers)
        for code, response in answers.items():
            treat, status = WAYS[int(code[:2]) - 10]
            if max_connections > 100:
                assert response.command_status == status, treat
            if response.command_status == DELIVERED:
                assert response.message_id == f"id-{code}"
                assert status == DELIVERED, treat
        assert len(answers) == rounds * 3 * len(WAYS)
        assert max(hostile.asked.values()) == 1
        assert len(gateway.seen(MessageAnswered)) == len(store.cdrs) == len(answers)
        # With the rest of them gone, a good answer is a good answer.
        await ask(esme, "100099", answers)
        assert answers["100099"].message_id == "id-100099"
        await esme.unbind()


async def test_a_platform_that_is_not_there_costs_no_descriptor() -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    with socket.socket() as bound_and_not_listening:
        bound_and_not_listening.bind(("127.0.0.1", 0))
        port = bound_and_not_listening.getsockname()[1]
        nobody = HttpPlatform(
            url=f"http://127.0.0.1:{port}/send/", ssl_context=None, timeout=TIMEOUT
        )
        async with open_gateway(platform=nobody, duplicate_window=0) as gateway:
            esme = await gateway.bound()
            for code in range(1000, 1200):
                response = await esme.submit_sm("14155552671", f"Your code is {code}")
                assert response.command_status == FAILED
            assert nobody.connections == 0
            await esme.unbind()
    assert len(os.listdir("/proc/self/fd")) == descriptors
