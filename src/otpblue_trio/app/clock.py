"""The wall clock. Everything else is given it; only this module reads it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ["epoch_seconds", "wall_clock"]


def wall_clock() -> datetime:
    """Return the aware date and time."""
    return datetime.now(UTC)  # noqa: TID251


def epoch_seconds() -> float:
    """Return the same as seconds since 1970, for what happens once a message."""
    return time.time()  # noqa: TID251
