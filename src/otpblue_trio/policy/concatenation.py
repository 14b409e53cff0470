"""Long messages: parts that become one text, or are refused together.

Theory of operation
-------------------
`PartStore` holds the parts of a long message in any order, from any session of the account, until
they are whole; then the message is decided about once, and all parts get the same answer. Nothing
is sent for some of the parts, however much they seem to say: a code that is cut in two is a wrong
code, and so is one that the missing part takes back.

    add ──> Held ... Held ──> Whole      taken by the owner, decided, remembered
              │                Spoilt     two texts for one part, or too long
              └── time limit ─> expired   refused

What was decided is remembered for the time limit. A part that was missing then gets the same
answer. A part that was there already is a repetition while the message is on its way or delivered;
otherwise it is a new try, as is another text under the old reference, and begins anew.

Bounds: seconds in the store, parts in all and for each account, octets of text for each message,
and how many decided parts are remembered. References are reused, so the time limit is short: a
one-time code that is late is of no use anyway.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import attrs

from otpblue_trio.policy.verdicts import Reason

if TYPE_CHECKING:
    from collections.abc import Callable

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
_FateT = TypeVar("_FateT")


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
    """The part and all before it are refused: take the message."""

    message: LongMessage[_WaiterT]
    reason: Reason


@attrs.frozen
class Known(Generic[_FateT]):
    """The message was decided already."""

    fate: _FateT


@attrs.frozen
class NoRoom:
    """The part cannot be held now; it may come again."""


class _Decided(Generic[_FateT]):
    """What is remembered of a message: enough to know its parts again, no text."""

    __slots__ = ("fate", "texts", "until")

    def __init__(self, texts: dict[int, int], fate: _FateT, until: float) -> None:
        self.texts = texts
        self.fate = fate
        self.until = until


class PartStore(Generic[_WaiterT, _FateT]):
    """Holds parts and remembers decided messages; one for the gateway.

    Args:
      answers_repeats: tells of a fate whether it still answers for a part that comes again; if not,
        that part begins a new message.
      time_limit: seconds from a message's first part to its end, and from the decision until it is
        forgotten.
      max_parts_per_account: parts of one account that may wait, repetitions included.
      max_parts: parts that may wait in all.
      max_remembered: parts of decided messages that are remembered; beyond it the oldest are
        forgotten.
    """

    def __init__(
        self,
        *,
        answers_repeats: Callable[[_FateT], bool],
        time_limit: float = 15.0,
        max_parts_per_account: int = 1000,
        max_parts: int = 20_000,
        max_remembered: int = 20_000,
    ) -> None:
        self._answers_repeats = answers_repeats
        self._time_limit = time_limit
        self._max_parts_per_account = max_parts_per_account
        self._max_parts = max_parts
        self._max_remembered = max_remembered
        # Each is ordered by time, because what is added to it lasts equally long.
        self._waiting: OrderedDict[PartKey, LongMessage[_WaiterT]] = OrderedDict()
        self._decided: OrderedDict[PartKey, _Decided[_FateT]] = OrderedDict()
        self._held = 0
        self._held_of: Counter[str] = Counter()
        self._remembered = 0

    @property
    def held(self) -> int:
        """Parts that wait, repetitions included."""
        return self._held

    @property
    def remembered(self) -> int:
        """Parts of decided messages that are remembered."""
        return self._remembered

    @property
    def next_due(self) -> float:
        """When `expired` has something to give next; infinity when nothing waits."""
        for message in self._waiting.values():
            return message.expires_at
        return math.inf

    def continues(self, part: Part, now: float) -> bool:
        """Tell whether a part brings something new to a message that has begun.

        Such a part is not counted by the rate limit: a long message counts once.
        """
        message = self._waiting.get(part.key)
        if message is not None:
            return part.number not in message.parts
        self.forget(now)
        decided = self._decided.get(part.key)
        return decided is not None and part.number not in decided.texts

    def add(
        self, part: Part, waiter: _WaiterT, now: float
    ) -> Held | Whole[_WaiterT] | Spoilt[_WaiterT] | Known[_FateT] | NoRoom:
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

    def _known(self, part: Part, now: float) -> Known[_FateT] | None:
        """Return the fate of a decided message if it is this part's, else forget it."""
        self.forget(now)
        decided = self._decided.get(part.key)
        if decided is None:
            return None
        text = _digest(part)
        twin = decided.texts.get(part.number)
        if twin is None:
            decided.texts[part.number] = text
            self._count_remembered(1)
        elif twin != text or not self._answers_repeats(decided.fate):
            self._drop(part.key)
            return None
        return Known(decided.fate)

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
        """Take a message out, because it is decided about, and return who waits for the answer."""
        del self._waiting[message.key]
        waiters, message.waiters = message.waiters, []
        self._held -= len(waiters)
        system_id = message.key.system_id
        self._held_of[system_id] -= len(waiters)
        if not self._held_of[system_id]:
            del self._held_of[system_id]
        return waiters

    def remember(self, message: LongMessage[_WaiterT], fate: _FateT, now: float) -> None:
        """Keep what became of a message that was taken, for parts that come later."""
        texts = {number: _digest(part) for number, part in message.parts.items()}
        self._decided[message.key] = _Decided(texts, fate, now + self._time_limit)
        self._count_remembered(len(texts))

    def expired(self, now: float) -> list[LongMessage[_WaiterT]]:
        """Return the messages whose time is up; take every one of them."""
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
        """Forget the decided messages whose time is up."""
        while self._decided:
            key = next(iter(self._decided))
            if self._decided[key].until > now:
                break
            self._drop(key)

    def _count_remembered(self, more: int) -> None:
        self._remembered += more
        while self._remembered > self._max_remembered:
            self._drop(next(iter(self._decided)))

    def _drop(self, key: PartKey) -> None:
        self._remembered -= len(self._decided.pop(key).texts)


def _digest(part: Part) -> int:
    """A number that tells texts apart and does not keep them."""
    return hash((part.octets, part.data_coding))
