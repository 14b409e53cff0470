"""Reading call detail records back, beside the gateway that writes them or without it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from otpblue_trio.store.records import CdrEntry, StoreError
from otpblue_trio.store.schema import CDR_COLUMNS, as_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_cdrs"]

_SELECT = (
    f"SELECT {','.join(CDR_COLUMNS)} FROM cdrs"  # noqa: S608 - our own names
    " WHERE time >= ? AND time < ? AND (? IS NULL OR system_id = ?)"
    " ORDER BY time, cdr_id LIMIT ?"
)


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
    try:
        # `mode=ro` makes no file where there is none.
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.text_factory = as_text
            rows = connection.execute(_SELECT, (since, until, system_id, system_id, limit))
            return [
                CdrEntry(*(*row, bool(joined), bool(outcome_known)))
                for *row, joined, outcome_known in rows
            ]
    except sqlite3.Error as error:
        raise StoreError(f"store.path: {path} cannot be read: {error}") from error
