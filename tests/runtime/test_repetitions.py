"""Delivered messages are remembered for a while, each with the ids it was given."""

from __future__ import annotations

import gc

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy import Delivered, SendRequest
from otpblue_trio.runtime.exchanges import Exchange, key_of
from otpblue_trio.runtime.repetitions import Repetitions

WINDOW = 5.0


def request(number: int = 0) -> SendRequest:
    """Return one of many different requests."""
    return SendRequest("acme", "key", f"+1415{number:07}", "US", "482910", "", "MyBank", "en")


def delivered(asked: SendRequest, message_id: str = "m-1", short_id: str = "") -> Exchange:
    """Return the exchange of a request that the platform delivered."""
    exchange = Exchange(key_of(asked), asked, [])
    exchange.outcome = Delivered(message_id)
    exchange.short_id = short_id
    return exchange


def remember(repetitions: Repetitions, exchange: Exchange, now: float = 0.0) -> None:
    """Let a delivered exchange be remembered."""
    assert isinstance(exchange.outcome, Delivered)
    repetitions.remember(exchange, exchange.outcome, now)


def recall(repetitions: Repetitions, asked: SendRequest, now: float = 0.0) -> Exchange | None:
    """Return what answers for a request."""
    return repetitions.recall(key_of(asked), asked, now)


@pytest.mark.parametrize("short_id", ["", "0000A1B2"])
@pytest.mark.parametrize("message_id", ["m-1", "with a blank", " "])
def test_what_is_remembered_has_its_outcome_and_its_ids(message_id: str, short_id: str) -> None:
    repetitions = Repetitions(WINDOW, 3)
    remember(repetitions, delivered(request(), message_id, short_id))
    recalled = recall(repetitions, request())
    assert recalled is not None
    assert recalled.outcome == Delivered(message_id)
    assert (recalled.short_id, recalled.request) == (short_id, request())


@pytest.mark.parametrize(("now", "is_known"), [(0.0, True), (4.999, True), (5.0, False)])
def test_what_is_remembered_is_forgotten_when_the_window_ends(now: float, is_known: bool) -> None:
    repetitions = Repetitions(WINDOW, 3)
    remember(repetitions, delivered(request()))
    assert (recall(repetitions, request(), now) is not None) is is_known
    assert len(repetitions) == is_known


def test_beyond_the_bound_the_oldest_is_forgotten() -> None:
    repetitions = Repetitions(WINDOW, 3)
    for number in range(4):
        remember(repetitions, delivered(request(number)))
    known = [recall(repetitions, request(number)) is not None for number in range(4)]
    assert known == [False, True, True, True]


def test_an_id_that_was_given_later_is_remembered_too() -> None:
    repetitions = Repetitions(WINDOW, 3)
    remember(repetitions, delivered(request()))
    recalled = recall(repetitions, request())
    assert recalled is not None
    recalled.short_id = "0000A1B2"
    repetitions.keep_id(recalled)
    again = recall(repetitions, request())
    assert again is not None
    assert (again.short_id, again.outcome) == ("0000A1B2", recalled.outcome)


def test_each_of_many_is_forgotten_in_its_own_time() -> None:
    repetitions = Repetitions(WINDOW, 100_000)
    for number in range(10_000):
        remember(repetitions, delivered(request(number)), now=number)
        assert len(repetitions) <= WINDOW + 1
        repetitions.forget(number)
        assert recall(repetitions, request(number), now=number) is not None
        assert recall(repetitions, request(number - 5), now=number) is None


def test_nothing_that_is_remembered_costs_the_garbage_collector_anything() -> None:
    repetitions = Repetitions(WINDOW, 100_000)
    gc.collect()
    before = len(gc.get_objects())
    for number in range(1000):
        remember(repetitions, delivered(request(number)))
    gc.collect()
    assert len(gc.get_objects()) - before < 100


_WORDS = st.text(st.characters(blacklist_characters="\0"), max_size=3)


_MESSAGES = st.tuples(_WORDS, _WORDS, _WORDS, _WORDS, st.text(max_size=3))


@given(first=_MESSAGES, second=_MESSAGES)
def test_messages_have_the_same_key_exactly_when_they_are_the_same(
    first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    def key(words: tuple[str, ...]) -> str:
        names = ("system_id", "contact", "code", "sender", "text")
        return key_of(attrs.evolve(request(), **dict(zip(names, words, strict=True))))

    assert (key(first) == key(second)) is (first == second)
