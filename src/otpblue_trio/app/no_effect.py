"""Settings that this version accepts and does not act upon yet, each with what happens instead.

The configuration's names are promised from the first version on, so that files need no change
later; but a setting that does nothing must say so. `serve` and `check` print a line for each of
these that is set. Whoever makes a setting work deletes its entry here.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import attrs

from otpblue_trio.config import Config

__all__ = ["WITHOUT_EFFECT", "settings_without_effect"]


@attrs.frozen
class _Entry:
    """What is said of a setting, and when."""

    instead: str
    """What the gateway does, to follow a colon."""
    is_asked_for: Callable[[Any, Any], bool] = lambda value, default: bool(value != default)
    """From the setting and its default: is something asked for that does not happen?"""


WITHOUT_EFFECT = MappingProxyType(
    {
        "platform.history_url": _Entry("past requests are not asked for"),
        "store.path": _Entry(
            "receipts that wait are kept in memory and lost with the process",
            # The default itself promises a file.
            lambda value, _: value is not None,
        ),
        "store.cdr_retention": _Entry("no records are kept"),
        "store.number_privacy": _Entry("no records are kept; logs never show a whole number"),
        "store.on_failure": _Entry("no records are kept"),
    }
)
"""By key path."""


def settings_without_effect(config: Config) -> tuple[str, ...]:
    """Return one line for each setting that asks for something this version does not do."""
    defaults = Config()
    return tuple(
        f"{path} has no effect in this version: {entry.instead}"
        for path, entry in WITHOUT_EFFECT.items()
        if entry.is_asked_for(_value(config, path), _value(defaults, path))
    )


def _value(config: Config, path: str) -> object:
    section, _, key = path.partition(".")
    return getattr(getattr(config, section), key)
