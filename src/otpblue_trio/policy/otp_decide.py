"""The decision about the shape of a message: which digits are the code, or why there is none.

Fixed forms come first: a last line `@domain #code`, and a message of digits alone. Everything else
is decided by context (`otp_points`), with a margin between the best number and the next.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.policy.otp_groups import numbers_of
from otpblue_trio.policy.otp_message import Judged, Message
from otpblue_trio.policy.otp_normalise import folded_text
from otpblue_trio.policy.otp_numbers import CANDIDATE, LONG, Number
from otpblue_trio.policy.otp_points import ENOUGH, MARGIN, judge
from otpblue_trio.policy.otp_tokens import DIGITS, Cut, Token, tokens_of
from otpblue_trio.policy.otp_types import NoCodeReason

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Decision", "Reading", "decide", "read"]

_DOMAIN_LINE = re.compile(r"@[^\s@#]+\s+#(\S+)(?:\s+[@%]\S+)?")
_BARE = re.compile(r"^[\s\"'(\[*<]*([\d][\d -]*\d)[\s\"')\]*>.!]*$")
_TWICE = 2
_LONGEST = 10
_MOST_RUNS = 64
"""A message with more runs of digits is a list of something; this bounds the work on hostile
texts."""


@attrs.frozen
class Decision:
    """What a shape says about every message that has it."""

    ranges: tuple[tuple[int, int], ...]
    """Places of the codes among all digits of the message. More than one is fine only when the
    digits turn out to be the same."""
    reason: NoCodeReason
    """Why there is none, when `ranges` is empty."""
    rule: str


@attrs.define
class Reading:
    """Everything that led to a decision."""

    cased: str
    decision: Decision
    tokens: list[Token] = attrs.Factory(list)
    cuts: list[Cut] = attrs.Factory(list)
    numbers: list[Number] = attrs.Factory(list)
    judged: list[Judged] = attrs.Factory(list)


def decide(shape: str) -> Decision:
    """Return the decision about a message by its shape (`otp_normalise.shape_of`)."""
    return read(shape).decision


def read(shape: str) -> Reading:
    """Return the decision with everything that led to it."""
    cased, lower = folded_text(shape)
    fixed = _fixed_form(cased)
    if fixed is not None:
        return Reading(cased, fixed)
    tokens, cuts = tokens_of(cased, lower)
    if sum(token.kind == DIGITS for token in tokens) > _MOST_RUNS:
        crowd = Decision((), NoCodeReason.AMBIGUOUS, "too many numbers")
        return Reading(cased, crowd, tokens, cuts)
    numbers = numbers_of(tokens)
    bare = _bare(cased, numbers)
    if bare is not None:
        return Reading(cased, bare, tokens, cuts, numbers)
    judged = judge(Message(tokens, numbers, cased))
    return Reading(cased, _by_points(cased, tokens, judged), tokens, cuts, numbers, judged)


def _digits_before(text: str, places: Iterable[int]) -> dict[int, int]:
    """Return how many digits stand before each place; goes through the text once."""
    before = {}
    digits = last = 0
    for place in sorted(places):
        digits += sum(character.isdecimal() for character in text[last:place])
        last = place
        before[place] = digits
    return before


def _fixed_form(cased: str) -> Decision | None:
    last_line = cased.rstrip().rpartition("\n")[2].strip()
    if not last_line.startswith("@"):
        return None
    match = _DOMAIN_LINE.fullmatch(last_line)
    if match is None:
        return None
    value = match.group(1)
    rule = "domain line"
    if not value.isdecimal():
        return Decision((), NoCodeReason.LETTERS, rule)
    if not 4 <= len(value) <= 10:
        return Decision((), NoCodeReason.LENGTH, rule)
    place = cased.rindex(last_line) + match.start(1)
    first = _digits_before(cased, [place])[place]
    return Decision(((first, first + len(value)),), NoCodeReason.NONE, rule)


def _bare(cased: str, numbers: list[Number]) -> Decision | None:
    match = _BARE.match(cased)
    if match is None or len(numbers) != 1:
        return None
    number = numbers[0]
    rule = "digits only"
    if number.kind == CANDIDATE and (not number.irregular):
        return Decision(((0, number.digits),), NoCodeReason.NONE, rule)
    sizes = [len(run) for run in number.runs]
    if number.kind == LONG and len(sizes) == _TWICE and sizes[0] == sizes[1] <= _LONGEST:
        # Written twice it is one code; two different ones are found out later.
        places = ((0, sizes[0]), (sizes[0], number.digits))
        return Decision(places, NoCodeReason.AMBIGUOUS, rule)
    is_length = number.kind in ("short", "long")
    return Decision((), NoCodeReason.LENGTH if is_length else NoCodeReason.NONE, rule)


def _by_points(cased: str, tokens: list[Token], judged: list[Judged]) -> Decision:
    rule = "context"
    best = [one for one in judged if one.score >= ENOUGH]
    if not best:
        return Decision((), _why_none(judged), rule)
    top = best[0].score
    rivals = [one for one in best if one.score > top - MARGIN]
    rivals += [one for one in judged if one not in rivals and _is_rival(one, best[0], judged)]
    for one in rivals:
        if one.number.kind != CANDIDATE and not rivals[0].named:
            return Decision((), _reason_of(one), rule)
    if rivals[0].number.kind != CANDIDATE:
        return Decision((), _reason_of(rivals[0]), rule)
    candidates = [one.number for one in rivals if one.number.kind == CANDIDATE]
    starts = [tokens[number.first].start for number in candidates]
    before = _digits_before(cased, starts)
    ranges = tuple(
        (before[start], before[start] + number.digits)
        for start, number in zip(starts, candidates, strict=True)
    )
    return Decision(ranges, NoCodeReason.AMBIGUOUS, rule)


def _is_rival(one: Judged, best: Judged, judged: list[Judged]) -> bool:
    """True for a second code in its own right, though the place of the first one is better."""
    if one.cancelled or one.number.kind != CANDIDATE or not best.names_code or best.is_new:
        return False
    if any(other.cancelled for other in judged):
        return False
    if one.of_place:
        return one.number.digits == best.number.digits
    return one.names_code and one.score >= ENOUGH


def _reason_of(judged: Judged) -> NoCodeReason:
    if judged.number.kind == "letters":
        return NoCodeReason.LETTERS
    return NoCodeReason.LENGTH


def _why_none(judged: list[Judged]) -> NoCodeReason:
    for one in judged:
        if one.number.kind != CANDIDATE and one.named:
            return _reason_of(one)
    return NoCodeReason.NONE
