"""The files around the database: who may read them, the lock, the key, and what is moved aside.

Beside `otpblue.db` lie `otpblue.db-wal` and `otpblue.db-shm` (SQLite's own), `otpblue.db.lock`,
`otpblue.db.key` (for hashed numbers only), `otpblue.db.journal-1` and `-2` (while the gateway runs)
and, after an accident, `otpblue.db.corrupt-<time>`. All are for their owner alone. The database
itself is never opened here while SQLite has it open: closing such a descriptor would drop SQLite's
own locks on the file.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from otpblue_trio.store.numbers import KEY_OCTETS
from otpblue_trio.store.records import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "beside",
    "find_key",
    "is_locked",
    "load_key",
    "lock_database",
    "make_private",
    "move_aside",
    "open_private",
    "refuse_foreign",
]

_PRIVATE = 0o600
_PRIVATE_DIRECTORY = 0o700
_OTHERS = 0o077

_SQLITE_SUFFIXES = ("", "-wal", "-shm")
_SQLITE_HEADER = b"SQLite format 3\0"
_OURS = (".lock", ".key", ".journal-1", ".journal-2")
"""What lies beside a database that this program has had open."""


def beside(path: Path, suffix: str) -> Path:
    """Return the path of a file that belongs to the database."""
    return path.with_name(path.name + suffix)


def refuse_foreign(path: Path) -> None:
    """Make sure that a path leads to a database, to nothing, or to what was a database of ours.

    To be called before anything is made beside it.

    Raises:
      StoreError: it leads to something else, which must not be renamed or hidden.
      OSError: it cannot be read.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise StoreError(f"store.path: {path} is no regular file")
    # Not opened where SQLite might have it open in this very process.
    if any(_beside_itself(path, suffix).exists() for suffix in _OURS):
        return
    with path.open("rb") as file:
        head = file.read(len(_SQLITE_HEADER))
    if head not in (b"", _SQLITE_HEADER):
        msg = f"store.path: {path} is there and no database: name another file or move it"
        raise StoreError(msg)


def make_private(path: Path) -> None:
    """Make sure that the database's directory and file exist and that the file is private.

    A directory that is made is private too; one that is there is left as it is. SQLite gives its
    own files the permissions of the database.

    Raises:
      OSError: it cannot be done.
    """
    path.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    if not path.exists():
        os.close(open_private(path, os.O_RDWR | os.O_CREAT))
    for suffix in _SQLITE_SUFFIXES:
        with suppress(FileNotFoundError):
            _hide(beside(path, suffix))


def open_private(path: Path, flags: int) -> int:
    """Return a descriptor of a file that, where it is made, is for its owner alone.

    Raises:
      OSError: it cannot be opened.
    """
    return os.open(path, flags | os.O_CLOEXEC, _PRIVATE)


def _hide(path: Path) -> None:
    mode = path.stat().st_mode
    if mode & _OTHERS:
        path.chmod(mode & ~_OTHERS & 0o777)


def _beside_itself(path: Path, suffix: str) -> Path:
    """Return a path beside the file itself, not beside a link: two links to it are one database."""
    return beside(path.resolve(), suffix)


def is_locked(path: Path, descriptor: int) -> bool:
    """Tell whether the lock of a database still keeps others out: its file is still there."""
    try:
        found = _beside_itself(path, ".lock").stat()
    except OSError:
        return False
    return os.path.samestat(found, os.fstat(descriptor))


def lock_database(path: Path) -> int:
    """Take the database for this process, and return the descriptor to close in the end.

    The lock ends with the process, however that ends, and when somebody removes its file.

    Raises:
      StoreError: another process has it.
      OSError: the lock file cannot be made.
    """
    path.parent.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    descriptor = open_private(_beside_itself(path, ".lock"), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StoreError(f"store.path: {path} is in use by another process") from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def load_key(path: Path) -> bytes:
    """Return the key for hashed numbers; the first time a random one is made.

    Raises:
      StoreError: the key file is not whole.
      OSError: it cannot be read or made.
    """
    key_path = beside(path, ".key")
    try:
        _hide(key_path)
        key = key_path.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(KEY_OCTETS)
        _write_whole(key_path, key)
    if len(key) != KEY_OCTETS:
        raise StoreError(
            f"store.path: {key_path} has {len(key)} octets, not {KEY_OCTETS}: restore it, or"
            " remove it to begin with a new key"
        )
    return key


def find_key(path: Path) -> bytes | None:
    """Return the key for hashed numbers for somebody who only reads; None: there is none.

    Raises:
      StoreError: it cannot be read, or is not whole.
    """
    key_path = beside(path, ".key")
    try:
        key = key_path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"store.path: {key_path} cannot be read: {error.strerror}") from error
    if len(key) != KEY_OCTETS:
        raise StoreError(f"store.path: {key_path} has {len(key)} octets, not {KEY_OCTETS}")
    return key


def _write_whole(path: Path, octets: bytes) -> None:
    """Write a file that is there whole or not at all, whenever the process is killed."""
    draft = beside(path, ".new")
    draft.unlink(missing_ok=True)
    with open(open_private(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def move_aside(path: Path, now: float, suffixes: Sequence[str] = _SQLITE_SUFFIXES) -> Path:
    """Rename a file that is of no use, with those that belong to it; return its new name.

    Args:
      path: of the file.
      now: in seconds since 1970; part of the new name.
      suffixes: of the files; left out: those of a database with its write-ahead log.

    Raises:
      OSError: it cannot be renamed.
    """
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = beside(path, f".corrupt-{stamp}")
    count = 1
    while aside.exists():
        count += 1
        aside = beside(path, f".corrupt-{stamp}-{count}")
    # The log first: a fresh database must never meet the old one's.
    for suffix in reversed(suffixes):
        with suppress(FileNotFoundError):
            beside(path, suffix).rename(beside(aside, suffix))
    return aside
