"""Loads without messages: storms of binds, and sessions that are bound and idle."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import trio
from loadtest_books import Tally
from loadtest_link import FAILURES, UNBIND_LIMIT, Link, LinkLost, open_bound, tls_context

if TYPE_CHECKING:
    import argparse

    from loadtest_ending import Ending
    from loadtest_link import Target

__all__ = ["BindStorm", "IdleHold"]


class BindStorm:
    """One round of connect, bind, unbind, over and over, in parallel.

    With a rate cycles fall due at fixed times, and a cycle's latency counts from then; those that
    no worker was free for before the end are counted as unsent. Without one each worker begins the
    next one when one is done. A bind that is refused is a fault: give the account as many sessions
    as there are workers.

    Args:
      options: of the run; `sessions` is how many cycles run at once.
      target: where to.
      tally: of the target.
      most: how many cycles at most; None: no end.
      seconds: when to begin no more.
      ending: whether the operator wants the run to end.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        target: Target,
        tally: Tally,
        most: int | None,
        seconds: float,
        ending: Ending,
    ) -> None:
        self._options = options
        self._target = target
        self._tally = tally
        self._left = iter(range(most)) if most is not None else itertools.count()
        self._seconds = seconds
        self._ending = ending
        self._context = tls_context(options) if target.tls else None

    async def connect(self) -> None:
        """See whether the target lets one in.

        Raises:
          LoadError: it does not.
        """
        links: list[Link] = []
        trial = Tally()  # the cycles tell what is wrong
        await open_bound(1, self._target, self._options, trial.faults, links.append)
        await _leave(links[0], trial, self._ending)

    async def run(self) -> None:
        """Run all cycles."""
        self._start = trio.current_time()
        self._end = self._start + self._seconds
        async with trio.open_nursery() as nursery:
            for _ in range(self._options.sessions):
                nursery.start_soon(self._work)
        if self._options.rate:
            end = min(self._end, self._ending.asked_at)
            unsent = itertools.takewhile(lambda number: self._due(number) < end, self._left)
            self._tally.faults["unsent"] += sum(1 for _ in unsent)

    def _due(self, number: int) -> float:
        rate: float = self._options.rate
        return self._start + number / rate

    async def _work(self) -> None:
        rate = self._options.rate
        while not self._ending.is_asked and trio.current_time() < self._end:
            number = next(self._left, None)
            if number is None:
                return
            due = self._due(number) if rate else trio.current_time()
            if due >= self._end:
                return
            with self._ending.working(due):
                await trio.sleep_until(due)
            if trio.current_time() < due:
                return
            if rate:
                lag = trio.current_time() - due
                self._tally.largest_lag = max(self._tally.largest_lag, lag)
            await self._cycle(due)

    async def _cycle(self, due: float) -> None:
        tally = self._tally
        began = trio.current_time()
        tally.went_out(due, began)
        link: Link | None = None
        is_complete = False
        try:
            with self._ending.waiting(self._options.patience) as limit:
                link = await Link.open(self._target, self._context, tally.faults)
                connected = trio.current_time()
                status = await link.bind(self._options)
                bound = trio.current_time()
                tally.statuses[status] += 1
                if status:
                    tally.faults["bind_refused"] += 1
                    return
                await link.unbind()
                now = trio.current_time()
                tally.came_back(due, now)
                tally.phase("connect", connected - began)
                tally.phase("bind", bound - connected)
                tally.phase("unbind", now - bound)
                is_complete = True
            if limit.cancelled_caught:
                tally.faults["lost_response"] += 1
        except LinkLost as lost:
            tally.faults[lost.fault] += 1
        except FAILURES:
            tally.faults["not_connected"] += 1
        finally:
            tally.given_up += not is_complete
            if link is not None:
                await link.close()


class IdleHold:
    """One round of sessions that are bound and do nothing but ask whether the link is alive.

    Args:
      options: of the run: how many sessions, and how often they ask.
      target: where to.
      tally: of the target.
      seconds: how long they stay.
      ending: whether the operator wants the run to end.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        target: Target,
        tally: Tally,
        seconds: float,
        ending: Ending,
    ) -> None:
        self._options = options
        self._target = target
        self._tally = tally
        self._seconds = seconds
        self._ending = ending
        self._links: list[Link] = []

    async def connect(self) -> None:
        """Bind every session.

        Raises:
          LoadError: one of them could not be bound.
        """
        began = trio.current_time()

        def take(link: Link) -> None:
            self._links.append(link)
            self._tally.statuses[0] += 1

        await open_bound(
            self._options.sessions, self._target, self._options, self._tally.faults, take
        )
        self._tally.phase("all bound", trio.current_time() - began)

    async def run(self) -> None:
        """Hold the sessions, then unbind them."""
        end = trio.current_time() + self._seconds
        async with trio.open_nursery() as nursery:
            for place, link in enumerate(self._links):
                # Spread over the interval, as sessions of many clients are.
                first = self._options.enquire_interval * (place + 1) / len(self._links)
                nursery.start_soon(self._hold, link, first, end)

    async def _hold(self, link: Link, first: float, end: float) -> None:
        due = trio.current_time() + first
        try:
            while due < end and await self._listen(link, due):
                if not await self._enquire(link):
                    return
                due += self._options.enquire_interval
            await self._listen(link, end)
            await _leave(link, self._tally, self._ending)
        except LinkLost as lost:
            self._tally.faults[lost.fault] += 1
        finally:
            await link.close()

    async def _listen(self, link: Link, until: float) -> bool:
        """Return whether the time came before the end was asked for. Raises as `Link.listen`."""
        with self._ending.working(until):
            await link.listen()
        return not self._ending.is_asked

    async def _enquire(self, link: Link) -> bool:
        """Return whether the enquire_link was answered in time. Raises as `Link.enquire` does."""
        due = trio.current_time()
        self._tally.went_out(due, due)
        is_answered = False
        try:
            with self._ending.waiting(self._options.patience):
                await link.enquire()
                self._tally.came_back(due, trio.current_time())
                is_answered = True
        finally:
            self._tally.given_up += not is_answered
        if not is_answered:
            self._tally.faults["lost_response"] += 1
        return is_answered


async def _leave(link: Link, tally: Tally, ending: Ending) -> None:
    """Unbind and close; count an unbind that is not answered."""
    try:
        with ending.waiting(UNBIND_LIMIT) as limit:
            await link.unbind()
        if limit.cancelled_caught:
            tally.faults["unbind_unanswered"] += 1
    except LinkLost as lost:
        closed = lost.fault == "closed_by_peer"
        tally.faults["unbind_unanswered" if closed else lost.fault] += 1
    finally:
        await link.close()
