"""The delivery platform, simulated in the process: no network, the same outcomes.

What becomes of a send is decided in `simulator_rules`; here is only time. Open requests stand in
one heap by due time, and one task sleeps until the first of them is due, then answers all that are:
work per wake-up, not per message. A request that would be answered after `timeout` is answered
`Failed(TIMEOUT)` at that moment, as the real client would give it up.
"""

from __future__ import annotations

import math
from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import trio

from otpblue_trio.policy.types import Failed, FailureKind, Outcome, SendRequest
from otpblue_trio.upstream.outcomes import outcome_of_answer
from otpblue_trio.upstream.simulator_rules import (
    DRIP_INTERVAL,
    Manner,
    SimulatedAnswer,
    SimulatedSend,
    decide,
    fields_of_request,
)

if TYPE_CHECKING:
    from random import Random

    from otpblue_trio.upstream.seam import Done

__all__ = ["Simulator"]

_NOT_RUNNING = Failed(FailureKind.UNAVAILABLE, detail="simulator not running")
_STOPPED = Failed(FailureKind.UNAVAILABLE, may_have_been_sent=True, detail="simulator stopped")
_TIMED_OUT = Failed(FailureKind.TIMEOUT, may_have_been_sent=True, detail="simulated time-out")
_DISCONNECTED = Failed(
    FailureKind.DISCONNECTED, may_have_been_sent=True, detail="simulated disconnection"
)


class Simulator:
    """A `Platform` whose outcomes hang on the destination's last four digits.

    Args:
      latency: usual seconds to an answer, 0 or more. Even with 0 an answer comes at the next
        scheduling, never from within `submit`.
      jitter: an answer comes up to this many seconds earlier or later, evenly spread.
      random: source of jitter and message ids; a seeded one makes a run reproducible.
      timeout: seconds after which a request without an answer is given up.
      keep: how many sends `records` remembers.
    """

    def __init__(
        self,
        *,
        latency: float,
        jitter: float,
        random: Random,
        timeout: float = 10.0,
        keep: int = 10_000,
    ) -> None:
        self._latency = latency
        self._jitter = jitter
        self._random = random
        self._timeout = timeout
        self._records: deque[SimulatedSend] = deque(maxlen=keep)
        # (due, order, done, outcome); the order makes equal due times first come, first served.
        self._open: list[tuple[float, int, Done, Outcome]] = []
        self._next_order = 0
        self._nap: trio.CancelScope | None = None
        """The sleep until the first due time; None while `run` does not run."""

    @property
    def in_flight(self) -> int:
        """How many submitted requests have no outcome yet."""
        return len(self._open)

    @property
    def records(self) -> tuple[SimulatedSend, ...]:
        """The latest sends that the simulator saw, oldest first."""
        return tuple(self._records)

    def submit(self, request: SendRequest, done: Done, /) -> None:
        """Take one request; its outcome goes to `done` when it is due."""
        if self._nap is None:
            done(_NOT_RUNNING)
            return
        answer = decide(fields_of_request(request), random=self._random)
        self._records.append(answer.send)
        after, outcome = self._fate(answer)
        due = trio.current_time() + after
        heappush(self._open, (due, self._next_order, done, outcome))
        self._next_order += 1
        if due < self._nap.deadline:
            self._nap.deadline = due

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Answer requests in the order of their due times until cancelled.

        On cancellation every open request is answered `Failed(UNAVAILABLE)`.
        """
        self._nap = trio.CancelScope()
        task_status.started()
        try:
            while True:
                with self._nap:
                    await trio.sleep_forever()
                self._nap = trio.CancelScope()
                self._answer_due()
                self._nap.deadline = self._open[0][0] if self._open else math.inf
        finally:
            self._nap = None
            while self._open:
                heappop(self._open)[2](_STOPPED)

    def _answer_due(self) -> None:
        """Answer what is due; what a `done` submits meanwhile waits for the next wake-up."""
        now = trio.current_time()
        end = self._next_order
        while self._open and self._open[0][0] <= now and self._open[0][1] < end:
            _, _, done, outcome = heappop(self._open)
            done(outcome)

    def _fate(self, answer: SimulatedAnswer) -> tuple[float, Outcome]:
        """Return the seconds to the outcome, and the outcome."""
        if answer.manner is Manner.SILENCE:
            return self._timeout, _TIMED_OUT
        after = self._usual_delay() if answer.delay is None else answer.delay
        if answer.manner is Manner.DRIP:
            after += len(answer.body) * DRIP_INTERVAL
        if after > self._timeout:
            return self._timeout, _TIMED_OUT
        if answer.manner is Manner.CLOSE:
            return after, _DISCONNECTED
        return after, outcome_of_answer(answer.status, answer.body)

    def _usual_delay(self) -> float:
        if not self._jitter:
            return self._latency
        return max(0.0, self._latency + self._random.uniform(-self._jitter, self._jitter))
