"""A store in memory that commits when it is told to, and samples of what it keeps, for tests."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import attrs
import trio

from otpblue_trio.store import CdrEntry, StoredReceipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["FakeStore", "cdr_entry", "stored_receipt"]

_CDR = CdrEntry(
    time=1795452001.5,
    system_id="demo",
    connection_id=12,
    sequence_number=7,
    destination="+14155552671",
    region="US",
    sender="MyBank",
    reason="delivered",
    command_status=0,
    platform_code=0,
    message_id="0b7f6a8e-1c1d-4f2e-9b1a-3f1b2c3d4e5f",
    latency=0.125,
    joined=False,
)
_RECEIPT = StoredReceipt(
    receipt_id=1,
    system_id="demo",
    message_id="0b7f6a8e-1c1d-4f2e-9b1a-3f1b2c3d4e5f",
    source_addr_ton=1,
    source_addr_npi=1,
    source_addr="14155552671",
    dest_addr_ton=5,
    dest_addr_npi=0,
    destination_addr="MyBank",
    reason="delivered",
    receipt_error="000",
    receipt_stat="DELIVRD",
    message_state=2,
    submitted_at=1795452001.25,
    done_at=1795452001.5,
)


def cdr_entry(**changes: object) -> CdrEntry:
    """Return the record of a delivered message, with some fields changed."""
    evolve: Callable[..., CdrEntry] = attrs.evolve
    return evolve(_CDR, **changes)


def stored_receipt(**changes: object) -> StoredReceipt:
    """Return the receipt of a delivered message, with some fields changed."""
    evolve: Callable[..., StoredReceipt] = attrs.evolve
    return evolve(_RECEIPT, **changes)


class FakeStore:
    """Keeps the contract of a store, in memory; give it to another gateway for a restart.

    Args:
      keeps: False: every record is declined when it would be committed, as by a failing disk.
      holds: keep every record uncommitted until `release`.
      receipts: what an earlier run left behind.
      receipt_ttl: seconds that a receipt is kept after its message was done.

    Attributes:
      keeps: as given; change it at will.
      is_writable: what the gateway is told; change it at will.
      gives_ids: False: new receipts have none, as before a database could be opened.
      cdrs: records committed, in order.
      receipts: receipts committed and not done, by id.
    """

    def __init__(
        self,
        *,
        keeps: bool = True,
        holds: bool = False,
        receipts: Iterable[StoredReceipt] = (),
        receipt_ttl: float = 86_400.0,
    ) -> None:
        self.keeps = keeps
        self.is_writable = True
        self.gives_ids = True
        self.cdrs: list[CdrEntry] = []
        self.receipts = {receipt.receipt_id: receipt for receipt in receipts}
        self._holds = holds
        self._receipt_ttl = receipt_ttl
        self._held: list[tuple[CdrEntry, StoredReceipt | None, Callable[[bool], None]]] = []
        self._ids = itertools.count(max(self.receipts, default=0) + 1)
        self._inherited: list[StoredReceipt] = list(self.receipts.values())
        self._recorded = trio.Event()

    @property
    def waiting(self) -> int:
        """Records that are not committed yet."""
        return len(self._held)

    def next_receipt_id(self) -> int:
        """Return the id for a new receipt."""
        return next(self._ids) if self.gives_ids else 0

    def record(
        self, cdr: CdrEntry, receipt: StoredReceipt | None, committed: Callable[[bool], None], /
    ) -> None:
        """Take a record as the gateway hands it over."""
        self._recorded.set()
        self._recorded = trio.Event()
        if not self.is_writable:
            committed(False)
        elif self._holds:
            self._held.append((cdr, receipt, committed))
        else:
            self._commit(cdr, receipt, committed)

    def _commit(
        self, cdr: CdrEntry, receipt: StoredReceipt | None, committed: Callable[[bool], None]
    ) -> None:
        if self.keeps:
            self.cdrs.append(cdr)
            if receipt is not None:
                self._keep(receipt)
        committed(self.keeps)

    def _keep(self, receipt: StoredReceipt) -> None:
        expires_at = receipt.done_at + self._receipt_ttl
        self.receipts[receipt.receipt_id] = attrs.evolve(receipt, expires_at=expires_at)

    def release(self) -> None:
        """Commit every record that is held, or decline it, as `keeps` says."""
        held, self._held = self._held, []
        for cdr, receipt, committed in held:
            self._commit(cdr, receipt, committed)

    async def wait_for_waiting(self, count: int) -> None:
        """Return when `count` records are held."""
        while len(self._held) < count:
            await self._recorded.wait()

    def keep(self, receipts: list[StoredReceipt], /) -> None:
        """Keep receipts that may have been lost."""
        for receipt in receipts:
            if receipt.receipt_id and self.keeps and self.is_writable:
                self._keep(receipt)

    def receipt_done(self, receipt_id: int, /) -> None:
        """Forget a receipt."""
        self.receipts.pop(receipt_id, None)

    def inherit(self, receipts: Iterable[StoredReceipt]) -> None:
        """Let receipts of an earlier run come to light, as when a database could be opened late."""
        self._inherited += receipts
        self.receipts |= {receipt.receipt_id: receipt for receipt in receipts}

    async def pending_receipts(self) -> list[StoredReceipt]:
        """Return the receipts that an earlier run left behind; each only once."""
        await trio.lowlevel.checkpoint()
        inherited, self._inherited = self._inherited, []
        return inherited

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run until cancelled; what is still held is then committed."""
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            self.release()
            self.is_writable = False
