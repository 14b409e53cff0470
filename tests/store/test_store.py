from __future__ import annotations

import sqlite3
from contextlib import ExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.store import (
    NumberPrivacy,
    Store,
    StoredReceipt,
    StoreError,
    read_cdrs,
)
from otpblue_trio.testing import cdr_entry, stored_receipt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from trio.testing import MockClock

START = datetime(2026, 11, 23, 16, 40, tzinfo=UTC)
TTL = 3600.0
RETENTION = 86_400.0

CDR = cdr_entry(time=START.timestamp())


def _receipt(store: Store) -> StoredReceipt:
    return stored_receipt(
        receipt_id=store.next_receipt_id(),
        submitted_at=START.timestamp() - 0.25,
        done_at=START.timestamp(),
    )


class Told:
    """What somebody is told, in order, and a way to wait for it."""

    def __init__(self) -> None:
        self.words: list[object] = []
        self._grown = trio.Event()

    def take(self, word: object) -> None:
        self.words.append(word)
        self._grown.set()
        self._grown = trio.Event()

    async def wait_for(self, count: int) -> list[object]:
        while len(self.words) < count:
            await self._grown.wait()
        return self.words


class Operator(Told):
    """Hears of trouble and of its end."""

    def trouble(self, reason: str) -> None:
        self.take(reason)

    def recovered(self) -> None:
        self.take("recovered")


def _store(
    path: Path | None,
    operator: Operator,
    wall_clock: Callable[[], float] = START.timestamp,
    privacy: NumberPrivacy = NumberPrivacy.MASK,
) -> Store:
    """Return a store without a journal: everybody waits for a commit."""
    return Store(
        path,
        receipt_ttl=TTL,
        cdr_retention=RETENTION,
        number_privacy=privacy,
        on_trouble=operator.trouble,
        on_recovered=operator.recovered,
        wall_clock=wall_clock,
        survives_power_loss=True,
    )


@asynccontextmanager
async def _running(store: Store) -> AsyncIterator[Store]:
    async with trio.open_nursery() as nursery:
        await nursery.start(store.run)
        yield store
        nursery.cancel_scope.cancel()


async def _kept(store: Store, receipt: StoredReceipt | None = None) -> bool:
    """Record one message and return what its caller is told."""
    told = Told()
    store.record(CDR, receipt, told.take)
    (answer,) = await told.wait_for(1)
    return bool(answer)


async def _pass_time(clock: MockClock, seconds: float) -> None:
    """Let time pass in small steps, so that everybody who sleeps looks as often as in real life."""
    for _ in range(round(seconds * 10)):
        await trio.testing.wait_all_tasks_blocked()
        clock.jump(0.1)
    await trio.testing.wait_all_tasks_blocked()


async def _pass_time_until(clock: MockClock, told: Told, count: int) -> None:
    """Let time pass, however much the thread needs of it, until somebody was told something."""
    while len(told.words) < count:
        await _pass_time(clock, 0.1)


def _ids(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT receipt_id FROM receipts")]


def _write_nonsense(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"nonsense" * 1000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "otpblue.db"


@pytest.fixture
def operator() -> Operator:
    return Operator()


# Recording.


async def test_record_is_in_the_database_when_its_caller_is_told(
    path: Path, operator: Operator
) -> None:
    async with _running(_store(path, operator)) as store:
        found = Told()
        receipt = _receipt(store)

        def committed(_: bool) -> None:
            records = read_cdrs(path, since=0.0, until=CDR.time + 1, limit=10)
            found.take((len(records), _ids(path)))

        store.record(CDR, receipt, committed)
        assert await found.wait_for(1) == [(1, [receipt.receipt_id])]


async def test_callers_are_told_in_the_order_of_their_records(
    path: Path, operator: Operator
) -> None:
    async with _running(_store(path, operator)) as store:
        told = Told()
        for number in range(1000):
            store.record(CDR, None, lambda kept, number=number: told.take((number, kept)))  # type: ignore[misc]
            if number % 50 == 0:
                await trio.testing.wait_all_tasks_blocked()
        assert await told.wait_for(1000) == [(number, True) for number in range(1000)]


async def test_caller_may_record_again_while_it_is_told(path: Path, operator: Operator) -> None:
    async with _running(_store(path, operator)) as store:
        told = Told()

        def again(kept: bool) -> None:
            told.take(kept)
            if len(told.words) < 100:
                store.record(CDR, None, again)

        store.record(CDR, None, again)
        assert await told.wait_for(100) == [True] * 100


async def test_caller_that_fails_does_not_hold_up_the_others(
    path: Path, operator: Operator
) -> None:
    async with _running(_store(path, operator)) as store:
        told = Told()

        def fails(_: bool) -> None:
            raise KeyError("+14155552671")

        store.record(CDR, None, fails)
        store.record(CDR, None, told.take)
        assert await told.wait_for(1) == [True]
        assert operator.words == ["a caller failed on its answer: KeyError"]


async def test_what_is_recorded_before_run_waits_for_it(path: Path, operator: Operator) -> None:
    store = _store(path, operator)
    told = Told()
    store.record(CDR, None, told.take)
    assert store.waiting == 1
    async with _running(store):
        assert await told.wait_for(1) == [True]
    assert store.waiting == 0


async def test_beyond_the_queue_a_record_is_refused_at_once(path: Path, operator: Operator) -> None:
    store = _store(path, operator)
    told, refused = Told(), Told()
    for _ in range(50_000):
        store.record(CDR, None, told.take)
    store.record(CDR, None, refused.take)
    assert refused.words == [False]
    async with _running(store):
        assert await told.wait_for(50_000) == [True] * 50_000
        assert await _kept(store)


async def test_numbers_are_kept_as_configured(path: Path, operator: Operator) -> None:
    async with _running(_store(path, operator, privacy=NumberPrivacy.MASK)) as store:
        await _kept(store)
    (cdr,) = read_cdrs(path, since=0.0, until=CDR.time + 1, limit=10)
    assert cdr == attrs.evolve(CDR, destination="+1415555****")


# Memory only.


async def test_without_a_database_everything_counts_as_kept_at_once(operator: Operator) -> None:
    store = _store(None, operator)
    told = Told()
    store.record(CDR, _receipt(store), told.take)
    store.receipt_done(0)
    assert told.words == [True]
    assert store.is_writable
    assert await store.pending_receipts() == []


async def test_without_a_database_run_lasts_until_cancelled(operator: Operator) -> None:
    async with _running(_store(None, operator)) as store:
        await trio.testing.wait_all_tasks_blocked()
        assert await _kept(store)


# Receipts.


async def test_receipt_that_is_not_done_is_pending_after_a_restart(
    path: Path, operator: Operator
) -> None:
    async with _running(_store(path, operator)) as store:
        first, second = _receipt(store), _receipt(store)
        assert await _kept(store, first)
        assert await _kept(store, second)
        store.receipt_done(first.receipt_id)
    async with _running(_store(path, operator)) as store:
        pending = await store.pending_receipts()
    assert pending == [attrs.evolve(second, expires_at=second.done_at + TTL)]


async def test_pending_receipt_is_returned_once(path: Path, operator: Operator) -> None:
    async with _running(_store(path, operator)) as store:
        await _kept(store, _receipt(store))
        assert await store.pending_receipts() == []
    async with _running(_store(path, operator)) as store:
        assert len(await store.pending_receipts()) == 1
        assert await store.pending_receipts() == []


async def test_pending_receipts_wait_for_the_opening(path: Path, operator: Operator) -> None:
    store = _store(path, operator)
    got = Told()

    async def ask() -> None:
        got.take(await store.pending_receipts())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        assert got.words == []
        async with _running(store):
            assert await got.wait_for(1) == [[]]


async def test_new_receipt_never_has_the_id_of_a_pending_one(
    path: Path, operator: Operator
) -> None:
    ids = []
    for _ in range(3):
        async with _running(_store(path, operator)) as store:
            receipt = _receipt(store)
            assert await _kept(store, receipt)
            ids.append(receipt.receipt_id)
    assert ids == [1, 2, 3]


async def test_done_receipt_is_forgotten_without_another_record(
    path: Path, operator: Operator, mock_clock: MockClock
) -> None:
    async with _running(_store(path, operator)) as store:
        receipt = _receipt(store)
        assert await _kept(store, receipt)
        await _pass_time(mock_clock, 0.5)
        store.receipt_done(receipt.receipt_id)
        await _pass_time(mock_clock, 0.5)
        # Behind the deletion in the thread's queue.
        assert await _kept(store)
        assert _ids(path) == []


# The clock.


async def test_old_receipts_and_records_are_swept_while_running(
    path: Path, operator: Operator, mock_clock: MockClock
) -> None:
    def wall_clock() -> float:
        return START.timestamp() + trio.current_time() - began

    began = trio.current_time()
    async with _running(_store(path, operator, wall_clock)) as store:
        assert await _kept(store, _receipt(store))
        await _pass_time(mock_clock, 0.3)
        mock_clock.jump(TTL)
        await _pass_time(mock_clock, 0.3)
        assert await _kept(store)
        assert _ids(path) == []
        assert len(read_cdrs(path, since=0.0, until=CDR.time + 1, limit=10)) == 2
        mock_clock.jump(RETENTION)
        await _pass_time(mock_clock, 0.3)
        assert await _kept(store)
        assert len(read_cdrs(path, since=0.0, until=CDR.time + 1, limit=10)) == 1


async def test_expired_receipt_is_not_pending(path: Path, operator: Operator) -> None:
    async with _running(_store(path, operator)) as store:
        assert await _kept(store, _receipt(store))
    later = START + timedelta(seconds=TTL)
    async with _running(_store(path, operator, later.timestamp)) as store:
        assert await store.pending_receipts() == []


# Trouble.


async def test_in_trouble_everybody_is_told_at_once_and_the_operator_once(
    path: Path, operator: Operator, mock_clock: MockClock
) -> None:
    path.parent.write_bytes(b"in the way")
    early = Told()
    store = _store(path, operator)
    store.record(CDR, None, early.take)
    async with _running(store):
        assert early.words == [False]
        assert not store.is_writable
        refused = Told()
        store.record(CDR, _receipt(store), refused.take)
        assert refused.words == [False]
        await _pass_time(mock_clock, 5.0)
        assert len(operator.words) == 1
        assert str(path.parent) in str(operator.words[0])


async def test_store_recovers_by_itself(
    path: Path, operator: Operator, mock_clock: MockClock
) -> None:
    path.parent.write_bytes(b"in the way")
    async with _running(_store(path, operator)) as store:
        path.parent.unlink()
        await _pass_time_until(mock_clock, operator, 2)
        assert operator.words[1] == "recovered"
        assert store.is_writable
        assert await _kept(store, _receipt(store))
    assert _ids(path) == [1]


async def test_receipts_of_an_earlier_run_are_pending_after_a_late_opening(
    path: Path, operator: Operator, mock_clock: MockClock
) -> None:
    async with _running(_store(path, operator)) as store:
        assert await _kept(store, _receipt(store))
    hidden = path.parent.rename(path.parent.with_name("hidden"))
    path.parent.write_bytes(b"in the way")
    async with _running(_store(path, operator)) as store:
        assert await store.pending_receipts() == []
        # No id is given that an earlier receipt might have.
        assert store.next_receipt_id() == 0
        store.receipt_done(0)
        path.parent.unlink()
        hidden.rename(path.parent)
        await _pass_time_until(mock_clock, operator, 2)
        assert [receipt.receipt_id for receipt in await store.pending_receipts()] == [1]
        assert store.next_receipt_id() == 2
    assert _ids(path) == [1]


async def test_receipt_done_in_trouble_is_forgotten_afterwards(
    path: Path, operator: Operator, mock_clock: MockClock
) -> None:
    async with _running(_store(path, operator)) as store:
        receipt = _receipt(store)
        assert await _kept(store, receipt)
        hidden = path.parent.rename(path.parent.with_name("hidden"))
        path.parent.write_bytes(b"in the way")
        await _pass_time(mock_clock, 0.3)
        mock_clock.jump(60.0)
        await _pass_time_until(mock_clock, operator, 1)
        store.receipt_done(receipt.receipt_id)
        await _pass_time(mock_clock, 2.0)
        path.parent.unlink()
        hidden.rename(path.parent)
        await _pass_time_until(mock_clock, operator, 2)
        assert await _kept(store)
    assert _ids(path) == []


@pytest.mark.parametrize("count", [1, 500, 501, 1700])
async def test_receipts_are_kept_again_without_a_record(
    path: Path, operator: Operator, count: int
) -> None:
    async with _running(_store(path, operator)) as store:
        receipts = [_receipt(store) for _ in range(count)]
        assert await _kept(store, receipts[0])
        store.keep([*receipts, attrs.evolve(receipts[0], receipt_id=0)])
    assert _ids(path) == list(range(1, count + 1))
    assert len(read_cdrs(path, since=0.0, until=1e12, limit=9)) == 1


async def test_receipt_that_is_done_is_not_kept_again(path: Path, operator: Operator) -> None:
    async with _running(_store(path, operator)) as store:
        receipts = [_receipt(store) for _ in range(1700)]
        store.keep(receipts)
        for receipt in receipts:
            store.receipt_done(receipt.receipt_id)
    assert _ids(path) == []


async def test_receipts_to_keep_again_wait_for_the_end_of_trouble(
    path: Path, operator: Operator, mock_clock: MockClock
) -> None:
    path.parent.write_bytes(b"in the way")
    async with _running(_store(path, operator)) as store:
        store.keep([attrs.evolve(_receipt(store), receipt_id=7)])
        path.parent.unlink()
        await _pass_time_until(mock_clock, operator, 2)
        assert await _kept(store)
    assert _ids(path) == [7]


async def test_disk_that_keeps_a_commit_is_not_waited_for(
    path: Path, operator: Operator, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.database._BUSY_TIMEOUT_MS", 60_000)
    async with _running(_store(path, operator)) as store:
        assert await _kept(store)
        await _pass_time(mock_clock, 0.5)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            told = Told()
            store.record(CDR, _receipt(store), told.take)
            store.record(CDR, None, told.take)
            await _pass_time(mock_clock, 1.5)
            assert told.words == []
            await _pass_time(mock_clock, 0.6)
            assert told.words == [False, False]
            assert operator.words == ["the disk keeps a commit for 2 seconds"]
            assert not store.is_writable
            other.execute("ROLLBACK")
        assert (await operator.wait_for(2))[1] == "recovered"
        assert await _kept(store)
    # Its owner may have promised it all the same.
    assert _ids(path) == [1]


async def test_receipt_that_is_disowned_while_the_disk_keeps_it_does_not_stay(
    path: Path, operator: Operator, mock_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.database._BUSY_TIMEOUT_MS", 60_000)
    async with _running(_store(path, operator)) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            receipt = _receipt(store)
            store.record(CDR, receipt, lambda kept: store.receipt_done(receipt.receipt_id))
            await _pass_time(mock_clock, 2.1)
            assert not store.is_writable
            other.execute("ROLLBACK")
        await operator.wait_for(2)
        assert await _kept(store)
    assert _ids(path) == []


async def test_corrupt_database_is_told_and_does_not_stop_anybody(
    path: Path, operator: Operator
) -> None:
    async with _running(_store(path, operator)):
        pass
    _write_nonsense(path)
    async with _running(_store(path, operator)) as store:
        assert await _kept(store)
    reason, end = operator.words
    assert "corrupt" in str(reason)
    assert end == "recovered"


async def test_second_gateway_on_one_database_is_refused(path: Path, operator: Operator) -> None:
    async with _running(_store(path, operator)), trio.open_nursery() as nursery:
        with pytest.raises(StoreError, match="in use by another process"):
            await nursery.start(_store(path, operator).run)


async def test_records_of_a_store_that_must_not_open_are_refused(
    path: Path, operator: Operator
) -> None:
    async with _running(_store(path, operator)):
        second = _store(path, operator)
        told = Told()
        second.record(CDR, None, told.take)
        with pytest.raises(StoreError):
            await second.run()
        assert told.words == [False]
        assert not second.is_writable


# The end.


async def test_cancelling_writes_what_is_queued(path: Path, operator: Operator) -> None:
    told = Told()
    async with _running(_store(path, operator)) as store:
        for _ in range(1000):
            store.record(CDR, _receipt(store), told.take)
        store.receipt_done(1)
    assert told.words == [True] * 1000
    assert _ids(path) == list(range(2, 1001))


async def test_end_lets_the_database_go(path: Path, operator: Operator) -> None:
    async with _running(_store(path, operator)) as store:
        assert await _kept(store)
    # The last close of a connection takes the log away.
    assert {file.name for file in path.parent.iterdir()} == {"otpblue.db", "otpblue.db.lock"}
    async with _running(_store(path, operator)):
        pass


async def test_after_the_end_records_are_refused(path: Path, operator: Operator) -> None:
    async with _running(_store(path, operator)) as store:
        pass
    assert not await _kept(store, _receipt(store))
    assert not store.is_writable
    assert operator.words == []


async def test_end_does_not_wait_for_a_disk_that_keeps_a_commit(
    path: Path, operator: Operator, autojump_clock: MockClock
) -> None:
    told = Told()
    store = _store(path, operator)
    with ExitStack() as stack:
        async with _running(store):
            other = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
            other.execute("BEGIN IMMEDIATE")
            store.record(CDR, None, told.take)
        assert told.words == [False]


@pytest.mark.parametrize("records", [2, 3, 4])
async def test_beyond_the_bound_of_waiting_records_one_is_declined_at_once(
    records: int, path: Path, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.writer._MAX_WAITING", 3)
    store = _store(path, operator)
    told = Told()
    for _ in range(records):
        store.record(CDR, None, told.take)
    assert store.waiting == min(records, 3)
    assert told.words == [False] * (records - store.waiting)
    async with _running(store):
        answers = await told.wait_for(records)
        assert sorted(map(bool, answers)) == [False] * (records - 3) + [True] * min(records, 3)


@pytest.mark.parametrize("done", [2, 3, 4])
async def test_beyond_the_bound_of_done_receipts_one_stays_until_its_time_is_over(
    done: int, path: Path, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.store._MAX_DONE", 3)
    async with _running(_store(path, operator)) as store:
        receipts = [_receipt(store) for _ in range(4)]
        for receipt in receipts:
            assert await _kept(store, receipt)
        for receipt in receipts[:done]:
            store.receipt_done(receipt.receipt_id)
    async with _running(_store(path, operator)) as store:
        assert len(await store.pending_receipts()) == max(4 - done, 1)
