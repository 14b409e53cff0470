"""Integration guide, "Sender Name (Alpha Name)": the name the platform is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from otpblue_trio.policy import LongSender
from otpblue_trio.smpp import CommandStatus, Ton
from otpblue_trio.testing import FakePlatform, account, open_gateway, submit_pdu

if TYPE_CHECKING:
    from trio.testing import MockClock


async def sender_of(
    source_addr: str, ton: int = Ton.ALPHANUMERIC, **settings: Any
) -> tuple[int, str | None]:
    """Submit under a source address; return the status and the sender that the platform got."""
    platform = FakePlatform()
    known = account(**({"default_sender": "Onboarded"} | settings))
    async with open_gateway(platform=platform, accounts=[known]) as gateway:
        esme = await gateway.bound()
        message = submit_pdu("14155551234", "Your code is 482910")
        response = await esme.request(
            attrs.evolve(message, source_addr=source_addr, source_addr_ton=ton)
        )
    sender = platform.requests[0].sender if platform.requests else None
    return response.command_status, sender


@pytest.mark.parametrize("name", ["MyBank", "Acme", "1xBet"])
async def test_examples_are_passed_on_as_they_are(name: str, autojump_clock: MockClock) -> None:
    assert await sender_of(name) == (CommandStatus.ESME_ROK, name)


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ("ABCDEFGHIJ", "ABCDEFGHIJ"),
        ("ABCDEFGHIJK", "ABCDEFGHIJK"),
        ("ABCDEFGHIJKL", "ABCDEFGHIJK"),
    ],
    ids=["10 characters", "11 characters", "12 characters"],
)
async def test_maximum_is_11_characters(name: str, sender: str, autojump_clock: MockClock) -> None:
    assert await sender_of(name) == (CommandStatus.ESME_ROK, sender)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (LongSender.TRUNCATE, (CommandStatus.ESME_ROK, "ABCDEFGHIJK")),
        (LongSender.DEFAULT, (CommandStatus.ESME_ROK, "Onboarded")),
        (LongSender.REJECT, (CommandStatus.ESME_RINVSRCADR, None)),
    ],
)
async def test_12_characters_follow_the_accounts_rule(
    rule: LongSender, expected: tuple[int, str | None], autojump_clock: MockClock
) -> None:
    assert await sender_of("ABCDEFGHIJKL", long_sender=rule) == expected


@pytest.mark.parametrize("ton", [0x01, 0x03], ids=["TON 0x01", "TON 0x03"])
async def test_numeric_source_falls_back_to_the_default_of_the_onboarding(
    ton: int, autojump_clock: MockClock
) -> None:
    assert await sender_of("14155550000", ton) == (CommandStatus.ESME_ROK, "Onboarded")


@pytest.mark.parametrize("ton", [0x00, 0x05], ids=["TON 0x00", "TON 0x05"])
async def test_empty_source_falls_back_to_the_default_of_the_onboarding(
    ton: int, autojump_clock: MockClock
) -> None:
    assert await sender_of("", ton) == (CommandStatus.ESME_ROK, "Onboarded")
