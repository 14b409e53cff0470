"""`FakePlatform` keeps the promises of a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio.policy import Delivered, Failed, FailureKind, Outcome, Refused, SendRequest
from otpblue_trio.testing import FakePlatform

if TYPE_CHECKING:
    from trio.testing import MockClock


def a_request(code: str = "482910") -> SendRequest:
    """Return a request for one message."""
    return SendRequest("acme", "key", "+14155552671", "US", code, "", "MyBank", "en")


async def run_and_ask(platform: FakePlatform, count: int, seconds: float) -> list[Outcome]:
    """Run a platform for some time and return the outcomes of a few requests, in their order."""
    outcomes: list[Outcome] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        for _ in range(count):
            platform.submit(a_request(), outcomes.append)
        await trio.sleep(seconds)
        nursery.cancel_scope.cancel()
    return outcomes


async def test_by_default_everything_is_delivered_at_once_with_an_id_of_its_own(
    autojump_clock: MockClock,
) -> None:
    outcomes = await run_and_ask(FakePlatform(), 3, 0)
    assert outcomes == [Delivered("m-1"), Delivered("m-2"), Delivered("m-3")]


async def test_a_code_answers_everything(autojump_clock: MockClock) -> None:
    assert await run_and_ask(FakePlatform(code=150), 2, 0) == [Refused(150)] * 2


async def test_an_answer_may_depend_on_the_request(autojump_clock: MockClock) -> None:
    platform = FakePlatform(answer=lambda request: Delivered(f"for-{request.code}"))
    assert await run_and_ask(platform, 1, 0) == [Delivered("for-482910")]
    assert platform.requests == [a_request()]


@pytest.mark.parametrize(("seconds", "answered"), [(1.9, 0), (2.1, 2)])
async def test_an_answer_takes_its_latency(
    seconds: float, answered: int, autojump_clock: MockClock
) -> None:
    outcomes = await run_and_ask(FakePlatform(latency=2), 2, seconds)
    assert [isinstance(outcome, Delivered) for outcome in outcomes] == [answered > 0] * 2


@pytest.mark.parametrize("settings", [{"holds": True}, {"latency": 10.0}])
async def test_what_is_open_at_the_end_has_failed(
    settings: dict[str, float], autojump_clock: MockClock
) -> None:
    platform = FakePlatform(**settings)  # type: ignore[arg-type]
    outcomes = await run_and_ask(platform, 3, 1)
    assert len(outcomes) == 3
    for outcome in outcomes:
        assert isinstance(outcome, Failed)
        assert (outcome.kind, outcome.may_have_been_sent) == (FailureKind.UNAVAILABLE, True)
    assert platform.in_flight == 0


@pytest.mark.parametrize("settings", [{}, {"holds": True}, {"latency": 10.0}])
async def test_a_platform_that_does_not_run_is_unavailable(
    settings: dict[str, float], autojump_clock: MockClock
) -> None:
    platform = FakePlatform(**settings)  # type: ignore[arg-type]
    outcomes: list[Outcome] = []
    platform.submit(a_request(), outcomes.append)
    await run_and_ask(platform, 0, 0)
    platform.submit(a_request(), outcomes.append)
    for outcome in outcomes:
        assert isinstance(outcome, Failed)
        assert (outcome.kind, outcome.may_have_been_sent) == (FailureKind.UNAVAILABLE, False)
    assert len(outcomes) == len(platform.requests) == 2


@pytest.mark.parametrize("newest_first", [False, True])
async def test_release_answers_what_is_held_in_the_wanted_order(
    newest_first: bool, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(holds=True, answer=lambda request: Delivered(request.code))
    outcomes: list[Outcome] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        for code in ("1111", "2222", "3333"):
            platform.submit(a_request(code), outcomes.append)
        assert (platform.in_flight, outcomes) == (3, [])
        platform.release(newest_first=newest_first)
        nursery.cancel_scope.cancel()
    expected = [Delivered("1111"), Delivered("2222"), Delivered("3333")]
    assert outcomes == (expected[::-1] if newest_first else expected)


async def test_a_request_released_early_is_not_answered_again(autojump_clock: MockClock) -> None:
    platform = FakePlatform(latency=5)
    outcomes: list[Outcome] = []
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        platform.submit(a_request(), outcomes.append)
        platform.release(Refused(720))
        await trio.sleep(10)
        nursery.cancel_scope.cancel()
    assert outcomes == [Refused(720)]


async def test_an_answer_may_lead_to_the_next_request(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    outcomes: list[Outcome] = []

    def again(outcome: Outcome) -> None:
        outcomes.append(outcome)
        platform.submit(a_request(), outcomes.append)

    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        platform.submit(a_request(), again)
        platform.release()
        assert (len(outcomes), platform.in_flight) == (1, 1)
        nursery.cancel_scope.cancel()
    assert len(outcomes) == 2


async def test_waiting_for_requests_ends_with_the_last_of_them(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)

        async def submit_slowly() -> None:
            for _ in range(3):
                await trio.sleep(1)
                platform.submit(a_request(), lambda _: None)

        nursery.start_soon(submit_slowly)
        began = trio.current_time()
        await platform.wait_for_requests(3)
        assert trio.current_time() - began == pytest.approx(3)
        await platform.wait_for_requests(2)
        nursery.cancel_scope.cancel()
