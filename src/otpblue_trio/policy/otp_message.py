"""A message as the rules see it: its tokens, its numbers, and how to move among its words."""

from __future__ import annotations

from typing import Final

import attrs

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_numbers import CANDIDATE, STUBS, Number
from otpblue_trio.policy.otp_tokens import DIGITS, LINE, SIGN, WORD, Token

__all__ = ["LABELS", "NAMES", "PLURALS", "REACH", "Judged", "Message", "Subject"]

NAMES: Final = lexicon.NOUN | lexicon.NUMBER
"""Words that may name a code."""
LABELS: Final = lexicon.LABEL | lexicon.PHONE | lexicon.TAIL
"""Words that name another number."""

REACH: Final = 60
"""Tokens that a walk looks at, at most: it bounds the work on hostile texts."""

_ENDS = frozenset(".!?;。|")
_OF = frozenset(
    {"de", "di", "do", "da", "du", "del", "della", "d", "la", "của", "cua", "за", "на", "of", "für"}
)
PLURALS: Final = frozenset(
    (
        *("codes", "pins", "otps", "tans", "passwords", "passcodes", "códigos", "codigos"),
        *("claves", "senhas", "contraseñas", "codici", "kody", "hasła", "koder", "koderna"),
        *("koderne", "kodene", "lösenord", "kodeord", "adgangskoder", "kodlar", "kodlarınız"),
        *("şifreler", "şifreleriniz", "koodit", "salasanat", "коды", "кодове", "коди", "пароли"),
        *("паролі", "coduri", "codurile", "parole", "parolele", "kódy", "hesla", "kóðar"),
        *("kóðarnir", "κωδικοι", "κωδικουσ", "κωδικοί", "קודים", "הקודים", "الرموز", "رموز"),
        *("کدها", "رمزها"),
    )
)
"""Words for several codes."""
_ABBREVIATIONS: Final = frozenset(
    (
        *("acc", "acct", "ref", "réf", "no", "nr", "nro", "num", "núm", "n", "inv", "ord", "cust"),
        *("tel", "tél", "tfno", "tlf", "puh", "ext", "cde", "cmd", "fact", "fakt", "zam", "obj"),
        *("č", "čís", "sip", "müş", "tk", "bal", "тел", "ном", "сч", "д", "кв", "г", "гр"),
        *("αρ", "τηλ", "מס", "טל"),
        # Units and currencies.
        *("min", "mins", "mín", "sec", "secs", "sek", "seg", "hr", "hrs", "std", "dk", "sn", "h"),
        *("мин", "сек", "ч", "хв", "год", "дн", "λεπ", "rs", "rp", "rm", "r", "kr", "kč", "kc"),
        *("fr", "ft", "zł", "zl", "tl", "р", "руб", "грн", "лв", "น"),
    )
)
"""Behind these a full stop ends no sentence."""
_WARNING_REACH = 14
_PORTUGUESE: Final = frozenset(("digite", "informe", "insira", "introduza", "escreva", "tecle"))
_TO_DO = lexicon.ENTER | lexicon.SIGN
_PLAIN_NOUN = 2
_FEWEST_CAPITALS, _MOST_CAPITALS = 4, 10


@attrs.define
class Judged:
    """A number with the points it got and why."""

    number: Number
    score: float = 0.0
    reasons: list[str] = attrs.Factory(list)
    named: bool = False
    """True when a noun for a code stands on its left."""
    labelled: bool = False
    """True when it has another name."""
    entered: bool = False
    """True when a verb for entering a code stands directly before it."""
    verb: bool = False
    """True when a verb for entering a code stands in its sentence."""
    strength: float = 0.0
    """How surely the word that names it names a code."""
    said: bool = False
    """True when a noun for a code further on is said of it: "482910 is your code"."""
    is_new: bool = False
    """True when it is called new."""
    of_place: bool = False
    """True when it is labelled by a place that may have a code: "kod oda 4410"."""
    cancelled: bool = False

    @property
    def names_code(self) -> bool:
        """True when its name is surely that of a code."""
        return (self.named or self.said) and self.strength >= _PLAIN_NOUN

    def give(self, points: float, reason: str) -> None:
        """Add points."""
        self.score += points
        self.reasons.append(f"{points:+g} {reason}")

    def label(self, points: float, reason: str) -> None:
        """Note that it has another name than a code's, and add the points for that."""
        self.labelled = True
        self.give(points, reason)


@attrs.frozen
class Subject:
    """The number that a sentence is about, when a noun further on says what it is."""

    judged: Judged
    is_said: bool
    """True when a word joins them: "is", "as"."""
    has_dash: bool


class Message:
    """The tokens and numbers of one message, and the judgement about them."""

    def __init__(self, tokens: list[Token], numbers: list[Number], cased: str) -> None:
        self.tokens = tokens
        self.cased = cased
        self.spent: set[int] = set()
        self.judged = [Judged(n) for n in numbers if n.kind == CANDIDATE or n.kind in STUBS]
        self.judged += [Judged(n) for n in self.capitals()]
        self.judged.sort(key=lambda judged: judged.number.first)
        self.at: dict[int, Number] = {}
        """The number at the place of a token."""
        for number in numbers:
            for place in range(number.first, number.last + 1):
                self.at[place] = number
        self.by_number = {id(judged.number): judged for judged in self.judged}
        self.taken: dict[int, Judged] = {}
        self.verbs: dict[int, Judged] = {}
        """The number that a verb stands directly before."""
        self.subjects: dict[int, Subject] = {}
        """The number that a noun further on says something about, by the noun's place."""
        self.doubts: list[tuple[Judged, Judged]] = []
        """Numbers between which the words do not decide."""
        self.several: list[Judged] = []
        """Numbers that a word for several codes lists."""
        self.bits = 0
        for token in tokens:
            self.bits |= token.bits
        self.masked = [n for n in numbers if n.kind != CANDIDATE and n.kind not in STUBS]

    def word(self, place: int, step: int) -> int:
        """Return the place of the next word from `place`, past hyphens and apostrophes, or -1."""
        place += step
        while 0 <= place < len(self.tokens):
            token = self.tokens[place]
            if token.kind == WORD:
                return place
            if token.kind != SIGN or token.text not in "-'/&\"":
                return -1
            place += step
        return -1

    def word_bits(self, place: int) -> int:
        """Return the meaning of the word at a place; nothing at -1."""
        return self.tokens[place].bits if place >= 0 else 0

    def strength(self, place: int) -> float:
        """How surely a word names a code: 0 not at all, 1 to 3; -1 when it names something else."""
        bits = self.tokens[place].bits
        if not bits & NAMES:
            return 0.0
        before = self.word(place, -1)
        after = self.word(place, 1)
        # "numéro de commande", "mã số của đơn hàng": look past the little word.
        if after >= 0 and self.tokens[after].text in _OF:
            further = self.word(after, 1)
            after = further if further >= 0 else after
        around = self.word_bits(before)
        behind = self.word_bits(after)
        if bits & lexicon.SURE:
            return 3.0
        if around & lexicon.BAD and not around & lexicon.QUAL:
            return -1.0
        if behind & lexicon.BAD and not behind & (lexicon.QUAL | lexicon.NOUN):
            return -1.0
        if bits & lexicon.CODE:
            if bits & lexicon.QUAL or (around | behind) & lexicon.QUAL:
                return 3.0
            if bits & lexicon.INSTRUMENT:
                return 2.0  # "sign the contract by code"
            is_labelled = around & lexicon.LABEL and not around & (lexicon.PLACE | lexicon.NOUN)
            return -1.0 if is_labelled and not self._is_account(before) else 2.0
        if around & lexicon.QUAL or (behind & lexicon.QUAL and not behind & lexicon.ENTER):
            return 2.0
        if (around | behind) & lexicon.LABEL:
            return -1.0
        if (around | behind) & LABELS:
            return 0.0  # "phone number": the other word is the name
        return 1.0

    def _is_account(self, place: int) -> bool:
        """True for the ID of "your Norvik ID code", not for that of "customer ID code"."""
        owner = self.word_bits(self.word(place, -1))
        return self.tokens[place].text == "id" and not owner & (LABELS | lexicon.BAD)

    def is_warned(self, place: int) -> bool:
        """True for a noun in a warning: "never share the code"."""
        comma = False
        is_portuguese = self.tokens[place].text in _PORTUGUESE
        for back in range(1, _WARNING_REACH):
            if place - back < 0:
                return False
            token = self.tokens[place - back]
            if token.kind in (LINE, DIGITS) or token.text in _ENDS or token.text == ":":
                return False
            comma = comma or token.text == ","
            # Portuguese "no portão, digite ...", "no caixa digite ...": such a "no" is a place.
            is_place = token.text == "no" and (comma or (is_portuguese and back > 1))
            if token.bits & lexicon.NOT and not is_place:
                return True
            is_portuguese = is_portuguese and not token.bits & _TO_DO
        return False

    def is_end(self, place: int) -> bool:
        """True when a sign ends a sentence (and not an abbreviation or a decimal)."""
        if not 0 <= place < len(self.tokens):
            return False
        token = self.tokens[place]
        if token.kind != SIGN or token.text not in _ENDS:
            return False
        if token.text == "." and place:
            left = self.tokens[place - 1]
            is_whole = left.kind != WORD or left.text.rpartition(" ")[2] not in _ABBREVIATIONS
            if not is_whole and left.end == token.start:
                return False
            if place + 1 < len(self.tokens) and self.tokens[place + 1].text == ".":
                return False
        return True

    def capitals(self) -> list[Number]:
        """Return words of capitals in the place of a code: "Your code is RKTWZL"."""
        found: list[Number] = []
        if not any(character.islower() for character in self.cased):
            return found
        for place, token in enumerate(self.tokens):
            if (
                token.kind != WORD
                or not _FEWEST_CAPITALS <= len(token.text) <= _MOST_CAPITALS
                or token.bits
            ):
                continue
            written = self.cased[token.start : token.end]
            if not (written.isascii() and written.isupper()):
                continue
            if place + 1 < len(self.tokens) and self.tokens[place + 1].kind == DIGITS:
                continue
            back = place - 1
            mark = False
            while back >= 0 and place - back <= 3:
                left = self.tokens[back]
                if left.kind == WORD and left.bits & NAMES:
                    if mark and self.strength(back) >= 2 and not self.is_warned(back):
                        found.append(Number(place, place, [], "", "letters"))
                        self.spent.add(back)
                    break
                if not left.bits & (lexicon.COPULA | lexicon.KINDNESS) and left.text not in "\"'([":
                    break
                mark = mark or bool(left.bits & lexicon.COPULA)
                back -= 1
        return found

    def is_taken(self, place: int, judged: Judged | None) -> bool:
        """True when a noun names another number than this."""
        return place in self.spent or self.taken.get(place, judged) is not judged

    def beside(self, number: Number) -> tuple[Token | None, Token | None]:
        """Return the tokens before and after a number."""
        tokens = self.tokens
        left = tokens[number.first - 1] if number.first else None
        right = tokens[number.last + 1] if number.last + 1 < len(tokens) else None
        return left, right

    def is_purpose(self, place: int) -> bool:
        """True for a word that tells what a code is for, and not what has been done."""
        bits = self.tokens[place].bits
        if not bits & lexicon.PURPOSE or bits & lexicon.DONE:
            return False
        beside = self.word_bits(self.word(place, 1)) | self.word_bits(self.word(place, -1))
        return not beside & lexicon.DONE

    def opens(self, number: Number) -> bool:
        """True for a number that begins a sentence or a line."""
        left = self.beside(number)[0]
        return left is None or left.kind == LINE or self.is_end(number.first - 1)
