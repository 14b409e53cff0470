"""Integration guide, "Keepalive": enquire_link at least every 60 seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.smpp import CommandStatus, EnquireLinkResp
from otpblue_trio.testing import FakePlatform, open_gateway

if TYPE_CHECKING:
    from trio.testing import MockClock


async def test_enquire_link_every_60_seconds_prevents_the_timeout(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        for _ in range(6 * 60):
            await trio.sleep(60)
            assert (await esme.enquire_link()).command_status == CommandStatus.ESME_ROK
        assert not esme.is_closed


async def test_enquire_link_less_often_than_every_90_seconds_does_not(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await trio.sleep(60)
        await esme.enquire_link()
        await trio.sleep(91)
        assert esme.is_closed


@pytest.mark.parametrize("sequence_number", [1, 0x7FFFFFFF])
async def test_enquire_link_resp_has_status_0_and_the_same_sequence_number(
    sequence_number: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(b"\0\0\0\x10\0\0\0\x15\0\0\0\0" + sequence_number.to_bytes(4, "big"))
        answer = await stream.receive_some()
        assert answer == b"\0\0\0\x10\x80\0\0\x15\0\0\0\0" + sequence_number.to_bytes(4, "big")


async def test_enquire_link_is_answered_while_messages_are_in_flight(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(esme.submit_sm, "14155552671", "Your code is 482910")
            await platform.wait_for_requests(1)
            assert isinstance(await esme.enquire_link(), EnquireLinkResp)
            platform.release()
