"""The store as the gateway sees it: records go in, and each is told when it is safe.

Theory of operation
-------------------
Everything here belongs to the event loop. A record goes to the journal, and is safe there
(`journal`); those of one batch of answers go with one write at its end.

What the journal does not take waits for a commit: all records with `survives_power_loss`, as the
journal would not, and those that come while the disk is slow or its segment full. `writer` decides
what the one thread that writes the database does when, and whether the disk can be relied on; while
it cannot, every record is refused at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.readiness import Batch, current_batch
from otpblue_trio.store.database import Database, Job
from otpblue_trio.store.journal import Entry, Journal
from otpblue_trio.store.schema import cdr_row, receipt_row
from otpblue_trio.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from otpblue_trio.store.numbers import NumberPrivacy
    from otpblue_trio.store.records import CdrEntry, StoredReceipt

__all__ = ["Store"]

_MAX_DONE = 200_000
"""Ids of done receipts that may wait while the disk is in trouble; beyond it they are forgotten."""


class Store:
    """Keeps receipts until they are done, and records of what was done.

    All methods are for the Trio thread. What is `record`ed before `run` waits for it.

    Args:
      path: of the database; None: nothing is kept and everything counts as committed.
      receipt_ttl: seconds that a receipt is kept after its message was done.
      cdr_retention: seconds that a record is kept.
      number_privacy: how phone numbers stand in records.
      on_trouble: called with a reason when the database cannot be written, and when an accident was
        mended; there is no number or code in it.
      on_recovered: called when the database can be written again, also right after `on_trouble` for
        what was mended.
      wall_clock: gives the seconds since 1970.
      survives_power_loss: wait for the disk at each commit. Without it a commit survives the death
        of the process, but a loss of power may take the last ones.
      patience: seconds that a commit may take before it counts as failed. `math.inf` suits tests
        whose clock does not see threads.

    Attributes:
      is_writable: False while a record would be refused. Only the store sets it.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        receipt_ttl: float,
        cdr_retention: float,
        number_privacy: NumberPrivacy,
        on_trouble: Callable[[str], None],
        on_recovered: Callable[[], None],
        wall_clock: Callable[[], float],
        survives_power_loss: bool = False,
        patience: float = 2.0,
    ) -> None:
        self._database: Database | None = None
        self._journal: Journal | None = None
        if path is not None:
            if not survives_power_loss:
                self._journal = Journal(path)
            self._database = Database(
                path,
                receipt_ttl=receipt_ttl,
                cdr_retention=cdr_retention,
                number_privacy=number_privacy,
                survives_power_loss=survives_power_loss,
                journal=self._journal,
            )
        self._writer = Writer(
            self._journal,
            on_trouble=on_trouble,
            on_recovered=on_recovered,
            on_opened=self._number_from,
            on_writable=self._set_writable,
            wall_clock=wall_clock,
            patience=patience,
        )
        # What each message needs of it, without a way through it.
        self._wake = self._writer.wake
        self._let_wait = self._writer.let_wait
        self._tell = self._writer.tell
        self._done = self._writer.done
        self._done_lately = self._writer.done_lately
        self._again = self._writer.again
        self._entries: list[Entry] = []
        """What is recorded in one batch (`readiness`), on its way to the journal."""
        self._owners: list[Callable[[bool], None]] = []
        """Who waits for each of them."""
        self._batch = Batch()
        self.is_writable = True
        self._next_receipt_id = 0
        self._next_cdr_id = 0
        self._inherited: list[StoredReceipt] = []
        self._opened = trio.Event()

    @property
    def waiting(self) -> int:
        """Records that are not in the database yet."""
        return len(self._entries) + self._writer.waiting

    def next_receipt_id(self) -> int:
        """Return the id for a new receipt; 0 when the database could not be opened yet.

        It is never given twice in a run, and differs from those of all pending receipts.
        """
        receipt_id = self._next_receipt_id
        if receipt_id:
            self._next_receipt_id = receipt_id + 1
        return receipt_id

    def record(
        self, cdr: CdrEntry, receipt: StoredReceipt | None, committed: Callable[[bool], None]
    ) -> None:
        """Keep a record, and the receipt that its message is owed; never blocks, never raises.

        Args:
          cdr: the record.
          receipt: kept until `receipt_done` or the end of its time.
          committed: called once, in the Trio thread, perhaps before this returns. True: both are
            safe. False: neither will be there after a restart, except that a disk which had stopped
            answering may still bring both; whoever disowns the receipt says so by `receipt_done`.
            It must be quick and must not raise.
        """
        if self._database is None:
            committed(True)
            return
        if not self.is_writable or (receipt is not None and not receipt.receipt_id):
            committed(False)
            return
        cdr_id = self._next_cdr_id
        if cdr_id:
            self._next_cdr_id = cdr_id + 1
        row = cdr_row(cdr_id or None, cdr)
        self._entries.append((row, receipt_row(receipt) if receipt is not None else None))
        self._owners.append(committed)
        if not self._batch.is_on:
            self._write_entries()
        elif len(self._owners) == 1:
            self._batch.at_end(self._write_entries)

    def _write_entries(self) -> None:
        """Bring what was recorded in one go to the journal, or let it wait for a commit."""
        entries, self._entries = self._entries, []
        owners, self._owners = self._owners, []
        if not self.is_writable:
            self._tell(owners, False)
            return
        journal, done_lately = self._journal, self._done_lately
        if journal is None or not journal.append(entries, done_lately):
            self._let_wait(entries, owners)
            return
        if done_lately:
            done_lately.clear()
        self._wake()
        if journal.is_worth_a_commit and self._writer.is_free:
            self._writer.hand_over()
        self._tell(owners, True)

    def keep(self, receipts: list[StoredReceipt]) -> None:
        """Keep receipts that may have been lost in trouble, without a record; soon.

        Args:
          receipts: of this run or inherited; one with the id 0 is left out.
        """
        if self._database is None:
            return
        for receipt in receipts:
            if receipt.receipt_id:
                self._again[receipt.receipt_id] = receipt
        if self._again and self._writer.is_free:
            self._writer.hand_over()

    def receipt_done(self, receipt_id: int) -> None:
        """Forget a receipt, soon; after a crash it may be there again, and goes out twice.

        Args:
          receipt_id: of a receipt that was committed or not; 0 does nothing.
        """
        if self._again:
            self._again.pop(receipt_id, None)
        if not receipt_id or len(self._done) >= _MAX_DONE:
            return
        journal = self._journal
        if journal is not None:
            self._done_lately.append(receipt_id)
            if journal.forget_receipt(receipt_id):
                return
        self._done.append(receipt_id)
        self._wake()

    async def pending_receipts(self) -> list[StoredReceipt]:
        """Return the receipts that an earlier run left behind, oldest first; each only once.

        Waits until `run` has tried to open the database. While that is in trouble there is nothing
        to return: call it again after `on_recovered`. Cancelling loses nothing.
        """
        if self._database is not None:
            await self._opened.wait()
        inherited, self._inherited = self._inherited, []
        return inherited

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Open the database and write until cancelled; call it once.

        `started` is called when the database is open, or is known not to be. Cancelling flushes
        what is queued, for two seconds at most, and ends the thread; a thread that the disk does
        not let go is left behind. From then on records are refused.

        Raises:
          StoreError: another process uses the database, or a newer program wrote it, or its key is
            damaged. The database was not changed.
        """
        database = self._database
        if database is None:
            task_status.started()
            await trio.sleep_forever()
        try:
            opening = self._writer.dated(Job())
            await trio.to_thread.run_sync(database.open, opening)
            self._batch = current_batch()

            def begun() -> None:
                self._opened.set()
                task_status.started()

            await self._writer.run(database, opening, begun=begun)
        finally:
            self.is_writable = False
            self._writer.refuse_gathered()

    def _set_writable(self, is_writable: bool) -> None:
        self.is_writable = is_writable

    def _number_from(self, opening: Job) -> None:
        """Take the first ids from the job that opened the database, also for what came before."""
        self._next_receipt_id = opening.first_receipt_id
        self._inherited = opening.inherited
        gathered = self._writer.gathering.cdrs
        gathered[:] = [(opening.first_cdr_id + i, *row[1:]) for i, row in enumerate(gathered)]
        self._next_cdr_id = opening.first_cdr_id + len(gathered)
