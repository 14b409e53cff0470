"""One SMPP session of the soak: submits, acknowledges receipts, and tells the ledger."""

from __future__ import annotations

import itertools
import socket
import struct
from typing import TYPE_CHECKING

import attrs
import trio

from otpblue_trio.smpp import (
    BindRequest,
    BindTransceiver,
    DecodeError,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    Framer,
    FramingError,
    Npi,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Ton,
    Unbind,
    UnbindResp,
    decode,
    encode,
    parse_receipt,
)

if TYPE_CHECKING:
    import ssl

    from loadtest_messages import Message
    from soak_ledger import Lane, Ledger

__all__ = ["GONE", "Client", "Login"]

GONE = (OSError, trio.BrokenResourceError, trio.ClosedResourceError, FramingError)
"""What a connection that ends, or cannot be made, raises."""

_MAX_PDU_OCTETS = 65536
_ANSWER_LIMIT = 30.0


@attrs.frozen
class Login:
    """An account of the soak."""

    system_id: str
    password: str = attrs.field(repr=False)


class Client:
    """One connection.

    Usage: `connect`, `bind`, then `run` in a task of its own while messages are submitted.

    Attributes:
      ended: set when the connection is over.
      abandoned: messages that were without a response then.
    """

    def __init__(self, tcp: trio.SocketStream, stream: trio.abc.Stream, ledger: Ledger) -> None:
        self.ended = trio.Event()
        self.abandoned = 0
        self._is_closed = False
        self._tcp = tcp
        self._stream = stream
        self._ledger = ledger
        self._framer = Framer(_MAX_PDU_OCTETS)
        self._sequence = itertools.count(1)
        self._waiting: dict[int, tuple[str, float]] = {}
        """sequence_number: number and time of a message without a response."""
        self._outgoing = bytearray()
        self._wake = trio.Event()

    @classmethod
    async def connect(
        cls,
        port: int,
        ledger: Ledger,
        *,
        tls: ssl.SSLContext | None = None,
        address: str = "127.0.0.1",
        receive_buffer: int = 0,
    ) -> Client:
        """Connect from an address of this machine, and shake hands where TLS is asked for.

        Raises:
          OSError, trio.BrokenResourceError: refused or lost.
        """
        sock = trio.socket.socket()
        stream: trio.abc.Stream | None = None
        try:
            if receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            await sock.bind((address, 0))
            with trio.fail_after(_ANSWER_LIMIT):
                await sock.connect(("127.0.0.1", port))
                tcp = trio.SocketStream(sock)
                stream = tcp
                if tls is not None:
                    stream = trio.SSLStream(
                        tcp, tls, server_hostname="localhost", https_compatible=True
                    )
                    await stream.do_handshake()
        except BaseException:
            sock.close()
            raise
        return cls(tcp, stream, ledger)

    async def bind(self, login: Login, kind: type[BindRequest] = BindTransceiver) -> int:
        """Bind; return the command_status.

        Raises:
          trio.BrokenResourceError: the connection ended instead.
        """
        bind = attrs.evolve(
            kind(),
            system_id=login.system_id,
            password=login.password,
            sequence_number=next(self._sequence),
        )
        await self._stream.send_all(encode(bind))
        with trio.fail_after(_ANSWER_LIMIT):
            while (frame := self._framer.next_frame()) is None:
                octets = await self._stream.receive_some(_MAX_PDU_OCTETS)
                if not octets:
                    raise trio.BrokenResourceError
                self._framer.feed(bytes(octets))
        return decode(frame).command_status

    # ------------------------------------------------------------------ sending

    def submit(self, message: Message, lane: Lane) -> None:
        """Submit a message; it goes out with the next `run` or `flush`."""
        sequence_number = next(self._sequence)
        self._ledger.submitted(message.destination, lane)
        self._waiting[sequence_number] = message.destination, trio.current_time()
        self._send(
            SubmitSm(
                sequence_number=sequence_number,
                source_addr_ton=Ton.ALPHANUMERIC,
                source_addr=message.sender,
                dest_addr_ton=Ton.INTERNATIONAL,
                dest_addr_npi=Npi.ISDN,
                destination_addr=message.destination,
                registered_delivery=1,
                short_message=message.text.encode("ascii"),
            )
        )

    def enquire(self) -> None:
        """Send an enquire_link, so that the session is not taken for dead."""
        self._send(EnquireLink(sequence_number=next(self._sequence)))

    def _send(self, pdu: Pdu) -> None:
        self._outgoing += encode(pdu)
        self._wake.set()

    async def send_octets(self, octets: bytes) -> None:
        """Send octets as they are."""
        await self._stream.send_all(octets)

    async def flush(self) -> None:
        """Send everything that has been submitted."""
        octets = bytes(self._outgoing)
        self._outgoing.clear()
        if octets:
            await self._stream.send_all(octets)

    # ------------------------------------------------------------------ running

    async def run(self) -> None:
        """Read and write until the connection is over; messages without an answer are abandoned."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write)
                await self._read()
                nursery.cancel_scope.cancel()
        finally:
            self.ended.set()
            await self.close()

    async def close(self) -> None:
        """End the connection as it is; messages without an answer are abandoned."""
        self._is_closed = True
        for number, _ in self._waiting.values():
            self._ledger.abandon(number)
        self.abandoned += len(self._waiting)
        self._waiting.clear()
        await trio.aclose_forcefully(self._stream)

    async def _write(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake = trio.Event()
                await self.flush()
        except GONE:
            pass  # the reader sees it as well

    async def _read(self) -> None:
        try:
            while True:
                while (frame := self._framer.next_frame()) is not None:
                    self._take(frame)
                octets = await self._stream.receive_some(_MAX_PDU_OCTETS)
                # What was read while it was closed is for nobody.
                if not octets or self._is_closed:
                    return
                self._framer.feed(bytes(octets))
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        except FramingError:
            self._ledger.problem("unreadable_pdu")

    def _take(self, frame: bytes) -> None:
        try:
            pdu = decode(frame)
        except DecodeError:
            self._ledger.problem("unreadable_pdu")
            return
        match pdu:
            case SubmitSmResp():
                self._answered(pdu)
            case DeliverSm():
                self._send(DeliverSmResp(sequence_number=pdu.sequence_number, message_id=""))
                message_id = parse_receipt(pdu.short_message).get("id", "")
                number = pdu.source_addr
                is_own = any(number == waiting for waiting, _ in self._waiting.values())
                self._ledger.receipted(number, message_id, trio.current_time(), is_own=is_own)
            case EnquireLink():
                self._send(EnquireLinkResp(sequence_number=pdu.sequence_number))
            case EnquireLinkResp() | UnbindResp():
                pass
            case Unbind():
                self._send(UnbindResp(sequence_number=pdu.sequence_number))
            case _:
                self._ledger.problem("unexpected_pdu")

    def _answered(self, response: SubmitSmResp) -> None:
        waiting = self._waiting.pop(response.sequence_number, None)
        if waiting is None:
            self._ledger.problem("response_to_nothing")
            return
        number, since = waiting
        self._ledger.answered(
            number, response.command_status, response.message_id or "", since, trio.current_time()
        )

    # ------------------------------------------------------------------ without `run`

    async def answers_behind(self, octets: bytes) -> bool:
        """Send octets and an enquire_link; return whether that is answered, whatever else is."""
        sequence_number = next(self._sequence)
        enquiry = encode(EnquireLink(sequence_number=sequence_number))
        await self._stream.send_all(octets + enquiry)
        with trio.move_on_after(_ANSWER_LIMIT):
            while True:
                while (frame := self._framer.next_frame()) is not None:
                    pdu = decode(frame)
                    if isinstance(pdu, EnquireLinkResp) and pdu.sequence_number == sequence_number:
                        return True
                more = await self._stream.receive_some(_MAX_PDU_OCTETS)
                if not more:
                    return False
                self._framer.feed(bytes(more))
        return False

    async def wait_for_end(self, limit: float) -> bool:
        """Read what comes, unlooked at; return whether the other side ended it in time."""
        with trio.move_on_after(limit):
            try:
                while await self._stream.receive_some(_MAX_PDU_OCTETS):
                    pass
            except trio.BrokenResourceError:
                pass
            return True
        return False

    # ------------------------------------------------------------------ ways to end

    async def unbind(self, limit: float) -> bool:
        """Unbind and wait for the end; False when that did not come in time. Needs `run`."""
        self._send(Unbind(sequence_number=next(self._sequence)))
        with trio.move_on_after(limit):
            await self.ended.wait()
        return self.ended.is_set()

    async def half_close(self) -> None:
        """Send no more, and go on reading; without TLS only."""
        await self.flush()
        await self._tcp.send_eof()

    async def reset(self) -> None:
        """Vanish: the gateway gets a RST."""
        # Closed without lingering, a connection is reset.
        self._tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self.close()
