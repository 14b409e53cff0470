from __future__ import annotations

import pytest

from otpblue_trio.policy import mask_number


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+14155552671", "+1415555****"),
        ("14155552671", "1415555****"),
        ("+123456789012345", "+12345678901****"),
        ("12345678", "1234****"),
        # Not a number, and perhaps one with something behind it.
        ("14155552671;ext=1", "1415555****"),
        ("14155552671    ", "1415555****"),
        ("1415555267100000", "1415555****"),
        ("+1 (415) 555-2671", "+1 (415****"),
        ("tel:+14155552671", "tel:+14****"),
        ("é\n345678901", "??34567****"),
        ("1234567", "(7 characters)"),
        ("", "(0 characters)"),
    ],
)
def test_a_masked_number_never_shows_its_last_four_digits(number: str, shown: str) -> None:
    assert mask_number(number) == shown
