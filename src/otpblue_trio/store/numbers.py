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

__all__ = ["KEY_OCTETS", "KeepNumber", "NumberPrivacy", "keep_sender", "number_keeper"]

KEY_OCTETS = 32

KeepNumber = Callable[[str], str]
"""From a number to what is kept of it."""

_HASH_OCTETS = 16

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
