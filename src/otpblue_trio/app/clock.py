"""The wall clock. Everything else is given it; only this module reads it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["epoch_seconds", "wall_clock"]


def wall_clock() -> datetime:
    """Return the aware date and time."""
    return datetime.now(UTC)  # noqa: TID251


epoch_seconds: Callable[[], float] = time.time  # noqa: TID251
"""Return the same as seconds since 1970, for what happens once a message."""
