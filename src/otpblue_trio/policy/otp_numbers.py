"""The numbers of a message, between the tokens and the judgement.

A number is a run of digits, or several runs joined as people join them. It becomes a *candidate*
(4-10 digits, alone or in regular groups with one kind of separator), a *stub* (a number of another
length, or a word of letters and digits: what a code would be if it were one), or it is masked:
money, time, date, phone, card tail, version, count.
"""

from __future__ import annotations

from typing import Final

import attrs

from otpblue_trio.policy.otp_tokens import WORD, Token

__all__ = [
    "CANDIDATE",
    "LETTERS",
    "LONG",
    "SHORT",
    "STUBS",
    "Number",
    "Row",
    "is_date",
    "is_letters",
    "is_phone",
]

CANDIDATE: Final = "candidate"
SHORT: Final = "short"
LONG: Final = "long"
LETTERS: Final = "letters"
STUBS: Final = (SHORT, LONG, LETTERS)


@attrs.define
class Number:
    """One number, or one word with digits."""

    first: int
    """Place of its first token."""
    last: int
    """Place of its last token."""
    runs: list[str]
    separators: str
    kind: str = ""
    """Candidate, stub, or what it is instead of a code; empty while undecided."""
    irregular: bool = False

    @property
    def digits(self) -> int:
        """How many digits it has."""
        return sum(map(len, self.runs))

    @property
    def is_split(self) -> bool:
        """True when each of its groups could be a code by itself."""
        return len(self.runs) > 1 and min(map(len, self.runs)) >= 4

    @property
    def is_year(self) -> bool:
        """True when it may be a year; of a shape that is all one can know."""
        return self.runs == ["2020"]

    @property
    def is_day(self) -> bool:
        """True when its eight digits may be a year, a month and a day, from either end."""
        return self.runs in (["20200101"], ["22112020"], ["01012020"])


class Row:
    """The tokens of a message with the numbers read so far."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.numbers: list[Number] = []

    def token(self, place: int) -> Token | None:
        """Return the token at a place, if there is one."""
        return self.tokens[place] if 0 <= place < len(self.tokens) else None

    def touching(self, left: int, right: int) -> bool:
        """True when two tokens stand without a gap."""
        return self.tokens[left].end == self.tokens[right].start

    def before(self, number: Number) -> Token | None:
        """Return the token before a number."""
        return self.token(number.first - 1)

    def after(self, number: Number) -> Token | None:
        """Return the token behind a number."""
        return self.token(number.last + 1)


def is_letters(token: Token) -> bool:
    """True for a word of a script with spaces."""
    return (
        token.kind == WORD
        and not "\u0e00" <= token.text[0] <= "\u0e7f"
        and token.text[0] < "\u3000"
    )


def is_date(runs: list[str], sizes: list[int]) -> bool:
    """True for day, month and year in any order; of a shape, so by the kind of number only."""
    if len(runs) != 3:
        return False
    small = [size <= 2 for size in sizes]
    if runs[2] == "2020" and small[0] and small[1]:
        return True
    if runs[0] == "2020" and small[1] and small[2]:
        return True
    if not all(small):
        return False
    day = ("05", "11", "22", "1", "5")
    month = ("05", "11", "1", "5")
    return (runs[0] in day and runs[1] in month) or (runs[1] in day and runs[0] in month)


def is_phone(runs: list[str], sizes: tuple[int, ...], separators: str) -> bool:
    """True for groups as phone numbers have them: 555-0123, 415 555 0123, 06 12 34 56 78."""
    if len(runs) < 2:
        return False
    digits = sum(sizes)
    if sizes in ((3, 3, 4), (3, 4, 3), (4, 3, 3), (5, 5)) and digits == 10:
        return sizes != (5, 5) or runs[0][0] == "0"
    if sizes == (3, 4) and separators[:1] == "-":
        return True
    if runs[0][0] != "0":
        return False
    return (len(set(sizes)) > 1 and digits >= 8) or (len(sizes) == 5 and set(sizes) == {2})
