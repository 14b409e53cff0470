"""The hot seam: what the gateway asks of anything that delivers messages.

One call per message, no task per message: `submit` hands a request over together with the function
that takes its outcome. The real HTTP client, the simulator and `AsyncPlatform` implement this; the
runtime accepts whatever has the same shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import trio

from otpblue_trio.policy.types import Outcome, SendRequest

__all__ = ["Done", "Platform"]

Done = Callable[[Outcome], None]
"""Takes the outcome of one request; quick, synchronous and without raising."""


class Platform(Protocol):
    """Delivers messages, one outcome for each request.

    An implementer keeps four promises:

    - `done` is called exactly once for every `submit`, whatever happens.
    - It is called synchronously from the Trio thread, between two awaits; possibly before `submit`
      returns, so the caller's own books must be in order before it calls.
    - `submit` never blocks and never raises. What cannot be taken is answered
      `Failed(FailureKind.BUSY)` or `Failed(FailureKind.UNAVAILABLE)`.
    - A request of which an octet may have reached the platform is never sent a second time.

    `done` must not raise: that would be a defect of the caller. `HttpPlatform` tells of it and goes
    on; out of others the exception leaves `run`.
    """

    @property
    def in_flight(self) -> int:
        """How many submitted requests have no outcome yet."""

    def submit(self, request: SendRequest, done: Done, /) -> None:
        """Take one request; its outcome goes to `done`.

        Before `run` accepts work, and after it ended, the outcome is
        `Failed(FailureKind.UNAVAILABLE)` with `may_have_been_sent` false.
        """

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve requests until cancelled; `started` is called once requests are accepted.

        On cancellation every request still open is answered `Failed(FailureKind.UNAVAILABLE)`, with
        `may_have_been_sent` true where an octet of it may have left; then the cancellation goes on.
        Called once in the life of a platform.
        """
