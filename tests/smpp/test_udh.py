"""The user data header in front of a message text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.smpp import Concat, Udh, UdhError, split_udh

untimed = settings(deadline=None)


@pytest.mark.parametrize(
    ("octets", "concat"),
    [
        (bytes.fromhex("050003 2A0201"), Concat(0x2A, 2, 1)),
        (bytes.fromhex("060804 01020301"), Concat(0x0102, 3, 1, reference_octets=2)),
        (bytes.fromhex("0B 0504 0B8423F0 0003 FF0202"), Concat(0xFF, 2, 2)),
    ],
    ids=["8 bit reference", "16 bit reference", "after ports"],
)
def test_concatenation_is_found(octets: bytes, concat: Concat) -> None:
    header, text = split_udh(octets + b"code 4829")
    assert header.concat == concat
    assert text == b"code 4829"


@pytest.mark.parametrize(
    "element",
    ["0003 2A0200", "0003 2A0203", "0003 2A0000", "0002 2A02", "0804 00010000", "0803 010201"],
    ids=["part 0", "part over total", "total 0", "8 bit short", "16 bit total 0", "16 bit short"],
)
def test_unsound_concatenation_is_ignored(element: str) -> None:
    octets = bytes.fromhex(element)
    header, text = split_udh(bytes((len(octets),)) + octets + b"hi")
    assert header.concat is None
    assert text == b"hi"


def test_sound_concatenation_after_an_unsound_one_is_found() -> None:
    header, _ = split_udh(bytes.fromhex("0A 0003 010200 0003 020201"))
    assert header.concat == Concat(2, 2, 1)


def test_unknown_elements_are_kept() -> None:
    header, text = split_udh(bytes.fromhex("05 7001AA 7100") + b"hi")
    assert header.elements == ((0x70, b"\xaa"), (0x71, b""))
    assert text == b"hi"


def test_empty_header_is_taken() -> None:
    assert split_udh(b"\0hi") == (Udh(()), b"hi")


@pytest.mark.parametrize(
    "octets",
    ["", "01", "0500032A02", "02 00", "0100", "03 0003AA", "03 70007100", "04 7001AA 71"],
    ids=[
        "no length",
        "header of one missing octet",
        "header cut",
        "header one short",
        "identifier alone",
        "data cut by the header",
        "identifier at the header's end",
        "message cut",
    ],
)
def test_header_that_runs_over_is_refused(octets: str) -> None:
    with pytest.raises(UdhError):
        split_udh(bytes.fromhex(octets))


@untimed
@given(st.binary(max_size=40))
def test_any_octets_give_a_header_or_the_documented_error(octets: bytes) -> None:
    try:
        header, text = split_udh(octets)
    except UdhError:
        return
    written = b"".join(bytes((i, len(data))) + data for i, data in header.elements)
    assert bytes((len(written),)) + written + text == octets


def test_error_is_one_of_the_package_and_a_value_error() -> None:
    assert issubclass(UdhError, OtpBlueError)
    assert issubclass(UdhError, ValueError)


def test_repr_shows_no_text() -> None:
    assert "482910" not in repr(Udh(((0x70, b"482910"),)))


@pytest.mark.parametrize(
    ("elements", "is_broken"),
    [
        ("", False),
        ("0504 0B8423F0", False),
        ("0003 2A0201", False),
        ("0003 2A0101", False),
        ("0003 2A0100", False),
        ("0003 2A0000", False),
        ("0003 2A0200", True),
        ("0003 2A0203", True),
        ("0002 2A02", True),
        ("0804 00010200", True),
        ("0803 010201", True),
        ("0003 2A0200 0804 002A0201", False),
    ],
)
def test_concatenation_that_says_no_part_is_told(elements: str, is_broken: bool) -> None:
    octets = bytes.fromhex(elements)
    header, _ = split_udh(bytes([len(octets)]) + octets + b"code 4829")
    assert header.has_broken_concat is is_broken
