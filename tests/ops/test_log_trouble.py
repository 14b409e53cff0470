from __future__ import annotations

import pytest
import trio
from tests.ops.conftest import raise_chain

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.ops.log_trouble import traceback_text


def test_traceback_hides_codes_and_numbers_in_the_words_of_exceptions() -> None:
    with pytest.raises(RuntimeError) as caught:
        raise_chain()
    error = caught.value
    # Without frames: their source lines are this file's, and hold the number.
    error.__traceback__ = None
    assert error.__cause__ is not None
    error.__cause__.__traceback__ = None
    text = traceback_text(error)
    assert "482910" not in text
    assert "4155552671" not in text


@pytest.mark.parametrize(
    "error",
    [
        ValueError("the password is hunter2"),
        KeyError("hunter2"),
        RuntimeError("sent hunter2 in vain"),
        AssertionError("hunter2"),
        UnicodeEncodeError("ascii", "hunter2 \xe9", 8, 9, "ordinal not in range"),
        type("Odd", (TypeError,), {"__module__": "elsewhere"})("hunter2"),
        ExceptionGroup("two", [ValueError("hunter2"), ExceptionGroup("in", [KeyError("hunter2")])]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_traceback_withholds_words_that_may_quote_anything(error: Exception) -> None:
    text = traceback_text(error)
    assert "hunter2" not in text
    assert "characters withheld)" in text
    assert type(error).__name__ in text


@pytest.mark.parametrize(
    "error",
    [
        TypeError("unsupported operand"),
        AttributeError("no attribute 'x'"),
        BrokenPipeError(32, "Broken pipe"),
        OtpBlueError("the account directory does not answer"),
        trio.BusyResourceError("another task is using this"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_traceback_keeps_words_that_speak_of_the_program(error: Exception) -> None:
    assert str(error) in traceback_text(error)


def test_traceback_hides_digits_and_cuts_long_words_that_it_keeps() -> None:
    assert traceback_text(TypeError("of 482910 and 150")) == "TypeError: of **** and 150"
    assert len(traceback_text(TypeError("x " * 10_000))) < 400


def test_traceback_tells_so_many_exceptions_and_no_more() -> None:
    chain = TypeError("first")
    for _ in range(5000):
        chain, before = TypeError("later"), chain
        chain.__cause__ = before
    assert traceback_text(chain).count("TypeError") == 20
    group = ExceptionGroup("many", [TypeError("one")] * 5000)
    text = traceback_text(group)
    assert text.count("TypeError") == 19
    assert text.endswith("+--- and more")


def test_traceback_comes_to_an_end_when_exceptions_lead_to_each_other() -> None:
    first, second = TypeError("first"), TypeError("second")
    first.__context__, second.__context__ = second, first
    assert traceback_text(first).count("TypeError") == 2


def test_traceback_tells_every_exception_of_a_group() -> None:
    group = ExceptionGroup("two", [ValueError("12345"), KeyError("k")])
    text = traceback_text(group)
    assert "ValueError" in text
    assert "KeyError" in text
