"""The SQLite database, as the writer thread uses it: jobs in, results out, accidents contained.

Theory of operation
-------------------
A `Job` carries what came in since the last one; `perform` writes it in one transaction and notes
in the job how that went. It never raises. After any failure the connection is closed, and the next
job opens it anew, which includes a try whether it can be written.

The database is in WAL mode: a commit appends to the log with plain writes, so what is committed
is safe from the death of the process at any moment. With `synchronous = NORMAL` a loss of power
may take the last commits, never the database; FULL waits for the disk at each commit.

A corrupt database is renamed, with its log, and a new one begun; receipts that can still be read
are taken over. Receipts carry whole numbers: `secure_delete` wipes them from the file, and in each
sweep those that wait are written anew and the log is truncated, so that a done receipt's numbers
are gone within about a minute.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from otpblue_trio.store.files import (
    is_locked,
    load_key,
    lock_database,
    make_private,
    move_aside,
    refuse_foreign,
)
from otpblue_trio.store.journal import read_journal, remove_journal
from otpblue_trio.store.numbers import KeepNumber, NumberPrivacy, number_keeper
from otpblue_trio.store.records import StoreError
from otpblue_trio.store.schema import (
    as_text,
    delete_receipts,
    migrate,
    next_cdr_id,
    put_before,
    read_receipts,
    receipt_is_whole,
    receipt_row,
    rewrite_receipts,
    sweep_cdrs,
    sweep_receipts,
    write_cdrs,
    write_receipts,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from otpblue_trio.store.journal import Journal, Segment
    from otpblue_trio.store.records import StoredReceipt
    from otpblue_trio.store.schema import Row

__all__ = ["Database", "Job"]

_BUSY_TIMEOUT_MS = 1000
"""How long a commit waits for another program's lock, such as a backup's."""
_CHECKPOINT_PAGES = 4000
"""The log goes into the database at 16 MB; a larger one makes no commit cheaper."""
_LOG_LIMIT_OCTETS = 64 * 1024 * 1024
_SWEEP_ROWS = 200
"""So few that records in between wait for a few milliseconds at most."""
_REWRITE_ROWS = 5000
"""Receipts that are rewritten in each sweep, in some 30 ms; of more, that takes too long."""
_PROBE_OCTETS = 256 * 1024
"""What must fit before a full disk counts as mended; a number taken from nowhere."""

_CORRUPT = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Job:
    """One piece of work for the writer thread, and how it went.

    The event loop owns a job before and after, the thread in between.

    Attributes:
      now: the wall time, in seconds since 1970.
      sweep: delete a few of what is too old.
      cdrs: rows of records to write.
      receipts: rows of receipts to write.
      segments: of the journal; what they hold is to be written, and then emptied out of them.
      done: ids of receipts to delete, those that are to be written included.
      committed: who waits for this job, in order; not for the thread.
      started_at: when the thread got it, by the loop's clock, which nobody sets.
      was_given_up: everybody in `committed` has been told that it failed.
      trouble: why nothing of this is in the database; empty: it is.
      notices: accidents that were mended on the way.
      more_to_sweep: a sweep did not come to an end.
      inherited: what an earlier run left behind, when this job was the first to open the database.
      first_receipt_id: the lowest id that this run may use; 0 if this job did not tell.
      first_cdr_id: the same for records.
    """

    __slots__ = (
        "cdrs",
        "committed",
        "done",
        "first_cdr_id",
        "first_receipt_id",
        "inherited",
        "more_to_sweep",
        "notices",
        "now",
        "receipts",
        "segments",
        "started_at",
        "sweep",
        "trouble",
        "was_given_up",
    )

    def __init__(self) -> None:
        self.now = 0.0
        self.sweep = False
        self.cdrs: list[Row] = []
        self.receipts: list[Row] = []
        self.segments: list[Segment] = []
        self.done: list[int] = []
        self.committed: list[Callable[[bool], None]] = []
        self.started_at = 0.0
        self.was_given_up = False
        self.trouble = ""
        self.notices: list[str] = []
        self.more_to_sweep = False
        self.inherited: list[StoredReceipt] = []
        self.first_receipt_id = 0
        self.first_cdr_id = 0


class _DamagedRow(sqlite3.DatabaseError):
    """A row that SQLite finds nothing wrong with."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


class Database:
    """The file and the one connection that writes it; for one thread at a time.

    Args:
      path: of the file.
      receipt_ttl: seconds that a receipt is kept after its message was done.
      cdr_retention: seconds that a record is kept.
      number_privacy: how numbers stand in records.
      survives_power_loss: wait for the disk at each commit.
      journal: opened and closed with the database; None: there is none.
    """

    def __init__(
        self,
        path: Path,
        *,
        receipt_ttl: float,
        cdr_retention: float,
        number_privacy: NumberPrivacy,
        survives_power_loss: bool,
        journal: Journal | None = None,
    ) -> None:
        self._path = path
        self._journal = journal
        self._receipt_ttl = receipt_ttl
        self._cdr_retention = cdr_retention
        self._privacy = number_privacy
        self._synchronous = "FULL" if survives_power_loss else "NORMAL"
        self._lock: int | None = None
        self._connection: sqlite3.Connection | None = None
        self._identity = (0, 0)
        self._keep: KeepNumber | None = None
        self._wrote = False
        self._was_opened = False
        self._wall_minus_loop = 0.0
        self._saved: list[StoredReceipt] = []
        """Receipts of a corrupt database, on their way into the new one."""

    def perform(self, job: Job) -> None:
        """Do a job, and note in it how that went; never raises."""
        try:
            if self._connection is None:
                self._open(job)
            try:
                self._do(job)
            except sqlite3.DatabaseError as error:
                if not _is_corrupt(error):
                    raise
                self._move_aside(job, error)
                self._open(job)
                self._do(job)
        except Exception as error:
            # Whatever it was, somebody waits for an answer, and the next try begins afresh.
            self._fail(job, error)

    def open(self, job: Job) -> None:
        """Open the database for the first time; all but a `StoreError` is noted in the job.

        Raises:
          StoreError: it must not be used, and waiting will not change that.
        """
        try:
            self._open(job)
        except StoreError:
            self.close()
            raise
        except Exception as error:
            self._fail(job, error)

    def _fail(self, job: Job, error: Exception) -> None:
        """Note what an operator is told; only errors whose text is known to be harmless speak."""
        known = isinstance(error, sqlite3.Error | OSError | StoreError)
        job.trouble = f"{self._path}: {error if known else type(error).__name__}"
        self._close_connection()

    def close(self) -> None:
        """Close the database and let other processes have it."""
        self._close_connection()
        if self._journal is not None:
            self._journal.close()
        self._unlock()

    def _is_locked(self) -> bool:
        return self._lock is not None and is_locked(self._path, self._lock)

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _close_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # The last close copies the log into the database, which a full disk may not allow;
            # the log then stays and is found at the next opening.
            with suppress(sqlite3.Error):
                connection.close()

    def _open(self, job: Job) -> None:
        if not self._was_opened:
            refuse_foreign(self._path)
        if not self._is_locked():
            self._unlock()
            self._lock = lock_database(self._path)
        if self._keep is None:
            key = load_key(self._path) if self._privacy is NumberPrivacy.HASH else b""
            self._keep = number_keeper(self._privacy, key)
        try:
            receipts = self._connect()
        except sqlite3.DatabaseError as error:
            if not _is_corrupt(error):
                raise
            self._move_aside(job, error)
            receipts = self._connect()
        if self._saved:
            self._restore()
            receipts = self._saved + receipts
            self._saved = []
        if not self._was_opened:
            receipts = self._bring_in_journal(job, receipts)
        if self._journal is not None:
            self._journal.open()
        if not self._was_opened:
            self._was_opened = True
            self._wall_minus_loop = job.now - job.started_at
            job.first_receipt_id = max(receipts[-1].receipt_id, 0) + 1 if receipts else 1
            job.first_cdr_id = next_cdr_id(self._connected())
            job.inherited = [receipt for receipt in receipts if receipt.expires_at > job.now]

    def _bring_in_journal(self, job: Job, receipts: list[StoredReceipt]) -> list[StoredReceipt]:
        """Write what an earlier run left in its journal, and remove that.

        Args:
          job: is told of damage.
          receipts: those in the database.

        Returns:
          Those that are there now.
        """
        leftover = read_journal(self._path)
        if leftover.cdrs:
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            write_cdrs(connection, leftover.cdrs, self._keeper())
            write_receipts(connection, list(leftover.receipts.values()))
            delete_receipts(connection, leftover.done)
            connection.execute("COMMIT")
            self._wrote = True
            receipts = list(read_receipts(connection, self._receipt_ttl))
        for damaged, octets in leftover.damaged:
            aside = move_aside(damaged, job.now, ("",))
            job.notices.append(
                f"the journal was damaged: {octets} octets of it, with records and receipts, could"
                f" not be read; moved to {aside}"
            )
        remove_journal(self._path)
        return receipts

    def _connect(self) -> list[StoredReceipt]:
        """Connect to a database that can be written; return all its receipts.

        They are all read each time: a damaged page among them is found now and not in an hour.
        """
        make_private(self._path)
        # The first opening and the jobs are in two threads, one after the other.
        connection = sqlite3.connect(
            self._path,
            isolation_level=None,
            check_same_thread=False,
            timeout=_BUSY_TIMEOUT_MS / 1000,
        )
        try:
            migrate(connection)
            found = self._path.stat()
            if self._was_opened and (found.st_dev, found.st_ino) != self._identity:
                put_before(connection)
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise sqlite3.OperationalError("this file system cannot hold a write-ahead log")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit = {_LOG_LIMIT_OCTETS}")
            _probe(connection)
            connection.text_factory = as_text
            receipts = list(read_receipts(connection, self._receipt_ttl))
            if not all(receipt_is_whole(receipt) for receipt in receipts):
                raise _DamagedRow("a receipt is damaged")
        except BaseException:
            connection.close()
            raise
        self._identity = (found.st_dev, found.st_ino)
        self._connection = connection
        return receipts

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.OperationalError("the database is not open")
        return self._connection

    def _do(self, job: Job) -> None:
        if job.cdrs or job.receipts or job.done or job.segments:
            self._write(job)
        if job.sweep:
            job.more_to_sweep = self._sweep(job)

    def _write(self, job: Job) -> None:
        connection = self._connected()
        keep = self._keeper()
        connection.execute("BEGIN IMMEDIATE")
        for segment in job.segments:
            write_cdrs(connection, segment.cdrs, keep)
            write_receipts(connection, list(segment.receipts.values()))
        write_cdrs(connection, job.cdrs, keep)
        write_receipts(connection, job.receipts)
        delete_receipts(connection, job.done)
        connection.execute("COMMIT")
        self._wrote = True
        for segment in job.segments:
            segment.empty()

    def _keeper(self) -> KeepNumber:
        if self._keep is None:
            raise sqlite3.OperationalError("the database is not open")
        return self._keep

    def _sweep(self, job: Job) -> bool:
        """Delete a few of what is too old; True when there may be more."""
        found = self._path.stat()
        if (found.st_dev, found.st_ino) != self._identity:
            raise sqlite3.OperationalError("the database file was replaced by another")
        if not self._is_locked():
            raise sqlite3.OperationalError("the lock file was removed or replaced")
        if self._journal is not None and not self._journal.is_in_place():
            raise sqlite3.OperationalError("a file of the journal was removed or replaced")
        connection = self._connected()
        # A wall clock that is set forward must not make receipts old that have just begun to wait.
        steady_now = job.started_at + self._wall_minus_loop
        connection.execute("BEGIN IMMEDIATE")
        swept = (
            sweep_receipts(connection, min(job.now, steady_now) - self._receipt_ttl, _SWEEP_ROWS),
            sweep_cdrs(connection, job.now - self._cdr_retention, _SWEEP_ROWS),
        )
        connection.execute("COMMIT")
        if max(swept) == _SWEEP_ROWS:
            return True
        if self._wrote or any(swept):
            connection.execute("BEGIN IMMEDIATE")
            rewrite_receipts(connection, _REWRITE_ROWS)
            connection.execute("COMMIT")
            # Somebody may be reading the log: then it is for the next sweep, not worth a wait.
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
            self._wrote = False
        return False

    def _move_aside(self, job: Job, error: sqlite3.Error) -> None:
        """Move a corrupt database out of the way, after saving what it still tells."""
        self._close_connection()
        self._saved += self._salvage()
        aside = move_aside(self._path, job.now)
        job.notices.append(
            f"the database was corrupt ({error}): moved to {aside}, a new one is begun;"
            f" receipts that could be saved: {len(self._saved)}"
        )

    def _restore(self) -> None:
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE")
        write_receipts(connection, [receipt_row(receipt) for receipt in self._saved])
        connection.execute("COMMIT")

    def _salvage(self) -> list[StoredReceipt]:
        """Read what can be read; a damaged table may hold anything, twice."""
        saved: dict[int, StoredReceipt] = {}
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path)) as connection:
            connection.text_factory = as_text
            for receipt in read_receipts(connection, self._receipt_ttl):
                if receipt_is_whole(receipt):
                    saved[receipt.receipt_id] = receipt
        return [saved[receipt_id] for receipt_id in sorted(saved)]


def _probe(connection: sqlite3.Connection) -> None:
    """Write as much as a busy moment would, and delete it.

    Raises:
      sqlite3.Error: the database cannot be written.
    """
    connection.execute("INSERT INTO probe VALUES (zeroblob(?))", (_PROBE_OCTETS,))
    connection.execute("DELETE FROM probe")


def _is_corrupt(error: sqlite3.Error) -> bool:
    # The octets above the lowest one only say where it was noticed.
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _CORRUPT
