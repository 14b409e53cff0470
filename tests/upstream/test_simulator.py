"""The simulator in the process: when outcomes come, and what is recorded."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import trio

from otpblue_trio.policy.types import Delivered, Failed, FailureKind, Outcome, Refused, SendRequest
from otpblue_trio.upstream import Simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def seeded(seed: int) -> Random:
    return Random(seed)


def request(ending: str = "2671", **changes: str) -> SendRequest:
    fields = {
        "system_id": "acme",
        "api_key": "key",
        "contact": "+1415555" + ending,
        "region": "US",
        "code": "482910",
        "text": "",
        "sender": "MyBank",
        "language": "en",
    }
    return SendRequest(**{**fields, **changes})


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Simulator]:
    simulator = Simulator(**{"latency": 0.1, "jitter": 0.0, "random": seeded(1), **settings})
    async with trio.open_nursery() as nursery:
        await nursery.start(simulator.run)
        yield simulator
        nursery.cancel_scope.cancel()


async def timed(simulator: Simulator, send: SendRequest) -> tuple[float, Outcome]:
    """Return the seconds to the outcome, and the outcome."""
    answered = trio.Event()
    outcomes: list[tuple[float, Outcome]] = []
    start = trio.current_time()

    def done(outcome: Outcome) -> None:
        outcomes.append((trio.current_time() - start, outcome))
        answered.set()

    simulator.submit(send, done)
    await answered.wait()
    [only] = outcomes
    return only


async def test_answer_comes_after_the_latency(autojump_clock: object) -> None:
    async with running(latency=0.12) as simulator:
        after, outcome = await timed(simulator, request())
    assert after == pytest.approx(0.12)
    assert isinstance(outcome, Delivered)


async def test_latency_0_answers_at_once_but_not_from_within_submit(
    autojump_clock: object,
) -> None:
    async with running(latency=0.0) as simulator:
        outcomes: list[Outcome] = []
        simulator.submit(request(), outcomes.append)
        assert not outcomes
        after, _ = await timed(simulator, request())
    assert after == 0.0
    assert len(outcomes) == 1


async def test_jitter_stays_within_its_bounds(autojump_clock: object) -> None:
    async with running(latency=0.12, jitter=0.04) as simulator:
        delays = [(await timed(simulator, request()))[0] for _ in range(200)]
    assert 0.0799 < min(delays) < 0.09
    assert 0.15 < max(delays) < 0.1601


async def test_jitter_above_the_latency_is_never_negative(autojump_clock: object) -> None:
    async with running(latency=0.0, jitter=0.1) as simulator:
        delays = [(await timed(simulator, request()))[0] for _ in range(50)]
    assert min(delays) == 0.0


async def test_earlier_answer_overtakes_a_later_one(autojump_clock: object) -> None:
    order: list[str] = []
    async with running() as simulator:
        simulator.submit(request("0508"), lambda _: order.append("slow"))
        simulator.submit(request(), lambda _: order.append("quick"))
        await trio.sleep(5.0)
    assert order == ["quick", "slow"]


async def test_equal_due_times_are_answered_in_the_order_of_submission(
    autojump_clock: object,
) -> None:
    order: list[int] = []

    def note(number: int, outcome: Outcome) -> None:
        order.append(number)

    async with running(latency=0.0) as simulator:
        for number in range(50):
            simulator.submit(request(), partial(note, number))
        await trio.sleep(1.0)
    assert order == list(range(50))


async def test_endless_resubmission_at_latency_0_leaves_the_others_their_turn(
    autojump_clock: object,
) -> None:
    async with running(latency=0.0) as simulator:
        count = 0

        def again(_: Outcome) -> None:
            nonlocal count
            count += 1
            if count < 1000:
                simulator.submit(request(), again)

        simulator.submit(request(), again)
        await trio.lowlevel.checkpoint()
        await trio.lowlevel.checkpoint()
        assert count < 1000
        await trio.sleep(1.0)
        assert count == 1000


async def test_refusal_and_status_come_as_they_would_from_the_platform(
    autojump_clock: object,
) -> None:
    async with running() as simulator:
        _, refused = await timed(simulator, request("0150"))
        _, failed = await timed(simulator, request("0429"))
    assert refused == Refused(150)
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.http_status) == (FailureKind.STATUS, 429)


async def test_0504_times_out(autojump_clock: object) -> None:
    async with running(timeout=7.0) as simulator:
        after, outcome = await timed(simulator, request("0504"))
    assert after == pytest.approx(7.0)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TIMEOUT
    assert outcome.may_have_been_sent


async def test_0505_disconnects(autojump_clock: object) -> None:
    async with running() as simulator:
        _, outcome = await timed(simulator, request("0505"))
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.DISCONNECTED
    assert outcome.may_have_been_sent


async def test_0506_is_a_bad_answer(autojump_clock: object) -> None:
    async with running() as simulator:
        _, outcome = await timed(simulator, request("0506"))
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.BAD_ANSWER


async def test_0507_drips_past_the_time_out(autojump_clock: object) -> None:
    async with running(timeout=10.0) as simulator:
        after, outcome = await timed(simulator, request("0507"))
    assert after == pytest.approx(10.0)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TIMEOUT


async def test_0507_is_delivered_to_the_patient(autojump_clock: object) -> None:
    async with running(timeout=60.0) as simulator:
        after, outcome = await timed(simulator, request("0507"))
    assert 10.0 < after < 60.0
    assert isinstance(outcome, Delivered)


async def test_0508_is_delivered_after_three_seconds(autojump_clock: object) -> None:
    async with running() as simulator:
        after, outcome = await timed(simulator, request("0508"))
    assert after == pytest.approx(3.0)
    assert isinstance(outcome, Delivered)


async def test_answer_after_the_time_out_is_a_time_out(autojump_clock: object) -> None:
    async with running(latency=0.5, timeout=0.25) as simulator:
        after, outcome = await timed(simulator, request())
    assert after == pytest.approx(0.25)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TIMEOUT


async def test_records_tell_what_the_platform_saw(autojump_clock: object) -> None:
    async with running() as simulator:
        _, outcome = await timed(simulator, request(code="", text="Your code is 482910"))
        [record] = simulator.records
    assert isinstance(outcome, Delivered)
    assert record.message_id == outcome.message_id
    assert record.fields.contact == "+14155552671"
    assert record.fields.text == "Your code is 482910"
    assert record.fields.code == ""
    assert record.fields.source == "smpp"
    assert record.delivered


async def test_only_the_latest_records_are_kept(autojump_clock: object) -> None:
    async with running(keep=2) as simulator:
        for code in ("1111", "2222", "3333"):
            await timed(simulator, request(code=code))
        assert [record.fields.code for record in simulator.records] == ["2222", "3333"]


async def test_same_seed_gives_the_same_run(autojump_clock: object) -> None:
    runs = []
    for _ in range(2):
        async with running(jitter=0.05, random=seeded(42)) as simulator:
            runs.append([await timed(simulator, request()) for _ in range(3)])
    first, second = runs
    assert [outcome for _, outcome in first] == [outcome for _, outcome in second]
    assert [after for after, _ in first] == pytest.approx([after for after, _ in second])
