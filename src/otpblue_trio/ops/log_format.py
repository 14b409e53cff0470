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


class _Seconds:
    """Formats whole seconds and remembers the last, because lines come many to the second."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._second = -1
        self._text = ""

    def __call__(self, timestamp: float) -> tuple[str, int]:
        """Return the formatted second and the milliseconds within it."""
        milliseconds = int(timestamp * 1000.0)
        second, rest = divmod(milliseconds, 1000)
        if second != self._second:
            self._second = second
            self._text = time.strftime(self._pattern, time.gmtime(second))
        return self._text, rest


class JsonFormat:
    """One JSON object a line: `time` (RFC 3339, UTC), `level`, `message`, then the fields.

    `logger` is there when a logger other than the gateway's spoke, `traceback` with exceptions.
    """

    def __init__(self) -> None:
        self._seconds = _Seconds("%Y-%m-%dT%H:%M:%S")

    def __call__(self, line: Line) -> bytes:
        """Return the line's octets, line feed included."""
        second, milliseconds = self._seconds(line.timestamp)
        level = _JSON_LEVELS.get(line.level) or _JSON_LEVELS[_known_level(line.level)]
        content: dict[str, Field] = {
            "time": f"{second}.{milliseconds:03d}Z",
            "level": level,
            "message": line.message,
        }
        content |= line.fields
        if line.logger != LOGGER:
            content["logger"] = line.logger
        if line.traceback:
            content["traceback"] = line.traceback
        try:
            return orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:  # a lone surrogate, or an integer of more than 64 bits
            shown: dict[str, Field] = {key: _shown(str(value)) for key, value in content.items()}
            return orjson.dumps(shown, option=orjson.OPT_APPEND_NEWLINE)


class TextFormat:
    """`2026-11-23 16:40:01.123 INFO  bind accepted system_id=demo ...`; the time is UTC.

    A traceback follows on lines of its own, indented by four spaces.
    """

    def __init__(self) -> None:
        self._seconds = _Seconds("%Y-%m-%d %H:%M:%S")

    def __call__(self, line: Line) -> bytes:
        """Return the line's octets, line feed included."""
        second, milliseconds = self._seconds(line.timestamp)
        level = _TEXT_LEVELS[_known_level(line.level)]
        parts = [f"{second}.{milliseconds:03d} {level} {_shown(line.message)}"]
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
