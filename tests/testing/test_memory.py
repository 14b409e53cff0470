"""Connections in memory behave as sockets do where it matters."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio.testing import MemoryListener

if TYPE_CHECKING:
    from trio.testing import MockClock


async def test_both_ends_of_a_connection_talk() -> None:
    async with MemoryListener() as listener:
        client = listener.connect()
        server = await listener.accept()
        await client.send_all(b"hello")
        assert await server.receive_some(100) == b"hello"
        await server.send_all(b"world")
        assert await client.receive_some() == b"world"
        await client.send_eof()
        assert await server.receive_some() == b""
        await server.send_all(b"still here")
        assert await client.receive_some() == b"still here"
        await server.aclose()
        assert await client.receive_some() == b""
        await client.aclose()


async def test_the_server_end_knows_the_clients_address_and_a_port_of_its_own() -> None:
    async with MemoryListener() as listener:
        clients = [listener.connect("192.0.2.7"), listener.connect("2001:db8::7")]
        servers = [await listener.accept(), await listener.accept()]
        assert [server.peer for server in servers] == [client.peer for client in clients]
        assert servers[0].peer.address == ip_address("192.0.2.7")
        assert servers[0].peer.port != servers[1].peer.port


def test_an_address_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="not-an-address"):
        MemoryListener().connect("not-an-address")


async def test_a_closed_listener_takes_no_connection() -> None:
    listener = MemoryListener()
    await listener.aclose()
    await listener.aclose()
    with pytest.raises(trio.ClosedResourceError):
        listener.connect()
    with pytest.raises(trio.ClosedResourceError):
        await listener.accept()


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_connections_that_nobody_accepted_are_closed_with_the_listener(
    is_cancelled: bool, autojump_clock: MockClock
) -> None:
    listener = MemoryListener()
    clients = [listener.connect() for _ in range(3)]
    with trio.CancelScope() as scope:
        if is_cancelled:
            scope.cancel()
        await listener.aclose()
    for client in clients:
        with trio.fail_after(1):
            assert await client.receive_some() == b""


async def test_a_stalling_connection_sends_no_more_than_is_read(
    autojump_clock: MockClock,
) -> None:
    async with MemoryListener(stalling=True) as listener:
        client = listener.connect()
        server = await listener.accept()
        with trio.move_on_after(10) as scope:
            await server.send_all(b"hello")
        assert scope.cancelled_caught
        async with client, server:
            pass
