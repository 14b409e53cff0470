"""Reads config.toml: every problem of it at once, or a `Config` that can be used.

A file with problems is read twice. The first pass tells what is wrong with single values; these
are then taken out and the rest is read again, so that the rules between settings can be judged as
well. Nothing of such a second reading is used.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
from cattrs import BaseValidationError

from otpblue_trio.config import rules
from otpblue_trio.config.accounts import NOT_IN_DEFAULTS
from otpblue_trio.config.documents import Document, is_missing, read_document
from otpblue_trio.config.model import Config, Environment
from otpblue_trio.config.problems import ConfigError, Fault, Problem, faults_of
from otpblue_trio.config.rules import PlacedAccount, PlacedName
from otpblue_trio.config.structuring import (
    SECTIONS,
    VOCABULARY,
    AccountsFile,
    make_converter,
    prune,
)
from otpblue_trio.config.values import (
    MismatchError,
    Surroundings,
    UnfitError,
    show_misplaced,
    string_in,
)
from otpblue_trio.policy.types import Account

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from otpblue_trio.config.lines import KeyPath

__all__ = ["load_config"]

_Read = TypeVar("_Read", Config, AccountsFile)
# What `[defaults]` may not have, so that the rest of it can be structured as an account.
_PLACEHOLDERS = {"system_id": "defaults", "password": "-", "api_key": "-"}


def load_config(path: Path, *, env: Mapping[str, str]) -> Config:
    """Read a configuration file and all that it refers to.

    Relative paths in the file start from its folder. Blocks: it reads files, and a thousand
    accounts take some 0.2 s of computing, so a running gateway calls it in a thread.

    Args:
      path: config.toml, or what stands for it.
      env: the environment variables that `{ env = "NAME" }` refers to.

    Returns:
      The configuration; its `warnings` tell what is allowed and should be known.

    Raises:
      ConfigError: with every problem of the file, and of the accounts file, that could be found.
    """
    return _Loading(path, env).run()


class _Loading:
    """One run of `load_config`: gathers problems on the way."""

    def __init__(self, path: Path, env: Mapping[str, str]) -> None:
        self._document = read_document(path)
        self._base_dir = path.absolute().parent
        self._surroundings = Surroundings(self._base_dir, env)
        self._converter = make_converter(self._surroundings)
        self._problems: list[Problem] = []
        self._at_fault: set[KeyPath] = set()
        self._names: list[PlacedName] = []
        self._accounts: list[PlacedAccount] = []

    def run(self) -> Config:
        """Return the configuration, or raise with all problems."""
        table = self._copy_of_table()
        shared = self._check_defaults(table)
        config = self._structure(self._document, table, shared, Config)
        if config.accounts_file is not None:
            self._read_accounts_file(config.accounts_file, shared)
        accounts = tuple(placed.account for placed in self._accounts)
        config = attrs.evolve(
            config,
            accounts=accounts,
            defaults=attrs.evolve(config.defaults, system_id="", password="", api_key=""),
            base_dir=self._base_dir,
        )
        self._judge(config)
        if self._problems:
            main = str(self._document.path)
            self._problems.sort(key=lambda found: (found.file != main, found.line or 0))
            raise ConfigError(self._problems)
        return attrs.evolve(config, warnings=self._warnings(config))

    def _copy_of_table(self) -> dict[str, Any]:
        # Two levels deep, as far as anything is changed; the document keeps what was written.
        table = {
            key: dict(value) if isinstance(value, dict) else value
            for key, value in self._document.table.items()
        }
        # A default that is a relative path starts in the same folder as one that is written.
        for name in (*_ALWAYS_THERE, *table):
            defaults = _DEFAULT_PATHS.get(name, {})
            if defaults and isinstance(table.setdefault(name, {}), dict):
                table[name] = defaults | table[name]
        return table

    def _check_defaults(self, table: dict[str, Any]) -> dict[str, Any]:
        """Check `[defaults]`, leave it fit to be structured, and return what accounts share."""
        written = table.pop("defaults", {})
        if not isinstance(written, dict):
            found = show_misplaced(written)
            self._report(self._document, [Fault(("defaults",), "a table", found)])
            return {}
        faults = [
            Fault(("defaults", key), "a setting that accounts can share", "one that each has alone")
            for key in NOT_IN_DEFAULTS & written.keys()
        ]
        shared = {key: value for key, value in written.items() if key not in NOT_IN_DEFAULTS}
        try:
            self._converter.structure(_PLACEHOLDERS | shared, Account)
        except BaseValidationError as error:
            faults += faults_of(error, VOCABULARY, ("defaults",))
        self._report(self._document, faults)
        for fault in faults:
            shared.pop(str(fault.path[1]), None)
        table["defaults"] = _PLACEHOLDERS | shared
        return shared

    def _read_accounts_file(self, path: Path, shared: dict[str, Any]) -> None:
        if is_missing(path):
            # The `account add` command makes it.
            text = f"{path} is not there yet, so there are no accounts from it"
            self._surroundings.warn(self._document.remark(("accounts_file",), text))
            return
        try:
            document = read_document(path)
        except ConfigError as error:
            self._problems += error.problems
            return
        self._structure(document, dict(document.table), shared, AccountsFile)

    def _structure(
        self, document: Document, table: dict[str, Any], shared: dict[str, Any], cl: type[_Read]
    ) -> _Read:
        """Structure a file's table as far as it is right, and note its accounts and problems."""
        accounts = table.get("accounts")
        if isinstance(accounts, list):
            # Copies, one to each account: what is at fault in it is taken out of them.
            table["accounts"] = accounts = [
                shared | account if isinstance(account, dict) else account for account in accounts
            ]
            self._names += _names_in(document, accounts, self._surroundings)
        read: _Read
        try:
            read = self._converter.structure(table, cl)
        except BaseValidationError as error:
            faults = list(faults_of(error, VOCABULARY))
            self._report(document, faults)
            for fault in faults:
                prune(table, fault.path)
            whole = table.get("accounts", [])
            places = [index for index, account in enumerate(whole) if account is not None]
            table["accounts"] = [whole[index] for index in places]
            read = self._converter.structure(table, cl)
        else:
            places = list(range(len(read.accounts)))
        self._accounts += [
            PlacedAccount(account, document, ("accounts", index))
            for index, account in zip(places, read.accounts, strict=True)
        ]
        return read

    def _report(self, document: Document, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self._problems.append(document.problem(fault))
            if document is self._document:
                self._at_fault.add(fault.path[:2])

    def _judge(self, config: Config) -> None:
        # All are looked for before any is told: what is told is at fault, too.
        of_accounts = [
            (document, fault)
            for document, fault in rules.account_faults(self._names, self._accounts, config)
            if self._can_be_judged(fault.rests_on)
        ]
        judged = [
            fault
            for fault in rules.faults(config, self._document)
            if self._can_be_judged(fault.rests_on or (fault.path,))
        ]
        self._report(self._document, judged)
        self._problems += [document.problem(fault) for document, fault in of_accounts]

    def _can_be_judged(self, needed: Iterable[KeyPath]) -> bool:
        """Tell whether what a rule says of these settings means anything.

        A setting at fault was taken out: what is looked at in its place is the default.
        """
        return not any(
            path[: len(each)] == each or path == each[: len(path)]
            for path in self._at_fault
            for each in needed
        )

    def _warnings(self, config: Config) -> tuple[str, ...]:
        documents = {id(placed.document): placed.document for placed in self._accounts}
        documents[id(self._document)] = self._document
        if config.environment is Environment.PRODUCTION:
            for document in documents.values():
                if rules.holds_secrets(document):
                    self._surroundings.warn_if_exposed(document.path)
        return (
            *self._surroundings.warnings,
            *rules.remarks(config, self._document),
            *rules.account_remarks(self._accounts),
        )


def _names_in(
    document: Document, accounts: list[object], surroundings: Surroundings
) -> Iterator[PlacedName]:
    for index, account in enumerate(accounts):
        if isinstance(account, dict) and "system_id" in account:
            # What is no string is told of by its kind.
            with contextlib.suppress(MismatchError, UnfitError):
                name = string_in(account["system_id"], surroundings)
                yield PlacedName(name, document, ("accounts", index, "system_id"))


def _default_paths() -> dict[str, dict[str, str]]:
    return {
        section: {
            field.name: str(field.default)
            for field in attrs.fields(cl)
            if isinstance(field.default, Path)
        }
        for section, cl in SECTIONS.items()
    }


_DEFAULT_PATHS = _default_paths()
# The other sections with paths mean something by being left out.
_ALWAYS_THERE = ("store",)
