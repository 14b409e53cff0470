"""Turns the tables of a configuration into settings values, by cattrs.

cattrs walks the tables, forbids keys that no class has, and goes on after an error so that all of
them are told in one run. What a single value must be is the business of its `Kind`: cattrs's own
conversions would take "5" for 5 and 1 for true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, override

from otpblue_trio.config.accounts import NOT_IN_DEFAULTS
from otpblue_trio.config.model import (
    Config,
    Directory,
    Limits,
    Listen,
    Log,
    Platform,
    Policy,
    Simulator,
    Store,
    Tls,
    settings_of,
)
from otpblue_trio.config.problems import Vocabulary
from otpblue_trio.config.values import Setting, Surroundings, UnfitError, show_misplaced
from otpblue_trio.policy.types import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from otpblue_trio.config.lines import KeyPath

__all__ = ["SECTIONS", "VOCABULARY", "AccountsFile", "make_converter", "prune"]

# By field; cattrs does not export the type of an override.
_Overrides = dict[str, Any]

SECTIONS: dict[str, type] = {
    "listen": Listen,
    "tls": Tls,
    "limits": Limits,
    "platform": Platform,
    "simulator": Simulator,
    "policy": Policy,
    "store": Store,
    "directory": Directory,
    "log": Log,
}
"""The plain sections by name; accounts and their defaults come beside them."""


@attrs.frozen(kw_only=True)
class AccountsFile:
    """The second file: accounts and nothing else."""

    accounts: tuple[Account, ...] = ()


def _vocabulary() -> Vocabulary:
    expected = {
        cl: {name: setting.kind.expected for name, setting in settings_of(cl).items()}
        for cl in (*SECTIONS.values(), Account, Config)
    }
    array = {"accounts": "an array of tables, [[accounts]]"}
    expected[Config] |= dict.fromkeys((*SECTIONS, "defaults"), "a table") | array
    titles = {cl: f"[{name}]" for name, cl in SECTIONS.items()}
    titles |= {Account: "[[accounts]]", Config: "the top of config.toml"}
    return Vocabulary(
        expected=expected | {AccountsFile: array},
        titles=titles | {AccountsFile: "an accounts file"},
    )


VOCABULARY: Vocabulary = _vocabulary()
"""Every key there is."""


def make_converter(surroundings: Surroundings) -> Converter:
    """Return a converter that reads values with their kinds.

    Structuring `Config` takes the whole table of config.toml; `base_dir` and `warnings` are not
    in the file and keep their defaults.
    """
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)

    def register(cl: type[Any], overrides: _Overrides) -> None:
        fields = make_dict_structure_fn(cl, converter, **overrides)
        converter.register_structure_hook(cl, _table_hook(fields))

    for cl in (*SECTIONS.values(), Account):
        register(cl, _setting_overrides(settings_of(cl), surroundings))
    accounts = override(struct_hook=_accounts_hook(converter))
    register(AccountsFile, {"accounts": accounts})
    sections = {name: override(struct_hook=_nested(converter, cl)) for name, cl in SECTIONS.items()}
    register(
        Config,
        _setting_overrides(settings_of(Config), surroundings)
        | sections
        | {
            "defaults": override(struct_hook=_nested(converter, Account)),
            "accounts": accounts,
            "base_dir": override(omit=True),
            "warnings": override(omit=True),
        },
    )
    return converter


def prune(table: dict[str, Any], path: KeyPath) -> None:
    """Take out of a table what a fault stands on, so that the rest can be looked at.

    An element at fault takes its whole setting along; a setting that must be there takes its
    whole section or account along. Of `accounts`, what is taken out leaves None in its place.
    """
    match path:
        case ("accounts", int(index), *rest):
            account = table["accounts"][index]
            if isinstance(account, dict) and rest and rest[0] not in NOT_IN_DEFAULTS:
                account.pop(rest[0], None)
            else:
                table["accounts"][index] = None
        case (str(section), str(key), *_) if section in SECTIONS:
            content = table.get(section)
            if isinstance(content, dict):
                content.pop(key, None)
                if _is_required(SECTIONS[section], key):
                    del table[section]
        case (key, *_):
            table.pop(str(key), None)


def _is_required(cl: type, key: str) -> bool:
    field = attrs.fields_dict(cl).get(key)
    return field is not None and field.default is attrs.NOTHING


def _setting_overrides(settings: Mapping[str, Setting], surroundings: Surroundings) -> _Overrides:
    def hook(setting: Setting) -> Callable[[object, object], object]:
        return lambda value, _: setting.kind.read(value, surroundings)

    return {name: override(struct_hook=hook(setting)) for name, setting in settings.items()}


def _table_hook(fields: Callable[[Any, Any], Any]) -> Callable[[object, object], object]:
    def hook(value: object, cl: object) -> object:
        if not isinstance(value, dict):
            raise UnfitError("a table", show_misplaced(value))
        return fields(value, cl)

    return hook


def _nested(converter: Converter, cl: type) -> Callable[[object, object], object]:
    return lambda value, _: converter.structure(value, cl)


def _accounts_hook(converter: Converter) -> Callable[[object, object], object]:
    def hook(value: object, _: object) -> object:
        if not isinstance(value, list):
            raise UnfitError("an array of tables, [[accounts]]", show_misplaced(value))
        return converter.structure(value, tuple[Account, ...])

    return hook
