"""A folded message as tokens: words with their meanings, runs of digits, signs, line ends.

Links, e-mail addresses and the hash of Android's SMS Retriever are cut out first, so that nothing
in them is read as a word or a number.
"""

from __future__ import annotations

import re
from typing import Final

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_lexicon import LETTERS, UNSPACED

__all__ = ["CUT", "DIGITS", "LINE", "SIGN", "WORD", "Cut", "Token", "tokens_of"]

WORD: Final = 0
DIGITS: Final = 1
SIGN: Final = 2
LINE: Final = 3
CUT: Final = 4

_CAPITALS = lexicon.CAPITALS | lexicon.MONEY_CAPITALS
_TOKEN = re.compile(rf"([{LETTERS}]+)|(\d+)|(\n\s*)|([{UNSPACED}]+)|(\x00+)|([^\s])")
_LINK_MARK = re.compile(r"://|\bwww\.|[a-z0-9_]@[a-z0-9]|[a-z0-9]\.[a-z]{2,24}(?:[/?]|\b)")
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._+-")
_LINK_CHARACTERS = _NAME_CHARACTERS | frozenset("!#$%&*,/:;=?@~|^\\")
_RETRIEVER = re.compile(r"(?:^|(?<=\s))[A-Za-z0-9+/]{11}\s*$")


@attrs.define
class Token:
    """One token; `bits` is its meaning in `otp_lexicon`."""

    kind: int
    start: int
    end: int
    text: str
    bits: int = 0


@hot_frozen
class Cut:
    """A span that was cut out before reading, and what it is."""

    start: int
    end: int
    kind: str


def tokens_of(cased: str, lower: str) -> tuple[list[Token], list[Cut]]:
    """Return the tokens of a folded message and what was cut out of it.

    Args:
      cased: as `otp_normalise.folded_text` gives it.
      lower: the same in lower case.
    """
    cuts = _cuts(cased, lower)
    for cut in cuts:
        lower = lower[: cut.start] + "\x00" * (cut.end - cut.start) + lower[cut.end :]
    tokens: list[Token] = []
    meaning = lexicon.meaning
    has_phrase = False
    for match in _TOKEN.finditer(lower):
        start, end = match.span()
        text = match.group()
        which = match.lastindex
        if which == 1:
            bits = meaning(text)
            if bits & _CAPITALS and cased[start:end].isupper():
                bits |= lexicon.SURE if bits & lexicon.CAPITALS else lexicon.MONEY
            has_phrase = has_phrase or lexicon.phrases_from(text) is not None
            tokens.append(Token(WORD, start, end, text, bits))
        elif which == 2:
            tokens.append(Token(DIGITS, start, end, text))
        elif which == 3:
            tokens.append(Token(LINE, start, end, text))
        elif which == 4:
            tokens += [
                Token(WORD, start + first, start + last, text[first:last], bits)
                for first, last, bits in lexicon.unspaced_words(text)
            ]
        elif which == 5:
            tokens.append(Token(CUT, start, end, text))
        else:
            tokens.append(Token(SIGN, start, end, text, meaning(text)))
    return (_join_phrases(tokens) if has_phrase else tokens), cuts


def _join_phrases(tokens: list[Token]) -> list[Token]:
    """Give the words of a known phrase the meaning of the phrase, as one token."""
    joined: list[Token] = []
    place = 0
    count = len(tokens)
    while place < count:
        token = tokens[place]
        phrases = lexicon.phrases_from(token.text) if token.kind == WORD else None
        for rest, bits in phrases or ():
            at = place + 1
            for word in rest:
                if at < count and tokens[at].kind == SIGN and tokens[at].text in "-'/.":
                    at += 1
                if at >= count or tokens[at].kind != WORD or tokens[at].text != word:
                    break
                at += 1
            else:
                last = tokens[at - 1]
                text = " ".join((token.text, *rest))
                joined.append(Token(WORD, token.start, last.end, text, bits))
                place = at
                break
        else:
            joined.append(token)
            place += 1
    return joined


def _cuts(cased: str, lower: str) -> list[Cut]:
    cuts: list[Cut] = []
    if "<#>" in lower:
        start = lower.index("<#>")
        cuts.append(Cut(start, start + 3, "retriever mark"))
        hash_ = _RETRIEVER.search(cased)
        if hash_ is not None and not hash_.group().strip().isdecimal():
            cuts.append(Cut(hash_.start(), hash_.start() + 11, "retriever hash"))
    else:
        last_line = cased.rstrip().rpartition("\n")[2].strip()
        if len(last_line) == 11 and _RETRIEVER.match(last_line) and _looks_random(last_line):
            start = cased.rindex(last_line)
            if start:
                cuts.append(Cut(start, start + 11, "retriever hash"))
    if "." in lower or "@" in lower or "://" in lower:
        cuts += _links(lower, cuts)
    return cuts


def _looks_random(word: str) -> bool:
    """Tell a hash from a word: digits or capitals after small letters."""
    has_digit = any(c.isdecimal() for c in word)
    mixed = re.search("[a-z][A-Z]", word) is not None
    return (has_digit and any(c.isalpha() for c in word)) or mixed


def _links(lower: str, known: list[Cut]) -> list[Cut]:
    links: list[Cut] = []
    place = 0
    while (mark := _LINK_MARK.search(lower, place)) is not None:
        place = mark.end()
        link = _link(lower, mark, links[-1].end if links else 0)
        if link is not None:
            place = max(place, link.end)
            if not any(cut.start < link.end and link.start < cut.end for cut in known):
                links.append(link)
    return links


def _link(lower: str, mark: re.Match[str], earliest: int) -> Cut | None:
    """Return the whole link around a mark, or None when it is none."""
    text = mark.group()
    start = mark.start()
    while start > earliest and lower[start - 1] in _NAME_CHARACTERS:
        start -= 1
    if "@" in text:
        return Cut(start, _run(lower, mark.end() - 1, _NAME_CHARACTERS), "e-mail")
    if text[0] in ":w":
        return Cut(start, _run(lower, mark.end(), _LINK_CHARACTERS), "link")
    name = lower[start : mark.end()]
    stem = name.partition(".")[0]
    if stem.isdecimal():
        return None  # "482910.do/..." is a number and a sentence.
    if text[-1] in "/?":
        return Cut(start, _run(lower, mark.end(), _LINK_CHARACTERS), "link")
    # A bare domain counts when its name has digits: only those could be taken for a code.
    if not any(character.isdecimal() for character in stem):
        return None
    return Cut(start, _run(lower, mark.end(), _NAME_CHARACTERS), "link")


def _run(text: str, place: int, characters: frozenset[str]) -> int:
    """Return the end of the run of such characters that begins at a place."""
    while place < len(text) and text[place] in characters:
        place += 1
    return place
