"""Reads files that are there, and writes those with secrets: whole, and for the owner alone."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PipeError", "open_file", "reason_of", "write_secret_file"]


class PipeError(OSError):
    """A pipe in the place of a file: who opens it waits until somebody writes to it."""


def open_file(path: Path) -> BinaryIO:
    """Open a file to be read, without ever waiting for it.

    Raises:
      PipeError: it is a pipe.
      OSError: it cannot be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise PipeError
    return open(descriptor, "rb")


def reason_of(error: OSError) -> str:
    """Return in words why a file cannot be read."""
    if isinstance(error, PipeError):
        return "a pipe"
    return os.strerror(error.errno) if error.errno else "an error"


def write_secret_file(path: Path, octets: bytes) -> None:
    """Write a file so that a reader finds the old content or the new one, never a part.

    A new file has mode 0600. One that is there keeps its owner, its group and its mode, less what
    others may do: a command run by root must not take the file away from the service. Missing
    folders are made, for their owner alone; a symbolic link stays one.

    Raises:
      OSError: it cannot be written; the old file is untouched.
    """
    path = path.resolve()
    _make_folder(path.parent)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as file:
            with contextlib.suppress(FileNotFoundError):
                _take_after(path.stat(), descriptor)
            file.write(octets)
            file.flush()
            os.fsync(descriptor)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def _make_folder(folder: Path) -> None:
    # `parents=True` would leave those on the way open to others.
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def _take_after(old: os.stat_result, descriptor: int) -> None:
    # Only root may give files away; anybody else owns what is written.
    with contextlib.suppress(PermissionError):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o770 | 0o600)
