"""Reading destination addresses: one E.164 number, or a refusal.

Theory of operation. A message to the wrong person is the worst that can happen here, so a number
is taken only when there is exactly one way to read it:

- `+` or TON 1 (international) says that the calling code is there; `00` is an international prefix.
- TON 2 (national) is read as dialled in the account's `default_region`, and must stay within that
  region's calling code.
- TON 0 (unknown) and TON values that SMPP does not define say nothing. Such digits are read both
  ways; when both give a valid number and not the same one, neither is taken.
- TON 3, 4, 5 and 6 are names, short codes and extensions: no such address is a phone number.

An address is ASCII digits with at most one plus sign before them. The `phonenumbers` package would
also read letters, extensions and punctuation; an SMPP address has none of them (SMPP 3.4, 5.2.8).
The NPI is not looked at: clients that set the TON right get it wrong.

Basis: integration guide, "Input Limits" ("validated using international phone number parsing").
"""

from __future__ import annotations

from enum import StrEnum

import attrs
import phonenumbers

from otpblue_trio.hot import hot_frozen
from otpblue_trio.policy.phone_table import PhoneTable, PhoneTableError, read_with_package
from otpblue_trio.policy.types import mask_number
from otpblue_trio.smpp import Ton

__all__ = ["Destination", "NumberReader", "NumberRefusal"]

_MAX_ADDRESS_CHARACTERS = 21
"""Integration guide, "Input Limits"; SMPP 3.4, 4.4.1 has 20 and a NUL."""
_MAX_E164_DIGITS = 15
"""ITU-T E.164, 6.1. The package takes longer numbers of some countries for valid."""

_NO_COUNTRY = "001"
"""The region of calling codes such as +800, which no country has."""

# Plain integers: a look-up of enum members costs more than the comparison.
_INTERNATIONAL = int(Ton.INTERNATIONAL)
_NATIONAL = int(Ton.NATIONAL)
_NO_PHONE_NUMBER = frozenset(
    map(int, (Ton.NETWORK_SPECIFIC, Ton.SUBSCRIBER_NUMBER, Ton.ALPHANUMERIC, Ton.ABBREVIATED))
)


class NumberRefusal(StrEnum):
    """Why an address is no destination."""

    INVALID = "invalid"
    """No valid phone number."""
    NATIONAL = "national"
    """Perhaps a national number, and it cannot be told for sure of which country."""


@hot_frozen
class Destination:
    """A valid phone number of a country."""

    e164: str = attrs.field(repr=mask_number)
    """With the plus sign."""
    region: str
    """ISO 3166-1 alpha-2."""


class NumberReader:
    """Reads destination addresses; one for the gateway.

    Args:
      fast: use tables made from the `phonenumbers` package where they apply; the answers are the
        same, ten times sooner. False asks the package itself every time.
    """

    def __init__(self, *, fast: bool = True) -> None:
        self._table = PhoneTable() if fast else None

    @property
    def is_fast(self) -> bool:
        """True while the tables are in use."""
        return self._table is not None

    def self_check(self) -> bool:
        """Compare the tables with the package; worth doing once at start.

        It takes about half a second and makes the tables for common numbers on the way. It may run
        in a thread while numbers are read.

        Returns:
          False when they differ: the reader then asks the package itself from now on, which is
          correct and slow, and the operator should hear of it.
        """
        table = self._table
        if table is None:
            return True
        try:
            table.self_check()
        except PhoneTableError:
            self._table = None
            return False
        return True

    def read(
        self, address: str, ton: int, npi: int, default_region: str
    ) -> Destination | NumberRefusal:
        """Read one destination address.

        Args:
          address: as submitted, one character for an octet.
          ton: dest_addr_ton, any octet.
          npi: dest_addr_npi, any octet; it decides nothing.
          default_region: ISO 3166-1 alpha-2 region in which national numbers are read, or empty.

        Returns:
          The number, or why it is refused.
        """
        has_plus = address[:1] == "+"
        digits = address[1:] if has_plus else address
        if (
            not (digits.isascii() and digits.isdigit())
            or len(address) > _MAX_ADDRESS_CHARACTERS
            or ton in _NO_PHONE_NUMBER
        ):
            return NumberRefusal.INVALID
        if has_plus:
            return self._international(digits) or NumberRefusal.INVALID
        if ton == _INTERNATIONAL:
            return self._written_internationally(digits) or NumberRefusal.INVALID
        if ton == _NATIONAL:
            if not default_region:
                return NumberRefusal.NATIONAL
            return _national(digits, default_region) or NumberRefusal.INVALID
        found = self._written_internationally(digits)
        if not default_region:
            if found is None:
                is_marked = digits.startswith("00")
                return NumberRefusal.INVALID if is_marked else NumberRefusal.NATIONAL
            return found
        dialled = _dialled(digits, default_region)
        if found is not None and dialled is not None and found.e164 != dialled.e164:
            return NumberRefusal.NATIONAL
        return found or dialled or NumberRefusal.INVALID

    def _written_internationally(self, digits: str) -> Destination | None:
        """Read digits that begin with the calling code, or with 00 and the calling code."""
        if not digits.startswith("00"):
            return self._international(digits)
        found = self._international(digits[2:])
        # 00 is not everybody's prefix (0011 is Australia's): nothing may need mending behind it.
        return found if found is not None and found.e164[1:] == digits[2:] else None

    def _international(self, digits: str) -> Destination | None:
        # A self-check in a thread may take the table away at any time.
        table = self._table
        if table is not None:
            try:
                region = table.region_of(digits)
            except PhoneTableError:
                self._table = None
            else:
                if region is not None:
                    if not region or region == _NO_COUNTRY or len(digits) > _MAX_E164_DIGITS:
                        return None
                    return Destination("+" + digits, region)
        found = _destination(read_with_package("+" + digits, None))
        # The package mends local ways of writing a number. That it leaves a national prefix out is
        # one thing; digits that it puts in could reach somebody whom nobody has meant.
        return found if found is not None and _is_within(found.e164[1:], digits) else None


def _is_within(digits: str, written: str) -> bool:
    """Tell whether digits stand in what was written, in this order."""
    rest = iter(written)
    return all(digit in rest for digit in digits)


def _national(digits: str, region: str) -> Destination | None:
    """Read a number of a region's own numbering plan."""
    found = _dialled(digits, region)
    if found is None:
        return None
    code = f"+{phonenumbers.country_code_for_region(region)}"
    return found if found.e164.startswith(code) else None


def _dialled(digits: str, region: str) -> Destination | None:
    """Read digits as somebody would dial them in a region."""
    return _destination(read_with_package(digits, region))


def _destination(read: tuple[str, str] | None) -> Destination | None:
    if read is None or read[1] == _NO_COUNTRY or len(read[0]) > 1 + _MAX_E164_DIGITS:
        return None
    return Destination(*read)
