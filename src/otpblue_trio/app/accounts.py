"""Where accounts come from: config.toml first, then the account directory; and their passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.policy import (
    PasswordCache,
    verify_no_password,
    verify_password,
)
from otpblue_trio.runtime import AccountsUnavailable
from otpblue_trio.upstream import DirectoryDown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otpblue_trio.policy import Account
    from otpblue_trio.upstream import AccountDirectory

__all__ = ["ConfiguredAccounts", "ThreadVerifier"]

_CHECKS_AT_ONCE = 2
"""Password hashes computed at the same time; each takes a core for about a quarter of a second."""


class ConfiguredAccounts:
    """The accounts of the configuration, and behind them those of the directory.

    Args:
      accounts: of config.toml and the accounts file.
      directory: asked for names that are not among them.
    """

    def __init__(
        self, accounts: Sequence[Account], directory: AccountDirectory | None = None
    ) -> None:
        self._directory = directory
        self._accounts = {account.system_id: account for account in accounts}

    def replace(self, accounts: Sequence[Account], defaults: Account) -> None:
        """Put other accounts and `[defaults]` in force; the directory is asked anew."""
        self._accounts = {account.system_id: account for account in accounts}
        if self._directory is not None:
            self._directory.defaults = defaults
        self.forget_directory()

    def forget_directory(self) -> None:
        """Have the directory asked anew; while it is down its old answers hold."""
        if self._directory is not None:
            self._directory.invalidate()

    async def find(self, system_id: str, /) -> Account | None:
        """Return the enabled account of that name; see `AccountSource`."""
        account = self._accounts.get(system_id)
        if account is None and self._directory is not None:
            try:
                account = await self._directory.find(system_id)
            except DirectoryDown as error:
                raise AccountsUnavailable(str(error)) from error
            # The configuration may have got the account while the directory was asked.
            account = self._accounts.get(system_id, account)
        else:
            # A whole checkpoint would be a round of the event loop for each bind.
            await trio.lowlevel.checkpoint_if_cancelled()
        return account if account is not None and account.enabled else None


class ThreadVerifier:
    """Checks passwords in a worker thread, a few at a time.

    A right password is remembered (as a keyed digest), so that a thousand clients that reconnect
    at once do not cost minutes of hashing. A wrong one costs a whole hash in any case, whether the
    account exists or not and however its password is kept.
    """

    def __init__(self) -> None:
        self._limiter = trio.CapacityLimiter(_CHECKS_AT_ONCE)
        self._cache = PasswordCache()

    async def verify(self, account: Account | None, given: str, /) -> bool:
        """Tell whether the password is right; see `PasswordVerifier`.

        Cancelling leaves the thread to finish on its own.
        """
        if account is not None and self._cache.is_known_good(
            account.system_id, account.password, given
        ):
            await trio.lowlevel.checkpoint_if_cancelled()
            return True
        is_right = await trio.to_thread.run_sync(
            _check, account, given, limiter=self._limiter, abandon_on_cancel=True
        )
        if is_right and account is not None:
            self._cache.remember(account.system_id, account.password, given)
        return is_right


def _check(account: Account | None, given: str) -> bool:
    if account is None:
        return verify_no_password(given)
    # A refusal takes as long as the costliest common hash, however this password is kept.
    return verify_password(account.password, given) or verify_no_password(given, account.password)
