"""A decision told step by step, for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from otpblue_trio.policy.otp_lexicon import meaning_names
from otpblue_trio.policy.otp_numbers import CANDIDATE
from otpblue_trio.policy.otp_types import CodeFound, NoCode

if TYPE_CHECKING:
    from otpblue_trio.policy.otp_decide import Reading

__all__ = ["CandidateNote", "Explanation", "KeywordNote", "MaskedNote", "explanation_of"]


@attrs.frozen
class CandidateNote:
    """A number that could have been the code."""

    digits: str = attrs.field(repr=False)
    score: float
    reasons: tuple[str, ...] = ()


@attrs.frozen
class MaskedNote:
    """A number, or something with digits in it, that is no code, and what it is instead."""

    text: str = attrs.field(repr=False)
    kind: str


@attrs.frozen
class KeywordNote:
    """A word that counted, and what it counted as."""

    text: str
    kind: str


@attrs.frozen(kw_only=True)
class Explanation:
    """Why a text gave the answer it gave.

    It holds the text and the code: it is for the eyes of the person who typed the text in, and not
    for a log.
    """

    result: CodeFound | NoCode
    normalised: str = attrs.field(repr=False)
    rule: str
    """What decided: `pattern 0`, `domain line`, `digits only`, `context` or `too long`."""
    candidates: tuple[CandidateNote, ...] = ()
    masked: tuple[MaskedNote, ...] = ()
    keywords: tuple[KeywordNote, ...] = ()

    def render(self) -> str:
        """Return the explanation as lines for a terminal, code and text included."""
        if isinstance(self.result, CodeFound):
            lines = [f"code: {self.result.code}"]
        else:
            lines = [f"no code: {self.result.reason}"]
        lines += [f"decided by: {self.rule}", f"read as: {self.normalised!r}"]
        for candidate in self.candidates:
            why = ", ".join(candidate.reasons) or "nothing speaks for it"
            lines.append(f"candidate {candidate.digits}: score {candidate.score:g} ({why})")
        lines += [f"not a code: {note.text!r} ({note.kind})" for note in self.masked]
        lines += [f"word: {note.text!r} ({note.kind})" for note in self.keywords]
        return "\n".join(lines)


def explanation_of(result: CodeFound | NoCode, reading: Reading, text: str) -> Explanation:
    """Tell a reading with the real digits.

    Args:
      result: what was answered.
      reading: of the message's shape.
      text: the folded message itself; it has the places of the reading.
    """
    tokens = reading.tokens
    candidates = []
    for judged in reading.judged:
        number = judged.number
        shown = text[tokens[number.first].start : tokens[number.last].end]
        if number.kind != CANDIDATE:
            shown += f" [{number.kind}]"
        candidates.append(CandidateNote(shown, judged.score, tuple(judged.reasons)))
    masked = [MaskedNote(text[cut.start : cut.end], cut.kind) for cut in reading.cuts]
    judged_numbers = {id(judged.number) for judged in reading.judged}
    masked += [
        MaskedNote(text[tokens[number.first].start : tokens[number.last].end], number.kind)
        for number in reading.numbers
        if id(number) not in judged_numbers
    ]
    keywords = [
        KeywordNote(token.text, meaning_names(token.bits)) for token in tokens if token.bits
    ]
    return Explanation(
        result=result,
        normalised=text,
        rule=reading.decision.rule,
        candidates=tuple(candidates),
        masked=tuple(masked),
        keywords=tuple(keywords),
    )
