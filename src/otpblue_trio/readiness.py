"""One set of file descriptors, one wait: the readiness of all sockets of a client.

Trio can wait for a single descriptor cheaply; a task for each socket is what costs. An epoll object
is itself a descriptor, readable while anything in it is ready. So the set is one epoll object that
the client's task waits for, then asks without blocking for everything that is ready. A socket added
while the task waits wakes it by being ready; for anything else there is `wake`, an eventfd that is
a member like the rest.

Descriptor numbers are reused as soon as a socket is closed, so a number reported by epoll may
belong to another socket by the time its turn comes. The set turns numbers into watchers before any
of them acts, and whoever acts on the batch skips watchers closed meanwhile.

What is best done for a whole `Batch` is put off to its end: giving the kernel what the batch has
queued for it, for which a task would cost another round of the event loop, and whatever needs other
code and data than what goes before. Doing one step for all and then the next one for all keeps both
in the caches: a fifth of a message.
"""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING, Protocol

import trio

from otpblue_trio.beat import Beat, current_beat

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMPANY", "Batch", "ReadySet", "Watcher", "current_batch"]

COMPANY = 16
"""Messages under way from which on a beat is worth waiting for: a number taken from nowhere. With
one message at a time the beat would be a loss."""

_MAX_BATCH = 256
"""Watchers handled before other tasks get their turn: about 5 ms."""


class Watcher(Protocol):
    """The owner of one descriptor in the set."""

    is_closed: bool

    def on_ready(self, flags: int) -> None:
        """Act on the `select.EPOLL...` flags that the descriptor is ready for."""


class Batch:
    """What one task handles between two waits; one for an event loop: `current_batch`.

    Attributes:
      is_on: something that a `ReadySet` returned is being handled.
    """

    __slots__ = ("_at_end", "is_on")

    def __init__(self) -> None:
        self.is_on = False
        self._at_end: list[Callable[[], None]] = []

    def at_end(self, act: Callable[[], None]) -> None:
        """Have a function called when the batch is handled; only while it `is_on`.

        It must not raise.
        """
        self._at_end.append(act)

    def end(self) -> None:
        """Do what was put off, and what that puts off in turn."""
        while self._at_end:
            put_off, self._at_end = self._at_end, []
            for act in put_off:
                act()
        self.is_on = False


_batch: trio.lowlevel.RunVar[Batch] = trio.lowlevel.RunVar("batch")


def current_batch() -> Batch:
    """Return the batch of the running event loop."""
    try:
        return _batch.get()
    except LookupError:
        batch = Batch()
        _batch.set(batch)
        return batch


class ReadySet:
    """Watches descriptors for one waiting task; `open` before use, `close` after."""

    def __init__(self) -> None:
        self._watchers: dict[int, Watcher] = {}
        self._is_woken = False
        self._beat: Beat | None = None
        self._batch = Batch()
        self._last_size = 0

    def open(self) -> None:
        """Take the descriptors that the set itself needs: two.

        Raises:
          OSError: the process has no descriptor left.
        """
        self._epoll = select.epoll()
        self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake_fd, select.EPOLLIN)

    def close(self) -> None:
        """Give them back; descriptors of watchers stay theirs."""
        self._batch.end()
        os.close(self._wake_fd)
        self._epoll.close()
        self._watchers.clear()

    def add(self, fd: int, flags: int, watcher: Watcher) -> None:
        """Watch a descriptor, level-triggered."""
        self._epoll.register(fd, flags)
        self._watchers[fd] = watcher

    def change(self, fd: int, flags: int) -> None:
        """Watch a descriptor of the set for something else."""
        self._epoll.modify(fd, flags)

    def remove(self, fd: int) -> None:
        """Stop watching a descriptor; before it is closed."""
        del self._watchers[fd]
        self._epoll.unregister(fd)

    def wake(self) -> None:
        """Let the current or next `wait` return at once."""
        if not self._is_woken:
            self._is_woken = True
            os.eventfd_write(self._wake_fd, 1)

    async def wait(self, *, in_company: bool = False) -> list[tuple[Watcher, int]]:
        """Wait until something is ready; return it with its flags, perhaps nothing after `wake`.

        Cancelling loses nothing: what is ready stays ready.

        Args:
          in_company: much is expected, so what is not ready now may wait for the next beat.
        """
        self._batch.end()
        beat = self._beat
        if beat is None:
            # From the first wait on, and not from the first busy moment: a task more at a peak
            # would look like a leak.
            beat = self._beat = current_beat()
            self._batch = current_batch()
        if in_company:
            if self._last_size >= COMPANY:
                # So much at once: there will be more already.
                await trio.lowlevel.checkpoint()
                if ready := self._ready():
                    return ready
            await beat.wait()
            if ready := self._ready():
                return ready
        await trio.lowlevel.wait_readable(self._epoll.fileno())
        return self._ready()

    def _ready(self) -> list[tuple[Watcher, int]]:
        watchers = self._watchers
        ready = []
        for fd, flags in self._epoll.poll(0, _MAX_BATCH):
            if fd == self._wake_fd:
                os.eventfd_read(fd)
                self._is_woken = False
            else:
                ready.append((watchers[fd], flags))
        self._last_size = len(ready)
        # Nothing is no batch: its owner goes on waiting, and others run meanwhile.
        self._batch.is_on = bool(ready)
        return ready
