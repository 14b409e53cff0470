"""Integration guide, "Authentication & IP Security": allowlist, block, and what is not told."""

from __future__ import annotations

import struct
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.config import Limits
from otpblue_trio.smpp import BindTransceiver, CommandId, CommandStatus, encode
from otpblue_trio.testing import GatewayUnderTest, account, open_gateway

if TYPE_CHECKING:
    from trio.testing import MockClock

ROK = CommandStatus.ESME_ROK
RBINDFAIL = CommandStatus.ESME_RBINDFAIL
RINVPASWD = CommandStatus.ESME_RINVPASWD
MINUTE = 60.0
THRESHOLD = Limits().bind_failures_before_block

OFFICE = "198.51.100.7"
ELSEWHERE = "203.0.113.9"
OFFICE_ONLY = account(allowed_ips=(ip_network("198.51.100.0/24"),))


async def bind(gateway: GatewayUnderTest, password: str, address: str = OFFICE) -> int:
    """Bind over a new connection and return the status."""
    esme = await gateway.connect(address)
    return (await esme.bind_transceiver("acme", password)).command_status


async def octets_of_a_bind(
    gateway: GatewayUnderTest, password: str, address: str = OFFICE
) -> bytes:
    """Bind over a new connection and return everything it answers until it is closed."""
    stream = gateway.connect_stream(address)
    pdu = BindTransceiver(sequence_number=7, system_id="acme", password=password)
    await stream.send_all(encode(pdu))
    octets = b""
    while received := await stream.receive_some():
        octets += received
    return octets


async def fail(gateway: GatewayUnderTest, times: int, address: str = OFFICE) -> None:
    """Bind with a wrong password some times."""
    for _ in range(times):
        assert await bind(gateway, "wrong", address) == RINVPASWD


# ---------------------------------------------------------------------- the allowlist


async def test_allowed_ip_may_bind(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[OFFICE_ONLY]) as gateway:
        assert await bind(gateway, "secret", OFFICE) == ROK


async def test_ip_that_is_not_allowed_is_rejected(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[OFFICE_ONLY]) as gateway:
        assert await bind(gateway, "secret", ELSEWHERE) == RBINDFAIL


async def test_rejected_connection_is_closed_immediately(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[OFFICE_ONLY]) as gateway:
        began = trio.current_time()
        await octets_of_a_bind(gateway, "secret", ELSEWHERE)
        assert trio.current_time() == began


async def test_ip_that_is_not_allowed_learns_nothing_about_the_password(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[OFFICE_ONLY]) as gateway:
        right = await octets_of_a_bind(gateway, "secret", ELSEWHERE)
        wrong = await octets_of_a_bind(gateway, "wrong", ELSEWHERE)
        assert right == wrong


async def test_account_without_an_allowlist_may_bind_from_anywhere(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        assert await bind(gateway, "secret", OFFICE) == ROK
        assert await bind(gateway, "secret", "2001:db8::1") == ROK


# ---------------------------------------------------------------------- brute-force protection


@pytest.mark.parametrize(
    ("failures", "command_status"),
    [(THRESHOLD - 1, ROK), (THRESHOLD, RBINDFAIL), (THRESHOLD + 1, RBINDFAIL)],
    ids=["below", "at", "above"],
)
async def test_multiple_failed_binds_block_the_ip(
    failures: int, command_status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        for _ in range(failures):
            await bind(gateway, "wrong")
        assert await bind(gateway, "secret") == command_status


@pytest.mark.parametrize(
    ("minutes", "command_status"),
    [(0, RBINDFAIL), (14.9, RBINDFAIL), (15.1, ROK)],
    ids=["at once", "before 15 minutes", "after 15 minutes"],
)
async def test_block_lasts_15_minutes(
    minutes: float, command_status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        await fail(gateway, THRESHOLD)
        await trio.sleep(minutes * MINUTE)
        assert await bind(gateway, "secret") == command_status


async def test_another_ip_is_not_blocked(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        await fail(gateway, THRESHOLD, OFFICE)
        assert await bind(gateway, "secret", ELSEWHERE) == ROK


async def test_sessions_that_are_bound_outlive_a_block_of_their_ip(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound(address=OFFICE)
        await fail(gateway, THRESHOLD, OFFICE)
        response = await esme.submit_sm("14155551234", "Your code is 482910")
        assert response.command_status == ROK


async def test_blocked_ip_receives_esme_rbindfail_without_further_detail(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        await fail(gateway, THRESHOLD)
        bare = struct.pack(">IIII", 16, CommandId.BIND_TRANSCEIVER_RESP, RBINDFAIL, 7)
        assert await octets_of_a_bind(gateway, "secret") == bare
        assert await octets_of_a_bind(gateway, "wrong") == bare


async def test_block_and_allowlist_are_told_in_the_same_octets(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[OFFICE_ONLY]) as gateway:
        await fail(gateway, THRESHOLD, OFFICE)
        blocked = await octets_of_a_bind(gateway, "secret", OFFICE)
        assert blocked == await octets_of_a_bind(gateway, "secret", ELSEWHERE)
