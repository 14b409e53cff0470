from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.config import format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("500ms", 0.5),
        ("30s", 30.0),
        ("15m", 900.0),
        ("24h", 86_400.0),
        ("30d", 2_592_000.0),
        ("1.5h", 5400.0),
        ("0.1s", 0.1),
        ("100ms", 0.1),
        (" 10 s ", 10.0),
        ("0s", 0.0),
        (30, 30.0),
        (0.25, 0.25),
        (0, 0.0),
    ],
)
def test_a_duration_is_seconds(written: object, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    [
        "", "s", "30", "30 sec", "30S", "-1s", "+1s", "1e3s", "1_000s", "1h30m", "٣s", ".5s", "5.s",
        "9999999999999s", "nan", -1, -0.5, True, False, float("nan"), float("inf"), 10**400, None,
        [], {},
    ],
)  # fmt: skip
def test_anything_else_is_no_duration(written: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(written)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.0, "0s"),
        (0.12, "120ms"),
        (1.0, "1s"),
        (1.5, "1500ms"),
        (59.0, "59s"),
        (60.0, "1m"),
        (90.0, "90s"),
        (900.0, "15m"),
        (3600.0, "1h"),
        (86_400.0, "24h"),
        (172_800.0, "2d"),
        (2_592_000.0, "30d"),
        (0.0005, "0.0005s"),
    ],
)
def test_a_duration_is_written_in_its_largest_whole_unit(seconds: float, written: str) -> None:
    assert format_duration(seconds) == written


@given(st.integers(0, 10**15).map(lambda microseconds: microseconds / 10**6))
def test_a_written_duration_reads_back_as_the_same_number(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == seconds
