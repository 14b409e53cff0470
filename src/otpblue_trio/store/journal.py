"""The journal: what is safe from the death of the process before the database has it.

Theory of operation
-------------------
A commit costs two changes of threads and a transaction, for one record as for a hundred. So the
event loop appends each record to a file with one plain write, which is as safe from the death of
the process as a commit is, and its caller need not wait. The writer thread brings the records into
the database later, many at a time.

There are two segments. The loop appends to one of them, the active one; the other is empty, or
with the thread, which empties it once its records are committed. A segment holds its records twice:
in its file, for the next run after a crash, and as rows in memory, for the commit. Every row has
its id before it is written, so bringing one in twice changes nothing, and a crash between the
commit and the emptying of the file does no harm.

A segment that is full, or a file that cannot be written, refuses the record: its caller then waits
for a commit. After trouble with the database segments keep what they have until a commit succeeds.

A frame is its length, its CRC-32, and JSON of the version, some records with their receipts, and
the ids of receipts that were done before. A frame that is damaged is left out, and those behind it
are read where its length still leads to them; a write that a loss of power cut off is the last one.
What could not be read is told, and the file kept.
"""

from __future__ import annotations

import os
import struct
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from otpblue_trio.store.files import beside, open_private
from otpblue_trio.store.records import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from otpblue_trio.store.schema import Row

__all__ = ["Journal", "Leftover", "Segment", "read_journal", "remove_journal"]

_SUFFIXES = (".journal-1", ".journal-2")
_VERSION = 1
_SEGMENT_OCTETS = 4 * 1024 * 1024
"""More than a second of a busy gateway; the thread is asked to take a segment long before."""
_WORTH_A_COMMIT = 512 * 1024
_HEAD = struct.Struct("<II")


Entry = tuple["Row", "Row | None"]
"""The row of a record, and that of its receipt."""


class Leftover:
    """What an earlier run left in its journal.

    Attributes:
      cdrs: rows of records.
      receipts: rows of receipts that were not done, by id.
      done: ids of receipts that were done, wherever they are kept.
      damaged: files of which something could not be read, each with so many octets.
    """

    def __init__(self) -> None:
        self.cdrs: list[Row] = []
        self.receipts: dict[int, Row] = {}
        self.done: list[int] = []
        self.damaged: list[tuple[Path, int]] = []


class Segment:
    """One file of the journal, with its records; with the loop or with the thread, never both.

    Attributes:
      cdrs: rows of records.
      receipts: rows of receipts, by id.
      octets: the size of the file.
    """

    __slots__ = ("_descriptor", "_path", "cdrs", "octets", "receipts")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self.cdrs: list[Row] = []
        self.receipts: dict[int, Row] = {}
        self.octets = 0

    def open(self) -> None:
        """Open the file unless it is open, and its name still leads to it.

        Raises:
          OSError: it cannot be opened.
        """
        if self.is_in_place():
            return
        self.close()
        self._descriptor = open_private(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.ftruncate(self._descriptor, 0)
        self.octets = 0

    def close(self) -> None:
        """Close the file; it goes away unless there is something in it."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
            if not self.octets:
                with suppress(OSError):
                    self._path.unlink()

    def is_in_place(self) -> bool:
        """Tell whether the file is open, and its name still leads to it."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except OSError:
            return False

    @property
    def is_empty(self) -> bool:
        """True when nothing waits for a commit: neither rows, nor octets for the next run.

        Rows outlive a file that was removed.
        """
        return not (self.cdrs or self.octets)

    def append(self, entries: Sequence[Entry], done: list[int]) -> bool:
        """Append records with one write; False: none is there, and the segment is as before.

        Args:
          entries: the records.
          done: ids of receipts that are done.
        """
        if self.octets >= _SEGMENT_OCTETS:
            return False
        try:
            body = orjson.dumps((_VERSION, entries, done))
            frame = _HEAD.pack(len(body), zlib.crc32(body)) + body
            written = os.write(self._descriptor, frame)
        except (OSError, orjson.JSONEncodeError):
            return False
        if written != len(frame):
            # Behind half a frame nothing would be found.
            self._cut_back()
            return False
        self.octets += written
        for cdr, receipt in entries:
            self.cdrs.append(cdr)
            if receipt is not None:
                self.receipts[receipt[0]] = receipt
        return True

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self.octets)
        except OSError:
            self.octets = _SEGMENT_OCTETS

    def empty(self) -> None:
        """Forget everything, now that the database has it.

        Raises:
          OSError: the file cannot be emptied; the rows stay as well.
        """
        os.ftruncate(self._descriptor, 0)
        self.octets = 0
        self.cdrs = []
        self.receipts = {}


class Journal:
    """The two segments, and which of them takes what comes.

    Args:
      path: of the database beside which the files lie.
    """

    def __init__(self, path: Path) -> None:
        self._segments = tuple(Segment(beside(path, suffix)) for suffix in _SUFFIXES)
        self._active: Segment | None = None

    def open(self) -> None:
        """Open what is not open, or not in its place any more; for the thread.

        Raises:
          OSError: a file cannot be opened.
        """
        for segment in self._segments:
            segment.open()

    def close(self) -> None:
        """Close both files; for the thread."""
        for segment in self._segments:
            segment.close()

    def is_in_place(self) -> bool:
        """Tell whether both files are where the next run would look for them."""
        return all(segment.is_in_place() for segment in self._segments)

    def append(self, entries: Sequence[Entry], done: list[int]) -> bool:
        """Append records to the active segment; see `Segment.append`."""
        active = self._active
        return active is not None and active.append(entries, done)

    def forget_receipt(self, receipt_id: int) -> bool:
        """Drop a receipt that is done before the thread got it; False: it is not here."""
        active = self._active
        return active is not None and active.receipts.pop(receipt_id, None) is not None

    @property
    def waiting(self) -> int:
        """Records that are not in the database yet."""
        return sum(len(segment.cdrs) for segment in self._segments)

    @property
    def is_worth_a_commit(self) -> bool:
        """True when the active segment is so full that the thread should have it soon."""
        return self._active is not None and self._active.octets >= _WORTH_A_COMMIT

    def take(self) -> list[Segment]:
        """Return the segments to commit now; one that is empty becomes the active one.

        The thread must have none.
        """
        full = [segment for segment in self._segments if not segment.is_empty]
        self._active = next((segment for segment in self._segments if segment.is_empty), None)
        return full

    def stop(self) -> None:
        """Take no record until `resume`; what is here stays."""
        self._active = None

    def resume(self) -> None:
        """Take records again; only while the thread has no segment."""
        if self._active is None:
            self._active = max(self._segments, key=_octets)


def _octets(segment: Segment) -> int:
    return segment.octets


def read_journal(path: Path) -> Leftover:
    """Read what an earlier run left beside a database.

    Raises:
      StoreError: a newer program wrote it.
      OSError: it cannot be read.
    """
    leftover = Leftover()
    for suffix in _SUFFIXES:
        segment = beside(path, suffix)
        try:
            octets = segment.read_bytes()
        except FileNotFoundError:
            continue
        frames, unread = _frames(octets)
        if unread:
            leftover.damaged.append((segment, unread))
        for version, *rest in frames:
            if version != _VERSION:
                raise StoreError(
                    f"store.path: {segment} has version {version}, this program knows"
                    f" {_VERSION}: a newer one wrote it"
                )
            entries, done = rest
            for cdr, receipt in entries:
                leftover.cdrs.append(tuple(cdr))
                if receipt is not None:
                    leftover.receipts[receipt[0]] = tuple(receipt)
            leftover.done += done
    for receipt_id in leftover.done:
        leftover.receipts.pop(receipt_id, None)
    return leftover


def remove_journal(path: Path) -> None:
    """Remove what `read_journal` has read, now that the database has it.

    Raises:
      OSError: it cannot be removed.
    """
    for suffix in _SUFFIXES:
        beside(path, suffix).unlink(missing_ok=True)


def _frames(octets: bytes) -> tuple[list[list[Any]], int]:
    """Return the whole frames, and how many octets are none."""
    frames: list[list[Any]] = []
    unread = start = 0
    while len(octets) - start >= _HEAD.size:
        length, checksum = _HEAD.unpack_from(octets, start)
        end = start + _HEAD.size + length
        if not length or end > len(octets):
            break
        body = octets[start + _HEAD.size : end]
        if zlib.crc32(body) == checksum:
            frames.append(orjson.loads(body))
        else:
            unread += end - start
        start = end
    return frames, unread + len(octets) - start
