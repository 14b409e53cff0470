"""One spelling for many, and the shape of a message."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.policy.otp_normalise import digit_string, folded_text, plain_text, shape_of


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Code ４８２９", "code 4829"),
        ("رمز ٤٨٢٩", "رمز 4829"),
        ("४८२९ ๔๘๒๙", "4829 4829"),
        ("4️⃣8️⃣2️⃣9️⃣", "4829"),
        ("48\u200b29\u2060\ufeff", "4829"),
        ("\u2066482910\u2069", "482910"),
        ("482\u00a0910\u202f1", "482 910 1"),
        ("482\u2011910 \u2013 \u2212", "482-910 - -"),
        ("a\r\nb\u2028c", "a\n\nb\nc"),
        ("ＯＴＰ：482", "otp:482"),
        ("Doğrulama İÇİN", "doğrulama için"),
        ("ΚΩΔΙΚΌΣ", "κωδικοσ"),
        ("رَمْز كود ي ة", "رمز کود ی ه"),
        ("e\u0301", "é"),
        ("\ud800", "\ufffd"),
    ],
)
def test_kin_are_one(text: str, folded: str) -> None:
    assert folded_text(text)[1] == folded


@settings(deadline=None)
@given(st.text())
def test_folding_keeps_the_digits_in_order_and_the_lengths_equal(text: str) -> None:
    cased, lower = folded_text(text)
    assert len(cased) == len(lower)
    digits = digit_string("".join(c for c in text if c.isdecimal()))
    assert "".join(c for c in cased if c.isdecimal()) == digits
    assert all(c.isascii() for c in cased if c.isdecimal())


def test_every_decimal_digit_becomes_ascii() -> None:
    for point in range(sys.maxunicode + 1):
        if chr(point).isdecimal():
            assert digit_string(chr(point)) in set("0123456789")


@settings(deadline=None)
@given(st.text())
def test_plain_text_can_be_encoded(text: str) -> None:
    plain_text(text).encode()


def test_plain_text_keeps_case_and_lines() -> None:
    assert plain_text("Code:\n４\u200b2") == "Code:\n42"


@settings(deadline=None)
@given(st.text())
def test_shape_keeps_everything_but_the_digits(text: str) -> None:
    shape, digits = shape_of(text)
    assert len(shape) == len(text)
    for one, other in zip(shape, text, strict=True):
        assert one == other or (one.isascii() and one.isdigit() and other.isdecimal())
    assert digits == "".join(c for c in text if c.isdecimal())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("code 482910", "code 771203", True),
        ("code 482910", "code 082910", False),
        ("code 482910", "code 4829", False),
        ("code 4829", "code 2026", False),
        ("code 1999", "code 2026", True),
        ("in 15 min", "in 20 min", True),
        ("code 48291037", "code 20260314", False),
        ("code ٤٨٢٩", "code 4829", True),
    ],
)
def test_shape_keeps_only_what_the_rules_may_see(one: str, other: str, same: bool) -> None:
    assert (shape_of(one)[0] == shape_of(other)[0]) is same
