from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from otpblue_trio.store import CdrEntry, CdrQuery, NumberPrivacy, StoreError, find_cdrs, read_cdrs
from otpblue_trio.store.database import Database, Job
from otpblue_trio.store.schema import cdr_row
from otpblue_trio.testing import cdr_entry

if TYPE_CHECKING:
    from pathlib import Path

CDR = cdr_entry(
    time=1000.0, reason="platform_timeout", command_status=8, message_id="", outcome_known=False
)


def _database(path: Path, privacy: NumberPrivacy = NumberPrivacy.FULL) -> Database:
    return Database(
        path,
        receipt_ttl=3600.0,
        cdr_retention=1e6,
        number_privacy=privacy,
        survives_power_loss=False,
    )


def _write(path: Path, *cdrs: CdrEntry, privacy: NumberPrivacy = NumberPrivacy.FULL) -> None:
    database = _database(path, privacy)
    job = Job()
    job.cdrs = [cdr_row(None, cdr) for cdr in cdrs]
    database.perform(job)
    database.close()
    assert not job.trouble


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "otp blue?.db"


def test_record_is_read_as_it_was_written(path: Path) -> None:
    written = [CDR, attrs.evolve(CDR, time=1001.0, joined=True, outcome_known=True)]
    _write(path, *written)
    assert read_cdrs(path, since=0.0, until=2000.0, limit=10) == written


def test_since_is_included_and_until_is_not(path: Path) -> None:
    _write(path, *(attrs.evolve(CDR, time=float(time)) for time in range(10)))
    found = read_cdrs(path, since=3.0, until=6.0, limit=10)
    assert [cdr.time for cdr in found] == [3.0, 4.0, 5.0]


def test_oldest_come_first_up_to_the_limit(path: Path) -> None:
    _write(path, *(attrs.evolve(CDR, time=float(time)) for time in (5, 3, 4, 3)))
    found = read_cdrs(path, since=0.0, until=10.0, limit=3)
    assert [cdr.time for cdr in found] == [3.0, 3.0, 4.0]


def test_records_of_one_account_are_told_apart(path: Path) -> None:
    _write(path, CDR, attrs.evolve(CDR, system_id="other"))
    found = read_cdrs(path, since=0.0, until=2000.0, system_id="other", limit=10)
    assert [cdr.system_id for cdr in found] == ["other"]


def test_numbers_come_back_as_they_were_kept(path: Path) -> None:
    _write(path, CDR, privacy=NumberPrivacy.MASK)
    (found,) = read_cdrs(path, since=0.0, until=2000.0, limit=10)
    assert found.destination == "+1415555****"


def test_missing_database_is_said_and_not_made(path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        read_cdrs(path, since=0.0, until=1.0, limit=1)
    assert not path.exists()


def test_file_that_is_no_database_is_said(path: Path) -> None:
    path.write_bytes(b"nonsense" * 1000)
    with pytest.raises(StoreError, match="cannot be read"):
        read_cdrs(path, since=0.0, until=1.0, limit=1)


def test_repr_of_a_record_shows_no_number() -> None:
    assert "2671" not in repr(attrs.evolve(CDR, sender="14155552671"))


# Queries.


def _found(path: Path, newest: int | None = None, **wanted: Any) -> list[float]:
    query = CdrQuery(**wanted)
    return [cdr.time for cdr in find_cdrs(path, query, newest=newest)]


@pytest.mark.parametrize("count", [999, 1000, 1001, 2500])
def test_any_number_of_records_comes_once_and_in_order(path: Path, count: int) -> None:
    # Many of one moment: a page may end among them.
    times = [float(n // 700) for n in range(count)]
    _write(path, *(attrs.evolve(CDR, time=time) for time in reversed(times)))
    assert _found(path) == times


@pytest.mark.parametrize("newest", [0, 1, 999, 1000, 1001, 2499, 2500, 2501])
def test_the_newest_are_as_many_as_asked_for(path: Path, newest: int) -> None:
    times = [float(n // 700) for n in range(2500)]
    _write(path, *(attrs.evolve(CDR, time=time) for time in times))
    assert _found(path, newest) == times[max(2500 - newest, 0) :]


def test_conditions_hold_together_and_the_newest_are_those_of_them(path: Path) -> None:
    other = attrs.evolve(CDR, system_id="other", destination="+447700900123")
    _write(path, *(attrs.evolve((CDR, other)[n % 2], time=float(n)) for n in range(10)))
    wanted: dict[str, Any] = {"system_id": "other", "only_unknown": True}
    wanted["destinations"] = ("+447700900123", "x")
    assert _found(path, **wanted) == [1.0, 3.0, 5.0, 7.0, 9.0]
    assert _found(path, 2, until=9.0, **wanted) == [5.0, 7.0]
    assert _found(path, reason="delivered") == []
    assert _found(path, destinations=()) == []


def test_a_slow_reader_does_not_keep_the_log_from_being_truncated(path: Path) -> None:
    _write(path, *(attrs.evolve(CDR, time=float(n)) for n in range(2500)))
    reading = find_cdrs(path, CdrQuery())
    next(reading)
    _write_and_sweep(path)
    assert path.with_name(path.name + "-wal").stat().st_size == 0
    assert sum(1 for _ in reading) == 2500


def _write_and_sweep(path: Path) -> None:
    """Write one record more and truncate the log, as a gateway does each minute; it stays open."""
    database = _database(path)
    job = Job()
    job.cdrs = [cdr_row(None, attrs.evolve(CDR, time=1e5))]
    job.sweep = True
    database.perform(job)
    assert not job.trouble


def test_database_of_another_program_is_said(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE cdrs (time REAL)")
    with pytest.raises(StoreError, match="not a database of otpblue-trio"):
        _found(path)


def test_database_of_a_newer_program_is_said(path: Path) -> None:
    _write(path, CDR)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="schema version 99"):
        _found(path)


def test_repr_of_a_query_shows_no_number() -> None:
    assert "2671" not in repr(CdrQuery(destinations=("+14155552671",)))
