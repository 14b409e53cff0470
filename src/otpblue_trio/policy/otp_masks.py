"""Numbers that can be no code by their own form and by what touches them.

Money, times, dates, phones, card tails, versions, counts. What the words further away say is
left to the judgement.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_numbers import LETTERS, Number, Row, is_date, is_letters
from otpblue_trio.policy.otp_tokens import DIGITS, LINE, SIGN, WORD, Token

__all__ = ["mask_numbers"]

_NAMES_CODE = lexicon.NOUN | lexicon.NUMBER
_PRICED = lexicon.MONEY | lexicon.MONEY_BEHIND
# Signs behind a currency of one letter, before an amount: "S/ 45", "S/. 45", "L.45".
_POINTS = "./"
_LETTER_AND_POINTS = frozenset({"s/", "s/.", "b/.", "l."})
_UNIT = lexicon.MONEY | lexicon.TIME | lexicon.COUNT
_COUNTED = lexicon.COUNT | lexicon.COPULA | lexicon.BRIDGE
# Letters of Arabic and Hebrew that are written onto the next word.
_CLINGING = frozenset("بلوفکבלהומשכ")
_HIDDEN = frozenset("*x•·.…#×✱")
_SHORTEST_CODE = 4
_LONGEST_TAIL = 5
# Words that may stand behind 1440 or 3600: seconds, minutes and hours in full.
_FINE_TIME: Final = (
    *("hour", "hrs", "stunden", "heures", "horas", "часов"),
    *("sec", "min", "sek", "seg", "сек", "мин", "хв", "dak", "sani", "phút", "giây", "dakika"),
    *(
        "秒",
        "分",
        "초",
        "분",
        "วิ",
        "นา",
        "λεπ",
        "δευτ",
        "ثان",
        "دقا",
        "دقی",
        "שני",
        "דק",
        "सेक",
        "मिन",
    ),
)
_TAIL = 4
# "It ends" in languages that say "ending in" with the same word, but only before the number.
_EXPIRES_BEHIND: Final = frozenset(
    ("ينتهي", "تنتهي", "ینتهی", "تنتهی", "מסתיים", "المنتهية", "المنتهي", "ends", "ending")
)
_LAST_FOUR_REACH = 6
_FOUR: Final = frozenset(
    (
        *("four", "vier", "quatre", "cuatro", "quatro", "quattro", "fyra", "fire", "cztery"),
        *("čtyři", "patru", "neljä", "четыре", "четири", "чотири", "dört", "empat", "bốn"),
    )
)
_LAST: Final = frozenset(
    (
        *("last", "final", "letzte", "letzten", "derniers", "dernier", "últimos", "ultimos"),
        *("últimas", "ultime", "ultimele", "laatste", "sista", "siste", "sidste", "viimeiset"),
        *("síðustu", "ostatnie", "ostatnich", "poslední", "posledni", "последние", "последних"),
        *("последни", "последните", "останні", "останніх", "son", "terakhir", "cuối", "cuoi"),
        *("τελευταια", "τελευταία", "آخر", "آخرین", "אחרונות", "अंतिम", "आखिरी"),
    )
)
# Before a day in eight digits: "changed on 12032026".
_ON = frozenset(
    (
        *("on", "dated", "date", "am", "vom", "le", "du", "el", "del", "em", "il", "op", "den"),
        *("d", "pe", "dnia", "dne", "от", "від", "tanggal", "tgl", "pada", "ngày", "tarihi"),
    )
)
_ORDINALS = frozenset({"th", "st", "nd", "rd", "er", "e", "º", "ª", "o", "a"})
_LONGEST_ORDINAL = 3
_COUNTERS = "点점个個家名人명곳개"


def mask_numbers(row: Row) -> None:
    """Give the numbers of a row that are no codes their kinds."""
    _mask_mixed(row)
    _mask_hidden(row)
    _mask_forms(row)
    _mask_plus(row)
    _mask_units(row)
    _mask_endings(row)
    _mask_counters(row)
    _mask_dates(row)


def _mask_mixed(row: Row) -> None:
    """Runs of digits grown together with letters: names, tokens, versions, units."""
    for number in row.numbers:
        left, right = row.before(number), row.after(number)
        touches_left = left is not None and row.touching(number.first - 1, number.first)
        touches_right = right is not None and row.touching(number.last, number.last + 1)
        if touches_right and right is not None and _grows_on(row, number, right):
            number.kind = _word_kind(row, number)
        if not touches_left or left is None:
            continue
        if left.kind == WORD and is_letters(left):
            if left.bits & lexicon.MONEY or left.text in _CLINGING:
                continue
            if set(left.text) == {"x"}:
                number.kind = "card tail"
            elif left.bits & (lexicon.NOUN | lexicon.CAPITALS):
                number.kind = number.kind or ""
            elif left.text == "v":
                number.kind = "version"
            else:
                number.kind = _word_kind(row, number)
        elif left.kind == SIGN and left.text == "-":
            _mask_hyphenated(row, number)


def _grows_on(row: Row, number: Number, right: Token) -> bool:
    """True for `2026FOX`, `4829h` and `4829-AB`; not for `10min`, nor for `482910-is`."""
    if is_letters(right):
        if right.bits & lexicon.MONEY or set(number.separators) - {"-"}:
            return False
        if right.bits & (_UNIT | lexicon.HOURS):
            return not _is_measured(number, right, touches=True)
        return right.text not in _ORDINALS or number.digits > _LONGEST_ORDINAL
    if right.text != "-":
        return False
    word = row.token(number.last + 2)
    if word is None or not row.touching(number.last + 1, number.last + 2):
        return False
    if word.bits & (lexicon.LIGHT | lexicon.NOUN | lexicon.ENTER | lexicon.SIGN):
        return False  # "482910-is your code"
    return is_letters(word) and len(word.text) <= _LONGEST_TAIL


def _mask_hyphenated(row: Row, number: Number) -> None:
    """`G-482910` is a code, `FOX-2026` has letters in it."""
    word = row.token(number.first - 2)
    if word is None or not row.touching(number.first - 2, number.first - 1):
        return
    if word.kind != WORD or not is_letters(word) or len(word.text) == 1:
        return
    if not word.bits & (_NAMES_CODE | lexicon.CAPITALS | lexicon.ENTER):
        number.kind = _word_kind(row, number)


def _word_kind(row: Row, number: Number) -> str:
    """Tell a word that could be a code with letters in it from 3D and 5G."""
    first, last = number.first, number.last
    tokens = row.tokens
    while tokens[last].end - tokens[first].start < _SHORTEST_CODE:
        if first and row.touching(first - 1, first) and _is_part(row, first - 1):
            first -= 1
        elif last + 1 < len(tokens) and row.touching(last, last + 1) and _is_part(row, last + 1):
            last += 1
        else:
            return "word"
    return LETTERS


def _is_part(row: Row, place: int) -> bool:
    """True for what may belong to a code with letters; "3D-Secure" names a code."""
    token = row.tokens[place]
    if token.bits & (lexicon.QUAL | lexicon.NOUN):
        return False
    return token.kind == DIGITS or token.text == "-" or is_letters(token)


def _mask_hidden(row: Row) -> None:
    """`*4715`, `...4715`: the end of something longer."""
    for number in row.numbers:
        if number.kind:
            continue
        place = number.first - 1
        left = row.token(place)
        if left is None or left.kind != SIGN or left.text not in _HIDDEN:
            continue
        if not row.touching(place, number.first) or left.text == "#":
            continue
        right = row.after(number)
        if right is not None and right.text == left.text == "*":
            continue  # bold print
        if right is not None and right.text == "#":
            continue  # a dial string
        if number.digits > _LONGEST_TAIL:
            continue
        before = row.token(place - 1)
        if left.text in ".·" and (before is None or before.text != left.text):
            continue
        number.kind = "card tail"


def _mask_forms(row: Row) -> None:
    """Times, dates and decimals, by the separators inside them."""
    for number in row.numbers:
        if number.kind:
            continue
        separators = set(number.separators)
        sizes = [len(run) for run in number.runs]
        if ":" in separators:
            number.kind = "time"
        elif "/" in separators:
            number.kind = "date"
        elif separators and separators <= {".", ",", "'"}:
            number.kind = _dotted_kind(number)
        elif separators == {"-"} and is_date(number.runs, sizes):
            number.kind = "date"
        elif separators == {"-"} and number.runs == ["2020", "2020"]:
            number.kind = "years"
        elif len(separators) > 1:
            number.kind = "other"


def _mask_plus(row: Row) -> None:
    """`+44 ...`, `(415) 555 ...`, `*123#`: phones."""
    for number in row.numbers:
        left, right = row.before(number), row.after(number)
        if left is None or number.kind:
            continue
        if left.text == "+" and row.touching(number.first - 1, number.first):
            number.kind = "phone"
        elif left.text == "*" and right is not None and right.text == "#":
            number.kind = "dial string"
        elif left.text == "(" and right is not None and right.text == ")":
            nearby = row.token(number.last + 2)
            if nearby is not None and nearby.kind == DIGITS and len(nearby.text) >= 3:
                number.kind = "phone"
    # What follows such a beginning belongs to it.
    for one, other in pairwise(row.numbers):
        if one.kind != "phone" or (other.kind and other.kind != "other"):
            continue
        between = row.tokens[one.last + 1 : other.first]
        if len(between) <= 2 and all(t.kind == SIGN and t.text in "()-./" for t in between):
            follower = row.after(other)
            unit = follower is not None and follower.bits & lexicon.TIME
            if other.digits <= 8 and not unit:
                other.kind = "phone"


def _mask_units(row: Row) -> None:
    """Money on either side, durations, counts."""
    for place, number in enumerate(row.numbers):
        if number.kind in ("", "decimal", "thousands", LETTERS, "other"):
            _mask_unit(row, place, number)


def _mask_unit(row: Row, place: int, number: Number) -> None:
    right = row.after(number)
    touches = right is not None and row.touching(number.last, number.last + 1)
    near = right is not None and right.start - row.tokens[number.last].end <= 1
    if right is not None and near and right.kind in (WORD, SIGN):
        if right.bits & _PRICED and _money_is_left(row, place, number, right, touches):
            _mask_thousands(row, place, "amount", back=True)
            return
        if _is_measured(number, right, touches=touches):
            kind = "count" if right.bits & lexicon.COUNT else "duration"
            _mask_thousands(row, place, kind, back=True)
            return
        if touches and _is_even_sum(row, number):
            _mask_thousands(row, place, "amount", back=True)
            return
    left = row.before(number)
    if left is None or row.tokens[number.first].start - left.end > 1:
        return
    if _is_after_pointed(row, number):
        _mask_thousands(row, place, "amount", back=False)
        return
    if left.kind == SIGN and left.text in "+-" and number.first >= 2:
        further = row.tokens[number.first - 2]
        if row.touching(number.first - 2, number.first - 1) and further.bits & lexicon.MONEY:
            left = further
    if left.bits & lexicon.MONEY and left.kind in (WORD, SIGN):
        if left.kind == WORD and len(left.text) == 1 and left.end != row.tokens[number.first].start:
            return
        _mask_thousands(row, place, "amount", back=False)
    elif left.text == "%" and left.end == row.tokens[number.first].start:
        number.kind = "count"


def _is_even_sum(row: Row, number: Number) -> bool:
    """True for `4500/-`: no paise."""
    return (
        number.last + 2 < len(row.tokens)
        and [token.text for token in row.tokens[number.last + 1 : number.last + 3]] == ["/", "-"]
        and row.touching(number.last + 1, number.last + 2)
    )


def _is_after_pointed(row: Row, number: Number) -> bool:
    """True behind a shortened currency: `Rs.4500`, `Kr. 4500`, `S/ 45`; not `50 kr. 4500`."""
    place = number.first - 1
    marks = ""
    while place >= 0 and row.tokens[place].kind == SIGN and row.tokens[place].text in _POINTS:
        if not (place and row.touching(place - 1, place)):
            return False
        marks = row.tokens[place].text + marks
        place -= 1
    word = row.token(place)
    if not marks or word is None or word.kind != WORD:
        return False
    before = row.token(place - 1)
    if before is not None and before.kind == DIGITS:
        return False
    if word.bits & lexicon.MONEY_POINTED:
        return marks == "."
    is_near = row.touching(number.first - 1, number.first) or "/" in marks
    return is_near and word.text + marks in _LETTER_AND_POINTS


def _money_is_left(row: Row, place: int, number: Number, unit: Token, touches: bool) -> bool:
    """True when the currency belongs to the number on its left."""
    follower = row.token(number.last + 2)
    if follower is not None and follower.text == "'" and follower.start == unit.end:
        return False  # "4829 won't work after today"
    if unit.kind == SIGN and not touches:
        following = row.token(number.last + 2)
        if following is not None and following.kind == DIGITS and following.start == unit.end:
            return False
    if place + 1 < len(row.numbers):
        other = row.numbers[place + 1]
        if other.first == number.last + 2:
            gap = row.tokens[other.first].start - unit.end
            if gap == 0 and not touches:
                return False
            if gap <= 1 and not number.separators and number.digits > 4 and not touches:
                return False
    return unit.kind == SIGN or touches or len(unit.text) > 1 or unit.text in "р元円圆원块"


def _mask_thousands(row: Row, place: int, kind: str, *, back: bool) -> None:
    """Mask a measured number with the groups of thousands on its far side."""
    number = row.numbers[place]
    number.kind = kind
    step = -1 if back else 1
    while 0 <= place + step < len(row.numbers):
        here, there = row.numbers[place], row.numbers[place + step]
        left, right = (there, here) if back else (here, there)
        if right.first != left.last + 1 or left.separators or there.kind not in ("", "decimal"):
            return
        gap = row.tokens[right.first].start - row.tokens[left.last].end
        if gap != 1 or len(right.runs[0]) != 3 or len(left.runs[0]) > 3:
            return
        there.kind = kind
        place += step


def _mask_endings(row: Row) -> None:
    """`ending in 3381`, `3381 ile biten`, `last 4 digits 3381`: the end of a card or an account."""
    for number in row.numbers:
        if number.kind or number.digits != _TAIL or number.separators:
            continue
        if _is_last_four(row, number):
            number.kind = "card tail"
            continue
        for step in (-1, 1):
            place = (number.first if step < 0 else number.last) + step
            for _ in range(3):
                token = row.token(place)
                if token is None or not (token.kind == WORD or token.text in '-:"'):
                    break
                if token.bits & lexicon.ENDING:
                    if step < 0 or token.text not in _EXPIRES_BEHIND:
                        number.kind = "card tail"
                    break
                light = token.bits & (lexicon.LIGHT | lexicon.NUMBER) or len(token.text) <= 2
                if token.kind == WORD and not light:
                    break
                place += step


def _is_last_four(row: Row, number: Number) -> bool:
    """True for `last four: 3381`, `letzte 4 Ziffern 3381`, `4 derniers chiffres 3381`."""
    has_four = has_last = False
    for back in range(1, _LAST_FOUR_REACH + 1):
        token = row.token(number.first - back)
        if token is None:
            break
        if token.kind == SIGN and token.text in ":-\"'":
            continue
        # A shape has another digit in the place of the 4.
        is_four = token.text in _FOUR or (token.kind == DIGITS and len(token.text) == 1)
        is_last = token.text in _LAST
        if not (is_four or is_last or token.bits & _COUNTED):
            break
        has_four = has_four or is_four
        has_last = has_last or is_last
    return has_four and has_last


def _mask_counters(row: Row) -> None:
    """`1 of 3`, `2 από 2`: which of several messages this is."""
    for one, other in pairwise(row.numbers):
        if one.kind or other.kind or max(one.digits, other.digits) > 2:
            continue
        if other.first == one.last + 2 and row.tokens[one.last + 1].bits & lexicon.OF:
            one.kind = other.kind = "count"


def _mask_dates(row: Row) -> None:
    """A year beside a month's name or after a day and a month."""
    _mask_spaced_dates(row)
    for place, number in enumerate(row.numbers):
        before = row.before(number)
        is_day = before is not None and (before.text in _ON or before.bits & lexicon.LATE)
        if number.is_day and is_day and not number.kind:
            number.kind = "date"
        if number.kind or (number.digits > 2 and not number.is_year):
            continue
        beside = (row.before(number), row.after(number))
        if number.digits <= 2:
            if any(token is not None and token.bits & lexicon.MONTH for token in beside):
                number.kind = "date"
            continue
        for back in range(1, 5):
            token = row.token(number.first - back)
            if token is None or token.kind == LINE:
                break
            if token.bits & lexicon.MONTH and token.kind == WORD and len(token.text) > 2:
                if place or back <= 2:
                    number.kind = "year"
                break
        right = row.after(number)
        if right is not None and right.text in ("年", "년", "г"):
            number.kind = "year"
        left = row.before(number)
        if left is not None and (left.text in ("©", "ⓒ") or left.bits & lexicon.LATE):
            number.kind = "year"


def _mask_spaced_dates(row: Row) -> None:
    """`3. 11. 2026`, and `3. 11.` before a time or a word."""
    for one, other in pairwise(row.numbers):
        if max(one.digits, other.digits) > 2 or one.separators or other.separators:
            continue
        if other.first != one.last + 2 or row.tokens[one.last + 1].text != ".":
            continue
        point = row.token(other.last + 1)
        if one.kind or point is None or point.text != ".":
            continue
        if not row.touching(other.last, other.last + 1):
            continue
        one.kind = other.kind = "date"
        for year in row.numbers:
            if year.first == other.last + 2 and (year.is_year or year.digits == 2):
                year.kind = "date"


def _dotted_kind(number: Number) -> str:
    sizes = [len(run) for run in number.runs]
    if number.separators == ".." and is_date(number.runs, sizes):
        return "date"
    if len(sizes) >= 4 and max(sizes) <= 3 and set(number.separators) == {"."}:
        return "address"
    if len(sizes) >= 2 and all(size == 3 for size in sizes[1:]):
        return "thousands"
    return "decimal" if len(sizes) == 2 else "other"


def _is_measured(number: Number, unit: Token, *, touches: bool) -> bool:
    """True when a number of this length can be so many of this unit."""
    bits = unit.bits
    longest = max(map(len, number.runs))
    is_wide = unit.text[0] >= "\u3000"
    if bits & lexicon.COUNT and not bits & lexicon.TIME:
        if number.separators:
            return True
        if is_wide and len(unit.text) == 1:
            return longest <= (4 if unit.text in _COUNTERS else 3)
        return longest <= 3 or touches or len(unit.text) > 1 or unit.text == "%"
    if bits & lexicon.TIME:
        if number.separators:
            return True
        if is_wide and len(unit.text) == 1 and longest > 2:
            return number.is_year and unit.text in "年년"
        return longest <= 3 or (longest <= 5 and unit.text.startswith(_FINE_TIME))
    return bool(bits & lexicon.HOURS) and (longest <= 2 or bool(number.separators))
