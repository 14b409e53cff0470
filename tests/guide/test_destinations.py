"""Integration guide, "Supported Destinations": more than 60 countries, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.guide.conftest import mobile_number

from otpblue_trio.policy import NEVER_SENT, OPEN_BY_DEFAULT
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import FakePlatform, account, open_gateway

if TYPE_CHECKING:
    from collections.abc import Collection

    from trio.testing import MockClock

ROK = CommandStatus.ESME_ROK
RINVDSTADR = CommandStatus.ESME_RINVDSTADR


async def statuses(
    regions: Collection[str], *, open_regions: Collection[str] = OPEN_BY_DEFAULT
) -> tuple[dict[str, int], int]:
    """Submit a message to each country; return the answers, and how many were sent."""
    platform = FakePlatform()
    answers = {}
    async with open_gateway(platform=platform, open_regions=open_regions) as gateway:
        esme = await gateway.bound()
        for region in regions:
            response = await esme.submit_sm(mobile_number(region), "Your code is 482910")
            answers[region] = response.command_status
    return answers, len(platform.requests)


def test_more_than_60_countries_are_supported() -> None:
    assert len(OPEN_BY_DEFAULT) > 60


async def test_every_supported_country_is_delivered_to(autojump_clock: MockClock) -> None:
    answers, _ = await statuses(OPEN_BY_DEFAULT)
    assert answers == dict.fromkeys(OPEN_BY_DEFAULT, ROK)


async def test_unsupported_regions_get_esme_rinvdstadr(autojump_clock: MockClock) -> None:
    unsupported = ["BR", "IN", "TR", "HK", "TW", "GR", "HU", "CL", "VE"]
    answers, sent = await statuses(unsupported)
    assert answers == dict.fromkeys(unsupported, RINVDSTADR)
    assert sent == 0


async def test_country_may_be_added_on_request(autojump_clock: MockClock) -> None:
    answers, _ = await statuses(["BR"], open_regions=OPEN_BY_DEFAULT | {"BR"})
    assert answers == {"BR": ROK}


async def test_country_that_the_platform_closes_is_unsupported(autojump_clock: MockClock) -> None:
    answers, _ = await statuses(["DE", "FR"], open_regions=OPEN_BY_DEFAULT - {"DE"})
    assert answers == {"DE": RINVDSTADR, "FR": ROK}


@pytest.mark.parametrize("region", sorted(NEVER_SENT))
async def test_some_countries_are_never_sent_to(region: str, autojump_clock: MockClock) -> None:
    answers, sent = await statuses([region], open_regions=OPEN_BY_DEFAULT | {region})
    assert (answers, sent) == ({region: RINVDSTADR}, 0)


async def test_account_may_be_limited_to_some_countries(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(regions=frozenset({"US"}))]) as gateway:
        esme = await gateway.bound()
        for region, expected in [("US", ROK), ("DE", RINVDSTADR)]:
            response = await esme.submit_sm(mobile_number(region), "Your code is 482910")
            assert response.command_status == expected
