"""Loads without messages: storms of binds, and sessions that are bound and idle."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import trio
from loadtest_link import FAILURES, MAX_PDU_OCTETS, Link, open_bound, tls_context

from otpblue_trio.smpp import (
    DecodeError,
    EnquireLink,
    EnquireLinkResp,
    FramingError,
    Unbind,
    UnbindResp,
    decode,
    encode,
)

if TYPE_CHECKING:
    import argparse

    from loadtest_books import Tally
    from loadtest_link import Target

__all__ = ["BindStorm", "IdleHold"]

_CYCLE_LIMIT = 30.0
_UNBIND_LIMIT = 5.0
_BINDS_AT_ONCE = 32
_BIND_LIMIT = 60.0


class BindStorm:
    """One round of connect, bind, unbind, over and over, in parallel.

    With a rate cycles fall due at fixed times, and a cycle's latency counts from then; else each
    worker begins the next one when one is done. A bind that is refused is a fault: give the account
    as many sessions as there are workers.

    Args:
      options: of the run; `sessions` is how many cycles run at once.
      target: where to.
      tally: of the target.
      most: how many cycles at most; None: no end.
      seconds: when to begin no more.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        target: Target,
        tally: Tally,
        most: int | None,
        seconds: float,
    ) -> None:
        self._options = options
        self._target = target
        self._tally = tally
        self._left = iter(range(most)) if most is not None else itertools.count()
        self._seconds = seconds
        self._context = tls_context(options) if target.tls else None

    async def connect(self) -> None:
        """See whether the target lets one in.

        Raises:
          LoadError: it does not.
        """
        links: list[Link] = []
        await open_bound(1, 1, _BIND_LIMIT, self._target, self._options, links.append)
        await _leave(links[0])

    async def run(self) -> None:
        """Run all cycles."""
        self._start = trio.current_time()
        self._end = self._start + self._seconds
        async with trio.open_nursery() as nursery:
            for _ in range(self._options.sessions):
                nursery.start_soon(self._work)

    async def _work(self) -> None:
        rate = self._options.rate
        while (number := next(self._left, None)) is not None:
            now = trio.current_time()
            due = self._start + number / rate if rate else now
            if due >= self._end or now >= self._end:
                return
            if due > now:
                await trio.sleep_until(due)
            if rate:
                lag = trio.current_time() - due
                self._tally.largest_lag = max(self._tally.largest_lag, lag)
            await self._cycle(due)

    async def _cycle(self, due: float) -> None:
        tally = self._tally
        tally.went_out(due)
        began = trio.current_time()
        link: Link | None = None
        try:
            with trio.fail_after(_CYCLE_LIMIT):
                link = await Link.open(self._target, self._context)
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
        except trio.TooSlowError:
            tally.faults["lost_response"] += 1
        except (*FAILURES, DecodeError):
            tally.faults["not_connected" if link is None else "closed_by_peer"] += 1
        finally:
            if link is not None:
                await link.close()


class IdleHold:
    """One round of sessions that are bound and do nothing but ask whether the link is alive.

    Args:
      options: of the run: how many sessions, and how often they ask.
      target: where to.
      tally: of the target.
      seconds: how long they stay.
    """

    def __init__(
        self, options: argparse.Namespace, target: Target, tally: Tally, seconds: float
    ) -> None:
        self._options = options
        self._target = target
        self._tally = tally
        self._seconds = seconds
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

        try:
            await open_bound(
                self._options.sessions,
                _BINDS_AT_ONCE,
                _BIND_LIMIT,
                self._target,
                self._options,
                take,
            )
        except BaseException:
            for link in self._links:
                await link.close()
            raise
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
            while due < end:
                if not await self._is_silent(link, due):
                    return
                if not await self._enquire(link):
                    return
                due += self._options.enquire_interval
            if await self._is_silent(link, end) and not await _leave(link):
                self._tally.faults["unbind_unanswered"] += 1
        finally:
            await link.close()

    async def _is_silent(self, link: Link, until: float) -> bool:
        """Wait; return whether the session lives and nothing came that nobody asked for."""
        with trio.move_on_at(until):
            try:
                while octets := await link.stream.receive_some(MAX_PDU_OCTETS):
                    link.framer.feed(bytes(octets))
                    while (frame := link.framer.next_frame()) is not None:
                        pdu = decode(frame)
                        if isinstance(pdu, EnquireLink):
                            sequence_number = pdu.sequence_number
                            await link.stream.send_all(
                                encode(EnquireLinkResp(sequence_number=sequence_number))
                            )
                        elif isinstance(pdu, Unbind):
                            await link.stream.send_all(
                                encode(UnbindResp(sequence_number=pdu.sequence_number))
                            )
                        else:
                            self._tally.faults["unexpected_pdu"] += 1
            except (trio.BrokenResourceError, FramingError, DecodeError):
                pass
            self._tally.faults["closed_by_peer"] += 1
            return False
        return True

    async def _enquire(self, link: Link) -> bool:
        due = trio.current_time()
        self._tally.went_out(due)
        try:
            with trio.fail_after(self._options.patience):
                await link.enquire()
        except trio.TooSlowError:
            self._tally.faults["lost_response"] += 1
            return False
        except (*FAILURES, DecodeError):
            self._tally.faults["closed_by_peer"] += 1
            return False
        self._tally.came_back(due, trio.current_time())
        return True


async def _leave(link: Link) -> bool:
    """Unbind and close; return whether the unbind was answered."""
    try:
        with trio.fail_after(_UNBIND_LIMIT):
            await link.unbind()
    except (*FAILURES, DecodeError, trio.TooSlowError):
        return False
    finally:
        await link.close()
    return True
