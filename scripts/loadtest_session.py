"""The sessions of a load test: connect, bind, keep the window full or the pace, unbind."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING

import trio
from loadtest_books import Books, Tally
from loadtest_link import MAX_PDU_OCTETS, Link, LoadError, Target, open_bound

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
    from collections.abc import Iterator

    from loadtest_messages import Message

__all__ = ["Load", "Session"]

BIND_LIMIT = 30.0
UNBIND_LIMIT = 5.0
BINDS_AT_ONCE = 32
KEEPALIVE_INTERVAL = 30.0  # the gateway closes a session after 90 seconds of silence


class Session:
    """One bound connection: a reader, a writer and the books."""

    def __init__(self, link: Link, options: argparse.Namespace, tally: Tally, load: Load) -> None:
        self.books = Books(
            tally,
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
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # closed here only when the session is over
        if not self.is_over.is_set():
            self._tally.faults["closed_by_peer"] += 1
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
            case EnquireLinkResp():
                pass
            case UnbindResp() if self._is_unbinding:
                self._end()
            case _:
                self._tally.faults["unexpected_pdu"] += 1

    def top_up(self) -> None:
        """Submit what the window has room for."""
        room = self._options.window - self.books.in_flight
        while room > 0 and not self.is_over.is_set():
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
        self.books.submitted(sequence_number, message, due)
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
                self._send(EnquireLink(sequence_number=next(self._sequence)))

    async def unbind(self) -> None:
        """Unbind, waiting for the answer behind which nothing can come, and close the books."""
        if not self.is_over.is_set():
            self._is_unbinding = True
            self._send(Unbind(sequence_number=next(self._sequence)))
            with trio.move_on_after(UNBIND_LIMIT):
                await self.is_over.wait()
            if not self.is_over.is_set():
                self._tally.faults["unbind_unanswered"] += 1
                self._end()
        await self.close()

    async def close(self) -> None:
        """Close the connection as it is."""
        await trio.aclose_forcefully(self._stream)

    def _end(self) -> None:
        self.is_over.set()
        self._outgoing.clear()
        self._wake.set()
        self._tally.faults["unsent"] += len(self.backlog)
        self.backlog.clear()
        self.books.close()
        self._load.look()


class Load:
    """One round of one target: its sessions, what is still to be sent, whether all is settled.

    Args:
      options: of the run.
      target: where to.
      tally: of the target.
      source: what to send; what is left stays for the next round.
      most: how many messages at most; None: no end.
      seconds: when to stop sending.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        target: Target,
        tally: Tally,
        source: Iterator[Message],
        most: int | None,
        seconds: float,
    ) -> None:
        self.sessions: list[Session] = []
        self.all_sent = trio.Event()
        self.all_settled = trio.Event()
        self._options = options
        self._target = target
        self._tally = tally
        self._source = itertools.islice(source, most)
        self._seconds = seconds

    def take(self) -> Message | None:
        """Return the next message for a session with room; None with a rate or after the last."""
        return None if self._options.rate else self._next()

    def _next(self) -> Message | None:
        if self.all_sent.is_set():
            return None
        message = next(self._source, None)
        if message is None:
            self.all_sent.set()
        return message

    def look(self) -> None:
        """See whether there is anything left to wait for."""
        if all(one.is_over.is_set() for one in self.sessions):
            self.all_sent.set()
        if self.all_sent.is_set() and all(
            one.books.is_settled and not one.backlog for one in self.sessions
        ):
            self.all_settled.set()

    async def connect(self) -> None:
        """Connect and bind every session.

        Raises:
          LoadError: one of them could not be bound.
        """

        def take(link: Link) -> None:
            self.sessions.append(Session(link, self._options, self._tally, self))

        try:
            await open_bound(
                self._options.sessions,
                BINDS_AT_ONCE,
                BIND_LIMIT,
                self._target,
                self._options,
                take,
            )
        except LoadError:
            for session in self.sessions:
                await session.close()
            raise

    async def run(self) -> None:
        """Send and settle; `connect` comes before, `unbind` after."""
        async with trio.open_nursery() as nursery:
            for session in self.sessions:
                nursery.start_soon(session.read)
                nursery.start_soon(session.write)
                nursery.start_soon(session.keep_alive)
            await self.drive()
            async with trio.open_nursery() as unbinding:
                for session in self.sessions:
                    unbinding.start_soon(session.unbind)
            nursery.cancel_scope.cancel()

    async def drive(self) -> None:
        """Send until the last message or the time limit, then wait for what is outstanding."""
        with trio.move_on_after(self._seconds):
            if self._options.rate:
                await self._pace()
            else:
                for session in self.sessions:
                    session.top_up()
                await self.all_sent.wait()
        self.all_sent.set()
        self.look()
        with trio.move_on_after(self._options.patience):
            await self.all_settled.wait()

    async def _pace(self) -> None:
        """Hand out messages at the times they are due, in turn over the sessions."""
        start = trio.current_time()
        turn = itertools.cycle(self.sessions)
        for count in itertools.count():
            due = start + count / self._options.rate
            if trio.current_time() < due:
                await trio.sleep_until(due)
            self._tally.largest_lag = max(self._tally.largest_lag, trio.current_time() - due)
            message = self._next()
            if message is None:
                return
            session = next(turn)
            if session.is_over.is_set():
                self._tally.faults["unsent"] += 1
            else:
                session.backlog.append((message, due))
                session.top_up()
