"""The store as the gateway sees it: records go in, and each is told when it is safe.

Theory of operation
-------------------
Everything here belongs to the event loop; the writer thread sees nothing but jobs (`database.Job`),
one at a time, through one queue, and nothing needs a lock.

A record goes to the journal, and is safe there (`journal`); those of one batch of answers go with
one write at its end. The thread gets what the journal holds a tenth of a second later, as one
commit. A receipt that is done by then is never written into the database, and one that is done
later goes with the next commit.

What the journal does not take waits for a commit: all records with `survives_power_loss`, as the
journal would not, and those that come while the disk is slow or its segment full. Such a record
goes to the thread as soon as that is free; what is recorded meanwhile gathers in the next job, so
the busier the gateway, the larger the commits. When a job comes back, one callback in the loop
tells everybody in it, in order, and hands the next job over.

A job that failed, or one that the disk keeps for longer than `patience`, means trouble: everybody
who waits for it and behind it is told False, and so is every later record, at once. Once a second a
job tries whether the disk works again; what the journal holds is in that job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.readiness import Batch, current_batch
from otpblue_trio.store.database import Database, Job
from otpblue_trio.store.journal import Entry, Journal
from otpblue_trio.store.rounds import EndOfRound
from otpblue_trio.store.schema import cdr_row, receipt_row
from otpblue_trio.store.thread import WriterThread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from otpblue_trio.store.numbers import NumberPrivacy
    from otpblue_trio.store.records import CdrEntry, StoredReceipt

__all__ = ["Store"]

_MAX_WAITING = 50_000
"""Records that may wait for a commit; beyond it a record is refused."""
_SLOW_COMMIT = 0.5
"""Seconds after which a commit makes the disk count as slow: a write to the journal might wait as
well, and with it the event loop."""
_MAX_DONE = 200_000
"""Ids of done receipts that may wait while the disk is in trouble; beyond it they are forgotten."""
_MOST_AGAIN = 500
"""So few of the receipts that are kept again that nobody waits for them."""
_LOOK_PERIOD = 0.1
"""Between two looks at what is due, and so how long the journal gathers for a commit."""
_RETRY_PERIOD = 1.0
_SWEEP_PERIOD = 60.0
_SWEEP_PAUSE = 0.02
"""Between two steps of one sweep: room for the records that come in meanwhile."""
_FLUSH_TIMEOUT = 2.0


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
        self._on_trouble = on_trouble
        self._on_recovered = on_recovered
        self._wall_clock = wall_clock
        self._patience = patience
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
        self._thread = WriterThread(self._came_back)
        self._with_thread: Job | None = None
        self._entries: list[Entry] = []
        """What is recorded in one batch (`readiness`), on its way to the journal."""
        self._owners: list[Callable[[bool], None]] = []
        """Who waits for each of them."""
        self._batch = Batch()
        self._gathering = Job()
        """What waits for a commit goes here, for the next time the thread is free."""
        self._thread_is_free = False
        self._end_of_round = EndOfRound(self._hand_over)
        """Watched for while something has gathered for the thread, which is free: earlier the two
        would fight for the interpreter, and what is recorded in one go would make two commits."""
        self.is_writable = True
        self._trouble = ""
        self._retry_at = 0.0
        self._sweep_at = 0.0
        self._done: list[int] = []
        """Receipts to delete with the next job."""
        self._done_lately: list[int] = []
        """Receipts of which the journal is to learn with the next record that they are done."""
        self._again: dict[int, StoredReceipt] = {}
        """Receipts to `keep`, by id: a few go with each job, and none that is done by then."""
        self._next_receipt_id = 0
        self._next_cdr_id = 0
        self._inherited: list[StoredReceipt] = []
        self._opened = trio.Event()
        self._something_due = trio.Event()
        self._is_closing = False

    @property
    def waiting(self) -> int:
        """Records that are not in the database yet."""
        with_thread = self._with_thread
        return (
            len(self._entries)
            + len(self._gathering.cdrs)
            + (len(with_thread.cdrs) if with_thread is not None else 0)
            + (self._journal.waiting if self._journal is not None else 0)
        )

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
        journal = self._journal
        if (
            journal is None
            or not self.is_writable
            or not journal.append(entries, self._done_lately)
        ):
            self._let_wait(entries, owners)
            return
        self._done_lately = []
        self._something_due.set()
        if journal.is_worth_a_commit and self._thread_is_free:
            self._hand_over()
        self._tell(owners, True)

    def _let_wait(self, entries: list[Entry], owners: list[Callable[[bool], None]]) -> None:
        gathering = self._gathering
        room = _MAX_WAITING - len(gathering.committed) if self.is_writable else 0
        for cdr, receipt in entries[:room]:
            gathering.cdrs.append(cdr)
            if receipt is not None:
                gathering.receipts.append(receipt)
        gathering.committed += owners[:room]
        if self._thread_is_free and gathering.committed:
            self._something_due.set()
            self._end_of_round.watch()
        self._tell(owners[room:], False)

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
        if self._again and self._thread_is_free:
            self._hand_over()

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
        self._something_due.set()

    async def pending_receipts(self) -> list[StoredReceipt]:
        """Return the receipts that an earlier run left behind, oldest first; each only once.

        Waits until `run` has tried to open the database. While that is in trouble there is nothing
        to return: call it again after `on_recovered`. Cancelling loses nothing.
        """
        if self._database is not None:
            await self._opened.wait()
        inherited, self._inherited = self._inherited, []
        return inherited

    def _has_work(self) -> bool:
        """Tell whether there is anything for the thread but sweeping."""
        journal = self._journal
        return bool(
            self._gathering.cdrs
            or self._done
            or self._again
            or (journal is not None and journal.waiting)
        )

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
            opening = self._dated(Job())
            await trio.to_thread.run_sync(database.open, opening)
            await self._run_thread(database, opening, task_status)
        finally:
            self.is_writable = False
            self._refuse_gathered()

    async def _run_thread(
        self, database: Database, opening: Job, task_status: trio.TaskStatus[None]
    ) -> None:
        self._batch = current_batch()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._thread.run, database.perform, database.close)
            try:
                self._sweep_at = trio.current_time()
                self._came_back(opening)
                self._opened.set()
                task_status.started()
                await self._look_after()
            finally:
                self._close()
                self._end_of_round.stop()
                self._thread.wait_no_longer_than(_FLUSH_TIMEOUT)
        if self._with_thread is not None:
            self._give_up(self._with_thread, "the disk kept the last commit until the end")

    def _close(self) -> None:
        """Let the thread end once it has written everything."""
        self._is_closing = True
        self.is_writable = False
        if self._with_thread is None:
            self._go_on()

    async def _look_after(self) -> None:
        """Do what is due by the clock: retries, done receipts, sweeps, patience."""
        while True:
            with trio.move_on_at(self._sweep_at):
                await self._something_due.wait()
            await trio.sleep(_LOOK_PERIOD)
            now = trio.current_time()
            job = self._with_thread
            if job is not None:
                if self._journal is not None and now - job.started_at >= _SLOW_COMMIT:
                    self._journal.stop()
                if now - job.started_at >= self._patience:
                    self._give_up(job, f"the disk keeps a commit for {self._patience:g} seconds")
            elif self._trouble:
                if now >= self._retry_at:
                    self._hand_over()
            elif self._has_work():
                self._hand_over()
            elif self._sweep_at <= now:
                self._go_on()
            else:
                self._something_due = trio.Event()

    def _dated(self, job: Job) -> Job:
        job.now = self._wall_clock()
        job.started_at = trio.current_time()
        return job

    def _hand_over(self) -> None:
        """Give the thread what has gathered."""
        self._end_of_round.stop()
        job, self._gathering = self._gathering, Job()
        if self._journal is not None:
            job.segments = self._journal.take()
        job.done, self._done = self._done, []
        self._done_lately = []
        for _ in range(min(len(self._again), _MOST_AGAIN)):
            job.receipts.append(receipt_row(self._again.popitem()[1]))
        self._give(job)

    def _give(self, job: Job) -> None:
        self._thread_is_free = False
        self._with_thread = self._dated(job)
        self._something_due.set()
        self._thread.give(job)

    def _go_on(self) -> None:
        """Give the free thread the next job, or let it wait, or end."""
        if self._is_closing:
            if not self._trouble and self._has_work():
                self._hand_over()
            else:
                self._thread.end()
        elif self._trouble:
            # `_look_after` tries again.
            pass
        elif self._sweep_at <= trio.current_time():
            job = Job()
            job.sweep = True
            self._give(job)
        elif self._gathering.committed or self._again:
            self._hand_over()
        else:
            self._thread_is_free = True

    def _came_back(self, job: Job) -> None:
        """Tell everybody how a job went, and give the thread the next one."""
        self._with_thread = None
        if job.first_receipt_id:
            self._next_receipt_id = job.first_receipt_id
            self._inherited = job.inherited
            self._number_gathered(job.first_cdr_id)
        for notice in job.notices:
            self._on_trouble(notice)
        if job.trouble:
            self._done[:0] = job.done
            self._enter_trouble(job.trouble)
        elif self._trouble or job.notices:
            self._trouble = ""
            self.is_writable = not self._is_closing
            self._on_recovered()
        if self._journal is not None and not self._trouble:
            self._journal.resume()
        self._tell_waiting(job, not job.trouble)
        if job.trouble:
            self._refuse_gathered()
        if job.sweep:
            self._sweep_at = trio.current_time() + (
                _SWEEP_PAUSE if job.more_to_sweep else _SWEEP_PERIOD
            )
        self._go_on()

    def _number_gathered(self, first_cdr_id: int) -> None:
        """Give what was recorded before the opening its ids."""
        gathered = self._gathering.cdrs
        gathered[:] = [(first_cdr_id + i, *row[1:]) for i, row in enumerate(gathered)]
        self._next_cdr_id = first_cdr_id + len(gathered)

    def _give_up(self, job: Job, reason: str) -> None:
        """Tell everybody in and behind a job, which the thread still has, that it failed."""
        if not job.was_given_up:
            job.was_given_up = True
            self._enter_trouble(reason)
            self._tell_waiting(job, False)
            self._refuse_gathered()

    def _enter_trouble(self, reason: str) -> None:
        is_new = not self._trouble
        self._trouble = reason
        self.is_writable = False
        if self._journal is not None:
            self._journal.stop()
        self._retry_at = trio.current_time() + _RETRY_PERIOD
        self._something_due.set()
        if is_new:
            self._on_trouble(reason)

    def _refuse_gathered(self) -> None:
        gathered, self._gathering = self._gathering, Job()
        self._tell_waiting(gathered, False)

    def _tell_waiting(self, job: Job, kept: bool) -> None:
        committed, job.committed = job.committed, []
        self._tell(committed, kept)

    def _tell(self, owners: list[Callable[[bool], None]], kept: bool) -> None:
        for tell in owners:
            try:
                tell(kept)
            except Exception as error:
                # A defect of one caller must not keep the others waiting for ever.
                self._on_trouble(f"a caller failed on its answer: {type(error).__name__}")
