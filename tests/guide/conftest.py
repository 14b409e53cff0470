"""What several tests of the guide need."""

from __future__ import annotations

import phonenumbers


def mobile_number(region: str) -> str:
    """Return a valid mobile number of a country, without the plus sign."""
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
