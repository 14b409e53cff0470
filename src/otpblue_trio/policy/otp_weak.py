"""Weak signs that make a code of a lone number when two or three of them meet.

Senders invent new words for a code every day, and some use none at all. What they keep is the
shape of the message: a name and a number and nothing else, a sender in brackets before a number, a
number that opens or starts something of the reader's. Each of these may also be chance, so they
count only for the one number of a short message in which no word names another thing, advertises,
or reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_numbers import CANDIDATE, is_letters
from otpblue_trio.policy.otp_tokens import DIGITS, LINE, SIGN, WORD

if TYPE_CHECKING:
    from otpblue_trio.policy.otp_message import Judged, Message

__all__ = ["count_weak_signs"]

_LONGEST_MESSAGE = 160
_LEAST_POINTS = 1.0
_FEWEST, _MOST = 4, 8
_FEWEST_BESIDE_NAME = 5
_BRAND_WORDS = 3
_MERE_NUMBER = 1.0
_HARMLESS: Final = ("duration", "word")
_AGAINST: Final = lexicon.LABEL | lexicon.PHONE | lexicon.BAD | lexicon.MARKETING
_OVER: Final = (
    lexicon.MARKETING | lexicon.CANCELLED | lexicon.FOLLOW | lexicon.DONE | lexicon.NUMBERED
)
_WILL: Final = ("will", "wird", "zal", "vai", "va")
_OPENED_STEPS = 3


def count_weak_signs(message: Message, judged: Judged) -> None:
    """Give points to the only number of a message for its shape."""
    if judged.labelled:
        return
    _count_brand(message, judged)
    if (
        judged.cancelled
        or judged.named
        or len(message.judged) > 1
        or len(message.cased) > _LONGEST_MESSAGE
        or not _FEWEST <= judged.number.digits <= _MOST
        or judged.score < _LEAST_POINTS
        or message.bits & _OVER
    ):
        return
    _count_sender(message, judged)
    _count_opening(message, judged)


def _count_brand(message: Message, judged: Judged) -> None:
    """Accept "OrbitX - 074486": a name, a sign, a number, and nothing else."""
    if len(message.judged) > 1 or any(n.kind not in _HARMLESS for n in message.masked):
        return
    words = [token for token in message.tokens if token.kind == WORD]
    if len(words) > _BRAND_WORDS or message.bits & (_AGAINST | lexicon.TAIL):
        return
    if judged.strength == _MERE_NUMBER and len(words) > 1:
        return  # "winning number: ..."
    if not all(is_letters(token) for token in words) and message.tokens[0].text not in "【[":
        return
    for beside in message.beside(judged.number):
        if beside is None:
            continue
        is_sign = beside.kind == SIGN and beside.text not in ".,#/+*"
        if is_sign or beside.kind in (LINE, DIGITS):
            judged.give(5, "a name and a number")
            return
    if len(words) == 1 == len(message.tokens) - (judged.number.last - judged.number.first + 1):
        word = words[0]
        is_name = not word.bits and message.cased[word.start].isupper()
        if is_name and judged.number.digits >= _FEWEST_BESIDE_NAME:
            judged.give(2.5, "nothing but a name and a number")


def _count_sender(message: Message, judged: Judged) -> None:
    """Accept "【Lumeo】482910，...": a sender in brackets, then the number, then a comma."""
    left, right = message.beside(judged.number)
    if left is None or left.text not in "】]" or message.tokens[0].text not in "【[":
        return
    if right is not None and right.kind == SIGN and right.text in "、,。.:(":
        judged.give(3.5, "after the sender")


def _count_opening(message: Message, judged: Judged) -> None:
    """Accept "4829 opens your locker" and "number 4829 opens ..."."""
    if any(number.kind not in _HARMLESS for number in message.masked):
        return
    place = judged.number.last + 1
    if place < len(message.tokens) and message.tokens[place].text in _WILL:
        place += 1
    if place >= len(message.tokens) or not message.tokens[place].bits & lexicon.OPEN:
        return
    if judged.number.kind != CANDIDATE or not (message.opens(judged.number) or judged.strength):
        return
    for _ in range(_OPENED_STEPS):
        place = message.word(place, 1)
        if message.word_bits(place) & lexicon.BRIDGE:
            judged.give(4, "opens something of the reader's")
            return
