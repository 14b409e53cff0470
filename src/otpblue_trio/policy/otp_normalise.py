"""One spelling for what people and systems write in many.

Two texts come out of a message. The *plain* text, for the operator's patterns, has ASCII digits and
no invisible characters. The *folded* text, for the built-in rules, also has one kind of space,
hyphen and quote, lower case, and one spelling for letters that keyboards confuse.

The *shape* of a message is its text with every run of digits replaced by a stand-in: digits of the
same number that keep only what the rules may look at (how many, a leading zero, whether it could be
a year, a day or a month). Two messages of one template have one shape, which is what makes a cache
of decisions possible and sound: the rules never see anything but the shape. Folding keeps the
digits in their order and number, so a code is told as a range of digit places.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain

__all__ = ["digit_string", "folded_text", "plain_text", "shape_of"]

# As `\d+`, but that lacks the short cut to the first digit that `re` has for a single character.
_RUNS = re.compile(r"(\d\d*)")


def _digit_table() -> dict[int, str]:
    # All planes that have digits; the large blocks of ideographs and Hangul have none.
    ranges = (range(128, 0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000))
    everything = "".join(map(chr, chain.from_iterable(ranges)))
    return {ord(digit): str(unicodedata.decimal(digit)) for digit in re.findall(r"\d", everything)}


_INVISIBLE = (
    # Controls but for line ends and tabs; soft hyphen, joiners, fillers, keycap.
    *(*range(0x0009), *range(0x000E, 0x0020), *range(0x007F, 0x0085), *range(0x0086, 0x00A0)),
    *(0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x20E3, 0x3164, 0xFEFF, 0xFFA0),
    # Marks of direction, zero-width spaces.
    *(0x061C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)),
    # Variation selectors, annotations, tags.
    *(*range(0x180B, 0x180F), *range(0xFE00, 0xFE10), *range(0xFFF9, 0xFFFC)),
    *(*range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0)),
)
_SURROGATES = range(0xD800, 0xE000)
_DIGITS = _digit_table()

_PLAIN: dict[int, str | None] = {
    **_DIGITS,
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(_SURROGATES, "\ufffd"),
}


def _fold_table() -> dict[int, str | None]:
    table: dict[int, str | None] = dict(_PLAIN)
    for point in range(0xFF01, 0xFF5F):  # full-width ASCII
        table.setdefault(point, chr(point - 0xFEE0))
    for characters, one in (
        ("\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " "),
        ("\u202f\u205f\u3000", " "),
        ("\r\x0b\x0c\x85\u2028\u2029", "\n"),
        ("\u058a\u05be\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2e3a\u2e3b", "-"),
        ("\ufe58\ufe63\uff0d\u30a0\u301c", "-"),
        ("\u2018\u2019\u201a\u201b\u02bc\u02b9\u05f3\u2032\uff07\u00b4`", "'"),
        ("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f\u05f4", '"'),
        # A full-width comma is never part of a number, unlike the ASCII comma.
        ("\uff0c\u060c\ufe50\uff64", "、"),
        ("\u0964\u0965\u06d4\uff61", "。"),
        ("\u061f", "?"),
        ("\u061b\uff1b", ";"),
        ("\u066b", "."),
        ("\u066c", ","),
        ("\u2024", "."),
        ("\u0130", "i"),
        # Letters of Arabic and Persian keyboards.
        ("\u064a\u0649", "\u06cc"),
        ("\u0643", "\u06a9"),
        ("\u0623\u0625\u0622\u0671", "\u0627"),
        ("\u0629", "\u0647"),
        ("\u0901", "\u0902"),
        ("\u0451\u0401", "\u0435"),
    ):
        table.update(dict.fromkeys(map(ord, characters), one))
    # Vowel marks of Arabic and Hebrew, tatweel, and the Devanagari nukta are often left out.
    dropped = [0x0640, 0x0670, 0x093C, *range(0x064B, 0x0653), *range(0x0591, 0x05BE)]
    dropped += [0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5, 0x05C7]
    table.update(dict.fromkeys(dropped))
    for point in [*range(0x0370, 0x0400), *range(0x1F00, 0x2000)]:  # Greek without accents
        base = unicodedata.normalize("NFD", chr(point))[0].lower()
        if base.isalpha():
            table[point] = "σ" if base == "ς" else base
    return table


_FOLD = _fold_table()


def plain_text(text: str) -> str:
    """Return the text with ASCII digits and without invisible characters; safe to encode."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_PLAIN)


def folded_text(text: str) -> tuple[str, str]:
    """Return the text for the built-in rules: as written (cased), and in lower case.

    Both have the same length, and the digits of `text`, in their order, as ASCII digits.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    cased = text.translate(_FOLD)
    return cased, cased.lower()


def digit_string(run: str) -> str:
    """Return decimal digits of any script as ASCII digits."""
    return run if run.isascii() else run.translate(_DIGITS)


# Stand-ins: 7 says "some digit", a leading 0 is kept; 2020 says "could be a year".


def _short_stand_ins() -> dict[str, str]:
    table = {str(n): "5" for n in range(2, 10)} | {"0": "0", "1": "1"}
    for n in range(100):
        stand_in = "77"
        if n < 10:
            stand_in = "05" if n else "00"
        elif n < 13:
            stand_in = "11"
        elif n < 32:
            stand_in = "22"
        elif n < 60:
            stand_in = "45"
        table[f"{n:02}"] = stand_in
    for n in range(1900, 2100):
        table[str(n)] = "2020"
    return table


_SHORT = _short_stand_ins()


def _stand_in(run: str) -> str:
    if not run.isascii():
        run = run.translate(_DIGITS)
        if run in _SHORT:
            return _SHORT[run]
    length = len(run)
    if length == 8:
        if run[4:6] in ("19", "20") and max(run[:2], run[2:4]) <= "31":
            if min(run[:2], run[2:4]) <= "12":
                return "01012020" if run[0] == "0" else "22112020"
        elif run[:2] in ("19", "20") and run[4:6] <= "12" and run[6:] <= "31":
            return "20200101"
    return "0" + "7" * (length - 1) if run[0] == "0" else "7" * length


def shape_of(text: str) -> tuple[str, str]:
    """Return the shape of a message and all its digits, in order.

    Args:
      text: at most 1,024 characters.

    Returns:
      The text with a stand-in for every run of digits, and the digits themselves, joined, still in
      the script they came in.
    """
    parts = _RUNS.split(text)
    runs = parts[1::2]
    short = _SHORT
    parts[1::2] = [short.get(run) or _stand_in(run) for run in runs]
    return "".join(parts), "".join(runs)
