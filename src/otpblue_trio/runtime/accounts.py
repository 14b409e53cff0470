"""The gateway's live view of its accounts: limits, sessions and receipts of each.

An `AccountState` begins with the first successful bind and stays for good, so that a reconnect
gives nobody a fresh burst; only authenticated accounts have one, so their number is bounded by the
operator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otpblue_trio.policy.admission import AccountRules
from otpblue_trio.policy.limits import TokenBucket
from otpblue_trio.runtime.receipts import ReceiptQueue

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.policy.types import Account
    from otpblue_trio.runtime.connection import Connection
    from otpblue_trio.runtime.observer import Observer

__all__ = ["AccountRegistry", "AccountState"]


class AccountState:
    """One account at run time. Owned by the `AccountRegistry`.

    Attributes:
      rules: the account's settings, compiled.
      bucket: its TPS, shared by all its sessions.
      sessions: its bound connections.
      in_flight: messages of all its sessions that wait for their outcome.
      receipts: its receipts that are not done.
    """

    __slots__ = ("bucket", "in_flight", "receipts", "rules", "sessions")

    def __init__(self, account: Account, receipts: ReceiptQueue, now: float) -> None:
        self.rules = AccountRules.of(account)
        self.bucket = TokenBucket(account.tps, now)
        self.sessions: set[Connection] = set()
        self.in_flight = 0
        self.receipts = receipts

    @property
    def account(self) -> Account:
        """The settings in force."""
        return self.rules.account

    def apply(self, account: Account, now: float) -> None:
        """Put changed settings in force for every session, at once."""
        if account == self.rules.account:
            return
        self.rules = AccountRules.of(account)
        self.bucket.set_rate(account.tps, now)


class AccountRegistry:
    """Every account that has bound since the gateway started.

    Args:
      observer: is told what becomes of receipts.
      receipt_lifetime: seconds a receipt waits for a session before it is given up.
      max_waiting_receipts: how many of one account may wait.
      on_receipt: called for every new receipt.
    """

    def __init__(
        self,
        observer: Observer,
        *,
        receipt_lifetime: float,
        max_waiting_receipts: int,
        on_receipt: Callable[[], None],
    ) -> None:
        self._observer = observer
        self._receipt_lifetime = receipt_lifetime
        self._max_waiting_receipts = max_waiting_receipts
        self._on_receipt = on_receipt
        self._states: dict[str, AccountState] = {}

    def enter(self, account: Account, now: float) -> AccountState:
        """Return the state of an account that has just authenticated, with these settings."""
        state = self._states.get(account.system_id)
        if state is None:
            receipts = ReceiptQueue(
                account.system_id,
                self._observer,
                lifetime=self._receipt_lifetime,
                max_waiting=self._max_waiting_receipts,
                on_post=self._on_receipt,
            )
            state = self._states[account.system_id] = AccountState(account, receipts, now)
        else:
            state.apply(account, now)
        return state

    def states(self) -> tuple[AccountState, ...]:
        """Return every state, in order of first bind."""
        return tuple(self._states.values())
