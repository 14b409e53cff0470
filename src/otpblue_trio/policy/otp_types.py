"""What the search for a code answers with."""

from __future__ import annotations

from enum import StrEnum

import attrs

from otpblue_trio.hot import hot_frozen

__all__ = ["CodeFound", "NoCode", "NoCodeReason"]


class NoCodeReason(StrEnum):
    """Why a message gave no code; the values are metric labels."""

    NONE = "none"
    """Nothing in it can be taken for a one-time code."""
    AMBIGUOUS = "ambiguous"
    """Two or more different codes, and nothing says which one counts."""
    LETTERS = "letters"
    """The code has letters in it."""
    LENGTH = "length"
    """The code has less than 4 or more than 10 digits."""


@hot_frozen
class CodeFound:
    """The message carries exactly one code."""

    code: str = attrs.field(repr=False)
    """4-10 ASCII digits, leading zeros kept."""


@hot_frozen
class NoCode:
    """The message is refused: sending a guess would lock a person out."""

    reason: NoCodeReason
