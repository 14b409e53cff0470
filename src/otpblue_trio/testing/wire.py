"""The wire as it is: octets to PDUs, PDUs octet by octet, an ESME that may send anything."""

from __future__ import annotations

import math
import struct

import trio

from otpblue_trio.smpp import HEADER_OCTETS, INTERFACE_VERSION, CommandId, Framer, Pdu, decode

__all__ = ["BareEsme", "bind_octets", "pdu_octets", "pdus_of", "read_pdus", "submit_octets"]

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


def pdu_octets(
    command_id: int,
    body: bytes = b"",
    *,
    sequence_number: int = 1,
    command_status: int = 0,
    command_length: int | None = None,
) -> bytes:
    """Put a header before a body, whatever that is.

    Args:
      command_id: any 32 bits.
      body: as it is to stand on the wire.
      sequence_number: any 32 bits.
      command_status: any 32 bits.
      command_length: by default the true one.
    """
    if command_length is None:
        command_length = HEADER_OCTETS + len(body)
    return struct.pack(">IIII", command_length, command_id, command_status, sequence_number) + body


def bind_octets(
    command_id: int = CommandId.BIND_TRANSCEIVER,
    *,
    system_id: bytes = b"acme",
    password: bytes = b"secret",
    system_type: bytes = b"",
    interface_version: int = INTERFACE_VERSION,
    addr_ton: int = 0,
    addr_npi: int = 0,
    address_range: bytes = b"",
    sequence_number: int = 1,
) -> bytes:
    """Write a bind of any mode; nothing is checked, strings come without their NUL."""
    body = b"\0".join((system_id, password, system_type, b""))
    body += bytes((interface_version, addr_ton, addr_npi)) + address_range + b"\0"
    return pdu_octets(command_id, body, sequence_number=sequence_number)


def submit_octets(
    short_message: bytes = b"Your code is 482910",
    *,
    source_addr: bytes = b"\x05\x00MyBank\0",
    dest_addr: bytes = b"\x01\x0114155552671\0",
    esm_class: int = 0,
    times: bytes = b"\0\0",
    registered_delivery: int = 0,
    data_coding: int = 0,
    sm_length: int | None = None,
    more: bytes = b"",
    sequence_number: int = 2,
    command_status: int = 0,
) -> bytes:
    """Write a submit_sm; nothing is checked.

    Args:
      short_message: the text.
      source_addr: TON, NPI and address with its NUL.
      dest_addr: likewise.
      esm_class: one octet.
      times: schedule_delivery_time and validity_period, each with its NUL.
      registered_delivery: one octet.
      data_coding: one octet.
      sm_length: by default the true one.
      more: what stands behind the text, such as optional parameters.
      sequence_number: any 32 bits.
      command_status: any 32 bits.
    """
    if sm_length is None:
        sm_length = len(short_message)
    body = b"\0" + source_addr + dest_addr + bytes((esm_class, 0, 0)) + times
    body += bytes((registered_delivery, 0, data_coding, 0, sm_length)) + short_message + more
    return pdu_octets(
        CommandId.SUBMIT_SM, body, sequence_number=sequence_number, command_status=command_status
    )


class BareEsme:
    """An ESME that sends any octets and shows every PDU that comes as octets.

    It answers nothing by itself, not even an unbind, and reads only when it is asked to.

    Args:
      stream: connected.
    """

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._framer = Framer(_MAX_PDU_OCTETS)

    async def send(self, octets: bytes) -> None:
        """Send octets as they are."""
        await self._stream.send_all(octets)

    async def next(self) -> bytes:
        """Return the next PDU; empty when the gateway has ended the connection."""
        while (frame := self._framer.next_frame()) is None:
            octets = await self._stream.receive_some(_MAX_PDU_OCTETS)
            if not octets:
                return b""
            self._framer.feed(bytes(octets))
        return frame

    async def take(self, count: int) -> list[bytes]:
        """Return the next so many PDUs."""
        return [await self.next() for _ in range(count)]

    async def ask(self, octets: bytes) -> bytes:
        """Send octets and return the next PDU."""
        await self.send(octets)
        return await self.next()

    async def rest(self) -> list[bytes]:
        """Return every PDU up to the end of the connection; waits for that end."""
        frames = []
        while frame := await self.next():
            frames.append(frame)
        return frames

    async def bind(self, command_id: int = CommandId.BIND_TRANSCEIVER) -> None:
        """Bind as the account that a gateway under test has by default.

        Raises:
          RuntimeError: the bind was refused.
        """
        response = await self.ask(bind_octets(command_id, sequence_number=1))
        if response[8:12] != b"\0\0\0\0":
            msg = f"the bind was answered with {len(response)} octets, not with success"
            raise RuntimeError(msg)

    async def is_alive(self) -> bool:
        """Tell whether the connection is open and the next PDU is the answer to an enquire_link."""
        probe = 0x7EADBEEF
        answer = await self.ask(pdu_octets(CommandId.ENQUIRE_LINK, sequence_number=probe))
        return answer == pdu_octets(CommandId.ENQUIRE_LINK_RESP, sequence_number=probe)

    async def send_eof(self) -> None:
        """Close this side's direction only, where the stream can."""
        if isinstance(self._stream, trio.abc.HalfCloseableStream):
            await self._stream.send_eof()

    async def aclose(self) -> None:
        """Close the connection at once."""
        await trio.aclose_forcefully(self._stream)
