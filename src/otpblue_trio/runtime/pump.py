"""Reading and writing many sockets in one task: what a bound session over TCP rides on.

Theory of operation
-------------------
A task that waits for a socket of its own costs Trio some 20 µs each time it wakes, on top of what
the kernel wants; a session that carries one message at a time wakes twice for it. So once a session
is bound, and nothing about it needs a task any more, its socket becomes a member of the event
loop's readiness set (`readiness.ReadySet`), is read from directly, and has its connection act on
what came when all that is ready has been read, and wind up when the requests that this led to are
on their way. The connection's own task stays in its nursery, inside its deadlines, and sleeps until
its `Line` ends.

Writing is the same the other way round. Whoever queues octets says so with `flush_soon`; everything
that every session has queued then goes to the kernel, one call a session: at the end of the batch
that is being handled, or else by a second task. What a socket does not take at once goes back to
the session's writer, which waits for it in the usual way.

Streams in memory, and sessions that are not bound yet, are read by tasks of their own.
"""

from __future__ import annotations

import os
import select
from functools import partial
from typing import TYPE_CHECKING, Protocol

import trio

from otpblue_trio.readiness import Batch, ReadySet, current_batch, current_ready_set
from otpblue_trio.runtime.observer import CloseReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

__all__ = ["Line", "SocketPump"]

_READ_OCTETS = 65536


class _Flushable(Protocol):
    def send_now(self) -> None: ...

    def fail(self, error: Exception) -> None: ...


class SocketPump:
    """Reads and writes the sockets that are handed to it as `Line`s. Owned by the gateway.

    Args:
      in_flight: tells how many messages are under way.
    """

    def __init__(self, in_flight: Callable[[], int]) -> None:
        self._in_flight = in_flight
        self._batch = Batch()
        self._ready_set = ReadySet(self._batch)
        self._received: list[Line] = []
        """Those that have received something in this batch and not acted on it."""
        self._queued: list[_Flushable] = []
        self._flush_due = trio.Event()
        self.is_running = False

    def flush_soon(self, writer: _Flushable) -> None:
        """Have `send_now` called once, before the event loop waits again.

        What it raises goes to `fail`: the pump has others to serve.
        """
        if not self._queued:
            if self._batch.is_on:
                self._batch.at_last(self._flush)
            else:
                self._flush_due.set()
        self._queued.append(writer)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled, which must come after every `Line` is closed.

        Raises:
          OSError: no file descriptor is left to start with.
        """
        self._batch = current_batch()
        self._ready_set = current_ready_set()
        with self._ready_set.open(self._in_flight):
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._flush_when_due)
                    self.is_running = True
                    task_status.started()
                    await self._ready_set.serve()
            finally:
                self.is_running = False

    def received(self, line: Line) -> None:
        """Have a line act when all that is ready has been read."""
        if not self._received:
            self._batch.at_end(self._act)
        self._received.append(line)

    def _act(self) -> None:
        now = self._ready_set.now
        received, self._received = self._received, []
        for line in received:
            line.act(now)
        self._batch.at_last(partial(self._wind_up, received, now))

    def _wind_up(self, acted: list[Line], now: float) -> None:
        for line in acted:
            line.wind_up(now)

    async def _flush_when_due(self) -> None:
        while True:
            await self._flush_due.wait()
            self._flush_due = trio.Event()
            self._flush()

    def _flush(self) -> None:
        queued, self._queued = self._queued, []
        for writer in queued:
            try:
                writer.send_now()
            except Exception as error:
                writer.fail(error)

    def open_line(
        self,
        descriptor: int,
        receive: Callable[[bytes], None],
        act: Callable[[float], CloseReason | None],
        wind_up: Callable[[float], None],
    ) -> Line:
        """Begin to read a socket; leaving the `Line`'s context ends that.

        What any of the functions raises ends the reading, too, and is raised by `Line.end`.

        Args:
          descriptor: of a connected socket that does not block. It stays the caller's, who must
            not close it before the line.
          receive: is given what was read.
          act: called after it, when all sockets of a batch are read, with Trio time when they were:
            acts on what was received and says whether that ends the reading.
          wind_up: called after that, and after what it led to: does what nobody waits for.
        """
        return Line(self, self._ready_set, descriptor, receive, act, wind_up)


class Line:
    """One socket while the pump reads it."""

    __slots__ = (
        "_act",
        "_ended",
        "_error",
        "_is_watched",
        "_pump",
        "_ready_set",
        "_reason",
        "_receive",
        "_wind_up",
        "descriptor",
        "is_closed",
    )

    def __init__(
        self,
        pump: SocketPump,
        ready_set: ReadySet,
        descriptor: int,
        receive: Callable[[bytes], None],
        act: Callable[[float], CloseReason | None],
        wind_up: Callable[[float], None],
    ) -> None:
        self.descriptor = descriptor
        self.is_closed = False
        self._ready_set = ready_set
        self._pump = pump
        self._receive = receive
        self._act = act
        self._wind_up = wind_up
        self._reason: CloseReason | None = None
        self._error: Exception | None = None
        self._ended = trio.Event()
        self._is_watched = False
        self.resume()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.pause()
        self.is_closed = True

    @property
    def is_paused(self) -> bool:
        """True while nothing is read from an open line that has not ended."""
        return not (self._is_watched or self.is_closed or self._ended.is_set())

    def pause(self) -> None:
        """Read nothing until `resume`."""
        if self._is_watched:
            self._is_watched = False
            self._ready_set.remove(self.descriptor)

    def resume(self) -> None:
        """Read again."""
        if not self._is_watched:
            self._is_watched = True
            self._ready_set.add(self.descriptor, select.EPOLLIN, self)

    async def end(self) -> CloseReason:
        """Wait until the reading ends, and return why; cancelling changes nothing.

        Raises:
          Exception: what `receive` or `act` raised.
        """
        await self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._reason or CloseReason.INTERNAL_ERROR

    def on_ready(self, flags: int) -> None:
        """Read once; what that means is acted on later."""
        try:
            octets = os.read(self.descriptor, _READ_OCTETS)
        except BlockingIOError:
            return
        except OSError:
            self._finish(CloseReason.PEER_RESET)
            return
        if not octets:
            self._finish(CloseReason.PEER_CLOSED)
            return
        try:
            self._receive(octets)
        except Exception as error:
            self._fail(error)
        else:
            self._pump.received(self)

    def act(self, now: float) -> None:
        """Act on what was received."""
        try:
            reason = self._act(now)
        except Exception as error:
            self._fail(error)
        else:
            if reason is not None:
                self._finish(reason)

    def wind_up(self, now: float) -> None:
        """Do what nobody waits for."""
        try:
            self._wind_up(now)
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Leave an accident to the connection's own task: the pump has others to serve."""
        self._error = error
        self._finish(CloseReason.INTERNAL_ERROR)

    def _finish(self, reason: CloseReason) -> None:
        self.pause()
        self._reason = reason
        self._ended.set()
