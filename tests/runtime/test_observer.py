"""The events: frozen values, free of secrets by construction, passed to every observer in order."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING

import attrs
import pytest

from otpblue_trio import runtime
from otpblue_trio.readiness import current_batch
from otpblue_trio.runtime import observer
from otpblue_trio.runtime.observer import (
    Accident,
    AccidentPlace,
    Event,
    GatewayStarted,
    IgnoredKind,
    Notice,
    ObserverGroup,
)
from otpblue_trio.session import RefusalKind

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS: tuple[type[attrs.AttrsInstance], ...] = typing.get_args(Event)


class Keeper:
    """An observer that appends to a list which it shares with others."""

    def __init__(self, name: str, told: list[tuple[str, Event]]) -> None:
        self._name = name
        self._told = told

    def observe(self, event: Event, /) -> None:
        self._told.append((self._name, event))


def test_every_refusal_of_a_session_is_a_kind_of_an_ignored_pdu() -> None:
    assert {*IgnoredKind} - {*RefusalKind} == {IgnoredKind.FRAMING}
    assert {*RefusalKind} <= {*IgnoredKind}


def test_a_group_tells_each_observer_in_order() -> None:
    told: list[tuple[str, Event]] = []
    group = ObserverGroup([Keeper("a", told), Keeper("b", told)])
    first, second = GatewayStarted(), Notice(level="info", text="hello")
    group.observe(first)
    group.observe(second)
    assert told == [("a", first), ("b", first), ("a", second), ("b", second)]


async def test_events_of_a_batch_are_passed_on_in_order_at_its_end() -> None:
    told: list[tuple[str, Event]] = []
    group = ObserverGroup([Keeper("a", told)])
    first, second = GatewayStarted(), Notice(level="info", text="hello")
    batch = current_batch()
    batch.is_on = True
    group.observe(first)
    group.observe(second)
    assert told == []
    batch.end()
    assert told == [("a", first), ("a", second)]


async def test_events_of_a_batch_are_passed_on_when_the_kernel_has_everything() -> None:
    told: list[tuple[str, Event]] = []
    told_when_sending: list[int] = []
    batch = current_batch()
    batch.is_on = True
    ObserverGroup([Keeper("a", told)]).observe(GatewayStarted())
    batch.at_last(lambda: told_when_sending.append(len(told)))
    batch.end()
    assert told_when_sending == [0]
    assert len(told) == 1


async def test_an_observer_that_raises_ends_no_batch() -> None:
    told: list[tuple[str, Event]] = []

    class Defect:
        def observe(self, event: Event, /) -> None:
            if isinstance(event, Notice):
                raise KeyError

    group = ObserverGroup([Keeper("a", told), Defect()])
    batch = current_batch()
    batch.is_on = True
    group.observe(Notice(level="info", text="hello"))
    group.observe(GatewayStarted())
    batch.end()
    kinds = [type(event) for _, event in told]
    assert kinds == [Notice, Accident, GatewayStarted]
    accident = told[1][1]
    assert isinstance(accident, Accident)
    assert accident.place is AccidentPlace.OBSERVER


def test_a_selective_observer_gets_what_it_takes_where_it_takes_it() -> None:
    asked: list[type[Event]] = []
    taken: list[Event] = []

    class Selective:
        def observe(self, event: Event, /) -> None:
            raise AssertionError("passed by")

        def taker_of(self, kind: type[Event], /) -> Callable[[Event], None] | None:
            asked.append(kind)
            return taken.append if kind is Notice else None

    group = ObserverGroup([Selective()])
    notices = [Notice(level="info", text=text) for text in ("one", "two")]
    for notice in notices:
        group.observe(GatewayStarted())
        group.observe(notice)
    assert taken == notices
    assert asked == [GatewayStarted, Notice]


def test_a_group_of_nobody_tells_nobody() -> None:
    ObserverGroup([]).observe(GatewayStarted())


@pytest.mark.parametrize("name", observer.__all__)
def test_what_a_gateway_takes_and_tells_is_offered_by_its_package(name: str) -> None:
    assert name in runtime.__all__
    assert getattr(runtime, name) is getattr(observer, name)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_has_no_field_for_a_secret(event: type[attrs.AttrsInstance]) -> None:
    names = {field.name for field in attrs.fields(event)}
    assert not names & {"password", "code", "api_key", "pdu", "number", "message", "submit"}


def test_every_event_is_offered() -> None:
    assert {event.__name__ for event in EVENTS} <= set(observer.__all__)
