"""How a process's CPU time is shared: its first thread, the kernel, other threads (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Split:
    """CPU seconds of a process; subtract an earlier one to get those between."""

    first: float
    """Of the process's first thread, which runs the event loop."""
    kernel: float
    """What the first thread spent of that in the kernel."""
    others: float
    """Of all other threads, those that have ended included."""

    def __add__(self, more: Split) -> Split:
        return Split(self.first + more.first, self.kernel + more.kernel, self.others + more.others)

    def __sub__(self, less: Split) -> Split:
        return Split(self.first - less.first, self.kernel - less.kernel, self.others - less.others)


NOTHING = Split(0.0, 0.0, 0.0)


def split_of(pid: int) -> Split:
    """Return what a process has spent until now, exact to a tick (mostly 10 ms)."""
    first_user, first_kernel = _user_and_kernel(Path(f"/proc/{pid}/task/{pid}/stat"))
    whole = sum(_user_and_kernel(Path(f"/proc/{pid}/stat")))
    first = first_user + first_kernel
    return Split(first, first_kernel, whole - first)


def _user_and_kernel(stat: Path) -> tuple[float, float]:
    # The name in brackets may hold anything; utime and stime are the 14th and 15th field.
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND
