"""The PROXY header: read to its end and no further, and believed from trusted balancers alone."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing
from hypothesis import example, given
from hypothesis import strategies as st

from otpblue_trio.policy import Admission, CodeFinder, NumberReader
from otpblue_trio.runtime import Endpoint, Gateway, Peer, open_listeners
from otpblue_trio.runtime.observer import (
    BindAccepted,
    CloseReason,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionRefusal,
    ConnectionRefused,
)
from otpblue_trio.runtime.proxy_protocol import (
    MAX_V2_ADDRESS_OCTETS,
    NeedMore,
    ProxyHeader,
    ProxyHeaderError,
    parse_proxy_header,
    read_proxy_header,
)
from otpblue_trio.smpp import BindTransceiver, CommandStatus, GenericNack, decode, encode
from otpblue_trio.testing import (
    Esme,
    EventRecorder,
    FakePlatform,
    FixedAccounts,
    GatewayUnderTest,
    InlineVerifier,
    account,
    open_gateway,
    tls_pair,
    with_limits,
)
from otpblue_trio.testing.strategies import chunked

if TYPE_CHECKING:
    from trio.testing import MockClock

SIGNATURE = bytes.fromhex("0d0a0d0a000d0a515549540a")
BALANCER = "10.0.0.7"
TRUSTED = ["10.0.0.0/8"]
CLIENT = Peer(ip_address("203.0.113.9"), 50000)

V1 = b"PROXY TCP4 203.0.113.9 10.0.0.7 50000 2776\r\n"
V2 = SIGNATURE + bytes.fromhex("2111000ccb0071090a000007c3500ad8")
V6_SOURCE = "20010db8" + "00" * 11 + "01"
V6_DESTINATION = "20010db8" + "00" * 11 + "02"

HEADERS = {
    "v1-tcp4": (V1, CLIENT),
    "v1-tcp6": (
        b"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n",
        Peer(ip_address("2001:db8::1"), 1),
    ),
    "v1-tcp6-mapped": (
        b"PROXY TCP6 ::ffff:203.0.113.9 ::ffff:10.0.0.7 50000 2776\r\n",
        CLIENT,
    ),
    "v1-longest": (
        b"PROXY TCP6 " + b"ffff:f:f:f:f:f:f:ffff " * 2 + b"65535 65535\r\n",
        Peer(ip_address("ffff:f:f:f:f:f:f:ffff"), 65535),
    ),
    "v1-port-0": (
        b"PROXY TCP4 203.0.113.9 10.0.0.7 0 2776\r\n",
        Peer(ip_address("203.0.113.9"), 0),
    ),
    "v1-unknown": (b"PROXY UNKNOWN\r\n", None),
    "v1-unknown-with-addresses": (b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n", None),
    "v1-107-octets": (b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n", None),
    "v2-tcp4": (V2, CLIENT),
    "v2-tcp4-with-tlvs": (
        SIGNATURE + bytes.fromhex("21110016cb0071090a000007c3500ad8030004a1b2c3d4040000"),
        CLIENT,
    ),
    "v2-tcp6": (
        SIGNATURE + bytes.fromhex("21210024" + V6_SOURCE + V6_DESTINATION + "00010ad8"),
        Peer(ip_address("2001:db8::1"), 1),
    ),
    "v2-tcp6-mapped": (
        SIGNATURE
        + bytes.fromhex(
            "21210024" + "00" * 10 + "ffffcb007109" + "00" * 10 + "ffff0a000007" + "c3500ad8"
        ),
        CLIENT,
    ),
    "v2-local": (SIGNATURE + bytes.fromhex("20000000"), None),
    "v2-local-with-addresses": (SIGNATURE + bytes.fromhex("2011000c") + bytes(12), None),
    "v2-unspecified": (SIGNATURE + bytes.fromhex("21000000"), None),
    "v2-unix": (SIGNATURE + bytes.fromhex("213100d8") + bytes(216), None),
    "v2-unknown-family": (SIGNATURE + bytes.fromhex("217f0003010203"), None),
    "v2-longest": (
        SIGNATURE
        + bytes.fromhex("2111")
        + MAX_V2_ADDRESS_OCTETS.to_bytes(2, "big")
        + bytes.fromhex("cb0071090a000007c3500ad8")
        + bytes(MAX_V2_ADDRESS_OCTETS - 12),
        CLIENT,
    ),
}
NO_HEADERS = {
    "smpp": encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret")),
    "tls": b"\x16\x03\x01\x02\x00\x01\x00",
    "http": b"POST / HTTP/1.1\r\n",
    "v1-lower-case": b"proxy TCP4 203.0.113.9 10.0.0.7 50000 2776\r\n",
    "v1-udp": b"PROXY UDP4 203.0.113.9 10.0.0.7 50000 2776\r\n",
    "v1-no-port": b"PROXY TCP4 203.0.113.9 10.0.0.7 50000\r\n",
    "v1-port-65536": b"PROXY TCP4 203.0.113.9 10.0.0.7 65536 2776\r\n",
    "v1-destination-port-65536": b"PROXY TCP4 203.0.113.9 10.0.0.7 50000 65536\r\n",
    "v1-port-zero-padded": b"PROXY TCP4 203.0.113.9 10.0.0.7 050000 2776\r\n",
    "v1-octet-256": b"PROXY TCP4 203.0.113.256 10.0.0.7 50000 2776\r\n",
    "v1-destination-broken": b"PROXY TCP4 203.0.113.9 10.0.0 50000 2776\r\n",
    "v1-wrong-family": b"PROXY TCP4 2001:db8::1 2001:db8::2 50000 2776\r\n",
    "v1-two-spaces": b"PROXY TCP4  203.0.113.9 10.0.0.7 50000 2776\r\n",
    "v1-scope": b"PROXY TCP6 fe80::1%eth0 fe80::2 50000 2776\r\n",
    "v1-empty": b"PROXY \r\n",
    "v1-108-octets": b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
    "v1-endless": b"PROXY " + b"x" * 200,
    "v1-line-feed-alone": b"PROXY TCP4 203.0.113.9 10.0.0.7 50000 2776\n\r\n",
    "v2-version-1": SIGNATURE + bytes.fromhex("1111000c") + bytes(12),
    "v2-command-2": SIGNATURE + bytes.fromhex("2211000c") + bytes(12),
    "v2-tcp4-short": SIGNATURE + bytes.fromhex("2111000b") + bytes(11),
    "v2-tcp6-short": SIGNATURE + bytes.fromhex("21210023") + bytes(35),
    "v2-too-long": SIGNATURE + bytes.fromhex("21110000")[:2] + b"\xff\xff" + bytes(40),
    "v2-one-too-long": SIGNATURE
    + bytes.fromhex("2111")
    + (MAX_V2_ADDRESS_OCTETS + 1).to_bytes(2, "big"),
    "v2-signature-broken": SIGNATURE[:11] + b"\x0b" + bytes.fromhex("2111000c") + bytes(12),
}


# ---------------------------------------------------------------------- the header


@pytest.mark.parametrize(("octets", "source"), HEADERS.values(), ids=HEADERS)
def test_a_header_tells_its_source(octets: bytes, source: Peer | None) -> None:
    assert parse_proxy_header(octets) == ProxyHeader(source, len(octets))


@pytest.mark.parametrize(("octets", "source"), HEADERS.values(), ids=HEADERS)
def test_what_stands_behind_a_header_does_not_matter(octets: bytes, source: Peer | None) -> None:
    assert parse_proxy_header(octets + b"\r\nmore") == ProxyHeader(source, len(octets))


@pytest.mark.parametrize(("octets", "source"), HEADERS.values(), ids=HEADERS)
def test_every_beginning_of_a_header_needs_more_and_never_too_much(
    octets: bytes, source: Peer | None
) -> None:
    for end in range(len(octets)):
        read = parse_proxy_header(octets[:end])
        assert isinstance(read, NeedMore)
        assert 1 <= read.octets <= len(octets) - end


@pytest.mark.parametrize("octets", NO_HEADERS.values(), ids=NO_HEADERS)
def test_what_is_no_header_is_refused(octets: bytes) -> None:
    with pytest.raises(ProxyHeaderError):
        parse_proxy_header(octets)


def test_a_refusal_does_not_repeat_what_came() -> None:
    with pytest.raises(ProxyHeaderError) as refusal:
        parse_proxy_header(b"PROXY TCP4 hunter2 hunter2 1 1\r\n")
    assert "hunter2" not in str(refusal.value)


@given(
    st.binary(max_size=150)
    | st.binary(max_size=120).map(lambda tail: b"PROXY " + tail)
    | st.text("0123456789abcdef.: TCPUNKOW\r\n", max_size=110).map(
        lambda tail: b"PROXY " + tail.encode()
    )
    | st.binary(max_size=80).map(lambda tail: SIGNATURE + tail)
    | st.binary(max_size=80).map(lambda tail: SIGNATURE + b"\x21\x11\x00" + tail)
)
@example(b"")
@example(b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r")
def test_any_octets_are_a_header_a_beginning_or_refused(octets: bytes) -> None:
    try:
        read = parse_proxy_header(octets)
    except ProxyHeaderError:
        return
    if isinstance(read, NeedMore):
        assert read.octets >= 1
    else:
        assert 15 <= read.octets <= len(octets)


@given(st.data())
def test_any_split_of_a_stream_gives_the_same_header_and_leaves_the_rest(
    data: st.DataObject,
) -> None:
    octets, source = data.draw(st.sampled_from(list(HEADERS.values())))
    rest = data.draw(st.binary(min_size=1, max_size=30))
    chunks = data.draw(chunked(octets + rest))

    async def read() -> tuple[ProxyHeader | None, bytes]:
        stream = _Chunks([chunk for chunk in chunks if chunk])
        return await read_proxy_header(stream), b"".join(stream.chunks)

    assert trio.run(read) == (ProxyHeader(source, len(octets)), rest)


class _Chunks(trio.abc.ReceiveStream):
    """A stream that gives at most one chunk at a time."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = chunks

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        await trio.lowlevel.checkpoint()
        if not self.chunks:
            return b""
        first = self.chunks[0]
        taken = first[:max_bytes]
        if len(taken) < len(first):
            self.chunks[0] = first[len(taken) :]
        else:
            del self.chunks[0]
        return taken

    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


async def test_a_stream_that_ends_before_the_header_has_none() -> None:
    assert await read_proxy_header(_Chunks([])) is None


async def test_a_stream_that_ends_inside_the_header_is_refused() -> None:
    with pytest.raises(ProxyHeaderError):
        await read_proxy_header(_Chunks([V1[:20]]))


# ---------------------------------------------------------------------- behind a balancer


async def relayed(
    gateway: GatewayUnderTest, nursery: trio.Nursery, header: bytes, address: str = BALANCER
) -> Esme:
    """Connect an ESME through a balancer that sends this header."""
    stream = gateway.connect_stream(address)
    await stream.send_all(header)
    esme = Esme(stream)
    await nursery.start(esme.run)
    return esme


async def closed(gateway: GatewayUnderTest) -> ConnectionClosed:
    """Wait for the first connection to have closed."""
    event = await gateway.wait_for(ConnectionClosed)
    assert isinstance(event, ConnectionClosed)
    return event


@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
async def test_behind_a_trusted_balancer_the_peer_is_who_the_header_tells(
    header: bytes, autojump_clock: MockClock
) -> None:
    async with (
        open_gateway(proxy_protocol_from=TRUSTED) as gateway,
        trio.open_nursery() as nursery,
    ):
        esme = await relayed(gateway, nursery, header)
        assert (await esme.bind_transceiver("acme", "secret")).command_status == 0
        (opened,) = gateway.seen(ConnectionOpened)
        (accepted,) = gateway.seen(BindAccepted)
        assert isinstance(opened, ConnectionOpened)
        assert isinstance(accepted, BindAccepted)
        assert (opened.peer, accepted.peer) == ("203.0.113.9:50000", "203.0.113.9:50000")
        await esme.unbind()


async def test_a_header_and_a_bind_in_one_segment_are_both_read(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        stream = gateway.connect_stream(BALANCER)
        bind = encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        await stream.send_all(V1 + bind)
        response = decode(bytes(await stream.receive_some()))
        assert response.command_status == CommandStatus.ESME_ROK


async def test_a_balancer_that_speaks_for_itself_is_the_peer(autojump_clock: MockClock) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        stream = gateway.connect_stream(BALANCER)
        await stream.send_all(HEADERS["v2-local"][0])
        opened = await gateway.wait_for(ConnectionOpened)
        assert isinstance(opened, ConnectionOpened)
        assert opened.peer.startswith(BALANCER + ":")
        await stream.aclose()


@pytest.mark.parametrize("octets", NO_HEADERS.values(), ids=NO_HEADERS)
async def test_a_trusted_balancer_without_a_sound_header_is_closed_in_silence(
    octets: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        started = trio.current_time()
        stream = gateway.connect_stream(BALANCER)
        await stream.send_all(octets)
        assert await stream.receive_some() == b""
        assert trio.current_time() == started
        assert (await closed(gateway)).reason is CloseReason.PROXY_HEADER
        assert len(gateway.seen(ConnectionOpened)) == 1


async def test_half_a_header_is_closed_by_the_pre_bind_deadline(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        started = trio.current_time()
        stream = gateway.connect_stream(BALANCER)
        await stream.send_all(V1[:30])
        assert await stream.receive_some() == b""
        assert trio.current_time() - started == pytest.approx(30.0)
        event = await closed(gateway)
        assert event.reason is CloseReason.PRE_BIND_TIMEOUT
        assert event.peer.startswith(BALANCER + ":")


async def test_a_late_header_leaves_no_more_time_for_the_bind(autojump_clock: MockClock) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        started = trio.current_time()
        stream = gateway.connect_stream(BALANCER)
        await trio.sleep(25)
        await stream.send_all(V1)
        assert await stream.receive_some() == b""
        assert trio.current_time() - started == pytest.approx(30.0)


async def test_a_balancer_that_connects_and_closes_is_no_fault(autojump_clock: MockClock) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        await gateway.connect_stream(BALANCER).aclose()
        event = await closed(gateway)
        assert event.reason in (CloseReason.PEER_CLOSED, CloseReason.PEER_RESET)


async def test_a_stop_does_not_wait_for_a_header(autojump_clock: MockClock) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        started = trio.current_time()
        stream = gateway.connect_stream(BALANCER)
        await trio.testing.wait_all_tasks_blocked()
        gateway.gateway.stop()
        assert await stream.receive_some() == b""
        assert trio.current_time() == started


@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
@pytest.mark.parametrize("trusted", [[], TRUSTED], ids=["nobody-trusted", "others-trusted"])
async def test_a_header_of_anybody_else_is_not_believed(
    trusted: list[str], header: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway(proxy_protocol_from=trusted) as gateway:
        stream = gateway.connect_stream("192.0.2.66")
        await stream.send_all(header)
        nack = decode(bytes(await stream.receive_some()))
        assert isinstance(nack, GenericNack)
        event = await closed(gateway)
        assert event.reason is CloseReason.FRAMING_ERROR
        assert event.peer.startswith("192.0.2.66:")


async def test_beside_a_trusted_balancer_others_connect_without_a_header(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(proxy_protocol_from=TRUSTED) as gateway:
        esme = await gateway.bound()
        assert (await esme.enquire_link()).command_status == CommandStatus.ESME_ROK


@pytest.mark.parametrize(
    ("allowed", "status"),
    [("203.0.113.0/24", CommandStatus.ESME_ROK), ("10.0.0.0/8", CommandStatus.ESME_RBINDFAIL)],
)
async def test_an_allow_list_is_held_against_the_real_address(
    allowed: str, status: CommandStatus, autojump_clock: MockClock
) -> None:
    accounts = [account(allowed_ips=(ip_network(allowed),))]
    async with (
        open_gateway(accounts=accounts, proxy_protocol_from=TRUSTED) as gateway,
        trio.open_nursery() as nursery,
    ):
        esme = await relayed(gateway, nursery, V1)
        assert (await esme.bind_transceiver("acme", "secret")).command_status == status
        await esme.aclose()


async def test_a_block_is_for_the_real_address(autojump_clock: MockClock) -> None:
    async with (
        open_gateway(
            limits=with_limits(bind_failures_before_block=2), proxy_protocol_from=TRUSTED
        ) as gateway,
        trio.open_nursery() as nursery,
    ):
        for _ in range(2):
            esme = await relayed(gateway, nursery, V1)
            response = await esme.bind_transceiver("acme", "wrong")
            assert response.command_status == CommandStatus.ESME_RINVPASWD
        blocked = await relayed(gateway, nursery, V1)
        response = await blocked.bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_RBINDFAIL
        other = await relayed(gateway, nursery, V1.replace(b"113.9", b"113.8"))
        assert (await other.bind_transceiver("acme", "secret")).command_status == 0
        await other.unbind()


async def test_the_cap_per_address_counts_the_real_address(autojump_clock: MockClock) -> None:
    async with (
        open_gateway(
            limits=with_limits(max_connections_per_address=1), proxy_protocol_from=TRUSTED
        ) as gateway,
        trio.open_nursery() as nursery,
    ):
        first = await relayed(gateway, nursery, V1)
        await first.bind_transceiver("acme", "secret")
        second = await relayed(gateway, nursery, V1.replace(b"50000", b"50001"))
        await second.wait_closed()
        (refused,) = gateway.seen(ConnectionRefused)
        assert isinstance(refused, ConnectionRefused)
        assert refused.peer == "203.0.113.9:50001"
        assert refused.refusal is ConnectionRefusal.ADDRESS_CAP
        other = await relayed(gateway, nursery, V1.replace(b"113.9", b"113.8"))
        assert (await other.bind_transceiver("acme", "secret")).command_status == 0
        assert len(gateway.seen(ConnectionOpened)) == 2
        await first.unbind()
        await first.wait_closed()
        await trio.testing.wait_all_tasks_blocked()
        again = await relayed(gateway, nursery, V1)
        assert (await again.bind_transceiver("acme", "secret")).command_status == 0
        await again.unbind()
        await other.unbind()


async def test_a_balancer_without_headers_is_held_by_the_global_cap(
    autojump_clock: MockClock,
) -> None:
    limits = with_limits(max_connections=2, max_connections_per_address=1)
    async with open_gateway(limits=limits, proxy_protocol_from=TRUSTED) as gateway:
        streams = [gateway.connect_stream(BALANCER) for _ in range(3)]
        assert await streams[2].receive_some() == b""
        (refused,) = gateway.seen(ConnectionRefused)
        assert isinstance(refused, ConnectionRefused)
        assert refused.refusal is ConnectionRefusal.GLOBAL_CAP


async def test_tls_begins_right_behind_the_header() -> None:
    server_tls, client_tls = tls_pair("127.0.0.1")
    recorder = EventRecorder()
    gateway = Gateway(
        limits=with_limits(),
        accounts=FixedAccounts([account()]),
        admission=Admission(NumberReader(), CodeFinder()),
        platform=FakePlatform(),
        verifier=InlineVerifier(),
        observer=recorder,
        wall_clock=datetime(2026, 2, 12, tzinfo=UTC).timestamp,
        proxy_protocol_from=(ip_network("127.0.0.0/8"),),
    )
    ((address, listener),) = await open_listeners("127.0.0.1", 0)
    endpoint = Endpoint("tls", address, listener, lambda: server_tls)
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [endpoint])
        socket = await trio.open_tcp_stream("127.0.0.1", int(address.rpartition(":")[2]))
        await socket.send_all(V2)
        esme = Esme(trio.SSLStream(socket, client_tls, server_hostname="127.0.0.1"))
        nursery.start_soon(esme.run)
        assert (await esme.bind_transceiver("acme", "secret")).command_status == 0
        opened = await recorder.wait_for(ConnectionOpened)
        assert isinstance(opened, ConnectionOpened)
        assert opened.peer == "203.0.113.9:50000"
        await esme.unbind()
        await esme.aclose()
        gateway.stop()
