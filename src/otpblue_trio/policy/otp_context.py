"""Which number of a message is the code, by the words around the numbers.

Every candidate is given points. The word that names it counts most: walking left from a number, the
nearest name is taken ("order 12345", "code is 482910"), and numbers that already have another name
may be walked past; a noun that is taken by the number on its right is not there for the one on its
left. Then count verbs that enter a code, the place in the message, and what the message as a whole
is about. What a code would be if it were one (three digits, capitals) takes part too: when it wins,
the message is refused.
"""

from __future__ import annotations

from typing import Final

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.policy import otp_lexicon as lexicon
from otpblue_trio.policy.otp_numbers import CANDIDATE, Number
from otpblue_trio.policy.otp_tokens import CUT, DIGITS, LINE, SIGN, WORD, Token

__all__ = ["ENOUGH", "MARGIN", "Judged", "Message"]

ENOUGH: Final = 5.0
"""Points below which a number is not taken for a code. Set by hand against many messages."""
MARGIN: Final = 2.5
"""Two numbers nearer than this to each other are equally good."""

_STUBS = ("short", "long", "letters")
_ENDS = frozenset(".!?;。|！？")
_NAMES = lexicon.NOUN | lexicon.NUMBER
_LABELS = lexicon.LABEL | lexicon.PHONE | lexicon.TAIL
_ENDING_IN = ("endin", "endet", "endzi", "termi", "eindi", "slut", "końc", "päätt", "berak", "konč")
_HEAD_FIRST = frozenset({"de", "di", "do", "da", "du", "del", "della", "d", "la", "của", "cua"})


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
    cancelled: bool = False

    def give(self, points: float, reason: str) -> None:
        """Add points."""
        self.score += points
        self.reasons.append(f"{points:+g} {reason}")


@hot_frozen
class _Met:
    """A noun or a label met on the walk to the left of a number."""

    place: int
    steps: float
    """Words between, light ones counted in part."""
    ends: int
    """Sentence ends between."""
    lines: int
    apart: int
    """Sentence ends, line ends and commas between: no label reaches over one."""
    mark: str
    """A colon or "is" before the number."""
    verb: float | None
    """How far the nearest verb is, when one was met before."""
    by_means: bool
    """True when "with" stands between."""


class Message:
    """The tokens and numbers of one message, and the judgement about them."""

    def __init__(self, tokens: list[Token], numbers: list[Number], cased: str) -> None:
        self.tokens = tokens
        self.cased = cased
        self.spent: set[int] = set()
        self.judged = [Judged(n) for n in numbers if n.kind == CANDIDATE or n.kind in _STUBS]
        self.judged += [Judged(n) for n in self.capitals()]
        self.judged.sort(key=lambda judged: judged.number.first)
        self.at = {}
        for number in numbers:
            for place in range(number.first, number.last + 1):
                self.at[place] = number
        self.by_number = {id(judged.number): judged for judged in self.judged}
        self.taken: dict[int, Judged] = {}
        self.bits = 0
        for token in tokens:
            self.bits |= token.bits
        self.masked = [n for n in numbers if n.kind != CANDIDATE and n.kind not in _STUBS]

    # Nouns.

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
        return self.tokens[place].bits if place >= 0 else 0

    def strength(self, place: int) -> float:
        """How surely a word names a code: 0 not at all, 1 to 3; -1 when it names something else."""
        bits = self.tokens[place].bits
        if not bits & _NAMES:
            return 0.0
        before = self.word(place, -1)
        after = self.word(place, 1)
        # "numéro de commande", "mã số của đơn hàng": look past the little word.
        if after >= 0 and self.tokens[after].text in _HEAD_FIRST:
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
            if around & lexicon.LABEL and not around & (lexicon.PLACE | lexicon.NOUN):
                return -1.0
            return 2.0
        if around & lexicon.QUAL or (behind & lexicon.QUAL and not behind & lexicon.ENTER):
            return 2.0
        if (around | behind) & _LABELS:
            return -1.0
        return 1.0

    def is_warned(self, place: int) -> bool:
        """True for a noun in a warning: "never share the code"."""
        for back in range(1, 14):
            if place - back < 0:
                return False
            token = self.tokens[place - back]
            if token.kind == LINE or token.kind == DIGITS or token.text in _ENDS:
                return False
            if token.bits & lexicon.NOT:
                return True
        return False

    def is_end(self, place: int) -> bool:
        """True when a sign ends a sentence (and not an abbreviation or a decimal)."""
        token = self.tokens[place]
        if token.kind != SIGN or token.text not in _ENDS:
            return False
        if token.text == "." and place:
            left = self.tokens[place - 1]
            short = (
                left.kind == WORD
                and len(left.text.rpartition(" ")[2]) <= 4
                and left.end == token.start
            )
            if short and left.bits & (
                _LABELS | lexicon.NUMBERING | lexicon.MONEY | lexicon.NUMBER | lexicon.TIME
            ):
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
            if token.kind != WORD or not 4 <= len(token.text) <= 10 or token.bits:
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
                if left.kind == WORD and left.bits & _NAMES:
                    if mark and self.strength(back) >= 2 and not self.is_warned(back):
                        found.append(Number(place, place, [], "", "letters"))
                        self.spent.add(back)
                    break
                if not left.bits & (lexicon.COPULA | lexicon.KINDNESS) and left.text not in "\"'([":
                    break
                mark = mark or bool(left.bits & lexicon.COPULA)
                back -= 1
        return found

    # The walk to the left.

    def walk_left(self, judged: Judged, *, past: bool = False) -> None:
        """Find what names a number from its left."""
        tokens = self.tokens
        steps = 0.0
        ends = lines = 0
        verb: float | None = None
        replaced = new = False
        place = judged.number.first
        value_mark = ""
        comma = by_means = False
        while place > 0 and steps <= 10:
            place -= 1
            token = tokens[place]
            if token.kind == LINE:
                lines += 1
                if lines > 2:
                    break
                continue
            if token.kind == SIGN:
                if self.is_end(place):
                    ends += 1
                    if ends > 1:
                        break
                elif token.text in ",、":
                    comma = True
                elif token.text in ":=→>»-#" and steps == 0:
                    value_mark = value_mark or token.text
                continue
            if token.kind == CUT:
                steps += 0.5
                continue
            if token.kind == DIGITS:
                other = self.by_number.get(id(self.at[place])) if place in self.at else None
                if other is None or other.number.kind == "letters":
                    steps += 0.5
                    place = self.at[place].first if place in self.at else place
                    continue
                if other.labelled or other.cancelled or other.number.kind == "short":
                    steps += 0.5
                    place = other.number.first
                    continue
                break
            bits = token.bits
            if bits & lexicon.COPULA and steps < 1:
                value_mark = value_mark or "is"
            by_means = by_means or bool(bits & lexicon.WITH)
            if bits & lexicon.REPLACES and verb is None and not ends and steps < 1:
                replaced = replaced or not (bits & lexicon.NOT and steps)
            if bits & lexicon.NEW and not ends and verb is None:
                new = True
            if bits & _NAMES or bits & _LABELS:
                apart = ends + lines + comma
                met = _Met(place, steps, ends, lines, apart, value_mark, verb, by_means)
                if self.meets(judged, met):
                    if judged.named:
                        self.adjectives(judged, place, replaced, new)
                    elif replaced:
                        judged.cancelled = True
                    return
            if bits & lexicon.QUAL and steps <= 0.25 and not (ends or comma) and verb is None:
                if judged.number.kind == CANDIDATE and not judged.score:
                    judged.give(3.5, f"beside {token.text!r}")
            if bits & lexicon.ENTER and verb is None and not ends and not self.is_warned(place):
                verb = steps
                judged.give(max(5 - 0.75 * steps - lines, 1), f"after the verb {token.text!r}")
            steps += 0.25 if bits & lexicon.LIGHT else 1
            if token.text[0] >= "\u3000" or "\u0e00" <= token.text[0] <= "\u0e7f":
                steps += len(token.text) // 8
        if replaced and not new:
            judged.cancelled = True

    def adjectives(self, judged: Judged, place: int, replaced: bool, new: bool) -> None:
        """Read "old", "new" before a noun."""
        for _ in range(3):
            place = self.word(place, -1)
            if place < 0:
                break
            bits = self.tokens[place].bits
            if bits & lexicon.NEW:
                new = True
            if bits & lexicon.REPLACES and not bits & lexicon.NOT:
                replaced = True
            if bits & (lexicon.ENTER | lexicon.COPULA) and not bits & lexicon.REPLACES:
                break
        if replaced and not new:
            judged.cancelled = True
        if new:
            judged.give(2, "called new")

    def meets(self, judged: Judged, met: _Met) -> bool:
        """Take a noun or a label that the walk to the left met; True ends the walk."""
        place, steps = met.place, met.steps
        token = self.tokens[place]
        bits = token.bits
        strength = self.strength(place)
        if strength > 0:
            if bits & _LABELS and not bits & lexicon.NOUN and strength < 2:
                strength = -1.0
            elif place in self.spent or self.taken.get(place, judged) is not judged:
                return False
            elif self.is_warned(place) and (steps > 0.5 or met.ends or met.lines):
                return False
            else:
                points = {1.0: 5.0, 2.0: 9.0, 3.0: 10.0}[strength]
                points -= 0.4 * steps + 2.5 * met.ends + 0.5 * met.lines
                points += 1 if met.mark else 0
                if judged.number.kind in ("short", "long") and steps > 0.25:
                    return True
                if met.verb is None or points > 5:
                    judged.give(points, f"named {token.text!r}")
                    judged.named = strength >= 2
                    if met.ends == 0 and steps <= 3:
                        self.taken[place] = judged
                return True
        if met.verb is not None:
            return False
        if strength < 0 or bits & lexicon.LABEL:
            if place in self.taken:
                return False
            if met.apart or steps > (0.75 if met.mark else 1.5):
                return strength < 0
            if met.by_means and not token.text.startswith(_ENDING_IN):
                return False
            if met.mark and self.heads(judged, place, steps):
                return True
            return self.label(judged, met, -10 + steps, f"named {token.text!r}")
        if met.apart:
            return False
        if bits & lexicon.PHONE and steps <= 2.5:
            before = self.word_bits(self.word(place, -1))
            if before & lexicon.WITH:
                return False  # "nobody asks for it by phone: ..."
            return self.label(judged, met, -10 + steps, f"to call, after {token.text!r}")
        if bits & lexicon.TAIL and steps <= 0.5 and not met.mark:
            if met.by_means and not token.text.startswith(_ENDING_IN):
                return False  # "unlock your account with ..."
            return self.label(judged, met, -10, f"card or account, after {token.text!r}")
        return False

    def label(self, judged: Judged, met: _Met, points: float, reason: str) -> bool:
        """Give a number another name than a code's."""
        judged.labelled = True
        self.taken[met.place] = judged
        judged.give(points, reason)
        return True

    def heads(self, judged: Judged, label: int, steps: float) -> bool:
        """Read "the code for your order: 482910": the noun before the label is the name."""
        bridged = False
        words = 0
        place = label
        while words < 5:
            place = self.word(place, -1)
            if place < 0:
                return False
            bits = self.tokens[place].bits
            if bits & lexicon.NOUN and self.strength(place) >= 2:
                if not bridged or place in self.taken or self.is_warned(place):
                    return False
                judged.give(8 - 0.4 * (steps + words), f"named {self.tokens[place].text!r}")
                judged.named = True
                self.taken[place] = judged
                return True
            if bits & lexicon.BRIDGE or self.tokens[place].text in _HEAD_FIRST:
                bridged = bridged or self.tokens[place].text not in ("de", "di", "do", "da")
            words += 1
        return False

    # The walk to the right.

    def walk_right(self, judged: Judged) -> None:
        """Find what names a number from its right, and whether it is cancelled."""
        tokens = self.tokens
        steps = 0.0
        ends = lines = 0
        place = judged.number.last
        copula = False
        label: tuple[float, Token] | None = None
        entered = False
        while place + 1 < len(tokens) and steps <= 8:
            place += 1
            token = tokens[place]
            if token.kind == LINE:
                lines += 1
                if lines > 1:
                    break
                continue
            if token.kind == SIGN:
                if self.is_end(place):
                    ends += 1
                    if ends > 1:
                        break
                continue
            if token.kind == CUT:
                steps += 0.5
                continue
            if token.kind == DIGITS:
                other = self.by_number.get(id(self.at[place])) if place in self.at else None
                if other is None or other.labelled or other.number.kind in ("short", "letters"):
                    steps += 0.5
                    place = self.at[place].last if place in self.at else place
                    continue
                break
            bits = token.bits
            if bits & lexicon.COPULA and steps < 1:
                copula = True
            if bits & lexicon.CANCELLED and not ends and not self.is_later(judged, place):
                judged.cancelled = True
            strength = self.strength(place) if bits & _NAMES else 0.0
            if strength > 0 and not judged.named and not judged.labelled:
                if bits & _LABELS and not bits & lexicon.NOUN and strength < 2:
                    strength = -1.0
                elif place in self.taken or place in self.spent or (self.is_warned(place) and ends):
                    strength = 0.0
                else:
                    points = {1.0: 3.5, 2.0: 7.5, 3.0: 8.5}[strength]
                    points -= 0.4 * steps + 3 * ends + lines
                    points += 1 if copula else 0
                    if points > 0:
                        judged.give(points, f"before {token.text!r}")
                    return
            if strength < 0 or bits & lexicon.LABEL:
                if label is None and not (ends or lines or entered) and place not in self.taken:
                    label = (steps, token)
            elif bits & lexicon.TAIL and label is None and not (ends or lines or copula):
                if judged.number.digits == 4 and steps <= 1 and not judged.score > 0:
                    label = (steps, token)
            if bits & lexicon.ENTER and not entered and steps <= 2 and not ends:
                entered = True
                if judged.score < 5 and not self.is_warned(place):
                    judged.give(5 - 0.75 * steps - lines, f"before the verb {token.text!r}")
            if bits & lexicon.PURPOSE and not entered and steps <= 2.5 and not ends and not lines:
                entered = True
                if judged.score < 5:
                    judged.give(3.5, f"before the purpose {token.text!r}")
            steps += 0.25 if bits & lexicon.LIGHT else 1
        if label is not None and not judged.named and judged.score < 3:
            distance, token = label
            if distance <= 1.5 or (copula and distance <= 3):
                judged.labelled = True
                judged.give(-8, f"before {token.text!r}")

    def is_later(self, judged: Judged, place: int) -> bool:
        """True for "will be invalid in 5 minutes": a code that still counts."""
        for at in range(judged.number.last + 1, min(place + 5, len(self.tokens))):
            token = self.tokens[at]
            if token.kind == LINE or (at > place and self.is_end(at)):
                break
            if token.kind == DIGITS and at in self.at and self.at[at].kind in ("duration", "time"):
                return True
            if token.bits & lexicon.TIME and len(token.text) > 2:
                return True
        return False

    # The whole.

    def judge(self) -> list[Judged]:
        """Return the candidates and stubs with their points, best first."""
        for judged in self.judged:
            if judged.number.kind != "letters" or judged.number.runs:
                self.walk_left(judged)
            else:
                judged.give(10, "capitals in the place of a code")
        for judged in self.judged:
            if judged.number.kind == CANDIDATE or judged.number.kind == "letters":
                self.walk_right(judged)
        self.share_names()
        for judged in self.judged:
            self.place_points(judged)
        self.message_points()
        return sorted(self.judged, key=lambda judged: -judged.score)

    def share_names(self) -> None:
        """Give what is listed beside a named number the same name: "codes 4029 and 5519"."""
        for one, other in zip(self.judged, self.judged[1:], strict=False):
            if one.number.kind != CANDIDATE or other.number.kind != CANDIDATE:
                continue
            if one.number.digits != other.number.digits or one.labelled or other.labelled:
                continue
            between = self.tokens[one.number.last + 1 : other.number.first]
            listed = all(
                t.kind == LINE or t.text in ",/、&-*•·" or t.bits & lexicon.AND for t in between
            )
            if listed and not one.cancelled and not other.cancelled:
                best = max(one.score, other.score)
                for judged in (one, other):
                    if judged.score < best:
                        judged.give(best - judged.score, "listed beside another")

    def place_points(self, judged: Judged) -> None:
        number = judged.number
        tokens = self.tokens
        left = tokens[number.first - 1] if number.first else None
        right = tokens[number.last + 1] if number.last + 1 < len(tokens) else None
        starts = left is None or left.kind == LINE
        ends = right is None or right.kind == LINE
        if judged.cancelled:
            judged.give(-12, "cancelled")
        if number.kind == "letters" and number.runs:
            # A name like 5Aces is no code; a token in a code's place is.
            if not judged.named:
                judged.give(-6 if not self.is_subject(judged) else 0, "a word with digits")
            return
        if number.kind in _STUBS:
            return
        if starts and ends:
            judged.give(2, "alone on a line")
        elif starts:
            judged.give(1, "begins a line")
        if not starts and (right is None or self.is_end(number.last + 1) or right.kind == LINE):
            judged.give(1, "ends a sentence")
        if left is not None and left.text in ":=→»>-\"*[(" and left.kind == SIGN:
            judged.give(1.5, f"after {left.text!r}")
        elif left is not None and left.bits & lexicon.WITH:
            judged.give(1.5, f"after {left.text!r}")
        if right is not None and right.bits & lexicon.COPULA and right.kind == WORD:
            if left is None or left.kind == LINE or self.is_end(number.first - 1):
                judged.give(1.5, f"subject of {right.text!r}")
        if number.irregular and not judged.named:
            judged.give(-4, "uneven groups")
        if number.is_year and not judged.named:
            judged.give(-4, "may be a year")
        if number.runs == ["20200101"] and not judged.named:
            judged.give(-3, "may be a date")

    def is_subject(self, judged: Judged) -> bool:
        """True for "N685QMH is your code"."""
        number = judged.number
        place = number.last + 1
        while place < len(self.tokens) and self.tokens[place].end == self.tokens[place - 1].end:
            place += 1
        while place < len(self.tokens) and self.tokens[place].start == self.tokens[place - 1].end:
            place += 1
        written = self.cased[self.tokens[number.first].start : self.tokens[place - 1].end]
        if place >= len(self.tokens) or any(c.islower() for c in written):
            return False
        return bool(self.tokens[place].bits & lexicon.COPULA)

    def message_points(self) -> None:
        """Add what the whole message says."""
        live = [j for j in self.judged if j.number.kind == CANDIDATE]
        if not live:
            return
        free = [
            place
            for place, token in enumerate(self.tokens)
            if token.bits & lexicon.NOUN
            and place not in self.taken
            and place not in self.spent
            and self.strength(place) >= 2
            and not self.is_warned(place)
        ]
        replaced = any(judged.cancelled for judged in live)
        alone = len(live) == 1 and not any(n.kind in ("phone", "card tail") for n in self.masked)
        warned = any(
            token.bits & lexicon.NOUN and self.is_warned(place)
            for place, token in enumerate(self.tokens)
        )
        offers = sum(1 for token in self.tokens if token.bits & lexicon.MARKETING)
        sure = any(
            token.bits & (lexicon.SURE | lexicon.QUAL) and not self.is_warned(place)
            for place, token in enumerate(self.tokens)
        )
        for judged in live:
            if judged.labelled or judged.cancelled:
                continue
            if replaced:
                judged.give(4, "another code is cancelled")
            if free and not judged.named:
                judged.give(2, "the message names a code")
            elif warned and not judged.named:
                judged.give(1, "the message warns about a code")
            if self.bits & lexicon.SIGN and judged.score > 2:
                judged.give(1, "the message warns or limits")
            if self.bits & lexicon.PURPOSE:
                judged.give(2, "the message is about access")
            if alone:
                judged.give(1.5, "the only number")
                plain = not any(n.kind not in ("duration", "word") for n in self.masked)
                plain = plain and not self.bits & (_LABELS | lexicon.BAD | lexicon.MARKETING)
                if plain and judged.number.digits == 6:
                    judged.give(1.5, "six digits and nothing against it")
                elif plain and judged.number.runs[0][0] == "0":
                    judged.give(1, "a leading zero and nothing against it")
            if offers >= 2 or (offers and not sure):
                judged.give(-2.0 * min(offers, 4) * (0.4 if sure else 1.5), "an offer")
        if len(live) == 1 and not live[0].labelled:
            self.brand_and_number(live[0])

    def brand_and_number(self, judged: Judged) -> None:
        """Accept "OrbitX - 074486": a name, a sign, a number, and nothing else."""
        if len(self.judged) > 1 or any(n.kind not in ("duration", "word") for n in self.masked):
            return
        words = [token for token in self.tokens if token.kind == WORD]
        if not words or len(words) > 3 or self.bits & (_LABELS | lexicon.BAD | lexicon.MARKETING):
            return
        number = judged.number
        left = self.tokens[number.first - 1] if number.first else None
        right = self.tokens[number.last + 1] if number.last + 1 < len(self.tokens) else None
        for beside in (left, right):
            is_sign = beside is not None and beside.kind == SIGN and beside.text not in ".,#/+*"
            if beside is not None and (beside.kind in (LINE, DIGITS) or is_sign):
                judged.give(5, "a name and a number")
                return
