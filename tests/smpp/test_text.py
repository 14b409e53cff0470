"""Message octets to text and back."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.smpp import decode_text, encode_gsm

untimed = settings(deadline=None)


ALPHABETS = ["gsm", "ascii", "latin1", "utf8"]
ONE_OCTET_CODINGS = sorted(
    set(range(256))
    - {8, *range(0x18, 0x1C), *range(0x48, 0x4C)}
    - {*range(0x58, 0x5C), *range(0xE0, 0xF0)}
)
UCS2_CODINGS = sorted(set(range(256)) - set(ONE_OCTET_CODINGS))


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"Your code is 482910", "Your code is 482910"),
        (b"\x00\x01\x02\x03\x05\x11\x20\x24\x40\x5f\x7f", "@£$¥é_ ¤¡§à"),
        (b"\x10\x12\x13\x14\x15\x16\x17\x18\x19\x1a", "ΔΦΓΛΩΠΨΣΘΞ"),
        (b"\x5b\x5c\x5d\x5e\x60\x7b\x7c\x7d\x7e", "ÄÖÑÜ¿äöñü"),
        (b"\x1b\x65 5\x1b\x3c1\x1b\x3e\x1b\x14\x1b\x28\x1b\x29", "€ 5[1]^{}"),
        (b"\x1b\x2f\x1b\x3d\x1b\x40\x1b\x0a", "\\~|\f"),
        (b"a\nb\rc", "a\nb\rc"),
    ],
)
def test_gsm_is_read(octets: bytes, text: str) -> None:
    assert decode_text(octets, 0, "gsm") == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [(b"\x1b4829", "4829"), (b"12\x1b", "12"), (b"\x1b\x1b4829", " 4829"), (b"\x1b\x1bA", " A")],
)
def test_unknown_escape_loses_no_digit(octets: bytes, text: str) -> None:
    assert decode_text(octets, 0, "gsm") == text


def test_octets_above_gsm_are_read_as_utf8_where_they_are() -> None:
    assert decode_text("Ваш код 482910".encode(), 0, "gsm") == "Ваш код 482910"


def test_octets_above_gsm_are_read_as_latin1_otherwise() -> None:
    assert decode_text(b"cl\xe9 4829 \x81", 0, "gsm") == "clé 4829 \ufffd"


@pytest.mark.parametrize(
    ("octets", "default", "text"),
    [
        (b"@_$[] 4829", "ascii", "@_$[] 4829"),
        (b"cl\xe9 4829", "ascii", "cl\ufffd 4829"),
        (b"cl\xe9 4829", "latin1", "clé 4829"),
        ("clé 4829".encode(), "utf8", "clé 4829"),
        (b"cl\xe9 4829", "utf8", "cl\ufffd 4829"),
        (b"\x00 4829", "no alphabet", "@ 4829"),
    ],
)
def test_data_coding_0_is_the_accounts_alphabet(octets: bytes, default: str, text: str) -> None:
    assert decode_text(octets, 0, default) == text


@pytest.mark.parametrize("data_coding", [0x10, 0x13, 0x41, 0x50, 0xC8, 0xD0, 0xF0, 0xF3, 0xFB])
def test_default_alphabet_of_the_gsm_groups_is_the_accounts(data_coding: int) -> None:
    assert decode_text(b"@ 4829", data_coding, "gsm") == "¡ 4829"
    assert decode_text(b"@ 4829", data_coding, "ascii") == "@ 4829"


@pytest.mark.parametrize(
    "data_coding", [1, 2, 4, 5, 6, 7, 9, 10, 13, 14, 15, 0x14, 0x1C, 0x20, 0x38, 0x80, 0xF4, 0xF7]
)
def test_binary_and_unassigned_codings_are_read_as_ascii(data_coding: int) -> None:
    assert decode_text(b"@ 4829\xe9", data_coding, "gsm") == "@ 4829\ufffd"


def test_latin1_is_read() -> None:
    assert decode_text(b"cl\xe9 @ 4829", 3, "gsm") == "clé @ 4829"


@pytest.mark.parametrize("data_coding", [0x08, 0x18, 0x1B, 0x48, 0x58, 0xE0, 0xE8])
def test_ucs2_is_read(data_coding: int) -> None:
    assert decode_text("код 482910".encode("utf-16-be"), data_coding, "gsm") == "код 482910"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("код 4829".encode("utf-16-be") + b"\x00", "код 4829\ufffd"),
        (b"\xfe\xff" + "код 4829".encode("utf-16-be"), "код 4829"),
        (b"\xff\xfe" + "код 4829".encode("utf-16-le"), "код 4829"),
        ("code 4829".encode("utf-16-le"), "code 4829"),
        ("🔑 4829".encode("utf-16-be"), "🔑 4829"),
        (b"\xd8\x3d\x00\x34", "\ufffd4"),
        ("一次性密码 4829".encode("utf-16-be"), "一次性密码 4829"),
        (b"\x00", "\ufffd"),
        (b"", ""),
    ],
    ids=[
        "odd length",
        "mark",
        "little-endian mark",
        "little-endian",
        "surrogates",
        "lone surrogate",
        "first character U+xx00",
        "one octet",
        "empty",
    ],
)
def test_ucs2_of_any_sender_is_read(octets: bytes, text: str) -> None:
    assert decode_text(octets, 8, "gsm") == text


@untimed
@given(st.binary(max_size=60), st.sampled_from([*range(256), -1, 256]), st.sampled_from(ALPHABETS))
def test_any_octets_are_read(octets: bytes, data_coding: int, default: str) -> None:
    assert isinstance(decode_text(octets, data_coding, default), str)


@untimed
@given(
    st.lists(st.sampled_from(b"4829015376 @\n\x1b\x80\xc3\xe9\xff"), max_size=30).map(bytes),
    st.sampled_from(ONE_OCTET_CODINGS),
    st.sampled_from(ALPHABETS),
)
def test_digits_survive_every_alphabet_of_one_octet(
    octets: bytes, data_coding: int, default: str
) -> None:
    text = decode_text(octets, data_coding, default)
    assert re.sub("[^0-9]", "", text).encode() == re.sub(b"[^0-9]", b"", octets)


@untimed
@given(
    st.text("0123456789 код", min_size=1, max_size=30),
    st.sampled_from(UCS2_CODINGS),
    st.sampled_from(ALPHABETS),
)
def test_ucs2_does_not_depend_on_the_account(text: str, data_coding: int, default: str) -> None:
    assert decode_text(text.encode("utf-16-be"), data_coding, default) == text


GSM_CHARACTERS = "".join(decode_text(bytes((i,)), 0, "gsm") for i in range(128) if i != 0x1B)


@untimed
@given(st.text(GSM_CHARACTERS + "€[]{}\\^|~\f"))
def test_gsm_is_written_as_it_is_read(text: str) -> None:
    assert decode_text(encode_gsm(text), 0, "gsm") == text


def test_gsm_alphabet_has_127_characters() -> None:
    assert len(set(GSM_CHARACTERS)) == 127


def test_gsm_is_written_by_the_tables() -> None:
    assert encode_gsm("@Ä€1") == b"\x00\x5b\x1b\x651"


@pytest.mark.parametrize(("text", "wrong"), [("код", "U+043A at 0"), ("a\x1b", "U+001B at 1")])
def test_character_outside_gsm_is_named(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong.replace("U+", r"U\+")):
        encode_gsm(text)
