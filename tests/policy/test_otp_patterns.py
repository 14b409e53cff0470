"""Operator patterns: what is accepted, what is refused and how it is told."""

from __future__ import annotations

import pytest

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.policy.otp_normalise import plain_text
from otpblue_trio.policy.otp_patterns import (
    MAX_PATTERN_CHARACTERS,
    PatternError,
    compile_patterns,
)


@pytest.mark.parametrize(
    ("pattern", "cause"),
    [
        (r"code (\d+", "missing"),
        (r"(?=code)(\d+)", "(?="),
        (r"(\d)\1", "\\1"),
        (r"\d+", "group 1"),
        (r"(?:\d+)", "group 1"),
        ("(" + "a" * MAX_PATTERN_CHARACTERS + ")", "500"),
        ("(\ud800)", "Unicode"),
    ],
)
def test_unusable_pattern_is_told_with_its_place_and_cause(pattern: str, cause: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_patterns([r"(\d+)", pattern])
    assert caught.value.index == 1
    assert "code pattern 1" in str(caught.value)
    assert cause in caught.value.cause
    assert isinstance(caught.value, OtpBlueError)


def test_pattern_of_the_longest_length_is_accepted() -> None:
    pattern = r"(\d+)".ljust(MAX_PATTERN_CHARACTERS, "a")
    text = pattern.replace(r"(\d+)", "482910")
    assert compile_patterns([pattern]).first_code(text) == (0, "482910")


def test_refused_pattern_is_not_written_to_standard_error(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(PatternError):
        compile_patterns(["(?=a)"])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("group", "code"),
    [
        ("482910", "482910"),
        ("482 910", "482910"),
        ("48-29-10", "482910"),
        ("4829", "4829"),
        ("4829103756", "4829103756"),
        ("482", None),
        ("48291037561", None),
        ("A82910", None),
        ("", None),
    ],
)
def test_group_must_be_four_to_ten_digits_without_separators(group: str, code: str | None) -> None:
    hit = compile_patterns([r"<(.*)>"]).first_code(f"<{group}>")
    assert hit == (None if code is None else (0, code))


def test_group_that_did_not_take_part_gives_no_code() -> None:
    assert compile_patterns([r"(\d+)?x"]).first_code("x") is None


def test_pattern_sees_plain_digits_and_no_invisible_characters() -> None:
    text = plain_text("código\u200b: ４８\u206629\u2069１０ \ud800")
    assert compile_patterns([r"código: (\d+)"]).first_code(text) == (0, "482910")


def test_nested_repeats_do_not_stop_the_gateway() -> None:
    patterns = compile_patterns([r"(?:\d+\s*)+code(\d+)", r"(a*)*b(\d)"])
    assert patterns.first_code("1 " * 256) is None
    assert patterns.first_code("a" * 512) is None
