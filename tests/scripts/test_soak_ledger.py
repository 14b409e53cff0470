"""The soak's ledger finds every broken promise, and nothing wrong where all are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from soak_fates import Fate, code_of, fate_of, soak_messages, statuses_of
from soak_ledger import Lane, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

OK = 0x00
RSYSERR = 0x08
RSUBMITFAIL = 0x45


def number_of(fate: Fate, skip: int = 0) -> str:
    """Return a number of a fate."""
    found = (one.destination for one in soak_messages() if fate_of(one.destination) is fate)
    for _ in range(skip):
        next(found)
    return next(found)


GOOD, OTHER = number_of(Fate.DELIVERED), number_of(Fate.DELIVERED, 1)
NONE = number_of(Fate.NO_IMESSAGE)


def submit(ledger: Ledger, number: str = GOOD, lane: Lane = Lane.STEADY) -> None:
    ledger.submitted(number, lane)


def answer(
    ledger: Ledger, number: str = GOOD, status: int = OK, message_id: str = "id", at: float = 1.0
) -> None:
    ledger.answered(number, status, message_id, at - 1.0, at)


def receipt(
    ledger: Ledger, number: str = GOOD, message_id: str = "id", at: float = 2.0, own: bool = False
) -> None:
    ledger.receipted(number, message_id, at, is_own=own)


def finish(ledger: Ledger, sends: dict[str, int] | None = None) -> dict[str, int]:
    """Close the ledger on a platform that was asked as told; return the problems."""
    ledger.close()
    ledger.compare_sends((sends if sends is not None else {GOOD: 1}).items())
    return {name: count for name, count in ledger.problems.items() if count}


@pytest.fixture
def ledger() -> Ledger:
    """Return an empty one."""
    return Ledger()


def test_message_with_response_and_receipt_is_no_problem(ledger: Ledger) -> None:
    submit(ledger)
    answer(ledger)
    receipt(ledger)
    assert ledger.is_settled
    assert finish(ledger) == {}


def test_refused_message_gets_no_receipt(ledger: Ledger) -> None:
    submit(ledger, NONE)
    answer(ledger, NONE, RSUBMITFAIL, "")
    assert ledger.is_settled
    assert finish(ledger, {NONE: 1}) == {}


def lose_response(ledger: Ledger) -> None:
    submit(ledger)


def lose_receipt(ledger: Ledger) -> None:
    submit(ledger)
    answer(ledger)


def answer_twice(ledger: Ledger) -> None:
    submit(ledger)
    answer(ledger)
    answer(ledger)
    receipt(ledger)


def receipt_twice(ledger: Ledger) -> None:
    submit(ledger)
    answer(ledger)
    receipt(ledger)
    receipt(ledger)


def receipt_twice_long_before_a_kill(ledger: Ledger) -> None:
    submit(ledger)
    answer(ledger)
    receipt(ledger)
    ledger.killed(100.0)
    receipt(ledger, at=101.0)


def receipt_first(ledger: Ledger) -> None:
    submit(ledger)
    receipt(ledger, own=True)
    answer(ledger)


def receipt_of_refused(ledger: Ledger) -> None:
    submit(ledger, NONE)
    answer(ledger, NONE, RSUBMITFAIL, "")
    receipt(ledger, NONE)


def receipt_of_nobody(ledger: Ledger) -> None:
    receipt(ledger)


def receipt_with_another_id(ledger: Ledger) -> None:
    submit(ledger)
    answer(ledger)
    receipt(ledger, message_id="other")


def early_receipt_with_another_id(ledger: Ledger) -> None:
    submit(ledger)
    receipt(ledger, message_id="other")
    answer(ledger)


def same_id_twice(ledger: Ledger) -> None:
    for number in (GOOD, OTHER):
        submit(ledger, number)
        answer(ledger, number)
        receipt(ledger, number)


def no_id(ledger: Ledger) -> None:
    submit(ledger)
    answer(ledger, message_id="")
    receipt(ledger, message_id="")


def success_without_imessage(ledger: Ledger) -> None:
    submit(ledger, NONE)
    answer(ledger, NONE)
    receipt(ledger, NONE)


def failure_of_a_platform_that_is_up(ledger: Ledger) -> None:
    ledger.outage(50.0, 60.0)
    submit(ledger)
    answer(ledger, status=RSYSERR, at=49.0)


@pytest.mark.parametrize(
    ("happens", "sends", "problem"),
    [
        (lose_response, {GOOD: 1}, "lost_response"),
        (lose_receipt, {GOOD: 1}, "lost_receipt"),
        (answer_twice, {GOOD: 1}, "duplicate_response"),
        (receipt_twice, {GOOD: 1}, "duplicate_receipt"),
        (receipt_twice_long_before_a_kill, {GOOD: 1}, "duplicate_receipt"),
        (receipt_first, {GOOD: 1}, "receipt_before_response"),
        (receipt_of_refused, {NONE: 1}, "receipt_for_refused"),
        (receipt_of_nobody, {}, "receipt_for_unknown_number"),
        (receipt_with_another_id, {GOOD: 1}, "receipt_with_wrong_id"),
        (early_receipt_with_another_id, {GOOD: 1}, "receipt_with_wrong_id"),
        (same_id_twice, {GOOD: 1, OTHER: 1}, "duplicate_message_id"),
        (no_id, {GOOD: 1}, "empty_message_id"),
        (success_without_imessage, {NONE: 1}, "wrong_status"),
        (failure_of_a_platform_that_is_up, {}, "wrong_status"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_broken_promise_is_found_and_named(
    ledger: Ledger, happens: Callable[[Ledger], None], sends: dict[str, int], problem: str
) -> None:
    happens(ledger)
    assert finish(ledger, sends) == {problem: 1}


@pytest.mark.parametrize(
    ("sends", "problem"),
    [
        ({GOOD: 2}, "sent_twice"),
        ({GOOD: 1, OTHER: 1}, "sent_to_unknown_number"),
        ({}, "accepted_but_not_sent"),
    ],
)
def test_platform_that_was_asked_otherwise_is_found(
    ledger: Ledger, sends: dict[str, int], problem: str
) -> None:
    submit(ledger)
    answer(ledger)
    receipt(ledger)
    assert finish(ledger, sends) == {problem: 1}


def test_accepted_message_without_a_record_is_found(ledger: Ledger) -> None:
    submit(ledger)
    answer(ledger)
    ledger.compare_records({hash("another")})
    assert ledger.problems["missing_record"] == 1


def test_message_of_a_lost_connection_is_neither_lost_nor_owed(ledger: Ledger) -> None:
    submit(ledger, lane=Lane.ROUGH)
    ledger.abandon(GOOD)
    assert ledger.is_settled
    assert finish(ledger) == {}
    assert ledger.abandoned == 1


def test_message_of_a_lost_connection_sent_twice_is_found(ledger: Ledger) -> None:
    submit(ledger, lane=Lane.ROUGH)
    ledger.abandon(GOOD)
    assert finish(ledger, {GOOD: 2}) == {"sent_twice": 1}


def test_receipt_may_come_again_where_sessions_are_lost(ledger: Ledger) -> None:
    submit(ledger, lane=Lane.ROUGH)
    answer(ledger)
    receipt(ledger)
    receipt(ledger)
    assert finish(ledger) == {}
    assert ledger.repeated_receipts == 1


def test_receipt_acknowledged_in_the_moments_before_a_kill_may_come_again(ledger: Ledger) -> None:
    submit(ledger)
    answer(ledger)
    receipt(ledger, at=98.0)
    ledger.killed(100.0)
    receipt(ledger, at=103.0)
    assert finish(ledger) == {}


def test_receipt_may_overtake_its_response_on_another_connection(ledger: Ledger) -> None:
    submit(ledger)
    receipt(ledger)
    answer(ledger)
    assert finish(ledger) == {}


@pytest.mark.parametrize(("at", "is_right"), [(49.0, False), (51.0, True), (64.0, True)])
def test_during_an_outage_and_just_behind_it_messages_may_fail(
    ledger: Ledger, at: float, is_right: bool
) -> None:
    ledger.outage(50.0, 60.0)
    submit(ledger)
    answer(ledger, status=RSYSERR, at=at)
    assert (finish(ledger) == {}) is is_right


def test_an_outage_excuses_no_success_without_imessage(ledger: Ledger) -> None:
    ledger.outage(50.0, 60.0)
    submit(ledger, NONE)
    answer(ledger, NONE, OK, at=55.0)
    assert ledger.problems["wrong_status"] == 1


def test_every_fate_is_met_and_has_an_answer() -> None:
    numbers = [message.destination for message, _ in zip(soak_messages(), range(5000))]  # noqa: B905
    assert len(set(numbers)) == len(numbers)
    assert {fate_of(number) for number in numbers} == set(Fate)
    assert all(statuses_of(fate) for fate in Fate)


def test_every_message_carries_the_code_of_its_number() -> None:
    for message, _ in zip(soak_messages(), range(100)):  # noqa: B905
        assert code_of(message.destination) in message.text
