"""What every `Platform` of the package promises."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.policy.types import Delivered, Failed, FailureKind, Outcome, SendRequest
from otpblue_trio.upstream import AsyncPlatform, Platform, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST = SendRequest("acme", "key", "+14155552671", "US", "482910", "", "MyBank", "en")


def seeded(seed: int) -> Random:
    return Random(seed)


def simulator() -> Platform:
    return Simulator(latency=1.0, jitter=0.0, random=seeded(1))


def adapter() -> Platform:
    async def send(request: SendRequest) -> Outcome:
        await trio.sleep(1.0)
        return Delivered("id")

    return AsyncPlatform(send)


make_platform = pytest.mark.parametrize("make", [simulator, adapter])


@make_platform
async def test_submit_before_run_is_answered_at_once(make: Callable[[], Platform]) -> None:
    outcomes: list[Outcome] = []
    make().submit(REQUEST, outcomes.append)
    [outcome] = outcomes
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.UNAVAILABLE
    assert not outcome.may_have_been_sent


@make_platform
async def test_submit_after_the_end_is_answered_at_once(
    make: Callable[[], Platform], autojump_clock: object
) -> None:
    platform = make()
    outcomes: list[Outcome] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        nursery.cancel_scope.cancel()
    platform.submit(REQUEST, outcomes.append)
    [outcome] = outcomes
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.UNAVAILABLE
    assert not outcome.may_have_been_sent


@make_platform
async def test_every_request_gets_one_outcome(
    make: Callable[[], Platform], autojump_clock: object
) -> None:
    platform = make()
    outcomes: list[Outcome] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        for _ in range(100):
            platform.submit(REQUEST, outcomes.append)
        assert platform.in_flight == 100
        await trio.sleep(60.0)
        assert platform.in_flight == 0
        nursery.cancel_scope.cancel()
    assert len(outcomes) == 100
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)


@make_platform
async def test_open_requests_are_answered_when_the_platform_is_cancelled(
    make: Callable[[], Platform], autojump_clock: object
) -> None:
    platform = make()
    outcomes: list[Outcome] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        for _ in range(3):
            platform.submit(REQUEST, outcomes.append)
        await trio.sleep(0.5)
        nursery.cancel_scope.cancel()
    assert platform.in_flight == 0
    assert len(outcomes) == 3
    for outcome in outcomes:
        assert isinstance(outcome, Failed)
        assert outcome.kind is FailureKind.UNAVAILABLE
        assert outcome.may_have_been_sent


@make_platform
async def test_request_submitted_in_the_moment_of_the_cancellation_is_answered(
    make: Callable[[], Platform], autojump_clock: object
) -> None:
    platform = make()
    outcomes: list[Outcome] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        nursery.cancel_scope.cancel()
        platform.submit(REQUEST, outcomes.append)
    assert len(outcomes) == 1
    assert isinstance(outcomes[0], Failed)


@make_platform
async def test_done_may_submit_again(make: Callable[[], Platform], autojump_clock: object) -> None:
    platform = make()
    outcomes: list[Outcome] = []

    def again(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if len(outcomes) < 5:
            platform.submit(REQUEST, again)

    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        platform.submit(REQUEST, again)
        await trio.sleep(60.0)
        nursery.cancel_scope.cancel()
    assert len(outcomes) == 5


@make_platform
async def test_done_that_submits_again_meets_a_stopped_platform_at_the_end(
    make: Callable[[], Platform], autojump_clock: object
) -> None:
    platform = make()
    outcomes: list[Outcome] = []

    def again(outcome: Outcome) -> None:
        outcomes.append(outcome)
        if len(outcomes) < 2:
            platform.submit(REQUEST, outcomes.append)

    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        platform.submit(REQUEST, again)
        await trio.sleep(0.5)
        nursery.cancel_scope.cancel()
    assert len(outcomes) == 2
    assert platform.in_flight == 0
