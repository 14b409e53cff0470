"""The cyclic garbage collector, set for a server.

Hardly anything that a message needs is part of a cycle, but Python's collector looks through all
young objects after every 700 new ones, and then through everything there is, tables of phone
numbers and words included: 12 % of the CPU time of a message, and pauses of a third of a second.
So what is there after the start is taken out of its sight for good, and it looks less often.
Cycles do arise, one or two for each connection, and are collected as before, somewhat later.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["calm_collector", "keep_what_is_there"]

_THRESHOLDS = (50_000, 20, 50)
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
