"""The end of a round of the event loop: when it has nothing left to do and is about to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EndOfRound"]

_MAX_ROUNDS = 3
"""Rounds of a busy event loop that are waited for."""


class EndOfRound(trio.abc.Instrument):
    """Calls a function when the event loop is about to wait, or has not waited for a few rounds.

    Args:
      act: called at each such moment while it is watched for; quick, and must not raise. A task
        that it wakes runs after the wait, whose length has been decided by then.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._rounds = 0
        self._is_watched = False

    def watch(self) -> None:
        """Watch for it from now on."""
        if not self._is_watched:
            self._is_watched = True
            trio.lowlevel.add_instrument(self)

    def stop(self) -> None:
        """Watch no more; what is not watched for costs nothing."""
        self._rounds = 0
        if self._is_watched:
            self._is_watched = False
            trio.lowlevel.remove_instrument(self)

    def before_io_wait(self, timeout: float) -> None:
        """Told by Trio: it may wait for so long."""
        self._rounds += 1
        if timeout > 0 or self._rounds >= _MAX_ROUNDS:
            self._act()
