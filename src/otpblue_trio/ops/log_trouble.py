"""Accidents in the log: tracebacks that show where, and not what was in hand.

The words of an exception may quote what it choked on: a password, a message, a number. Which do
cannot be told from their text, so it is told from the exception's class.
"""

from __future__ import annotations

import traceback

import trio

from otpblue_trio.errors import OtpBlueError

__all__ = ["traceback_text"]

_ERROR_CHARACTERS = 300
_MOST_EXCEPTIONS = 20
_OWN_WORDS = frozenset({"builtins", "ssl", "socket", "trio"})
_SPEAK_OF_THE_PROGRAM = (
    AttributeError,
    BaseExceptionGroup,
    ImportError,
    MemoryError,
    NameError,
    OSError,
    RecursionError,
    TypeError,
    trio.BrokenResourceError,
    trio.BusyResourceError,
    trio.Cancelled,
    trio.ClosedResourceError,
)
"""What these say is made of names, types and the system's own texts."""


def traceback_text(error: BaseException) -> str:
    """Return the traceback of an exception with its chain, without what may be private.

    The frames stand as usual. Of an exception's own words at most 300 characters are kept, with
    every run of four and more digits hidden, and only where they speak of the program alone (a
    missing attribute, a refused system call, an error of this package); of others the length is
    told.
    """
    return "\n".join(_told(error, []))


def _told(error: BaseException, seen: list[int]) -> list[str]:
    """Return the lines of an exception, after those of what led to it."""
    seen.append(id(error))
    lines: list[str] = []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen and len(seen) < _MOST_EXCEPTIONS:
        link = "The above exception was the direct cause of the following one:"
        if error.__cause__ is None:
            link = "During handling of the above exception, another one occurred:"
        lines += [*_told(before, seen), "", link, ""]
    if error.__traceback__ is not None:
        lines.append("Traceback (most recent call last):")
        lines += "".join(traceback.format_tb(error.__traceback__)).splitlines()
    kind = type(error)
    place = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    lines.append(f"{place}{kind.__qualname__}: {_words(error)}")
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            if len(seen) >= _MOST_EXCEPTIONS:
                lines.append("+--- and more")
                break
            lines += ["+---", *(f"| {line}" for line in _told(each, seen))]
    return lines


def _words(error: BaseException) -> str:
    words = str(error)
    # A class made elsewhere may say anything, whatever it is derived from.
    home = type(error).__module__.partition(".")[0]
    if isinstance(error, OtpBlueError) or (
        isinstance(error, _SPEAK_OF_THE_PROGRAM) and home in _OWN_WORDS
    ):
        return _without_digits(words)
    return f"({len(words)} characters withheld)"


def _without_digits(text: str) -> str:
    kept: list[str] = []
    run = 0
    for character in [*text[:_ERROR_CHARACTERS], ""]:
        if character.isdigit():
            run += 1
            kept.append(character)
            continue
        if run >= 4:
            kept[-run:] = ["****"]
        run = 0
        kept.append(character)
    return "".join(kept)
