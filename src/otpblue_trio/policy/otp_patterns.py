"""The operator's own patterns for the code.

They run in RE2, which has no backtracking: a pattern written in a hurry cannot stop the gateway.
RE2 has therefore no look-around and no back-references; a pattern with one is refused when it is
compiled, with its place in the list and the cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import re2

from otpblue_trio.errors import OtpBlueError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAX_PATTERN_CHARACTERS", "CodePatterns", "PatternError", "compile_patterns"]

MAX_PATTERN_CHARACTERS = 500

_DROP_SEPARATORS = {ord(" "): None, ord("-"): None}


class PatternError(OtpBlueError):
    """An operator's pattern cannot be used."""

    def __init__(self, index: int, cause: str) -> None:
        super().__init__(f"code pattern {index}: {cause}")
        self.index = index
        """Place in the list, from 0."""
        self.cause = cause


@attrs.frozen(eq=False)
class CodePatterns:
    """Compiled patterns in their order; made by `compile_patterns`."""

    # RE2's objects carry no type information.
    _compiled: tuple[Any, ...] = attrs.field(repr=False)

    def first_code(self, text: str) -> tuple[int, str] | None:
        """Return the place of the first pattern that gives a code, and that code.

        A pattern whose group 1 is not 4-10 digits, once spaces and hyphens are dropped, gives none.

        Args:
          text: lightly normalised (`otp_normalise.plain_text`), without lone surrogates.
        """
        for index, pattern in enumerate(self._compiled):
            match = pattern.search(text)
            if match is None:
                continue
            group: str | None = match.group(1)
            if group is None:
                continue
            code = group.translate(_DROP_SEPARATORS)
            if 4 <= len(code) <= 10 and code.isascii() and code.isdigit():
                return index, code
        return None


def compile_patterns(patterns: Sequence[str]) -> CodePatterns:
    """Compile the operator's patterns.

    Args:
      patterns: RE2 syntax, at most 500 characters each; group 1 is the code. They match anywhere
        in the text; case counts unless the pattern says `(?i)`.

    Raises:
      PatternError: a pattern does not compile, has no group, or is too long.
    """
    options = re2.Options()
    options.log_errors = False  # else RE2 writes the pattern to standard error by itself
    compiled = []
    for index, source in enumerate(patterns):
        if len(source) > MAX_PATTERN_CHARACTERS:
            raise PatternError(
                index, f"{len(source)} characters, more than {MAX_PATTERN_CHARACTERS}"
            )
        try:
            pattern = re2.compile(source, options)
        except re2.error as error:
            raise PatternError(index, _cause(error)) from error
        except UnicodeEncodeError as error:
            raise PatternError(index, "not valid Unicode text") from error
        if pattern.groups < 1:
            raise PatternError(index, "has no group 1 to take the code from")
        compiled.append(pattern)
    return CodePatterns(tuple(compiled))


def _cause(error: Exception) -> str:
    cause = error.args[0] if error.args else "does not compile"
    return cause.decode("utf-8", "replace") if isinstance(cause, bytes) else str(cause)
