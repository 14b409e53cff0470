"""The word tables made ready for look-up: what a word may mean, whatever the language.

Scripts with spaces are looked up by whole words, with chosen beginnings and endings for inflection
and compounds; Chinese, Japanese, Korean and Thai text is searched for the longest known word at
every place. A meaning is a set of bits, named like its table.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from otpblue_trio.policy import otp_words_codes as codes
from otpblue_trio.policy import otp_words_labels as labels
from otpblue_trio.policy import otp_words_measures as measures
from otpblue_trio.policy import otp_words_states as states
from otpblue_trio.policy import otp_words_verbs as verbs
from otpblue_trio.policy.otp_normalise import folded_text

__all__ = ["LETTERS", "UNSPACED", "meaning", "meaning_names", "phrases_from", "unspaced_words"]

# Inside a character class: letters of scripts with spaces, and of those without.
LETTERS: Final = (
    "a-zªµºß-öø-\u036f\u0370-\u0373\u0376-\u037d\u0386-\u0481\u048a-\u0587\u05d0-\u05ea"
    "\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0900-\u0963\u0970-\u0dff"
    "\u10a0-\u10ff\u1e00-\u1fff"
)
UNSPACED: Final = (
    "\u0e01-\u0e3a\u0e40-\u0e5b\u3005\u3041-\u309f\u30a1-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f"
)

CODE: Final = 1 << 0
SURE: Final = 1 << 1
NUMBER: Final = 1 << 2
QUAL: Final = 1 << 3
ENTER: Final = 1 << 4
PURPOSE: Final = 1 << 5
SIGN: Final = 1 << 6
COPULA: Final = 1 << 7
AND: Final = 1 << 8
BRIDGE: Final = 1 << 9
NEW: Final = 1 << 10
NOT: Final = 1 << 11
WITH: Final = 1 << 12
KINDNESS: Final = 1 << 13
CAPITALS: Final = 1 << 14
LABEL: Final = 1 << 15
BAD: Final = 1 << 16
TAIL: Final = 1 << 17
PHONE: Final = 1 << 18
MARKETING: Final = 1 << 19
CANCELLED: Final = 1 << 20
REPLACES: Final = 1 << 21
MONEY: Final = 1 << 22
TIME: Final = 1 << 23
COUNT: Final = 1 << 24
MONTH: Final = 1 << 25
NUMBERING: Final = 1 << 26
LATE: Final = 1 << 27
HOURS: Final = 1 << 28
PLACE: Final = 1 << 29
DONE: Final = 1 << 30
MONEY_CAPITALS: Final = 1 << 31
PERSON: Final = 1 << 32
FOLLOW: Final = 1 << 33
ENDING: Final = 1 << 34
OPEN: Final = 1 << 35
NUMBERED: Final = 1 << 36
OF: Final = 1 << 37
MORE: Final = 1 << 38
USE: Final = 1 << 39
INSTRUMENT: Final = 1 << 40
MONEY_BEHIND: Final = 1 << 41
MONEY_POINTED: Final = 1 << 42
WRONG: Final = 1 << 43
ACCEPTED: Final = 1 << 44
ENTERED: Final = 1 << 45
IF: Final = 1 << 46
SAMPLE: Final = 1 << 47

NOUN: Final = CODE | SURE
# Words that stand between a noun and its value without moving them apart.
LIGHT: Final = COPULA | BRIDGE | NUMBERING | KINDNESS | AND | WITH | NOT

_TABLES: Final = (
    ("code", CODE, codes.CODE),
    ("sure", SURE, codes.SURE),
    ("number", NUMBER, codes.NUMBER),
    ("qual", QUAL, codes.QUAL),
    ("enter", ENTER, verbs.ENTER),
    ("purpose", PURPOSE, verbs.PURPOSE),
    ("sign", SIGN, codes.SIGN),
    ("copula", COPULA, codes.COPULA),
    ("and", AND, codes.AND),
    ("bridge", BRIDGE, codes.BRIDGE),
    ("new", NEW, codes.NEW),
    ("not", NOT, codes.NOT),
    ("with", WITH, codes.WITH),
    ("kindness", KINDNESS, codes.KINDNESS),
    ("capitals", CAPITALS, codes.CAPITALS),
    ("label", LABEL, labels.LABEL),
    ("bad", BAD, labels.BAD),
    ("tail", TAIL, labels.TAIL),
    ("phone", PHONE, labels.PHONE),
    ("marketing", MARKETING, labels.MARKETING),
    ("cancelled", CANCELLED, states.CANCELLED),
    ("replaces", REPLACES, states.REPLACES),
    ("money", MONEY, measures.MONEY),
    ("time", TIME, measures.TIME),
    ("count", COUNT, measures.COUNT),
    ("month", MONTH, measures.MONTH),
    ("numbering", NUMBERING, measures.NUMBERING),
    ("late", LATE, measures.LATE),
    ("hours", HOURS, measures.HOURS),
    ("place", PLACE, labels.PLACE),
    ("done", DONE, states.DONE),
    ("person", PERSON, labels.PERSON),
    ("follow", FOLLOW, labels.FOLLOW),
    ("ending", ENDING, labels.ENDING),
    ("open", OPEN, verbs.OPEN),
    ("numbered", NUMBERED, measures.NUMBERED),
    ("of", OF, measures.OF),
    ("more", MORE, measures.MORE),
    ("use", USE, verbs.USE),
    ("instrument", INSTRUMENT, codes.INSTRUMENT),
    ("money in capitals", MONEY_CAPITALS, measures.MONEY_CAPITALS),
    ("money behind", MONEY_BEHIND, measures.MONEY_BEHIND),
    ("money with a point", MONEY_POINTED, measures.MONEY_POINTED),
    ("wrong", WRONG, states.WRONG),
    ("accepted", ACCEPTED, states.ACCEPTED),
    ("entered", ENTERED, states.ENTERED),
    ("if", IF, states.IF),
    ("sample", SAMPLE, states.SAMPLE),
)


# Without marks a short word is another word ("mã", "kóða"): with its star, it needs five letters.
_SHORTEST_BARE = 4


def _forms(entry: str) -> list[str]:
    """Return the spellings of one folded table entry, with and without marks."""
    stem, *endings = entry.split("|")
    written = [stem, *(stem + ending for ending in endings)]
    forms = list(written)
    for form in written:
        if form.isascii() or not _is_latin(form):
            continue
        for spelling in (_without_marks(form), form.translate(_SPELT_OUT)):
            letters = len(spelling) - (2 if "*" in spelling else 0)
            if spelling != form and letters >= _SHORTEST_BARE:
                forms.append(spelling)
    return forms


_is_latin = re.compile("[\x00-\u024f\u1e00-\u1eff]*").fullmatch
_BARE = str.maketrans("øłđıðæ", "oldida") | {ord("ß"): "ss", ord("þ"): "th"}
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "ø": "oe"})


def _without_marks(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.translate(_BARE))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


_WORDS = re.compile(f"[{LETTERS}]+")
# The planes that have signs of currencies.
_CURRENCIES = [c for c in map(chr, range(0x20000)) if unicodedata.category(c) == "Sc"]


class _Lexicon:
    """The tables by the way their words are found; filled once, then only read."""

    def __init__(self) -> None:
        self.exact: dict[str, int] = {}
        self.beginnings: dict[str, int] = {}
        self.endings: dict[str, int] = {}
        self.phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self.unspaced: dict[str, list[tuple[str, int]]] = {}
        unspaced: dict[str, int] = {}
        is_unspaced = re.compile(f"[{UNSPACED}]")
        for _, bit, table in _TABLES:
            for entry in folded_text(table)[1].split():
                for form in _forms(entry):
                    if is_unspaced.match(form):
                        word = form.replace("_", " ")
                        unspaced[word] = unspaced.get(word, 0) | bit
                    else:
                        self._add(form, bit)
        for sign in _CURRENCIES:
            self._add(folded_text(sign)[1], MONEY)
        for word, bits in sorted(unspaced.items(), key=lambda item: -len(item[0])):
            self.unspaced.setdefault(word[0], []).append((word, bits))
        for found in self.phrases.values():
            found.sort(key=lambda item: -len(item[0]))

    def _add(self, form: str, bit: int) -> None:
        words = _WORDS.findall(form)
        if form.endswith("*"):
            table, key = self.beginnings, form[:-1]
        elif form.startswith("*"):
            table, key = self.endings, form[1:]
        elif len(words) > 1:
            rests = self.phrases.setdefault(words[0], [])
            rest = tuple(words[1:])
            for place, (known, bits) in enumerate(rests):
                if known == rest:
                    rests[place] = (rest, bits | bit)
                    return
            rests.append((rest, bit))
            return
        else:
            table, key = self.exact, form
        table[key] = table.get(key, 0) | bit


_LEXICON: Final = _Lexicon()
_HEAD = 2


def _lengths_by_head() -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = {}
    for beginning in _LEXICON.beginnings:
        lengths.setdefault(beginning[:_HEAD], set()).add(len(beginning))
    return {head: tuple(sorted(known)) for head, known in lengths.items()}


# How long the known beginnings are that start with these two letters.
_LENGTHS: Final = _lengths_by_head()
_ENDINGS: Final = sorted({len(ending) for ending in _LEXICON.endings})


def meaning(word: str) -> int:
    """Return the bits of a folded word, or 0."""
    lexicon = _LEXICON
    bits = lexicon.exact.get(word, 0)
    beginnings = lexicon.beginnings
    for length in _LENGTHS.get(word[:_HEAD], ()):
        bits |= beginnings.get(word[:length], 0)
    # A compound is what its beginning says before it is what its ending says: Rabattcode.
    if not bits & (NOUN | LABEL | BAD):
        for length in _ENDINGS:
            if length < len(word):
                bits |= lexicon.endings.get(word[-length:], 0)
    if bits & PERSON:
        bits &= ~(LABEL | PHONE)
    return bits


def phrases_from(word: str) -> list[tuple[tuple[str, ...], int]] | None:
    """Return the phrases that begin with a folded word: their other words and their bits."""
    return _LEXICON.phrases.get(word)


def unspaced_words(text: str) -> list[tuple[int, int, int]]:
    """Return start, end and bits of the known words in folded text of a script without spaces.

    The longest word at a place wins; what lies between known words is returned with no bits.
    """
    found = []
    place = known_to = 0
    table = _LEXICON.unspaced
    while place < len(text):
        for word, bits in table.get(text[place], ()):
            if text.startswith(word, place):
                if known_to < place:
                    found.append((known_to, place, 0))
                known_to = place + len(word)
                found.append((place, known_to, bits))
                place = known_to
                break
        else:
            place += 1
    if known_to < place:
        found.append((known_to, place, 0))
    return found


def meaning_names(bits: int) -> str:
    """Return the names of the tables that bits stand for, for an explanation."""
    return " ".join(name for name, bit, _ in _TABLES if bits & bit)
