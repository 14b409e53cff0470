"""The kinds of values that settings have: numbers in a range, durations, addresses, secrets.

Each function or constant here gives a `Kind`. Kinds that only accounts need are in `accounts.py`.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from cattrs import IterableValidationError, IterableValidationNote

from otpblue_trio.config.addresses import parse_listen_address
from otpblue_trio.config.durations import format_duration, parse_duration
from otpblue_trio.config.files import open_file
from otpblue_trio.config.values import (
    Kind,
    MismatchError,
    Surroundings,
    UnfitError,
    show,
    string_in,
)
from otpblue_trio.http_text import MAX_HEADER_VALUE_CHARACTERS, is_header_value, parse_http_url

if TYPE_CHECKING:
    from enum import StrEnum

__all__ = [
    "ADDRESSES",
    "ADMIN_ADDRESS",
    "BOOLEAN",
    "NETWORK",
    "SECRET",
    "URL",
    "array_of",
    "choice",
    "duration",
    "existing_file",
    "number_or_word",
    "optional_path",
    "secret",
    "whole_number",
]


def _boolean(value: object, surroundings: Surroundings) -> bool:
    if isinstance(value, bool):
        return value
    raise MismatchError


BOOLEAN = Kind("true or false", _boolean)
"""A TOML boolean; neither 0 nor 1."""


def whole_number(least: int, most: int) -> Kind:
    """Give the kind of a whole number in a range, both ends included."""

    def convert(value: object, surroundings: Surroundings) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise MismatchError
        return value

    return Kind(f"a whole number from {least} to {most}", convert)


def duration(least: str, most: str, *, zero: bool = False) -> Kind:
    """Give the kind of a duration in a range, both ends included.

    Args:
      least: the shortest, as written in the configuration.
      most: the longest.
      zero: True when 0 is allowed besides the range.
    """
    shortest, longest = parse_duration(least), parse_duration(most)

    def convert(value: object, surroundings: Surroundings) -> float:
        if not isinstance(value, int | float):
            value = string_in(value, surroundings)
        try:
            seconds = parse_duration(value)
        except ValueError as error:
            raise MismatchError from error
        if not (shortest <= seconds <= longest or (zero and seconds == 0)):
            raise MismatchError
        return seconds

    def write(value: object) -> object:
        return format_duration(value) if isinstance(value, int | float) else value

    expected = f'a duration from "{least}" to "{most}"'
    return Kind(f"0 or {expected}" if zero else expected, convert, write=write)


def choice(values: type[StrEnum]) -> Kind:
    """Give the kind of a word out of an enumeration's values."""

    def convert(value: object, surroundings: Surroundings) -> StrEnum:
        try:
            return values(string_in(value, surroundings))
        except ValueError as error:
            if isinstance(error, UnfitError):
                raise
            raise MismatchError from error

    return Kind(_one_of(member.value for member in values), convert, write=_as_text)


def secret(*, optional: bool = False) -> Kind:
    """Give the kind of a key that goes into an HTTP header; `optional`: or the empty string."""

    def convert(value: object, surroundings: Surroundings) -> str:
        text = string_in(value, surroundings)
        if not (is_header_value(text) or (optional and not text)):
            raise MismatchError
        return text

    expected = (
        f"1 to {MAX_HEADER_VALUE_CHARACTERS} printable ASCII characters without a space at "
        "either end"
    )
    return Kind(f'{expected}, or ""' if optional else expected, convert, is_secret=True)


SECRET = secret()
"""A key that has to be given."""


def _url(value: object, surroundings: Surroundings) -> str:
    text = string_in(value, surroundings)
    try:
        parse_http_url(text)
    except ValueError as error:
        if not isinstance(value, str):
            raise MismatchError from error
        # Before a host there may be a password, and behind a path a key.
        shown = "one with a user name in it" if "@" in text else show(text.partition("?")[0])
        raise UnfitError(URL.expected, shown) from error
    return text


URL = Kind('a URL that begins with "https://" or "http://"', _url)
"""An http or https URL that `http_text.parse_http_url` takes."""


def _path_of(what: str) -> Kind:
    """Give the kind of a path that need not exist; relative ones start beside config.toml."""

    def convert(value: object, surroundings: Surroundings) -> Path:
        text = string_in(value, surroundings)
        if not text:
            raise MismatchError
        return surroundings.path(text)

    return Kind(f"the path of {what}", convert, write=_as_text)


def optional_path(what: str, *, must_exist: bool) -> Kind:
    """Give the kind of a path that the empty string leaves out (None when loaded)."""
    inner = existing_file(what) if must_exist else _path_of(what)

    def convert(value: object, surroundings: Surroundings) -> Path | None:
        text = string_in(value, surroundings)
        if not text:
            return None
        path = inner.convert(text, surroundings)
        return path if isinstance(path, Path) else None

    def write(value: object) -> object:
        return "" if value is None else str(value)

    return Kind(f'{inner.expected}, or ""', convert, write=write)


def existing_file(what: str, *, holds_secret: bool = False) -> Kind:
    """Give the kind of the path of a file that must be there and readable.

    With `holds_secret` a warning is given when its group or others may read it.
    """

    def convert(value: object, surroundings: Surroundings) -> Path:
        text = string_in(value, surroundings)
        if not text:
            raise MismatchError
        path = surroundings.path(text)
        try:
            with open_file(path) as file:
                file.read(1)
        except OSError as error:
            found = "none" if isinstance(error, FileNotFoundError) else "one that cannot be read"
            raise UnfitError(f"the path of {what}", f"{found} at {path}") from error
        if holds_secret:
            surroundings.warn_if_exposed(path)
        return path

    return Kind(f"the path of {what}", convert, write=_as_text)


def array_of(
    item: Kind,
    what: str,
    collect: Callable[[Iterable[object]], Collection[object]] = tuple,
    most: int = 10_000,
) -> Kind:
    """Give the kind of an array whose elements are all of one kind.

    Every element that does not fit is told of by itself, in the shape in which cattrs tells of
    elements.

    Args:
      item: the kind of one element.
      what: the array in words, such as "an array of addresses".
      collect: makes the collection of the elements.
      most: the largest number of elements.
    """

    def convert(value: object, surroundings: Surroundings) -> object:
        if not isinstance(value, list) or len(value) > most:
            raise MismatchError
        items: list[object] = []
        errors: list[Exception] = []
        for index, element in enumerate(value):
            try:
                items.append(item.read(element, surroundings))
            except UnfitError as error:
                error.add_note(IterableValidationNote(f"element {index}", index, object))
                errors.append(error)
        if errors:
            message = "elements do not fit"
            raise IterableValidationError(message, errors, tuple)
        return collect(items)

    def write(value: object) -> object:
        return [item.write(element) for element in value] if isinstance(value, Iterable) else value

    return Kind(what, convert, write=write)


def _listen_address(value: object, surroundings: Surroundings) -> object:
    try:
        return parse_listen_address(string_in(value, surroundings))
    except ValueError as error:
        if isinstance(error, UnfitError):
            raise
        raise MismatchError from error


_ADDRESS = Kind(
    'an address and port such as "0.0.0.0:2776" or "[::]:2776"',
    _listen_address,
    write=lambda value: str(value),
)

ADDRESSES = array_of(_ADDRESS, "an array of addresses to listen on")
"""Addresses to listen on."""


def _admin_address(value: object, surroundings: Surroundings) -> object:
    text = string_in(value, surroundings)
    return _listen_address(text, surroundings) if text else None


ADMIN_ADDRESS = Kind(
    f'{_ADDRESS.expected}, or ""',
    _admin_address,
    write=lambda value: "" if value is None else str(value),
)
"""One address to listen on; the empty string is None."""


def _network(value: object, surroundings: Surroundings) -> object:
    text = string_in(value, surroundings)
    try:
        # Not strict: "10.0.0.5/24" is how people write the network of a host they know.
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise MismatchError from error


NETWORK = Kind(
    'an IP address or network such as "192.0.2.7" or "2001:db8::/32"', _network, write=str
)
"""An IPv4 or IPv6 network; a lone address is a network of one."""


def number_or_word(least: float, most: float, word: str) -> Kind:
    """Give the kind of a number in a range, or a word that stands for no limit (`math.inf`)."""

    def convert(value: object, surroundings: Surroundings) -> float:
        if isinstance(value, bool):
            raise MismatchError
        if isinstance(value, int | float):
            if not least <= value <= most:
                raise MismatchError
            return float(value)
        if string_in(value, surroundings) != word:
            raise MismatchError
        return math.inf

    def write(value: object) -> object:
        if not isinstance(value, float):
            return value
        if math.isinf(value):
            return word
        return int(value) if value.is_integer() else value

    return Kind(f'a number from {least:g} to {most:g} or "{word}"', convert, write=write)


def _as_text(value: object) -> str:
    return str(value)


def _one_of(words: Iterable[str]) -> str:
    *most, last = [f'"{word}"' for word in words]
    return f"{', '.join(most)} or {last}" if most else last
