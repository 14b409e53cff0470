"""The log: a bounded queue, and one thread that formats and writes.

Whoever reads standard error may stop reading. A handler that writes from the event loop then stops
the loop, and with it every session; so nothing but the thread ever writes. What the loop does for
an event is one append to a deque. When the queue is full the newest entries are dropped and
counted, and the log says how many as soon as it can.

The thread wakes at most once in `_GATHER` seconds and writes up to `_BATCH` lines with one system
call: every write gives the interpreter back to the loop, so a batch is kept short.

The queue's entries are of three kinds: an event with its time (the gateway's own lines), a
`LogRecord` (everything said through the logging module) and a `threading.Event` (a mark: set once
all before it is written).
"""

from __future__ import annotations

import logging
import os
import select
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, TextIO

from otpblue_trio.ops.log_format import JsonFormat, LogFormat, TextFormat, line_of_record
from otpblue_trio.ops.log_lines import LOGGER, Line, lines_of
from otpblue_trio.ops.log_repeat import RepeatGate
from otpblue_trio.runtime.observer import ConnectionOpened, ReceiptFate, ReceiptSettled

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from otpblue_trio.ops.log_lines import Field
    from otpblue_trio.runtime.observer import Event

__all__ = ["LogWriter", "configure_logging"]

_Entry = tuple[float, "Event"] | logging.LogRecord | threading.Event

_ACKNOWLEDGED = ReceiptFate.ACKNOWLEDGED
_GATHER = 0.05
_BATCH = 64
_SUMMARY_PERIOD = 1.0


class LogWriter(logging.Handler):
    """A logging handler and an observer of the runtime that never blocks its caller.

    Usable as a context manager; leaving it closes it. `close` and `flush` block for at most
    `close_timeout` seconds, so they belong outside the event loop.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        now: Callable[[], float],
        log_format: LogFormat = LogFormat.AUTO,
        level: str = "info",
        capacity: int = 10_000,
        close_timeout: float = 2.0,
    ) -> None:
        """Start the writing thread.

        Args:
          stream: where lines go; written through its file descriptor when it has one. It is not
            closed, and must stay open until `close`.
          now: the wall clock in seconds since the epoch.
          log_format: the shape of the lines.
          level: the lowest level that is written: `debug`, `info`, `warning`, `error`, `critical`.
          capacity: entries that may wait to be written, 1 or more.
          close_timeout: seconds that `close` and `flush` wait for a stream that takes nothing.

        Raises:
          ValueError: an unknown level.
        """
        super().__init__(level.upper())
        if log_format is LogFormat.AUTO:
            log_format = LogFormat.TEXT if stream.isatty() else LogFormat.JSON
        self._format = TextFormat() if log_format is LogFormat.TEXT else JsonFormat()
        self._write = _sink(stream, self._is_abandoned)
        self._now = now
        self._capacity = capacity
        self._close_timeout = close_timeout
        self._queue: deque[_Entry] = deque()
        self._gate = RepeatGate()
        self._leaves_out_details = self.level > logging.DEBUG
        # Three owners, so that no increment is ever lost: the loop, holders of the handler's lock,
        # the thread.
        self._dropped_events = 0
        self._dropped_records = 0
        self._lost_lines = 0
        self._reported = 0
        self._asleep = False
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._abandoned = False
        self._attached: list[tuple[logging.Logger, int]] = []
        # A daemon: a stream that is stuck for good must not keep the process alive.
        self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Entries that were not written: the queue was full, or the stream failed."""
        return self._dropped_events + self._dropped_records + self._lost_lines

    @property
    def waiting(self) -> int:
        """Entries in the queue, 0 to `capacity`."""
        return len(self._queue)

    def observe(self, event: Event, /) -> None:
        """Queue one event of the runtime; to be called from one thread only, the loop's."""
        queue = self._queue
        if len(queue) >= self._capacity:
            self._dropped_events += 1
            return
        queue.append((self._now(), event))
        if self._asleep:
            self._asleep = False
            self._wake.set()

    # Any: each takes the one type that it is returned for.
    def taker_of(self, kind: type[Event]) -> Callable[[Any], None]:
        """Return what queues events of one type."""
        if kind is ReceiptSettled:
            return self._observe_receipt
        return self._observe_detail if kind is ConnectionOpened else self.observe

    def _observe_detail(self, event: Event) -> None:
        # Makes a line at `debug` only.
        if not self._leaves_out_details:
            self.observe(event)

    def _observe_receipt(self, event: ReceiptSettled) -> None:
        # Comes with nearly every message, and makes a line at `debug` only.
        if self._leaves_out_details and event.fate is _ACKNOWLEDGED:
            return
        self.observe(event)

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one record of the logging module; callable from any thread."""
        # Merged here: the arguments may change before the thread comes to them.
        try:
            record.msg = record.getMessage()
        except (TypeError, ValueError, KeyError):
            record.msg = f"{record.msg} (its arguments do not fit)"
        record.args = None
        if len(self._queue) >= self._capacity:
            self._dropped_records += 1
            return
        self._queue.append(record)
        self._asleep = False
        self._wake.set()

    def set_level(self, level: str) -> None:
        """Change the lowest level that is written, at once.

        Other packages are heard from `warning` on, or from the level if it is higher.

        Raises:
          ValueError: an unknown level; nothing changes.
        """
        self.setLevel(level.upper())
        self._leaves_out_details = self.level > logging.DEBUG
        for logger, _ in self._attached:
            lowest = logging.NOTSET if logger.name == LOGGER else logging.WARNING
            logger.setLevel(max(self.level, lowest))

    def attach(self) -> None:
        """Take what the whole process says through the logging module, until `close`."""
        root = logging.getLogger()
        own = logging.getLogger(LOGGER)
        self._attached = [(root, root.level), (own, own.level)]
        root.addHandler(self)
        self.set_level(logging.getLevelName(self.level))

    def wait_written(self, timeout: float) -> bool:
        """Block until all that was queued before is written; False when `timeout` passed first."""
        mark = threading.Event()
        self._queue.append(mark)
        self._wake.set()
        return mark.wait(timeout)

    def flush(self) -> None:
        """Block until all that was queued before is written, or the close timeout is over."""
        if self._thread.is_alive():
            self.wait_written(self._close_timeout)

    def close(self) -> None:
        """Write what is queued, end the thread and detach; blocks for the close timeout at most.

        What could not be written by then counts as dropped. Idempotent.
        """
        for logger, level in self._attached:
            logger.removeHandler(self)
            logger.setLevel(level)
        self._attached = []
        if not self._closing.is_set():
            self._closing.set()
            self._wake.set()
            self._thread.join(self._close_timeout)
            self._abandoned = True
            self._capacity = 0
            self._dropped_records += len(self._queue)
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # What follows runs in the thread.

    def _is_abandoned(self) -> bool:
        return self._abandoned

    def _run(self) -> None:
        while not self._abandoned:
            if self._queue:
                self._write_batch()
                continue
            closing = self._closing.is_set()
            self._write_lines([], final=closing)
            if closing:
                return
            self._sleep()

    def _sleep(self) -> None:
        self._asleep = True
        # An entry that came before the flag was up has woken nobody.
        if not self._queue and not self._closing.is_set():
            self._wake.wait(_SUMMARY_PERIOD if self._gate.has_suppressed else None)
        self._asleep = False
        self._wake.clear()
        self._closing.wait(_GATHER)

    def _write_batch(self) -> None:
        lines: list[Line] = []
        marks: list[threading.Event] = []
        for _ in range(min(len(self._queue), _BATCH)):
            entry = self._queue.popleft()
            if isinstance(entry, threading.Event):
                marks.append(entry)
                continue
            try:
                lines += [
                    line
                    for line in _lines_of(entry)
                    if line.level >= self.level and self._gate.admits(line)
                ]
            except Exception:  # one entry that cannot be told must not end the log
                self._lost_lines += 1
        self._write_lines(lines)
        for mark in marks:
            mark.set()

    def _write_lines(self, lines: list[Line], *, final: bool = False) -> None:
        """Write lines, the summaries that are due, and word of what was dropped."""
        told = list(lines)
        now = self._now()
        if self._gate.has_suppressed:
            told += self._gate.summaries(now, final=final)
        dropped = self.dropped
        if dropped > self._reported:
            fields: dict[str, Field] = {"dropped": dropped - self._reported}
            told.append(Line(now, logging.WARNING, "log entries dropped", fields))
        if not told:
            return
        try:
            self._write(b"".join(map(self._format, told)))
        except (OSError, ValueError):  # the reader is gone, or somebody closed the stream
            self._lost_lines += len(lines)
        else:
            self._reported = dropped


def _lines_of(entry: tuple[float, Event] | logging.LogRecord) -> list[Line]:
    return lines_of(*entry) if isinstance(entry, tuple) else [line_of_record(entry)]


def _sink(stream: TextIO, is_abandoned: Callable[[], bool]) -> Callable[[bytes], None]:
    """Return the function that writes octets to a stream, all of them, blocking."""
    try:
        descriptor = stream.fileno()
    except OSError:  # a stream in memory

        def write_text(octets: bytes) -> None:
            stream.write(octets.decode())
            stream.flush()

        return write_text

    stream.flush()

    # Not through the stream's own buffer: its lock, held by a thread that is stuck in a write, is
    # fatal to the interpreter's exit.
    def write_descriptor(octets: bytes) -> None:
        rest = memoryview(octets)
        while rest and not is_abandoned():
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:  # whoever shares the descriptor made it non-blocking
                _wait_writable(descriptor)

    return write_descriptor


def _wait_writable(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    poll.poll(100)


def configure_logging(
    level: str,
    log_format: LogFormat,
    stream: TextIO,
    *,
    now: Callable[[], float],
) -> LogWriter:
    """Start a writer and give it all that is said through the logging module.

    Args:
      level: the lowest level that is written; of other packages nothing below `warning` is.
      log_format: the shape of the lines.
      stream: usually standard error.
      now: the wall clock in seconds since the epoch.

    Returns:
      The writer; close it after the event loop has ended. As an observer of the runtime it also
      writes the gateway's own lines.

    Raises:
      ValueError: an unknown level.
    """
    writer = LogWriter(stream, now=now, log_format=log_format, level=level)
    writer.attach()
    return writer
