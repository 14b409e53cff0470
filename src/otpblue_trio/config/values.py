"""One value of the configuration: what it must be, and what is said when it is not.

A `Kind` tells in words what a value must be and turns the TOML value into the typed one. It is the
single source of three things: the check at load, the words of the error, and the range in the
comment of the starter configuration.

Any string may stand elsewhere: `{ env = "NAME" }` or `{ file = "path" }`. `Surroundings` knows the
environment and the folder that relative paths start from. What comes from elsewhere is never
shown in a message, whatever setting it is for: people put secrets there.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.config.files import PipeError, open_file, reason_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Kind",
    "MismatchError",
    "Setting",
    "Surroundings",
    "UnfitError",
    "about",
    "setting_of",
    "show",
    "show_misplaced",
    "string_in",
]

_CREDENTIALS = "$CREDENTIALS_DIRECTORY"
_SETTING = "setting"
_MAX_SHOWN_CHARACTERS = 60
_MAX_REFERRED_OCTETS = 65536
_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")


class UnfitError(ValueError):
    """A value is not what the setting needs.

    Args:
      expected: what would be right, in words.
      found: what there is, safe to show.
    """

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found


class MismatchError(ValueError):
    """A conversion says no; the `Kind` around it finds the words."""


class Surroundings:
    """What a value may refer to: the environment, and files beside the configuration.

    Args:
      base_dir: the folder of config.toml; relative paths start here.
      env: the environment variables.
    """

    def __init__(self, base_dir: Path, env: Mapping[str, str]) -> None:
        self._base_dir = base_dir
        self._env = env
        # A dictionary as an ordered set: a file that two settings name is told of once.
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the operator should know though nothing is wrong; in order, without repeats."""
        return tuple(self._warnings)

    def path(self, text: str) -> Path:
        """Return the path that a text means, absolute when the base folder is.

        A leading `$CREDENTIALS_DIRECTORY/` stands for the folder in which systemd puts a
        service's credentials.

        Raises:
          UnfitError: it names that folder and the variable is not set, or it has a NUL character.
        """
        if "\0" in text:
            raise UnfitError("a path", "a text with a NUL character")
        head, slash, rest = text.partition("/")
        if head == _CREDENTIALS and slash:
            folder = self._env.get("CREDENTIALS_DIRECTORY")
            if not folder:
                raise UnfitError(
                    "the environment variable CREDENTIALS_DIRECTORY to be set", "it unset"
                )
            return self._base_dir / folder / rest
        return self._base_dir / text

    def variable(self, name: str) -> str:
        """Return an environment variable.

        Raises:
          UnfitError: it is not set, or that is no name of one: somebody may have put the secret
            itself there, so it is not shown.
        """
        if not _VARIABLE.fullmatch(name):
            raise UnfitError("the name of an environment variable", "a text that is none")
        try:
            return self._env[name]
        except KeyError:
            expected = f"the environment variable {name} to be set"
            raise UnfitError(expected, "it unset") from None

    def content(self, text: str) -> str:
        """Return the text of the file at a path, without its last line end.

        A file that its group or others may read is told of in `warnings`.

        Raises:
          UnfitError: there is no readable UTF-8 file of at most 65,536 octets.
        """
        path = self.path(text)
        try:
            with open_file(path) as file:
                octets = file.read(_MAX_REFERRED_OCTETS + 1)
        except OSError as error:
            raise UnfitError(f"a readable file {path}", _reason(error)) from error
        if len(octets) > _MAX_REFERRED_OCTETS:
            expected = f"at most {_MAX_REFERRED_OCTETS} octets in the file {path}"
            raise UnfitError(expected, "more")
        self.warn_if_exposed(path)
        try:
            content = octets.decode()
        except UnicodeDecodeError as error:
            raise UnfitError(f"UTF-8 text in the file {path}", "other octets") from error
        return content.removesuffix("\n").removesuffix("\r")

    def warn(self, text: str) -> None:
        """Note something that the operator should know."""
        self._warnings[text] = None

    def warn_if_exposed(self, path: Path) -> None:
        """Warn of a file with a secret that its group or others may read."""
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            return
        if mode & (stat.S_IRGRP | stat.S_IROTH):
            self.warn(
                f"{path}: holds a secret, and its group or others may read it (mode {mode:04o}); "
                "chmod 600"
            )


@attrs.frozen
class Kind:
    """What a value must be."""

    expected: str
    """In words, to follow "expected"."""
    convert: Callable[[object, Surroundings], object]
    """From the TOML value to the typed one.

    Raises `MismatchError`, or `UnfitError` when it has better words than `expected`.
    """
    is_secret: bool = False
    """True when nothing of the value may be shown."""
    write: Callable[[object], object] = lambda value: value
    """From the typed value to one that TOML can hold."""

    def read(self, value: object, surroundings: Surroundings) -> object:
        """Turn a TOML value into the typed one.

        Raises:
          UnfitError: it is not of this kind.
        """
        try:
            return self.convert(value, surroundings)
        except MismatchError as error:
            raise UnfitError(self.expected, show(value, is_secret=self.is_secret)) from error


@attrs.frozen(kw_only=True)
class Setting:
    """What is known of one setting besides its name, type and default."""

    comment: str
    """For the operator: what it does, in plain sentences."""
    kind: Kind
    example: object = attrs.field(default=None)
    """A value to show where there is no default worth showing."""
    is_live: bool = False
    """True when a reload applies it without a restart."""


def about(
    comment: str, kind: Kind, *, example: object = None, is_live: bool = False
) -> dict[str, object]:
    """Return the metadata of an attrs field that is a setting."""
    return {_SETTING: Setting(comment=comment, kind=kind, example=example, is_live=is_live)}


def setting_of(field: attrs.Attribute[object]) -> Setting | None:
    """Return what is known of a field, or None when it is a section or not in the file."""
    setting = field.metadata.get(_SETTING)
    return setting if isinstance(setting, Setting) else None


def string_in(value: object, surroundings: Surroundings) -> str:
    """Return the string that a TOML value is or refers to.

    Raises:
      MismatchError: it is neither a string nor `{ env = "..." }` nor `{ file = "..." }`.
      UnfitError: what it refers to is not there.
    """
    if isinstance(value, str):
        return value
    match _reference(value):
        case ("env", name):
            return surroundings.variable(name)
        case ("file", path):
            return surroundings.content(path)
    raise MismatchError


def show(value: object, *, is_secret: bool = False) -> str:
    """Write a TOML value for a message: short, on one line, and never a secret."""
    reference = _reference(value)
    if reference is not None:
        source = "the environment variable" if reference[0] == "env" else "the file"
        return f"what {source} {reference[1]} holds"
    if isinstance(value, str):
        if is_secret:
            return f"a string of {len(value)} characters" if value else "an empty string"
        shown = value[:_MAX_SHOWN_CHARACTERS]
        written = json.dumps(shown, ensure_ascii=not shown.isprintable())
        rest = f" and {len(value) - len(shown)} characters more" if shown != value else ""
        return written + rest
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array" if value else "an empty array"
    if is_secret:
        return f"a value that is no string ({type(value).__name__})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # int() of TOML has no bound, and writing thousands of digits is an error of its own.
        return str(value) if abs(value) < 10**30 else "a number of more than 30 digits"
    return str(value)


def show_misplaced(value: object) -> str:
    """Write what stands where a table should: a string there may be anything, a secret too."""
    return show(value, is_secret=isinstance(value, str))


def _reference(value: object) -> tuple[str, str] | None:
    if isinstance(value, dict) and len(value) == 1:
        [(source, name)] = value.items()
        if source in ("env", "file") and isinstance(name, str):
            return source, name
    return None


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "none"
    if isinstance(error, PipeError):
        return reason_of(error)
    return f"an error ({reason_of(error)})"
