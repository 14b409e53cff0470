"""A small ESME over any Trio stream: bind, submit with a window, receipts, enquire_link, unbind.

`Esme.run` is the reader and must be running for anything else to be answered. Requests may be made
from any number of tasks at once; each waits for the response that carries its own
sequence_number, so responses may come in any order.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

import attrs
import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.smpp import (
    INTERFACE_VERSION,
    REGISTERED_DELIVERY_ALWAYS,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    CommandStatus,
    DataCoding,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    Framer,
    Npi,
    Pdu,
    SubmitSm,
    Tlv,
    TlvTag,
    Ton,
    Unbind,
    UnbindResp,
    decode,
    encode,
    encode_gsm,
)

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Esme", "EsmeClosed", "submit_pdu"]

_MAX_PDU_OCTETS = 65536
_READ_OCTETS = 65536
_MAX_SHORT_MESSAGE = 254


class EsmeClosed(OtpBlueError):
    """The gateway closed the connection while an answer was awaited."""


class Esme:
    """One SMPP session from the client's side. Also an async context manager that closes.

    Args:
      stream: connected; where it is a `trio.SSLStream`, with its handshake done.
      acknowledge: answer every deliver_sm with success at once; else the caller does.

    Attributes:
      unbind_received: True once the gateway has asked to unbind (which is always answered).
    """

    def __init__(self, stream: trio.abc.Stream, *, acknowledge: bool = True) -> None:
        self._stream = stream
        self._acknowledge = acknowledge
        self._framer = Framer(_MAX_PDU_OCTETS)
        self._sequence = 0
        self._waiting: dict[int, _Answer] = {}
        self._writing = trio.Lock()
        self._closed = trio.Event()
        self._receipts_in, self._receipts = trio.open_memory_channel[DeliverSm](math.inf)
        self.unbind_received = False

    async def __aenter__(self) -> Esme:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection."""
        await self.aclose()

    @property
    def is_closed(self) -> bool:
        """True once the gateway has closed, or this side has."""
        return self._closed.is_set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Read until the gateway ends the connection, then close this side too and return.

        Whoever still waits for an answer gets `EsmeClosed`. Cancelling closes the connection.

        Raises:
          FramingError: the other side does not speak SMPP.
          DecodeError: it sent a request that cannot be read, or a command_id that is unknown.
        """
        task_status.started()
        try:
            while True:
                try:
                    octets = await self._stream.receive_some(_READ_OCTETS)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    return
                if not octets:
                    return
                self._framer.feed(bytes(octets))
                while (frame := self._framer.next_frame()) is not None:
                    await self._take(decode(frame))
        finally:
            self._closed.set()
            for answer in self._waiting.values():
                answer.arrived.set()
            self._receipts_in.close()
            await trio.aclose_forcefully(self._stream)

    async def _take(self, pdu: Pdu) -> None:
        if pdu.is_response:
            answer = self._waiting.pop(pdu.sequence_number, None)
            if answer is not None:
                answer.pdu = pdu
                answer.arrived.set()
        elif isinstance(pdu, DeliverSm):
            if self._acknowledge:
                await self._reply(DeliverSmResp(sequence_number=pdu.sequence_number, message_id=""))
            self._receipts_in.send_nowait(pdu)
        elif isinstance(pdu, EnquireLink):
            await self._reply(EnquireLinkResp(sequence_number=pdu.sequence_number))
        elif isinstance(pdu, Unbind):
            self.unbind_received = True
            await self._reply(UnbindResp(sequence_number=pdu.sequence_number))

    async def _reply(self, pdu: Pdu) -> None:
        """Answer the gateway, if this side can still be written to."""
        with contextlib.suppress(EsmeClosed):
            await self.send(pdu)

    # ------------------------------------------------------------------ requests

    async def send(self, pdu: Pdu) -> None:
        """Send a PDU as it is; nothing is awaited but the write."""
        await self.send_octets(encode(pdu))

    async def send_octets(self, octets: bytes) -> None:
        """Send octets as they are, whole PDUs or not.

        Raises:
          EsmeClosed: the connection is gone.
        """
        async with self._writing:
            try:
                await self._stream.send_all(octets)
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                msg = "the connection to the gateway is closed"
                raise EsmeClosed(msg) from error

    async def request(self, pdu: Pdu) -> Pdu:
        """Send a request under a fresh sequence_number and return its response.

        A generic_nack is a response too. Cancelling forgets the request; a late response to it is
        ignored.

        Raises:
          EsmeClosed: the connection ended before the response came.
        """
        self._sequence += 1
        sequence_number = self._sequence
        answer = self._waiting[sequence_number] = _Answer()
        try:
            await self.send(attrs.evolve(pdu, sequence_number=sequence_number))
            if not self._closed.is_set():
                await answer.arrived.wait()
        finally:
            self._waiting.pop(sequence_number, None)
        if answer.pdu is None:
            msg = "the gateway closed the connection before it answered"
            raise EsmeClosed(msg)
        return answer.pdu

    async def bind_transceiver(
        self, system_id: str, password: str, *, interface_version: int = INTERFACE_VERSION
    ) -> Pdu:
        """Bind for both directions; look at the response's command_status."""
        return await self.request(
            BindTransceiver(
                system_id=system_id, password=password, interface_version=interface_version
            )
        )

    async def bind_transmitter(
        self, system_id: str, password: str, *, interface_version: int = INTERFACE_VERSION
    ) -> Pdu:
        """Bind for submitting; look at the response's command_status."""
        return await self.request(
            BindTransmitter(
                system_id=system_id, password=password, interface_version=interface_version
            )
        )

    async def bind_receiver(
        self, system_id: str, password: str, *, interface_version: int = INTERFACE_VERSION
    ) -> Pdu:
        """Bind for receipts; look at the response's command_status."""
        return await self.request(
            BindReceiver(
                system_id=system_id, password=password, interface_version=interface_version
            )
        )

    async def submit_sm(
        self,
        destination: str,
        text: str,
        *,
        source: str = "",
        registered_delivery: int = REGISTERED_DELIVERY_ALWAYS,
    ) -> Pdu:
        """Submit a message the way the integration guide shows and return its response.

        Args:
          destination: E.164; sent with TON international.
          text: in GSM 03.38 where that can express it, else in UCS-2.
          source: brand name, sent as alphanumeric.
          registered_delivery: as in SMPP 3.4, 5.2.17.
        """
        return await self.request(
            submit_pdu(destination, text, source=source, registered_delivery=registered_delivery)
        )

    async def enquire_link(self) -> Pdu:
        """Ask whether the gateway is there."""
        return await self.request(EnquireLink())

    async def unbind(self) -> Pdu:
        """Unbind; the gateway closes behind its response."""
        return await self.request(Unbind())

    async def receipt(self) -> DeliverSm:
        """Return the next deliver_sm, in order of arrival.

        Raises:
          EsmeClosed: the connection ended and every one that came has been returned.
        """
        try:
            return await self._receipts.receive()
        except trio.EndOfChannel:
            msg = "the gateway closed the connection and no receipt is left"
            raise EsmeClosed(msg) from None

    async def acknowledge(
        self, receipt: DeliverSm, command_status: int = CommandStatus.ESME_ROK
    ) -> None:
        """Answer a deliver_sm; needed only with `acknowledge=False`."""
        await self.send(
            DeliverSmResp(
                sequence_number=receipt.sequence_number,
                command_status=command_status,
                message_id="",
            )
        )

    async def wait_closed(self) -> None:
        """Return when the connection has ended."""
        await self._closed.wait()

    async def send_eof(self) -> None:
        """Close this side's direction only, where the stream can."""
        if isinstance(self._stream, trio.abc.HalfCloseableStream):
            await self._stream.send_eof()

    async def aclose(self) -> None:
        """Close the connection at once, without unbinding."""
        await trio.aclose_forcefully(self._stream)


class _Answer:
    """A response that is awaited."""

    __slots__ = ("arrived", "pdu")

    def __init__(self) -> None:
        self.arrived = trio.Event()
        self.pdu: Pdu | None = None


def submit_pdu(
    destination: str,
    text: str,
    *,
    source: str = "",
    registered_delivery: int = REGISTERED_DELIVERY_ALWAYS,
) -> SubmitSm:
    """Return the submit_sm of the integration guide's example for these values.

    A text that short_message has no room for goes into message_payload.
    """
    try:
        octets, data_coding = encode_gsm(text), 0
    except ValueError:
        octets, data_coding = text.encode("utf-16-be"), int(DataCoding.UCS2)
    return SubmitSm(
        source_addr_ton=Ton.ALPHANUMERIC if source else Ton.UNKNOWN,
        source_addr=source,
        dest_addr_ton=Ton.INTERNATIONAL,
        dest_addr_npi=Npi.ISDN,
        destination_addr=destination,
        data_coding=data_coding,
        registered_delivery=registered_delivery,
        short_message=octets if len(octets) <= _MAX_SHORT_MESSAGE else b"",
        tlvs=(() if len(octets) <= _MAX_SHORT_MESSAGE else (Tlv(TlvTag.MESSAGE_PAYLOAD, octets),)),
    )
