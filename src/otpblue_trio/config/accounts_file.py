"""The second file with accounts, which the `account` commands write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomli_w

from otpblue_trio.config.documents import is_missing, read_document
from otpblue_trio.config.files import write_secret_file
from otpblue_trio.config.problems import ConfigError, Fault
from otpblue_trio.config.values import show_misplaced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["read_accounts_table", "write_accounts"]

_HEADING = (
    "# Accounts, written by the `otpblue-trio account` commands.\n"
    "# The settings are those of [[accounts]] in config.toml. Comments do not last here.\n"
)


def read_accounts_table(path: Path) -> list[dict[str, Any]]:
    """Return the accounts of an accounts file as they are written, for a change of the file.

    Nothing of an account is checked; `load_config` does that.

    Returns:
      One dictionary for each account, in file order; none when there is no such file.

    Raises:
      ConfigError: the file cannot be read, or holds something other than `[[accounts]]`.
    """
    if is_missing(path):
        return []
    document = read_document(path)
    faults = [
        Fault((key,), "nothing but [[accounts]]", "another setting")
        for key in document.table
        if key != "accounts"
    ]
    accounts = document.table.get("accounts", [])
    if not isinstance(accounts, list):
        found = show_misplaced(accounts)
        faults.append(Fault(("accounts",), "an array of tables, [[accounts]]", found))
    else:
        faults += [
            Fault(("accounts", index), "a table", show_misplaced(account))
            for index, account in enumerate(accounts)
            if not isinstance(account, dict)
        ]
    if faults:
        raise ConfigError([document.problem(fault) for fault in faults])
    return [dict(account) for account in accounts]


def write_accounts(path: Path, accounts: Sequence[Mapping[str, object]]) -> None:
    """Write an accounts file: whole or not at all; a new one for its owner alone (0600).

    Args:
      path: the file; missing folders are made.
      accounts: the settings of each account, as TOML values.

    Raises:
      OSError: it cannot be written; the old file is untouched.
      TypeError: a value is none that TOML has.
    """
    text = tomli_w.dumps({"accounts": [dict(account) for account in accounts]})
    write_secret_file(path, (_HEADING + "\n" + text).encode())
