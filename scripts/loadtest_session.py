"""One session of a load test with messages: keep the window full, account for answers, unbind."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import trio
from loadtest_books import Books
from loadtest_link import MAX_PDU_OCTETS, UNBIND_LIMIT

from otpblue_trio.smpp import (
    DecodeError,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
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
)

if TYPE_CHECKING:
    import argparse

    from loadtest_books import Receipts, Tally
    from loadtest_link import Link
    from loadtest_load import Load
    from loadtest_messages import Message

__all__ = ["Session"]

KEEPALIVE_INTERVAL = 30.0  # the gateway closes a session after 90 seconds of silence


class Session:
    """One bound connection: a reader, a writer and the books."""

    def __init__(
        self,
        link: Link,
        options: argparse.Namespace,
        tally: Tally,
        receipts: Receipts,
        load: Load,
    ) -> None:
        self.books = Books(
            tally,
            receipts,
            wants_receipts=options.receipts,
            judges_statuses=options.judges_statuses,
        )
        self.backlog: deque[tuple[Message, float]] = deque()
        """Messages that are due and have no room in the window yet."""
        self.is_over = trio.Event()
        self._stream = link.stream
        self._options = options
        self._tally = tally
        self._load = load
        self._framer = link.framer
        self._sequence = link.sequence
        self._outgoing: list[bytes] = []
        self._wake = trio.Event()
        self._is_unbinding = False
        self._was_unbound = False
        self._enquiries: set[int] = set()

    @property
    def takes_messages(self) -> bool:
        """False once it is over or the other side has unbound."""
        return not (self.is_over.is_set() or self._was_unbound)

    async def read(self) -> None:
        """Account for what comes, until the connection ends."""
        try:
            while not self.is_over.is_set():
                octets = await self._stream.receive_some(MAX_PDU_OCTETS)
                if not octets:
                    break
                now = trio.current_time()
                self._framer.feed(bytes(octets))
                while (frame := self._framer.next_frame()) is not None:
                    self._take(frame, now)
                self.top_up()
        except FramingError:
            self._tally.faults["unreadable_pdu"] += 1
            self._end()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # closed here only when the session is over
        if not self.is_over.is_set():
            self._tally.faults["closed_by_peer"] += not self._was_unbound
            self._end()

    def _take(self, frame: bytes, now: float) -> None:
        try:
            pdu = decode(frame)
        except DecodeError:
            self._tally.faults["unreadable_pdu"] += 1
            return
        match pdu:
            case SubmitSmResp():
                self.books.answered(pdu, now)
            case DeliverSm():
                self._send(DeliverSmResp(sequence_number=pdu.sequence_number, message_id=""))
                self.books.receipted(pdu, now)
            case EnquireLink():
                self._send(EnquireLinkResp(sequence_number=pdu.sequence_number))
            case EnquireLinkResp() if pdu.sequence_number in self._enquiries:
                self._enquiries.discard(pdu.sequence_number)
            case Unbind() if not self._was_unbound:
                self._tally.faults["unbound_by_peer"] += 1
                self._was_unbound = True
                self._send(UnbindResp(sequence_number=pdu.sequence_number))
                self.drop_backlog()
                self._load.look()
            case UnbindResp() if self._is_unbinding:
                self._tally.faults["unbind_refused"] += pdu.command_status != 0
                self._end()
            case _:
                self._tally.faults["unexpected_pdu"] += 1

    def top_up(self) -> None:
        """Submit what the window has room for."""
        room = self._options.window - self.books.in_flight
        while room > 0 and self.takes_messages:
            if self.backlog:
                message, due = self.backlog.popleft()
            elif (fresh := self._load.take()) is not None:
                message, due = fresh, trio.current_time()
            else:
                break
            self._submit(message, due)
            room -= 1
        self._load.look()

    def _submit(self, message: Message, due: float) -> None:
        sequence_number = next(self._sequence)
        self.books.submitted(sequence_number, message, due, trio.current_time())
        octets = encode(
            SubmitSm(
                sequence_number=sequence_number,
                source_addr_ton=Ton.ALPHANUMERIC,
                source_addr=message.sender,
                dest_addr_ton=Ton.INTERNATIONAL,
                dest_addr_npi=Npi.ISDN,
                destination_addr=message.destination,
                registered_delivery=int(self._options.receipts),
                short_message=message.text.encode("ascii"),
            )
        )
        if message.kind == "malformed":
            # sm_length, which stands before the text, now reaches beyond the end.
            at = len(octets) - len(message.text) - 1
            octets = octets[:at] + b"\xfe" + octets[at + 1 :]
        self._outgoing.append(octets)
        self._wake.set()

    def _send(self, pdu: Pdu) -> None:
        self._outgoing.append(encode(pdu))
        self._wake.set()

    async def write(self) -> None:
        """Send what is to be sent, all there is in one call, until the session is over."""
        try:
            while not self.is_over.is_set():
                await self._wake.wait()
                self._wake = trio.Event()
                octets = b"".join(self._outgoing)
                self._outgoing.clear()
                if octets:
                    await self._stream.send_all(octets)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # the reader sees it as well

    async def keep_alive(self) -> None:
        """Send enquire_link now and then, until the session is over."""
        while not self.is_over.is_set():
            with trio.move_on_after(KEEPALIVE_INTERVAL):
                await self.is_over.wait()
            if not self.is_over.is_set():
                sequence_number = next(self._sequence)
                self._enquiries.add(sequence_number)
                self._send(EnquireLink(sequence_number=sequence_number))

    async def unbind(self) -> None:
        """Unbind, waiting for the answer behind which nothing can come, and close the books."""
        if self.takes_messages:
            self._is_unbinding = True
            self._send(Unbind(sequence_number=next(self._sequence)))
            with trio.move_on_after(UNBIND_LIMIT):
                await self.is_over.wait()
            self._tally.faults["unbind_unanswered"] += not self.is_over.is_set()
        else:  # who unbound closes the connection, once it has our answer
            with trio.move_on_after(UNBIND_LIMIT):
                await self.is_over.wait()
        await self.close()

    async def close(self) -> None:
        """Close the connection as it is, and the books; also when cancelled."""
        if not self.is_over.is_set():
            self._end()
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(self._stream)

    def drop_backlog(self) -> None:
        """Count as unsent what was due and had no room in the window."""
        self._tally.faults["unsent"] += len(self.backlog)
        self.backlog.clear()

    def _end(self) -> None:
        self.is_over.set()
        self._outgoing.clear()
        self._wake.set()
        self.drop_backlog()
        self.books.close()
        self._load.look()
