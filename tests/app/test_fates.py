"""Which of the platform's requests is whose, and what is said where nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs
import pytest

from otpblue_trio.app import Fate, Finding
from otpblue_trio.app.fates import SLACK, Requests, Windows, find_fates
from otpblue_trio.store import CdrEntry, NumberPrivacy
from otpblue_trio.store.numbers import KEY_OCTETS, number_keeper
from otpblue_trio.testing import cdr_entry
from otpblue_trio.upstream import HistoryItem

if TYPE_CHECKING:
    from collections.abc import Sequence

NIGHT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC).timestamp()
KEY = bytes(range(KEY_OCTETS))
TIMED_OUT = cdr_entry(
    time=NIGHT + 10,
    reason="platform_timeout",
    command_status=8,
    message_id="",
    latency=10.0,
    outcome_known=False,
)
JOINED = attrs.evolve(TIMED_OUT, sequence_number=2, latency=1.0, joined=True)
DELIVERED = attrs.evolve(
    TIMED_OUT,
    time=NIGHT + 12,
    reason="delivered",
    command_status=0,
    message_id="id-1",
    latency=0.2,
    outcome_known=True,
)
NO_IMESSAGE = attrs.evolve(
    DELIVERED, reason="no_imessage", command_status=0x45, platform_code=150, message_id=""
)


def item(message_id: str = "id-1", *, at: float = 0.0, code: int = 0, **fields: str) -> HistoryItem:
    return HistoryItem(
        message_id=message_id,
        created=datetime.fromtimestamp(NIGHT + at, UTC),
        contact=fields.get("contact", "+14155552671"),
        sender=fields.get("sender", "MyBank"),
        status="failed" if code else "delivered",
        error_code=code,
    )


def fates(
    unknown: Sequence[CdrEntry], items: Sequence[HistoryItem], known: Sequence[CdrEntry] = ()
) -> list[Fate]:
    return find_fates(unknown, known, Requests(items, 10.0, KEY), now=NIGHT + 100)


def fate(items: Sequence[HistoryItem], known: Sequence[CdrEntry] = ()) -> Fate:
    [found] = fates([TIMED_OUT], items, known)
    return found


def test_the_only_request_that_fits_tells_the_fate() -> None:
    assert fate([item()]) == Fate(Finding.DELIVERED, message_id="id-1", fitting=1)
    assert fate([item(code=150)]) == Fate(Finding.FAILED, code=150, fitting=1)


def test_what_the_platform_never_took_is_absent() -> None:
    assert fate([]) == Fate(Finding.ABSENT)


@pytest.mark.parametrize(
    ("other", "finding"),
    [
        (item(contact="+14155552672"), Finding.ABSENT),
        (item(at=-SLACK), Finding.DELIVERED),
        (item(at=-SLACK - 1), Finding.ABSENT),
        (item(at=10 + SLACK), Finding.DELIVERED),
        (item(at=11 + SLACK), Finding.ABSENT),
    ],
    ids=["other number", "just early", "too early", "just late", "too late"],
)
def test_a_request_fits_by_its_number_and_its_time(other: HistoryItem, finding: Finding) -> None:
    assert fate([other]).finding is finding


@pytest.mark.parametrize("privacy", NumberPrivacy)
def test_a_number_is_found_however_it_was_kept(privacy: NumberPrivacy) -> None:
    kept = number_keeper(privacy, KEY)(TIMED_OUT.destination)
    [found] = fates([attrs.evolve(TIMED_OUT, destination=kept)], [item()])
    assert found.finding is Finding.DELIVERED


def test_the_sender_chooses_among_requests_that_fit() -> None:
    assert fate([item("other", code=150, sender="Acme"), item()]).finding is Finding.DELIVERED


def test_a_request_of_another_sender_leaves_it_unclear() -> None:
    assert fate([item(sender="Acme")]) == Fate(Finding.UNCLEAR, fitting=1)


def test_a_status_that_nobody_knows_leaves_it_unclear() -> None:
    told = fate([attrs.evolve(item(), status="pending")])
    assert told == Fate(Finding.UNCLEAR, fitting=1)


def test_what_the_platform_may_still_note_is_not_absent_yet() -> None:
    now = TIMED_OUT.time + SLACK
    for at, finding in ((now - 0.1, Finding.EARLY), (now, Finding.ABSENT)):
        [told] = find_fates([TIMED_OUT], [], Requests([], 10.0, KEY), now=at)
        assert told == Fate(finding)


def test_requests_that_ended_differently_leave_it_unclear() -> None:
    assert fate([item(), item("id-2", code=150)]) == Fate(Finding.UNCLEAR, fitting=2)


def test_more_requests_than_messages_leave_it_unclear() -> None:
    assert fate([item(), item("id-2")]) == Fate(Finding.UNCLEAR, fitting=2)


def test_one_request_for_two_messages_leaves_both_unclear() -> None:
    assert fates([TIMED_OUT, TIMED_OUT], [item()]) == 2 * [Fate(Finding.UNCLEAR, fitting=1)]


def test_as_many_requests_as_messages_with_one_end_tell_the_fate_of_all() -> None:
    told = fates([TIMED_OUT, TIMED_OUT], [item(), item("id-2")])
    assert told == 2 * [Fate(Finding.DELIVERED, fitting=2)]


def test_a_message_that_joined_another_shares_its_request() -> None:
    assert {each.finding for each in fates([TIMED_OUT, JOINED], [item()])} == {Finding.DELIVERED}


@pytest.mark.parametrize(
    ("record", "theirs"),
    [
        (DELIVERED, item(at=12)),
        (attrs.evolve(DELIVERED, message_id="0000002A"), item(at=12)),
        (NO_IMESSAGE, item("id-2", at=12, code=150)),
    ],
    ids=["by its id", "by its end, where its id is the gateway's own", "by its error code"],
)
def test_the_request_of_a_repetition_with_a_known_outcome_is_not_this_ones(
    record: CdrEntry, theirs: HistoryItem
) -> None:
    assert fate([theirs], [record]) == Fate(Finding.ABSENT)
    ours = item("ours", code=110)
    assert fate([theirs, ours], [record]) == Fate(Finding.FAILED, code=110, fitting=1)


def test_a_known_record_that_may_have_made_several_requests_is_a_rival_for_each() -> None:
    near, far = item("near", at=12, code=150), item("far", at=1, code=150)
    assert fate([far, near], [NO_IMESSAGE]) == Fate(Finding.FAILED, code=150, fitting=2)
    told = fate([far, near, item("third", code=150)], [NO_IMESSAGE])
    assert told == Fate(Finding.UNCLEAR, fitting=3)


def test_a_known_record_with_a_clock_that_differs_makes_nothing_absent() -> None:
    known = attrs.evolve(DELIVERED, time=NIGHT + 60, message_id="0000002A")
    theirs, ours = item("theirs", at=40), item("ours", at=45)
    assert fate([theirs], [known]).finding is Finding.ABSENT
    assert fate([theirs, ours], [known]).finding is Finding.UNCLEAR


def test_a_crowd_of_requests_leaves_it_unclear_soon() -> None:
    crowd = [item(str(n)) for n in range(1000)]
    told = fates(1000 * [TIMED_OUT], crowd)
    assert told == 1000 * [Fate(Finding.UNCLEAR, fitting=1000)]


def test_a_known_record_of_one_that_joined_takes_no_request() -> None:
    joined = attrs.evolve(DELIVERED, message_id="other", joined=True)
    assert fate([item()], [joined]).finding is Finding.DELIVERED


def test_requests_know_which_records_matter() -> None:
    requests = Requests([item()], 10.0, KEY)
    assert requests.may_be_of(DELIVERED)
    assert requests.may_be_of(attrs.evolve(DELIVERED, destination="+1415555****"))
    assert not requests.may_be_of(attrs.evolve(DELIVERED, destination="+14155552672"))
    assert not requests.may_be_of(attrs.evolve(DELIVERED, time=NIGHT + 1000))


def test_windows_know_which_requests_matter() -> None:
    windows = Windows([TIMED_OUT], 10.0)
    assert windows.may_have(item(), KEY)
    assert not windows.may_have(item(contact="+14155552672"), KEY)
    assert not windows.may_have(item(at=100), KEY)
