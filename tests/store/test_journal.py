"""The journal: its files, and a store that answers as soon as a record stands there."""

from __future__ import annotations

import math
import os
import shutil
import sqlite3
import stat
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import until
from tests.store.conftest import full_disk

from otpblue_trio.store import (
    NumberPrivacy,
    Store,
    StoreError,
    read_cdrs,
)
from otpblue_trio.store.journal import Journal, Segment, read_journal
from otpblue_trio.store.schema import cdr_row, receipt_row
from otpblue_trio.testing import cdr_entry, stored_receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from trio.testing import MockClock

AT = 1795452001.0
TTL = 3600.0

CDR = cdr_entry(time=AT, sender="14155550199", message_id="0b7f6a8e")
RECEIPT = stored_receipt(message_id="0b7f6a8e", submitted_at=AT - 0.25, done_at=AT)
ROW = cdr_row(1, CDR)
ROW_OF_RECEIPT = receipt_row(RECEIPT)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    folder.mkdir()
    return folder / "otpblue.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path)
    journal.open()
    journal.resume()
    yield journal
    journal.close()


# The files.


def test_record_is_read_as_it_was_written(path: Path, journal: Journal) -> None:
    assert journal.append([(ROW, ROW_OF_RECEIPT)], [])
    leftover = read_journal(path)
    assert leftover.cdrs == [ROW]
    assert leftover.receipts == {1: ROW_OF_RECEIPT}


def test_receipt_that_is_done_by_a_later_frame_is_not_left(path: Path, journal: Journal) -> None:
    journal.append([(ROW, ROW_OF_RECEIPT)], [])
    journal.append([(ROW, None)], [1, 5])
    leftover = read_journal(path)
    assert leftover.receipts == {}
    assert leftover.done == [1, 5]


def test_receipt_done_in_the_other_segment_is_not_left(path: Path, journal: Journal) -> None:
    journal.append([(ROW, ROW_OF_RECEIPT)], [])
    journal.take()
    journal.append([(ROW, None)], [1])
    assert read_journal(path).receipts == {}


@given(cut=st.integers(0, 10_000))
def test_whatever_was_cut_off_the_frames_before_are_read(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "otpblue.db"
    segment = Segment(path.with_name("otpblue.db.journal-1"))
    segment.open()
    sizes = [0]
    for number in range(1, 6):
        segment.append([(cdr_row(number, CDR), None)], [])
        sizes.append(segment.octets)
    left = cut % (segment.octets + 1)
    os.truncate(path.with_name("otpblue.db.journal-1"), left)
    whole = sum(size <= left for size in sizes) - 1
    assert [row[0] for row in read_journal(path).cdrs] == list(range(1, whole + 1))
    segment.close()


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_damage_is_told_and_hides_no_frame_before_it(
    tmp_path_factory: pytest.TempPathFactory, place: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("damage") / "otpblue.db"
    file = path.with_name("otpblue.db.journal-1")
    segment = Segment(file)
    segment.open()
    sizes = []
    for number in range(1, 6):
        segment.append([(cdr_row(number, CDR), None)], [])
        sizes.append(segment.octets)
    octets = bytearray(file.read_bytes())
    place %= len(octets)
    octets[place] ^= 1 << bit
    file.write_bytes(octets)
    before = sum(size <= place for size in sizes)
    found = read_journal(path)
    ids = [row[0] for row in found.cdrs]
    assert ids[:before] == list(range(1, before + 1))
    # Those behind it only where its length is not what was damaged.
    behind = list(range(before + 2, 6))
    assert ids[before:] in ([], behind)
    start = sizes[before - 1] if before else 0
    if place - start >= 4:
        assert ids[before:] == behind
    [(damaged, unread)] = found.damaged
    assert (damaged, unread > 0) == (file, True)
    segment.close()


def test_write_that_is_cut_short_leaves_no_half_frame(path: Path, journal: Journal) -> None:
    assert journal.append([(ROW, None)], [])
    size = path.with_name("otpblue.db.journal-1").stat().st_size
    with full_disk(size + 10):
        assert not journal.append([(ROW, None)], [])
    assert path.with_name("otpblue.db.journal-1").stat().st_size == size
    assert journal.append([(ROW, None)], [])
    assert len(read_journal(path).cdrs) == 2


def test_full_segment_declines_until_the_other_one_is_active(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.journal._SEGMENT_OCTETS", 1)
    assert journal.append([(ROW, None)], [])
    assert not journal.append([(ROW, None)], [])
    (full,) = journal.take()
    assert journal.append([(ROW, None)], [])
    full.empty()
    journal.take()
    assert journal.append([(ROW, None)], [])


def test_what_json_cannot_hold_is_declined(journal: Journal) -> None:
    assert not journal.append([(cdr_row(1, attrs.evolve(CDR, sender="\ud800")), None)], [])
    assert journal.append([(ROW, None)], [])


def test_journal_of_a_newer_program_is_refused(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.journal._VERSION", 2)
    journal.append([(ROW, None)], [])
    monkeypatch.undo()
    with pytest.raises(StoreError, match="journal-1 has version 2"):
        read_journal(path)


def test_files_are_private_and_go_away_when_they_are_empty(path: Path, journal: Journal) -> None:
    journal.append([(ROW, None)], [])
    files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert files == {"otpblue.db.journal-1": 0o600, "otpblue.db.journal-2": 0o600}
    journal.close()
    assert [file.name for file in path.parent.iterdir()] == ["otpblue.db.journal-1"]


def test_records_outlive_the_file_that_was_removed(path: Path, journal: Journal) -> None:
    journal.append([(ROW, ROW_OF_RECEIPT)], [])
    journal.stop()
    path.with_name("otpblue.db.journal-1").unlink()
    journal.open()
    (segment,) = journal.take()
    assert segment.cdrs == [ROW]
    assert segment.receipts == {1: ROW_OF_RECEIPT}


# The store over it.


class Operator:
    """Hears of trouble and of its end."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self._heard = trio.Event()

    def take(self, word: str) -> None:
        self.words.append(word)
        self._heard.set()
        self._heard = trio.Event()

    async def wait_for(self, count: int) -> None:
        while len(self.words) < count:
            await self._heard.wait()


@pytest.fixture
def operator() -> Operator:
    return Operator()


@asynccontextmanager
async def _running(path: Path, operator: Operator) -> AsyncIterator[Store]:
    store = Store(
        path,
        receipt_ttl=TTL,
        cdr_retention=TTL,
        number_privacy=NumberPrivacy.MASK,
        on_trouble=operator.take,
        on_recovered=lambda: operator.take("recovered"),
        wall_clock=lambda: AT,
        # The clock of these tests does not see what the thread does.
        patience=math.inf,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        yield store
        nursery.cancel_scope.cancel()


def _record(store: Store, *, with_receipt: bool = False) -> tuple[list[bool], int]:
    """Record one message; return what its caller has been told when that returns, and its id."""
    told: list[bool] = []
    receipt = attrs.evolve(RECEIPT, receipt_id=store.next_receipt_id()) if with_receipt else None
    store.record(CDR, receipt, told.append)
    return told, receipt.receipt_id if receipt is not None else 0


def _after_a_crash(path: Path) -> Path:
    """Return a copy of the database as the next run would find it if the process died now."""
    copy = path.parent.with_name(f"{path.parent.name}-copy") / path.name
    shutil.rmtree(copy.parent, ignore_errors=True)
    shutil.copytree(path.parent, copy.parent)
    return copy


async def _found(path: Path, operator: Operator) -> tuple[int, list[int]]:
    """Return how many records, and the ids of which receipts, the next run finds."""
    async with _running(path, operator) as store:
        receipts = await store.pending_receipts()
        records = read_cdrs(path, since=0.0, until=AT + 1, limit=1_000_000)
    assert operator.words == []
    return len(records), [receipt.receipt_id for receipt in receipts]


def _in_database(path: Path) -> tuple[int, list[int]]:
    with closing(sqlite3.connect(path)) as connection:
        ids = [row[0] for row in connection.execute("SELECT receipt_id FROM receipts")]
    return len(read_cdrs(path, since=0.0, until=AT + 1, limit=1_000_000)), ids


async def _pass_time(clock: MockClock, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        await trio.testing.wait_all_tasks_blocked()
        clock.jump(0.1)
    await trio.testing.wait_all_tasks_blocked()


async def _pass_time_until(clock: MockClock, operator: Operator, words: int) -> None:
    while len(operator.words) < words:
        await _pass_time(clock, 0.1)


async def test_caller_is_told_at_once_and_a_crash_then_loses_nothing(
    path: Path, operator: Operator
) -> None:
    async with _running(path, operator) as store:
        told, receipt_id = _record(store, with_receipt=True)
        assert told == [True]
        crashed = _after_a_crash(path)
        assert _in_database(crashed) == (0, [])
        assert await _found(crashed, operator) == (1, [receipt_id])


async def test_records_come_into_the_database_after_a_tenth_of_a_second(
    path: Path, operator: Operator, mock_clock: MockClock
) -> None:
    async with _running(path, operator) as store:
        _, receipt_id = _record(store, with_receipt=True)
        assert store.waiting == 1
        await _pass_time(mock_clock, 0.1)
        while store.waiting:
            await _pass_time(mock_clock, 0.1)
        assert _in_database(path) == (1, [receipt_id])
        assert read_journal(path).cdrs == []


async def test_many_records_do_not_wait_for_the_clock(
    path: Path, operator: Operator, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.journal._WORTH_A_COMMIT", 1000)
    monkeypatch.setattr("otpblue_trio.store.writer._LOOK_PERIOD", 1e9)
    recorded = 0
    async with _running(path, operator) as store:

        def one_more_brings_them_in() -> bool:
            nonlocal recorded
            recorded += 1
            assert _record(store)[0] == [True]
            return store.waiting < recorded

        # The thread may still be at its first sweep.
        await until(one_more_brings_them_in)
        assert read_cdrs(path, since=0.0, until=AT + 1, limit=1)


async def test_what_was_committed_and_still_stands_in_the_journal_comes_once(
    path: Path, operator: Operator
) -> None:
    async with _running(path, operator) as store:
        for _ in range(3):
            _record(store, with_receipt=True)
        before = path.with_name("otpblue.db.journal-1").read_bytes()
    path.with_name("otpblue.db.journal-1").write_bytes(before)
    assert await _found(path, operator) == (3, [1, 2, 3])


async def test_records_of_a_new_run_take_the_place_of_none(path: Path, operator: Operator) -> None:
    for count in (1, 2, 3):
        async with _running(path, operator) as store:
            _record(store)
            crashed = _after_a_crash(path)
            assert (await _found(crashed, operator))[0] == count


async def test_receipt_done_in_time_never_comes_into_the_database(
    path: Path, operator: Operator
) -> None:
    async with _running(path, operator) as store:
        _, done = _record(store, with_receipt=True)
        _, open_ = _record(store, with_receipt=True)
        store.receipt_done(done)
        await until(lambda: not store.waiting)
        assert _in_database(path) == (2, [open_])
        assert await _found(_after_a_crash(path), operator) == (2, [open_])


async def test_receipt_done_before_the_last_record_does_not_outlive_a_crash(
    path: Path, operator: Operator
) -> None:
    async with _running(path, operator) as store:
        _, in_database = _record(store, with_receipt=True)
        await until(lambda: not store.waiting)
        _, in_journal = _record(store, with_receipt=True)
        store.receipt_done(in_database)
        store.receipt_done(in_journal)
        _, last = _record(store, with_receipt=True)
        assert await _found(_after_a_crash(path), operator) == (3, [last])


async def test_clean_end_leaves_no_journal(path: Path, operator: Operator) -> None:
    async with _running(path, operator) as store:
        _record(store, with_receipt=True)
    assert {file.name for file in path.parent.iterdir()} == {"otpblue.db", "otpblue.db.lock"}
    assert _in_database(path) == (1, [1])


async def test_no_whole_number_is_left_when_receipts_are_done(
    path: Path, operator: Operator
) -> None:
    async with _running(path, operator) as store:
        _, receipt_id = _record(store, with_receipt=True)
        crashed = _after_a_crash(path)
        store.receipt_done(receipt_id)
    async with _running(crashed, operator) as store:
        store.receipt_done(receipt_id)
    for folder in (path.parent, crashed.parent):
        octets = b"".join(file.read_bytes() for file in folder.iterdir())
        assert b"demo" in octets
        assert b"4155552671" not in octets
        assert b"4155550199" not in octets


async def test_what_the_journal_does_not_take_waits_for_a_commit(
    path: Path, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.journal._SEGMENT_OCTETS", 0)
    async with _running(path, operator) as store:
        told, _ = _record(store, with_receipt=True)
        assert told == []
        await until(lambda: bool(told))
        assert told == [True]
        assert _in_database(path) == (1, [1])


async def test_trouble_takes_nothing_back_that_was_told(
    path: Path, operator: Operator, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.database._BUSY_TIMEOUT_MS", 1)
    async with _running(path, operator) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            _record(store, with_receipt=True)
            await _pass_time_until(mock_clock, operator, 1)
            assert "locked" in operator.words[0]
            assert not store.is_writable
            assert _record(store)[0] == [False]
            other.execute("ROLLBACK")
        await _pass_time_until(mock_clock, operator, 2)
        assert operator.words[1] == "recovered"
        assert _in_database(path) == (1, [1])
        assert _record(store)[0] == [True]


async def test_end_in_trouble_leaves_the_journal_to_the_next_run(
    path: Path, operator: Operator, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.database._BUSY_TIMEOUT_MS", 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        async with _running(path, operator) as store:
            other.execute("BEGIN IMMEDIATE")
            _record(store, with_receipt=True)
            await _pass_time_until(mock_clock, operator, 1)
        other.execute("ROLLBACK")
    assert _in_database(path) == (0, [])
    assert await _found(path, Operator()) == (1, [1])


async def test_while_a_commit_is_slow_records_wait_for_it(
    path: Path, operator: Operator, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.database._BUSY_TIMEOUT_MS", 60_000)
    async with _running(path, operator) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            _record(store)
            await _pass_time(mock_clock, 0.2)
            assert _record(store)[0] == [True]
            await _pass_time(mock_clock, 0.6)
            told, _ = _record(store)
            assert told == []
            other.execute("ROLLBACK")
        await until(lambda: bool(told))
        assert told == [True]
        assert _record(store)[0] == [True]
    assert operator.words == []


@pytest.mark.parametrize("how", ["removed", "replaced"])
async def test_file_that_is_gone_is_noticed_and_begun_again(
    path: Path, operator: Operator, mock_clock: MockClock, how: str
) -> None:
    file = path.with_name("otpblue.db.journal-1")
    async with _running(path, operator) as store:
        _record(store)
        while store.waiting:
            await _pass_time(mock_clock, 0.1)
        file.unlink()
        if how == "replaced":
            file.write_bytes(b"nonsense")
        mock_clock.jump(60.0)
        await _pass_time_until(mock_clock, operator, 2)
        assert "journal was removed or replaced" in operator.words[0]
        assert _record(store, with_receipt=True)[0] == [True]
        assert await _found(_after_a_crash(path), Operator()) == (2, [1])


async def test_journal_of_before_is_brought_in_also_without_a_journal(
    path: Path, operator: Operator
) -> None:
    async with _running(path, operator) as store:
        _record(store, with_receipt=True)
        crashed = _after_a_crash(path)
    without = Store(
        crashed,
        receipt_ttl=TTL,
        cdr_retention=TTL,
        number_privacy=NumberPrivacy.MASK,
        on_trouble=operator.take,
        on_recovered=lambda: None,
        wall_clock=lambda: AT,
        survives_power_loss=True,
    )
    async with trio.open_nursery() as nursery:
        await nursery.start(without.run)
        assert len(await without.pending_receipts()) == 1
        nursery.cancel_scope.cancel()
    assert _in_database(crashed) == (1, [1])
    assert not crashed.with_name("otpblue.db.journal-1").exists()
