from __future__ import annotations

import fcntl
import io
import json
import logging
import os
import threading
from typing import TYPE_CHECKING, TextIO

import pytest
import trio

from otpblue_trio.ops.log_format import LogFormat
from otpblue_trio.ops.logs import LogWriter, configure_logging
from otpblue_trio.runtime.observer import (
    ConnectionOpened,
    ConnectionRefusal,
    ConnectionRefused,
    ConnectionTrouble,
    Event,
    GatewayStarted,
    Notice,
    ReceiptFate,
    ReceiptSettled,
)
from otpblue_trio.testing import message_answered

if TYPE_CHECKING:
    from collections.abc import Iterator


AT = 1795452001.123


def _now() -> float:
    return AT


def _writer(stream: TextIO, **options: object) -> LogWriter:
    return LogWriter(stream, now=_now, log_format=LogFormat.JSON, **options)  # type: ignore[arg-type]


def _told(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(row) for row in stream.getvalue().splitlines()]


class _UnreadPipe:
    """A pipe whose reader has stopped reading: its writing end, and how to resume."""

    def __init__(self) -> None:
        self._reader, descriptor = os.pipe()
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, 4096)
        self.stream = open(descriptor, "w")  # noqa: SIM115 - closed by `close`
        self.octets = b""
        self._thread = threading.Thread(target=self._read)

    def resume(self) -> None:
        self._thread.start()

    def _read(self) -> None:
        while octets := os.read(self._reader, 65536):
            self.octets += octets

    def lines(self) -> list[dict[str, object]]:
        """Close the writing end and return all that was read."""
        self.stream.close()
        self._thread.join()
        return [json.loads(row) for row in self.octets.splitlines()]

    def close(self) -> None:
        self.stream.close()
        if self._thread.ident is not None:
            self._thread.join()
        os.close(self._reader)


@pytest.fixture
def unread_pipe() -> Iterator[_UnreadPipe]:
    pipe = _UnreadPipe()
    yield pipe
    pipe.close()


def test_events_are_written_as_json_lines() -> None:
    stream = io.StringIO()
    with _writer(stream) as writer:
        writer.observe(GatewayStarted())
        writer.observe(message_answered())
    assert [line["message"] for line in _told(stream)] == ["ready", "message delivered"]
    assert _told(stream)[1]["time"] == "2026-11-23T16:40:01.123Z"


def test_records_and_events_keep_their_order() -> None:
    stream = io.StringIO()
    with _writer(stream) as writer:
        logger = logging.Logger("otpblue_trio")
        logger.addHandler(writer)
        for number in range(200):
            logger.info("record %d", number)
            writer.observe(Notice(level="info", text=f"event {number}"))
    expected = [f"{kind} {n}" for n in range(200) for kind in ("record", "event")]
    assert [line["message"] for line in _told(stream)] == expected


def test_lines_below_the_level_are_left_out() -> None:
    stream = io.StringIO()
    with _writer(stream, level="warning") as writer:
        writer.observe(message_answered())
        writer.observe(message_answered(reason="platform_timeout", command_status=8))
    assert [line["level"] for line in _told(stream)] == ["warning"]


def test_level_changes_at_run_time() -> None:
    stream = io.StringIO()
    with _writer(stream, level="error") as writer:
        writer.observe(message_answered())
        assert writer.wait_written(10)
        writer.set_level("info")
        writer.observe(message_answered())
    assert len(_told(stream)) == 1


@pytest.mark.parametrize(
    "event",
    [
        ConnectionOpened(connection_id=7, peer="192.0.2.1:40000", listener="tls"),
        ReceiptSettled(system_id="acme", message_id="m", fate=ReceiptFate.ACKNOWLEDGED),
    ],
)
def test_what_only_debug_tells_is_not_even_queued_above_it(event: Event) -> None:
    class Counting(LogWriter):
        queued = 0

        def observe(self, event: Event, /) -> None:
            self.queued += 1

    with Counting(io.StringIO(), now=_now, level="info") as writer:
        take = writer.taker_of(type(event))
        take(event)
        queued = [writer.queued]
        writer.set_level("debug")
        take(event)
        queued.append(writer.queued)
    assert queued == [0, 1]


def test_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        _writer(io.StringIO(), level="loud")


def test_auto_is_json_unless_the_stream_is_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, first in (
        (io.StringIO(), "{"),
        (Terminal(), "2026-11-23 16:40:01.123 INFO  ready"),
    ):
        with LogWriter(stream, now=_now) as writer:
            writer.observe(GatewayStarted())
        assert stream.getvalue().startswith(first)


def test_refused_api_key_is_an_error_once_and_then_counted() -> None:
    stream = io.StringIO()
    with _writer(stream, level="error") as writer:
        for _ in range(5):
            writer.observe(message_answered(reason="key_rejected", command_status=8))
    first, summary = _told(stream)
    assert first["message"] == summary["message"] == "the account's API key is refused"
    assert "suppressed" not in first
    assert summary["suppressed"] == 4


def test_flood_of_refused_connections_is_summarised() -> None:
    stream = io.StringIO()
    refused = ConnectionRefused(
        peer="192.0.2.1:5", listener="tls", refusal=ConnectionRefusal.GLOBAL_CAP
    )
    with _writer(stream) as writer:
        for _ in range(133):
            writer.observe(refused)
    lines = _told(stream)
    assert len(lines) == 11
    assert lines[-1]["suppressed"] == 123


def test_summary_comes_without_another_event() -> None:
    clock = [0.0]
    stream = io.StringIO()
    refused = ConnectionRefused(
        peer="192.0.2.1:5", listener="tls", refusal=ConnectionRefusal.GLOBAL_CAP
    )
    with LogWriter(stream, now=lambda: clock[0], log_format=LogFormat.JSON) as writer:
        for _ in range(12):
            writer.observe(refused)
        assert writer.wait_written(10)
        clock[0] = 1.0
        assert writer.wait_written(10)
        assert _told(stream)[-1]["suppressed"] == 2


def test_trouble_has_its_traceback_in_a_field_of_its_own() -> None:
    stream = io.StringIO()
    with _writer(stream) as writer:
        writer.observe(ConnectionTrouble(connection_id=1, peer="p", error=TypeError("x")))
    [line] = _told(stream)
    assert line["traceback"] == "TypeError: x"


@pytest.mark.parametrize("count", [9, 10, 11])
def test_one_trouble_is_told_ten_times_a_second_at_most(count: int) -> None:
    stream = io.StringIO()
    with _writer(stream) as writer:
        for number in range(count):
            error = ValueError("x")
            writer.observe(ConnectionTrouble(connection_id=number, peer="p", error=error))
            writer.observe(Notice(level="warning", text="the directory does not answer"))
    told = _told(stream)
    for message in ("connection failed", "the directory does not answer"):
        lines = [line for line in told if line["message"] == message]
        assert len([line for line in lines if "suppressed" not in line]) == min(count, 10)
        assert [line["suppressed"] for line in lines if "suppressed" in line] == (
            [1] if count > 10 else []
        )


@pytest.mark.parametrize("count", [2, 3, 4])
def test_tracebacks_of_one_place_are_few_and_the_rest_is_counted(count: int) -> None:
    """Trio tells of a listener without descriptors ten times a second, with a traceback."""
    stream = io.StringIO()
    with _writer(stream) as writer:
        logger = logging.Logger("trio.serve_listeners")
        logger.addHandler(writer)
        for _ in range(count):
            logger.error("accept returned an error", exc_info=OSError(24, "Too many open files"))
    told = _told(stream)
    assert len(told) == count
    assert [line["suppressed"] for line in told if "suppressed" in line] == (
        [1] if count > 3 else []
    )


def test_record_whose_arguments_do_not_fit_is_written_all_the_same() -> None:
    stream = io.StringIO()
    with _writer(stream) as writer:
        logger = logging.Logger("otpblue_trio")
        logger.addHandler(writer)
        logger.info("%d apples", "two")
    assert _told(stream)[0]["message"] == "%d apples (its arguments do not fit)"


def test_entry_that_cannot_be_told_is_counted_and_does_not_end_the_log() -> None:
    class Unspeakable(Notice):
        @property
        def level(self) -> str:
            raise RuntimeError("no")

    stream = io.StringIO()
    with _writer(stream) as writer:
        writer.observe(Unspeakable.__new__(Unspeakable))
        writer.observe(GatewayStarted())
    assert writer.dropped == 1
    assert [line["message"] for line in _told(stream)] == ["ready", "log entries dropped"]


async def test_stalled_stream_does_not_stall_the_loop(unread_pipe: _UnreadPipe) -> None:
    writer = _writer(unread_pipe.stream, capacity=100, close_timeout=0.01)
    ticks = 0
    for _ in range(2000):
        writer.observe(message_answered())
        await trio.lowlevel.checkpoint()
        ticks += 1
    assert ticks == 2000
    assert writer.dropped > 0
    assert writer.waiting <= 100
    writer.close()


class _HeldStream(io.StringIO):
    """A stream in memory whose first write waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.let_go = threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        self.let_go.wait()
        return super().write(text)


def test_full_queue_drops_the_newest_and_counts_them() -> None:
    stream = _HeldStream()
    writer = _writer(stream, capacity=3)
    logger = logging.Logger("otpblue_trio")
    logger.addHandler(writer)
    writer.observe(Notice(level="info", text="being written"))
    stream.entered.wait()
    counts = []
    for number in range(4):
        writer.observe(Notice(level="info", text=f"event {number}"))
        counts.append((writer.waiting, writer.dropped))
    logger.error("a record")
    assert counts == [(1, 0), (2, 0), (3, 0), (3, 1)]
    assert writer.dropped == 2
    stream.let_go.set()
    writer.close()
    messages = [line["message"] for line in _told(stream)]
    assert messages == ["being written", "event 0", "event 1", "event 2", "log entries dropped"]


def test_close_of_a_stalled_stream_waits_for_its_bound_only(unread_pipe: _UnreadPipe) -> None:
    writer = _writer(unread_pipe.stream, close_timeout=0.01)
    for _ in range(1000):
        writer.observe(message_answered())
    writer.flush()
    writer.close()
    writer.close()
    assert writer.dropped > 0


def test_a_reader_that_comes_back_hears_how_much_was_dropped(unread_pipe: _UnreadPipe) -> None:
    writer = _writer(unread_pipe.stream, capacity=50, close_timeout=30.0)
    for _ in range(3000):
        writer.observe(message_answered())
    dropped = writer.dropped
    assert dropped > 0
    unread_pipe.resume()
    writer.close()
    lines = unread_pipe.lines()
    told = sum(
        int(str(line["dropped"])) for line in lines if line["message"] == "log entries dropped"
    )
    written = sum(line["message"] == "message delivered" for line in lines)
    assert told == dropped
    assert written + dropped == 3000


def test_gone_reader_costs_lines_only() -> None:
    reader, descriptor = os.pipe()
    os.close(reader)
    with open(descriptor, "w") as stream, _writer(stream) as writer:
        for _ in range(10):
            writer.observe(message_answered())
        assert writer.wait_written(10)
        assert writer.dropped == 10


def test_descriptor_made_non_blocking_by_others_loses_nothing(unread_pipe: _UnreadPipe) -> None:
    os.set_blocking(unread_pipe.stream.fileno(), False)
    writer = _writer(unread_pipe.stream, close_timeout=30.0)
    for number in range(500):
        writer.observe(Notice(level="info", text=f"event {number}"))
    unread_pipe.resume()
    writer.close()
    assert len(unread_pipe.lines()) == 500


def test_nothing_is_taken_after_close() -> None:
    stream = io.StringIO()
    writer = _writer(stream)
    writer.close()
    writer.observe(GatewayStarted())
    assert stream.getvalue() == ""
    assert writer.dropped == 1


def test_configured_log_takes_the_whole_process_and_gives_it_back() -> None:
    root, own = logging.getLogger(), logging.getLogger("otpblue_trio")
    before = (root.level, own.level, list(root.handlers))
    stream = io.StringIO()
    with configure_logging("info", LogFormat.JSON, stream, now=_now):
        logging.getLogger("otpblue_trio.config").info("ours")
        logging.getLogger("trio").info("theirs, chatty")
        logging.getLogger("trio").warning("theirs")
    assert [line["message"] for line in _told(stream)] == ["ours", "theirs"]
    assert (root.level, own.level, list(root.handlers)) == before


def test_level_of_the_configured_log_changes_for_all() -> None:
    stream = io.StringIO()
    with configure_logging("error", LogFormat.JSON, stream, now=_now) as writer:
        logging.getLogger("otpblue_trio").info("before")
        logging.getLogger("trio").warning("before")
        writer.set_level("debug")
        logging.getLogger("otpblue_trio").debug("after")
        logging.getLogger("trio").info("chatter")
        logging.getLogger("trio").warning("after")
    assert [line["message"] for line in _told(stream)] == ["after", "after"]


def test_logging_from_many_threads_loses_nothing() -> None:
    stream = io.StringIO()
    writer = _writer(stream)
    logger = logging.Logger("otpblue_trio")
    logger.addHandler(writer)

    def talk() -> None:
        for number in range(200):
            logger.info("record %d", number)

    threads = [threading.Thread(target=talk) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert len(_told(stream)) == 800
