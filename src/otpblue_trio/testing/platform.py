"""A platform that does as it is told, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import trio

from otpblue_trio.policy.types import (
    Delivered,
    Failed,
    FailureKind,
    Outcome,
    Refused,
    SendRequest,
)

__all__ = ["FakePlatform"]

Answer = Outcome | Callable[[SendRequest], Outcome]

_NOT_RUNNING = Failed(FailureKind.UNAVAILABLE, detail="platform not running")
_STOPPED = Failed(FailureKind.UNAVAILABLE, may_have_been_sent=True, detail="platform stopped")


class FakePlatform:
    """Keeps the contract of a platform and answers what the test wants.

    Args:
      code: answer every request with this error code of the platform.
      answer: answer every request with this outcome, or with what this function returns.
      latency: seconds on Trio's clock from request to answer.
      holds: keep every request open until `release`.

    Without arguments everything is delivered at once, with message ids `m-1`, `m-2`, ...

    Attributes:
      requests: what the gateway asked, in order.
    """

    def __init__(
        self,
        *,
        code: int | None = None,
        answer: Answer | None = None,
        latency: float = 0.0,
        holds: bool = False,
    ) -> None:
        ids = itertools.count(1)
        if code is not None:
            answer = Refused(code)
        self._answer: Answer = answer or (lambda _: Delivered(f"m-{next(ids)}"))
        self._latency = latency
        self._holds = holds
        self._held: dict[int, tuple[SendRequest, Callable[[Outcome], None]]] = {}
        self._keys = itertools.count()
        self._nursery: trio.Nursery | None = None
        self._arrived = trio.Event()
        self.requests: list[SendRequest] = []

    @property
    def in_flight(self) -> int:
        """Requests that have no outcome yet."""
        return len(self._held)

    def submit(self, request: SendRequest, done: Callable[[Outcome], None], /) -> None:
        """Take a request as the gateway hands it over."""
        self.requests.append(request)
        self._arrived.set()
        self._arrived = trio.Event()
        if self._nursery is None:
            done(_NOT_RUNNING)
        elif self._holds or self._latency:
            key = next(self._keys)
            self._held[key] = request, done
            if not self._holds:
                self._nursery.start_soon(self._answer_later, key)
        else:
            done(self._outcome_for(request))

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run until cancelled; what is still held then fails."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started()
            try:
                await trio.sleep_forever()
            finally:
                self._nursery = None
                self.release(_STOPPED)

    async def _answer_later(self, key: int) -> None:
        await trio.sleep(self._latency)
        if key in self._held:  # else released before
            request, done = self._held.pop(key)
            done(self._outcome_for(request))

    def _outcome_for(self, request: SendRequest) -> Outcome:
        answer = self._answer
        return answer(request) if callable(answer) else answer

    def release(self, outcome: Outcome | None = None, *, newest_first: bool = False) -> None:
        """Answer every request that is open, with `outcome` or as told at the start."""
        held = list(self._held.values())
        self._held.clear()
        for request, done in reversed(held) if newest_first else held:
            done(outcome if outcome is not None else self._outcome_for(request))

    async def wait_for_requests(self, count: int) -> None:
        """Return when `count` requests have come in all."""
        while len(self.requests) < count:
            await self._arrived.wait()
