"""The numbers of a message, and which of them can be no code by their own form and neighbours.

A number is a run of digits, or several runs joined as people join them. It becomes a *candidate*
(4-10 digits, alone or in regular groups with one kind of separator), a *stub* (a number of another
length, or a word of capitals and digits: what a code would be if it were one), or it is masked:
money, time, date, phone, card tail, version, count. A group of more than 10 digits gives no part
of itself.
"""

from __future__ import annotations

from typing import Final

import attrs

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_tokens import DIGITS, LINE, SIGN, WORD, Token

__all__ = ["CANDIDATE", "Number", "numbers_of"]

CANDIDATE: Final = "candidate"
SHORT: Final = "short"
LONG: Final = "long"
LETTERS: Final = "letters"

_NAMES_CODE = lexicon.NOUN | lexicon.NUMBER
_UNIT = lexicon.MONEY | lexicon.TIME | lexicon.COUNT
# Letters of Arabic and Hebrew that are written onto the next word.
_CLINGING = frozenset("بلوفکבלהומשכ")
_HIDDEN = frozenset("*x•·.…#×✱")
# Sizes of groups that people use though they differ: 123 4567, 12 345.
_IRREGULAR = frozenset(
    {(3, 4), (4, 3), (3, 2), (2, 3), (3, 3, 2), (2, 3, 3), (3, 3, 1), (1, 3, 3), (4, 4, 2), (2, 2, 3)}
)


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
    """`candidate`, `short`, `long`, `letters`, or what it is instead of a code; empty: undecided."""
    irregular: bool = False

    @property
    def digits(self) -> int:
        """How many digits it has."""
        return sum(map(len, self.runs))

    @property
    def is_year(self) -> bool:
        """True when it may be a year; of a shape that is all one can know."""
        return self.runs == ["2020"]


class _Reader:
    """Turns tokens into numbers, one kind of neighbour after the other."""

    def __init__(self, tokens: list[Token], cased: str) -> None:
        self.tokens = tokens
        self.cased = cased
        self.numbers: list[Number] = []

    def token(self, place: int) -> Token | None:
        return self.tokens[place] if 0 <= place < len(self.tokens) else None

    def touching(self, left: int, right: int) -> bool:
        """True when two tokens stand without a gap."""
        return self.tokens[left].end == self.tokens[right].start

    def before(self, number: Number) -> Token | None:
        return self.token(number.first - 1)

    def after(self, number: Number) -> Token | None:
        return self.token(number.last + 1)

    # Reading.

    def read_atoms(self) -> None:
        """Collect runs of digits with the separators inside numbers."""
        tokens = self.tokens
        place = 0
        while place < len(tokens):
            if tokens[place].kind != DIGITS:
                place += 1
                continue
            first = place
            runs = [tokens[place].text]
            separators = ""
            while (
                place + 2 < len(tokens)
                and tokens[place + 1].kind == SIGN
                and tokens[place + 1].text in ".,:/-'"
                and tokens[place + 2].kind == DIGITS
                and self.touching(place, place + 1)
                and self.touching(place + 1, place + 2)
            ):
                separators += tokens[place + 1].text
                runs.append(tokens[place + 2].text)
                place += 2
            number = Number(first, place, runs, separators)
            self.numbers += self.split_apart(number)
            place += 1

    def split_apart(self, number: Number) -> list[Number]:
        """Part what punctuation without a space has run together ("482910,10 min")."""
        separators = set(number.separators)
        sizes = [len(run) for run in number.runs]
        joined = not separators or separators == {"-"} or ":" in separators
        if not joined and separators <= {".", ","}:
            if max(sizes) > 3 and not _is_dotted(number):
                joined = False
            else:
                follower = self.after(number)
                sloppy = (
                    len(sizes) == 2
                    and sizes[0] > 3
                    and follower is not None
                    and follower.bits & lexicon.TIME
                )
                joined = not sloppy
        elif not joined and separators == {"/"}:
            joined = min(sizes) < 4
        elif not joined:
            joined = True
        if joined:
            return [number]
        return [
            Number(number.first + 2 * place, number.first + 2 * place, [run], "")
            for place, run in enumerate(number.runs)
        ]

    # Masks that need only one number and its neighbours.

    def mask_mixed(self) -> None:
        """Runs of digits grown together with letters: names, tokens, versions, units."""
        for number in self.numbers:
            left, right = self.before(number), self.after(number)
            touches_left = left is not None and self.touching(number.first - 1, number.first)
            touches_right = right is not None and self.touching(number.last, number.last + 1)
            if touches_right and right is not None and right.kind == WORD and _is_letters(right):
                if not right.bits & (_UNIT | lexicon.HOURS) and not _is_ordinal(right):
                    number.kind = self.word_kind(number)
            if not touches_left or left is None:
                continue
            if left.kind == WORD and _is_letters(left):
                if left.bits & lexicon.MONEY or left.text in _CLINGING:
                    continue
                if set(left.text) == {"x"}:
                    number.kind = "card tail"
                elif left.bits & (lexicon.NOUN | lexicon.CAPITALS):
                    number.kind = number.kind or ""
                elif left.text == "v":
                    number.kind = "version"
                else:
                    number.kind = self.word_kind(number)
            elif left.kind == SIGN and left.text == "-":
                self.mask_hyphenated(number)

    def mask_hyphenated(self, number: Number) -> None:
        """`G-482910` is a code, `FOX-2026` has letters in it."""
        word = self.token(number.first - 2)
        if word is None or not self.touching(number.first - 2, number.first - 1):
            return
        if word.kind != WORD or not _is_letters(word) or len(word.text) == 1:
            return
        if not word.bits & (_NAMES_CODE | lexicon.CAPITALS | lexicon.ENTER):
            number.kind = self.word_kind(number)

    def word_kind(self, number: Number) -> str:
        """Tell a word that could be a code with letters in it from 3D and 5G."""
        first, last = number.first, number.last
        while first and self.touching(first - 1, first) and self.is_part(first - 1):
            first -= 1
        while last + 1 < len(self.tokens) and self.touching(last, last + 1):
            if not self.is_part(last + 1):
                break
            last += 1
        return LETTERS if self.tokens[last].end - self.tokens[first].start >= 4 else "word"

    def is_part(self, place: int) -> bool:
        token = self.tokens[place]
        return token.kind == DIGITS or token.text == "-" or _is_letters(token)

    def mask_hidden(self) -> None:
        """`*4715`, `...4715`: the end of something longer."""
        for number in self.numbers:
            if number.kind:
                continue
            place = number.first - 1
            left = self.token(place)
            if left is None or left.kind != SIGN or left.text not in _HIDDEN:
                continue
            if not self.touching(place, number.first) or left.text == "#":
                continue
            right = self.after(number)
            if right is not None and right.text == left.text and left.text in "*":
                continue  # bold print
            before = self.token(place - 1)
            if left.text in ".·" and (before is None or before.text != left.text):
                continue
            number.kind = "card tail"

    def mask_forms(self) -> None:
        """Times, dates and decimals, by the separators inside them."""
        for number in self.numbers:
            if number.kind:
                continue
            separators = set(number.separators)
            sizes = [len(run) for run in number.runs]
            if ":" in separators:
                number.kind = "time"
            elif "/" in separators:
                number.kind = "date"
            elif separators and separators <= {".", ",", "'"}:
                number.kind = _dotted_kind(number)
            elif separators == {"-"} and _is_date(number.runs, sizes):
                number.kind = "date"
            elif separators == {"-"} and number.runs == ["2020", "2020"]:
                number.kind = "years"
            elif len(separators) > 1:
                number.kind = "other"

    def mask_plus(self) -> None:
        """`+44 ...`, `(415) 555 ...`, `*123#`: phones."""
        for number in self.numbers:
            left, right = self.before(number), self.after(number)
            if left is None or number.kind:
                continue
            if left.text == "+" and self.touching(number.first - 1, number.first):
                number.kind = "phone"
            elif left.text == "*" and right is not None and right.text == "#":
                number.kind = "dial string"
            elif left.text == "(" and right is not None and right.text == ")":
                nearby = self.token(number.last + 2)
                if nearby is not None and nearby.kind == DIGITS and len(nearby.text) >= 3:
                    number.kind = "phone"
        # What follows such a beginning belongs to it.
        for one, other in zip(self.numbers, self.numbers[1:], strict=False):
            if one.kind != "phone" or (other.kind and other.kind != "other"):
                continue
            between = self.tokens[one.last + 1 : other.first]
            if len(between) <= 2 and all(t.kind == SIGN and t.text in "()-./" for t in between):
                follower = self.after(other)
                unit = follower is not None and follower.bits & lexicon.TIME
                if other.digits <= 8 and not unit:
                    other.kind = "phone"

    def mask_units(self) -> None:
        """Money on either side, durations, counts."""
        for place, number in enumerate(self.numbers):
            if number.kind in ("", "decimal", "thousands", LETTERS, "other"):
                self.mask_unit(place, number)

    def mask_unit(self, place: int, number: Number) -> None:
        right = self.after(number)
        touches = right is not None and self.touching(number.last, number.last + 1)
        near = right is not None and right.start - self.tokens[number.last].end <= 1
        if right is not None and near and right.kind in (WORD, SIGN):
            if right.bits & lexicon.MONEY and self.money_is_left(place, number, right, touches):
                self.mask_thousands(place, "amount", back=True)
                return
            if right.bits & lexicon.HOURS and number.digits > 2 and not number.separators:
                pass
            elif right.bits & (lexicon.TIME | lexicon.COUNT | lexicon.HOURS):
                if _is_measured(number, right, touches):
                    kind = "count" if right.bits & lexicon.COUNT else "duration"
                    self.mask_thousands(place, kind, back=True)
                    return
        left = self.before(number)
        if left is None or self.tokens[number.first].start - left.end > 1:
            return
        if left.kind == SIGN and left.text in "+-" and number.first >= 2:
            further = self.tokens[number.first - 2]
            if self.touching(number.first - 2, number.first - 1) and further.bits & lexicon.MONEY:
                left = further
        if left.bits & lexicon.MONEY and left.kind in (WORD, SIGN):
            if left.kind == WORD and len(left.text) == 1 and left.end != self.tokens[number.first].start:
                return
            self.mask_thousands(place, "amount", back=False)
        elif left.text == "%" and left.end == self.tokens[number.first].start:
            number.kind = "count"

    def money_is_left(self, place: int, number: Number, unit: Token, touches: bool) -> bool:
        """True when the currency belongs to the number on its left."""
        if unit.kind == SIGN and not touches:
            following = self.token(number.last + 2)
            if following is not None and following.kind == DIGITS and following.start == unit.end:
                return False
        if place + 1 < len(self.numbers):
            other = self.numbers[place + 1]
            if other.first == number.last + 2:
                gap = self.tokens[other.first].start - unit.end
                if gap == 0 and not touches:
                    return False
                if gap <= 1 and not number.separators and number.digits > 4 and not touches:
                    return False
        return unit.kind == SIGN or touches or len(unit.text) > 1 or unit.text in "р元円圆원块"

    def mask_thousands(self, place: int, kind: str, *, back: bool) -> None:
        """Mask a measured number with the groups of thousands on its far side."""
        number = self.numbers[place]
        number.kind = kind
        step = -1 if back else 1
        while 0 <= place + step < len(self.numbers):
            here, there = self.numbers[place], self.numbers[place + step]
            left, right = (there, here) if back else (here, there)
            if right.first != left.last + 1 or left.separators or there.kind not in ("", "decimal"):
                return
            gap = self.tokens[right.first].start - self.tokens[left.last].end
            if gap != 1 or len(right.runs[0]) != 3 or len(left.runs[0]) > 3:
                return
            there.kind = kind
            place += step

    def mask_dates(self) -> None:
        """A year beside a month's name or after a day and a month."""
        for place, number in enumerate(self.numbers):
            if not number.is_year or number.kind:
                continue
            for back in range(1, 5):
                token = self.token(number.first - back)
                if token is None or token.kind == LINE:
                    break
                if token.bits & lexicon.MONTH and token.kind == WORD and len(token.text) > 2:
                    if place or back <= 2:
                        number.kind = "year"
                    break
            right = self.after(number)
            if right is not None and right.text in ("年", "년", "г"):
                number.kind = "year"
            left = self.before(number)
            if left is not None and (left.text in ("©", "ⓒ") or left.bits & lexicon.LATE):
                number.kind = "year"

    # Groups.

    def join_groups(self) -> None:
        """Join runs that stand apart by one space, or by a spaced hyphen."""
        joined: list[Number] = []
        place = 0
        while place < len(self.numbers):
            number = self.numbers[place]
            if number.kind or set(number.separators) - {"-"}:
                joined.append(number)
                place += 1
                continue
            members = [number]
            between = ""
            while place + len(members) < len(self.numbers):
                other = self.numbers[place + len(members)]
                separator = self.separator(members[-1], other)
                if other.kind or other.separators or not separator:
                    break
                if separator == "- " and {len(m.runs[0]) for m in [*members, other]} - {1, 2, 3}:
                    break
                if between and separator != between:
                    break
                between = separator
                members.append(other)
            joined += self.grouped(members, between)
            place += len(members)
        self.numbers = joined

    def separator(self, left: Number, right: Number) -> str:
        gap = self.tokens[right.first].start - self.tokens[left.last].end
        if right.first == left.last + 1:
            return " " if gap in (1, 2) else ""
        if right.first == left.last + 2 and self.tokens[left.last + 1].text == "-":
            return "- "
        return ""

    def grouped(self, members: list[Number], separator: str) -> list[Number]:
        """Return what space-joined numbers are: one group, a phone, or separate numbers."""
        if len(members) == 1:
            return members
        runs = [run for member in members for run in member.runs]
        sizes = tuple(map(len, runs))
        whole = Number(members[0].first, members[-1].last, runs, separator * (len(runs) - 1))
        if any(member.separators for member in members):
            whole.kind = "phone" if whole.digits >= 7 else "other"
            return [whole]
        digits = whole.digits
        if sizes[:2] in ((1, 1), (2, 2), (1, 2), (2, 1)) and runs[2:] == ["2020"]:
            whole.kind = "date"
            return [whole]
        if digits > 10:
            # Two codes of one length beside each other are still two codes.
            whole.kind = LONG
            return [whole]
        if len(set(sizes)) == 1 or sizes in _IRREGULAR:
            return [whole]
        if _is_phone(runs, sizes, separator):
            whole.kind = "phone"
            return [whole]
        if sum(size >= 4 for size in sizes) >= 1 and min(sizes) <= 2:
            for member in members:
                member.irregular = True
            return members
        whole.kind = "other"
        return [whole]

    def settle(self) -> None:
        """Give every undecided number its kind by length and grouping."""
        for number in self.numbers:
            if number.kind:
                continue
            digits = number.digits
            sizes = tuple(map(len, number.runs))
            if _is_phone(number.runs, sizes, number.separators):
                number.kind = "phone"
            elif digits < 4:
                number.kind = SHORT
            elif digits > 10:
                number.kind = "phone" if number.runs[0][0] == "0" else LONG
            elif len(sizes) == 1 or len(set(sizes)) == 1:
                number.kind = CANDIDATE
            elif sizes in _IRREGULAR:
                number.kind = CANDIDATE
                number.irregular = True
            else:
                number.kind = "other"


def numbers_of(tokens: list[Token], cased: str) -> list[Number]:
    """Return the numbers of a message in order, each with its kind."""
    reader = _Reader(tokens, cased)
    reader.read_atoms()
    if not reader.numbers:
        return []
    reader.mask_mixed()
    reader.mask_hidden()
    reader.mask_forms()
    reader.mask_plus()
    reader.mask_units()
    reader.mask_dates()
    reader.join_groups()
    reader.settle()
    return reader.numbers


def _is_letters(token: Token) -> bool:
    """True for a word of a script with spaces."""
    return token.kind == WORD and not "\u0e00" <= token.text[0] <= "\u0e7f" and token.text[0] < "\u3000"


def _is_ordinal(token: Token) -> bool:
    return token.text in ("th", "st", "nd", "rd", "er", "e", "º", "ª", "o", "a")


def _is_dotted(number: Number) -> bool:
    """True when points and commas inside a number are where numbers have them."""
    sizes = [len(run) for run in number.runs]
    if len(sizes) == 2 and sizes[1] <= 2:
        return True  # 1234.50
    if len(sizes) == 3 and sizes[0] <= 2 and sizes[1] <= 2 and sizes[2] == 4:
        return True  # 07.03.2025
    return len(sizes) == 3 and sizes == [4, 2, 2]


def _dotted_kind(number: Number) -> str:
    sizes = [len(run) for run in number.runs]
    if number.separators == ".." and _is_date(number.runs, sizes):
        return "date"
    if len(sizes) >= 4 and max(sizes) <= 3 and set(number.separators) == {"."}:
        return "address"
    if len(sizes) >= 2 and all(size == 3 for size in sizes[1:]):
        return "thousands"
    return "decimal" if len(sizes) == 2 else "other"


def _is_date(runs: list[str], sizes: list[int]) -> bool:
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


def _is_phone(runs: list[str], sizes: tuple[int, ...], separators: str) -> bool:
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


def _is_measured(number: Number, unit: Token, touches: bool) -> bool:
    """True when a number of this length can be so many of this unit."""
    longest = max(map(len, number.runs))
    if number.separators and set(number.separators) != {"-"}:
        return True
    if len(unit.text) == 1 and not touches and unit.text != "%":
        return longest <= 3
    if unit.bits & lexicon.COUNT and not unit.bits & lexicon.TIME:
        if unit.text[0] >= "\u3000":
            return longest <= 4 or len(unit.text) > 1
        return True
    if unit.text[0] >= "\u3000" and len(unit.text) == 1:
        return longest <= 2 or (number.is_year and unit.text in "年년")
    return longest <= 5
