"""`AsyncPlatform` beyond the promises of every platform."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from otpblue_trio.policy.types import Delivered, Failed, FailureKind, Outcome, SendRequest
from otpblue_trio.upstream import AsyncPlatform

REQUEST = SendRequest("acme", "key", "+14155552671", "US", "482910", "", "MyBank", "en")


async def test_exception_of_send_fails_its_own_message_only(autojump_clock: object) -> None:
    errors: list[Exception] = []
    outcomes: list[Outcome] = []

    async def send(request: SendRequest) -> Outcome:
        if request.contact.endswith("1"):
            raise RuntimeError("code 482910 to +14155552671")
        return Delivered("id")

    platform = AsyncPlatform(send, on_error=errors.append)
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        platform.submit(REQUEST, outcomes.append)
        await trio.sleep(1.0)
        platform.submit(
            SendRequest("acme", "key", "+14155552670", "US", "1234", "", "MyBank", "en"),
            outcomes.append,
        )
        await trio.sleep(1.0)
        nursery.cancel_scope.cancel()
    assert outcomes == [
        Failed(FailureKind.BAD_ANSWER, may_have_been_sent=True, detail="RuntimeError"),
        Delivered("id"),
    ]
    assert [type(error) for error in errors] == [RuntimeError]


@pytest.mark.parametrize(
    ("returned", "detail"), [(None, "send returned NoneType"), ({}, "send returned dict")]
)
async def test_what_is_no_outcome_fails_its_own_message_only(
    returned: Any, detail: str, autojump_clock: object
) -> None:
    outcomes: list[Outcome] = []
    returns = [returned, Delivered("id")]

    async def send(request: SendRequest) -> Outcome:
        return returns.pop(0)  # type: ignore[no-any-return]

    async with trio.open_nursery() as nursery:
        platform = AsyncPlatform(send)
        await nursery.start(platform.run)
        for _ in range(2):
            platform.submit(REQUEST, outcomes.append)
            await trio.sleep(1.0)
        nursery.cancel_scope.cancel()
    assert outcomes == [
        Failed(FailureKind.BAD_ANSWER, may_have_been_sent=True, detail=detail),
        Delivered("id"),
    ]


async def test_exception_of_on_error_is_logged_and_costs_nothing(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes: list[Outcome] = []

    async def send(request: SendRequest) -> Outcome:
        raise RuntimeError("code 482910 to +14155552671")

    def broken(error: Exception) -> None:
        raise LookupError

    async with trio.open_nursery() as nursery:
        platform = AsyncPlatform(send, on_error=broken)
        await nursery.start(platform.run)
        for _ in range(2):
            platform.submit(REQUEST, outcomes.append)
            await trio.sleep(1.0)
        nursery.cancel_scope.cancel()
    failed = Failed(FailureKind.BAD_ANSWER, may_have_been_sent=True, detail="RuntimeError")
    assert outcomes == [failed, failed]
    assert "LookupError" in caplog.text
    assert "482910" not in caplog.text


async def test_one_request_above_the_bound_is_busy(autojump_clock: object) -> None:
    outcomes: list[Outcome] = []

    async def send(request: SendRequest) -> Outcome:
        await trio.sleep(1.0)
        return Delivered("id")

    platform = AsyncPlatform(send, max_in_flight=2)
    async with trio.open_nursery() as nursery:
        await nursery.start(platform.run)
        for _ in range(3):
            platform.submit(REQUEST, outcomes.append)
        [busy] = outcomes
        assert isinstance(busy, Failed)
        assert busy.kind is FailureKind.BUSY
        assert not busy.may_have_been_sent
        await trio.sleep(2.0)
        platform.submit(REQUEST, outcomes.append)
        await trio.sleep(2.0)
        nursery.cancel_scope.cancel()
    assert outcomes[1:] == [Delivered("id")] * 3


async def test_exception_of_done_leaves_run_and_the_others_are_answered(
    autojump_clock: object,
) -> None:
    outcomes: list[Outcome] = []

    async def send(request: SendRequest) -> Outcome:
        await trio.sleep(float(request.code))
        return Delivered("id")

    def broken(outcome: Outcome) -> None:
        raise LookupError

    platform = AsyncPlatform(send)
    with pytest.RaisesGroup(pytest.RaisesGroup(LookupError)):
        async with trio.open_nursery() as nursery:
            await nursery.start(platform.run)
            platform.submit(REQUEST, outcomes.append)
            platform.submit(
                SendRequest("acme", "key", "+14155552670", "US", "1", "", "", "en"), broken
            )
    assert [type(outcome) for outcome in outcomes] == [Failed]
