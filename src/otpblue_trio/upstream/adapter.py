"""`AsyncPlatform`: any `async def send(request)` as a `Platform`.

For embedders and tests. It costs a task per message, which the gateway's own HTTP client does not.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import trio

from otpblue_trio.policy.types import Failed, FailureKind, Outcome, SendRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from otpblue_trio.upstream.seam import Done

__all__ = ["AsyncPlatform"]

_logger = logging.getLogger(__name__)

_NOT_RUNNING = Failed(FailureKind.UNAVAILABLE, detail="platform not running")
_FULL = Failed(FailureKind.BUSY, detail="too many requests in flight")
_STOPPED = Failed(FailureKind.UNAVAILABLE, may_have_been_sent=True, detail="platform stopped")


class AsyncPlatform:
    """Runs an async function for each request, all of them in one nursery.

    An exception out of `send` becomes `Failed(BAD_ANSWER)` with the exception's type as detail, and
    so does a return value that is no outcome; other requests go on. `send` has to bound its own
    duration, e.g. with `trio.fail_after`.

    Args:
      send: delivers one message and returns its outcome; cancelled when the platform stops.
      on_error: told of each exception out of `send`; the place to log it. Its message may hold what
        a log must not show. What it raises itself is logged.
      max_in_flight: requests at once; one more is answered `Failed(BUSY)`.
    """

    def __init__(
        self,
        send: Callable[[SendRequest], Awaitable[Outcome]],
        *,
        on_error: Callable[[Exception], None] | None = None,
        max_in_flight: int = 10_000,
    ) -> None:
        self._send = send
        self._on_error = on_error
        self._max_in_flight = max_in_flight
        self._in_flight = 0
        self._nursery: trio.Nursery | None = None
        """Set while `run` accepts requests."""

    @property
    def in_flight(self) -> int:
        """How many submitted requests have no outcome yet."""
        return self._in_flight

    def submit(self, request: SendRequest, done: Done, /) -> None:
        """Start a task for one request; its outcome goes to `done`."""
        if self._nursery is None:
            done(_NOT_RUNNING)
        elif self._in_flight >= self._max_in_flight:
            done(_FULL)
        else:
            self._in_flight += 1
            self._nursery.start_soon(self._deliver, request, done)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve requests until cancelled.

        On cancellation every open request is answered `Failed(UNAVAILABLE)`.
        """
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started()
            try:
                await trio.sleep_forever()
            finally:
                self._nursery = None

    async def _deliver(self, request: SendRequest, done: Done) -> None:
        outcome: Outcome = _STOPPED
        try:
            outcome = _checked(await self._send(request))
        except Exception as error:  # whatever an embedder's function raises ends one message only
            outcome = Failed(
                FailureKind.BAD_ANSWER, may_have_been_sent=True, detail=type(error).__name__
            )
            self._tell_error(error)
        finally:
            self._in_flight -= 1
            done(outcome)

    def _tell_error(self, error: Exception) -> None:
        if self._on_error is None:
            return
        try:
            self._on_error(error)
        except Exception as defect:
            # Not chained to what `send` raised, which a log must not show.
            defect.__context__ = None
            _logger.error("on_error of AsyncPlatform raised", exc_info=defect)


def _checked(outcome: object) -> Outcome:
    if isinstance(outcome, Outcome):
        return outcome
    detail = f"send returned {type(outcome).__name__}"
    return Failed(FailureKind.BAD_ANSWER, may_have_been_sent=True, detail=detail)
