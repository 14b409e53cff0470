"""What a whole sentence says about a number in it, beyond the words that name it.

Some things are told by a sentence and not by a neighbour: that a code counts no longer ("code 4829
was cancelled at your request"), that a plain code follows a parcel on its way, that a number goes
with an order behind it ("12345 numaralı sipariş"), that brackets or a list name several numbers
("44102 (ref) 482910 (code)"), that a lone number is the means to an end ("open it with 4829"), and
whether a mere "number" has a verb of entering beside it.
"""

from __future__ import annotations

from typing import Final

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_message import LABELS, NAMES, PLURALS, REACH, Judged, Message
from otpblue_trio.policy.otp_numbers import CANDIDATE, Number
from otpblue_trio.policy.otp_tokens import DIGITS, LINE, SIGN, WORD

__all__ = [
    "find_bracketed",
    "find_cancelled",
    "find_followed",
    "find_means",
    "find_numbered",
    "find_several",
    "has_free_label",
    "is_later",
    "is_to_enter",
    "names_code",
    "sentence_bits",
    "span_of",
]

_WORDS = 12
_NEAR = 3
_MEANS_POINTS = 4.0
_PURPOSE_POINTS = 1.5
_BRACKET_POINTS = 9.0
_BRACKET_WORDS = 6
# "With" behind the number, and grown onto the word before it.
_MEANS = ("로", "으로", "ile", "से", "で")
_MEANS_BEFORE = ("用", "凭", "憑")
_PLAIN = 2.0
# From here on in Unicode words stand without spaces and have no plural.
_UNSPACED = "\u0e00"
_ARTICLE = 4
# "The validity of the code has ended", with the verb first.
_VALIDITY = "صلاحیه"
_FEWEST_OF_PARCEL = 7
# What has happened whatever time is told, unless it will happen.
_PAST: Final = frozenset(
    (
        *("expired", "lapsed", "timed out", "ran out", "expiré", "expirée", "caducó", "venció"),
        *("expirou", "scaduto", "scaduta", "wygasł", "wygasła", "wygasło", "истек", "истекла"),
        *("истекло", "изтече", "минув", "έληξε", "vypršel", "vypršela", "vanheni", "doldu"),
        *("gik ud", "gick ut"),
    )
)
_WILL_BE: Final = frozenset(
    ("be", "is", "are", "get", "gets", "sera", "sarà", "será", "bude", "будет", "буде", "θα")
)
_THE: Final = frozenset(("the", "le", "el", "il", "o", "den", "de", "het", "τον", "את", "a", "ma"))


def find_numbered(message: Message) -> None:
    """Name numbers by an order or a claim behind them."""
    if not message.bits & lexicon.NUMBERED:
        return
    for judged in message.judged:
        place = judged.number.last + 1
        if judged.number.kind != CANDIDATE or place >= len(message.tokens):
            continue
        if not message.tokens[place].bits & lexicon.NUMBERED:
            continue
        for _ in range(2):
            place = message.word(place, 1)
            bits = message.word_bits(place)
            if place < 0 or bits & NAMES:
                break
            if bits & lexicon.LABEL:
                message.taken[place] = judged
                judged.label(-10, f"numbers {message.tokens[place].text!r}")
                break


def find_bracketed(message: Message) -> None:
    """Name numbers by a word in brackets behind them: "44102 (ref) 551029 (code)"."""
    bracketed = [(judged, _in_brackets(message, judged.number)) for judged in message.judged]
    if not any(place >= 0 and message.strength(place) >= _PLAIN for _, place in bracketed):
        return
    for judged, place in bracketed:
        if place < 0 or judged.labelled:
            continue
        text = message.tokens[place].text
        message.taken[place] = judged
        judged.strength = message.strength(place)
        if judged.strength >= _PLAIN:
            judged.named = True
            judged.give(_BRACKET_POINTS, f"called {text!r}")
        else:
            judged.label(-10, f"called {text!r}")


def _in_brackets(message: Message, number: Number) -> int:
    """Return the place of the noun or label in the brackets behind a number, or -1."""
    tokens = message.tokens
    first = number.last + 1
    found = -1
    if first >= len(tokens) or tokens[first].text != "(":
        return -1
    for place in range(first + 1, min(first + _BRACKET_WORDS, len(tokens))):
        token = tokens[place]
        if token.text == ")":
            return found
        if token.bits & lexicon.NOT or token.kind not in (WORD, SIGN):
            return -1
        if token.bits & (NAMES | LABELS):
            found = place
    return -1


def find_several(message: Message) -> None:
    """Find what a word for several codes lists: "codes: 4410 (gate), 2291 (door)"."""
    for place, token in enumerate(message.tokens):
        is_plural = token.text in PLURALS
        may_be_plural = bool(token.bits & lexicon.NOUN) and token.text[0] >= _UNSPACED
        if (is_plural or may_be_plural) and message.strength(place) >= _PLAIN:
            listed = [] if message.is_warned(place) else _listed(message, place)
            if is_plural:
                message.several += _listed_before(message, place)
            if not is_plural and len({_is_described(message, one) for one in listed}) > 1:
                continue
            if len(listed) > 1:
                message.several += listed


def _listed(message: Message, noun: int) -> list[Judged]:
    """Return the numbers of one length behind a noun that have no names of their own."""
    tokens = message.tokens
    listed: list[Judged] = []
    between = 0
    place = noun
    while place + 1 < min(len(tokens), noun + REACH):
        place += 1
        token = tokens[place]
        if message.is_end(place) or token.bits & (lexicon.NOUN | lexicon.ENTER):
            break
        if token.kind != DIGITS:
            between |= 0 if token.bits & lexicon.PLACE else token.bits
            continue
        number = message.at[place]
        judged = message.by_number.get(id(number))
        place = number.last
        has_name = between & (LABELS | lexicon.BAD)
        between = 0
        if judged is None or number.kind != CANDIDATE or judged.labelled or has_name:
            continue
        if not listed or number.digits == listed[0].number.digits:
            listed.append(judged)
    return listed


def _listed_before(message: Message, noun: int) -> list[Judged]:
    """Return the numbers of "door 4410, alarm 8827 are your codes"."""
    tokens = message.tokens
    listed: list[Judged] = []
    is_said = False
    for place in range(noun - 1, max(noun - REACH, -1), -1):
        if tokens[place].kind == LINE or tokens[place].text == ":" or message.is_end(place):
            break
        judged = message.by_number.get(id(message.at.get(place)))
        if judged is None or judged in listed:
            continue
        if not listed:
            right = message.beside(judged.number)[1]
            is_said = right is not None and right.kind == WORD and bool(right.bits & lexicon.COPULA)
        if not is_said or judged.number.kind != CANDIDATE:
            break
        listed.append(judged)
    return listed if len(listed) > 1 else []


def _is_described(message: Message, judged: Judged) -> bool:
    """True when a word stands before a number that is not the noun."""
    left, _ = message.beside(judged.number)
    if left is None or left.kind != WORD:
        return False
    return not left.bits & (lexicon.NOUN | lexicon.COPULA | lexicon.AND)


def find_cancelled(message: Message) -> None:
    """Find codes of which the rest of the sentence says that they count no longer."""
    if not message.bits & lexicon.CANCELLED:
        return
    for judged in message.judged:
        if judged.number.kind == CANDIDATE and not judged.cancelled:
            judged.cancelled = _ends_cancelled(message, judged) or _is_object(message, judged)


def is_to_enter(message: Message, judged: Judged) -> bool:
    """True for "enter code 4829": what the sentence says further on is said of something else."""
    place = judged.number.first
    for _ in range(_NEAR):
        place = message.word(place, -1)
        if message.word_bits(place) & lexicon.ENTER:
            return not message.is_warned(place)
    return False


def _ends_cancelled(message: Message, judged: Judged) -> bool:
    if is_to_enter(message, judged):
        return False
    tokens = message.tokens
    words = 0
    for place in range(judged.number.last + 1, len(tokens)):
        token = tokens[place]
        if token.kind == LINE or message.is_end(place) or token.text in ",、:":
            return False
        if token.kind == DIGITS and message.at[place].kind == CANDIDATE:
            return False
        if token.kind != WORD:
            continue
        words += 1
        if token.bits & lexicon.CANCELLED:
            return not is_later(message, judged, place)
        if token.bits & lexicon.ENTER or words > _WORDS or message.is_purpose(place):
            return False
        if token.bits & lexicon.WITH and words <= 1 and not token.bits & lexicon.COPULA:
            return False
    return False


def _is_object(message: Message, judged: Judged) -> bool:
    """True for a verb before the noun: "cancelled code 4829", as Arabic has it."""
    noun = message.word(judged.number.first, -1)
    if message.word_bits(noun) & lexicon.QUAL and not message.word_bits(noun) & lexicon.NOUN:
        noun = message.word(noun, -1)
    if not message.word_bits(noun) & lexicon.NOUN:
        return False
    verb = message.word(noun, -1)
    for _ in range(2):
        if message.word_bits(verb) & lexicon.CANCELLED:
            return not message.word_bits(message.word(verb, -1)) & lexicon.NOT
        is_article = verb >= 0 and len(message.tokens[verb].text) <= _ARTICLE
        if is_article and (
            message.word_bits(verb) & lexicon.BRIDGE or message.tokens[verb].text in _THE
        ):
            verb = message.word(verb, -1)
    if verb >= 0 and message.tokens[verb].text == _VALIDITY:
        verb = message.word(verb, -1)
    return bool(message.word_bits(verb) & lexicon.CANCELLED)


def is_later(message: Message, judged: Judged, place: int) -> bool:
    """True for "will be invalid in 5 minutes", "won't expire": a code that still counts."""
    tokens = message.tokens
    before = message.word(place, -1)
    if message.word_bits(before) & lexicon.NOT or (
        before > 1 and tokens[before].text == "t" and tokens[before - 1].text == "'"
    ):
        return True
    if tokens[place].text in _PAST and (before < 0 or tokens[before].text not in _WILL_BE):
        return False
    for at in range(judged.number.last + 1, min(place + 5, len(tokens))):
        token = tokens[at]
        if token.kind == LINE or (at > place and message.is_end(at)):
            break
        if token.kind == DIGITS and message.at[at].kind in ("duration", "time"):
            return True
        if token.bits & lexicon.TIME and len(token.text) > 2:
            return True
    return False


def find_followed(message: Message) -> None:
    """Name numbers with which a parcel is followed on its way."""
    if not message.bits & lexicon.FOLLOW:
        return
    for judged in message.judged:
        if judged.number.kind != CANDIDATE or judged.labelled:
            continue
        bits = sentence_bits(message, judged)
        if bits & lexicon.FOLLOW and judged.strength <= _PLAIN:
            if not bits & lexicon.LABEL and judged.number.digits < _FEWEST_OF_PARCEL:
                continue
            if _has_purpose(message, judged):
                continue
            judged.label(-10, "follows something on its way")


def find_means(message: Message) -> None:
    """Give points to a number that is the means to an end: "sign with 4829"."""
    if not message.bits & (lexicon.PURPOSE | lexicon.OPEN):
        return
    for judged in message.judged:
        number = judged.number
        if number.kind != CANDIDATE or judged.labelled or judged.score > 0:
            continue
        right = message.beside(number)[1]
        before = message.word(number.first, -1)
        is_bridge = message.word_bits(before) & lexicon.BRIDGE
        if is_bridge and len(message.tokens[before].text) < _ARTICLE:
            before = message.word(before, -1)
        is_behind = right is not None and right.kind == WORD and right.text.startswith(_MEANS)
        is_means = is_behind or bool(message.word_bits(before) & lexicon.WITH)
        if before >= 0 and message.tokens[before].text.endswith(_MEANS_BEFORE):
            is_means = True
        if before >= 0 and message.is_purpose(before) and before == number.first - 1:
            judged.give(_PURPOSE_POINTS, "what is confirmed")
        if is_means and _has_purpose(message, judged):
            judged.give(_MEANS_POINTS, "the means to an end")


def has_free_label(message: Message, judged: Judged) -> bool:
    """True when the sentence names an order or a queue that no number has taken."""
    first, last = span_of(message, judged)
    return any(
        message.tokens[place].bits & lexicon.LABEL and place not in message.taken
        for place in range(first, last)
    )


def span_of(message: Message, judged: Judged) -> tuple[int, int]:
    """Return the places between the ends of the sentence around a number, as far as one looks."""
    tokens = message.tokens
    first = judged.number.first
    lowest, highest = first - REACH, min(judged.number.last + REACH, len(tokens))
    while (
        first > max(lowest, 0) and tokens[first - 1].kind != LINE and not message.is_end(first - 1)
    ):
        first -= 1
    last = judged.number.last + 1
    while last < highest and tokens[last].kind != LINE and not message.is_end(last):
        last += 1
    return first, last


def sentence_bits(message: Message, judged: Judged) -> int:
    """Return all that the words of the sentence around a number may mean."""
    bits = 0
    first, last = span_of(message, judged)
    for token in message.tokens[first:last]:
        bits |= token.bits
    return bits


def names_code(message: Message, judged: Judged) -> bool:
    """True when the sentence around a number has a noun for a code."""
    first, last = span_of(message, judged)
    return any(token.bits & lexicon.NOUN for token in message.tokens[first:last])


def _has_purpose(message: Message, judged: Judged) -> bool:
    first, last = span_of(message, judged)
    return any(
        message.is_purpose(place) or message.tokens[place].bits & lexicon.OPEN
        for place in range(first, last)
    )
