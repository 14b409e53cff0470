"""What became of messages whose outcome is unknown, by the platform's history of requests.

A record whose outcome is unknown has no id of the platform's, so it is found by number, sender and
time. Numbers may be kept masked, and senders repeat what was answered 0x08, so several requests may
fit one record. Therefore requests are first given to the records whose outcome is known, as each of
them stands for one; only what nobody accounts for is left to the unknown ones.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.policy import Reason
from otpblue_trio.store import kept_spellings
from otpblue_trio.upstream import HistoryItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from otpblue_trio.store import CdrEntry

__all__ = ["SLACK", "Fate", "Finding", "Windows", "find_fates"]

SLACK = 30.0
"""Seconds by which the platform's clock and its note of a request may differ from a record's."""


class Finding(StrEnum):
    """What the history says of one record."""

    DELIVERED = "delivered"
    FAILED = "failed"
    ABSENT = "absent"
    """No request fits: the platform never took it."""
    UNCLEAR = "unclear"
    """Several requests fit, or one fits several records, and they ended differently."""


@attrs.frozen
class Fate:
    """What became of one message."""

    finding: Finding
    code: int = 0
    """The platform's error code where it failed."""
    message_id: str = ""
    """The platform's, where exactly one delivered request fits."""
    fitting: int = 0
    """How many requests fit."""


class Windows:
    """When and to which numbers the platform can have noted some messages.

    Args:
      records: of the messages.
      longest: seconds that a request takes at most. A joined message's request is older than it.
    """

    def __init__(self, records: Iterable[CdrEntry], longest: float) -> None:
        self._longest = longest
        self._spans: dict[str, list[tuple[float, float]]] = {}
        for record in records:
            self._spans.setdefault(record.destination, []).append(_time_span(record, longest))
        every = [span for spans in self._spans.values() for span in spans]
        self.first = min((first for first, _ in every), default=0.0)
        self.last = max((last for _, last in every), default=0.0)

    @property
    def numbers(self) -> Collection[str]:
        """The numbers, as they were kept."""
        return self._spans.keys()

    def may_have(self, item: HistoryItem, key: bytes | None) -> bool:
        """Tell whether a request may be one of the messages'."""
        created = item.created.timestamp()
        return self.first <= created <= self.last and any(
            self._meets(number, created, created) for number in kept_spellings(item.contact, key)
        )

    def may_rival(self, record: CdrEntry) -> bool:
        """Tell whether another record may be of a request that could be one of the messages'."""
        return self._meets(record.destination, *_time_span(record, self._longest))

    def _meets(self, number: str, first: float, last: float) -> bool:
        spans = self._spans.get(number, ())
        return any(begin <= last and first <= end for begin, end in spans)


def _time_span(record: CdrEntry, longest: float) -> tuple[float, float]:
    """Return the first and the last moment at which the platform can have noted a message.

    Args:
      record: of the message.
      longest: see `Windows`.
    """
    return record.time - max(record.latency, longest) - SLACK, record.time + SLACK


def find_fates(
    unknown: Sequence[CdrEntry],
    known: Iterable[CdrEntry],
    items: Iterable[HistoryItem],
    *,
    longest: float,
    key: bytes | None,
) -> list[Fate]:
    """Return what became of each message, in the order of the records.

    All records and items are of one API key.

    Args:
      unknown: the records whose outcome is unknown.
      known: the others to the same numbers around the same time; joined ones do not count.
      items: the history of that time.
      longest: see `Windows`.
      key: of the hashes of numbers; None: there is none.
    """
    numbers = {record.destination for record in unknown}
    requests: dict[str, list[_Request]] = {number: [] for number in numbers}
    for item in items:
        request = _Request.of(item, key)
        for number in numbers & request.numbers:
            requests[number].append(request)
    for record in sorted(known, key=lambda record: record.time):
        if not record.joined:
            _give(record, requests.get(record.destination, ()), longest)
    fitting = [_fitting(record, requests[record.destination], longest) for record in unknown]
    for place, (record, fit) in enumerate(zip(unknown, fitting, strict=True)):
        # Those that joined another have no request of their own.
        if not record.joined:
            for request in fit:
                request.rivals.add(place)
    return [_fate(fit) for fit in fitting]


@attrs.define(eq=False)
class _Request:
    """One item of the history."""

    item: HistoryItem
    numbers: frozenset[str] = attrs.field(repr=False)
    senders: frozenset[str] = attrs.field(repr=False)
    created: float
    rivals: set[int] = attrs.Factory(set)
    """Places of the records that it fits."""
    is_given: bool = False

    @classmethod
    def of(cls, item: HistoryItem, key: bytes | None) -> _Request:
        return cls(
            item,
            numbers=frozenset(kept_spellings(item.contact, key)),
            senders=frozenset((item.sender, *kept_spellings(item.sender, key))),
            created=item.created.timestamp(),
        )

    @property
    def end(self) -> tuple[bool, int]:
        return self.item.is_delivered, self.item.error_code


def _fitting(record: CdrEntry, requests: Iterable[_Request], longest: float) -> list[_Request]:
    """Return the free requests that may be a record's; those with its sender if there are any."""
    first, last = _time_span(record, longest)
    fit = [
        request for request in requests if not request.is_given and first <= request.created <= last
    ]
    return [request for request in fit if record.sender in request.senders] or fit


def _give(record: CdrEntry, requests: Collection[_Request], longest: float) -> None:
    """Give a record whose outcome is known its request, if it is there.

    By the id where the ESME was told the platform's own, else by the end and the nearest time.
    """
    named = [request for request in requests if request.item.message_id == record.message_id]
    if not named:
        end = (record.reason == Reason.DELIVERED, record.platform_code)
        begun = record.time - record.latency
        named = sorted(
            (each for each in _fitting(record, requests, longest) if each.end == end),
            key=lambda request: abs(request.created - begun),
        )
    for request in named[:1]:
        request.is_given = True


def _fate(fit: list[_Request]) -> Fate:
    if not fit:
        return Fate(Finding.ABSENT)
    rivals = set().union(*(request.rivals for request in fit))
    ends = {request.end for request in fit}
    if len(ends) > 1 or len(fit) != max(1, len(rivals)):
        return Fate(Finding.UNCLEAR, fitting=len(fit))
    [(is_delivered, code)] = ends
    if not is_delivered:
        return Fate(Finding.FAILED, code=code, fitting=len(fit))
    alone = fit[0].item.message_id if len(fit) == 1 else ""
    return Fate(Finding.DELIVERED, message_id=alone, fitting=len(fit))
