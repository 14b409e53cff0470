"""One round of messages for one target: flat out or at a pace, and until all is settled."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import trio
from loadtest_books import Receipts
from loadtest_link import open_bound
from loadtest_session import Session

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from loadtest_books import Tally
    from loadtest_ending import Ending
    from loadtest_link import Link, Target
    from loadtest_messages import Message

__all__ = ["Load"]

UNINTERRUPTED = 32  # messages that a rate not kept may hand out in one go
TOO_LATE = 0.05  # seconds behind the pace at the time limit: the rate was not kept


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
        self._receipts = Receipts(tally)
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
            self.sessions.append(Session(link, self._options, self._tally, self._receipts, self))

        await open_bound(
            self._options.sessions, self._target, self._options, self._tally.faults, take
        )

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
            self._receipts.close()

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
        for count in itertools.count() if self._most is None else range(self._most):
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
