"""Delivered messages that answer for their repetitions.

What is remembered lives for seconds among objects that live for a millisecond. Each that goes
leaves a hole somewhere in the heap, the next object of its size is made there, and before long all
that a message is handled with lies far apart, out of the caches. So of a message no more than two
strings and sixteen octets are kept: `Exchange`s with all they hold, eleven objects each, made every
message take 1.1 times as long at 10 x 16.
"""

from __future__ import annotations

from array import array
from collections import deque
from typing import TYPE_CHECKING

from otpblue_trio.policy.types import Delivered
from otpblue_trio.runtime.exchanges import Exchange

if TYPE_CHECKING:
    from otpblue_trio.policy.types import SendRequest
    from otpblue_trio.runtime.exchanges import ExchangeKey

__all__ = ["Repetitions"]

_MOST_SPENT = 4096
"""Entries at the beginning of the array that are forgotten, before they are cut off."""


class Repetitions:
    """The exchanges that were delivered within a window of time; owned by the `MessageDesk`.

    Args:
      window: seconds that each is remembered, above 0.
      most: how many; beyond it the oldest is forgotten.
    """

    def __init__(self, window: float, most: int) -> None:
        self._window = window
        self._most = most
        self._known: dict[ExchangeKey, str] = {}
        """By the message: the gateway's own id for it or nothing, a blank, and the platform's."""
        self._keys: deque[ExchangeKey] = deque()
        """The same, oldest first."""
        self._ends = array("d")
        """When each of them is forgotten, behind `_spent` that were."""
        self._spent = 0

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._keys)

    def remember(self, exchange: Exchange, outcome: Delivered, now: float) -> None:
        """Remember an exchange from now on; none that is the same message is remembered."""
        if len(self._keys) >= self._most:
            self._forget_oldest()
        key = exchange.key
        self._known[key] = f"{exchange.short_id} {outcome.message_id}"
        self._keys.append(key)
        self._ends.append(now + self._window)

    def recall(self, key: ExchangeKey, request: SendRequest, now: float) -> Exchange | None:
        """Return the exchange that answers for a message, if there is one.

        Args:
          key: of the message.
          request: what the platform would be asked.
          now: the time.
        """
        self.forget(now)
        known = self._known.get(key)
        if known is None:
            return None
        exchange = Exchange(key, request, [])
        exchange.short_id, _, message_id = known.partition(" ")
        exchange.outcome = Delivered(message_id)
        return exchange

    def keep_id(self, exchange: Exchange) -> None:
        """Remember the gateway's own id of an exchange just recalled: it may have one only now."""
        _, _, message_id = self._known[exchange.key].partition(" ")
        self._known[exchange.key] = f"{exchange.short_id} {message_id}"

    def forget(self, now: float) -> None:
        """Forget those whose time is over."""
        while self._keys and self._ends[self._spent] <= now:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        del self._known[self._keys.popleft()]
        self._spent += 1
        if self._spent >= _MOST_SPENT:
            del self._ends[: self._spent]
            self._spent = 0
