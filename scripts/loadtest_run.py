"""One run of a load test: each target in its rounds, and the operator who may end it early."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import trio
from loadtest_books import Tally
from loadtest_link import LoadError
from loadtest_load import Load
from loadtest_messages import messages
from loadtest_modes import BindStorm, IdleHold
from loadtest_progress import show_progress

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Iterator

    from loadtest_ending import Ending
    from loadtest_link import Target
    from loadtest_messages import Message

__all__ = ["process_figures", "run"]


class _Side:
    """One target, over all its rounds."""

    def __init__(
        self, options: argparse.Namespace, place: int, pid: int | None, ending: Ending
    ) -> None:
        self.tally = Tally()
        self._options = options
        self._target: Target = options.targets[place]
        self._pid = pid
        self._ending = ending
        # Every side sends the same texts, and goes on in each round where the one before ended.
        self._source: Iterator[Message] = messages(
            mix=options.mix, seed=options.seed or 0, side=place, sides=len(options.targets)
        )

    async def load(self, number: int, most: int | None, seconds: float) -> None:
        """Load it for one round. A later round that cannot be made is a fault of the target.

        Raises:
          LoadError: a session could not be bound in the first round.
        """
        if self._ending.is_asked:
            return
        try:
            await self._load(most, seconds)
        except LoadError as error:
            if number == 0:
                raise LoadError(f"{self._target.name}: {error}") from error
            self.tally.faults["not_connected"] += 1
            self.tally.troubles.append(f"round {number + 1}: {error}")

    async def _load(self, most: int | None, seconds: float) -> None:
        options, target, tally, ending = self._options, self._target, self.tally, self._ending
        load: Load | BindStorm | IdleHold
        if options.mode == "bind":
            load = BindStorm(options, target, tally, most, seconds, ending)
        elif options.mode == "idle":
            load = IdleHold(options, target, tally, seconds, ending)
        else:
            load = Load(options, target, tally, self._source, most, seconds, ending)
        before = self._figures()
        with ending.working() as connecting:
            await load.connect()
        if connecting.cancelled_caught:
            return
        bound = self._figures()
        tally.memory = max(tally.memory, bound[1] - before[1])
        tally.begin_round(trio.current_time())
        own = time.process_time()
        try:
            await load.run()
        finally:
            tally.end_round(trio.current_time())
            tally.cpu_of_loader += time.process_time() - own
            tally.cpu += self._figures()[0] - bound[0]

    def _figures(self) -> tuple[float, int]:
        try:
            return process_figures(self._pid)
        except LoadError as error:
            if not self.tally.cpu_is_unknown:
                self.tally.troubles.append(str(error))
            self.tally.cpu_is_unknown = True
            return 0.0, 0


def process_figures(pid: int | None) -> tuple[float, int]:
    """Return what a process has used: CPU seconds of all its threads, octets of resident memory.

    Raises:
      LoadError: there is no such process, or this is no Linux.
    """
    if pid is None:
        return 0.0, 0
    try:
        fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        raise LoadError(f"--cpu-of: there is no process {pid} in /proc") from None
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds, int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


async def run(options: argparse.Namespace, ending: Ending) -> list[Tally]:
    """Make one run and return what was seen of each target.

    SIGINT ends it: nothing more is sent, what is outstanding is waited for briefly, sessions are
    unbound. A second one drops them.

    Args:
      options: of the run.
      ending: is asked by the signal, or by the caller.

    Raises:
      LoadError: a session could not be bound, or there is no such process as --cpu-of names.
    """
    for pid in options.cpu_of:
        process_figures(pid)
    pids = options.cpu_of or [None] * len(options.targets)
    sides = [_Side(options, place, pid, ending) for place, pid in enumerate(pids)]
    problems: list[LoadError] = []

    async def load(side: _Side, number: int, most: int | None, seconds: float) -> None:
        try:
            await side.load(number, most, seconds)
        except LoadError as error:
            problems.append(error)
            nursery.cancel_scope.cancel()

    with trio.open_signal_receiver(signal.SIGINT) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_heed, signals, ending, nursery.cancel_scope)
            nursery.start_soon(show_progress, options, [side.tally for side in sides])
            if len(sides) == 1 or options.compare == "parallel":
                async with trio.open_nursery() as loading:
                    for side in sides:
                        loading.start_soon(load, side, 0, options.messages, options.seconds)
            else:
                for number in range(options.rounds):
                    # There and back again, so that whatever changes slowly changes for all alike.
                    for side in sides if number % 2 == 0 else reversed(sides):
                        most = _share_of(options.messages, options.rounds, number)
                        if most is None or most:
                            await load(side, number, most, options.seconds / options.rounds)
            nursery.cancel_scope.cancel()
    if problems:
        raise problems[0]
    return [side.tally for side in sides]


async def _heed(signals: AsyncIterator[int], ending: Ending, scope: trio.CancelScope) -> None:
    async for _ in signals:
        if ending.is_asked:
            scope.cancel()
        else:
            ending.ask()
            sys.stderr.write("\nloadtest: interrupted; once more drops what is outstanding\n")


def _share_of(total: int | None, rounds: int, number: int) -> int | None:
    """Return what a round sends of the total; None: no end."""
    return None if total is None else total // rounds + (number < total % rounds)
