from __future__ import annotations

import os
import random
import re
import sqlite3
import stat
import subprocess
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import attrs
import pytest
from tests.store.conftest import full_disk

from otpblue_trio.store import NumberPrivacy, StoredReceipt, StoreError, read_cdrs
from otpblue_trio.store.database import Database, Job
from otpblue_trio.store.journal import Segment
from otpblue_trio.store.schema import cdr_row, put_before, receipt_row
from otpblue_trio.testing import cdr_entry, stored_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from otpblue_trio.store import CdrEntry

NOW = 1795452001.0
TTL = 3600.0
RETENTION = 86_400.0

CDR = cdr_entry(time=NOW, sender="14155550199")
RECEIPT = stored_receipt(
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="14155550199",
    submitted_at=NOW - 0.25,
    done_at=NOW,
)


def _database(
    path: Path, privacy: NumberPrivacy = NumberPrivacy.MASK, *, survives_power_loss: bool = False
) -> Database:
    return Database(
        path,
        receipt_ttl=TTL,
        cdr_retention=RETENTION,
        number_privacy=privacy,
        survives_power_loss=survives_power_loss,
    )


def _job(
    cdrs: Sequence[CdrEntry] = (),
    receipts: Sequence[StoredReceipt] = (),
    done: Sequence[int] = (),
    *,
    sweep: bool = False,
    now: float = NOW,
    loop_time: float | None = None,
) -> Job:
    job = Job()
    job.now = now
    job.started_at = now if loop_time is None else loop_time
    job.cdrs = [cdr_row(None, cdr) for cdr in cdrs]
    job.receipts = [receipt_row(receipt) for receipt in receipts]
    job.done = list(done)
    job.sweep = sweep
    return job


def _receipts(count: int, **changes: object) -> list[StoredReceipt]:
    return [
        attrs.evolve(RECEIPT, receipt_id=receipt_id, **changes)  # type: ignore[arg-type]
        for receipt_id in range(1, count + 1)
    ]


def _perform(database: Database, job: Job) -> Job:
    database.perform(job)
    assert not job.trouble
    return job


def _inherited_ids(path: Path, now: float = NOW) -> list[int]:
    database = _database(path)
    job = _job(now=now)
    database.open(job)
    database.close()
    assert not job.trouble
    return [receipt.receipt_id for receipt in job.inherited]


def _octets(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "otpblue.db"


# Opening.


def test_what_was_written_is_there_after_opening_again(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR], _receipts(3), done=[2]))
    database.close()
    assert _inherited_ids(path) == [1, 3]


def test_receipt_is_inherited_as_it_was_written(path: Path) -> None:
    database = _database(path)
    _perform(database, _job(receipts=[RECEIPT]))
    database.close()
    job = _job()
    database = _database(path)
    database.open(job)
    database.close()
    assert job.inherited == [attrs.evolve(RECEIPT, expires_at=NOW + TTL)]


def test_new_ids_begin_behind_those_that_are_there(path: Path) -> None:
    job = _job()
    database = _database(path)
    database.open(job)
    assert job.first_receipt_id == 1
    _perform(database, _job(receipts=_receipts(7)))
    database.close()
    job = _job()
    database = _database(path)
    database.open(job)
    database.close()
    assert job.first_receipt_id == 8


@pytest.mark.parametrize(("age", "inherited"), [(TTL - 0.001, [1]), (TTL, []), (TTL + 0.001, [])])
def test_receipt_is_inherited_until_its_time_is_up(
    path: Path, age: float, inherited: list[int]
) -> None:
    database = _database(path)
    _perform(database, _job(receipts=[RECEIPT]))
    database.close()
    assert _inherited_ids(path, NOW + age) == inherited


def test_only_the_first_opening_tells_what_was_inherited(path: Path) -> None:
    database = _database(path)
    database.open(_job())
    _perform(database, _job(receipts=[RECEIPT]))
    path.rename(path.with_name("gone"))
    failed = _job(sweep=True)
    database.perform(failed)
    assert failed.trouble
    path.unlink(missing_ok=True)
    path.with_name("gone").rename(path)
    again = _perform(database, _job())
    database.close()
    assert again.inherited == []
    assert again.first_receipt_id == 0


def test_every_file_is_private(path: Path) -> None:
    database = _database(path, NumberPrivacy.HASH)
    _perform(database, _job([CDR]))
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    database.close()
    assert modes == dict.fromkeys(
        [f"otpblue.db{suffix}" for suffix in ("", "-wal", "-shm", ".lock", ".key")], 0o600
    )


def test_second_opening_is_refused_while_the_first_lasts(path: Path) -> None:
    first = _database(path)
    first.open(_job())
    second = _database(path)
    with pytest.raises(StoreError, match="in use"):
        second.open(_job())
    first.close()
    second.open(_job())
    second.close()


def test_file_that_never_was_a_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("[[accounts]]")
    path.chmod(0o644)
    with pytest.raises(StoreError, match=r"otpblue\.db is there and no database"):
        _database(path).open(_job())
    assert path.read_text() == "[[accounts]]"
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_what_is_no_regular_file_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path, 0o644)
    with pytest.raises(StoreError, match=r"otpblue\.db is no regular file"):
        _database(path).open(_job())
    assert path.stat().st_mode & 0o777 == 0o644


def test_newer_database_is_refused_and_left_alone(path: Path) -> None:
    database = _database(path)
    database.open(_job())
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="schema version 99"):
        _database(path).open(_job())
    assert path.read_bytes() == before


@pytest.mark.parametrize("survives_power_loss", [False, True])
def test_log_is_written_ahead_and_synchronised_as_asked(
    path: Path, survives_power_loss: bool
) -> None:
    database = _database(path, survives_power_loss=survives_power_loss)
    _perform(database, _job([CDR]))
    assert path.with_name("otpblue.db-wal").stat().st_size > 0
    connection = database._connection
    assert connection is not None
    assert connection.execute("PRAGMA synchronous").fetchone() == (1 + survives_power_loss,)
    database.close()


def test_directory_that_cannot_be_made_is_trouble_until_it_can(path: Path) -> None:
    path.parent.write_bytes(b"in the way")
    database = _database(path)
    job = _job()
    database.open(job)
    assert str(path.parent) in job.trouble
    path.parent.unlink()
    _perform(database, _job([CDR]))
    database.close()


@contextmanager
def _without_rights(path: Path) -> Iterator[None]:
    """Let this process be nobody, who may not enter another's folder, or shut it out."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        path.parent.chmod(0)
        yield
        path.parent.chmod(0o700)


def test_files_that_may_not_be_read_are_trouble_until_they_may(path: Path) -> None:
    database = _database(path)
    _perform(database, _job(receipts=[RECEIPT]))
    database.close()
    path.parent.parent.chmod(0o700)
    database = _database(path)
    job = _job()
    with _without_rights(path):
        database.open(job)
    assert "Permission denied" in job.trouble
    recovered = _perform(database, _job())
    database.close()
    assert [receipt.receipt_id for receipt in recovered.inherited] == [1]


def test_read_only_file_system_is_trouble_until_it_is_writable(small_disk: Path) -> None:
    path = small_disk / "otpblue.db"
    database = _database(path)
    _perform(database, _job(receipts=[RECEIPT]))
    database.close()
    _remount(small_disk, "ro")
    database = _database(path)
    job = _job()
    database.open(job)
    assert "Read-only" in job.trouble
    _remount(small_disk, "rw")
    recovered = _perform(database, _job())
    database.close()
    assert [receipt.receipt_id for receipt in recovered.inherited] == [1]


def _remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)  # noqa: S603, S607


# Privacy.


@pytest.mark.parametrize("privacy", [NumberPrivacy.MASK, NumberPrivacy.HASH])
def test_no_file_holds_a_whole_number_once_receipts_are_done(
    path: Path, privacy: NumberPrivacy
) -> None:
    database = _database(path, privacy)
    receipts = _receipts(300)
    for start in range(0, 300, 30):
        some = receipts[start : start + 30]
        _perform(database, _job([CDR] * 30, some, done=[r.receipt_id for r in some[::2]]))
        _perform(database, _job(done=[r.receipt_id for r in some[1::2]]))
    _perform(database, _job(sweep=True))
    octets = _octets(path)
    database.close()
    assert b"demo" in octets
    for number in (b"4155552671", b"4155550199"):
        assert number not in octets
        assert number not in _octets(path)


@pytest.mark.parametrize("seed", [6, 9, 14])
def test_no_copy_of_a_done_receipt_is_left_beside_those_that_wait(path: Path, seed: int) -> None:
    """SQLite moves rows between pages, and does not always wipe the place that one has left."""
    chance = random.Random(seed)
    database = _database(path)
    waiting: dict[int, str] = {}
    done: list[str] = []
    receipt_id = 0
    for _ in range(150):
        job = _job()
        for _ in range(chance.choice((0, 1, 5, 60))):
            receipt_id += 1
            waiting[receipt_id] = f"49{chance.randrange(10**10):010}"
            receipt = attrs.evolve(
                RECEIPT,
                receipt_id=receipt_id,
                source_addr=waiting[receipt_id],
                message_id="m" * chance.randrange(1, 60),
            )
            job.receipts.append(receipt_row(receipt))
        job.done = chance.sample(sorted(waiting), min(len(waiting), chance.choice((0, 1, 5, 50))))
        done += [waiting.pop(each) for each in job.done]
        _perform(database, job)
    _perform(database, _job(sweep=True))
    octets = _octets(path)
    database.close()
    assert min(len(done), len(waiting)) > 100
    assert [number for number in done if number.encode() in octets] == []
    assert [number for number in waiting.values() if number.encode() not in octets] == []
    assert _inherited_ids(path) == sorted(waiting)


def test_full_numbers_are_kept_when_asked_for(path: Path) -> None:
    database = _database(path, NumberPrivacy.FULL)
    _perform(database, _job([CDR]))
    database.close()
    assert b"+14155552671" in path.read_bytes()


def test_hash_of_a_number_outlives_the_process(path: Path) -> None:
    for _ in range(2):
        database = _database(path, NumberPrivacy.HASH)
        _perform(database, _job([CDR]))
        database.close()
    first, second = read_cdrs(path, since=0.0, until=NOW + 1, limit=10)
    assert first.destination == second.destination


def test_sender_that_is_a_number_is_masked_too(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR]))
    database.close()
    (cdr,) = read_cdrs(path, since=0.0, until=NOW + 1, limit=10)
    assert cdr.sender == "1415555****"


# Sweeping.


@pytest.mark.parametrize(("age", "left"), [(RETENTION, 1), (RETENTION + 0.001, 0)])
def test_record_is_swept_when_its_retention_is_over(path: Path, age: float, left: int) -> None:
    database = _database(path)
    _perform(database, _job([CDR]))
    _perform(database, _job(sweep=True, now=NOW + age))
    database.close()
    assert len(read_cdrs(path, since=0.0, until=NOW + 1, limit=10)) == left


@pytest.mark.parametrize(("age", "left"), [(TTL - 0.001, [1]), (TTL, [])])
def test_receipt_is_swept_when_its_time_is_up(path: Path, age: float, left: list[int]) -> None:
    database = _database(path)
    _perform(database, _job(receipts=[RECEIPT]))
    _perform(database, _job(sweep=True, now=NOW + age))
    database.close()
    assert _inherited_ids(path, now=0.0) == left


@pytest.mark.parametrize("jump", [-10 * RETENTION, 0.9 * RETENTION])
def test_clock_that_is_set_makes_no_receipt_old(path: Path, jump: float) -> None:
    database = _database(path)
    database.open(_job(loop_time=0.0))
    before = attrs.evolve(RECEIPT, receipt_id=1)
    behind = attrs.evolve(RECEIPT, receipt_id=2, done_at=NOW + jump)
    _perform(database, _job([CDR], [before, behind], loop_time=1.0))
    _perform(database, _job(sweep=True, now=NOW + jump, loop_time=2.0))
    database.close()
    assert len(read_cdrs(path, since=0.0, until=NOW + 1, limit=10)) == 1
    assert _inherited_ids(path, now=-1e9) == [1, 2]


def test_long_sweep_goes_in_small_steps(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR] * 1000))
    steps = 1
    while _perform(database, _job(sweep=True, now=NOW + 2 * RETENTION)).more_to_sweep:
        steps += 1
    database.close()
    assert steps > 3
    assert read_cdrs(path, since=0.0, until=NOW + 1, limit=10) == []


def test_space_of_swept_records_is_used_again(path: Path) -> None:
    database = _database(path)
    sizes = []
    for day in range(6):
        now = NOW + day * 2 * RETENTION
        _perform(database, _job([attrs.evolve(CDR, time=now)] * 1000, now=now))
        while _perform(database, _job(sweep=True, now=now)).more_to_sweep:
            pass
        sizes.append(path.stat().st_size)
    database.close()
    assert sizes[-1] <= 2 * sizes[0]


def test_sweep_does_not_wait_for_a_reader(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR]))
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM cdrs").fetchone()
        _perform(database, _job([CDR]))
        statements: list[str] = []
        database._connected().set_trace_callback(statements.append)
        _perform(database, _job(sweep=True))
    database.close()
    pragmas = [each for each in statements if each.startswith("PRAGMA")]
    without_wait, checkpoint, with_wait = pragmas
    assert without_wait == "PRAGMA busy_timeout = 0"
    assert checkpoint == "PRAGMA wal_checkpoint(TRUNCATE)"
    assert re.fullmatch(r"PRAGMA busy_timeout = [1-9]\d*", with_wait)


# Accidents.


def test_full_disk_is_trouble_until_there_is_room(path: Path) -> None:
    database = _database(path)
    _perform(database, _job(receipts=[RECEIPT]))
    with full_disk(path.with_name("otpblue.db-wal").stat().st_size):
        failed = _job([CDR] * 2000, [attrs.evolve(RECEIPT, receipt_id=2)])
        database.perform(failed)
        assert failed.trouble
        still = _job([CDR])
        database.perform(still)
        assert still.trouble
    _perform(database, _job([CDR], [attrs.evolve(RECEIPT, receipt_id=3)]))
    database.close()
    assert _inherited_ids(path) == [1, 3]
    assert len(read_cdrs(path, since=0.0, until=NOW + 1, limit=10)) == 1


def test_file_system_without_room_is_trouble_until_there_is(small_disk: Path) -> None:
    path = small_disk / "otpblue.db"
    database = _database(path)
    _perform(database, _job(receipts=[RECEIPT]))
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(64 * 1024 * 1024))
    failed = _job([CDR] * 2000, [attrs.evolve(RECEIPT, receipt_id=2)])
    database.perform(failed)
    assert "full" in failed.trouble
    filler.unlink()
    _perform(database, _job([CDR]))
    database.close()
    assert _inherited_ids(path) == [1]


def test_disk_that_is_full_at_the_start_hides_no_receipt_for_good(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR] * 3000, [RECEIPT]))
    database.close()
    database = _database(path)
    with full_disk(64 * 1024):
        job = _job()
        database.open(job)
        assert job.trouble
        assert job.first_receipt_id == 0
    recovered = _perform(database, _job())
    database.close()
    assert [receipt.receipt_id for receipt in recovered.inherited] == [1]


def test_failed_job_leaves_nothing_behind(path: Path) -> None:
    database = _database(path)
    failed = _job([CDR, attrs.evolve(CDR, sequence_number=2**70)], [RECEIPT])
    database.perform(failed)
    assert failed.trouble == f"{path}: OverflowError"
    _perform(database, _job([CDR]))
    database.close()
    assert len(read_cdrs(path, since=0.0, until=NOW + 1, limit=10)) == 1
    assert _inherited_ids(path) == []


def _damage(path: Path, how: str) -> None:
    octets = bytearray(path.read_bytes())
    if how == "noise":
        octets = bytearray(random.Random(1).randbytes(len(octets)))
    elif how == "short noise":
        octets = bytearray(b"\x07" * 10)
    elif how == "truncated":
        del octets[len(octets) // 2 :]
    else:
        octets[4096:] = random.Random(1).randbytes(len(octets) - 4096)
    path.write_bytes(octets)


@pytest.mark.parametrize("how", ["noise", "short noise", "truncated", "noisy pages"])
def test_corrupt_database_is_moved_aside_and_a_new_one_begun(path: Path, how: str) -> None:
    database = _database(path)
    _perform(database, _job([CDR] * 1000, _receipts(100)))
    database.close()
    _damage(path, how)
    damaged = path.read_bytes()
    database = _database(path)
    job = _job()
    database.open(job)
    assert not job.trouble
    (notice,) = job.notices
    assert "corrupt" in notice
    (aside,) = path.parent.glob("otpblue.db.corrupt-20261123T164001Z")
    assert str(aside) in notice
    assert aside.read_bytes() == damaged
    _perform(database, _job([CDR], [attrs.evolve(RECEIPT, receipt_id=job.first_receipt_id)]))
    database.close()
    assert len(read_cdrs(path, since=0.0, until=NOW + 1, limit=10)) == 1


def test_receipts_that_can_be_read_are_saved_from_a_corrupt_database(path: Path) -> None:
    database = _database(path)
    _perform(database, _job(receipts=_receipts(3)))
    database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE receipts SET message_state = 'two' WHERE receipt_id = 2")
    database = _database(path)
    job = _job()
    database.open(job)
    database.close()
    assert "could be saved: 2" in job.notices[0]
    assert [receipt.receipt_id for receipt in job.inherited] == [1, 3]
    assert job.first_receipt_id == 4
    assert _inherited_ids(path) == [1, 3]


def test_saved_receipts_wait_for_room_in_the_new_database(path: Path) -> None:
    database = _database(path)
    _perform(database, _job(receipts=_receipts(3)))
    database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE receipts SET message_state = 'two' WHERE receipt_id = 2")
    database = _database(path)
    with full_disk(128 * 1024):
        job = _job()
        database.open(job)
        assert job.trouble
    recovered = _perform(database, _job())
    database.close()
    assert [receipt.receipt_id for receipt in recovered.inherited] == [1, 3]
    assert _inherited_ids(path) == [1, 3]


def test_corruption_while_running_costs_no_new_record(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR] * 1000, [RECEIPT]))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        # What another program writes takes the pages out of the writer's memory.
        other.execute("DELETE FROM probe")
        other.execute("INSERT INTO probe VALUES (zeroblob(10000))")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _damage(path, "noisy pages")
    job = _perform(database, _job([CDR], [attrs.evolve(RECEIPT, receipt_id=2)]))
    database.close()
    assert len(job.notices) == 1
    assert len(read_cdrs(path, since=0.0, until=NOW + 1, limit=10)) == 1
    assert 2 in _inherited_ids(path)


def test_removed_database_is_noticed_and_begun_again(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR]))
    path.unlink()
    failed = _job(sweep=True)
    database.perform(failed)
    assert failed.trouble
    _perform(database, _job([CDR]))
    database.close()
    assert len(read_cdrs(path, since=0.0, until=NOW + 1, limit=10)) == 1


def test_replaced_database_is_noticed(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR]))
    other = path.with_name("other.db")
    other.write_bytes(b"")
    other.rename(path)
    failed = _job(sweep=True)
    database.perform(failed)
    database.close()
    assert "replaced" in failed.trouble


def test_rows_of_a_database_put_in_the_place_of_ours_are_not_overwritten(path: Path) -> None:
    other = path.with_name("other.db")
    backup = _database(other)
    _perform(backup, _job([CDR, CDR], _receipts(3, system_id="of the backup")))
    backup.close()
    database = _database(path)
    _perform(database, _job([CDR], _receipts(2)))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink()
    other.rename(path)
    failed = _job(sweep=True)
    database.perform(failed)
    assert failed.trouble
    _perform(database, _job([CDR], _receipts(2)))
    database.close()
    assert len(read_cdrs(path, since=0.0, until=NOW + 1, limit=10)) == 3
    assert _inherited_ids(path) == [-3, -2, -1, 1, 2]


def test_ids_begin_at_one_behind_rows_that_were_put_before(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR], _receipts(2)))
    database.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        for _ in range(2):
            put_before(connection)
    database = _database(path)
    job = _job()
    database.open(job)
    database.close()
    assert (job.first_receipt_id, job.first_cdr_id) == (1, 1)


def test_lock_that_is_removed_is_noticed_and_taken_again(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR]))
    path.with_name(path.name + ".lock").unlink()
    failed = _job(sweep=True)
    database.perform(failed)
    assert "the lock file was removed" in failed.trouble
    _perform(database, _job([CDR]))
    with pytest.raises(StoreError, match="in use by another process"):
        _database(path).open(_job())
    database.close()


def test_lock_that_another_process_has_taken_meanwhile_stays_trouble(path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR]))
    path.with_name(path.name + ".lock").unlink()
    second = _database(path)
    second.open(_job())
    for sweep in (True, False):
        failed = _job([CDR], sweep=sweep)
        database.perform(failed)
    assert "in use by another process" in failed.trouble
    second.close()
    database.close()


def test_two_links_to_one_database_are_one(path: Path, tmp_path: Path) -> None:
    database = _database(path)
    _perform(database, _job([CDR]))
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with pytest.raises(StoreError, match="in use by another process"):
        _database(link).open(_job())
    database.close()


def test_damaged_journal_is_told_and_kept(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    segment = Segment(path.with_name(path.name + ".journal-1"))
    segment.open()
    for number in range(1, 4):
        segment.append([(cdr_row(number, CDR), None)], [])
    segment.close()
    file = path.with_name(path.name + ".journal-1")
    octets = bytearray(file.read_bytes())
    octets[20] ^= 1
    file.write_bytes(octets)
    database = _database(path)
    job = _job()
    database.open(job)
    database.close()
    [notice] = job.notices
    [aside] = path.parent.glob("*.corrupt-*")
    assert f"moved to {aside}" in notice
    assert aside.read_bytes() == octets
    assert len(read_cdrs(path, since=0.0, until=NOW + 1, limit=10)) == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("message_state", -126),
        ("source_addr_ton", 256),
        ("done_at", 1e18),
        ("message_id", 65 * "x"),
    ],
)
def test_receipt_that_no_deliver_sm_can_carry_is_not_inherited(
    path: Path, column: str, value: object
) -> None:
    database = _database(path)
    _perform(database, _job([CDR], _receipts(3)))
    database.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE receipts SET {column} = ? WHERE receipt_id = 2", (value,))  # noqa: S608
    assert _inherited_ids(path) == [1, 3]


def test_receipt_takes_the_place_of_another_of_its_id(path: Path) -> None:
    """A database that was put in the place of ours may have given the same ids."""
    database = _database(path)
    _perform(database, _job(receipts=_receipts(3, message_id="theirs")))
    _perform(database, _job(receipts=[attrs.evolve(RECEIPT, receipt_id=2, message_id="ours")]))
    database.close()
    job = _job()
    database = _database(path)
    database.open(job)
    database.close()
    assert [receipt.message_id for receipt in job.inherited] == ["theirs", "ours", "theirs"]


def test_commit_waits_for_another_program_only_so_long(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.database._BUSY_TIMEOUT_MS", 10)
    database = _database(path)
    database.open(_job())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        failed = _job([CDR])
        database.perform(failed)
        other.execute("ROLLBACK")
    assert "locked" in failed.trouble
    _perform(database, _job([CDR]))
    database.close()
