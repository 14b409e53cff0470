"""Changes of the accounts file: read, change, check, replace.

The file that config.toml names in `accounts_file` is the only one that is ever written. What it
would become is first written beside config.toml together with a copy of that, and loaded as
`serve` would load it: a value that does not fit changes nothing. Then the file is replaced as a
whole, so that a reload finds the old one or the new one.

Two commands at once wait for each other, on a lock that config.toml carries.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import tomli_w

from otpblue_trio.config import (
    Config,
    ConfigError,
    load_config,
    read_accounts_table,
    write_accounts,
)
from otpblue_trio.config.documents import read_document
from otpblue_trio.config.files import write_secret_file
from otpblue_trio.errors import OtpBlueError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AccountTrouble", "AccountsBook", "AccountsFileMissing", "open_book"]


class AccountTrouble(OtpBlueError):
    """The accounts are not such that this change can be made."""


class AccountsFileMissing(OtpBlueError):
    """config.toml names no accounts file."""


@attrs.define
class AccountsBook:
    """The accounts of a gateway, those of its accounts file open for changes.

    Attributes:
      config_path: config.toml.
      config: as it was loaded, before any change.
      file: the accounts file, which need not be there.
      tables: its accounts as they are written.
    """

    config_path: Path
    config: Config
    file: Path
    tables: list[dict[str, Any]]

    def has(self, system_id: str) -> bool:
        """Tell whether there is such an account, in either file."""
        return any(account.system_id == system_id for account in self.config.accounts)

    def table(self, system_id: str) -> dict[str, Any]:
        """Return the settings of an account of the accounts file, to be changed.

        Raises:
          AccountTrouble: it is not there.
        """
        return self.tables[self._index(system_id)]

    def remove(self, system_id: str) -> None:
        """Take an account out.

        Raises:
          AccountTrouble: it is not there.
        """
        del self.tables[self._index(system_id)]

    def _index(self, system_id: str) -> int:
        # By the loaded name: the written one may be a reference.
        own = self.config.accounts[len(self.config.accounts) - len(self.tables) :]
        for index, account in enumerate(own):
            if account.system_id == system_id:
                return index
        if self.has(system_id):
            msg = (
                f'the account "{system_id}" stands in {self.config_path}, which this command never '
                "writes: change it there"
            )
        else:
            msg = f'there is no account "{system_id}" in {self.file}'
        raise AccountTrouble(msg)

    def save(self) -> None:
        """Check the accounts as they are now, then replace the file.

        Raises:
          ConfigError: `serve` would not take them; nothing has changed.
          OSError: a file cannot be written; nothing has changed.
        """
        self._check()
        is_new = not self.file.exists()
        write_accounts(self.file, self.tables)
        if is_new:
            self._give_to_the_service()

    def _check(self) -> None:
        folder = self.config_path.absolute().parent
        with contextlib.ExitStack() as stack:
            accounts = _new_name(stack, folder, "accounts")
            config = _new_name(stack, folder, "config")
            table = read_document(self.config_path).table | {"accounts_file": str(accounts)}
            write_accounts(accounts, self.tables)
            write_secret_file(config, tomli_w.dumps(table).encode())
            try:
                load_config(config, env=os.environ)
            except ConfigError as error:
                raise ConfigError(
                    [
                        # The lines are those of a file that nobody will see.
                        attrs.evolve(problem, file=str(self.file), line=None)
                        for problem in error.problems
                    ]
                ) from error

    def _give_to_the_service(self) -> None:
        """Let whoever may read config.toml read a new accounts file, when root makes it."""
        if os.geteuid() != 0:
            return
        shown = self.config_path.stat()
        os.chown(self.file, shown.st_uid, shown.st_gid)
        os.chmod(self.file, shown.st_mode & 0o640 | 0o600)


@contextlib.contextmanager
def open_book(config_path: Path) -> Iterator[AccountsBook]:
    """Open the accounts for a change; nothing is written without `AccountsBook.save`.

    Blocks while another command has them open.

    Raises:
      ConfigError: the configuration cannot be used as it is.
      AccountsFileMissing: it names no accounts file.
      OSError: config.toml cannot be opened.
    """
    with config_path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        config = load_config(config_path, env=os.environ)
        if config.accounts_file is None:
            msg = (
                f"{config_path} names no accounts file; add this line above its first [section]:\n"
                'accounts_file = "accounts.toml"'
            )
            raise AccountsFileMissing(msg)
        tables = read_accounts_table(config.accounts_file)
        yield AccountsBook(config_path, config, config.accounts_file, tables)


def _new_name(stack: contextlib.ExitStack, folder: Path, kind: str) -> Path:
    """Return the name of an empty file that is removed with the stack."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{kind}-check-", suffix=".toml")
    os.close(descriptor)
    path = Path(name)
    stack.callback(path.unlink, missing_ok=True)
    return path
