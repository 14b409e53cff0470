"""Finds the one-time code in a message, or refuses with a reason.

A wrong code locks a person out; a refusal costs an SMS by another route. So a number is only taken
for the code when the words around it say so, and by a margin over every other number.

    text -> shape + digits -> decision about the shape -> digits of the code

The decision sees the shape of the message only (`otp_normalise`): traffic is made of templates, and
a template is decided once. The cache of decisions is bounded; it cannot change an answer, because
the decision never had more to go by than the cache's key.

Basis: integration guide, "OTP Code Extraction" and "Input Limits".
"""

from __future__ import annotations

from typing import Final

from otpblue_trio.policy.otp_decide import Decision, decide, read
from otpblue_trio.policy.otp_explain import Explanation, explanation_of
from otpblue_trio.policy.otp_normalise import digit_string, folded_text, plain_text, shape_of
from otpblue_trio.policy.otp_patterns import CodePatterns, PatternError, compile_patterns
from otpblue_trio.policy.otp_types import CodeFound, NoCode, NoCodeReason

__all__ = [
    "MAX_TEXT_CHARACTERS",
    "CodeFinder",
    "CodeFound",
    "CodePatterns",
    "Explanation",
    "NoCode",
    "NoCodeReason",
    "PatternError",
    "compile_patterns",
]

MAX_TEXT_CHARACTERS: Final = 1024
"""Twice what `short_message` may hold; longer texts are refused unread."""

_REFUSALS: Final = {reason: NoCode(reason) for reason in NoCodeReason}


class CodeFinder:
    """Finds codes in messages; owns a bounded cache of decisions about message templates."""

    def __init__(self, *, cache_entries: int = 4096) -> None:
        """Make a finder.

        Args:
          cache_entries: how many templates are remembered; 0 remembers none. When the cache is
            full it is emptied and filled anew: templates in use come back at once, and a stream
            of texts without templates costs no bookkeeping.
        """
        self._cache_entries = cache_entries
        self._cache: dict[str, Decision] = {}

    @property
    def cached_templates(self) -> int:
        """How many templates are remembered now."""
        return len(self._cache)

    def find(self, text: str, patterns: CodePatterns | None = None) -> CodeFound | NoCode:
        """Return the code of a message, or why there is none.

        The operator's patterns are tried first, in their order, then the built-in rules.

        Args:
          text: the decoded message. More than 1,024 characters are refused.
          patterns: the account's own patterns.

        Returns:
          A code of 4-10 ASCII digits, which stand in the text in this order with nothing but
          spaces, hyphens or invisible characters between them, or dots and underscores between
          groups of one size behind a word for a code; or the reason for a refusal. Never raises,
          whatever the text.
        """
        if len(text) > MAX_TEXT_CHARACTERS:
            return _REFUSALS[NoCodeReason.NONE]
        if patterns is not None:
            hit = patterns.first_code(plain_text(text))
            if hit is not None:
                return CodeFound(hit[1])
        shape, digits = shape_of(text)
        decision = self._cache.get(shape)
        if decision is None:
            decision = decide(shape)
            if len(self._cache) >= self._cache_entries:
                self._cache.clear()
            if self._cache_entries:
                self._cache[shape] = decision
        return _answer(decision, digits)

    def explain(self, text: str, patterns: CodePatterns | None = None) -> Explanation:
        """Return what `find` answers, with everything that led to it. Slow; for people."""
        result = self.find(text, patterns)
        if len(text) > MAX_TEXT_CHARACTERS:
            return Explanation(result=result, normalised="", rule="too long")
        if patterns is not None:
            hit = patterns.first_code(plain_text(text))
            if hit is not None:
                return Explanation(
                    result=result, normalised=plain_text(text), rule=f"pattern {hit[0]}"
                )
        return explanation_of(result, read(shape_of(text)[0]), folded_text(text)[0])


def _answer(decision: Decision, digits: str) -> CodeFound | NoCode:
    ranges = decision.ranges
    if not ranges:
        return _REFUSALS[decision.reason]
    first, last = ranges[0]
    code = digits[first:last]
    if not code.isascii():
        code = digit_string(code)
    if len(ranges) > 1:
        for first, last in ranges[1:]:
            if digit_string(digits[first:last]) != code:
                return _REFUSALS[NoCodeReason.AMBIGUOUS]
    return CodeFound(code)
