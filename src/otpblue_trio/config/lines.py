"""Finds the line on which each key of a TOML text stands.

`tomllib` gives values without places, and "which of the forty accounts?" is what an operator asks
first. So the text is read a second time, after `tomllib` has accepted it: this scanner need not
judge, it only has to know where strings, arrays and inline tables end. Should it lose its way all
the same, places are missing and nothing else.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from bisect import bisect_right

__all__ = ["KeyPath", "key_lines", "nearest_line", "write_path"]

KeyPath = tuple[str | int, ...]
"""Where a value stands: keys, and the indexes of arrays."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?""""{0,2}'
    r"|'''.*?''''{0,2}"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")


class _LostError(Exception):
    """The text is not what the scanner takes it for."""


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line of every key, array element and table header, counted from 1.

    Args:
      text: TOML that `tomllib` has read without an error.

    Returns:
      Lines by path; what could not be placed is missing.
    """
    scanner = _Scanner(text)
    # What was placed before it lost its way stays true.
    with contextlib.suppress(_LostError, RecursionError):
        scanner.scan()
    return scanner.lines


def nearest_line(lines: dict[KeyPath, int], path: KeyPath) -> int | None:
    """Return the line of a path, or of the nearest table around it, or None."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


def write_path(path: KeyPath) -> str:
    """Write a path as people say it: `accounts[0].tps`."""
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
            continue
        name = part if _BARE_KEY.fullmatch(part) else ascii(part)
        written += f".{name}" if written else name
    return written


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._array_lengths: dict[KeyPath, int] = {}

    def scan(self) -> None:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._peek("["):
                table = self._header()
            else:
                self._key_value(table)
            self._skip(_BLANK)

    def _header(self) -> KeyPath:
        start = self._at
        is_array = self._peek("[[")
        self._at += 2 if is_array else 1
        *parents, last = self._key()
        self._take("]]" if is_array else "]")
        path = self._inside((), parents)
        path = self._next_element((*path, last)) if is_array else self._inside(path, [last])
        self._note(path, start)
        return path

    def _inside(self, path: KeyPath, keys: list[str]) -> KeyPath:
        # A key that names an array of tables means its last element.
        for key in keys:
            path = (*path, key)
            if path in self._array_lengths:
                path = (*path, self._array_lengths[path] - 1)
        return path

    def _next_element(self, path: KeyPath) -> KeyPath:
        index = self._array_lengths.get(path, 0)
        self._array_lengths[path] = index + 1
        return (*path, index)

    def _key_value(self, table: KeyPath) -> None:
        start = self._at
        path = table
        for key in self._key():
            path = (*path, key)
            self._note(path, start)
        self._take("=")
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._skip(_SPACE)
        if self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._inline_table(path)
        elif (match := _STRING.match(self._text, self._at)) or (
            match := _BARE_VALUE.match(self._text, self._at)
        ):
            self._at = match.end()
        else:
            raise _LostError

    def _array(self, path: KeyPath) -> None:
        self._take("[")
        index = 0
        self._skip(_BLANK)
        while not self._peek("]"):
            self._note((*path, index), self._at)
            self._value((*path, index))
            index += 1
            self._skip(_BLANK)
            if not self._peek("]"):
                self._take(",")
                self._skip(_BLANK)
        self._take("]")

    def _inline_table(self, path: KeyPath) -> None:
        self._take("{")
        self._skip(_BLANK)
        while not self._peek("}"):
            self._key_value(path)
            self._skip(_BLANK)
            if not self._peek("}"):
                self._take(",")
                self._skip(_BLANK)
        self._take("}")

    def _key(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            if match := _BARE_KEY.match(self._text, self._at):
                keys.append(match[0])
            elif match := _STRING.match(self._text, self._at):
                keys.append(_unquote(match[0]))
            else:
                raise _LostError
            self._at = match.end()
            self._skip(_SPACE)
            if not self._peek("."):
                return keys
            self._take(".")

    def _note(self, path: KeyPath, at: int) -> None:
        self.lines.setdefault(path, bisect_right(self._line_starts, at))

    def _peek(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _take(self, token: str) -> None:
        if not self._peek(token):
            raise _LostError
        self._at += len(token)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()


def _unquote(written: str) -> str:
    if written.startswith("'"):
        return written[1:-1]
    value = tomllib.loads(f"key = {written}")["key"]
    return str(value)
