"""Peers that say little, slowly or nothing, and peers that do not listen."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio.runtime.observer import CloseReason, ConnectionClosed, ConnectionRefused
from otpblue_trio.smpp import BindTransceiver, EnquireLink, QuerySm, encode
from otpblue_trio.testing import account, open_gateway, with_limits

if TYPE_CHECKING:
    import socket

    from tests.attacks.conftest import AtRest, Target
    from trio.testing import MockClock

MEBIBYTE = 1 << 20
# Short, so that the attacks are over soon; long enough for a clean client on a machine that has
# other things to do.
SETTINGS = {
    "limits": {
        "pre_bind_timeout": "4s",
        "pdu_read_timeout": "1s",
        "write_timeout": "2s",
        "max_connections": 1000,
    }
}
BIND = encode(BindTransceiver(sequence_number=1, system_id="mallory", password="mallory1"))
CLIENT_HELLO = bytes.fromhex("1603010200010001fc0303") + bytes(100)
"""The first fifth of one; the rest never comes."""


async def trickle(stream: trio.SocketStream, octets: bytes) -> None:
    """Send one octet after the other until the gateway has had enough."""
    try:
        for octet in octets:
            await stream.send_all(bytes([octet]))
            await trio.sleep(0.05)
        while await stream.receive_some():
            pass
    except trio.BrokenResourceError:
        pass
    finally:
        await trio.aclose_forcefully(stream)


SLOW = (
    ("tls", b"", CLIENT_HELLO),
    ("plain", b"", BIND[:15]),  # a header
    ("plain", BIND[:20], BIND[20:-1]),  # a body
    ("plain", BIND, (1 << 15).to_bytes(4, "big") + bytes(200)),  # a body, in a bound session
)
"""Listener, what comes at once, and what comes slowly and never ends."""


async def test_slow_handshakes_headers_and_bodies_are_closed_and_hold_up_nobody(
    target: Target,
) -> None:
    async def attack() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(160):
                listener, first, slowly = SLOW[number % len(SLOW)]
                stream = await target.connect(f"127.0.0.{2 + number // 40}", listener)
                await stream.send_all(first)
                nursery.start_soon(trickle, stream, slowly)
            await target.serve_clean_client()
            await target.serve_clean_client(tls=True)

    await target.survives(attack)


async def test_a_thousand_silent_sockets_of_one_address_get_fifty_places(target: Target) -> None:
    async def attack() -> None:
        with contextlib.ExitStack() as open_sockets:
            for _ in range(1000):
                open_sockets.enter_context(target.connect_socket())
            await target.serve_clean_client()
            await target.serve_clean_client(tls=True)
            assert await target.metric("otpblue_smpp_connections_open") <= 52  # clean clients

    await target.survives(attack)


async def test_silent_sockets_of_many_addresses_give_their_places_back(target: Target) -> None:
    async def attack() -> None:
        with contextlib.ExitStack() as open_sockets:
            for number in range(1000):
                address = f"127.0.0.{2 + number // 50}"
                listener = ("plain", "tls")[number % 2]
                open_sockets.enter_context(target.connect_socket(address, listener))
            await target.wait_for_metric("otpblue_smpp_connections_open", 0)
            # The gateway has closed all of them; the clients have done nothing.
            await target.serve_clean_client()

    await target.survives(attack, most_growth=24 * MEBIBYTE)


async def test_the_places_of_a_thousand_silent_sockets_are_free_after_thirty_seconds(
    at_rest: AtRest, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway, at_rest(gateway):
        began = trio.current_time()
        streams = [gateway.connect_stream(f"192.0.2.{number // 50}") for number in range(1000)]
        await gateway.wait_for(ConnectionClosed)  # the clean client's
        refused = gateway.connect_stream("198.51.100.1")
        assert await refused.receive_some() == b""
        await gateway.wait_for(ConnectionRefused)
        for stream in streams:
            assert await stream.receive_some() == b""
        assert trio.current_time() - began == pytest.approx(30)
        reasons = {closed.reason for closed in gateway.seen(ConnectionClosed)[1:]}
        assert reasons == {CloseReason.PRE_BIND_TIMEOUT}


@pytest.mark.parametrize("silent_for", [89.9, 90.1])
async def test_bound_sessions_that_fall_silent_are_gone_after_ninety_seconds(
    silent_for: float, at_rest: AtRest, autojump_clock: MockClock
) -> None:
    accounts = [account(max_sessions=100)]
    async with open_gateway(accounts=accounts) as gateway, at_rest(gateway):
        sessions = [await gateway.bound() for _ in range(40)]
        await trio.sleep(silent_for)
        await trio.testing.wait_all_tasks_blocked()
        assert [esme.is_closed for esme in sessions] == [silent_for > 90] * 40
        for esme in sessions:
            await esme.wait_closed()


# ---------------------------------------------------------------------- who does not listen


def flood(connection: socket.socket, first: bytes, octets: bytes) -> None:
    """Send without reading until the gateway ends the connection; to be run in a thread."""
    connection.settimeout(30)
    try:
        connection.sendall(first)
        while True:
            connection.sendall(octets)
    except (ConnectionError, TimeoutError):
        pass
    finally:
        connection.close()


ENQUIRE = encode(EnquireLink(sequence_number=2)) * 4096
QUERY = encode(QuerySm(sequence_number=2, message_id="x" * 64)) * 700


@pytest.mark.parametrize(
    ("first", "octets"), [(b"", ENQUIRE), (BIND, ENQUIRE), (BIND, QUERY)], ids=len
)
async def test_peers_that_never_read_are_closed_and_take_little_memory(
    first: bytes, octets: bytes, target: Target
) -> None:
    count = 5

    async def attack() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(count):
                connection = target.connect_socket(f"127.0.0.{2 + number}")
                nursery.start_soon(
                    partial(trio.to_thread.run_sync, flood, connection, first, octets)
                )
            await target.serve_clean_client()

    # A quarter mebibyte queued, as much being sent, one read being answered.
    await target.survives(attack, most_peak=count * MEBIBYTE + 12 * MEBIBYTE)


async def test_a_peer_that_never_reads_its_receipts_is_closed_and_they_wait(
    at_rest: AtRest, autojump_clock: MockClock
) -> None:
    limits = with_limits(write_timeout=5.0)
    async with open_gateway(stalling=True, limits=limits) as gateway, at_rest(gateway):
        stream = gateway.connect_stream()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        )
        await gateway.wait_for(ConnectionClosed, 2)
        assert gateway.seen(ConnectionClosed)[1].reason is CloseReason.WRITE_TIMEOUT
        await trio.aclose_forcefully(stream)
