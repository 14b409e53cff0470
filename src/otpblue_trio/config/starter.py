"""Writes configurations that teach: every setting with its comment, range and default.

The text is made from the settings' own metadata, so it cannot fall behind them. What is chosen
stands as a setting; everything else stands as a comment that shows the default, or an example
where there is no default worth showing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs
import tomli_w

from otpblue_trio.config.accounts import NOT_IN_DEFAULTS
from otpblue_trio.config.model import Config, PlatformKind, settings_of
from otpblue_trio.config.structuring import SECTIONS
from otpblue_trio.policy.types import Account

if TYPE_CHECKING:
    from otpblue_trio.config.values import Setting

__all__ = ["shipped_config", "starter_config"]

_Table = Mapping[str, object]

_WIDTH = 98
_HEADING = """\
Durations are seconds (30) or a number with a unit: "500ms", "30s", "15m", "24h", "30d".

Any string may stand elsewhere: { env = "NAME" } takes it from the environment, { file = "path" }
from a file, without the file's last line end. Relative paths start in this file's folder;
"$CREDENTIALS_DIRECTORY/name" is a systemd credential.

A setting in a comment shows its default, or an example where the default is named above it.
`otpblue-trio check` finds every mistake in this file; SIGHUP applies changes of accounts,
certificates and the log level without a restart.
"""
_MORE_KEYS = "Every setting of [defaults] may stand here as well, for this account alone."


def starter_config(
    *,
    password_hash: str,
    platform: PlatformKind = PlatformKind.SIMULATOR,
    system_id: str = "demo",
) -> str:
    """Return a commented configuration with one account, for a new installation.

    Args:
      password_hash: the hash of the account's password.
      platform: what messages are handed to; with the real one the account's key is taken from
        the environment variable OTPBLUE_API_KEY.
      system_id: the account's name.

    Returns:
      TOML that `load_config` reads without a problem, once that variable is set.
    """
    is_real = platform is PlatformKind.HTTP
    account = {
        "system_id": system_id,
        "password": password_hash,
        "api_key": {"env": "OTPBLUE_API_KEY"} if is_real else "simulator-key",
    }
    heading = "Configuration of otpblue-trio. Run it: otpblue-trio serve config.toml"
    return _document(heading, _chosen(platform), [account])


def shipped_config() -> str:
    """Return the text of the config.toml that comes with the program: a try-out for one machine."""
    heading = (
        "Configuration of otpblue-trio, ready to run: otpblue-trio serve config.toml\n\n"
        "It listens with a development certificate, delivers to a simulator, and knows two\n"
        "accounts. Nothing is sent to anybody. For real use set environment, [tls], platform.kind\n"
        "and accounts with hashed passwords."
    )
    accounts = [
        {"system_id": name, "password": f"{name}-pw1", "api_key": f"{name}-simulator-key"}
        for name in ("demo", "acme")
    ]
    return _document(heading, _chosen(PlatformKind.SIMULATOR), accounts)


def _chosen(platform: PlatformKind) -> dict[str, _Table]:
    config = Config()
    return {
        "": {"environment": config.environment.value},
        "listen": _written("listen", config.listen, ("tls", "plain", "admin")),
        "platform": {"kind": platform.value},
        "store": _written("store", config.store, ("path",)),
    }


def _written(section: str, values: object, keys: Sequence[str]) -> _Table:
    settings = settings_of(SECTIONS[section])
    return {key: settings[key].kind.write(getattr(values, key)) for key in keys}


def _document(heading: str, chosen: Mapping[str, _Table], accounts: Sequence[_Table]) -> str:
    parts = [_as_comment(f"{heading}\n\n{_HEADING}")]
    parts += _settings(Config, chosen[""])
    for field in attrs.fields(Config):
        comment = field.metadata.get("section")
        if comment is None:
            continue
        # A section that means something by being left out is shown as a comment altogether.
        is_absent = field.default is None
        lines = [_wrapped(comment), f"{'# ' if is_absent else ''}[{field.name}]"]
        if field.name == "accounts":
            parts += _accounts(comment, accounts)
        elif field.name == "defaults":
            parts += ["\n".join(lines), *_settings(Account, {}, left_out=NOT_IN_DEFAULTS)]
        else:
            values = chosen.get(field.name, {})
            parts += ["\n".join(lines), *_settings(SECTIONS[field.name], values)]
    return "\n\n".join(parts) + "\n"


def _accounts(comment: str, accounts: Sequence[_Table]) -> list[str]:
    own = [name for name in settings_of(Account) if name in NOT_IN_DEFAULTS]
    parts = []
    for index, account in enumerate(accounts):
        if index == 0:
            shared = frozenset(settings_of(Account)) - NOT_IN_DEFAULTS
            parts += [f"{_wrapped(comment)}\n{_wrapped(_MORE_KEYS)}\n[[accounts]]"]
            parts += _settings(Account, account, left_out=shared)
        else:
            lines = [f"{key} = {_toml(account[key])}" for key in own]
            parts.append("\n".join(["[[accounts]]", *lines]))
    return parts


def _settings(
    section: type, chosen: _Table, *, left_out: frozenset[str] = frozenset()
) -> list[str]:
    defaults = {field.name: field.default for field in attrs.fields(section)}
    parts = []
    for name, setting in settings_of(section).items():
        if name in left_out:
            continue
        default = defaults[name]
        default = None if default is attrs.NOTHING else setting.kind.write(default)
        lines = [_wrapped(setting.comment), _wrapped(_range(setting, default))]
        if name in chosen:
            lines.append(f"{name} = {_toml(chosen[name])}")
        else:
            shown = default if setting.example is None else setting.example
            lines.append(f"# {name} = {_toml(shown)}")
        parts.append("\n".join(lines))
    return parts


def _range(setting: Setting, default: object) -> str:
    expected = setting.kind.expected
    text = expected[0].upper() + expected[1:] + "."
    if default is not None and setting.example is not None:
        text += f" Default: {_toml(default)}."
    return text


def _wrapped(text: str) -> str:
    return _as_comment(
        textwrap.fill(text, _WIDTH - 2, break_on_hyphens=False, break_long_words=False)
    )


def _as_comment(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def _toml(value: object) -> str:
    """Write a value on one line; tomli_w would put tables and arrays on several."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")
