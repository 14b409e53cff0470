"""How phone numbers stand in call detail records: masked, as a keyed hash, or whole.

A hash without a key would hide nothing: all numbers of a country can be tried in minutes. The key
therefore lies in a file of its own beside the database, so that a copy of the database alone tells
no numbers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from enum import StrEnum

from otpblue_trio.policy.types import mask_number

__all__ = [
    "KEY_OCTETS",
    "KeepNumber",
    "NumberPrivacy",
    "keep_sender",
    "kept_spellings",
    "number_keeper",
]

KEY_OCTETS = 32

KeepNumber = Callable[[str], str]
"""From a number to what is kept of it."""

_HASH_OCTETS = 16

_not_in_a_number = re.compile(r"[ ().\-\u00a0]")
_looks_like_a_number = re.compile(r"[+(]{0,2}[0-9][0-9 ().-]{6,}").fullmatch


class NumberPrivacy(StrEnum):
    """How phone numbers are kept."""

    MASK = "mask"
    """Without the last four digits."""
    HASH = "hash"
    """As 32 hexadecimal digits; equal numbers have equal hashes under one key."""
    FULL = "full"


def number_keeper(privacy: NumberPrivacy, key: bytes) -> KeepNumber:
    """Return the function that makes of a number what is kept of it.

    Args:
      privacy: how much is kept.
      key: of the hash, `KEY_OCTETS` octets; for the other ways it is not looked at.
    """
    if privacy is NumberPrivacy.FULL:
        return str
    if privacy is NumberPrivacy.MASK:
        return mask_number

    def hash_number(number: str) -> str:
        return hashlib.blake2b(
            number.encode("utf-8", "replace"), digest_size=_HASH_OCTETS, key=key
        ).hexdigest()

    return hash_number


def keep_sender(sender: str, keep: KeepNumber) -> str:
    """Return what is kept of a sender: a name as it is, a number as any number."""
    return keep(sender) if _looks_like_a_number(sender) else sender


def kept_spellings(number: str, key: bytes | None) -> tuple[str, ...]:
    """Return everything that may stand in a record for a number, in whatever way it was kept.

    A record has the number in E.164 or, where it was refused, as it was submitted: with or without
    `+` or `00`. A masked number stands for ten thousand others as well.

    Args:
      number: as a person writes it, with the country code; or what stands in a record.
      key: of the hash; None: there is none.
    """
    spellings = {number}
    digits = _not_in_a_number.sub("", number).removeprefix("+").removeprefix("00")
    if digits.isdecimal():
        spellings.update((digits, f"+{digits}", f"00{digits}"))
    keepers = [number_keeper(NumberPrivacy.MASK, b"")]
    if key is not None:
        keepers.append(number_keeper(NumberPrivacy.HASH, key))
    kept = {keep(spelling) for keep in keepers for spelling in spellings}
    return tuple(sorted(spellings | kept))
