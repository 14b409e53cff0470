"""Makes asks 3.0.0 work on today's Trio, and exports it.

asks reaches Trio through anyio 3 (anyio 4 dropped what asks imports). anyio 3.7.1's Trio backend
was written for `trio.MultiError`, which left Trio in 0.25; the interpreter's own exception groups
took its place. Two things break without help:

- The backend derives a class from `trio.MultiError` and names it in an `except`, at run time. So
  the name is put back, meaning `BaseExceptionGroup`, before anyio loads the backend; Trio itself
  never looks at it.
- The backend builds its groups as `ExceptionGroup(exceptions)`, while the interpreter's take a
  message first. That call would end in a TypeError in place of the failures, a Cancelled among
  them, whenever two tasks of a group fail or a host name's every address refuses. So the backend is
  given a function that builds the interpreter's own group.

Both changes are made once, at the import of this module, and only where they are missing. They are
the whole process's, so `control_plane` imports it only when somebody makes a client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["asks"]


def _group(exceptions: Sequence[BaseException]) -> BaseExceptionGroup[BaseException]:
    """Stand in for the backend's `ExceptionGroup` class, which it only ever calls."""
    return BaseExceptionGroup("several tasks failed", exceptions)


if not hasattr(trio, "MultiError"):
    trio.MultiError = BaseExceptionGroup  # type: ignore[attr-defined]

import anyio._backends._trio as _backend  # noqa: E402  needs the name above
import asks  # noqa: E402

if issubclass(_backend.ExceptionGroup, BaseExceptionGroup):
    _backend.ExceptionGroup = _group  # type: ignore[assignment,misc]
