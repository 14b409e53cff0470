"""What became of messages whose outcome is unknown, by the platform's history of requests.

A record whose outcome is unknown has no id of the platform's, so it is found by number, sender and
time. Numbers may be kept masked, and senders repeat what was answered 0x08, so several requests may
fit one record. Each record whose outcome is known stands for one request, too: it takes the one
with its id, or the only one that fits; where several fit, it is a rival for all of them. Only where
nothing is left to choose is a fate told; in doubt it is called unclear.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.policy import Reason
from otpblue_trio.store import kept_spellings
from otpblue_trio.upstream import HistoryItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from otpblue_trio.store import CdrEntry

__all__ = ["SLACK", "Fate", "Finding", "Requests", "Windows", "find_fates"]

SLACK = 30.0
"""Seconds by which the platform's clock and its note of a request may differ from a record's."""

_ROUNDS = 5
_CROWD = 20
"""More requests than this that fit one record tell nothing, and are not looked at one by one."""


class Finding(StrEnum):
    """What the history says of one record."""

    DELIVERED = "delivered"
    FAILED = "failed"
    ABSENT = "absent"
    """No request fits: the platform never took it."""
    EARLY = "too early"
    """No request fits yet, and the platform may still note one."""
    UNCLEAR = "unclear"
    """Requests may be this one's or another's and ended differently, or in a way nobody knows."""


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
        self.last_answer = self.last + longest + SLACK
        """When the last record was written that may be of a request in the windows."""

    def may_have(self, item: HistoryItem, key: bytes | None) -> bool:
        """Tell whether a request may be one of the messages'."""
        created = item.created.timestamp()
        return self.first <= created <= self.last and any(
            begin <= created <= end
            for number in kept_spellings(item.contact, key)
            for begin, end in self._spans.get(number, ())
        )


def _time_span(record: CdrEntry, longest: float) -> tuple[float, float]:
    """Return the first and the last moment at which the platform can have noted a message."""
    return record.time - max(record.latency, longest) - SLACK, record.time + SLACK


def find_fates(
    unknown: Sequence[CdrEntry],
    known: Iterable[CdrEntry],
    requests: Requests,
    *,
    now: float,
) -> list[Fate]:
    """Return what became of each message, in the order of the records.

    All records and requests are of one API key.

    Args:
      unknown: the records whose outcome is unknown, all of those that may be of the requests.
      known: the others to the same numbers around the same time; joined ones do not count.
      requests: the history of that time; of use once.
      now: in seconds since 1970.
    """
    requests.give([record for record in known if not record.joined])
    fitting = [requests.fitting(record) for record in unknown]
    for place, (record, fit) in enumerate(zip(unknown, fitting, strict=True)):
        # Those that joined another have no request of their own.
        if not record.joined:
            _claim(fit, place)
    return [
        _fate(record, fit, is_early=now < record.time + SLACK)
        for record, fit in zip(unknown, fitting, strict=True)
    ]


@attrs.define(eq=False)
class _Request:
    """One item of the history."""

    item: HistoryItem
    numbers: frozenset[str] = attrs.field(repr=False)
    senders: frozenset[str] = attrs.field(repr=False)
    created: float
    end: tuple[str, int]
    rivals: set[object] = attrs.Factory(set)
    """Who may have made it."""
    is_crowded: bool = False
    """True when it fits a record that too many others fit as well."""
    is_given: bool = False

    @classmethod
    def of(cls, item: HistoryItem, key: bytes | None) -> _Request:
        return cls(
            item,
            numbers=frozenset(kept_spellings(item.contact, key)),
            senders=frozenset((item.sender, *kept_spellings(item.sender, key))),
            created=item.created.timestamp(),
            end=(item.status.casefold(), item.error_code),
        )


class Requests:
    """Requests of the history by number and time, and whose they are.

    Args:
      items: the requests.
      longest: see `Windows`.
      key: of the hashes of numbers; None: there is none.
    """

    def __init__(self, items: Iterable[HistoryItem], longest: float, key: bytes | None) -> None:
        self._longest = longest
        self._by_number: dict[str, list[_Request]] = {}
        self._by_id: dict[str, _Request] = {}
        requests = (_Request.of(item, key) for item in items)
        for request in sorted(requests, key=lambda request: request.created):
            self._by_id[request.item.message_id] = request
            for number in request.numbers:
                self._by_number.setdefault(number, []).append(request)
        self._times = {
            number: [request.created for request in requests]
            for number, requests in self._by_number.items()
        }

    @property
    def numbers(self) -> list[str]:
        """The numbers in every way in which they may be kept."""
        return sorted(self._by_number)

    def may_be_of(self, record: CdrEntry) -> bool:
        """Tell whether one of the requests may be a record's."""
        return bool(self._near(record))

    def _near(self, record: CdrEntry) -> list[_Request]:
        times = self._times.get(record.destination, [])
        first, last = _time_span(record, self._longest)
        return self._by_number.get(record.destination, [])[
            bisect_left(times, first) : bisect_right(times, last)
        ]

    def fitting(self, record: CdrEntry) -> list[_Request]:
        """Return the free requests that may be a record's; of its sender if there are any."""
        fit = [request for request in self._near(record) if not request.is_given]
        return [request for request in fit if record.sender in request.senders] or fit

    def give(self, known: Collection[CdrEntry]) -> None:
        """Give requests to the records whose outcome is known; the rest of these become rivals."""
        left = [record for record in known if not self._give_named(record)]
        # What one takes may leave another only one.
        for _ in range(_ROUNDS):
            left = [record for record in left if not self._give_only(record)]
        for record in left:
            _claim(self._of_its_end(record), record)

    def _give_named(self, record: CdrEntry) -> bool:
        """Give a record the request with its id, where the ESME was told the platform's own."""
        request = self._by_id.get(record.message_id)
        if request is not None:
            request.is_given = True
        return request is not None

    def _give_only(self, record: CdrEntry) -> bool:
        fit = self._of_its_end(record)
        if len(fit) == 1:
            fit[0].is_given = True
        return len(fit) == 1

    def _of_its_end(self, record: CdrEntry) -> list[_Request]:
        is_delivered = record.reason == Reason.DELIVERED
        end = (_DELIVERED, 0) if is_delivered else (_FAILED, record.platform_code)
        return [request for request in self.fitting(record) if request.end == end]


_DELIVERED = "delivered"
_FAILED = "failed"


def _claim(fit: list[_Request], rival: object) -> None:
    for request in fit:
        if len(fit) > _CROWD:
            request.is_crowded = True
        else:
            request.rivals.add(rival)


def _fate(record: CdrEntry, fit: list[_Request], *, is_early: bool) -> Fate:
    if not fit:
        return Fate(Finding.EARLY if is_early else Finding.ABSENT)
    ends = {request.end for request in fit}
    is_crowded = len(fit) > _CROWD or any(request.is_crowded for request in fit)
    is_other = record.sender not in fit[0].senders
    if is_crowded or is_other or len(ends) > 1:
        return Fate(Finding.UNCLEAR, fitting=len(fit))
    rivals: set[object] = set().union(*(request.rivals for request in fit))
    [(status, code)] = ends
    if len(fit) != max(1, len(rivals)) or status not in (_DELIVERED, _FAILED):
        return Fate(Finding.UNCLEAR, fitting=len(fit))
    if status == _FAILED:
        return Fate(Finding.FAILED, code=code, fitting=len(fit))
    alone = fit[0].item.message_id if len(fit) == 1 else ""
    return Fate(Finding.DELIVERED, message_id=alone, fitting=len(fit))
