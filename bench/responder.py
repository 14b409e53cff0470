"""A bare SMPP responder on Trio: what event loop, sockets and framing cost by themselves.

It accepts every bind, answers every submit_sm with success and a receipt, and does nothing else: no
check of a number, no code, no platform, no store, no metrics, no log. The benchmarks put the
gateway's CPU time in proportion to it, because the machine's own speed cancels out of that.

    responder.py PORT
"""

from __future__ import annotations

import itertools
import struct
import sys
from functools import partial

import trio

HEADER = struct.Struct(">IIII")
BINDS = (1, 2, 9)
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 4, 5, 6, 0x15
RESPONSE = 0x80000000
RECEIPT = (
    b"id:%b sub:001 dlvrd:001 submit date:2601010000 done date:2601010000"
    b" stat:DELIVRD err:000 text:"
)

_ids = itertools.count(1)


def answer(command_id: int, sequence_number: int, pdu: bytes) -> bytes:
    """Return what goes out for one PDU."""
    if command_id == SUBMIT_SM:
        return accept_message(sequence_number, pdu)
    if command_id in BINDS:
        body = b"BARE\0\x02\x10\0\1\x34"
    elif command_id in (UNBIND, ENQUIRE_LINK):
        body = b""
    else:
        return b""
    return HEADER.pack(16 + len(body), command_id | RESPONSE, 0, sequence_number) + body


def accept_message(sequence_number: int, pdu: bytes) -> bytes:
    """Return the response to a submit_sm and its receipt, which has the addresses swapped."""
    number = next(_ids)
    message_id = b"%036d" % number
    start = pdu.index(b"\0", 16) + 1
    source_end = pdu.index(b"\0", start + 2) + 1
    destination_end = pdu.index(b"\0", source_end + 2) + 1
    text = RECEIPT % message_id
    body = (
        b"\0"
        + pdu[source_end:destination_end]
        + pdu[start:source_end]
        + b"\4\0\0\0\0\0\0\0\0"
        + bytes((len(text),))
        + text
        + b"\0\x1e"
        + struct.pack(">H", len(message_id) + 1)
        + message_id
        + b"\0\x04\x27\0\1\2"
    )
    return (
        HEADER.pack(16 + len(message_id) + 1, SUBMIT_SM | RESPONSE, 0, sequence_number)
        + message_id
        + b"\0"
        + HEADER.pack(16 + len(body), DELIVER_SM, 0, number % 0x7FFFFFFF + 1)
        + body
    )


async def serve(stream: trio.SocketStream) -> None:
    """Answer one connection until it ends: one read, one write."""
    unread = b""
    try:
        while octets := await stream.receive_some(65536):
            unread += octets
            out = []
            at = 0
            while len(unread) - at >= HEADER.size:
                length, command_id, _, sequence_number = HEADER.unpack_from(unread, at)
                if len(unread) - at < length:
                    break
                out.append(answer(command_id, sequence_number, unread[at : at + length]))
                at += length
            unread = unread[at:]
            if octets := b"".join(out):
                await stream.send_all(octets)
    except trio.BrokenResourceError:
        pass
    finally:
        await trio.aclose_forcefully(stream)


async def main() -> None:
    """Serve on the port that the command line names."""
    port = int(sys.argv[1])
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(trio.serve_tcp, serve, port, host="127.0.0.1"))
        print("ready", flush=True)


if __name__ == "__main__":
    trio.run(main)
