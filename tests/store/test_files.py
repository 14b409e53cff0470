from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.store.files import find_key, load_key, lock_database, make_private, move_aside
from otpblue_trio.store.records import StoreError

if TYPE_CHECKING:
    from pathlib import Path

AT = 1795452001.0


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "otpblue.db"


def test_new_directory_and_file_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "otpblue.db"
    make_private(path)
    assert (_mode(path.parent), _mode(path)) == (0o700, 0o600)


def test_directory_that_is_there_is_left_as_it_is(path: Path) -> None:
    path.parent.chmod(0o755)
    make_private(path)
    assert _mode(path.parent) == 0o755


def test_files_that_others_could_read_are_closed_to_them(path: Path) -> None:
    log = path.with_name("otpblue.db-wal")
    for file in (path, log):
        file.write_bytes(b"")
        file.chmod(0o664)
    make_private(path)
    assert (_mode(path), _mode(log)) == (0o600, 0o600)


def test_lock_keeps_a_second_one_out(path: Path) -> None:
    first = lock_database(path)
    try:
        with pytest.raises(StoreError, match="in use by another process"):
            lock_database(path)
    finally:
        os.close(first)


def test_lock_ends_with_its_descriptor(path: Path) -> None:
    os.close(lock_database(path))
    os.close(lock_database(path))


def test_lock_file_is_private(path: Path) -> None:
    os.close(lock_database(path))
    assert _mode(path.with_name("otpblue.db.lock")) == 0o600


def test_key_stays_the_same(path: Path) -> None:
    assert load_key(path) == load_key(path)


def test_two_databases_have_two_keys(path: Path) -> None:
    assert load_key(path) != load_key(path.with_name("other.db"))


def test_key_file_is_private(path: Path) -> None:
    load_key(path)
    key_path = path.with_name("otpblue.db.key")
    assert _mode(key_path) == 0o600
    key_path.chmod(0o644)
    load_key(path)
    assert _mode(key_path) == 0o600


@pytest.mark.parametrize("octets", [0, 31, 33])
def test_key_of_another_length_is_not_used(path: Path, octets: int) -> None:
    path.with_name("otpblue.db.key").write_bytes(bytes(octets))
    with pytest.raises(StoreError, match=f"has {octets} octets, not 32"):
        load_key(path)


def test_draft_of_a_key_that_was_left_behind_does_no_harm(path: Path) -> None:
    path.with_name("otpblue.db.key.new").write_bytes(b"half")
    assert len(load_key(path)) == 32


def test_database_is_moved_aside_with_its_log(path: Path) -> None:
    path.write_bytes(b"database")
    path.with_name("otpblue.db-wal").write_bytes(b"log")
    aside = move_aside(path, AT)
    assert aside.name == "otpblue.db.corrupt-20261123T164001Z"
    assert aside.read_bytes() == b"database"
    assert aside.with_name(aside.name + "-wal").read_bytes() == b"log"
    assert list(path.parent.glob("otpblue.db-*")) == []
    assert not path.exists()


def test_nothing_that_was_moved_aside_is_overwritten(path: Path) -> None:
    for octets in (b"one", b"two", b"three"):
        path.write_bytes(octets)
        move_aside(path, AT)
    kept = [file.read_bytes() for file in sorted(path.parent.glob("*.corrupt-*"))]
    assert kept == [b"one", b"two", b"three"]


def test_a_reader_finds_the_key_and_makes_none(path: Path) -> None:
    assert find_key(path) is None
    assert list(path.parent.iterdir()) == []
    key = load_key(path)
    assert find_key(path) == key


def test_a_key_that_cannot_be_read_is_said(path: Path) -> None:
    path.with_name("otpblue.db.key").mkdir()
    with pytest.raises(StoreError, match=r"otpblue\.db\.key cannot be read: Is a directory"):
        find_key(path)
