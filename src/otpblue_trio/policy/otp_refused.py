"""Codes of which a sentence says that somebody has tried them, or that they are none.

"The code 4829 you entered is wrong", "You entered 4829", "Code 4829 accepted", "Do not use 4829, it
is not your code", "six digits, for example 4829": such a number stands in a code's place and has a
code's name, but nobody has to type it. What is told under a condition ("if the code is wrong") is
no such thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_numbers import CANDIDATE
from otpblue_trio.policy.otp_tokens import DIGITS, LINE, SIGN, WORD

if TYPE_CHECKING:
    from otpblue_trio.policy.otp_message import Judged, Message

__all__ = ["find_refused"]

_WORDS = 6
_NAME_WORDS = 3
_VERB_WORDS = 3
_CLAUSE_WORDS = 8
_SAMPLE_TOKENS = 4
_SAID_TOKENS = 8
_COUNTS_NOT: Final = lexicon.WRONG | lexicon.CANCELLED
_CONTRAST_TOKENS = 7
_SAMPLE_SIGNS: Final = frozenset(":,、.(\"'")
_NAME: Final = lexicon.NOUN | lexicon.QUAL | lexicon.BRIDGE | lexicon.NUMBER
_FALSE: Final = lexicon.WRONG | lexicon.ACCEPTED | lexicon.ENTERED | lexicon.SAMPLE | lexicon.NOT
# Behind a comma these go on about the number before it.
_RELATIVE: Final = frozenset(
    (
        *("который", "которую", "який", "който", "която", "který", "która", "który"),
        *("den", "der", "die", "das", "which", "that"),
    )
)
_PRONOUNS: Final = frozenset(
    ("it", "that", "this", "which", "es", "das", "ce", "c", "eso", "isso", "это", "це", "to", "dat")
)
_RIGHT: Final = frozenset(
    ("a", "an", "right", "correct", "valid", "richtige", "gültige", "bon", "n", "pas")
)
_HAVE: Final = frozenset(("haben", "hast", "habt", "hebt", "heeft", "hebben"))
_TYPED: Final = frozenset(("eingegeben", "eingetippt", "ingevoerd", "ingetypt", "ingevuld"))
_BUT: Final = frozenset(
    (
        *("but", "sondern", "sino", "mais", "ma", "bensì", "mas", "maar", "utan", "men", "lecz"),
        *("tylko", "ale", "nýbrž", "vaan", "ci", "heldur", "а", "но", "але"),
    )
)
_NOT_BEHIND: Final = (
    *("değil", "ではなく", "じゃなく", "이 아니라", "가 아니라", "नहीं"),
    *("sijaan", "sijasta", "yerine", "の代わり", "대신", "के बजाय", "के बदले", "के स्थान पर"),
)
_LONGEST_SUFFIX = 4
_TELLING: Final = _TYPED | _BUT | frozenset(word.split()[0] for word in _NOT_BEHIND)
_DENIES = lexicon.NOT | lexicon.CANCELLED | lexicon.REPLACES
_BECOME: Final = frozenset(("werden", "worden"))


def find_refused(message: Message) -> None:
    """Cancel codes that are said to be wrong, used, or no codes of the reader's."""
    if not message.bits & _FALSE and not any(t.text in _TELLING for t in message.tokens):
        return
    for judged in message.judged:
        if judged.number.kind == CANDIDATE and not judged.cancelled:
            judged.cancelled = (
                _is_wrong(message, judged)
                or _was_accepted(message, judged)
                or _was_entered(message, judged)
                or _is_no_code(message, judged)
                or _is_called_wrong(message, judged)
                or _is_sample(message, judged)
                or _is_contrasted(message, judged)
            )


def _is_wrong(message: Message, judged: Judged) -> bool:
    """True for "code 4829 that you entered is wrong"."""
    tokens = message.tokens
    words = 0
    copula = relative = False
    for place in range(judged.number.last + 1, len(tokens)):
        token = tokens[place]
        if token.text in ",、":
            behind = tokens[place + 1].text if place + 1 < len(tokens) else ""
            relative = relative or behind in _RELATIVE
            if not relative:
                return False
        elif token.kind in (LINE, DIGITS) or token.text == ":" or message.is_end(place):
            return False
        elif token.kind == WORD:
            if token.bits & lexicon.WRONG:
                is_said = _closes(message, place) or (copula and _goes_on(message, place))
                return is_said and not _is_condition(message, judged.number.first)
            copula = copula or bool(token.bits & lexicon.COPULA)
            words += not token.bits & lexicon.COPULA
            if token.bits & lexicon.IF or words > _WORDS:
                return False
    return False


def _is_called_wrong(message: Message, judged: Judged) -> bool:
    """True for "you sent 4829, but that code is not valid"."""
    tokens = message.tokens
    comma = judged.number.last + 1
    if comma >= len(tokens) or tokens[comma].text not in ",;" or judged.entered:
        return False
    has_noun = False
    for place in range(comma + 1, min(comma + _SAID_TOKENS, len(tokens))):
        token = tokens[place]
        if has_noun and token.bits & _COUNTS_NOT:
            return _closes(message, place) and not _is_condition(message, place)
        is_sign = token.kind == SIGN and token.text == "'"
        if token.kind != WORD and not is_sign:
            return False
        has_noun = has_noun or bool(token.bits & lexicon.NOUN)
    return False


def _closes(message: Message, place: int) -> bool:
    """True when a word ends its clause, but for an "is" as some languages have it at the end."""
    tokens = message.tokens
    place += 1
    while place < len(tokens) and tokens[place].kind == WORD:
        if not tokens[place].bits & lexicon.COPULA:
            return bool(tokens[place].bits & lexicon.AND)
        place += 1
    return place == len(tokens) or tokens[place].kind == LINE or tokens[place].text in ".!?;。|,、-"


def _goes_on(message: Message, place: int) -> bool:
    """True when a word says something by itself: "wrong for this account", not "wrong code"."""
    behind = message.tokens[place + 1]
    return behind.kind == WORD and not behind.bits & (lexicon.NOUN | lexicon.NUMBER)


def _is_condition(message: Message, place: int) -> bool:
    """True when an "if" or "once" stands before a place in its clause."""
    words = 0
    while place > 0 and words <= _CLAUSE_WORDS:
        place -= 1
        token = message.tokens[place]
        if token.kind in (LINE, DIGITS) or token.text in ",、:" or message.is_end(place):
            return False
        if token.bits & lexicon.IF:
            return True
        words += token.kind == WORD
    return False


def _was_accepted(message: Message, judged: Judged) -> bool:
    """True for "code 4829 was accepted"."""
    place = judged.number.last
    for _ in range(_VERB_WORDS):
        place = message.word(place, 1)
        if place < 0:
            return False
        bits = message.tokens[place].bits
        if bits & lexicon.ACCEPTED:
            return _closes(message, place) and not _is_condition(message, judged.number.first)
        if not bits & (lexicon.COPULA | lexicon.DONE):
            return False
    return False


def _was_entered(message: Message, judged: Judged) -> bool:
    """True for "you entered (the code) 4829", "thanks for using code 4829", "4829 you chose"."""
    tokens = message.tokens
    right = message.beside(judged.number)[1]
    if right is not None and right.bits & lexicon.ENTERED:
        return not _is_condition(message, judged.number.first)
    place = message.word(judged.number.first, -1)
    for _ in range(_NAME_WORDS):
        bits = message.word_bits(place)
        if bits & lexicon.ENTERED or not bits & _NAME:
            break
        place = message.word(place, -1)
    if place < 0:
        return False
    if message.word_bits(place) & lexicon.ENTERED:
        return not _is_condition(message, place)
    behind = tokens[judged.number.last + 1 : judged.number.last + 3]
    return (
        tokens[place].text in _HAVE
        and bool(behind)
        and behind[0].text in _TYPED
        and behind[-1].text not in _BECOME
        and not _is_condition(message, place)
    )


def _is_no_code(message: Message, judged: Judged) -> bool:
    """True for "4829 is not your code", and for "do not use 4829, it is not your code"."""
    tokens = message.tokens
    place = judged.number.last + 1
    if place < len(tokens) and tokens[place].kind == SIGN and tokens[place].text in ",;、-":
        place += 1
        if place < len(tokens) and tokens[place].text not in _PRONOUNS:
            return False
    found = 0
    while place < len(tokens):
        token = tokens[place]
        if token.bits & lexicon.NOUN:
            has_both = bool(found & lexicon.NOT and found & lexicon.COPULA)
            return has_both and _closes(message, place)
        is_light = token.bits & (lexicon.NOT | lexicon.COPULA | lexicon.BRIDGE | lexicon.QUAL)
        is_sign = token.kind == SIGN and token.text == "'"
        if not (is_light or is_sign or token.text in _RIGHT or token.text in _PRONOUNS):
            return False
        found |= token.bits
        place += 1
    return False


def _is_sample(message: Message, judged: Judged) -> bool:
    """True for "for example: 4829"."""
    place = judged.number.first
    for _ in range(_SAMPLE_TOKENS):
        place -= 1
        if place < 0:
            return False
        token = message.tokens[place]
        if token.bits & lexicon.SAMPLE:
            return True
        if token.text not in _SAMPLE_SIGNS and not token.bits & _NAME:
            return False
    return False


def _is_contrasted(message: Message, judged: Judged) -> bool:
    """True for the first number of "not 4829 but 7714" and of "4829 değil, 7714"."""
    tokens = message.tokens
    first = judged.number.last + 1
    if (
        first + 2 < len(tokens)
        and tokens[first].text in ":'"
        and len(tokens[first + 1].text) <= _LONGEST_SUFFIX
    ):
        first += 2  # "4471:n sijaan", "4471'in yerine"
    behind = " ".join(token.text for token in tokens[first : first + 3])
    denies_behind = behind.startswith(_NOT_BEHIND)
    has_but = False
    for place in range(first, min(first + _CONTRAST_TOKENS, len(tokens))):
        token = tokens[place]
        if token.kind == DIGITS:
            is_code = message.at[place].kind == CANDIDATE
            return is_code and (denies_behind or (has_but and _is_denied(message, judged)))
        if token.kind == LINE or message.is_end(place):
            return False
        if has_but and not token.bits & _NAME:
            return False
        has_but = has_but or token.text in _BUT
    return False


def _is_denied(message: Message, judged: Judged) -> bool:
    """True when a "not" stands before a number in its clause."""
    place = judged.number.first
    for _ in range(_NAME_WORDS + 1):
        place = message.word(place, -1)
        if message.word_bits(place) & _DENIES:
            return True
    return False
