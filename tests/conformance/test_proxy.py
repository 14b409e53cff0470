"""Conformance, row 101 and 19: what stands before the first PDU: PROXY headers, TLS."""

from __future__ import annotations

import ssl
import struct
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.runtime.observer import (
    BindRefused,
    CloseReason,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionRefused,
)
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import account, bind_octets, open_gateway, with_limits

if TYPE_CHECKING:
    from trio.testing import MockClock

BALANCER = "10.0.0.1"
TRUSTED = ("10.0.0.0/8",)
V2 = b"\r\n\r\n\0\r\nQUIT\n"


def v1(source: str, family: str = "TCP4") -> bytes:
    """Return a header of version 1."""
    destination = "192.0.2.9" if family == "TCP4" else "2001:db8::9"
    return f"PROXY {family} {source} {destination} 50000 2775\r\n".encode()


def v2(source: str, extra: bytes = b"") -> bytes:
    """Return a header of version 2."""
    address = ip_address(source)
    family = 0x11 if address.version == 4 else 0x21
    addresses = 2 * address.packed + struct.pack(">HH", 50000, 2775) + extra
    return V2 + bytes([0x21, family]) + struct.pack(">H", len(addresses)) + addresses


@pytest.mark.row(101)
@pytest.mark.parametrize(
    ("header", "source"),
    [
        (v1("198.51.100.7"), "198.51.100.7"),
        (v1("2001:db8::7", "TCP6"), "2001:db8::7"),
        (v2("198.51.100.7"), "198.51.100.7"),
        (v2("2001:db8::7"), "2001:db8::7"),
        (v2("198.51.100.7", b"\x03\x00\x04abcd"), "198.51.100.7"),
        (b"PROXY UNKNOWN\r\n", BALANCER),
        (V2 + b"\x20\x00\x00\x00", BALANCER),
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1000])
async def test_the_address_in_a_trusted_header_is_the_client_s(
    header: bytes, source: str, piece: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        esme = gateway.bare(BALANCER)
        octets = header + bind_octets()
        for at in range(0, len(octets), piece):
            await esme.send(octets[at : at + piece])
        assert (await esme.next())[8:12] == b"\0\0\0\0"
        opened = await gateway.wait_for(ConnectionOpened)
        assert source in opened.peer


@pytest.mark.row(101)
async def test_allow_lists_and_blocks_are_held_against_the_real_address(
    autojump_clock: MockClock,
) -> None:
    known = [account(allowed_ips=(ip_network("198.51.100.0/24"),))]
    async with open_gateway(accounts=known, proxy_protocol_from=TRUSTED) as gateway:

        async def status(source: str, password: bytes = b"secret") -> int:
            esme = gateway.bare(BALANCER)
            return (await esme.ask(v2(source) + bind_octets(password=password)))[11]

        assert await status("198.51.100.7") == 0
        assert await status("203.0.113.7") == CommandStatus.ESME_RBINDFAIL
        for _ in range(10):
            assert await status("198.51.100.8", b"wrong") == CommandStatus.ESME_RINVPASWD
        assert await status("198.51.100.8") == CommandStatus.ESME_RBINDFAIL
        assert await status("198.51.100.7") == 0


@pytest.mark.row(101)
@pytest.mark.parametrize(
    "header", [v1("198.51.100.7"), v2("198.51.100.7")], ids=["version 1", "version 2"]
)
async def test_a_header_of_anybody_else_is_not_believed(
    header: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        esme = gateway.bare("192.0.2.1")
        began = trio.current_time()
        await esme.send(header + bind_octets())
        answers = await esme.rest()
        assert [answer[:12] for answer in answers] == [
            b"\0\0\0\x10\x80\0\0\0\0\0\0\x02"  # as any other stream that is no SMPP
        ]
        assert trio.current_time() == began
        assert "192.0.2.1" in gateway.seen(ConnectionOpened)[0].peer


@pytest.mark.row(101)
@pytest.mark.parametrize(
    "octets",
    [
        bind_octets(),
        b"GET / HTTP/1.1\r\n\r\n",
        b"PROXY TCP4 198.51.100.777 192.0.2.9 50000 2775\r\n",
        b"PROXY TCP4 198.51.100.7 192.0.2.9 50000 99999\r\n",
        b"PROXY TCP4 198.51.100.7\r\n",
        b"PROXY " + b"x" * 200,
        V2 + b"\x31\x11\x00\x0c" + bytes(12),
        V2 + b"\x21\x11\x00\x04" + bytes(4),
        V2 + b"\x21\x11\xff\xff",
    ],
)
async def test_a_trusted_balancer_without_a_sound_header_is_closed_without_a_word(
    octets: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        esme = gateway.bare(BALANCER)
        began = trio.current_time()
        await esme.send(octets)
        assert await esme.rest() == []
        assert trio.current_time() == began
        assert (await gateway.wait_for(ConnectionClosed)).reason is CloseReason.PROXY_HEADER
        assert gateway.seen(BindRefused) == []


@pytest.mark.row(101)
@pytest.mark.parametrize("octets", [0, 1, 5, 12, 15, 20])
@pytest.mark.parametrize("header", [v1("198.51.100.7"), v2("198.51.100.7")], ids=["1", "2"])
async def test_a_slow_header_is_closed_at_the_deadline(
    header: bytes, octets: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        esme = gateway.bare(BALANCER)
        connected = trio.current_time()
        await esme.send(header[:octets])
        assert await esme.rest() == []
        assert trio.current_time() - connected == pytest.approx(30)


# ---------------------------------------------------------------------- TLS


@pytest.mark.row(19)
@pytest.mark.parametrize("octets", [0, 1, 5, 50])
async def test_a_handshake_that_does_not_come_is_closed_at_thirty_seconds_and_holds_a_slot(
    octets: int, autojump_clock: MockClock
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    hello = bytes.fromhex("1603010200010001fc0303") + bytes(50)
    async with open_gateway(tls=context, limits=with_limits(max_connections=2)) as gateway:
        connected = trio.current_time()
        waiting = [gateway.bare() for _ in range(2)]
        for esme in waiting:
            await esme.send(hello[:octets])
        await trio.testing.wait_all_tasks_blocked()
        assert await gateway.bare().rest() == []
        assert len(gateway.seen(ConnectionRefused)) == 1
        assert trio.current_time() == connected
        for esme in waiting:
            assert await esme.rest() == []
        assert trio.current_time() - connected == pytest.approx(30)
        await gateway.wait_for(ConnectionClosed, 2)
        reasons = {closed.reason for closed in gateway.seen(ConnectionClosed)}
        assert reasons == {CloseReason.PRE_BIND_TIMEOUT}
        assert gateway.gateway.connections == 0
