"""Integration guide, "Connection Limits": the table's values, and what happens at the cap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.config import Limits
from otpblue_trio.runtime.observer import ConnectionRefusal, ConnectionRefused
from otpblue_trio.testing import GatewayUnderTest, MemoryStream, open_gateway, with_limits

if TYPE_CHECKING:
    from trio.testing import MockClock


def connect_many(gateway: GatewayUnderTest, count: int) -> list[MemoryStream]:
    """Connect from many addresses, so that no limit of one address is met."""
    return [gateway.connect_stream(f"10.0.{n // 250}.{n % 250 + 1}") for n in range(count)]


async def is_closed(stream: MemoryStream) -> bool:
    """Tell whether the gateway closes a connection at once."""
    with trio.move_on_after(0.01):
        return await stream.receive_some() == b""
    return False


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        pytest.param("max_connections", 1000, id="Max concurrent connections (global)"),
        pytest.param("pre_bind_timeout", 30, id="Pre-bind timeout"),
        pytest.param("inactivity_timeout", 90, id="Inactivity timeout"),
        pytest.param("max_session_duration", 24 * 3600, id="Max session duration"),
    ],
)
def test_limit_is_the_guides_by_default(limit: str, value: float) -> None:
    assert getattr(Limits(), limit) == value


async def test_connection_1000_is_accepted_and_1001_rejected(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        *_, number_1000, number_1001 = connect_many(gateway, 1001)
        assert await is_closed(number_1001)
        assert not await is_closed(number_1000)
        (refused,) = gateway.seen(ConnectionRefused)
        assert refused.refusal is ConnectionRefusal.GLOBAL_CAP


@pytest.mark.parametrize(
    ("connections", "rejected"), [(9, 0), (10, 0), (11, 1)], ids=["below", "at", "above"]
)
async def test_connections_beyond_the_limit_are_rejected(
    connections: int, rejected: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(limits=with_limits(max_connections=10)) as gateway:
        streams = connect_many(gateway, connections)
        closed = [await is_closed(stream) for stream in streams]
        assert closed == [False] * (connections - rejected) + [True] * rejected


async def test_sessions_that_are_there_go_on_when_the_limit_is_reached(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(limits=with_limits(max_connections=1)) as gateway:
        esme = await gateway.bound()
        assert await is_closed(gateway.connect_stream())
        assert (await esme.enquire_link()).command_status == 0


async def test_connections_are_rejected_until_an_existing_session_closes(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(limits=with_limits(max_connections=1)) as gateway:
        esme = await gateway.bound()
        assert await is_closed(gateway.connect_stream())
        await esme.unbind()
        await esme.wait_closed()
        await trio.sleep(0.01)
        assert (await (await gateway.bound()).enquire_link()).command_status == 0


async def test_idle_connection_that_is_not_bound_holds_a_place(autojump_clock: MockClock) -> None:
    async with open_gateway(limits=with_limits(max_connections=1)) as gateway:
        idle = gateway.connect_stream()
        assert await is_closed(gateway.connect_stream())
        await trio.sleep(31)
        assert await is_closed(idle)
        await gateway.bound()
