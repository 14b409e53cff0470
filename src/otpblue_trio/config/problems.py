"""What is wrong with a configuration, in words an operator can act upon at three in the morning.

cattrs reports everything at once, as a tree of exceptions with notes that say where. `faults_of`
walks that tree; its own texts are not used, since they name Python classes and lose the cause.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

import attrs
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)

from otpblue_trio.config.lines import KeyPath
from otpblue_trio.config.values import UnfitError
from otpblue_trio.errors import OtpBlueError

__all__ = ["ConfigError", "Fault", "Problem", "Vocabulary", "faults_of"]


@attrs.frozen(kw_only=True)
class Problem:
    """One thing that must be put right; `str` gives it on one line."""

    file: str
    """The file as it was named by the operator."""
    line: int | None
    """Counted from 1; None when unknown."""
    path: str
    """The setting, such as `accounts[0].tps`; empty when the file itself is at fault."""
    expected: str
    """What would be right, in words."""
    found: str
    """What there is, safe to show."""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        setting = f"{self.path}: " if self.path else ""
        return f"{place}: {setting}expected {self.expected}, found {self.found}"


class ConfigError(OtpBlueError):
    """The configuration cannot be used; `problems` has everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@attrs.frozen
class Vocabulary:
    """The keys that a configuration may have."""

    expected: Mapping[type, Mapping[str, str]]
    """For each class, its keys and what each of them expects, in words."""
    titles: Mapping[type, str]
    """What each class is called in the file, such as `[limits]`."""

    def unknown_key(self, cl: type, key: str) -> str:
        """Return what was found instead of a key of a class, with a guess at what was meant."""
        homes = [self.titles[other] for other, keys in self.expected.items() if key in keys]
        if homes:
            return f"one of {' and '.join(homes)}"
        near = difflib.get_close_matches(key, self.expected[cl], n=1)
        if near:
            return f'an unknown one; did you mean "{near[0]}"?'
        return "an unknown one"


@attrs.frozen
class Fault:
    """A problem before it has a file and a line."""

    path: KeyPath
    expected: str
    found: str
    rests_on: tuple[KeyPath, ...] = ()
    """The settings that a rule looked at, where these are more than `path`."""


def faults_of(error: Exception, vocabulary: Vocabulary, path: KeyPath = ()) -> Iterator[Fault]:
    """Yield the faults in what cattrs raised.

    Args:
      error: a cattrs group of errors, or one of its leaves.
      vocabulary: the keys of the classes that are structured.
      path: where the structured value stands.
    """
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            place = (*path, *_step(inner))
            if isinstance(inner, KeyError):
                # cattrs looks a key up without a default when the field has none.
                expected = vocabulary.expected[error.cl][str(place[-1])]
                yield Fault(place, expected, "nothing")
            else:
                yield from faults_of(inner, vocabulary, place)
    elif isinstance(error, ForbiddenExtraKeysError):
        for key in sorted(error.extra_fields):
            found = vocabulary.unknown_key(error.cl, key)
            yield Fault((*path, key), "a setting that exists", found)
    elif isinstance(error, UnfitError):
        yield Fault(path, error.expected, error.found)
    else:
        # A defect of this package, not of the configuration.
        raise error


def _step(error: BaseException) -> KeyPath:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, AttributeValidationNote):
            return (note.name,)
        if isinstance(note, IterableValidationNote):
            return (note.index,)
    return ()
