"""The store of parts: one end for each message, in bounded time and memory."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy import (
    Destination,
    Held,
    Known,
    LongMessage,
    NoRoom,
    Part,
    PartKey,
    PartStore,
    Reason,
    ReferenceKind,
    Spoilt,
    Whole,
)

TO = Destination("+14155552671", "US")
INCOMPLETE = Reason.MESSAGE_INCOMPLETE

Store = PartStore[str]


def key(
    reference: int = 7,
    total: int = 3,
    *,
    system_id: str = "acme",
    destination: str = "14155552671",
    source: str = "MyBank",
    kind: ReferenceKind = ReferenceKind.UDH_8_BIT,
) -> PartKey:
    return PartKey(system_id, destination, source, kind, reference, total)


def part(number: int, text: str = "", of: PartKey | None = None, data_coding: int = 0) -> Part:
    octets = (text or f"text {number} ").encode()
    return Part(of or key(), number, octets, data_coding, TO, "MyBank")


def store(
    *,
    time_limit: float = 15.0,
    max_parts_per_account: int = 1000,
    max_parts: int = 20_000,
    max_remembered: int = 20_000,
) -> Store:
    return PartStore(
        time_limit=time_limit,
        max_parts_per_account=max_parts_per_account,
        max_parts=max_parts,
        max_remembered=max_remembered,
    )


def texts(message: LongMessage[str]) -> bytes:
    return b"".join(one.octets for one in message.in_order)


def whole(parts: Store) -> None:
    """Bring a message of three parts to its end."""
    for number in (1, 2):
        assert parts.add(part(number), f"w{number}", 0.0) == Held()
    added = parts.add(part(3), "w3", 0.0)
    assert isinstance(added, Whole)
    parts.take(added.message)


def refused(parts: Store, *numbers: int, of: PartKey | None = None, now: float = 0.0) -> None:
    """Bring a message of three parts to its end without all of them."""
    for number in numbers:
        assert parts.add(part(number, of=of), f"w{number}", now) == Held()
    (message,) = parts.waiting()
    parts.refuse(message, INCOMPLETE, now)


# ---------------------------------------------------------------------- becoming whole


@given(st.permutations([1, 2, 3, 4]))
def test_parts_become_whole_in_any_order(order: list[int]) -> None:
    parts = store()
    of = key(total=4)
    *first, last = order
    for number in first:
        assert parts.add(part(number, of=of), f"w{number}", 0.0) == Held()
    added = parts.add(part(last, of=of), f"w{last}", 0.0)
    assert isinstance(added, Whole)
    assert texts(added.message) == b"text 1 text 2 text 3 text 4 "
    assert parts.take(added.message) == [f"w{number}" for number in order]
    assert parts.held == 0
    assert parts.next_due == math.inf


@pytest.mark.parametrize(
    "other",
    [
        key(8),
        key(system_id="other"),
        key(destination="14155552672"),
        key(source="Other"),
        key(kind=ReferenceKind.UDH_16_BIT),
        key(kind=ReferenceKind.SAR),
        key(total=4),
    ],
    ids=["reference", "account", "number", "sender", "16 bit", "sar", "total"],
)
def test_parts_of_different_messages_do_not_meet(other: PartKey) -> None:
    parts = store()
    parts.add(part(1), "a", 0.0)
    parts.add(part(2), "b", 0.0)
    assert parts.add(part(3, of=other), "c", 0.0) == Held()
    assert isinstance(parts.add(part(3), "d", 0.0), Whole)


def test_a_repeated_part_waits_with_its_twin_and_counts_once() -> None:
    parts = store()
    parts.add(part(1), "a", 0.0)
    assert parts.add(part(1), "a again", 0.0) == Held()
    parts.add(part(2), "b", 0.0)
    added = parts.add(part(3), "c", 0.0)
    assert isinstance(added, Whole)
    assert texts(added.message) == b"text 1 text 2 text 3 "
    assert parts.take(added.message) == ["a", "a again", "b", "c"]


@pytest.mark.parametrize("twin", [part(1, "another"), part(1, data_coding=8)])
def test_two_texts_for_one_part_spoil_the_message(twin: Part) -> None:
    parts = store()
    parts.add(part(1), "a", 0.0)
    parts.add(part(2), "b", 0.0)
    added = parts.add(twin, "other", 0.0)
    assert isinstance(added, Spoilt)
    assert added.reason is Reason.MESSAGE_INCOMPLETE
    assert parts.take(added.message) == ["a", "b", "other"]


@pytest.mark.parametrize(("last", "kind"), [(112, Whole), (113, Spoilt)])
def test_a_text_over_512_octets_spoils_the_message(last: int, kind: type[object]) -> None:
    parts = store()
    parts.add(part(1, "x" * 200), "a", 0.0)
    parts.add(part(2, "x" * 200), "b", 0.0)
    added = parts.add(part(3, "x" * last), "c", 0.0)
    assert isinstance(added, kind)
    if isinstance(added, Spoilt):
        assert added.reason is Reason.MESSAGE_TOO_LONG
        assert parts.take(added.message) == ["a", "b", "c"]


# ---------------------------------------------------------------------- time


def test_a_message_expires_fifteen_seconds_after_its_first_part() -> None:
    parts = store()
    parts.add(part(1), "a", 0.0)
    parts.add(part(2), "b", 14.0)
    assert parts.next_due == 15.0
    assert parts.expired(14.999) == []
    (message,) = parts.expired(15.0)
    assert parts.refuse(message, INCOMPLETE, 15.0) == ["a", "b"]
    assert parts.expired(15.0) == []
    assert parts.next_due == math.inf


def test_a_taken_message_is_due_no_more() -> None:
    parts = store()
    whole(parts)
    assert parts.expired(100.0) == []
    assert parts.next_due == math.inf


# ---------------------------------------------------------------------- after the end


@pytest.mark.parametrize("again", ["", "another"])
def test_a_part_of_a_message_that_was_whole_begins_a_new_one(again: str) -> None:
    parts = store()
    whole(parts)
    assert parts.remembered == 0
    assert parts.add(part(1, again), "a", 1.0) == Held()
    assert parts.add(part(2), "b", 1.0) == Held()
    added = parts.add(part(3), "c", 1.0)
    assert isinstance(added, Whole)
    assert texts(added.message) == (again or "text 1 ").encode() + b"text 2 text 3 "


@pytest.mark.parametrize("reason", [Reason.MESSAGE_INCOMPLETE, Reason.MESSAGE_TOO_LONG])
def test_parts_that_were_missing_are_refused_like_the_others(reason: Reason) -> None:
    parts = store()
    parts.add(part(1), "a", 0.0)
    (message,) = parts.waiting()
    assert parts.refuse(message, reason, 1.0) == ["a"]
    assert parts.add(part(2), "b", 5.0) == Known(reason)
    assert parts.add(part(3), "c", 15.9) == Known(reason)
    assert parts.held == 0


@pytest.mark.parametrize("again", ["", "another"])
def test_a_part_that_was_refused_is_a_new_try(again: str) -> None:
    parts = store()
    refused(parts, 1, 2)
    assert parts.add(part(2, again), "b", 1.0) == Held()
    assert parts.add(part(3), "c", 1.0) == Held()
    assert isinstance(parts.add(part(1), "a", 1.0), Whole)


def test_a_late_part_is_refused_once_and_then_a_new_try() -> None:
    parts = store()
    refused(parts, 1)
    assert parts.add(part(2), "b", 2.0) == Known(INCOMPLETE)
    assert parts.add(part(2), "b again", 3.0) == Held()


def test_what_was_refused_is_forgotten_after_fifteen_seconds() -> None:
    parts = store()
    refused(parts, 1, 3)
    assert parts.remembered == 2
    parts.forget(14.999)
    assert parts.remembered == 2
    parts.forget(15.0)
    assert parts.remembered == 0
    assert parts.add(part(2), "b", 15.0) == Held()


def test_only_new_parts_of_a_message_that_waits_continue_it() -> None:
    parts = store()
    assert not parts.continues(part(1), 0.0)
    parts.add(part(1), "a", 0.0)
    assert not parts.continues(part(1), 0.0)
    assert parts.continues(part(2), 0.0)


def test_only_the_missing_parts_of_a_refused_message_continue_it() -> None:
    parts = store()
    refused(parts, 1)
    assert not parts.continues(part(1), 1.0)
    assert parts.continues(part(2), 1.0)
    assert not parts.continues(part(2), 15.0)


def test_nothing_continues_a_message_that_was_whole() -> None:
    parts = store()
    whole(parts)
    assert not any(parts.continues(part(number), 0.0) for number in (1, 2, 3))


# ---------------------------------------------------------------------- bounds


def test_an_account_holds_no_more_than_its_bound() -> None:
    parts = store(max_parts_per_account=2)
    parts.add(part(1), "a", 0.0)
    parts.add(part(1), "a again", 0.0)
    assert parts.add(part(1), "a again", 0.0) == NoRoom()
    assert parts.add(part(2), "b", 0.0) == NoRoom()
    assert parts.add(part(1, of=key(8)), "other", 0.0) == NoRoom()
    assert parts.add(part(1, of=key(system_id="other")), "other", 0.0) == Held()
    assert parts.held == 3


def test_all_accounts_together_hold_no_more_than_the_bound() -> None:
    parts = store(max_parts=2)
    parts.add(part(1), "a", 0.0)
    parts.add(part(1, of=key(system_id="other")), "b", 0.0)
    assert parts.add(part(1, of=key(system_id="third")), "c", 0.0) == NoRoom()


def test_the_last_part_finds_room_at_the_bound() -> None:
    parts = store(max_parts=2)
    parts.add(part(1), "a", 0.0)
    parts.add(part(2), "b", 0.0)
    assert isinstance(parts.add(part(3), "c", 0.0), Whole)


def test_room_comes_back_when_a_message_is_taken() -> None:
    parts = store(max_parts_per_account=1)
    parts.add(part(1), "a", 0.0)
    (message,) = parts.expired(15.0)
    parts.refuse(message, INCOMPLETE, 15.0)
    assert parts.add(part(1, of=key(8)), "b", 15.0) == Held()


def test_beyond_the_bound_the_oldest_refusal_is_forgotten() -> None:
    parts = store(max_remembered=3)
    refused(parts, 1, 2)
    refused(parts, 1, 2, of=key(8))
    assert parts.remembered == 2
    assert parts.add(part(3, of=key(8)), "c", 0.0) == Known(INCOMPLETE)
    assert parts.add(part(3), "c", 0.0) == Held()


def test_late_parts_are_remembered_within_the_bound() -> None:
    parts = store(max_remembered=2)
    refused(parts, 1)
    assert parts.add(part(2), "b", 0.0) == Known(INCOMPLETE)
    assert parts.add(part(3), "c", 0.0) == Known(INCOMPLETE)
    assert parts.remembered <= 2


def test_what_waits_is_told_by_account() -> None:
    parts = store()
    parts.add(part(1), "a", 0.0)
    parts.add(part(1, of=key(system_id="other")), "b", 0.0)
    assert [message.waiters for message in parts.waiting("acme")] == [["a"]]
    assert [message.waiters for message in parts.waiting()] == [["a"], ["b"]]
    assert parts.waiting("nobody") == []


# ---------------------------------------------------------------------- everything at once


@given(st.data())
def test_however_messages_mix_each_text_is_right_and_everybody_is_told(
    data: st.DataObject,
) -> None:
    totals = data.draw(st.lists(st.integers(2, 4), min_size=1, max_size=5))
    sent = [
        part(number, f"<{message}/{number}>", of=key(message, total))
        for message, total in enumerate(totals)
        for number in range(1, total + 1)
    ]
    repeated = data.draw(st.lists(st.sampled_from(sent), max_size=5))
    arriving = data.draw(st.permutations(sent + repeated))
    parts = store()
    ends: Counter[int] = Counter()
    answered: list[str] = []
    for now, one in enumerate(arriving):
        added = parts.add(one, f"waiter {now}", now / 100)
        if isinstance(added, Whole):
            reference = added.message.key.reference
            ends[reference] += 1
            total = added.message.key.total
            expected = "".join(f"<{reference}/{number}>" for number in range(1, total + 1))
            assert texts(added.message) == expected.encode()
            answered += parts.take(added.message)
        else:
            assert added == Held()
    assert set(ends) == set(range(len(totals)))
    for message in parts.expired(100.0):
        answered += parts.refuse(message, INCOMPLETE, 100.0)
    assert sorted(answered) == sorted(f"waiter {now}" for now in range(len(arriving)))
    assert parts.held == 0


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3),
            st.sampled_from(["", "another", "x" * 300]),
            st.integers(0, 3),
            st.sampled_from(["acme", "other"]),
            st.floats(0, 3),
        ),
        max_size=60,
    )
)
def test_whatever_comes_memory_is_bounded_and_everybody_is_answered(
    arrivals: list[tuple[int, str, int, str, float]],
) -> None:
    parts = store(max_parts_per_account=4, max_parts=6, max_remembered=5)
    open_waiters: set[str] = set()
    now = 0.0

    def tell(waiters: list[str]) -> None:
        assert open_waiters.issuperset(waiters)
        open_waiters.difference_update(waiters)

    for count, (number, text, reference, system_id, pause) in enumerate(arrivals):
        now += pause
        for message in parts.expired(now):
            tell(parts.refuse(message, INCOMPLETE, now))
        waiter = f"waiter {count}"
        of = key(reference, system_id=system_id)
        added = parts.add(part(number, text, of=of), waiter, now)
        if isinstance(added, Held | Whole | Spoilt):
            open_waiters.add(waiter)
        if isinstance(added, Whole):
            tell(parts.take(added.message))
        elif isinstance(added, Spoilt):
            tell(parts.refuse(added.message, added.reason, now))
        assert parts.held == len(open_waiters) <= 6
        assert parts.remembered <= 5
    now += 15
    for message in parts.expired(now):
        tell(parts.refuse(message, INCOMPLETE, now))
    assert not open_waiters
    assert parts.next_due == math.inf
    parts.forget(now + 15)
    assert parts.remembered == 0
