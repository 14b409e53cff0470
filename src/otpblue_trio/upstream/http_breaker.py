"""The circuit breaker: when not to try a platform that is known to be down.

It counts failures in a row. One good answer, which is any answer that the platform itself gave,
sets the count to nothing, so requests that fail for their own reasons (a number whose delivery
hangs) never open it while others get through.

    up --(N failures in a row, over at least T seconds)--> down
    down --(first request let through as a probe)--> probing
    probing --(a good answer)--> up

While down or probing one request in each probe interval is let through and all others are refused
without being sent. A failed probe changes nothing: the state stays `probing`, so an outage of an
hour is three state changes and not seven thousand. Probes need no timer; the next request after the
interval is the probe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otpblue_trio.policy.types import PlatformState

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Breaker"]

_UP = PlatformState.UP


class Breaker:
    """Decides which requests are tried.

    Args:
      failures: failures in a row that it takes to open, 1 or more.
      duration: seconds that the row must span at least; 0 or more.
      probe_interval: seconds between two probes, above 0.
      on_state: called with the new state and a short reason at each change.
    """

    def __init__(
        self,
        *,
        failures: int,
        duration: float,
        probe_interval: float,
        on_state: Callable[[str, str], None],
    ) -> None:
        self._failures = failures
        self._duration = duration
        self._probe_interval = probe_interval
        self._on_state = on_state
        self._row = 0
        self._row_began = 0.0
        self._next_probe = 0.0
        self.state = _UP

    def admits(self, now: float) -> bool:
        """Whether a request is to be tried; while not up, the one let through is the probe."""
        if self.state is _UP:
            return True
        if now < self._next_probe:
            return False
        self._next_probe = now + self._probe_interval
        if self.state is PlatformState.DOWN:
            self._change(PlatformState.PROBING, "a request is tried")
        return True

    def succeeded(self) -> None:
        """Take note of an answer that the platform itself gave."""
        self._row = 0
        if self.state is not _UP:
            self._change(_UP, "the platform answers")

    def failed(self, now: float, detail: str) -> bool:
        """Take note of a failure; return True when it opens the breaker."""
        if self._row == 0:
            self._row_began = now
        self._row += 1
        if (
            self.state is not _UP
            or self._row < self._failures
            or now - self._row_began < self._duration
        ):
            return False
        self._next_probe = now + self._probe_interval
        self._change(PlatformState.DOWN, f"{self._row} failures in a row, the last: {detail}")
        return True

    def _change(self, state: PlatformState, detail: str) -> None:
        self.state = state
        self._on_state(state, detail)
