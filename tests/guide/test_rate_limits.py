"""Integration guide, "Rate Limits": transactions per second, shared by an account's sessions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.policy import Account
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import Esme, FakePlatform, account, open_gateway

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trio.testing import MockClock

ROK = CommandStatus.ESME_ROK
RTHROTTLED = CommandStatus.ESME_RTHROTTLED


async def burst(sessions: Sequence[Esme], count: int, first: int = 0) -> Counter[int]:
    """Submit different messages in a window, session by session in turn; count the answers."""
    answers: Counter[int] = Counter()

    async def submit(number: int) -> None:
        esme = sessions[number % len(sessions)]
        response = await esme.submit_sm("14155551234", f"Your code is {first + number:06}")
        answers[response.command_status] += 1

    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(submit, number)
    return answers


@pytest.mark.parametrize(
    ("count", "throttled"), [(19, 0), (20, 0), (21, 1)], ids=["below", "at", "above"]
)
async def test_exceeding_the_rate_gives_esme_rthrottled(
    count: int, throttled: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(accounts=[account(tps=20)]) as gateway:
        answers = await burst([await gateway.bound()], count)
        assert answers == Counter({ROK: count - throttled, RTHROTTLED: throttled})


async def test_throttled_message_is_not_sent(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, accounts=[account(tps=20)]) as gateway:
        await burst([await gateway.bound()], 25)
    assert len(platform.requests) == 20


async def test_after_a_backoff_messages_pass_again(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(tps=20)]) as gateway:
        esme = await gateway.bound()
        await burst([esme], 25)
        await trio.sleep(0.5)
        assert await burst([esme], 15, first=100) == Counter({ROK: 10, RTHROTTLED: 5})


@pytest.mark.parametrize("sessions", [1, 2, 5])
async def test_rate_is_shared_across_all_sessions(sessions: int, autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(tps=20)]) as gateway:
        bound = [await gateway.bound() for _ in range(sessions)]
        assert await burst(bound, 30) == Counter({ROK: 20, RTHROTTLED: 10})


async def test_another_account_has_a_rate_of_its_own(autojump_clock: MockClock) -> None:
    accounts = [account("acme", tps=20), account("bank", tps=20)]
    async with open_gateway(accounts=accounts) as gateway:
        await burst([await gateway.bound("acme")], 30)
        assert await burst([await gateway.bound("bank")], 20) == Counter({ROK: 20})


async def test_windowing_has_many_messages_unacknowledged_at_once(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(burst, [esme], 100)
            await platform.wait_for_requests(100)
            assert platform.in_flight == 100
            platform.release()


async def test_sustained_traffic_at_the_rate_is_never_throttled(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[account(tps=20)]) as gateway:
        esme = await gateway.bound()
        answers: Counter[int] = Counter()
        for second in range(10):
            answers += await burst([esme], 20, first=100 * second)
            await trio.sleep(1)
        assert answers == Counter({ROK: 200})


def test_account_has_a_configured_maximum() -> None:
    assert Account(system_id="acme", password="secret", api_key="key").tps == 50
