from __future__ import annotations

from pathlib import Path

import pytest

from otpblue_trio.config.values import (
    Kind,
    MismatchError,
    Surroundings,
    UnfitError,
    show,
    string_in,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("fast", '"fast"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("a\nb", '"a\\nb"'),
        ("Zürich", '"Zürich"'),
        ("\u202e", '"\\u202e"'),
        ("x" * 61, f'"{"x" * 60}" and 1 characters more'),
        (True, "true"),
        (5, "5"),
        (0.5, "0.5"),
        ({}, "a table"),
        ({"env": "X"}, "what the environment variable X holds"),
        ({"file": "x"}, "what the file x holds"),
        ({"env": "X", "file": "x"}, "a table"),
        ([1], "an array"),
    ],
)
def test_a_value_is_shown_on_one_line(value: object, shown: str) -> None:
    assert show(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("sesame", "a string of 6 characters"),
        (123456, "a value that is no string (int)"),
        (["sesame"], "an array"),
        ({"sesame": "sesame"}, "a table"),
    ],
)
def test_of_a_secret_only_its_type_and_length_are_shown(value: object, shown: str) -> None:
    assert show(value, is_secret=True) == shown


def test_a_path_starts_in_the_base_folder(tmp_path: Path) -> None:
    near = Surroundings(tmp_path, {"CREDENTIALS_DIRECTORY": "/run/credentials"})
    assert near.path("var/x") == tmp_path / "var/x"
    assert near.path("/etc/x") == Path("/etc/x")
    assert near.path("$CREDENTIALS_DIRECTORY/x") == Path("/run/credentials/x")
    assert near.path("$CREDENTIALS_DIRECTORY") == tmp_path / "$CREDENTIALS_DIRECTORY"
    assert near.path("a/$CREDENTIALS_DIRECTORY/x") == tmp_path / "a/$CREDENTIALS_DIRECTORY/x"


def test_the_same_warning_is_kept_once(tmp_path: Path) -> None:
    near = Surroundings(tmp_path, {})
    for text in ("one", "two", "one"):
        near.warn(text)
    assert near.warnings == ("one", "two")


def test_a_kind_tells_what_it_expected_and_what_it_found(tmp_path: Path) -> None:
    def convert(value: object, surroundings: Surroundings) -> object:
        raise MismatchError

    with pytest.raises(UnfitError, match=r'^expected a thing, found "x"$'):
        Kind("a thing", convert).read("x", Surroundings(tmp_path, {}))


def test_a_number_is_no_string(tmp_path: Path) -> None:
    with pytest.raises(MismatchError):
        string_in(5, Surroundings(tmp_path, {}))
