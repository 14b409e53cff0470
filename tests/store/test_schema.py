from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import attrs
import pytest

from otpblue_trio.store.records import CdrEntry, StoreError
from otpblue_trio.store.schema import (
    CDR_COLUMNS,
    SCHEMA_VERSION,
    RowWriter,
    as_text,
    delete_receipts,
    migrate,
    read_receipts,
    receipt_is_whole,
    receipt_row,
    write_receipts,
)
from otpblue_trio.testing import stored_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator

RECEIPT = stored_receipt(message_id="0b7f6a8e")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.text_factory = as_text
        migrate(connection)
        yield connection


def _insert(connection: sqlite3.Connection, count: int) -> None:
    receipts = (attrs.evolve(RECEIPT, receipt_id=number) for number in range(1, count + 1))
    write_receipts(connection, [receipt_row(receipt) for receipt in receipts])


def _ids(connection: sqlite3.Connection) -> list[int]:
    return [receipt.receipt_id for receipt in read_receipts(connection, 60.0)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 159, 255, 256, 257, 1000])
def test_any_number_of_rows_is_written(connection: sqlite3.Connection, count: int) -> None:
    _insert(connection, count)
    assert _ids(connection) == list(range(1, count + 1))


@pytest.mark.parametrize("count", [0, 1, 2, 16, 17, 256, 257, 999])
def test_any_number_of_receipts_is_deleted(connection: sqlite3.Connection, count: int) -> None:
    _insert(connection, 1000)
    delete_receipts(connection, range(1, count + 1))
    assert _ids(connection) == list(range(count + 1, 1001))


def test_receipt_is_read_as_it_was_written(connection: sqlite3.Connection) -> None:
    _insert(connection, 1)
    assert list(read_receipts(connection, 60.0)) == [
        attrs.evolve(RECEIPT, expires_at=RECEIPT.done_at + 60.0)
    ]


def test_every_field_of_a_record_has_its_column() -> None:
    assert tuple(field.name for field in attrs.fields(CdrEntry)) == CDR_COLUMNS


def test_migrating_twice_changes_nothing(connection: sqlite3.Connection) -> None:
    _insert(connection, 1)
    migrate(connection)
    assert _ids(connection) == [1]


def test_newer_schema_is_refused(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError, match=f"schema version {SCHEMA_VERSION + 1}"):
        migrate(connection)


def test_database_of_another_program_is_refused() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
        with pytest.raises(StoreError, match="another program"):
            migrate(connection)


def test_rows_do_not_mix(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE pairs (a INTEGER, b INTEGER)")
    RowWriter("pairs", ("a", "b")).write(connection, [1, 2, 3, 4, 5, 6])
    assert connection.execute("SELECT a, b FROM pairs").fetchall() == [(1, 2), (3, 4), (5, 6)]


@pytest.mark.parametrize(
    ("column", "value"), [("message_state", "two"), ("reason", b"\x00"), ("system_id", b"\xff")]
)
def test_damaged_row_is_told_from_a_whole_one(
    connection: sqlite3.Connection, column: str, value: object
) -> None:
    _insert(connection, 1)
    assert all(map(receipt_is_whole, read_receipts(connection, 60.0)))
    connection.execute(f"UPDATE receipts SET {column} = CAST(? AS BLOB)", (value,))  # noqa: S608
    if column == "system_id":
        connection.execute("UPDATE receipts SET system_id = CAST(system_id AS TEXT)")
    assert not any(map(receipt_is_whole, read_receipts(connection, 60.0)))


def test_repr_shows_no_number() -> None:
    assert "2671" not in repr(RECEIPT)
