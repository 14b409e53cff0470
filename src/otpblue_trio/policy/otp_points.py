"""Which number of a message is the code, by points.

The word that names a number counts most (`otp_names_left`, `otp_names_right`), then the verb that
enters it, then what its sentence says (`otp_clauses`), its place in the message, and what the
message as a whole is about. A lone number without a name is taken when weak signs add up: a verb, a
means to an end, a time it is valid, the shape of the message (`otp_weak`), and nothing that speaks
against it. A "number" by itself names nothing: queues, files and complaints have numbers too. What
a code would be if it were one (three digits, capitals) takes part too: when it wins, the message is
refused. All points were set by hand against many messages; only their differences mean anything.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import attrs

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_clauses import (
    find_bracketed,
    find_cancelled,
    find_followed,
    find_means,
    find_numbered,
    find_several,
    has_free_label,
    sentence_bits,
    span_of,
)
from otpblue_trio.policy.otp_message import REACH, Judged, Message
from otpblue_trio.policy.otp_names_left import name_from_left
from otpblue_trio.policy.otp_names_right import name_from_right
from otpblue_trio.policy.otp_notices import find_notices
from otpblue_trio.policy.otp_numbers import CANDIDATE, LETTERS, SHORT
from otpblue_trio.policy.otp_refused import find_refused
from otpblue_trio.policy.otp_senders import find_senders
from otpblue_trio.policy.otp_subjects import find_subjects
from otpblue_trio.policy.otp_tokens import LINE, SIGN, WORD
from otpblue_trio.policy.otp_weak import count_weak_signs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from otpblue_trio.policy.otp_numbers import Number
    from otpblue_trio.policy.otp_tokens import Token

__all__ = ["ENOUGH", "MARGIN", "judge"]

ENOUGH: Final = 5.0
"""Points below which a number is not taken for a code."""
MARGIN: Final = 2.5
"""Two numbers nearer than this to each other are equally good."""

_HARMLESS = ("duration", "word")
_AGAINST = lexicon.LABEL | lexicon.PHONE | lexicon.BAD | lexicon.MARKETING
_ABOUT_CODES = lexicon.NOUN | lexicon.QUAL | lexicon.SIGN
_TOPICS: Final = ("은", "는", "は", "คือ", "为", "為", "是")
_FOR: Final = frozenset(
    (
        *("for", "pour", "für", "para", "per", "voor", "för", "til", "till"),
        *("pentru", "за", "для", "untuk", "dla", "pro", "για", "עבור"),
    )
)
"""Behind these stands what a code is for, never the code."""
_USERS: Final = frozenset(
    (
        *("user", "utilisateur", "benutzer", "usuario", "usuário", "utente", "gebruiker"),
        *("användare", "bruker", "bruger", "пользователя", "користувача", "użytkownika"),
    )
)
"""For these a code is, and their number is none."""
_FOR_BEHIND: Final = frozenset(("için",))
"""Before these stands what a code is for."""
_TILLS: Final = frozenset(("kassan", "kassen", "kassalla"))
"""Where vouchers are shown, but also codes: then nothing is said of what one gets."""
_WORDS_AT_TILL = 4
_OR: Final = frozenset(
    (
        *("or", "oder", "ou", "o", "u", "of", "eller", "eða", "tai", "lub", "albo", "nebo", "sau"),
        *("или", "або", "veya", "atau", "hoặc", "ή", "أو", "یا", "או", "या", "หรือ", "或"),
    )
)
_DASHES: Final = ("-", "–", "—")
_GOES_ON: Final = re.compile(r"[¹²³¼½¾]|(?:…|\.\.+) ?\d|\*\*+")
_BETWEEN: Final = frozenset(
    ("was", "will", "be", "has", "been", "now", "war", "wird", "était", "sera", "era", "será")
)
_WAS: Final = frozenset(
    (
        *("was", "were", "war", "waren", "était", "era", "eram", "fue", "foi", "fu", "var", "oli"),
        *("był", "była", "byl", "byla", "bylo", "был", "была", "був", "була", "беше", "ήταν"),
    )
)
"""Behind these stands what a code is no more, where another number stands as well."""
_KEYS = lexicon.NOUN | lexicon.QUAL
_SAYS_CODE = _KEYS | lexicon.ENTER | lexicon.PURPOSE
_PHONE_GROUPS: Final = (
    *((2, 2, 2, 2), (3, 2, 2), (2, 2, 3), (3, 2, 3), (3, 3, 2), (2, 3, 3), (4, 4), (3, 3, 3)),
    *((3, 4), (4, 3), (4, 2, 2), (2, 3, 2), (3, 2, 2, 2), (1, 2, 2, 2), (2, 2, 2, 2, 2)),
)
"""Sizes of groups in which people write telephone numbers."""


def judge(message: Message) -> list[Judged]:
    """Return the candidates and stubs of a message with their points, best first."""
    find_numbered(message)
    _find_purposes(message)
    find_notices(message)
    find_senders(message)
    find_bracketed(message)
    find_subjects(message)
    find_several(message)
    for judged in message.judged:
        if judged.number.kind == LETTERS and not judged.number.runs:
            judged.give(10, "capitals in the place of a code")
        elif not judged.named:
            name_from_left(message, judged)
    find_means(message)
    for judged in message.judged:
        if judged.number.kind in (CANDIDATE, LETTERS):
            name_from_right(message, judged)
    find_cancelled(message)
    find_refused(message)
    find_followed(message)
    _share_names(message, _says_what_it_is)
    for judged in message.judged:
        if judged.cancelled:
            judged.give(-12, "cancelled")
        if judged.number.kind == CANDIDATE:
            _count_place(message, judged)
        elif (
            judged.number.kind == LETTERS
            and judged.number.runs
            and not (judged.named or _is_subject(message, judged))
        ):
            # A name like 5Aces is no code; such a word in a code's place is.
            judged.give(-6, "a word with digits")
    _share_names(message, _lists)
    _share_names(message, _offers)
    live = [judged for judged in message.judged if judged.number.kind == CANDIDATE]
    if len(live) > 1:
        _count_past(message, live)
    if live:
        _count_message(message, live)
        if len(live) == 1:
            count_weak_signs(message, live[0])
    _doubt_owners(message)
    _doubt_pieces(message)
    return sorted(message.judged, key=lambda judged: -judged.score)


def _count_past(message: Message, live: Sequence[Judged]) -> None:
    """Take points from the first number of "your code was 4829. It is now 7712"."""
    for judged in live:
        left, _ = message.beside(judged.number)
        if judged.named and left is not None and left.text in _WAS:
            judged.give(-8, "what it was")


def _find_purposes(message: Message) -> None:
    """Take "the code for 4421" for no code: it is an order, a card, an account."""
    for judged in message.judged:
        left, right = message.beside(judged.number)
        if left is not None and (left.text in _FOR or left.text in _USERS):
            judged.label(-10, f"after {left.text!r}")
        elif right is not None and right.text in _FOR_BEHIND:
            judged.label(-10, f"before {right.text!r}")


def _share_names(
    message: Message, joins: Callable[[Number, Number, Sequence[Token]], bool]
) -> None:
    """Give what is as good as a named number the same points.

    That is what is listed beside it, "codes 4029 and 5519", and what it is said to be: in "the code
    for 4421 is 482910" and in "your code 4421 is 482910" it is for people to tell which is which.
    """
    for one, other in pairwise(message.judged):
        if one.number.kind != CANDIDATE or other.number.kind != CANDIDATE:
            continue
        if any(judged.labelled or judged.cancelled for judged in (one, other)):
            continue
        between = message.tokens[one.number.last + 1 : other.number.first]
        if joins(one.number, other.number, between):
            _make_equal((one, other), "listed beside another")


def _make_equal(group: Sequence[Judged], reason: str) -> None:
    best = max(judged.score for judged in group)
    for judged in group:
        if judged.score < best:
            judged.give(best - judged.score, reason)


def _doubt_owners(message: Message) -> None:
    """Give numbers of which one is the code and the words do not say which the same points."""
    for pair in message.doubts:
        if not any(judged.labelled or judged.cancelled for judged in pair):
            _make_equal(pair, "may be meant as well")
    if message.several and not any(judged.cancelled for judged in message.several):
        _make_equal(message.several, "one of several")


def _doubt_pieces(message: Message) -> None:
    """Refuse "your code is 4829 10" and "4829****": what is there may not be all of it."""
    for judged in message.judged:
        number = judged.number
        begin, end = message.tokens[number.first].start, message.tokens[number.last].end
        goes_on = _GOES_ON.match(message.cased, end)
        if goes_on and not (goes_on[0] == "**" and message.cased[:begin].endswith("**")):
            judged.give(-20, "goes on")
    for one, other in pairwise(message.judged):
        between = message.tokens[one.number.last + 1 : other.number.first]
        if len(between) > 1 or any(token.text not in _DASHES for token in between):
            continue
        for piece, rest in ((one, other), (other, one)):
            if piece.number.kind == SHORT and rest.number.kind == CANDIDATE:
                piece.give(rest.score - piece.score + MARGIN, "a piece of what stands beside it")


def _says_what_it_is(_one: Number, _other: Number, between: Sequence[Token]) -> bool:
    """True for what stands between two numbers of which one is said to be the other."""
    return bool(between) and all(
        token.text in "()[]{}/-\"'" or token.text in _BETWEEN or token.bits & lexicon.COPULA
        for token in between
    )


def _lists(one: Number, other: Number, between: Sequence[Token]) -> bool:
    """True for what stands between two numbers of a list."""
    return one.digits == other.digits and all(
        token.kind == LINE or token.text in ",/、&-*•·" or token.bits & lexicon.AND
        for token in between
    )


def _offers(one: Number, other: Number, between: Sequence[Token]) -> bool:
    """True for what stands between the numbers of "4829 in the app or 7712 on the website"."""
    return (
        one.digits == other.digits
        and bool(between)
        and between[-1].text in _OR
        and not any(token.kind == LINE or token.bits & lexicon.NOUN for token in between)
    )


def _count_place(message: Message, judged: Judged) -> None:
    number = judged.number
    left, right = message.beside(number)
    starts = left is None or left.kind == LINE
    ends = right is None or right.kind == LINE
    if starts and ends:
        judged.give(2, "alone on a line")
    elif starts:
        judged.give(1, "begins a line")
    elif ends or message.is_end(number.last + 1):
        judged.give(1, "ends a sentence")
    if left is not None:
        is_mark = left.kind == SIGN and left.text in ':=→»>-"*[('
        if is_mark or left.bits & lexicon.WITH:
            judged.give(1.5, f"after {left.text!r}")
        elif left.kind == WORD and left.text in _TOPICS:
            judged.give(1, f"after {left.text!r}")
    if (
        message.opens(number)
        and right is not None
        and right.kind == WORD
        and right.bits & lexicon.COPULA
    ):
        judged.give(1.5, f"subject of {right.text!r}")
    if judged.named:
        return
    is_last = judged.entered and message.is_end(number.last + 2)  # "enter 482910 instead"
    if right is not None and right.bits & lexicon.NEW and not is_last:
        judged.give(-4, "so many new ones")
    if tuple(map(len, number.runs)) in _PHONE_GROUPS and not judged.entered:
        judged.give(-3, "grouped as telephone numbers are")
    if number.irregular:
        judged.give(-4, "uneven groups")
    if number.is_year and not judged.entered:
        judged.give(-4, "may be a year")
    if number.is_day:
        judged.give(-3, "may be a date")


def _is_subject(message: Message, judged: Judged) -> bool:
    """True for "N685QMH is your code"."""
    tokens = message.tokens
    number = judged.number
    place = number.last + 1
    farthest = min(len(tokens), place + REACH)
    while place < farthest and tokens[place].start == tokens[place - 1].end:
        place += 1
    written = message.cased[tokens[number.first].start : tokens[place - 1].end]
    if place >= len(tokens) or any(character.islower() for character in written):
        return False
    return bool(tokens[place].bits & lexicon.COPULA)


@attrs.frozen
class _Whole:
    """What the message as a whole says."""

    names_code: bool
    """A noun for a code that no number has taken."""
    warns: bool
    offers: int
    """Different words of advertising."""
    has_purpose: bool
    at_till: bool
    """One of them is the till, and the message says little more."""
    is_priced: bool
    is_secret: bool
    """A word that only goes with one-time codes, not in a warning."""


def _whole(message: Message) -> _Whole:
    names_code = warns = has_purpose = is_secret = False
    offers = set()
    for place, token in enumerate(message.tokens):
        bits = token.bits
        if bits & (lexicon.NOUN | lexicon.QUAL):
            warned = message.is_warned(place)
            warns = warns or (warned and bool(bits & lexicon.NOUN))
            if not warned:
                is_secret = is_secret or bool(bits & (lexicon.SURE | lexicon.QUAL))
                if not names_code and bits & lexicon.NOUN:
                    names_code = not message.is_taken(place, None) and message.strength(place) >= 2
        if bits & lexicon.PURPOSE and not has_purpose:
            has_purpose = message.is_purpose(place)
        if bits & lexicon.MARKETING:
            offers.add(token.text)
    if "%" in message.cased:
        offers.add("%")
    is_priced = any(number.kind in ("amount", "count") for number in message.masked)
    words = sum(token.kind == WORD for token in message.tokens)
    at_till = words <= _WORDS_AT_TILL and not offers.isdisjoint(_TILLS)
    return _Whole(names_code, warns, len(offers), has_purpose, at_till, is_priced, is_secret)


def _count_message(message: Message, live: list[Judged]) -> None:
    whole = _whole(message)
    replaced = any(judged.cancelled for judged in live)
    others = {number.kind for number in message.masked}
    alone = len(live) == 1 and not others & {"phone", "card tail"}
    nothing_against = others <= set(_HARMLESS) and not message.bits & _AGAINST
    for judged in live:
        if judged.labelled or judged.cancelled:
            continue
        if replaced:
            judged.give(4, "another code is cancelled")
        if not judged.named:
            if whole.names_code:
                judged.give(2, "the message names a code")
            elif whole.warns and _is_told_behind(message, judged):
                judged.give(-3, "in a sentence of its own behind a warning")
            elif whole.warns:
                judged.give(1, "the message warns about a code")
        if message.bits & lexicon.SIGN and judged.score > 2:
            is_lone = alone and len(message.judged) == 1 and not message.bits & _AGAINST
            judged.give(2 if is_lone else 1, "the message warns or limits")
        if judged.strength == 1 and not message.bits & _KEYS:
            _count_weak_name(message, judged, has_purpose=whole.has_purpose)
        if len(live) == 1 and judged.verb and not alone:
            judged.give(1, "the only number with a verb")
        if whole.has_purpose:
            judged.give(2, "the message is about access")
        if message.bits & lexicon.DONE and judged.score < ENOUGH:
            judged.give(-2, "the message tells of something done")
        if alone:
            judged.give(1.5, "the only number")
            if nothing_against:
                _count_form(judged)
                if judged.verb:
                    judged.give(1, "a verb and nothing against it")
        is_shown = judged.entered and whole.offers == 1 and whole.at_till and not whole.is_priced
        if is_shown and not message.bits & (lexicon.LABEL | lexicon.BAD):
            continue
        if whole.offers and not whole.is_secret:
            near = bool(sentence_bits(message, judged) & lexicon.MARKETING)
            judged.give(-4.0 - 2 * near - 3 * (whole.offers > 1) - 3 * whole.is_priced, "an offer")
        elif whole.offers > 1:
            judged.give(-1.0 * min(whole.offers, 4), "an offer")


def _is_told_behind(message: Message, judged: Judged) -> bool:
    """True for "Never share your code. Fraud desk 112233": of codes this sentence says nothing."""
    first, _ = span_of(message, judged)
    has_words = any(token.kind == WORD for token in message.tokens[first : judged.number.first])
    return first > 0 and has_words and not sentence_bits(message, judged) & _SAYS_CODE


def _count_weak_name(message: Message, judged: Judged, *, has_purpose: bool) -> None:
    """Doubt a "number": any order, queue or file has one."""
    bits = sentence_bits(message, judged)
    if bits & lexicon.DONE:
        judged.give(-4, "a number of something done")
    if bits & lexicon.ENTER:
        return
    if not (message.bits & _ABOUT_CODES or has_purpose):
        judged.give(-5, "nothing but a number")
    if has_free_label(message, judged):
        judged.give(-4, "a number of something else")


def _count_form(judged: Judged) -> None:
    if judged.number.digits == 6:
        judged.give(1.5, "six digits and nothing against it")
    elif judged.number.runs[0][0] == "0":
        judged.give(1, "a leading zero and nothing against it")
