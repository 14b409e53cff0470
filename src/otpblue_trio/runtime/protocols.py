"""What the runtime needs from outside, as small protocols and one frozen value.

Implementations live elsewhere: platforms in `upstream`, the store in `store`, limits in `config`,
fakes in `testing`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.policy.types import Account, Outcome, SendRequest

if TYPE_CHECKING:
    from otpblue_trio.policy.types import IpNetwork
    from otpblue_trio.store.records import CdrEntry, StoredReceipt

__all__ = [
    "AccountSource",
    "AccountsUnavailable",
    "Done",
    "GatewayLimits",
    "MessageStore",
    "PasswordVerifier",
    "Platform",
    "WallClock",
]

Done = Callable[[Outcome], None]
"""Called exactly once with the final outcome, synchronously, in the Trio thread."""

WallClock = Callable[[], float]
"""Gives the seconds since 1970, for receipts and records; never used to measure."""


class Platform(Protocol):
    """Delivers messages. `submit` never blocks and never raises."""

    def submit(self, request: SendRequest, done: Done, /) -> None:
        """Send one message; `done` is called exactly once, perhaps before this returns."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; then what is open ends as `Failed`."""


class MessageStore(Protocol):
    """Keeps receipts and records over the end of the process. `store.Store` is one."""

    @property
    def is_writable(self) -> bool:
        """False while a record would be refused."""

    def next_receipt_id(self) -> int:
        """Return the id for a new receipt; 0 when none can be kept now."""

    def record(
        self, cdr: CdrEntry, receipt: StoredReceipt | None, committed: Callable[[bool], None], /
    ) -> None:
        """Keep a record and a receipt; never blocks, never raises.

        `committed` is called once, in the Trio thread, perhaps before this returns: True when both
        are safe, False when that cannot be said; a receipt that is then disowned is `receipt_done`.
        """

    def keep(self, receipts: list[StoredReceipt], /) -> None:
        """Keep receipts that it may not have, or not have any more; never blocks, never raises.

        Those that it has stay as they are, and so does what has the id 0.
        """

    def receipt_done(self, receipt_id: int, /) -> None:
        """Forget a receipt; 0, or one that was not kept, does nothing."""

    async def pending_receipts(self) -> list[StoredReceipt]:
        """Return the receipts that an earlier run left behind, oldest first; each only once."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Work until cancelled; then everybody who waits for a commit is told."""


class AccountsUnavailable(OtpBlueError):
    """The place where accounts are kept does not answer and nothing is remembered."""


class AccountSource(Protocol):
    """Knows the accounts."""

    async def find(self, system_id: str, /) -> Account | None:
        """Return the account, or None when there is none or it is disabled.

        Raises:
          AccountsUnavailable: it cannot be told now.
        """


class PasswordVerifier(Protocol):
    """Checks passwords without holding up the event loop."""

    async def verify(self, account: Account | None, given: str, /) -> bool:
        """Tell whether the password is right; for None it takes as long and is False."""


class GatewayLimits(Protocol):
    """The numbers of `[limits]` in config.toml; durations in seconds."""

    @property
    def max_connections(self) -> int:
        """Connections at once, those in a TLS handshake included."""

    @property
    def max_connections_per_address(self) -> int:
        """Connections at once from one address; an IPv6 address counts with its whole /64."""

    @property
    def uncapped_networks(self) -> tuple[IpNetwork, ...]:
        """Networks that the cap per address does not bind."""

    @property
    def pre_bind_timeout(self) -> float:
        """From the connect to the end of a successful bind, TLS handshake included."""

    @property
    def inactivity_timeout(self) -> float:
        """Without enquire_link or submit_sm."""

    @property
    def max_session_duration(self) -> float:
        """From the connect, however active."""

    @property
    def drain_timeout(self) -> float:
        """How long messages in flight may take when a connection or the gateway ends."""

    @property
    def pdu_read_timeout(self) -> float:
        """From the first octet of a PDU to its last."""

    @property
    def write_timeout(self) -> float:
        """How long a peer may take to read what one write sends it."""

    @property
    def max_pdu_octets(self) -> int:
        """The largest command_length."""

    @property
    def max_in_flight_per_session(self) -> int:
        """Messages waiting for their outcome; beyond it ESME_RTHROTTLED."""

    @property
    def max_in_flight_per_account(self) -> int:
        """The same over all sessions of an account."""

    @property
    def max_in_flight(self) -> int:
        """The same over all accounts."""

    @property
    def receipt_window(self) -> int:
        """Receipts sent to a session and not acknowledged."""

    @property
    def receipt_timeout(self) -> float:
        """How long a receipt waits for its deliver_sm_resp before it goes out again."""

    @property
    def bind_failures_before_block(self) -> int:
        """Failed binds of one address before it is blocked."""

    @property
    def bind_block_duration(self) -> float:
        """How long it is blocked."""

    @property
    def bind_failure_decay(self) -> float:
        """After this long a failure is forgotten."""
