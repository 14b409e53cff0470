from __future__ import annotations

import json
import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.ops.log_format import JsonFormat, TextFormat, line_of_record
from otpblue_trio.ops.log_lines import Field, Line

AT = 1795452001.1239  # 2026-11-23 16:40:01.123 UTC

fields = st.dictionaries(
    st.sampled_from(["system_id", "detail", "peer"]),
    st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
)


def _line(message: str = "bind accepted", trouble: str = "", **extra: Field) -> Line:
    return Line(AT, logging.INFO, message, extra, trouble)


def test_text_line_is_aligned_and_in_utc() -> None:
    octets = TextFormat()(_line(session=12, system_id="demo"))
    assert octets == b"2026-11-23 16:40:01.123 INFO  bind accepted session=12 system_id=demo\n"


def test_json_line_has_time_level_message_and_fields() -> None:
    assert json.loads(JsonFormat()(_line(session=12, joined=True))) == {
        "time": "2026-11-23T16:40:01.123Z",
        "level": "info",
        "message": "bind accepted",
        "session": 12,
        "joined": True,
    }


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("demo", "demo"),
        ("", '""'),
        ("two words", '"two words"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("a=b", '"a=b"'),
        ("line\nbreak", '"line\\nbreak"'),
        ("\x1b[2J", '"\\x1b[2J"'),
        ("right\u202eleft", '"right\\u202eleft"'),
        ("\ud800", '"\\ud800"'),
        (True, "true"),
        (False, "false"),
        (1.5, "1.5"),
    ],
)
def test_text_values_are_escaped(value: Field, shown: str) -> None:
    assert TextFormat()(_line(detail=value)).decode().endswith(f" detail={shown}\n")


@given(message=st.text(), extra=fields)
def test_text_line_is_one_line_whatever_it_holds(message: str, extra: dict[str, Field]) -> None:
    text = TextFormat()(Line(AT, logging.INFO, message, extra)).decode()
    assert len(text.splitlines()) == 1
    assert text[:-1].isprintable()


@given(message=st.text(), extra=fields)
def test_json_line_is_one_object_whatever_it_holds(message: str, extra: dict[str, Field]) -> None:
    octets = JsonFormat()(Line(AT, logging.INFO, message, extra))
    assert octets.count(b"\n") == 1
    assert json.loads(octets)["level"] == "info"


def test_json_takes_what_utf8_cannot_say() -> None:
    assert json.loads(JsonFormat()(_line(detail="\ud800", big=2**70)))["detail"] == "\\ud800"


def test_text_traceback_is_indented_below_its_line() -> None:
    text = TextFormat()(_line(trouble="Traceback:\n  File\nValueError")).decode()
    assert text.splitlines()[1:] == ["    Traceback:", "      File", "    ValueError"]


def test_json_traceback_has_its_own_field() -> None:
    octets = JsonFormat()(_line(trouble="Traceback:\n  File"))
    assert octets.count(b"\n") == 1
    assert json.loads(octets)["traceback"] == "Traceback:\n  File"


@pytest.mark.parametrize(
    ("level", "text", "name"),
    [
        (logging.DEBUG, "DEBUG", "debug"),
        (logging.WARNING, "WARN ", "warning"),
        (logging.ERROR, "ERROR", "error"),
        (logging.CRITICAL, "FATAL", "critical"),
        (25, "INFO ", "info"),
        (5, "DEBUG", "debug"),
        (99, "FATAL", "critical"),
    ],
)
def test_every_level_has_a_name(level: int, text: str, name: str) -> None:
    line = Line(AT, level, "m", {})
    assert TextFormat()(line)[24:29].decode() == text
    assert json.loads(JsonFormat()(line))["level"] == name


def test_another_second_is_formatted_anew() -> None:
    form = JsonFormat()
    times = [json.loads(form(Line(at, 20, "m", {})))["time"] for at in (0.0, 0.999, 1.0, 0.5)]
    assert times == [
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00.999Z",
        "1970-01-01T00:00:01.000Z",
        "1970-01-01T00:00:00.500Z",
    ]


def test_record_keeps_its_logger_when_it_is_not_ours() -> None:
    record = logging.LogRecord("trio.abc", logging.ERROR, "f", 1, "bad %s", ("thing",), None)
    record.created = AT
    line = line_of_record(record)
    assert json.loads(JsonFormat()(line)) == {
        "time": "2026-11-23T16:40:01.123Z",
        "level": "error",
        "message": "bad thing",
        "logger": "trio.abc",
    }
    assert TextFormat()(line).endswith(b"ERROR bad thing logger=trio.abc\n")


def test_record_with_an_exception_has_a_traceback() -> None:
    error = TypeError("no")
    record = logging.LogRecord(
        "otpblue_trio", logging.ERROR, "f", 1, "failed", None, (TypeError, error, None)
    )
    assert re.search(r"TypeError: no$", line_of_record(record).traceback)


def test_record_logged_with_exc_info_outside_an_except_block_has_none() -> None:
    record = logging.LogRecord("a", logging.ERROR, "f", 1, "failed", None, (None, None, None))
    assert line_of_record(record).traceback == ""
