"""How far a load test is, on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import math
import os
import shutil
import sys
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from loadtest_books import Tally

__all__ = ["progress_line", "progress_words", "share_done", "show_progress"]

LINE_INTERVAL = 5.0  # seconds between lines that are not on a terminal
BAR_INTERVAL = 0.25
BAR_WIDTH = 28
LEAST_BAR = 5  # a shorter one tells nothing


async def show_progress(options: argparse.Namespace, tallies: Sequence[Tally]) -> None:
    """Show how far the run is, until cancelled."""
    if options.quiet:
        return
    on_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    interval = BAR_INTERVAL if on_terminal else LINE_INTERVAL
    start = trio.current_time()
    answered = [0] * len(tallies)
    try:
        while True:
            await trio.sleep(interval)
            passed = trio.current_time() - start
            before, answered = answered, [tally.answered for tally in tallies]
            share = share_done(options, sum(answered), passed)
            recent = sorted(
                latency
                for tally, begin in zip(tallies, before, strict=True)
                for latency in tally.response_latency[begin:]
            )
            in_flight = sum(tally.in_flight for tally in tallies)
            receipts = sum(tally.receipts for tally in tallies)
            words = progress_words(
                share, in_flight, sum(answered), receipts, recent, interval, passed
            )
            columns = shutil.get_terminal_size().columns if on_terminal else None
            line = progress_line(share, words, columns)
            sys.stderr.write(f"\r{line}\x1b[K" if on_terminal else f"{line}\n")
            sys.stderr.flush()
    finally:
        if on_terminal:
            sys.stderr.write("\r\x1b[K")


def share_done(options: argparse.Namespace, answered: int, passed: float) -> float:
    """Return how much of the run is over, from 0 to 1."""
    sides = len(options.targets)
    turns = sides if options.compare == "alternate" else 1
    share = max(
        answered / (options.messages * sides) if options.messages else 0.0,
        passed / (options.seconds * turns) if options.seconds < math.inf else 0.0,
    )
    return min(share, 1.0)


def progress_line(share: float, words: Sequence[str], columns: int | None = None) -> str:
    """Return one line that fits: the bar gets shorter first, then the end is cut off.

    Args:
      share: how much of the run is over.
      words: to stand behind the bar, the most important first.
      columns: of the terminal; None: no limit.
    """
    told = f" {share:4.0%} {', '.join(words)}"
    most = sys.maxsize if columns is None else columns - 1  # the last one would begin a new line
    room = min(BAR_WIDTH, most - len(told) - len("[]"))
    if room < LEAST_BAR:
        return told.strip()[:most]
    return f"[{'#' * round(share * room):.<{room}}]{told}"


def progress_words(
    share: float,
    in_flight: int,
    answered: int,
    receipts: int,
    recent: Sequence[float],
    interval: float,
    passed: float,
) -> list[str]:
    """Return what stands behind the bar.

    Args:
      share: how much of the run is over.
      in_flight: sent, and an answer is waited for.
      answered: so far.
      receipts: so far.
      recent: response times since the last line, in order; seconds.
      interval: seconds since the last line.
      passed: seconds since the beginning.
    """
    words = [f"{answered:,} answered", f"{in_flight:,} in flight"]
    if receipts:
        words.append(f"{receipts:,} receipts")
    words.append(f"{len(recent) / interval:,.0f}/s")
    if recent:
        words.append(f"p99 {recent[math.ceil(len(recent) * 0.99) - 1] * 1000:.3g} ms")
    if 0.02 < share < 1:
        words.append(f"{passed / share - passed:.0f} s left")
    return words
