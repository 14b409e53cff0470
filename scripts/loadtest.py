#!/usr/bin/env python3
"""Load a gateway over SMPP and account for every answer; or several, side by side.

    scripts/loadtest.py --system-id demo --tls --insecure --messages 1000
    scripts/loadtest.py --sessions 4 --window 16 --rate 500 --seconds 30 --report load.html
    scripts/loadtest.py --mix delivered=40,no_imessage=55,no_capacity=5 --cpu-of PID
    scripts/loadtest.py --mode bind --sessions 8 --seconds 10
    scripts/loadtest.py --mode idle --sessions 500 --seconds 120
    scripts/loadtest.py --target tcp://127.0.0.1:2775 --target tls://127.0.0.1:2776 --seconds 20

Run it with the Python of the virtual environment that the gateway is installed in. The password is
best given in SMPP_PASSWORD.

Without `--rate` every session keeps `--window` messages in flight (flat out). With `--rate`
messages fall due at fixed times over all sessions, whatever the gateway does, and latency counts
from the time a message was due, so a gateway that stalls cannot hide the queue it caused.

A run is right when each submit_sm got exactly one submit_sm_resp, and each accepted one, where
receipts were asked for, exactly one receipt: on the same session, after its response, with its
message_id and with the addresses swapped. Whatever else happens is counted as one of

- lost: a response or receipt that never came;
- duplicate: a second response, receipt or message_id;
- out of order: a receipt before its response, or a response to a sequence_number never sent;
- unexpected: anything else, such as a receipt for an unknown message, a connection closed, or
  with `--mix` a status that this kind of message cannot get.

An unbind at the end serves as a fence: what the gateway had to say was said before its answer.

Exit codes: 0 all accounted for; 1 something of the list above, or no bind; 2 usage.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio
from loadtest_books import Tally
from loadtest_html import as_html
from loadtest_link import LoadError
from loadtest_messages import messages
from loadtest_modes import BindStorm, IdleHold
from loadtest_options import parse_arguments
from loadtest_progress import show_progress
from loadtest_result import as_text, compare, has_faults, report
from loadtest_session import Load
from versions import versions

from otpblue_trio.app import wall_clock
from otpblue_trio.app.descriptors import allow_descriptors

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from loadtest_link import Target
    from loadtest_messages import Message

__all__ = ["main", "run"]


class _Side:
    """One target, over all its rounds."""

    def __init__(self, options: argparse.Namespace, place: int, pid: int | None) -> None:
        self.tally = Tally()
        self._options = options
        self._target: Target = options.targets[place]
        self._pid = pid
        # Every side sends the same texts, and goes on in each round where the one before ended.
        self._source: Iterator[Message] = messages(
            mix=options.mix, seed=options.seed, side=place, sides=len(options.targets)
        )

    async def load(self, most: int | None, seconds: float) -> None:
        """Load it for one round.

        Raises:
          LoadError: a session could not be bound.
        """
        options, target, tally = self._options, self._target, self.tally
        load: Load | BindStorm | IdleHold
        if options.mode == "bind":
            load = BindStorm(options, target, tally, most, seconds)
        elif options.mode == "idle":
            load = IdleHold(options, target, tally, seconds)
        else:
            load = Load(options, target, tally, self._source, most, seconds)
        memory = process_figures(self._pid)[1]
        await load.connect()
        tally.memory = max(tally.memory, process_figures(self._pid)[1] - memory)
        tally.begin_round(trio.current_time())
        server, own = process_figures(self._pid)[0], time.process_time()
        await load.run()
        tally.cpu += process_figures(self._pid)[0] - server
        tally.cpu_of_loader += time.process_time() - own
        tally.end_round(trio.current_time())


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


async def run(options: argparse.Namespace) -> list[Tally]:
    """Make one run and return what was seen of each target.

    Raises:
      LoadError: a session could not be bound.
    """
    pids = options.cpu_of or [None] * len(options.targets)
    sides = [_Side(options, place, pid) for place, pid in enumerate(pids)]
    for pid in options.cpu_of:
        process_figures(pid)
    problems: list[LoadError] = []

    async def load(side: _Side, most: int | None, seconds: float) -> None:
        try:
            await side.load(most, seconds)
        except LoadError as error:
            problems.append(error)
            nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(show_progress, options, [side.tally for side in sides])
        if len(sides) == 1 or options.compare == "parallel":
            async with trio.open_nursery() as loading:
                for side in sides:
                    loading.start_soon(load, side, options.messages, options.seconds)
        else:
            for number in range(options.rounds):
                # There and back again, so that whatever changes slowly changes for all alike.
                for side in sides if number % 2 == 0 else reversed(sides):
                    most = _share_of(options.messages, options.rounds, number)
                    if most is None or most:
                        await load(side, most, options.seconds / options.rounds)
        nursery.cancel_scope.cancel()
    if problems:
        raise problems[0]
    return [side.tally for side in sides]


def _share_of(total: int | None, rounds: int, number: int) -> int | None:
    """Return what a round sends of the total; None: no end."""
    return None if total is None else total // rounds + (number < total % rounds)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = parse_arguments(arguments)
    allow_descriptors(options.sessions * len(options.targets))
    date = f"{wall_clock():%Y-%m-%d %H:%M} UTC"
    try:
        tallies = trio.run(run, options)
    except LoadError as error:
        sys.stderr.write(f"loadtest: {error}\n")
        return 1
    results = [
        report(tally, mode=options.mode, target=target.name, sessions=options.sessions)
        for tally, target in zip(tallies, options.targets, strict=True)
    ]
    about: dict[str, Any] = {
        "date": date,
        "command": options.command,
        "seed": options.seed,
        "versions": versions(),
    }
    if options.report is not None:
        options.report.write_text(as_html(results, **about), encoding="utf-8")
    printed: dict[str, Any] = {**about}
    if len(results) == 1:
        printed |= results[0]
    else:
        printed |= {"targets": results, "comparison": compare(results)}
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(printed) if options.json else as_text(results, seed=options.seed))
    return 1 if has_faults(results) else 0


if __name__ == "__main__":
    sys.exit(main())
