"""What a sentence says of its first number: "482910 is your code to pay 4999".

There the noun stands between two numbers. It is of the number that the sentence is about; the other
is what the code is for: a sum, a locker, an account. Where a mere dash joins the first number to
the noun, or nothing does, it may also be a name ("1860 - your code to log in 482910"): then the
words do not decide, and the message is refused.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_message import LABELS, NAMES, Judged, Message, Subject
from otpblue_trio.policy.otp_numbers import CANDIDATE, LETTERS, LONG, Number
from otpblue_trio.policy.otp_tokens import DIGITS, LINE, SIGN, WORD

__all__ = ["HOMOGRAPHS", "Owner", "doubt_first", "find_subjects", "owner_of", "said_after"]

_WORDS = 6
_STRANGE_WORDS = 2
_LONGEST_CODE = 8
_CLAUSE = 24
"""Tokens of a clause that are looked through for an "is"."""
_MARKS: Final = frozenset(":=-")
_PARTING: Final = frozenset(",;()")
_JOINING: Final = frozenset("\"'()/*")
_CLOSING: Final = frozenset('")*')
_HEADS: Final = frozenset(',:(["*】]')
_AS: Final = frozenset(
    (
        *("as", "als", "comme", "como", "come", "som", "sem", "jako", "ca", "като", "як", "как"),
        *("sebagai", "ωσ", "làm", "olarak"),
    )
)
_WILL: Final = frozenset(("will", "wird", "sera", "será", "sarà", "zal", "blir", "bliver"))
# Particles that mark what a sentence is about, where the noun stands at its end.
_PARTICLES: Final = ("は", "が", "은", "는", "이", "가", "是", "为", "為")
_TOPICS: Final = frozenset(("은", "는", "是", "คือ"))
# An "is" at the end of a sentence.
_FINAL: Final = frozenset(("है", "हैं", "است"))
# An "is" of one language that is a preposition of another.
HOMOGRAPHS: Final = frozenset(("to", "on"))
_OTHERWISE: Final = (
    lexicon.AND | lexicon.NOT | lexicon.WITH | lexicon.DONE | lexicon.CANCELLED | lexicon.ENTER
)


class Owner(Enum):
    """Whose a noun is that stands on the left of a number."""

    ITSELF = auto()
    ANOTHER = auto()
    UNKNOWN = auto()


def find_subjects(message: Message) -> None:
    """Find the numbers of which a noun on their right says that they are the code."""
    for place, token in enumerate(message.tokens):
        if token.bits & NAMES and message.strength(place) >= 2 and not message.is_warned(place):
            subject = _subject_of(message, place)
            if subject is not None:
                message.subjects[place] = subject
                subject.judged.said = subject.judged.said or subject.is_said


def owner_of(message: Message, noun: int, judged: Judged, *, marked: bool) -> Owner:
    """Tell whose a noun is.

    Args:
      message: the message.
      noun: its place.
      judged: the number on its right that might take it.
      marked: whether a colon or an "is" stands directly before that number.
    """
    subject = message.subjects.get(noun)
    if subject is None or subject.judged is judged:
        return Owner.ITSELF
    other = subject.judged
    if other.labelled or other.cancelled:
        return Owner.ITSELF
    is_next = noun == judged.number.first - 1
    is_name = other.number.kind != CANDIDATE
    if (marked and is_name) or (not subject.is_said and (marked or is_next or is_name)):
        return Owner.ITSELF
    if marked or is_next or message.tokens[judged.number.first - 1].text in ",、":
        return Owner.UNKNOWN
    if subject.is_said:
        return Owner.ANOTHER
    # A name is seldom as long as a code, and an account is longer.
    is_long = other.number.digits >= judged.number.digits
    is_code = subject.has_dash and (is_long or judged.number.digits > _LONGEST_CODE)
    return Owner.ANOTHER if is_code else Owner.UNKNOWN


def doubt_first(message: Message, judged: Judged) -> None:
    """Doubt a noun at the end of a sentence that begins with another number.

    In "482910 4999 भेजने का कोड है" it is of the first, in other sentences of the second.
    """
    if judged.number.kind != CANDIDATE or judged.said:
        return
    for place in range(judged.number.first - 1, -1, -1):
        token = message.tokens[place]
        if token.kind == LINE or message.is_end(place) or token.text in ":-=":
            return
        other = message.by_number.get(id(message.at.get(place)))
        if other is not None and other.number.kind == CANDIDATE and not other.labelled:
            if _heads(message, other.number) and not other.cancelled:
                message.doubts.append((other, judged))
            return


def _subject_of(message: Message, noun: int) -> Subject | None:
    """Walk left from a noun to the number that it says something about."""
    tokens = message.tokens
    found: Subject | None = None
    passed: list[Number] = []
    words = strange = 0
    place = noun - 1
    while place >= 0 and words <= _WORDS and strange <= _STRANGE_WORDS:
        token = tokens[place]
        if token.kind == DIGITS:
            number = message.at[place]
            judged = message.by_number.get(id(number))
            if judged is not None and (not passed or _is_topic(message, number)):
                found = found or _said_of(message, judged, noun)
                if found is not None and found.is_said:
                    _set_apart(message, passed)
                    return found
            passed.append(number)
            place = number.first
        elif token.kind == WORD:
            words += 1
            strange += not token.bits
            is_light = token.bits & (lexicon.BRIDGE | lexicon.COPULA)
            left = tokens[place - 1].text
            if token.bits & _OTHERWISE and not is_light and left != "'" and left not in _AS:
                break
        elif token.kind != SIGN or not _is_joint(message, place):
            break
        place -= 1
    return found


def _set_apart(message: Message, numbers: list[Number]) -> None:
    """Label numbers between what a sentence is about and the noun at its end."""
    for number in numbers:
        judged = message.by_number.get(id(number))
        if judged is not None:
            judged.label(-10, "what the code is for")


def _is_joint(message: Message, place: int) -> bool:
    """True for a sign that parts nothing, or that stands directly behind a number."""
    token = message.tokens[place]
    if token.text in _JOINING or (place and message.tokens[place - 1].kind == DIGITS):
        return not message.is_end(place)
    return token.text == "-" and message.tokens[place + 1].start == token.end


def said_after(message: Message, number: Number) -> tuple[Owner, Judged | None]:
    """Tell whose the noun is in "your code for paying 4500 by card 8812 is 482910".

    Args:
      message: the message.
      number: one that stands behind the noun, with no colon or "is" before it.

    Returns:
      The owner, and the other number where it is not known.
    """
    tokens = message.tokens
    joint = _joint_of(message, number)
    for place in range(joint, min(joint + _CLAUSE, len(tokens) - 1)):
        token = tokens[place]
        before = tokens[place - 1]
        is_joined = bool(token.bits & lexicon.COPULA)  # a colon joins, too
        is_copula = is_joined and token.kind == WORD
        is_sure = is_copula and token.text not in HOMOGRAPHS
        behind = place + 2 if is_copula and tokens[place + 1].text == ":" else place + 1
        other = message.at.get(behind)
        if other is not None and other.kind == CANDIDATE:
            if (is_joined and place == joint) or (is_sure and not before.bits & LABELS):
                return Owner.ANOTHER, None
            # "your customer id is 8812" may be said of it; "by card 8812: 482910" hardly is.
            is_odd = before.kind == DIGITS and place > joint
            if is_sure or (is_odd and (is_copula or token.text in _MARKS)):
                return Owner.UNKNOWN, message.by_number.get(id(other))
        if is_sure or token.kind == LINE or token.text in _PARTING or message.is_end(place):
            break
    return Owner.ITSELF, None


def _joint_of(message: Message, number: Number) -> int:
    """Return the place of what joins a number to the words behind it."""
    tokens = message.tokens
    place = number.last + 1
    while place + 1 < len(tokens):
        is_grown_on = number.kind == LETTERS and tokens[place].start == tokens[place - 1].end
        if not is_grown_on and tokens[place].text not in _CLOSING:
            break
        place += 1
    return place


def _heads(message: Message, number: Number) -> bool:
    """True for a number that begins a sentence, or stands behind who writes or is written to."""
    left = message.beside(number)[0]
    return message.opens(number) or (left is not None and left.text in _HEADS)


def _is_topic(message: Message, number: Number) -> bool:
    """True for a number that a particle grown onto it, or behind it, makes the topic."""
    tokens = message.tokens
    joint = tokens[number.last + 1]
    is_grown_on = joint.start == tokens[number.last].end and joint.text.startswith(_PARTICLES)
    return is_grown_on or joint.text in _TOPICS


def _said_of(message: Message, judged: Judged, noun: int) -> Subject | None:
    """Tell what joins a number to a noun behind it; None when it is not what is spoken of."""
    tokens = message.tokens
    number = judged.number
    heads = _heads(message, number)
    if message.word_bits(message.word(number.first, -1)) & LABELS and not heads:
        return None
    joint = tokens[_joint_of(message, number)]
    is_said = joint.kind == WORD and (
        joint.text in _AS
        or joint.text in _WILL
        or bool(joint.bits & lexicon.COPULA and (heads or joint.text not in HOMOGRAPHS))
    )
    is_final = noun + 1 < len(tokens) and tokens[noun + 1].text in _FINAL
    if is_said or _is_topic(message, number) or (heads and is_final):
        return Subject(judged, is_said=True, has_dash=False)
    if number.kind not in (CANDIDATE, LONG) or not heads:
        return None
    return Subject(judged, is_said=False, has_dash=joint.text in ("-", "="))
