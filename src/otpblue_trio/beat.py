"""A beat that tasks of one event loop share, to do in company what each would wake for alone.

Why. Where hundreds of messages are on their way, something happens every few hundred microseconds,
and each time the process is woken for one answer or one PDU, which costs more than what is then
done. Whoever knows that more will come can wait for the next beat instead, and finds what has come
meanwhile in one piece. Two milliseconds are nothing to a message that takes a tenth of a second,
and nobody waits for a beat when little is under way.

How. One timer descriptor, that one system task waits for. A sleeping task of Trio's would do the
same for twice the price, because Trio sleeps by cancelling. The timer is there only while
somebody waits.
"""

from __future__ import annotations

import ctypes
import os
import time
from contextlib import suppress

import trio

__all__ = ["Beat", "current_beat"]

PERIOD = 0.002
"""Seconds between two beats."""


class Beat:
    """Wakes everybody who waits, every two milliseconds. One for an event loop: `current_beat`."""

    def __init__(self) -> None:
        self._waiting = trio.lowlevel.ParkingLot()
        self._is_wanted = trio.Event()

    async def wait(self) -> None:
        """Return at the next beat; cancelling changes nothing."""
        self._is_wanted.set()
        await self._waiting.park()

    async def run(self) -> None:
        """Beat until cancelled."""
        library = ctypes.CDLL(None, use_errno=True)
        while True:
            await self._is_wanted.wait()
            timer = _make_timer(library)
            try:
                while self._waiting:
                    await timer.wait()
                    self._waiting.unpark_all()
                    # Whoever is woken now has to say whether it wants the next one, too.
                    await trio.lowlevel.cancel_shielded_checkpoint()
            finally:
                timer.close()
            self._is_wanted = trio.Event()


_beat: trio.lowlevel.RunVar[Beat] = trio.lowlevel.RunVar("beat")


def current_beat() -> Beat:
    """Return the beat of the running event loop; the first call starts it."""
    try:
        return _beat.get()
    except LookupError:
        beat = Beat()
        _beat.set(beat)
        trio.lowlevel.spawn_system_task(beat.run)
        return beat


class _Sleep:
    """A timer for where there is no timer descriptor."""

    async def wait(self) -> None:
        await trio.sleep(PERIOD)

    def close(self) -> None:
        pass


class _TimeSpec(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_nsec", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("it_interval", _TimeSpec), ("it_value", _TimeSpec))


class _TimerDescriptor:
    """A periodic timer of Linux, timerfd_create(2), which Python has from version 3.13 on.

    Raises:
      OSError: it cannot be had.
      AttributeError: the system's library has no such function.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._descriptor: int = library.timerfd_create(
            time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC
        )
        if self._descriptor < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        period = _TimeSpec(0, round(PERIOD * 1e9))
        spec = _TimerSpec(period, period)
        library.timerfd_settime(self._descriptor, 0, ctypes.byref(spec), None)

    async def wait(self) -> None:
        await trio.lowlevel.wait_readable(self._descriptor)
        with suppress(BlockingIOError):
            os.read(self._descriptor, 8)

    def close(self) -> None:
        os.close(self._descriptor)


def _make_timer(library: ctypes.CDLL) -> _TimerDescriptor | _Sleep:
    try:
        return _TimerDescriptor(library)
    except (OSError, AttributeError):
        return _Sleep()
