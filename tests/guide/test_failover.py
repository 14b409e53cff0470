"""Integration guide, "Failover Configuration": what each answer lets a routing engine do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.policy import Delivered, Failed, FailureKind, Refused
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import EsmeClosed, FakePlatform, account, open_gateway

if TYPE_CHECKING:
    from collections.abc import Callable

    from trio.testing import MockClock

    from otpblue_trio.policy import Outcome, SendRequest

NUMBER = "14155551234"
TEXT = "Your code is 482910"


def one_after_another(*outcomes: Outcome) -> Callable[[SendRequest], Outcome]:
    """Return an answer for a platform that gives these outcomes in turn."""
    turns = iter(outcomes)
    return lambda _: next(turns)


async def test_esme_rok_ends_the_route(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_ROK
    assert len(platform.requests) == 1


async def test_failover_immediately_on_esme_rsubmitfail(autojump_clock: MockClock) -> None:
    """0x45 is the platform's last word: nothing is tried again behind the sender's back."""
    platform = FakePlatform(code=150)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_RSUBMITFAIL
        await trio.sleep(60)
        assert len(platform.requests) == 1


@pytest.mark.parametrize(
    ("failure", "command_status"),
    [
        (Refused(720), CommandStatus.ESME_RTHROTTLED),
        (Failed(FailureKind.CONNECT), CommandStatus.ESME_RSYSERR),
    ],
    ids=["ESME_RTHROTTLED", "ESME_RSYSERR"],
)
async def test_retry_then_failover(
    failure: Outcome, command_status: CommandStatus, autojump_clock: MockClock
) -> None:
    """The sender's retry is a message of its own, which may be delivered."""
    platform = FakePlatform(answer=one_after_another(failure, Delivered("m-2")))
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        first = await esme.submit_sm(NUMBER, TEXT)
        assert first.command_status == command_status
        retried = await esme.submit_sm(NUMBER, TEXT)
        assert retried.command_status == CommandStatus.ESME_ROK
    assert len(platform.requests) == 2


async def test_retry_after_a_rate_limit_is_delivered(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(tps=1)]) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT)
        throttled = await esme.submit_sm("14155552671", TEXT)
        assert throttled.command_status == CommandStatus.ESME_RTHROTTLED
        await trio.sleep(1)
        retried = await esme.submit_sm("14155552671", TEXT)
        assert retried.command_status == CommandStatus.ESME_ROK


async def test_do_not_failover_on_esme_rinvdstadr(autojump_clock: MockClock) -> None:
    """The number itself is invalid: every retry is told the same."""
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        for _ in range(3):
            response = await esme.submit_sm("1415555123", TEXT)
            assert response.command_status == CommandStatus.ESME_RINVDSTADR


async def test_error_response_comes_within_the_500_ms_that_the_platform_takes(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=FakePlatform(code=150, latency=0.45)) as gateway:
        esme = await gateway.bound()
        submitted = trio.current_time()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_RSUBMITFAIL
        assert trio.current_time() - submitted < 0.5


async def test_trigger_is_the_response_and_no_receipt_contradicts_it(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=FakePlatform(code=150)) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT, registered_delivery=0x01)
        await esme.wait_closed()
        with pytest.raises(EsmeClosed):
            await esme.receipt()
