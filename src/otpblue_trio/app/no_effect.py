"""Settings that this version accepts and does not act upon yet, each with what happens instead.

The configuration's names are promised from the first version on, so that files need no change
later; but a setting that does nothing must say so. `serve` and `check` print a line for each of
these that is set. Whoever makes a setting work deletes its entry here.
"""

from __future__ import annotations

from types import MappingProxyType

from otpblue_trio.config import Config

__all__ = ["WITHOUT_EFFECT", "settings_without_effect"]


WITHOUT_EFFECT = MappingProxyType({"platform.history_url": "past requests are not asked for"})
"""By key path: what the gateway does instead."""


def settings_without_effect(config: Config) -> tuple[str, ...]:
    """Return one line for each setting that is changed to no effect."""
    defaults = Config()
    return tuple(
        f"{path} has no effect in this version: {instead}"
        for path, instead in WITHOUT_EFFECT.items()
        if _value(config, path) != _value(defaults, path)
    )


def _value(config: Config, path: str) -> object:
    section, _, key = path.partition(".")
    return getattr(getattr(config, section), key)
