"""Octets to PDUs, for tests that look at a bare stream."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from otpblue_trio.smpp import Framer, Pdu, decode

if TYPE_CHECKING:
    import trio

__all__ = ["pdus_of", "read_pdus"]

_MAX_PDU_OCTETS = 65536


def pdus_of(octets: bytes | bytearray) -> list[Pdu]:
    """Cut whole PDUs out of octets and decode them; an incomplete tail is dropped."""
    framer = Framer(_MAX_PDU_OCTETS)
    framer.feed(bytes(octets))
    pdus: list[Pdu] = []
    while (frame := framer.next_frame()) is not None:
        pdus.append(decode(frame))
    return pdus


async def read_pdus(stream: trio.abc.ReceiveStream, count: float = math.inf) -> list[Pdu]:
    """Read PDUs up to the end of the stream, or until `count` of them are there."""
    octets = bytearray()
    while len(pdus := pdus_of(octets)) < count:
        more = await stream.receive_some(_MAX_PDU_OCTETS)
        if not more:
            break
        octets += more
    return pdus
