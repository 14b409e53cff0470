"""Long messages: parts that become one text, or are refused together.

Theory of operation
-------------------
`PartStore` holds the parts of a long message in any order, from any session of the account, until
they are whole; then the message is decided about once, and all parts get the same answer. Nothing
is sent for some of the parts, however much they seem to say: a code that is cut in two is a wrong
code, and so is one that the missing part takes back.

    add ──> Held ... Held ──> Whole      taken by the owner and decided about
              │                Spoilt     two texts for one part, or too long: refused
              └── time limit ─> expired   refused

A message that was whole is forgotten: references are reused, some clients always give the same one,
and a part with the same text may belong to the next code. What comes again begins a new message,
and only that, once whole, can be known to be a repetition.

A refused message is remembered for the time limit, so that the parts that were missing are refused
at once and wait for nothing. A part that was there is a new try, and begins anew.

Bounds: seconds in the store, parts in all and for each account, octets of text for each message,
and how many refused parts are remembered. References are reused, so the time limit is short: a
one-time code that is late is of no use anyway.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import attrs

from otpblue_trio.policy.verdicts import Reason

if TYPE_CHECKING:
    from otpblue_trio.policy.parts import Part, PartKey

__all__ = [
    "MAX_MESSAGE_OCTETS",
    "Held",
    "Known",
    "LongMessage",
    "NoRoom",
    "PartStore",
    "Spoilt",
    "Whole",
]

MAX_MESSAGE_OCTETS: Final = 512
"""Integration guide, "Input Limits". A single message counts with its user data header; of a long
one the texts of all parts count together."""

_WaiterT = TypeVar("_WaiterT")


class LongMessage(Generic[_WaiterT]):
    """The parts of one message so far. Owned by the `PartStore`.

    Attributes:
      key: what they have in common.
      parts: by number, each text once.
      waiters: who waits for the answer, in order of arrival; repetitions wait too.
      octets: how long the text is so far.
      expires_at: when it is given up.
    """

    __slots__ = ("expires_at", "key", "octets", "parts", "waiters")

    def __init__(self, key: PartKey, expires_at: float) -> None:
        self.key = key
        self.parts: dict[int, Part] = {}
        self.waiters: list[_WaiterT] = []
        self.octets = 0
        self.expires_at = expires_at

    @property
    def in_order(self) -> list[Part]:
        """The parts by their numbers."""
        return [self.parts[number] for number in sorted(self.parts)]


@attrs.frozen
class Held:
    """The part waits for others."""


@attrs.frozen
class Whole(Generic[_WaiterT]):
    """The part was the last one: take the message and decide."""

    message: LongMessage[_WaiterT]


@attrs.frozen
class Spoilt(Generic[_WaiterT]):
    """The part and all before it are to be refused."""

    message: LongMessage[_WaiterT]
    reason: Reason


@attrs.frozen
class Known:
    """The message was refused already, without this part."""

    reason: Reason


@attrs.frozen
class NoRoom:
    """The part cannot be held now; it may come again."""


class _Refused:
    """What is remembered of a refused message: which of its parts are refused, no text."""

    __slots__ = ("numbers", "reason", "until")

    def __init__(self, numbers: set[int], reason: Reason, until: float) -> None:
        self.numbers = numbers
        self.reason = reason
        self.until = until


class PartStore(Generic[_WaiterT]):
    """Holds parts and remembers refused messages; one for the gateway.

    Args:
      time_limit: seconds from a message's first part to its end, and from its refusal until it is
        forgotten.
      max_parts_per_account: parts of one account that may wait, repetitions included.
      max_parts: parts that may wait in all.
      max_remembered: parts of refused messages that are remembered; beyond it the oldest are
        forgotten.
    """

    def __init__(
        self,
        *,
        time_limit: float = 15.0,
        max_parts_per_account: int = 1000,
        max_parts: int = 20_000,
        max_remembered: int = 20_000,
    ) -> None:
        self._time_limit = time_limit
        self._max_parts_per_account = max_parts_per_account
        self._max_parts = max_parts
        self._max_remembered = max_remembered
        # Each is ordered by time, because what is added to it lasts equally long.
        self._waiting: OrderedDict[PartKey, LongMessage[_WaiterT]] = OrderedDict()
        self._refused: OrderedDict[PartKey, _Refused] = OrderedDict()
        self._held = 0
        self._held_of: Counter[str] = Counter()
        self._remembered = 0

    @property
    def held(self) -> int:
        """Parts that wait, repetitions included."""
        return self._held

    @property
    def remembered(self) -> int:
        """Parts of refused messages that are remembered."""
        return self._remembered

    @property
    def next_due(self) -> float:
        """When `expired` has something to give next; infinity when nothing waits."""
        for message in self._waiting.values():
            return message.expires_at
        return math.inf

    def continues(self, part: Part, now: float) -> bool:
        """Tell whether a part brings something new to a message that has begun.

        Such a part is not counted by the rate limit: a long message counts once. It counts again
        when it comes again.
        """
        message = self._waiting.get(part.key)
        if message is not None:
            return part.number not in message.parts
        self.forget(now)
        refused = self._refused.get(part.key)
        return refused is not None and part.number not in refused.numbers

    def add(
        self, part: Part, waiter: _WaiterT, now: float
    ) -> Held | Whole[_WaiterT] | Spoilt[_WaiterT] | Known | NoRoom:
        """Take a part with whoever waits for its answer.

        Only after `NoRoom` and `Known` is the waiter not among those of the message.
        """
        message = self._waiting.get(part.key)
        if message is None:
            known = self._known(part, now)
            if known is not None:
                return known
        elif part.number in message.parts:
            if not part.has_text_of(message.parts[part.number]):
                # One reference, two messages: which of the other parts is whose, nobody can tell.
                self._wait(message, waiter)
                return Spoilt(message, Reason.MESSAGE_INCOMPLETE)
            if not self._has_room(part):
                return NoRoom()
            self._wait(message, waiter)
            return Held()
        is_last = message is not None and len(message.parts) + 1 == part.key.total
        if not is_last and not self._has_room(part):
            return NoRoom()
        if message is None:
            message = self._waiting[part.key] = LongMessage(part.key, now + self._time_limit)
        self._wait(message, waiter)
        message.parts[part.number] = part
        message.octets += len(part.octets)
        if message.octets > MAX_MESSAGE_OCTETS:
            return Spoilt(message, Reason.MESSAGE_TOO_LONG)
        if is_last:
            return Whole(message)
        return Held()

    def _known(self, part: Part, now: float) -> Known | None:
        """Return why a part is refused with the rest of its message; None: it begins anew."""
        self.forget(now)
        refused = self._refused.get(part.key)
        if refused is None:
            return None
        if part.number in refused.numbers:
            self._drop(part.key)
            return None
        refused.numbers.add(part.number)
        self._count_remembered(1)
        return Known(refused.reason)

    def _has_room(self, part: Part) -> bool:
        return (
            self._held < self._max_parts
            and self._held_of[part.key.system_id] < self._max_parts_per_account
        )

    def _wait(self, message: LongMessage[_WaiterT], waiter: _WaiterT) -> None:
        message.waiters.append(waiter)
        self._held += 1
        self._held_of[message.key.system_id] += 1

    # ------------------------------------------------------------------ the owner's turn

    def take(self, message: LongMessage[_WaiterT]) -> list[_WaiterT]:
        """Take a whole message out, and return who waits for the answer."""
        del self._waiting[message.key]
        waiters, message.waiters = message.waiters, []
        self._held -= len(waiters)
        system_id = message.key.system_id
        self._held_of[system_id] -= len(waiters)
        if not self._held_of[system_id]:
            del self._held_of[system_id]
        return waiters

    def refuse(self, message: LongMessage[_WaiterT], reason: Reason, now: float) -> list[_WaiterT]:
        """Take a message out for good, and return who is to be told.

        Args:
          message: was not whole, or is spoilt.
          reason: for parts that come later.
          now: the time.
        """
        self._refused[message.key] = _Refused(set(message.parts), reason, now + self._time_limit)
        self._count_remembered(len(message.parts))
        return self.take(message)

    def expired(self, now: float) -> list[LongMessage[_WaiterT]]:
        """Return the messages whose time is up; refuse every one of them."""
        found = []
        for message in self._waiting.values():
            if message.expires_at > now:
                break
            found.append(message)
        return found

    def waiting(self, system_id: str | None = None) -> list[LongMessage[_WaiterT]]:
        """Return what waits, of one account or in all; slow."""
        if system_id is not None and not self._held_of[system_id]:
            return []
        return [
            message
            for message in self._waiting.values()
            if system_id is None or message.key.system_id == system_id
        ]

    def forget(self, now: float) -> None:
        """Forget the refused messages whose time is up."""
        while self._refused:
            key = next(iter(self._refused))
            if self._refused[key].until > now:
                break
            self._drop(key)

    def _count_remembered(self, more: int) -> None:
        self._remembered += more
        while self._remembered > self._max_remembered:
            self._drop(next(iter(self._refused)))

    def _drop(self, key: PartKey) -> None:
        self._remembered -= len(self._refused.pop(key).numbers)
