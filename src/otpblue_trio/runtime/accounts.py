"""The gateway's live view of its accounts: limits, sessions and receipts of each.

An `AccountState` begins with the first successful bind and stays for good, so that a reconnect
gives nobody a fresh burst; only authenticated accounts have one, so their number is bounded by the
operator.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from otpblue_trio.policy.admission import AccountRules
from otpblue_trio.policy.limits import TokenBucket
from otpblue_trio.runtime.final_states import FinalStates
from otpblue_trio.runtime.observer import Observer, ReceiptFate, ReceiptSettled
from otpblue_trio.runtime.receipts import ReceiptQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from otpblue_trio.policy.types import Account
    from otpblue_trio.runtime.bound_session import BoundSession
    from otpblue_trio.runtime.receipts import PendingReceipt

__all__ = ["AccountRegistry", "AccountState"]

_MAX_FINAL_STATES = 2000
"""Messages of one account that a query_sm finds: half a megabyte; a number taken from nowhere."""


class AccountState:
    """One account at run time. Owned by the `AccountRegistry`.

    Attributes:
      account: the settings in force.
      rules: the same, compiled.
      bucket: its TPS, shared by all its sessions.
      sessions: those that are bound.
      in_flight: messages of all its sessions that wait for their outcome.
      receipts: its receipts that are not done.
      final_states: what became of its last messages.
    """

    __slots__ = ("account", "bucket", "final_states", "in_flight", "receipts", "rules", "sessions")

    def __init__(self, account: Account, receipts: ReceiptQueue, now: float) -> None:
        self.account = account
        self.rules = AccountRules.of(account)
        self.bucket = TokenBucket(account.tps, now)
        self.sessions: set[BoundSession] = set()
        self.in_flight = 0
        self.receipts = receipts
        self.final_states = FinalStates(_MAX_FINAL_STATES)

    def apply(self, account: Account, now: float) -> None:
        """Put changed settings in force for every session, at once."""
        if account is self.account or account == self.account:
            return
        self.rules = AccountRules.of(account)
        self.account = account
        self.bucket.set_rate(account.tps, now)


class AccountRegistry:
    """Every account that has bound since the gateway started.

    Args:
      observer: is told what becomes of receipts.
      receipt_lifetime: seconds a receipt waits for a session before it is given up.
      max_waiting_receipts: how many of one account may wait.
      on_receipt: called when a receipt comes and its account has no other.
      on_receipt_done: called with the `receipt_id` of every receipt that will not go out again.
    """

    def __init__(
        self,
        observer: Observer,
        *,
        receipt_lifetime: float,
        max_waiting_receipts: int,
        on_receipt: Callable[[], None],
        on_receipt_done: Callable[[int], None],
    ) -> None:
        self._observer = observer
        self._receipt_lifetime = receipt_lifetime
        self._max_waiting_receipts = max_waiting_receipts
        self._on_receipt = on_receipt
        self._on_receipt_done = on_receipt_done
        self._states: dict[str, AccountState] = {}
        self._restored: dict[str, deque[PendingReceipt]] = {}
        """By system_id: receipts of accounts that have not bound since the gateway started."""

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
                on_done=self._on_receipt_done,
            )
            state = self._states[account.system_id] = AccountState(account, receipts, now)
            receipts.restore(self._restored.pop(account.system_id, ()), now)
        else:
            state.apply(account, now)
        return state

    @property
    def waiting_receipts(self) -> int:
        """Receipts that wait, those of accounts that have not bound yet included."""
        return sum(len(state.receipts) for state in self._states.values()) + self._unclaimed

    @property
    def open_receipts(self) -> int:
        """Receipts that are not done: waiting, or sent and not answered."""
        return sum(state.receipts.open for state in self._states.values()) + self._unclaimed

    @property
    def _unclaimed(self) -> int:
        return sum(map(len, self._restored.values()))

    def restore(self, receipts: Iterable[PendingReceipt], now: float) -> None:
        """Take receipts that an earlier run left behind; each waits for its account.

        Args:
          receipts: oldest first.
          now: the time.
        """
        by_account: dict[str, list[PendingReceipt]] = {}
        for pending in receipts:
            by_account.setdefault(pending.receipt.system_id, []).append(pending)
        for system_id, pendings in by_account.items():
            state = self._states.get(system_id)
            if state is not None:
                state.receipts.restore(pendings, now)
            else:
                self._restored.setdefault(system_id, deque()).extend(pendings)
                self._on_receipt()

    def not_done(self) -> Iterator[PendingReceipt]:
        """Yield every receipt that is not done: waiting, or sent and not answered."""
        for state in self._states.values():
            yield from state.receipts.not_done()
        for unclaimed in self._restored.values():
            yield from unclaimed

    def pump_receipts(self, now: float) -> None:
        """Send what can go out now and give up what is too old."""
        for state in self._states.values():
            state.receipts.pump(now)
        for system_id, unclaimed in self._restored.items():
            while unclaimed and unclaimed[0].expires_at <= now:
                receipt = unclaimed.popleft().receipt
                self._on_receipt_done(receipt.receipt_id)
                self._observer.observe(
                    ReceiptSettled(
                        system_id=system_id,
                        message_id=receipt.message_id,
                        fate=ReceiptFate.EXPIRED,
                    )
                )

    def states(self) -> tuple[AccountState, ...]:
        """Return every state, in order of first bind."""
        return tuple(self._states.values())
