"""Numbers that messages come from or go to: "codes come from 72975", "text RESET to 60700".

They stand near the word for a code and look like one. What gives them away is the little word
beside them: a "from" never stands before a code, and a word in capitals that is sent "to" a number
is a keyword of a short number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_clauses import names_code, span_of
from otpblue_trio.policy.otp_numbers import CANDIDATE
from otpblue_trio.policy.otp_tokens import DIGITS, WORD

if TYPE_CHECKING:
    from otpblue_trio.policy.otp_message import Judged, Message

__all__ = ["find_senders"]

_FROM: Final = frozenset(
    (
        *("from", "von", "vom", "depuis", "desde", "pelo", "dal", "dalla", "från", "fra", "frá"),
        *("od", "от", "від", "απο", "từ", "dari"),
    )
)
# These mean "from" only where a "to" follows.
_OUT_OF: Final = frozenset(("de", "di", "da", "del", "z", "ze", "с", "со", "з"))
_INTO: Final = frozenset(("à", "a", "al", "para", "na", "на"))
_FROM_ARTICLE: Final = frozenset(("de la", "par le"))
_HEBREW_FROM: Final = "מ"
# "From" at the end of a word of a script without spaces, or behind the number.
_FROM_GROWN: Final = ("จาก", "由", "从", "從")
_FROM_BEHIND: Final = ("から", "에서", "numarasından")
_FROM_SUFFIXES: Final = frozenset(("den", "dan", "ten", "tan"))
_TO_SUFFIXES: Final = frozenset(("e", "a", "ye", "ya"))
_ARTICLES: Final = frozenset(("the", "der", "den", "le", "el", "il", "lo", "το", "τον"))
_SENT: Final = ("발송", "발신", "보내", "전송", "आए", "भेजा", "मिले")
# Before a keyword that is itself a word for a code.
_SEND: Final = (
    *("text", "sms", "send", "envoy", "envía", "envie", "invia", "stuur", "skick", "lähet"),
    *(
        "wyśl",
        "pošl",
        "trimit",
        "răspund",
        "raspund",
        "изпрат",
        "надішл",
        "отправ",
        "kirim",
        "hantar",
        "gönder",
    ),
)
_TO: Final = frozenset(
    (
        *("to", "an", "au", "al", "ao", "para", "naar", "till", "til", "na", "la", "на", "ke"),
        *("gửi", "numeroon", "στο", "الی", "به", "ל"),
    )
)
# Romanian "to", and Vietnamese "is" without its marks.
_VIETNAMESE_IS: Final = "la"
_POINTS = -10
_SHORTEST_KEYWORD = 2
_SHORT_NUMBER = range(3, 7)
_MEANS: Final = ("로", "으로", "से")
_NEAR = 3


def find_senders(message: Message) -> None:
    """Label the numbers that messages come from or go to."""
    is_cased = any(character.islower() for character in message.cased)
    for judged in message.judged:
        if judged.number.kind != CANDIDATE or judged.labelled:
            continue
        if _comes_from(message, judged):
            judged.label(_POINTS, "a message comes from it")
        elif _is_told_to(message, judged):
            judged.label(_POINTS, "something is told to it")
        elif is_cased and _takes_keyword(message, judged):
            judged.label(_POINTS, "a keyword is sent to it")


def _comes_from(message: Message, judged: Judged) -> bool:
    tokens = message.tokens
    place = judged.number.first - 1
    while place >= 0 and (tokens[place].bits & lexicon.NUMBER or tokens[place].text in _ARTICLES):
        place -= 1
    if place > 0 and tokens[place].text == "-" and tokens[place - 1].text == _HEBREW_FROM:
        return True
    if place >= 0 and tokens[place].kind == WORD:
        text = tokens[place].text
        pair = " ".join(token.text for token in tokens[max(place - 1, 0) : place + 1])
        further = " ".join(token.text for token in tokens[place : place + 2])
        if text in _OUT_OF and _goes_on_to(message, judged):
            return True
        if text in _FROM or text.endswith(_FROM_GROWN) or {pair, further} & _FROM_ARTICLE:
            return True
    return _sends(message, judged)


def _goes_on_to(message: Message, judged: Judged) -> bool:
    """True for the first number of "de 4410 à 2291"."""
    behind = message.tokens[judged.number.last + 1 : judged.number.last + 3]
    return len(behind) > 1 and behind[0].text in _INTO and behind[1].kind == DIGITS


def _sends(message: Message, judged: Judged) -> bool:
    """True for "72975에서" and "72975 번호로 발송됩니다": the little word stands behind."""
    tokens = message.tokens
    first = judged.number.last + 1
    behind = tokens[first : first + _NEAR]
    if behind and behind[0].text.startswith(_FROM_BEHIND):
        return True
    if len(behind) > 2 and behind[0].text == "'":
        suffix = behind[1].text
        is_sent_to = suffix in _TO_SUFFIXES and behind[2].text.startswith(_SEND)
        return suffix in _FROM_SUFFIXES or is_sent_to
    for place, token in enumerate(behind):
        if token.text.startswith(_MEANS):
            verb = "".join(further.text for further in behind[place : place + 2])
            return any(sent in verb for sent in _SENT)
    return False


def _is_told_to(message: Message, judged: Judged) -> bool:
    """True for "report abuse to 33700", where the sentence names no code."""
    number = judged.number
    left = message.beside(number)[0]
    if left is None or left.text not in _TO or number.digits not in _SHORT_NUMBER:
        return False
    first, _ = span_of(message, judged)
    before = message.tokens[first : number.first]
    return not names_code(message, judged) and any(token.bits & lexicon.PHONE for token in before)


def _takes_keyword(message: Message, judged: Judged) -> bool:
    """True for "text RESET to 60700", in a message that is not written in capitals."""
    tokens = message.tokens
    place = judged.number.first - 1
    if place < 1 or judged.number.digits not in _SHORT_NUMBER or tokens[place].text not in _TO:
        return False
    keyword = tokens[place - 1]
    written = message.cased[keyword.start : keyword.end]
    if keyword.kind != WORD or len(written) < _SHORTEST_KEYWORD or not written.isupper():
        return False
    verb = tokens[place - 2].text if place > 1 else ""
    before = tokens[max(place - _NEAR - 1, 0) : place - 1]
    if tokens[place].text == _VIETNAMESE_IS and not any(
        token.text.startswith(_SEND) for token in before
    ):
        return False
    return not keyword.bits & lexicon.NOUN or verb.startswith(_SEND)
