from __future__ import annotations

import pytest

from otpblue_trio.config import ConfigError, Problem
from otpblue_trio.config.problems import Vocabulary, faults_of
from otpblue_trio.config.values import UnfitError
from otpblue_trio.errors import OtpBlueError

VOCABULARY = Vocabulary(expected={int: {"one": "", "three": ""}}, titles={int: "[int]"})


@pytest.mark.parametrize(
    ("line", "path", "written"),
    [
        (8, "log.level", "c.toml:8: log.level: expected x, found y"),
        (None, "log.level", "c.toml: log.level: expected x, found y"),
        (8, "", "c.toml:8: expected x, found y"),
        (None, "", "c.toml: expected x, found y"),
    ],
)
def test_a_problem_is_one_line(line: int | None, path: str, written: str) -> None:
    problem = Problem(file="c.toml", line=line, path=path, expected="x", found="y")
    assert str(problem) == written


def test_an_error_tells_all_its_problems() -> None:
    problems = [Problem(file="c", line=line, path="a", expected="x", found="y") for line in (1, 2)]
    error = ConfigError(problems)
    assert isinstance(error, OtpBlueError)
    assert error.problems == tuple(problems)
    assert str(error).splitlines() == ["c:1: a: expected x, found y", "c:2: a: expected x, found y"]


def test_a_lone_unfit_value_is_a_fault() -> None:
    (fault,) = faults_of(UnfitError("x", "y"), VOCABULARY, ("a",))
    assert (fault.path, fault.expected, fault.found) == (("a",), "x", "y")


def test_a_defect_of_the_loader_is_not_taken_for_a_problem_of_the_file() -> None:
    with pytest.raises(ZeroDivisionError):
        list(faults_of(ZeroDivisionError(), VOCABULARY))


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("thre", 'an unknown one; did you mean "three"?'),
        ("nothing", "an unknown one"),
        ("one", "one of [int]"),
    ],
)
def test_an_unknown_key_is_guessed_at(key: str, said: str) -> None:
    assert VOCABULARY.unknown_key(int, key) == said
