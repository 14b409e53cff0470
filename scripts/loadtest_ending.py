"""How a load test ends before its time: the operator asks, what is under way is still settled."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BRIEFLY", "Ending"]

BRIEFLY = 2.0
"""Seconds that answers are still waited for; long enough for a slow platform's usual delay."""


class Ending:
    """Whether the operator wants a run to end, and who must hear of it.

    Whoever loads does so within `working`, which ends at once when it is asked for; whoever waits
    for answers does so within `waiting`, which then ends soon.

    Attributes:
      asked_at: when it was asked for; infinite until then.
    """

    def __init__(self) -> None:
        self.asked_at = math.inf
        self._working: set[trio.CancelScope] = set()
        self._waiting: set[trio.CancelScope] = set()

    @property
    def is_asked(self) -> bool:
        """True once the run is to end."""
        return self.asked_at < math.inf

    def ask(self) -> None:
        """Let the run end."""
        self.asked_at = trio.current_time()
        for scope in self._working:
            scope.cancel()
        soon = self.asked_at + BRIEFLY
        for scope in self._waiting:
            scope.deadline = min(scope.deadline, soon)

    @contextmanager
    def working(self, until: float = math.inf) -> Iterator[trio.CancelScope]:
        """Give a scope for what begins new work, cancelled at a time or when the end is asked."""
        with trio.CancelScope(deadline=until) as scope:
            if self.is_asked:
                scope.cancel()
            self._working.add(scope)
            try:
                yield scope
            finally:
                self._working.discard(scope)

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[trio.CancelScope]:
        """Give a scope for what waits for answers: so long, or briefly once the end is asked."""
        if self.is_asked:
            seconds = min(seconds, BRIEFLY)
        with trio.move_on_after(seconds) as scope:
            self._waiting.add(scope)
            try:
                yield scope
            finally:
                self._waiting.discard(scope)
