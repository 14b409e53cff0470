"""What names a number from its right: "482910 is your code", "12345 numaralı sipariş".

It counts less than a name on the left, except where the language puts it there.
"""

from __future__ import annotations

from typing import Final

import attrs

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_clauses import is_later, is_to_enter
from otpblue_trio.policy.otp_message import LABELS, NAMES, REACH, Judged, Message
from otpblue_trio.policy.otp_numbers import LETTERS, SHORT
from otpblue_trio.policy.otp_subjects import doubt_first
from otpblue_trio.policy.otp_tokens import CUT, DIGITS, LINE, SIGN, WORD, Token

__all__ = ["name_from_right"]

_STEPS = 8
_NAME_POINTS: Final = {1.0: 3.5, 2.0: 7.5, 3.0: 8.5}
_VERB_POINTS = 5.0
_PURPOSE_POINTS = 3.5
_OBJECT_STEPS = 5
_LONGEST_SCORE = 6
# From here on in Unicode words stand without spaces.
_UNSPACED = "\u3000"
_IN_ORDER_TO: Final = frozenset(
    ("за", "чтобы", "щоб", "um", "aby", "żeby", "pour", "afin", "to", "om", "per", "ca", "чтоб")
)
_OBJECT: Final = ("را", "को", "を", "을", "를")


@attrs.define
class _Walk:
    """How far a walk is, and what it has passed."""

    place: int
    steps: float = 0.0
    ends: int = 0
    lines: int = 0
    copula: bool = False
    comma: bool = False
    in_order: bool = False
    """True when a comma stands before "in order to", as in many languages it does."""
    is_object: bool = False
    """True when a particle behind the number marks it as what the verb at the end is about."""
    entered: bool = False
    """True when a verb or a purpose was met: a label behind it belongs to that."""
    signed: bool = False
    label: Token | None = None
    label_steps: float = 0.0


def name_from_right(message: Message, judged: Judged) -> None:
    """Find what names a number from its right, and whether it is called expired."""
    walk = _Walk(judged.number.last)
    farthest = min(walk.place + REACH, len(message.tokens) - 1)
    while walk.place < farthest and walk.steps <= _STEPS:
        walk.place += 1
        token = message.tokens[walk.place]
        if token.kind == LINE:
            walk.lines += 1
            if walk.lines > 1:
                break
        elif token.kind == SIGN:
            walk.comma = walk.comma or token.text in ",、"
            behind = message.tokens[walk.place + 1].text if walk.place < farthest else ""
            walk.in_order = walk.in_order or (walk.comma and behind in _IN_ORDER_TO)
            if message.is_end(walk.place):
                walk.ends += 1
                if walk.ends > 1:
                    break
        elif token.kind == CUT:
            walk.steps += 0.5
        elif token.kind == DIGITS:
            number = message.at[walk.place]
            other = message.by_number.get(id(number))
            has_name = other is None or other.labelled or number.kind in (SHORT, LETTERS)
            if not has_name:
                break
            walk.steps += 0.5
            walk.place = number.last
        elif _meet_word(message, judged, walk, token):
            return
    if walk.label is None or judged.named:
        return
    grown_on = walk.label_steps == 0 and walk.label.text[0] >= _UNSPACED and not judged.verb
    if judged.score >= 3 and not grown_on:
        return
    if walk.label_steps <= (3 if walk.copula else 1.5):
        judged.label(-8, f"before {walk.label.text!r}")


def _meet_word(message: Message, judged: Judged, walk: _Walk, token: Token) -> bool:
    """Take a word into account; True when it ends the walk."""
    bits = token.bits
    if walk.steps == 0:
        walk.is_object = token.text.startswith(_OBJECT) and token.kind == WORD
        if token.bits & lexicon.MORE and judged.number.digits < _LONGEST_SCORE:
            judged.label(-8, f"so many {token.text!r}")
            return True
    if bits & lexicon.COPULA and walk.steps < 1:
        walk.copula = True
    if bits & lexicon.CANCELLED and not (walk.ends or walk.lines or walk.entered):
        is_said_of_it = not (is_later(message, judged, walk.place) or is_to_enter(message, judged))
        judged.cancelled = judged.cancelled or is_said_of_it
    strength = message.strength(walk.place) if bits & NAMES else 0.0
    if strength > 0 and not judged.named and not judged.labelled:
        if bits & LABELS and not bits & lexicon.NOUN and strength < 2:
            strength = -1.0 if bits & lexicon.LABEL else 0.0
        elif not (
            message.is_taken(walk.place, None) or (walk.ends and message.is_warned(walk.place))
        ):
            points = _NAME_POINTS[strength] - 0.4 * walk.steps - 3 * walk.ends - walk.lines
            points += 1 if walk.copula else 0
            if points > 0:
                judged.strength = strength
                judged.give(points, f"before {token.text!r}")
                if walk.steps >= 1:
                    doubt_first(message, judged)
            return True
    if bits & lexicon.SIGN and walk.steps <= 1 and not (judged.named or walk.signed or walk.lines):
        walk.signed = True
        judged.give(2, f"before {token.text!r}")
    _meet_label(message, judged, walk, token, strength)
    _meet_verb(message, judged, walk, token)
    walk.steps += 0.25 if bits & lexicon.LIGHT else 1
    return False


def _meet_label(
    message: Message, judged: Judged, walk: _Walk, token: Token, strength: float
) -> None:
    if walk.label is not None or walk.ends or walk.lines or judged.said:
        return
    if strength < 0 or token.bits & lexicon.LABEL:
        is_free = not (walk.entered or walk.place in message.taken)
        # "482910 Amount: 120.50": the name of what follows.
        follower = message.tokens[walk.place + 1 : walk.place + 2]
        is_free = is_free and not (follower and follower[0].text == ":")
    else:
        # "9345 ile biten kart": the tail of a card.
        is_tail = token.bits & lexicon.TAIL and judged.number.digits == 4 and walk.steps <= 1
        is_free = bool(is_tail) and not walk.copula and judged.score <= 0
    if is_free:
        walk.label = token
        walk.label_steps = walk.steps


def _meet_verb(message: Message, judged: Judged, walk: _Walk, token: Token) -> None:
    if walk.entered or walk.ends:
        return
    bits = token.bits
    if bits & lexicon.ENTER and message.verbs.get(walk.place, judged) is not judged:
        walk.entered = True  # the verb of the number behind it
    elif bits & lexicon.ENTER and walk.steps <= (_OBJECT_STEPS if walk.is_object else 2):
        walk.entered = True
        if judged.score < _VERB_POINTS and not message.is_warned(walk.place):
            away = 0.25 if walk.is_object else 0.75
            points = _VERB_POINTS - away * walk.steps - walk.lines - 2 * walk.comma
            judged.verb = True
            judged.give(points, f"before the verb {token.text!r}")
    elif (
        walk.steps <= (4.5 if message.opens(judged.number) else 2.5)
        and not walk.lines
        and message.is_purpose(walk.place)
    ):
        walk.entered = True
        if judged.score < _VERB_POINTS:
            points = _PURPOSE_POINTS - 2 * (walk.comma and not walk.in_order)
            judged.give(points, f"before the purpose {token.text!r}")
