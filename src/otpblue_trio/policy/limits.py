"""The account's rate: a token bucket that holds one second's worth, in whole messages.

Basis: integration guide, "Rate Limits". A bucket is shared by all sessions of an account.
"""

from __future__ import annotations

import math

__all__ = ["TokenBucket"]

# What adding up fractions of a second may be short of a whole message. Clocks may stand at some
# million seconds, where a float is exact to 1e-10 s; times ten thousand messages a second.
_ROUNDING = 1e-6


class TokenBucket:
    """Lets `rate` messages a second through, and one second's worth at once after a pause.

    Args:
      rate: messages a second. Fractions are allowed: 0.5 is one message every two seconds. 0 lets
        nothing through, `math.inf` everything.
      now: the clock, in seconds. The bucket starts full.

    Raises:
      ValueError: the rate is negative or no number.
    """

    __slots__ = ("_at", "_capacity", "_rate", "_tokens")

    def __init__(self, rate: float, now: float) -> None:
        self._tokens: float = math.inf
        self._capacity: float = math.inf
        self._rate = 0.0
        self._at = now
        self.set_rate(rate, now)

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self._rate

    def take(self, now: float) -> bool:
        """Take one message out of the bucket; False when it may not pass.

        A clock that goes back gives nothing and takes nothing.
        """
        if now > self._at:
            tokens = self._tokens + (now - self._at) * self._rate
            # Half the time of min().
            self._tokens = tokens if tokens < self._capacity else self._capacity  # noqa: FURB136
            self._at = now
        if self._tokens < 1 - _ROUNDING:
            return False
        self._tokens -= 1
        return True

    def set_rate(self, rate: float, now: float) -> None:
        """Put another rate in force at once.

        What the bucket holds stays, up to the new capacity, so that a change gives nobody a fresh
        burst.

        Raises:
          ValueError: the rate is negative or no number.
        """
        if not rate >= 0:
            raise ValueError(f"rate must be 0 or more: {rate}")
        if now > self._at:
            if self._tokens < self._capacity:
                self._tokens += (now - self._at) * self._rate
            self._at = now
        self._rate = rate
        if math.isinf(rate):
            self._tokens = self._capacity = math.inf
        else:
            self._capacity = math.ceil(rate)
            self._tokens = min(self._tokens, self._capacity)
