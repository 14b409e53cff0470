"""Reads a TOML file and remembers where everything stands in it."""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path
from typing import Any

import attrs

from otpblue_trio.config.files import open_file, reason_of
from otpblue_trio.config.lines import KeyPath, key_lines, nearest_line, write_path
from otpblue_trio.config.problems import ConfigError, Fault, Problem

__all__ = ["Document", "is_missing", "read_document"]

_MAX_OCTETS = 16 * 1024 * 1024
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@attrs.frozen
class Document:
    """A TOML file as read."""

    path: Path
    """As the operator named it."""
    table: dict[str, Any] = attrs.field(repr=False)
    """The content; belongs to the reader, who may change it."""
    _text: str = attrs.field(repr=False)

    @functools.cached_property
    def lines(self) -> dict[KeyPath, int]:
        """Where everything stands; looked for when somebody asks, which is seldom."""
        return key_lines(self._text)

    def problem(self, fault: Fault) -> Problem:
        """Give a fault its file and line."""
        return Problem(
            file=str(self.path),
            line=nearest_line(self.lines, fault.path),
            path=write_path(fault.path),
            expected=fault.expected,
            found=fault.found,
        )

    def remark(self, path: KeyPath, text: str) -> str:
        """Write a warning about a setting, with its place."""
        line = nearest_line(self.lines, path)
        place = str(self.path) if line is None else f"{self.path}:{line}"
        return f"{place}: {write_path(path)}: {text}"


def is_missing(path: Path) -> bool:
    """Tell whether there is no such file; one that cannot be looked at is for `read_document`."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def read_document(path: Path) -> Document:
    """Read a TOML file.

    Raises:
      ConfigError: it cannot be read, is not UTF-8, is not TOML or has more than 16 MiB; with one
        problem that names the line where there is one.
    """
    try:
        with open_file(path) as file:
            octets = file.read(_MAX_OCTETS + 1)
    except OSError as error:
        raise _refused(path, None, "a readable file", reason_of(error)) from error
    if len(octets) > _MAX_OCTETS:
        raise _refused(path, None, f"at most {_MAX_OCTETS} octets", "more")
    try:
        # Some editors put a byte order mark first, which TOML does not know.
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        found = f"the octet 0x{octets[error.start]:02x}"
        raise _refused(path, line, "UTF-8 text", found) from error
    try:
        table = tomllib.loads(text)
    except ValueError as error:
        # A number of thousands of digits is a ValueError of int().
        reason, row, column = _syntax_error(error, text)
        expected = "valid TOML" if column is None else f"valid TOML at column {column}"
        raise _refused(path, row, expected, reason) from error
    except RecursionError as error:
        raise _refused(
            path, None, "arrays and tables of sensible depth", "too deep ones"
        ) from error
    return Document(path, table, text.replace("\r\n", "\n"))


def _refused(path: Path, line: int | None, expected: str, found: str) -> ConfigError:
    return ConfigError(
        [Problem(file=str(path), line=line, path="", expected=expected, found=found)]
    )


def _syntax_error(error: ValueError, text: str) -> tuple[str, int | None, int | None]:
    # The place is only in the message (attributes came with Python 3.14).
    message = str(error)
    match = _PLACE.search(message)
    if match is None:
        return f"an error ({message})", None, None
    reason = f"an error ({message[: match.start()]})"
    if match[1] is None:
        return reason, text.count("\n") + 1, None
    return reason, int(match[1]), int(match[2])
