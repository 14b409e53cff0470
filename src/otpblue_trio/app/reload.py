"""Changes while the gateway runs: SIGHUP, and accounts that the directory has changed.

Theory of operation
-------------------
Reading files blocks, so a reload reads everything that it needs in a thread: the configuration and
what it refers to, and the certificate as a finished TLS context. Only when all of it is good does
anything change, in one step without an await; a broken file changes nothing. What a reload cannot
change is named, and waits for a restart.

Then every bound account is looked up anew, in the configuration or in the directory, just as a
bind would: its settings take effect in its live sessions, and the sessions of one that is gone or
disabled are unbound. While the directory is down nobody is thrown out.

Nobody sends a signal when the directory changes, so its bound accounts are also looked up once in
`ttl`: an account that is disabled there loses its sessions after that time at the latest.

A session whose address is no longer allowed is unbound. A new password or client certificate holds
for new binds; sessions that were let in by the old one stay. To end them, disable the account for
one reload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.app.tls import TlsError, server_context, tls_settings
from otpblue_trio.config import ConfigError, changes_needing_restart
from otpblue_trio.policy import address_is_allowed
from otpblue_trio.runtime import AccountsUnavailable
from otpblue_trio.runtime.observer import CloseReason

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from otpblue_trio.app.accounts import ConfiguredAccounts
    from otpblue_trio.app.tls import TlsHolder
    from otpblue_trio.config import Config
    from otpblue_trio.runtime import Gateway
    from otpblue_trio.runtime.accounts import AccountState

__all__ = ["Reloader"]

_LEAST_PERIOD = 1.0
"""Seconds between two looks at the directory, however short its answers are kept."""


class Reloader:
    """Puts a changed configuration in force.

    Args:
      config: the one in force.
      load: reads it again; may block. Raises `ConfigError`, or `OSError` for a file that went away
        while it was read.
      tls: holds the context in use; None without TLS listeners.
      accounts: where binds find accounts.
      gateway: whose sessions follow.
      set_log_level: changes the log's level.
      notice: takes a level and a text for the operator.

    Attributes:
      config: the configuration in force.
    """

    def __init__(
        self,
        config: Config,
        *,
        load: Callable[[], Config],
        tls: TlsHolder | None,
        accounts: ConfiguredAccounts,
        gateway: Gateway,
        set_log_level: Callable[[str], None],
        notice: Callable[[str, str], None],
    ) -> None:
        self.config = config
        self._running = config
        """What was started with: what only a restart changes is compared to it."""
        self._load = load
        self._tls = tls
        self._accounts = accounts
        self._gateway = gateway
        self._set_log_level = set_log_level
        self._notice = notice
        self._wanted = trio.Event()

    def request(self) -> None:
        """Ask for a reload; one that is under way is followed by another, and never overlapped."""
        self._wanted.set()

    async def run(self) -> None:
        """Serve requests and follow the directory, until cancelled."""
        async with trio.open_nursery() as nursery:
            if self.config.directory is not None:
                period = max(self.config.directory.ttl, _LEAST_PERIOD)
                nursery.start_soon(self._follow_directory, period)
            while True:
                await self._wanted.wait()
                self._wanted = trio.Event()
                await self.reload()

    async def reload(self) -> None:
        """Read the configuration again and put it in force, or say why not.

        Cancelling it leaves the old configuration or the new one in force, never a part; the
        thread that reads files is left to finish on its own.
        """
        try:
            new, context = await trio.to_thread.run_sync(self._read, abandon_on_cancel=True)
        except ConfigError as error:
            for problem in error.problems:
                self._notice("error", f"not reloaded: {problem}")
            return
        except (TlsError, OSError) as error:
            self._notice("error", f"not reloaded: {error}")
            return
        self._put_in_force(new, context)
        await self._bring_sessions_up_to_date()
        self._notice("info", f"reloaded: {len(new.accounts)} accounts")

    def _read(self) -> tuple[Config, ssl.SSLContext | None]:
        """In a thread: read everything that a reload needs."""
        new = self._load()
        return new, server_context(tls_settings(new)) if self._tls is not None else None

    def _put_in_force(self, new: Config, context: ssl.SSLContext | None) -> None:
        self.config = new
        if self._tls is not None and context is not None:
            self._tls.replace(context)
        self._set_log_level(new.log.level)
        self._accounts.replace(new.accounts, new.defaults)
        for warning in new.warnings:
            self._notice("warning", warning)
        for key in changes_needing_restart(self._running, new):
            self._notice("warning", f"{key} has changed: it takes a restart to apply")

    # ------------------------------------------------------------------ sessions

    async def _follow_directory(self, period: float) -> None:
        while True:
            await trio.sleep(period)
            self._accounts.forget_directory()
            await self._bring_sessions_up_to_date()

    async def _bring_sessions_up_to_date(self) -> None:
        async with trio.open_nursery() as nursery:
            for state in self._gateway.accounts:
                if state.sessions:
                    nursery.start_soon(self._bring_up_to_date, state)

    async def _bring_up_to_date(self, state: AccountState) -> None:
        try:
            account = await self._accounts.find(state.account.system_id)
        except AccountsUnavailable:
            return
        if account is not None:
            state.apply(account, trio.current_time())
        for session in tuple(state.sessions):
            if account is None or not address_is_allowed(session.peer.address, account.allowed_ips):
                session.leave(CloseReason.ACCOUNT_GONE)
