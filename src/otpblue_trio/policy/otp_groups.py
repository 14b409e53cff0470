"""Runs of digits read into numbers, and numbers joined into groups.

Digits belong together when they touch a separator on both sides, or stand apart by one space or a
spaced hyphen. A group of more than 10 digits gives no part of itself.
"""

from __future__ import annotations

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_masks import mask_numbers
from otpblue_trio.policy.otp_numbers import CANDIDATE, LONG, SHORT, Number, Row, is_phone
from otpblue_trio.policy.otp_tokens import DIGITS, SIGN, Token

__all__ = ["numbers_of"]

# Sizes of groups that people use though they differ: 123 4567, 12 345.
_IRREGULAR = frozenset(
    {
        (3, 4),
        (4, 3),
        (3, 2),
        (2, 3),
        (3, 3, 2),
        (2, 3, 3),
        (3, 3, 1),
        (1, 3, 3),
        (4, 4, 2),
        (2, 2, 3),
    }
)


# Separators few people put into a code, and those of them that no other number has.
_RARE = frozenset("._·")
_ODD = frozenset("_·")
_UNNAMED = ("", "other", "thousands", "decimal")
_LEAST, _MOST = 4, 10
_NEAR = 3


def numbers_of(tokens: list[Token]) -> list[Number]:
    """Return the numbers of a message in order, each with its kind."""
    row = Row(tokens)
    _read_atoms(row)
    if row.numbers:
        mask_numbers(row)
        _read_named_groups(row)
        _join_groups(row)
        _settle(row)
    return row.numbers


def _read_atoms(row: Row) -> None:
    """Collect runs of digits with the separators inside numbers."""
    tokens = row.tokens
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
            and tokens[place + 1].text in ".,:/-'_·"
            and tokens[place + 2].kind == DIGITS
            and row.touching(place, place + 1)
            and row.touching(place + 1, place + 2)
        ):
            separators += tokens[place + 1].text
            runs.append(tokens[place + 2].text)
            place += 2
        number = Number(first, place, runs, separators)
        row.numbers += _split_apart(row, number)
        place += 1


def _split_apart(row: Row, number: Number) -> list[Number]:
    """Part what punctuation without a space has run together ("482910,10 min")."""
    separators = set(number.separators)
    sizes = [len(run) for run in number.runs]
    joined = not separators or separators == {"-"} or ":" in separators
    if not joined and separators <= {".", ","}:
        if max(sizes) > 3 and not _is_dotted(number):
            joined = False
        else:
            follower = row.after(number)
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


def _read_named_groups(row: Row) -> None:
    """Take even groups with a rare separator for a code when its noun stands before them."""
    for number in row.numbers:
        kinds = set(number.separators)
        if len(kinds) != 1 or not kinds <= _RARE or number.kind not in _UNNAMED:
            continue
        is_even = len(set(map(len, number.runs))) == 1
        if is_even and _LEAST <= number.digits <= _MOST and _has_noun(row, number):
            number.kind = CANDIDATE
        elif kinds <= _ODD:
            number.kind = "other"


def _has_noun(row: Row, number: Number) -> bool:
    """True when a noun for a code stands before a number, with a colon or an "is" at most."""
    place = number.first - 1
    while place >= 0 and number.first - place <= _NEAR:
        bits = row.tokens[place].bits
        if bits & lexicon.NOUN:
            return True
        if not bits & lexicon.COPULA:
            return False
        place -= 1
    return False


def _join_groups(row: Row) -> None:
    """Join runs that stand apart by one space, or by a spaced hyphen."""
    joined: list[Number] = []
    place = 0
    while place < len(row.numbers):
        number = row.numbers[place]
        if number.kind or set(number.separators) - {"-"}:
            joined.append(number)
            place += 1
            continue
        members = [number]
        between = ""
        while place + len(members) < len(row.numbers):
            other = row.numbers[place + len(members)]
            separator = _separator(row, members[-1], other)
            if other.kind or other.separators or not separator:
                break
            if separator == "- " and {len(m.runs[0]) for m in [*members, other]} - {1, 2, 3}:
                break
            if between and separator != between:
                break
            between = separator
            members.append(other)
        joined += _grouped(row, members, between)
        place += len(members)
    row.numbers = joined


def _separator(row: Row, left: Number, right: Number) -> str:
    gap = row.tokens[right.first].start - row.tokens[left.last].end
    if right.first == left.last + 1:
        return " " if gap in (1, 2) else ""
    if right.first == left.last + 2 and row.tokens[left.last + 1].text == "-":
        return "- "
    return ""


def _grouped(row: Row, members: list[Number], separator: str) -> list[Number]:
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
    if is_phone(runs, sizes, separator):
        whole.kind = "phone"
        return [whole]
    if sum(size >= 4 for size in sizes) >= 1 and min(sizes) <= 2:
        for member in members:
            member.irregular = True
        return members
    whole.kind = "other"
    return [whole]


def _settle(row: Row) -> None:
    """Give every undecided number its kind by length and grouping."""
    for number in row.numbers:
        if number.kind:
            continue
        digits = number.digits
        sizes = tuple(map(len, number.runs))
        if is_phone(number.runs, sizes, number.separators):
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


def _is_dotted(number: Number) -> bool:
    """True when points and commas inside a number are where numbers have them."""
    sizes = [len(run) for run in number.runs]
    if len(sizes) == 2 and sizes[1] <= 2:
        return True  # 1234.50
    if len(sizes) == 3 and sizes[0] <= 2 and sizes[1] <= 2 and sizes[2] == 4:
        return True  # 07.03.2025
    return len(sizes) == 3 and sizes == [4, 2, 2]
