"""What the store's thread is to do, and when: jobs out, jobs back, trouble, sweeps.

Theory of operation
-------------------
Everything here belongs to the event loop; the writer thread sees nothing but jobs (`database.Job`),
one at a time, through one queue, and nothing needs a lock.

The thread gets what the journal holds a tenth of a second later, as one commit. A receipt that is
done by then is never written into the database, and one that is done later goes with the next
commit.

What waits for a commit goes to the thread as soon as that is free; what comes meanwhile gathers in
the next job, so the busier the gateway, the larger the commits. When a job comes back, one callback
in the loop tells everybody in it, in order, and hands the next job over.

A job that failed, or one that the disk keeps for longer than `patience`, means trouble: everybody
who waits for it and behind it is told False, and nothing may be recorded. Once a second a job tries
whether the disk works again; what the journal holds is in that job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.store.database import Job
from otpblue_trio.store.rounds import EndOfRound
from otpblue_trio.store.schema import receipt_row
from otpblue_trio.store.thread import WriterThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.store.database import Database
    from otpblue_trio.store.journal import Entry, Journal
    from otpblue_trio.store.records import StoredReceipt

__all__ = ["Writer"]

_MAX_WAITING = 50_000
"""Records that may wait for a commit; beyond it a record is refused."""
_SLOW_COMMIT = 0.5
"""Seconds after which a commit makes the disk count as slow: a write to the journal might wait as
well, and with it the event loop."""
_MOST_AGAIN = 500
"""So few of the receipts that are kept again that nobody waits for them."""
_LOOK_PERIOD = 0.1
"""Between two looks at what is due, and so how long the journal gathers for a commit."""
_RETRY_PERIOD = 1.0
_SWEEP_PERIOD = 60.0
_SWEEP_PAUSE = 0.02
"""Between two steps of one sweep: room for the records that come in meanwhile."""
_FLUSH_TIMEOUT = 2.0


class Writer:
    """Gives the writer thread its jobs, one at a time.

    Args:
      journal: what it holds goes with the next job; None: everything waits for a commit.
      on_trouble: called with a reason when the database cannot be written, and when an accident was
        mended.
      on_recovered: called when the database can be written again, also right after `on_trouble` for
        what was mended.
      on_opened: called with the job that was the first to open the database, before anybody in it
        is told.
      on_writable: called when something may be recorded, and when not.
      wall_clock: gives the seconds since 1970.
      patience: seconds that a commit may take before it counts as failed.

    Attributes:
      gathering: what waits for a commit, for the next time the thread is free.
      is_free: the thread waits for a job.
      done: receipts to delete with the next job. Always the same object, as the next two are.
      done_lately: receipts of which the journal is to learn with the next record that they are
        done, unless a job goes out before.
      again: receipts to keep without a record, by id: a few go with each job.
    """

    def __init__(
        self,
        journal: Journal | None,
        *,
        on_trouble: Callable[[str], None],
        on_recovered: Callable[[], None],
        on_opened: Callable[[Job], None],
        on_writable: Callable[[bool], None],
        wall_clock: Callable[[], float],
        patience: float,
    ) -> None:
        self._journal = journal
        self._on_trouble = on_trouble
        self._on_recovered = on_recovered
        self._on_opened = on_opened
        self._on_writable = on_writable
        self._wall_clock = wall_clock
        self._patience = patience
        self._thread = WriterThread(self._came_back)
        self._with_thread: Job | None = None
        self.gathering = Job()
        self.is_free = False
        self.done: list[int] = []
        self.done_lately: list[int] = []
        self.again: dict[int, StoredReceipt] = {}
        self._end_of_round = EndOfRound(self.hand_over)
        """Watched for while something has gathered for the thread, which is free: earlier the two
        would fight for the interpreter, and what is recorded in one go would make two commits."""
        self._trouble = ""
        self._retry_at = 0.0
        self._sweep_at = 0.0
        self._is_woken = False
        self._something_due = trio.Event()
        self._is_closing = False

    @property
    def waiting(self) -> int:
        """Records that the journal holds, or that wait for a commit."""
        with_thread = self._with_thread
        return (
            len(self.gathering.cdrs)
            + (len(with_thread.cdrs) if with_thread is not None else 0)
            + (self._journal.waiting if self._journal is not None else 0)
        )

    def wake(self) -> None:
        """Have what is due looked at within a tenth of a second."""
        # Most often it is awake: this comes with every message.
        if not self._is_woken:
            self._is_woken = True
            self._something_due.set()

    def let_wait(self, entries: list[Entry], owners: list[Callable[[bool], None]]) -> None:
        """Let records wait for a commit; whom there is no room for is told so at once."""
        gathering = self.gathering
        room = _MAX_WAITING - len(gathering.committed)
        for cdr, receipt in entries[:room]:
            gathering.cdrs.append(cdr)
            if receipt is not None:
                gathering.receipts.append(receipt)
        gathering.committed += owners[:room]
        if self.is_free and gathering.committed:
            self.wake()
            self._end_of_round.watch()
        self.tell(owners[room:], False)

    def tell(self, owners: list[Callable[[bool], None]], kept: bool) -> None:
        """Tell those who wait for their records whether they are safe."""
        for tell in owners:
            try:
                tell(kept)
            except Exception as error:
                # A defect of one caller must not keep the others waiting for ever.
                self._on_trouble(f"a caller failed on its answer: {type(error).__name__}")

    def refuse_gathered(self) -> None:
        """Tell everybody who waits for a job that has not gone out that it failed."""
        gathered, self.gathering = self.gathering, Job()
        self._tell_waiting(gathered, False)

    def dated(self, job: Job) -> Job:
        """Return a job that begins now."""
        job.now = self._wall_clock()
        job.started_at = trio.current_time()
        return job

    async def run(self, database: Database, opening: Job, *, begun: Callable[[], None]) -> None:
        """Write until cancelled; call it once.

        Cancelling flushes what is queued, for two seconds at most, and ends the thread; a thread
        that the disk does not let go is left behind.

        Args:
          database: performs the jobs.
          opening: the first job, which was performed.
          begun: called once that job's outcome was told.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._thread.run, database.perform, database.close)
            try:
                self._sweep_at = trio.current_time()
                self._came_back(opening)
                begun()
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
        self._on_writable(False)
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
                    self.hand_over()
            elif self._has_work():
                self.hand_over()
            elif self._sweep_at <= now:
                self._go_on()
            else:
                self._is_woken = False
                self._something_due = trio.Event()

    def _has_work(self) -> bool:
        """Tell whether there is anything for the thread but sweeping."""
        journal = self._journal
        return bool(
            self.gathering.cdrs
            or self.done
            or self.again
            or (journal is not None and journal.waiting)
        )

    def hand_over(self) -> None:
        """Give the thread what has gathered; only while it is free."""
        self._end_of_round.stop()
        job, self.gathering = self.gathering, Job()
        if self._journal is not None:
            job.segments = self._journal.take()
        job.done = self.done.copy()
        self.done.clear()
        self.done_lately.clear()
        for _ in range(min(len(self.again), _MOST_AGAIN)):
            job.receipts.append(receipt_row(self.again.popitem()[1]))
        self._give(job)

    def _give(self, job: Job) -> None:
        self.is_free = False
        self._with_thread = self.dated(job)
        self.wake()
        self._thread.give(job)

    def _go_on(self) -> None:
        """Give the free thread the next job, or let it wait, or end."""
        if self._is_closing:
            if not self._trouble and self._has_work():
                self.hand_over()
            else:
                self._thread.end()
        elif self._trouble:
            # `_look_after` tries again.
            pass
        elif self._sweep_at <= trio.current_time():
            job = Job()
            job.sweep = True
            self._give(job)
        elif self.gathering.committed or self.again:
            self.hand_over()
        else:
            self.is_free = True

    def _came_back(self, job: Job) -> None:
        """Tell everybody how a job went, and give the thread the next one."""
        self._with_thread = None
        if job.first_receipt_id:
            self._on_opened(job)
        for notice in job.notices:
            self._on_trouble(notice)
        if job.trouble:
            self.done[:0] = job.done
            self._enter_trouble(job.trouble)
        elif self._trouble or job.notices:
            self._trouble = ""
            self._on_writable(not self._is_closing)
            self._on_recovered()
        if self._journal is not None and not self._trouble:
            self._journal.resume()
        self._tell_waiting(job, not job.trouble)
        if job.trouble:
            self.refuse_gathered()
        if job.sweep:
            self._sweep_at = trio.current_time() + (
                _SWEEP_PAUSE if job.more_to_sweep else _SWEEP_PERIOD
            )
        self._go_on()

    def _give_up(self, job: Job, reason: str) -> None:
        """Tell everybody in and behind a job, which the thread still has, that it failed."""
        if not job.was_given_up:
            job.was_given_up = True
            self._enter_trouble(reason)
            self._tell_waiting(job, False)
            self.refuse_gathered()

    def _enter_trouble(self, reason: str) -> None:
        is_new = not self._trouble
        self._trouble = reason
        self._on_writable(False)
        if self._journal is not None:
            self._journal.stop()
        self._retry_at = trio.current_time() + _RETRY_PERIOD
        self.wake()
        if is_new:
            self._on_trouble(reason)

    def _tell_waiting(self, job: Job, kept: bool) -> None:
        committed, job.committed = job.committed, []
        self.tell(committed, kept)
