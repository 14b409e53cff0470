"""Integration guide, "Troubleshooting": each cause, and the issue that the aggregator sees."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import attrs
import pytest
import trio

from otpblue_trio.config import Limits
from otpblue_trio.smpp import Tlv, TlvTag
from otpblue_trio.testing import (
    EsmeClosed,
    FakePlatform,
    account,
    open_gateway,
    submit_pdu,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

NUMBER = "14155551234"
TEXT = "Your code is 482910"


@pytest.mark.parametrize(
    ("system_id", "password"),
    [("acme", "wrong"), ("wrong", "secret")],
    ids=["wrong password", "wrong system_id"],
)
async def test_bind_rejected_0x0e_wrong_system_id_or_password(
    system_id: str, password: str, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        assert (await esme.bind_transceiver(system_id, password)).command_status == 0x0E


async def test_bind_rejected_0x0d_ip_not_allowed(autojump_clock: MockClock) -> None:
    known = account(allowed_ips=(ip_network("198.51.100.7"),))
    async with open_gateway(accounts=[known]) as gateway:
        refused = await gateway.connect("203.0.113.9")
        assert (await refused.bind_transceiver("acme", "secret")).command_status == 0x0D
        await gateway.bound(address="198.51.100.7")


async def test_bind_rejected_0x0d_repeatedly_ip_temporarily_blocked(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        for _ in range(Limits().bind_failures_before_block):
            await (await gateway.connect()).bind_transceiver("acme", "wrong")
        for _ in range(3):
            refused = await gateway.connect()
            assert (await refused.bind_transceiver("acme", "secret")).command_status == 0x0D
        await trio.sleep(15 * 60)
        await gateway.bound("acme", "secret")


async def test_connection_closed_immediately_global_connection_limit_reached(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(limits=with_limits(max_connections=1)) as gateway:
        idle = await gateway.bound()
        attempted = trio.current_time()
        refused = await gateway.connect()
        await refused.wait_closed()
        assert trio.current_time() == attempted
        await idle.unbind()
        await trio.sleep(1)
        await gateway.bound()


async def test_connection_closed_after_30s_bind_not_completed_in_time(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        connected = trio.current_time()
        esme = await gateway.connect()
        await esme.wait_closed()
        assert trio.current_time() - connected == pytest.approx(30)


async def test_session_disconnected_after_24h_reconnect_automatically(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        connected = trio.current_time()
        esme = await gateway.bound()
        while not esme.is_closed:
            await esme.enquire_link()
            with trio.move_on_after(60):
                await esme.wait_closed()
        assert trio.current_time() - connected == pytest.approx(24 * 3600)
        await gateway.bound()


async def test_submit_sm_returns_0x04_not_bound(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == 0x04


async def test_submit_sm_returns_0x04_receiver_only_bind_mode(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        receiver = await gateway.connect()
        await receiver.bind_receiver("acme", "secret")
        assert (await receiver.submit_sm(NUMBER, TEXT)).command_status == 0x04
        transmitter = await gateway.connect()
        await transmitter.bind_transmitter("acme", "secret")
        assert (await transmitter.submit_sm(NUMBER, TEXT)).command_status == 0x00


async def test_submit_sm_returns_0x01_code_not_found_in_message(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        assert (await esme.submit_sm(NUMBER, "Hello, world")).command_status == 0x01


async def test_submit_sm_returns_0x01_message_exceeds_512_bytes(
    autojump_clock: MockClock,
) -> None:
    payload = Tlv(TlvTag.MESSAGE_PAYLOAD, TEXT.encode().ljust(513, b"!"))
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        too_long = attrs.evolve(submit_pdu(NUMBER, ""), tlvs=(payload,))
        assert (await esme.request(too_long)).command_status == 0x01


@pytest.mark.parametrize("destination", ["1415555123", "14155551234".ljust(21, "0")])
async def test_submit_sm_returns_0x0b_invalid_phone_number(
    destination: str, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        assert (await esme.submit_sm(destination, TEXT)).command_status == 0x0B


async def test_submit_sm_returns_0x45_recipient_has_no_imessage(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=FakePlatform(code=150)) as gateway:
        esme = await gateway.bound()
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == 0x45


async def test_submit_sm_returns_0x58_rate_limit_exceeded_over_all_sessions(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[account(tps=2)]) as gateway:
        sessions = [await gateway.bound() for _ in range(3)]
        answers = [
            (await esme.submit_sm(NUMBER, f"Your code is 48291{n}")).command_status
            for n, esme in enumerate(sessions)
        ]
        assert answers == [0x00, 0x00, 0x58]


async def test_session_disconnected_inactivity_timeout_90s(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        silent = await gateway.bound()
        bound = trio.current_time()
        await silent.wait_closed()
        assert trio.current_time() - bound == pytest.approx(90)


@pytest.mark.parametrize("seconds", [30, 60])
async def test_session_with_enquire_link_every_30_to_60_seconds_stays(
    seconds: float, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        for _ in range(30):
            await trio.sleep(seconds)
            await esme.enquire_link()
        assert not esme.is_closed


async def test_no_delivery_receipt_registered_delivery_not_set(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT, registered_delivery=0x00)
        await esme.wait_closed()
        with pytest.raises(EsmeClosed):
            await esme.receipt()
