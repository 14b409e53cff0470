"""What names a number from its left: "order 12345", "the code is 482910".

The walk goes left from the number to the nearest name. Numbers that have another name already may
be walked past, and a noun belongs to one number only: the nearest on its right.
"""

from __future__ import annotations

from typing import Final

import attrs

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_message import LABELS, NAMES, PLURALS, REACH, Judged, Message
from otpblue_trio.policy.otp_numbers import CANDIDATE, LETTERS, LONG, SHORT
from otpblue_trio.policy.otp_subjects import HOMOGRAPHS, Owner, owner_of, said_after
from otpblue_trio.policy.otp_tokens import CUT, DIGITS, LINE, SIGN, Token

__all__ = ["name_from_left"]

_STEPS = 10
_LINES = 2
# Points lost with every word between a noun and a number that no sign joins.
_FAR_WITH_PURPOSE = 0.8
_ABOUT_CODES = lexicon.PURPOSE | lexicon.QUAL
_AFTER_DONE = 4.0
_FAR = 2.5
_LABEL_STEPS = 1.5
_NAME_POINTS: Final = {1.0: 5.0, 2.0: 9.0, 3.0: 10.0}
_VERB_POINTS = 5.0
_ENDING_IN = ("endin", "endet", "endzi", "termi", "eindi", "slut", "końc", "päätt", "berak", "konč")
_OF = frozenset({"de", "di", "do", "da"})
_BEHIND = ("ile", "से")
_MAIL = "mail"
_TAIL_DIGITS = 4
_LONGEST_CODE = 8
_FAR_NAME = 2
# "Instead of the one sent earlier, 4829".
_INSTEAD_STEPS = 4
_INSTEAD: Final = frozenset(
    (
        *("instead of", "rather than", "lieu de", "plutôt que", "anstelle", "statt", "zamiast"),
        *("en lugar de", "en vez de", "em vez de", "no lugar de", "invece di", "plaats van"),
        *("istället för", "stedet for", "în loc de", "вместо", "замість", "místo", "αντί", "αντι"),
    )
)
# From here on in Unicode a letter is worth several of other scripts.
_WIDE = "\u0e00"


@attrs.define
class _Walk:
    """How far a walk is, and what it has passed."""

    place: int
    steps: float = 0.0
    """Words between, light ones counted in part."""
    own_steps: float = 0.0
    """Words between in the number's own sentence, when the walk has left it."""
    ends: int = 0
    lines: int = 0
    comma: bool = False
    mark: str = ""
    """A colon or an "is" before the number."""
    verb: bool = False
    by_means: bool = False
    """True when "with" stands between, or behind the number with a purpose."""
    is_means: bool = False
    """True when "with" and a purpose stand behind the number."""
    bridge: bool = False
    """True when "for" or "in order to" stands between."""
    purpose: bool = False
    """True when a word stands between that tells what a code is for."""
    done: bool = False
    """True when a word stands between that tells of something done."""
    is_for: bool = False
    """True when a purpose with such a word stands between: what is before it is its object."""
    passed: bool = False
    """True when another number stands between."""
    strange: bool = False
    """True when the word directly before the number is not in the tables."""
    replaced: bool = False
    new: bool = False

    @property
    def is_apart(self) -> bool:
        """True behind a sentence end, a line end or a comma: no label reaches over one."""
        return self.is_behind or self.comma

    @property
    def is_behind(self) -> bool:
        """True behind a sentence end or a line end."""
        return bool(self.ends or self.lines)


def name_from_left(message: Message, judged: Judged) -> None:
    """Find what names a number from its left, and whether it is called old."""
    is_means = _is_means(message, judged)
    walk = _Walk(judged.number.first, by_means=is_means, is_means=is_means)
    farthest = max(walk.place - REACH, 0)
    while walk.place > farthest and walk.steps <= _STEPS:
        walk.place -= 1
        token = message.tokens[walk.place]
        if token.kind == LINE:
            walk.lines += 1
            if walk.lines > _LINES:
                break
        elif token.kind == SIGN:
            if not _pass_sign(message, walk, token):
                break
        elif token.kind == CUT:
            walk.steps += 0.5
        elif token.kind == DIGITS:
            if not _pass_number(message, walk):
                break
        elif _meet_word(message, judged, walk, token):
            return
    if walk.replaced and not walk.new:
        judged.cancelled = True


def _is_means(message: Message, judged: Judged) -> bool:
    """True for "(your account) 482910 ile onaylayın": "with" behind the number, then a purpose."""
    place = message.word(judged.number.last, 1)
    if place < 0 or message.tokens[place].text not in _BEHIND:
        return False
    for _ in range(3):
        place = message.word(place, 1)
        if place < 0 or message.word_bits(place) & lexicon.ENDING:
            return False
        if message.is_purpose(place):
            return True
    return False


def _is_verified(message: Message, judged: Judged, place: int) -> bool:
    """True for "confirm your mobile number": the thing at a place is what the code is for."""
    if judged.number.digits > _LONGEST_CODE:
        return False
    for _ in range(6):
        place = message.word(place, -1)
        if place < 0:
            return False
        if message.is_purpose(place):
            return not message.is_warned(place)
    return False


def _pass_sign(message: Message, walk: _Walk, token: Token) -> bool:
    if message.is_end(walk.place):
        walk.ends += 1
        walk.own_steps = walk.steps
        return walk.ends <= 1
    if token.text in ",、]】":
        walk.comma = True  # a name in brackets tells who writes
    elif token.text == ":" and walk.steps >= 1:
        walk.comma = True  # what stands before the colon is a heading
    elif token.text in ":=→>»-#" and walk.steps == 0:
        walk.mark = walk.mark or token.text
    return True


def _pass_number(message: Message, walk: _Walk) -> bool:
    """Go past a number that has its own name; False at one that may be the code."""
    walk.passed = True
    number = message.at[walk.place]
    other = message.by_number.get(id(number))
    has_name = other is None or other.labelled or other.cancelled
    if has_name or number.kind in (LETTERS, SHORT):
        walk.steps += 0.5
        walk.place = number.first
        return True
    return False


def _meet_word(message: Message, judged: Judged, walk: _Walk, token: Token) -> bool:
    """Take a word into account; True when it ends the walk."""
    bits = token.bits
    if bits & lexicon.COPULA and walk.steps < 1:
        walk.mark = walk.mark or "is"
    if bits & lexicon.WITH:
        walk.by_means = True
    if bits & lexicon.BRIDGE and not bits & lexicon.OF:
        walk.bridge = True
    elif walk.bridge and not walk.is_for and bits & lexicon.PURPOSE:
        walk.is_for = message.is_purpose(walk.place)
    walk.purpose = walk.purpose or bool(bits & lexicon.PURPOSE)
    walk.done = walk.done or bool(bits & lexicon.DONE and not bits & _ABOUT_CODES)
    if not walk.verb and not walk.ends:
        reach = _INSTEAD_STEPS if token.text in _INSTEAD else 1
        near = walk.steps < reach and not walk.passed
        if bits & lexicon.REPLACES and near and not (bits & lexicon.NOT and walk.steps):
            walk.replaced = True
        if bits & lexicon.NEW:
            walk.new = True
    if bits & (NAMES | LABELS) and _meet_name(message, judged, walk, token):
        if judged.named:
            _read_adjectives(message, judged, walk)
        elif walk.replaced:
            judged.cancelled = True
        return True
    is_next = walk.steps <= 0.25 and not (walk.ends or walk.comma or walk.verb)
    if bits & lexicon.QUAL and is_next and judged.number.kind == CANDIDATE and not judged.score:
        judged.give(3.5, f"beside {token.text!r}")
    if bits & lexicon.ENTER and not (walk.verb or walk.ends or message.is_warned(walk.place)):
        walk.verb = True
        judged.verb = True
        judged.entered = walk.steps == 0
        if judged.entered:
            message.verbs[walk.place] = judged
        points = max(_VERB_POINTS - 0.75 * walk.steps - walk.lines, 1)
        if bits & lexicon.USE and walk.strange:
            points = 1.0  # "use entrance 12"
            judged.verb = False
        judged.give(points, f"after the verb {token.text!r}")
    if not (walk.steps or bits):
        walk.strange = walk.place == judged.number.first - 1
    walk.steps += 0.25 if bits & (lexicon.LIGHT | lexicon.NUMBER) else 1
    if token.text[0] >= _WIDE:
        walk.steps += len(token.text) // 8
    return False


def _meet_name(message: Message, judged: Judged, walk: _Walk, token: Token) -> bool:
    """Take a noun or a label; True when it is the name."""
    place, steps, bits = walk.place, walk.steps, token.bits
    strength = message.strength(place)
    if strength > 0 and bits & LABELS and not bits & lexicon.NOUN and strength < 2:
        strength = -1.0
    if strength > 0:
        if message.is_taken(place, judged):
            return False
        if message.is_warned(place) and (steps > 0.5 or walk.is_behind):
            return False
        if walk.ends and _is_denied(message, place):
            return False
        if judged.said and walk.ends:
            return False  # what is said of it behind it counts
        _take_noun(message, judged, walk, strength)
        return True
    if walk.verb or walk.is_for or (judged.said and steps):
        return False
    if strength < 0 or bits & lexicon.LABEL:
        if place in message.taken:
            return False
        reach = 0.75 if walk.mark and strength >= 0 else _LABEL_STEPS
        if walk.is_apart or steps > reach:
            return strength < 0
        if token.text == _MAIL and walk.mark and _is_verified(message, judged, place):
            return False
        if walk.by_means and not token.text.startswith(_ENDING_IN):
            return False  # "confirm your order with ..."
        if walk.mark and _read_head(message, judged, place, steps):
            return True
        return _label(message, judged, place, -10 + steps, f"named {token.text!r}")
    if walk.is_apart:
        return False
    if bits & lexicon.PHONE and steps <= 2.5:
        if message.word_bits(message.word(place, -1)) & lexicon.WITH:
            return False  # "nobody asks for it by phone: ..."
        if walk.is_means or (
            (walk.by_means or walk.mark == ":") and _is_verified(message, judged, place)
        ):
            return False  # "confirm your mobile number: ..."
        return _label(message, judged, place, -10 + steps, f"to call, after {token.text!r}")
    if bits & lexicon.TAIL and steps <= 0.5 and not walk.mark:
        if walk.by_means and not token.text.startswith(_ENDING_IN):
            return False  # "unlock your account with ..."
        if bits & lexicon.ENTER and judged.number.digits != _TAIL_DIGITS:
            return False  # Swedish "visa 482910 för budet": to show
        return _label(message, judged, place, -10, f"card or account, after {token.text!r}")
    return False


def _is_denied(message: Message, noun: int) -> bool:
    """True for the noun of "this code is never asked for", up to the end of its sentence."""
    for place in range(noun + 1, min(noun + REACH, len(message.tokens))):
        token = message.tokens[place]
        if message.is_end(place) or token.kind == LINE:
            return False
        if token.bits & lexicon.NOT:
            return True
    return False


def _take_noun(message: Message, judged: Judged, walk: _Walk, strength: float) -> None:
    if _is_index(message, judged):
        return
    is_marked = bool(walk.mark) and not (
        walk.is_behind or message.tokens[judged.number.first - 1].text in HOMOGRAPHS
    )
    if walk.steps and not is_marked:
        owner, other = said_after(message, judged.number)
        if owner is Owner.ANOTHER:
            judged.label(-10, "what the code is for")
            return
        if other is not None:
            message.doubts.append((other, judged))
    owner = owner_of(message, walk.place, judged, marked=is_marked)
    if owner is Owner.ANOTHER:
        return
    if owner is Owner.UNKNOWN:
        message.doubts.append((message.subjects[walk.place].judged, judged))
    points = _NAME_POINTS[strength] - 0.4 * walk.steps - 2.5 * walk.ends - 0.5 * walk.lines
    points -= 0.8 * walk.own_steps
    points += 1 if walk.mark else 0
    if not (walk.mark or walk.verb or walk.by_means):
        points -= (_FAR_WITH_PURPOSE if walk.purpose else _FAR) * max(0.0, walk.steps - 1)
        points -= _AFTER_DONE * walk.done
    is_stub = judged.number.kind in (SHORT, LONG)
    if not walk.mark and walk.steps > 0 and (is_stub or _is_far_name(judged, walk)):
        return
    if walk.verb and points <= _VERB_POINTS:
        return
    if points <= 0 and strength < 2:
        return  # a mere "number" far away
    noun = message.tokens[walk.place].text
    judged.give(points, f"named {noun!r}")
    judged.named = strength >= 2
    judged.strength = strength
    if noun in PLURALS and judged.number.is_split:
        judged.give(-8, "maybe several codes")
    if not walk.ends and walk.steps <= 3:
        message.taken[walk.place] = judged
        before = message.word(walk.place, -1)
        while message.word_bits(before) & (lexicon.NOUN | lexicon.QUAL):
            message.taken.setdefault(before, judged)  # "code OTP" is one name
            before = message.word(before, -1)


def _is_far_name(judged: Judged, walk: _Walk) -> bool:
    """True for "your password in the shop Lamp24": such a word is a name and no code."""
    return judged.number.kind == LETTERS and walk.steps >= _FAR_NAME


def _is_index(message: Message, judged: Judged) -> bool:
    """True for the 1 of "Code 1: 482910"."""
    number = judged.number
    after = message.tokens[number.last + 1 : number.last + 3]
    return (
        number.digits == 1
        and len(after) == 2
        and after[0].text == ":"
        and after[1].kind == DIGITS
        and message.at[number.last + 2].kind == CANDIDATE
    )


def _label(message: Message, judged: Judged, place: int, points: float, reason: str) -> bool:
    """Give a number another name than a code's."""
    if message.tokens[place].bits & lexicon.PLACE:
        before = message.word(place, -1)
        judged.of_place = bool(message.word_bits(before) & lexicon.NOUN)
    message.taken[place] = judged
    judged.label(points, reason)
    return True


def _read_head(message: Message, judged: Judged, label: int, steps: float) -> bool:
    """Read "the code for your order: 482910": the noun before the label is the name."""
    bridged = bool(message.tokens[label].bits & lexicon.QUAL)
    place = label
    for words in range(5):
        place = message.word(place, -1)
        if place < 0:
            return False
        token = message.tokens[place]
        if token.bits & lexicon.NOUN and message.strength(place) >= 2:
            if not bridged or place in message.taken or message.is_warned(place):
                return False
            judged.give(8 - 0.4 * (steps + words), f"named {token.text!r}")
            judged.named = True
            message.taken[place] = judged
            return True
        is_bridge = token.bits & lexicon.BRIDGE and token.text not in _OF
        if is_bridge or token.bits & lexicon.QUAL:
            bridged = True
    return False


def _read_adjectives(message: Message, judged: Judged, walk: _Walk) -> None:
    """Read "old", "new" before the noun."""
    place = walk.place
    for _ in range(3):
        place = message.word(place, -1)
        bits = message.word_bits(place)
        if bits & lexicon.NEW:
            walk.new = True
        if bits & lexicon.REPLACES and not bits & lexicon.NOT:
            walk.replaced = True
        elif place < 0 or bits & (lexicon.ENTER | lexicon.COPULA):
            break
    if walk.replaced and not walk.new:
        judged.cancelled = True
    if walk.new:
        judged.is_new = True
        judged.give(2, "called new")
