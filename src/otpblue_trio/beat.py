"""A beat: doing in company what each event would wake the process for alone.

Why. Where hundreds of messages are on their way, something happens every few hundred microseconds,
and each time the process is woken for one answer or one PDU, which costs more than what is then
done. Whoever knows that more will come can wait for the next beat instead, and finds what has come
meanwhile in one piece. Two milliseconds are nothing to a message that takes a tenth of a second,
and nobody waits for a beat when little is under way.

How. A timer descriptor. A sleeping task of Trio's would do the same for twice the price, because
Trio sleeps by cancelling.
"""

from __future__ import annotations

import ctypes
import os
import time
from contextlib import suppress
from typing import Protocol

import trio

__all__ = ["Beat", "open_beat"]

PERIOD = 0.002
"""Seconds between two beats."""


class Beat(Protocol):
    """Wakes one task every two milliseconds, from the first `wait` on until it rests.

    Its descriptor is there from the first moment on, and not from the first busy one: it would look
    like a leak.
    """

    is_on: bool
    """False before the first `wait`, and while it rests."""

    async def wait(self) -> None:
        """Return at the next beat; cancelling changes nothing."""

    def rest(self) -> None:
        """Stop until the next `wait`."""

    def close(self) -> None:
        """Give the timer back."""


def open_beat() -> Beat:
    """Return a beat; to be closed after use."""
    try:
        return _TimerDescriptor()
    except (OSError, AttributeError):
        return _Sleep()


class _Sleep:
    """A timer for where there is no timer descriptor."""

    is_on = False

    async def wait(self) -> None:
        await trio.sleep(PERIOD)

    def rest(self) -> None:
        pass

    def close(self) -> None:
        pass


class _TimeSpec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("it_interval", _TimeSpec), ("it_value", _TimeSpec))


_NEVER = _TimeSpec(0, 0)
_PERIOD = _TimeSpec(0, round(PERIOD * 1e9))


class _TimerDescriptor:
    """A periodic timer of Linux, timerfd_create(2), which Python has from version 3.13 on.

    Raises:
      OSError: it cannot be had.
      AttributeError: the system's library has no such function.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self._descriptor: int = self._library.timerfd_create(
            time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC
        )
        if self._descriptor < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        self.is_on = False

    async def wait(self) -> None:
        if not self.is_on:
            self._set(_PERIOD)
            self.is_on = True
        await trio.lowlevel.wait_readable(self._descriptor)
        with suppress(BlockingIOError):
            os.read(self._descriptor, 8)

    def rest(self) -> None:
        if self.is_on:
            self._set(_NEVER)
            self.is_on = False

    def _set(self, period: _TimeSpec) -> None:
        spec = _TimerSpec(period, period)
        self._library.timerfd_settime(self._descriptor, 0, ctypes.byref(spec), None)

    def close(self) -> None:
        os.close(self._descriptor)
