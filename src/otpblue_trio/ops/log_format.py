"""How a line of the log looks: one JSON object for machines, one aligned line for people.

Text from outside never reaches a terminal raw: control characters, line ends and direction marks
are escaped, so nobody can forge a line or move the cursor.
"""

from __future__ import annotations

import logging
import re
import time
from enum import StrEnum
from typing import TYPE_CHECKING

import orjson

from otpblue_trio.ops.log_lines import LOGGER, Line, Repeat
from otpblue_trio.ops.log_trouble import traceback_text

if TYPE_CHECKING:
    from otpblue_trio.ops.log_lines import Field

__all__ = ["JsonFormat", "LogFormat", "TextFormat", "line_of_record"]

_TRACEBACKS = 3
"""How many of one place in the code are written in a period of so many seconds:"""
_TRACEBACK_PERIOD = 10.0

_PLAIN_VALUE = re.compile(r"[!#-<>-~]+")
_TEXT_LEVELS = {
    logging.DEBUG: "DEBUG",
    logging.INFO: "INFO ",
    logging.WARNING: "WARN ",
    logging.ERROR: "ERROR",
    logging.CRITICAL: "FATAL",
}
_JSON_LEVELS = {
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warning",
    logging.ERROR: "error",
    logging.CRITICAL: "critical",
}


class LogFormat(StrEnum):
    """The shape of log lines; AUTO is text on a terminal and JSON elsewhere."""

    JSON = "json"
    TEXT = "text"
    AUTO = "auto"


def _known_level(level: int) -> int:
    """Return the nearest of the five standard levels at or below a level."""
    return max(min(level // 10 * 10, logging.CRITICAL), logging.DEBUG)


def _shown(text: str) -> str:
    """Return text in which every character that is not printable is escaped."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def _value(value: Field) -> str:
    if isinstance(value, str):
        if _PLAIN_VALUE.fullmatch(value):
            return value
        escaped = _shown(value.replace("\\", "\\\\").replace('"', '\\"'))
        return f'"{escaped}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


class _Moment:
    """Formats a time to the millisecond and remembers the last, because lines come many at once."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._milliseconds = -1
        self._text = ""

    def __call__(self, timestamp: float) -> str:
        """Return the time in UTC."""
        milliseconds = int(timestamp * 1000.0)
        if milliseconds != self._milliseconds:
            self._milliseconds = milliseconds
            second, rest = divmod(milliseconds, 1000)
            self._text = f"{time.strftime(self._pattern, time.gmtime(second))}.{rest:03d}"
        return self._text


class JsonFormat:
    """One JSON object a line: `time` (RFC 3339, UTC), `level`, `message`, then the fields.

    `logger` is there when a logger other than the gateway's spoke, `traceback` with exceptions.
    """

    def __init__(self) -> None:
        self._moment = _Moment("%Y-%m-%dT%H:%M:%S")

    def __call__(self, line: Line) -> bytes:
        """Return the line's octets, line feed included."""
        level = _JSON_LEVELS.get(line.level) or _JSON_LEVELS[_known_level(line.level)]
        fields = line.fields
        if line.logger != LOGGER:
            fields = {**fields, "logger": line.logger}
        if line.traceback:
            fields = {**fields, "traceback": line.traceback}
        # One behind the other: a dictionary of all would be filled and copied for each line.
        head = f'{{"time":"{self._moment(line.timestamp)}Z","level":"{level}","message":'.encode()
        try:
            message = orjson.dumps(line.message)
            rest = orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:  # a lone surrogate, or an integer of more than 64 bits
            message = orjson.dumps(_shown(line.message))
            shown = {name: _shown(str(value)) for name, value in fields.items()}
            rest = orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE)
        return head + message + (b"," + rest[1:] if fields else b"}\n")


class TextFormat:
    """`2026-11-23 16:40:01.123 INFO  bind accepted system_id=demo ...`; the time is UTC.

    A traceback follows on lines of its own, indented by four spaces.
    """

    def __init__(self) -> None:
        self._moment = _Moment("%Y-%m-%d %H:%M:%S")

    def __call__(self, line: Line) -> bytes:
        """Return the line's octets, line feed included."""
        level = _TEXT_LEVELS[_known_level(line.level)]
        parts = [f"{self._moment(line.timestamp)} {level} {_shown(line.message)}"]
        parts += [f"{name}={_value(value)}" for name, value in line.fields.items()]
        if line.logger != LOGGER:
            parts.append(f"logger={_value(line.logger)}")
        text = " ".join(parts)
        for row in line.traceback.split("\n") if line.traceback else ():
            text += "\n    " + _shown(row)
        return (text + "\n").encode("utf-8", "backslashreplace")


def line_of_record(record: logging.LogRecord) -> Line:
    """Return the line for a record of the logging module, its message already merged."""
    trouble = ""
    repeat = None
    if record.exc_info and record.exc_info[1] is not None:
        trouble = traceback_text(record.exc_info[1])
        # A listener without descriptors says so ten times a second, for as long as that lasts.
        repeat = Repeat(f"record {record.name}:{record.lineno}", _TRACEBACKS, _TRACEBACK_PERIOD)
    return Line(
        record.created, record.levelno, record.getMessage(), {}, trouble, record.name, repeat
    )
