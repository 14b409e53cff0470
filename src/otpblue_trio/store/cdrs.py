"""Reading call detail records back, beside the gateway that writes them or without it.

What is read comes in pages, each with a read transaction of its own: a reader who takes an hour
for the lines keeps no snapshot, and so does not keep the gateway from truncating its log.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.store.records import CdrEntry, StoreError
from otpblue_trio.store.schema import APPLICATION_ID, CDR_COLUMNS, SCHEMA_VERSION, as_text

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["CdrQuery", "find_cdrs", "read_cdrs"]

_PAGE_ROWS = 1000
_BUSY_TIMEOUT = 5.0
"""Seconds to wait while another process recovers the log."""


@attrs.frozen
class CdrQuery:
    """Which records; what is not given does not matter.

    Attributes:
      since: the first moment, in seconds since 1970.
      until: the moment after the last.
      system_id: of one account.
      destinations: numbers as they were kept, any of them; see `kept_spellings`.
      message_id: of one message, and of those that joined it.
      reason: a value of `policy.verdicts.Reason`.
      only_unknown: only those of which nobody knows whether the message was delivered.
    """

    since: float = float("-inf")
    until: float = float("inf")
    system_id: str | None = None
    destinations: tuple[str, ...] | None = attrs.field(default=None, repr=False)
    message_id: str | None = None
    reason: str | None = None
    only_unknown: bool = False

    def _conditions(self) -> tuple[str, list[object]]:
        terms = ["time >= ? AND time < ?"]
        values: list[object] = [self.since, self.until]
        for column in ("system_id", "message_id", "reason"):
            value = getattr(self, column)
            if value is not None:
                terms.append(f"{column} = ?")
                values.append(value)
        if self.destinations is not None:
            terms.append(f"destination IN ({','.join('?' * len(self.destinations))})")
            values += self.destinations
        if self.only_unknown:
            terms.append("NOT outcome_known")
        return " AND ".join(terms), values


def find_cdrs(
    path: Path, query: CdrQuery, *, newest: int | None = None
) -> Generator[CdrEntry, None, None]:
    """Yield the records that a query is about, oldest first.

    Blocks; a gateway may be writing meanwhile, and what it writes may come as well. Numbers are as
    they were kept. Only time has an index: anything else looks at all records of the time.

    Args:
      path: of the database.
      query: which records.
      newest: only the last so many of them; None: all.

    Raises:
      StoreError: the database cannot be read; perhaps only after some records.
    """
    try:
        # `mode=ro` makes no file where there is none.
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT)) as connection:
            connection.text_factory = as_text
            _check(connection, path)
            yield from _pages(connection, query, newest)
    except sqlite3.Error as error:
        raise StoreError(_why(path, error)) from error


def read_cdrs(
    path: Path, *, since: float, until: float, system_id: str | None = None, limit: int
) -> list[CdrEntry]:
    """Return the records of a time, oldest first. Blocks; a gateway may be writing meanwhile.

    Args:
      path: of the database.
      since: the first moment, in seconds since 1970.
      until: the moment after the last.
      system_id: of one account; None: all.
      limit: at most so many.

    Raises:
      StoreError: the database cannot be read.
    """
    query = CdrQuery(since=since, until=until, system_id=system_id)
    with closing(find_cdrs(path, query)) as found:
        return list(islice(found, limit))


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreError(f"store.path: {path} is not a database of otpblue-trio")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"store.path: {path} has schema version {version}, this program reads"
            f" {SCHEMA_VERSION}: use the version of otpblue-trio that the gateway runs"
        )


def _pages(
    connection: sqlite3.Connection, query: CdrQuery, newest: int | None
) -> Generator[CdrEntry, None, None]:
    conditions, values = query._conditions()
    after: tuple[float, int] = (float("-inf"), 0)
    if newest is not None:
        row = connection.execute(
            f"SELECT time, cdr_id FROM cdrs WHERE {conditions}"  # noqa: S608 - our own words
            " ORDER BY time DESC, cdr_id DESC LIMIT 1 OFFSET ?",
            [*values, newest],
        ).fetchone()
        after = row or after
    statement = (
        f"SELECT time, cdr_id, {','.join(CDR_COLUMNS)} FROM cdrs"  # noqa: S608 - our own words
        f" WHERE {conditions} AND time >= ? AND (time > ? OR cdr_id > ?)"
        f" ORDER BY time, cdr_id LIMIT {_PAGE_ROWS}"
    )
    while rows := connection.execute(statement, [*values, after[0], *after]).fetchall():
        after = rows[-1][:2]
        for _, _, *row, joined, outcome_known in rows:
            yield CdrEntry(*(*row, bool(joined), bool(outcome_known)))


def _why(path: Path, error: sqlite3.Error) -> str:
    """Say why a database cannot be read; SQLite has few words for what the file system says."""
    # It is looked at and not opened: see `files`.
    try:
        path.stat()
    except FileNotFoundError:
        return f"store.path: {path} cannot be read: there is no such file"
    except OSError as reason:
        return f"store.path: {path} cannot be read: {reason.strerror}"
    if not os.access(path, os.R_OK):
        return f"store.path: {path} cannot be read: it belongs to another user"
    return f"store.path: {path} cannot be read: {error}"
