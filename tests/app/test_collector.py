"""The garbage collector while the gateway runs."""

from __future__ import annotations

import gc

import pytest

from otpblue_trio.app.collector import ConnectionSweeper, calm_collector
from otpblue_trio.runtime.observer import (
    CloseReason,
    ConnectionClosed,
    GatewayStarted,
    ObserverGroup,
)


def test_the_collector_is_calm_inside_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with calm_collector():
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_the_collector_is_as_before_after_an_accident() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="accident"), calm_collector():
        raise ValueError("accident")
    assert gc.get_threshold() == before


def test_cycles_that_arise_inside_are_still_collected() -> None:
    class Node:
        other: object

    with calm_collector():
        gc.collect()
        first, second = Node(), Node()
        first.other, second.other = second, first
        del first, second
        assert gc.collect() >= 2


def ended() -> ConnectionClosed:
    return ConnectionClosed(
        connection_id=1,
        peer="192.0.2.1:40000",
        system_id="",
        reason=CloseReason.UNBOUND,
        duration=1.0,
        submits=0,
    )


@pytest.mark.parametrize(
    ("connections", "collections"),
    [(99, []), (100, [1]), (101, [1]), (999, [1] * 9), (1000, [1] * 9 + [2])],
)
def test_ended_connections_are_collected_by_the_hundred(
    connections: int, collections: list[int]
) -> None:
    made: list[int] = []
    group = ObserverGroup((ConnectionSweeper(made.append),))
    for _ in range(connections):
        group.observe(ended())
        group.observe(GatewayStarted())
    assert made == collections
