"""Keeps lines that anybody can cause from filling the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from otpblue_trio.ops.log_lines import Line

__all__ = ["RepeatGate"]

_MOST_LAG = 60.0
"""Seconds that a line may be older than the period it falls in, as after a stalled reader. One that
is older still was written by a clock that has been set back: its key begins anew, else nothing more
would be heard of it until the clock has caught up."""


class _Window:
    """One period of one key."""

    __slots__ = ("begins", "ends", "last", "passed", "suppressed")

    def __init__(self, begins: float, period: float) -> None:
        self.begins = begins
        self.ends = begins + period
        self.passed = 0
        self.suppressed = 0
        self.last: Line | None = None

    def is_over(self, now: float) -> bool:
        """Tell whether the period has ended, or lies in a future that the clock has left."""
        return now >= self.ends or now < self.begins - _MOST_LAG


class RepeatGate:
    """Lets the first lines of a kind through in each period and counts the rest.

    The summary of a period is a copy of its last line with the field `suppressed`; it counts as the
    first line of the next period, so `limit` bounds summaries and lines together. At most
    `max_keys` kinds are remembered; beyond that the oldest is forgotten.
    """

    def __init__(self, max_keys: int = 1024) -> None:
        self._max_keys = max_keys
        self._windows: dict[str, _Window] = {}
        self._suppressed = 0

    @property
    def has_suppressed(self) -> bool:
        """True when `summaries` will have something to say once a period is over."""
        return self._suppressed > 0

    def admits(self, line: Line) -> bool:
        """Return whether to write a line now; a line without `repeat` always is."""
        repeat = line.repeat
        if repeat is None:
            return True
        window = self._windows.get(repeat.key)
        if window is None or (window.is_over(line.timestamp) and not window.suppressed):
            if window is None and len(self._windows) >= self._max_keys:
                self._suppressed -= self._windows.pop(next(iter(self._windows))).suppressed
            window = self._windows[repeat.key] = _Window(line.timestamp, repeat.period)
        if window.passed < repeat.limit:
            window.passed += 1
            return True
        window.suppressed += 1
        self._suppressed += 1
        window.last = line
        return False

    def summaries(self, now: float, *, final: bool = False) -> list[Line]:
        """Return the summaries of the periods that are over, or of all at the end of the log."""
        lines: list[Line] = []
        for key, window in list(self._windows.items()):
            if not window.is_over(now) and not final:
                continue
            last = window.last
            if last is None or last.repeat is None:
                del self._windows[key]
                continue
            lines.append(
                attrs.evolve(
                    last,
                    timestamp=now,
                    fields={**last.fields, "suppressed": window.suppressed},
                    repeat=None,
                )
            )
            self._suppressed -= window.suppressed
            successor = self._windows[key] = _Window(now, last.repeat.period)
            successor.passed = 1
        return lines
