from __future__ import annotations

import pytest

from otpblue_trio.store.numbers import (
    KEY_OCTETS,
    NumberPrivacy,
    keep_sender,
    kept_spellings,
    number_keeper,
)

KEY = bytes(range(KEY_OCTETS))
NUMBER = "+14155552671"


def test_full_keeps_the_number() -> None:
    assert number_keeper(NumberPrivacy.FULL, b"")(NUMBER) == NUMBER


def test_mask_hides_the_last_four_digits() -> None:
    assert number_keeper(NumberPrivacy.MASK, b"")(NUMBER) == "+1415555****"


def test_hash_tells_equal_numbers_and_nothing_else() -> None:
    keep = number_keeper(NumberPrivacy.HASH, KEY)
    assert keep(NUMBER) == keep(NUMBER)
    assert keep(NUMBER) != keep("+14155552672")
    assert len(keep(NUMBER)) == 32
    assert "4155" not in keep(NUMBER)


def test_hash_depends_on_the_key() -> None:
    other = bytes(KEY_OCTETS)
    assert number_keeper(NumberPrivacy.HASH, KEY)(NUMBER) != number_keeper(
        NumberPrivacy.HASH, other
    )(NUMBER)


@pytest.mark.parametrize(
    ("sender", "kept"),
    [
        ("MyBank", "MyBank"),
        ("12345", "12345"),
        ("123456", "123456"),
        ("", ""),
        ("Route 66", "Route 66"),
        ("14155552671", "1415555****"),
        ("+14155552671", "+1415555****"),
        ("(415) 555-2671", "(415) 5****"),
    ],
)
def test_sender_that_is_a_number_is_kept_like_one(sender: str, kept: str) -> None:
    keep = number_keeper(NumberPrivacy.MASK, b"")
    assert keep_sender(sender, keep) == kept


@pytest.mark.parametrize(
    "written", ["+14155552671", "14155552671", "0014155552671", "+1 (415) 555-26.71"]
)
def test_a_number_is_looked_for_in_every_way_it_may_have_been_kept(written: str) -> None:
    key = bytes(KEY_OCTETS)
    spellings = kept_spellings(written, key)
    for privacy in NumberPrivacy:
        for kept in ("+14155552671", "14155552671", "0014155552671"):
            assert number_keeper(privacy, key)(kept) in spellings


def test_what_stands_in_a_record_is_looked_for_as_it_is() -> None:
    for kept in ("+1415555****", "0123456789abcdef0123456789abcdef", "(3 characters)"):
        assert kept in kept_spellings(kept, None)


def test_without_a_key_no_hash_is_looked_for() -> None:
    key = bytes(KEY_OCTETS)
    hashed = number_keeper(NumberPrivacy.HASH, key)("+14155552671")
    assert hashed in kept_spellings("+14155552671", key)
    assert hashed not in kept_spellings("+14155552671", None)
