"""The cyclic garbage collector, set for a server.

Hardly anything that a message needs is part of a cycle, but Python's collector looks through all
young objects after every 700 new ones, and then through everything there is, tables of phone
numbers and words included: 12 % of the CPU time of a message, and pauses of a third of a second.
So what is there after the start is taken out of its sight for good, and it looks less often.
Cycles do arise, a few for each connection, and the one around a TLS stream holds 40 KB that Python
counts as a handful of objects. So connections that have ended are counted as well, and looked for
every hundred.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

from otpblue_trio.runtime.observer import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from otpblue_trio.runtime.observer import Event

__all__ = ["ConnectionSweeper", "calm_collector", "keep_what_is_there"]

_THRESHOLDS = (50_000, 10, 10)
"""New objects before a look at the youngest, and looks before one at the next older ones."""


@contextmanager
def calm_collector() -> Iterator[None]:
    """Collect now, and rarely from now on; afterwards everything is as before."""
    before = gc.get_threshold()
    gc.set_threshold(*_THRESHOLDS)
    keep_what_is_there()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def keep_what_is_there() -> None:
    """Collect, and never look again at what is left: it lives as long as the process."""
    gc.collect()
    gc.freeze()


class ConnectionSweeper:
    """An observer that collects what ended connections have left behind."""

    YOUNG_EVERY = 100
    """Connections between two looks at what is young: that takes one to five milliseconds."""
    ALL_EVERY = 1000
    """Connections between two looks at everything that came after the start."""

    def __init__(self, collect: Callable[[int], object] = gc.collect) -> None:
        """Begin to count.

        Args:
          collect: collects up to a generation, 0 to 2.
        """
        self._collect = collect
        self._ended = 0

    def taker_of(self, kind: type[Event]) -> Callable[[Event], None] | None:
        """Return what takes events of one type: the end of a connection, and no other."""
        return self.observe if kind is ConnectionClosed else None

    def observe(self, _event: Event, /) -> None:
        """Count one ended connection."""
        self._ended += 1
        if self._ended % self.ALL_EVERY == 0:
            self._collect(2)
        elif self._ended % self.YOUNG_EVERY == 0:
            self._collect(1)
