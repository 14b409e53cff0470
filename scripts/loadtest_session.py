"""The sessions of a load test: connect, bind, keep the window full or the pace, unbind."""

from __future__ import annotations

import itertools
import math
from collections import deque
from typing import TYPE_CHECKING

import trio
from loadtest_books import Books
from loadtest_link import MAX_PDU_OCTETS, Link, Target, open_bound

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

    from loadtest_books import Tally
    from loadtest_ending import Ending
    from loadtest_link import Link, Target
    from loadtest_messages import Message

__all__ = ["Load", "Session"]

UNBIND_LIMIT = 5.0
KEEPALIVE_INTERVAL = 30.0  # the gateway closes a session after 90 seconds of silence
UNINTERRUPTED = 32  # messages that a rate not kept may hand out in one go
TOO_LATE = 0.05  # seconds behind the pace at the time limit: the rate was not kept


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


class Load:
    """One round of one target: its sessions, what is still to be sent, whether all is settled.

    Args:
      options: of the run.
      target: where to.
      tally: of the target.
      source: what to send; what is left stays for the next round.
      most: how many messages at most; None: no end.
      seconds: when to stop sending.
      ending: whether the operator wants the run to end.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        target: Target,
        tally: Tally,
        source: Iterator[Message],
        most: int | None,
        seconds: float,
        ending: Ending,
    ) -> None:
        self.sessions: list[Session] = []
        self.all_sent = trio.Event()
        self.all_settled = trio.Event()
        self._options = options
        self._target = target
        self._tally = tally
        self._source = itertools.islice(source, most)
        self._most = most
        self._taken = 0
        self._seconds = seconds
        self._ending = ending

    def take(self) -> Message | None:
        """Return the next message for a session with room; None with a rate or after the last."""
        return None if self._options.rate else self._next()

    def _next(self) -> Message | None:
        if self.all_sent.is_set():
            return None
        message = next(self._source, None)
        if message is None:
            self.all_sent.set()
        else:
            self._taken += 1
        return message

    def look(self) -> None:
        """See whether there is anything left to wait for."""
        if self._is_alone:
            self.all_sent.set()
        if self.all_sent.is_set() and all(
            one.is_over.is_set() or (one.books.is_settled and not one.backlog)
            for one in self.sessions
        ):
            self.all_settled.set()

    @property
    def _is_alone(self) -> bool:
        """True when no session takes messages any more."""
        return not any(one.takes_messages for one in self.sessions)

    async def connect(self) -> None:
        """Connect and bind every session.

        Raises:
          LoadError: one of them could not be bound.
        """

        def take(link: Link) -> None:
            self.sessions.append(Session(link, self._options, self._tally, self))

        try:
            await open_bound(
                self._options.sessions, self._target, self._options, self._tally.faults, take
            )
        except BaseException:
            for session in self.sessions:
                await session.close()
            raise

    async def run(self) -> None:
        """Send, settle and unbind; `connect` comes before. Cancelled, it drops the sessions."""
        try:
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
        finally:
            for session in self.sessions:
                await session.close()

    async def drive(self) -> None:
        """Send until the last message or the time limit, then wait for what is outstanding."""
        start = trio.current_time()
        if self._options.rate:
            with self._ending.working():
                await self._pace(start)
        else:
            with self._ending.working(start + self._seconds):
                for session in self.sessions:
                    session.top_up()
                await self.all_sent.wait()
        self._count_what_was_not_taken(start)
        self.all_sent.set()
        self.look()
        since = trio.current_time()
        with self._ending.waiting(self._options.patience):
            await self.all_settled.wait()
        self._tally.waited(since, trio.current_time())

    def _count_what_was_not_taken(self, start: float) -> None:
        """Count what fell due, or without a rate was to be sent, and no session took."""
        if self._ending.is_asked:
            for session in self.sessions:
                session.drop_backlog()
        most = math.inf if self._most is None else self._most
        rate = self._options.rate
        if rate:
            most = min(most, rate * min(self._seconds, self._ending.asked_at - start))
        elif self._ending.is_asked or not self._is_alone:
            return
        missing = max(math.ceil(most - 1e-6) - self._taken, 0) if most < math.inf else 0
        if self._is_alone:
            self._tally.faults["unsent"] += missing
        else:
            self._tally.omitted += missing

    async def _pace(self, start: float) -> None:
        """Hand out messages at the times they are due, in turn over the sessions that are left."""
        tally, rate = self._tally, self._options.rate
        end = start + self._seconds
        turn = itertools.cycle(self.sessions)
        for count in itertools.count():
            due = start + count / rate
            now = trio.current_time()
            if due >= end or (now >= end and now - due > TOO_LATE):
                return
            if now < due:
                await trio.sleep_until(due)
            elif count % UNINTERRUPTED == 0:
                # Who is behind must read all the same: answers left lying would seem slow.
                await trio.lowlevel.checkpoint()
            message = None if self._is_alone else self._next()
            if message is None:
                return
            tally.largest_lag = max(tally.largest_lag, trio.current_time() - due)
            session = next(one for one in turn if one.takes_messages)
            session.backlog.append((message, due))
            session.top_up()
