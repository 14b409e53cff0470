"""The tables of the database, and the statements over them.

An INSERT of many rows is one statement and not one for each row (`executemany`): every step of a
statement gives the interpreter's lock away, and the writer would have to win it back from the
event loop for every row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from otpblue_trio.store.numbers import keep_sender
from otpblue_trio.store.records import StoredReceipt, StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from otpblue_trio.store.numbers import KeepNumber
    from otpblue_trio.store.records import CdrEntry

__all__ = [
    "APPLICATION_ID",
    "CDR_COLUMNS",
    "RECEIPT_COLUMNS",
    "SCHEMA_VERSION",
    "Row",
    "RowWriter",
    "as_text",
    "cdr_row",
    "delete_receipts",
    "migrate",
    "next_cdr_id",
    "put_before",
    "read_receipts",
    "receipt_is_whole",
    "receipt_row",
    "rewrite_receipts",
    "sweep_cdrs",
    "sweep_receipts",
    "write_cdrs",
    "write_receipts",
]

APPLICATION_ID = 0x4F545042
"""`OTPB`: tells our files from other programs' databases."""

# Each entry takes a database from the version that is its index to the next one.
_MIGRATIONS = (
    (
        """CREATE TABLE receipts (
            receipt_id INTEGER PRIMARY KEY,
            system_id TEXT NOT NULL,
            message_id TEXT NOT NULL,
            source_addr_ton INTEGER NOT NULL,
            source_addr_npi INTEGER NOT NULL,
            source_addr TEXT NOT NULL,
            dest_addr_ton INTEGER NOT NULL,
            dest_addr_npi INTEGER NOT NULL,
            destination_addr TEXT NOT NULL,
            reason TEXT NOT NULL,
            receipt_error TEXT NOT NULL,
            receipt_stat TEXT NOT NULL,
            message_state INTEGER NOT NULL,
            submitted_at REAL NOT NULL,
            done_at REAL NOT NULL
        )""",
        """CREATE TABLE cdrs (
            cdr_id INTEGER PRIMARY KEY,
            time REAL NOT NULL,
            system_id TEXT NOT NULL,
            connection_id INTEGER NOT NULL,
            sequence_number INTEGER NOT NULL,
            destination TEXT NOT NULL,
            region TEXT NOT NULL,
            sender TEXT NOT NULL,
            reason TEXT NOT NULL,
            command_status INTEGER NOT NULL,
            platform_code INTEGER NOT NULL,
            message_id TEXT NOT NULL,
            latency REAL NOT NULL,
            joined INTEGER NOT NULL,
            outcome_known INTEGER NOT NULL
        )""",
        "CREATE INDEX cdrs_by_time ON cdrs (time)",
        # Empty but for the moment in which it is tried whether the database can be written.
        "CREATE TABLE probe (octets BLOB NOT NULL)",
    ),
)

SCHEMA_VERSION = len(_MIGRATIONS)
"""What this program reads and writes; `PRAGMA user_version` of the file."""

RECEIPT_COLUMNS = tuple(
    field.name for field in attrs.fields(StoredReceipt) if field.name != "expires_at"
)
CDR_COLUMNS = (
    "time",
    "system_id",
    "connection_id",
    "sequence_number",
    "destination",
    "region",
    "sender",
    "reason",
    "command_status",
    "platform_code",
    "message_id",
    "latency",
    "joined",
    "outcome_known",
)

_AT_ONCE = 64
"""Rows between two statements: while the thread prepares them, it keeps the event loop waiting."""
_CHUNKS = (64, 32, *range(16, 0, -1))
_DELETE_CHUNKS = (256, 16, 1)


class RowWriter:
    """Writes any number of rows into one table with few statements.

    The statements are of fixed sizes, so that each is prepared once and then found in the
    connection's cache. A row takes the place of one with the same id.
    """

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self._width = len(columns)
        row = f"({','.join('?' * len(columns))})"
        head = f"INSERT OR REPLACE INTO {table} ({','.join(columns)}) VALUES "  # noqa: S608 - our own names
        self._statements = tuple((size, head + ",".join([row] * size)) for size in _CHUNKS)

    def write(self, connection: sqlite3.Connection, values: list[object]) -> None:
        """Write the rows whose values follow each other in `values`."""
        start = 0
        for size, statement in self._statements:
            step = size * self._width
            while len(values) - start >= step:
                connection.execute(statement, values[start : start + step])
                start += step


_CDR_ROWS = RowWriter("cdrs", ("cdr_id", *CDR_COLUMNS))
_RECEIPT_ROWS = RowWriter("receipts", RECEIPT_COLUMNS)

Row = tuple[Any, ...]
"""The values of one record or receipt, its id first; a record's numbers are still whole."""

_DESTINATION = 1 + CDR_COLUMNS.index("destination")
_SENDER = 1 + CDR_COLUMNS.index("sender")


def cdr_row(cdr_id: int | None, cdr: CdrEntry) -> Row:
    """Return the row of a record.

    Args:
      cdr_id: its id; None: the database gives it one.
      cdr: the record.
    """
    return (
        cdr_id,
        cdr.time,
        cdr.system_id,
        cdr.connection_id,
        cdr.sequence_number,
        cdr.destination,
        cdr.region,
        cdr.sender,
        cdr.reason,
        cdr.command_status,
        cdr.platform_code,
        cdr.message_id,
        cdr.latency,
        # Not as bool: each takes SQLite 0.3 µs longer.
        1 if cdr.joined else 0,
        1 if cdr.outcome_known else 0,
    )


def receipt_row(receipt: StoredReceipt) -> Row:
    """Return the row of a receipt."""
    return (
        receipt.receipt_id,
        receipt.system_id,
        receipt.message_id,
        receipt.source_addr_ton,
        receipt.source_addr_npi,
        receipt.source_addr,
        receipt.dest_addr_ton,
        receipt.dest_addr_npi,
        receipt.destination_addr,
        receipt.reason,
        receipt.receipt_error,
        receipt.receipt_stat,
        receipt.message_state,
        receipt.submitted_at,
        receipt.done_at,
    )


def write_cdrs(connection: sqlite3.Connection, rows: Sequence[Row], keep: KeepNumber) -> None:
    """Write records, with what is to be kept of their numbers."""
    for start in range(0, len(rows), _AT_ONCE):
        values: list[object] = []
        for row in rows[start : start + _AT_ONCE]:
            offset = len(values)
            values += row
            values[offset + _DESTINATION] = keep(str(row[_DESTINATION]))
            values[offset + _SENDER] = keep_sender(str(row[_SENDER]), keep)
        _CDR_ROWS.write(connection, values)


def write_receipts(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Write receipts."""
    for start in range(0, len(rows), _AT_ONCE):
        values = [value for row in rows[start : start + _AT_ONCE] for value in row]
        _RECEIPT_ROWS.write(connection, values)


_DELETES = {
    # The only thing that is put into the text is a fixed number of question marks.
    size: f"DELETE FROM receipts WHERE receipt_id IN ({','.join('?' * size)})"  # noqa: S608
    for size in _DELETE_CHUNKS
}


def delete_receipts(connection: sqlite3.Connection, receipt_ids: Sequence[int]) -> None:
    """Delete receipts; ids that are not there do not matter."""
    start = 0
    while start < len(receipt_ids):
        left = len(receipt_ids) - start
        size = next((size for size in reversed(_DELETE_CHUNKS) if size >= left), _DELETE_CHUNKS[0])
        chunk = list(receipt_ids[start : start + size])
        # No receipt has the id 0.
        connection.execute(_DELETES[size], chunk + [0] * (size - len(chunk)))
        start += size


def sweep_cdrs(connection: sqlite3.Connection, before: float, limit: int) -> int:
    """Delete at most `limit` of the records older than `before`; return how many."""
    return connection.execute(
        "DELETE FROM cdrs WHERE cdr_id IN"
        " (SELECT cdr_id FROM cdrs WHERE time < ? ORDER BY time LIMIT ?)",
        (before, limit),
    ).rowcount


def sweep_receipts(connection: sqlite3.Connection, done_before: float, limit: int) -> int:
    """Delete at most `limit` of the receipts done before; return how many.

    The table holds what is not done, which is little: it is searched without an index, that every
    receipt would have to pay for twice.
    """
    return connection.execute(
        "DELETE FROM receipts WHERE receipt_id IN"
        " (SELECT receipt_id FROM receipts WHERE done_at <= ? LIMIT ?)",
        (done_before, limit),
    ).rowcount


def rewrite_receipts(connection: sqlite3.Connection, most: int) -> None:
    """Write the receipts anew, unless there are more than `most`.

    When SQLite moves rows from page to page, copies of some stay behind, and only the row itself is
    wiped when it is deleted. Pages that are given up are wiped as a whole.
    """
    columns = ",".join(RECEIPT_COLUMNS)
    rows = connection.execute(
        f"SELECT {columns} FROM receipts ORDER BY receipt_id LIMIT ?",  # noqa: S608 - our own names
        (most + 1,),
    ).fetchall()
    if len(rows) <= most:
        connection.execute("DELETE FROM receipts")
        write_receipts(connection, rows)


def next_cdr_id(connection: sqlite3.Connection) -> int:
    """Return an id that is higher than those of all records."""
    highest = connection.execute("SELECT max(cdr_id) FROM cdrs").fetchone()[0]
    return max(int(highest or 0), 0) + 1


def read_receipts(connection: sqlite3.Connection, receipt_ttl: float) -> Iterator[StoredReceipt]:
    """Yield every receipt, in the order of the ids; see `receipt_is_whole`.

    The connection's `text_factory` must be `as_text`.
    """
    rows = connection.execute(
        f"SELECT {','.join(RECEIPT_COLUMNS)}, done_at + ? FROM receipts ORDER BY receipt_id",  # noqa: S608
        (receipt_ttl,),
    )
    for row in rows:
        yield StoredReceipt(*row)


_TYPES = {"int": int, "float": float, "str": str}
_RECEIPT_TYPES = tuple(
    (field.name, _TYPES[str(field.type)]) for field in attrs.fields(StoredReceipt)
)


def receipt_is_whole(receipt: StoredReceipt) -> bool:
    """Tell whether a row has the types of a receipt, and only values that a deliver_sm can carry.

    SQLite sees damage of its structure, not of what a row holds.
    """
    for name, type_ in _RECEIPT_TYPES:
        value = getattr(receipt, name)
        if type(value) is not type_ or not _WHOLE[type_](value):
            return False
    return all(getattr(receipt, name) in _OCTET for name in _OCTETS) and all(
        len(getattr(receipt, name)) <= longest for name, longest in _LONGEST.items()
    )


_OCTET = range(256)
_OCTETS = (
    *("source_addr_ton", "source_addr_npi", "dest_addr_ton", "dest_addr_npi", "message_state"),
)
_LONGEST = {
    "source_addr": 21,
    "destination_addr": 21,
    "message_id": 64,
    "receipt_stat": 7,
    "receipt_error": 3,
}
"""Characters; SMPP 3.4, 5.2.8, 5.2.9 and 5.2.23, and the text of a receipt."""
_LATEST = 253402300800.0
"""The year 10000, for which there is no date."""


def _is_text(value: str) -> bool:
    return "\ufffd" not in value and "\0" not in value and all(c <= "\xff" for c in value)


_WHOLE: dict[type, Callable[[Any], bool]] = {
    int: lambda _value: True,
    float: lambda value: 0.0 <= value < _LATEST,
    str: _is_text,
}


def put_before(connection: sqlite3.Connection) -> None:
    """Give the rows of a database that came from elsewhere ids below all that this run has given.

    Else the rows of this run would take their places.
    """
    for table, column in (("cdrs", "cdr_id"), ("receipts", "receipt_id")):
        found = connection.execute(f"SELECT min({column}), max({column}) FROM {table}")  # noqa: S608
        lowest, highest = found.fetchone()
        if highest is not None and highest > 0:
            # Below all that are there: ids must differ while they change, too.
            further = highest - min(lowest, 0) + 1
            connection.execute(f"UPDATE {table} SET {column} = {column} - ?", (further,))  # noqa: S608


def as_text(octets: bytes) -> str:
    """Decode a text of the database; a damaged one must not stop the reading of the others."""
    return octets.decode("utf-8", "replace")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to `SCHEMA_VERSION`, from any older version or from nothing.

    Raises:
      StoreError: it is of a newer version, or another program's.
    """
    version = _number(connection, "user_version")
    application_id = _number(connection, "application_id")
    is_empty = not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    if application_id != APPLICATION_ID and not is_empty:
        name = connection.execute("PRAGMA database_list").fetchone()[2]
        raise StoreError(f"store.path: {name} is a database of another program")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"store.path: the database has schema version {version}, this program knows up to"
            f" {SCHEMA_VERSION}: a newer one wrote it"
        )
    if version == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    for statements in _MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    value = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
    return int(value)
