from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from otpblue_trio.store import CdrEntry, NumberPrivacy, StoreError, read_cdrs
from otpblue_trio.store.database import Database, Job

if TYPE_CHECKING:
    from pathlib import Path

CDR = CdrEntry(
    time=1000.0,
    system_id="demo",
    connection_id=12,
    sequence_number=7,
    destination="+14155552671",
    region="US",
    sender="MyBank",
    reason="platform_timeout",
    command_status=8,
    platform_code=0,
    message_id="",
    latency=0.125,
    joined=False,
    outcome_known=False,
)


def _write(path: Path, *cdrs: CdrEntry, privacy: NumberPrivacy = NumberPrivacy.FULL) -> None:
    database = Database(
        path,
        receipt_ttl=3600.0,
        cdr_retention=1e6,
        number_privacy=privacy,
        survives_power_loss=False,
    )
    job = Job()
    job.cdrs = list(cdrs)
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
