"""One thread that performs jobs, one after the other, for the event loop."""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.store.database import Job

__all__ = ["WriterThread"]


class WriterThread:
    """A thread of the store's own.

    Args:
      came_back: told of each job that was performed; in the Trio thread.
    """

    def __init__(self, came_back: Callable[[Job], None]) -> None:
        self._came_back = came_back
        self._inbox: SimpleQueue[Job | None] = SimpleQueue()
        self._scope = trio.CancelScope(shield=True)

    def give(self, job: Job) -> None:
        """Have a job performed after those that were given before."""
        self._inbox.put(job)

    def end(self) -> None:
        """Let the thread end when it has performed what was given."""
        self._inbox.put(None)

    def wait_no_longer_than(self, seconds: float) -> None:
        """Let `run` leave the thread behind if it has not ended by then."""
        self._scope.deadline = trio.current_time() + seconds

    async def run(self, perform: Callable[[Job], None], finish: Callable[[], None]) -> None:
        """Run the thread until it ends; cancelling changes nothing.

        Args:
          perform: does a job; in the thread. It must not raise.
          finish: called in the thread at its end.
        """
        token = trio.lowlevel.current_trio_token()

        def work() -> None:
            while (job := self._inbox.get()) is not None:
                perform(job)
                try:
                    token.run_sync_soon(self._came_back, job)
                except trio.RunFinishedError:
                    break
            finish()

        with self._scope:
            await trio.to_thread.run_sync(
                work, abandon_on_cancel=True, limiter=trio.CapacityLimiter(1)
            )
