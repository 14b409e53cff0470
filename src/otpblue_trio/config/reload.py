"""What a reload cannot apply."""

from __future__ import annotations

import attrs

from otpblue_trio.config.model import Config, settings_of
from otpblue_trio.config.structuring import SECTIONS
from otpblue_trio.config.values import setting_of

__all__ = ["changes_needing_restart"]


def changes_needing_restart(old: Config, new: Config) -> tuple[str, ...]:
    """Return the settings that differ and take effect only after a restart.

    Accounts, their defaults, certificates and the log level are applied by a reload and never
    named.

    Returns:
      Key paths such as `limits.max_connections`, in file order; a section's name where it came
      or went.
    """
    changed: list[str] = []
    for field in attrs.fields(Config):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after:
            continue
        if field.name in SECTIONS:
            changed += _changes_in_section(field.name, before, after)
        elif (setting := setting_of(field)) is not None and not setting.is_live:
            changed.append(field.name)
    return tuple(changed)


def _changes_in_section(name: str, before: object, after: object) -> list[str]:
    bound = [key for key, setting in settings_of(SECTIONS[name]).items() if not setting.is_live]
    if before is None or after is None:
        return [name] if bound else []
    return [f"{name}.{key}" for key in bound if getattr(before, key) != getattr(after, key)]
