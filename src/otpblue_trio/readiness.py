"""One set of file descriptors, one wait: the readiness of all sockets of an event loop.

Trio can wait for a single descriptor cheaply; a task for each socket is what costs. An epoll object
is itself a descriptor, readable while anything in it is ready. So the sockets of all sessions and
of the platform are members of one epoll object that one task waits for; then it asks without
blocking for everything that is ready, and has each socket's `Watcher` read. A socket added while
the task waits wakes it by being ready; for anything else there is `in_next_batch`, with an eventfd
that is a member like the rest.

Descriptor numbers are reused as soon as a socket is closed, so a number reported by epoll may
belong to another socket by the time its turn comes. The set turns numbers into watchers before any
of them acts, and skips watchers closed meanwhile.

What is handled between two waits is a `Batch`. Watchers only read; what that leads to is put off to
the batch's end, step by step: acting on all that was read, asking the platform, recording, giving
the kernel what is queued for it. Doing one step for all and then the next one for all keeps code
and data of each in the caches: a fifth of a message. What nobody outside waits for comes last of
all, such as the telling of observers: the peers work meanwhile.

To sleep and be woken costs some 40 to 100 us, kernel, Trio and all. Where the last sleeps were
shorter than that, as with one message at a time and a platform next door, the set looks for what is
ready for as long instead, and lets other tasks have their turn every few batches.
"""

from __future__ import annotations

import os
import select
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import trio

from otpblue_trio.beat import open_beat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["COMPANY", "Batch", "ReadySet", "Watcher", "current_batch", "current_ready_set"]

COMPANY = 16
"""Messages under way from which on a beat is worth waiting for: a number taken from nowhere. With
one message at a time the beat would be a loss."""

_SHORT = 100e-6
"""Seconds of sleep that cost more CPU time than spending them on looking."""
_SHORT_SLEEPS = 4
"""Sleeps in a row that were short, after which the next wait is expected to be."""
_MANY_LOOKS = 64
"""Looks before a wait turns out not to be short: about 60 us."""
_MAX_UNYIELDED = 16
"""Batches in a row without a turn for other tasks; few messages are under way, so about 2 ms."""

_MAX_BATCH = 256
"""Watchers handled before other tasks get their turn: about 5 ms."""


class Watcher(Protocol):
    """The owner of one descriptor in the set."""

    is_closed: bool

    def on_ready(self, flags: int) -> None:
        """Read or write what the descriptor is ready for (`select.EPOLL...`); must not raise."""


class Batch:
    """What one task handles between two waits; one for an event loop: `current_batch`.

    Attributes:
      is_on: something that the `ReadySet` found is being handled.
      time: gives Trio time as `trio.current_time` does, in one call instead of three.
    """

    __slots__ = ("_afterwards", "_at_end", "_at_last", "is_on", "time")

    def __init__(self) -> None:
        self.is_on = False
        self.time: Callable[[], float] = trio.current_time
        self._at_end: list[Callable[[], None]] = []
        self._at_last: list[Callable[[], None]] = []
        self._afterwards: list[Callable[[], None]] = []

    def at_end(self, act: Callable[[], None]) -> None:
        """Have a function called when the batch is handled; only while it `is_on`.

        It must not raise.
        """
        self._at_end.append(act)

    def at_last(self, act: Callable[[], None]) -> None:
        """Have it called when all of that is done."""
        self._at_last.append(act)

    def afterwards(self, act: Callable[[], None]) -> None:
        """Have it called when that is done as well, and the kernel has everything."""
        self._afterwards.append(act)

    def end(self) -> None:
        """Do what was put off, and what that puts off in turn."""
        try:
            while True:
                if self._at_end:
                    put_off, self._at_end = self._at_end, []
                elif self._at_last:
                    put_off, self._at_last = self._at_last, []
                elif self._afterwards:
                    put_off, self._afterwards = self._afterwards, []
                else:
                    break
                for act in put_off:
                    act()
        finally:
            self.is_on = False


_batch: trio.lowlevel.RunVar[Batch] = trio.lowlevel.RunVar("batch")
_ready_set: trio.lowlevel.RunVar[ReadySet] = trio.lowlevel.RunVar("ready set")


def current_batch() -> Batch:
    """Return the batch of the running event loop."""
    try:
        return _batch.get()
    except LookupError:
        batch = Batch()
        batch.time = trio.lowlevel.current_clock().current_time
        _batch.set(batch)
        return batch


def current_ready_set() -> ReadySet:
    """Return the set of the running event loop."""
    try:
        return _ready_set.get()
    except LookupError:
        ready_set = ReadySet(current_batch())
        _ready_set.set(ready_set)
        return ready_set


class ReadySet:
    """Watches descriptors, for several users; one for an event loop: `current_ready_set`.

    Each user keeps it `open` for as long as it has watchers in it, and runs `serve` meanwhile.

    Args:
      batch: what the set finds is handled as.

    Attributes:
      now: Trio time when the present batch began.
    """

    def __init__(self, batch: Batch) -> None:
        self.now = 0.0
        self._batch = batch
        self._watchers: dict[int, Watcher] = {}
        self._users: list[Callable[[], int]] = []
        self._serving = trio.Lock()
        self._for_next: list[Callable[[], None]] = []
        self._last_size = 0
        self._short_sleeps = 0
        self._unyielded = 0

    @contextmanager
    def open(self, under_way: Callable[[], int]) -> Iterator[None]:
        """Be a user of the set within this context.

        Args:
          under_way: tells how many messages a user has under way. When there are many, what is not
            ready at once may wait for the next beat (`beat`).

        Raises:
          OSError: the process has no descriptor left for those that the set itself needs.
        """
        if not self._users:
            self._epoll = select.epoll()
            try:
                self._wake_fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            except OSError:
                self._epoll.close()
                raise
            self._epoll.register(self._wake_fd, select.EPOLLIN)
            self._beat = open_beat()
        self._users.append(under_way)
        try:
            yield
        finally:
            self._users.remove(under_way)
            if not self._users:
                self._beat.close()
                os.close(self._wake_fd)
                self._epoll.close()
                self._watchers.clear()
                self._for_next.clear()

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

    def in_next_batch(self, act: Callable[[], None]) -> None:
        """Have a function called at the end of the next batch, though nothing may be ready for it.

        It begins after all tasks had their turn; at the next beat when much is under way.
        """
        if not self._for_next:
            os.eventfd_write(self._wake_fd, 1)
        self._for_next.append(act)

    async def serve(self) -> None:
        """Have watchers handle what they are ready for, until cancelled.

        One task does so for all users; the others wait until it is their turn. Cancelling loses
        nothing: what is ready stays ready, and a batch that was begun is handled.
        """
        batch = self._batch
        async with self._serving:
            while True:
                ready = await self._wait()
                batch.is_on = True
                self.now = batch.time()
                put_off, self._for_next = self._for_next, []
                try:
                    for watcher, flags in ready:
                        if not watcher.is_closed:
                            watcher.on_ready(flags)
                    for act in put_off:
                        batch.at_end(act)
                finally:
                    batch.end()

    async def _wait(self) -> list[tuple[Watcher, int]]:
        """Wait until something is ready; return it with its flags.

        It is nothing when a batch was asked for.
        """
        if any(under_way() >= COMPANY for under_way in self._users):
            if self._last_size >= COMPANY:
                # So much at once: there will be more already.
                await trio.lowlevel.checkpoint()
                if (ready := self._look()) or self._for_next:
                    return ready
            await self._beat.wait()
            if (ready := self._look()) or self._for_next:
                return ready
        elif self._beat.is_on:
            self._beat.rest()
        if (
            self._short_sleeps >= _SHORT_SLEEPS
            and self._unyielded < _MAX_UNYIELDED
            and not self._for_next
            and (ready := self._look_often())
        ):
            return ready
        began = self._batch.time()
        await trio.lowlevel.wait_readable(self._epoll.fileno())
        is_short = self._batch.time() - began < _SHORT
        self._short_sleeps = self._short_sleeps + 1 if is_short else 0
        self._unyielded = 0
        return self._look()

    def _look_often(self) -> list[tuple[Watcher, int]]:
        """Look until something is ready, but not for long."""
        for _ in range(_MANY_LOOKS):
            if ready := self._look():
                self._unyielded += 1
                return ready
        self._short_sleeps = 0
        return []

    def _look(self) -> list[tuple[Watcher, int]]:
        watchers = self._watchers
        ready = []
        for fd, flags in self._epoll.poll(0, _MAX_BATCH):
            if fd == self._wake_fd:
                os.eventfd_read(fd)
            else:
                ready.append((watchers[fd], flags))
        self._last_size = len(ready)
        return ready
