"""The gateway as a whole: caps on connections, listeners, the graceful stop and the hard one."""

from __future__ import annotations

import functools
from ipaddress import ip_network
from typing import TYPE_CHECKING, TypeVar

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.config import Limits
from otpblue_trio.policy import Account, Admission, CodeFinder, NumberReader
from otpblue_trio.runtime import Endpoint, Gateway
from otpblue_trio.runtime.observer import (
    BindAccepted,
    CloseReason,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionRefusal,
    ConnectionRefused,
    GatewayStarted,
    GatewayStopped,
    GatewayStopping,
    ListenerStarted,
    MessageAnswered,
)
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandStatus,
    Framer,
    Pdu,
    Unbind,
    decode,
    encode,
)
from otpblue_trio.testing import (
    Esme,
    EsmeClosed,
    EventRecorder,
    FakePlatform,
    FixedAccounts,
    GatewayUnderTest,
    InlineVerifier,
    MemoryListener,
    MemoryStream,
    account,
    open_gateway,
    submit_pdu,
    tls_pair,
    with_limits,
)
from otpblue_trio.testing.gateway import EPOCH

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from trio.testing import MockClock

    from otpblue_trio.runtime import Platform
    from otpblue_trio.runtime.observer import Event

pytestmark = pytest.mark.usefixtures("over_both")

NUMBER = "14155552671"
TEXT = "Your code is 482910"

EventT = TypeVar("EventT")


def new_gateway(
    recorder: EventRecorder,
    *,
    platform: Platform | None = None,
    limits: Limits | None = None,
    verifier: InlineVerifier | None = None,
) -> Gateway:
    """Return a gateway that nobody serves yet."""
    return Gateway(
        limits=limits or Limits(),
        accounts=FixedAccounts([account(max_sessions=50)]),
        admission=Admission(NumberReader(), CodeFinder()),
        platform=platform or FakePlatform(),
        verifier=verifier or InlineVerifier(),
        observer=recorder,
        wall_clock=EPOCH.timestamp,
    )


def of_type(events: Sequence[Event], kind: type[EventT]) -> list[EventT]:
    """Return the events of one type."""
    return [event for event in events if isinstance(event, kind)]


async def bound(listener: MemoryListener, nursery: trio.Nursery) -> Esme:
    """Connect an ESME and bind it."""
    esme = Esme(listener.connect())
    await nursery.start(esme.run)
    assert (await esme.bind_transceiver("acme", "secret")).command_status == 0
    return esme


# ---------------------------------------------------------------------- caps on connections


async def test_one_connection_above_the_cap_is_closed_at_once(autojump_clock: MockClock) -> None:
    limits = with_limits(max_connections=3)
    async with open_gateway(limits=limits) as gateway:
        kept = [gateway.connect_stream(f"192.0.2.{number}") for number in range(3)]
        await trio.testing.wait_all_tasks_blocked()
        assert gateway.gateway.connections == 3
        began = trio.current_time()
        refused = gateway.connect_stream("192.0.2.99")
        assert await refused.receive_some() == b""
        assert trio.current_time() == began
        (told,) = of_type(gateway.events, ConnectionRefused)
        assert (told.refusal, told.listener) == (ConnectionRefusal.GLOBAL_CAP, "memory")
        assert told.peer.startswith("192.0.2.99:")
        assert len(of_type(gateway.events, ConnectionOpened)) == 3
        for stream in kept:
            await stream.aclose()


async def test_a_freed_slot_is_usable_at_once(autojump_clock: MockClock) -> None:
    limits = with_limits(max_connections=2)
    async with open_gateway(limits=limits) as gateway:
        await gateway.bound()
        second = await gateway.bound()
        began = trio.current_time()
        for _ in range(20):
            await second.unbind()
            await second.wait_closed()
            await trio.testing.wait_all_tasks_blocked()
            second = await gateway.bound()
        assert trio.current_time() == began
        assert not of_type(gateway.events, ConnectionRefused)


async def test_the_default_cap_is_a_thousand_connections(autojump_clock: MockClock) -> None:
    limits = with_limits(max_connections_per_address=2000)
    async with open_gateway(limits=limits) as gateway:
        streams = [gateway.connect_stream() for _ in range(1001)]
        await gateway.wait_for(ConnectionRefused)
        assert gateway.gateway.connections == 1000
        for stream in streams:
            await trio.aclose_forcefully(stream)


@pytest.mark.parametrize("distance", [-1, 0, 1])
async def test_the_cap_of_an_address_touches_no_other(
    distance: int, autojump_clock: MockClock
) -> None:
    cap = 4
    limits = with_limits(max_connections_per_address=cap)
    async with open_gateway(limits=limits) as gateway:
        streams = [gateway.connect_stream("192.0.2.1") for _ in range(cap + distance)]
        streams.append(gateway.connect_stream("192.0.2.2"))
        await trio.testing.wait_all_tasks_blocked()
        assert gateway.gateway.connections == min(cap, cap + distance) + 1
        refusals = [event.refusal for event in of_type(gateway.events, ConnectionRefused)]
        assert refusals == ([ConnectionRefusal.ADDRESS_CAP] if distance > 0 else [])
        await streams[0].aclose()
        await gateway.wait_for(ConnectionClosed)
        await trio.testing.wait_all_tasks_blocked()
        again = gateway.connect_stream("192.0.2.1")
        await trio.testing.wait_all_tasks_blocked()
        assert gateway.gateway.connections == min(cap, cap + distance) + 1
        for stream in [*streams, again]:
            await stream.aclose()


@pytest.mark.parametrize(
    ("first", "second", "connections"),
    [
        ("2001:db8::1", "2001:db8::2", 1),
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", 1),
        ("2001:db8::1", "2001:db8:0:1::1", 2),
        ("192.0.2.1", "192.0.2.2", 2),
        ("192.0.2.1", "::ffff:192.0.2.1", 1),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", 2),
    ],
)
async def test_an_ipv6_address_counts_with_its_subscriber_s_whole_network(
    first: str, second: str, connections: int, autojump_clock: MockClock
) -> None:
    limits = with_limits(max_connections_per_address=1)
    async with open_gateway(limits=limits) as gateway:
        streams = [gateway.connect_stream(first), gateway.connect_stream(second)]
        await trio.testing.wait_all_tasks_blocked()
        assert gateway.gateway.connections == connections
        for stream in streams:
            await stream.aclose()


@pytest.mark.parametrize(
    ("address", "connections"),
    [
        ("198.51.100.7", 5),
        ("::ffff:198.51.100.7", 5),
        ("198.51.101.7", 2),
        ("2001:db8::7", 5),
        ("2001:db9::7", 2),
    ],
)
async def test_an_uncapped_network_is_bound_by_the_cap_of_all_only(
    address: str, connections: int, autojump_clock: MockClock
) -> None:
    limits = with_limits(
        max_connections=5,
        max_connections_per_address=2,
        uncapped_networks=(ip_network("198.51.100.0/24"), ip_network("2001:db8::/32")),
    )
    async with open_gateway(limits=limits) as gateway:
        streams = [gateway.connect_stream(address) for _ in range(6)]
        await trio.testing.wait_all_tasks_blocked()
        assert gateway.gateway.connections == connections
        for stream in streams:
            await stream.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert gateway.gateway.connections == 0


async def test_behind_a_load_balancer_its_header_s_address_is_uncapped(
    autojump_clock: MockClock,
) -> None:
    limits = with_limits(
        max_connections_per_address=1, uncapped_networks=(ip_network("198.51.100.0/24"),)
    )
    async with open_gateway(limits=limits, proxy_protocol_from=["10.0.0.0/8"]) as gateway:
        streams = []
        for source in ("198.51.100.7", "198.51.100.7", "198.51.101.7", "198.51.101.7"):
            streams.append(gateway.connect_stream("10.0.0.1"))
            await streams[-1].send_all(f"PROXY TCP4 {source} 192.0.2.1 1 2\r\n".encode())
        await trio.testing.wait_all_tasks_blocked()
        assert gateway.gateway.connections == 3
        (told,) = of_type(gateway.events, ConnectionRefused)
        assert told.peer.startswith("198.51.101.7:")
        for stream in streams:
            await stream.aclose()


# ---------------------------------------------------------------------- slow peers


class SlowStream(MemoryStream):
    """Takes three seconds to send anything; what is cancelled meanwhile never arrives."""

    def __init__(self, stream: MemoryStream) -> None:
        super().__init__(stream, stream.peer)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await trio.sleep(3)
        await super().send_all(data)


class SlowListener(MemoryListener):
    """A listener whose server ends are slow."""

    async def accept(self) -> MemoryStream:
        return SlowStream(await super().accept())


class ResetStream(MemoryStream):
    """Takes the end of the stream for a reset."""

    def __init__(self, stream: MemoryStream) -> None:
        super().__init__(stream, stream.peer)

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        octets = await super().receive_some(max_bytes)
        if not octets:
            raise trio.BrokenResourceError
        return octets


class ResetListener(MemoryListener):
    """A listener whose clients do not close but reset."""

    async def accept(self) -> MemoryStream:
        return ResetStream(await super().accept())


async def test_a_half_closed_connection_gets_what_is_being_written(
    autojump_clock: MockClock,
) -> None:
    """The answer has left the queue and not yet the gateway when the end of the stream is read."""
    recorder = EventRecorder()
    gateway = new_gateway(recorder)
    listener = SlowListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        stream = listener.connect()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        )
        await trio.sleep(1)
        await stream.send_eof()
        octets = await stream.receive_some()
        assert octets[8:16] == bytes(4) + b"\0\0\0\x01"
        closed = await recorder.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.PEER_CLOSED
        gateway.stop()


# ---------------------------------------------------------------------- TLS


def tls_client(
    gateway: GatewayUnderTest, trusting: ssl.SSLContext
) -> trio.SSLStream[trio.abc.Stream]:
    """Connect and return the client's end; no handshake yet."""
    return trio.SSLStream(
        gateway.connect_stream(), trusting, server_hostname="localhost", https_compatible=True
    )


async def test_a_message_passes_through_tls(autojump_clock: MockClock) -> None:
    server, trusting = tls_pair()
    async with open_gateway(tls=server) as gateway:
        esme = await gateway.bound(tls=trusting)
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_ROK
        assert (await esme.receipt()).destination_addr == ""
        await esme.unbind()
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.UNBOUND


async def test_connections_in_a_handshake_count_and_end_at_the_pre_bind_deadline(
    autojump_clock: MockClock,
) -> None:
    server, _ = tls_pair()
    async with open_gateway(tls=server, limits=with_limits(max_connections=2)) as gateway:
        began = trio.current_time()
        silent = [gateway.connect_stream() for _ in range(2)]
        await trio.testing.wait_all_tasks_blocked()
        assert await gateway.connect_stream().receive_some() == b""
        (refused,) = gateway.seen(ConnectionRefused)
        assert refused.refusal is ConnectionRefusal.GLOBAL_CAP
        assert await silent[0].receive_some() == b""
        assert trio.current_time() - began == pytest.approx(30)
        closed = await gateway.wait_for(ConnectionClosed, 2)
        assert closed.reason is CloseReason.PRE_BIND_TIMEOUT


async def test_the_handshake_counts_towards_the_pre_bind_deadline(
    autojump_clock: MockClock,
) -> None:
    server, trusting = tls_pair()
    async with open_gateway(tls=server) as gateway:
        began = trio.current_time()
        client = tls_client(gateway, trusting)
        await trio.sleep(20)
        await client.do_handshake()
        assert await client.receive_some() == b""
        assert trio.current_time() - began == pytest.approx(30)


@pytest.mark.parametrize(
    "octets", [b"GET / HTTP/1.1\r\n\r\n", encode(BindTransceiver(system_id="acme")), b"\x16" * 600]
)
async def test_what_is_no_tls_ends_its_connection_only(
    octets: bytes, autojump_clock: MockClock
) -> None:
    server, trusting = tls_pair()
    async with open_gateway(tls=server) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(octets)
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.TLS_FAILED
        await stream.aclose()
        client = tls_client(gateway, trusting)
        await client.do_handshake()
        await client.aclose()


async def test_a_context_that_cannot_be_had_ends_one_connection_only(
    autojump_clock: MockClock,
) -> None:
    def broken() -> ssl.SSLContext:
        raise OSError("the certificate is being replaced")

    recorder = EventRecorder()
    gateway = new_gateway(recorder)
    tls, plain = MemoryListener(), MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(
            gateway.serve,
            [Endpoint("tls", "memory", tls, broken), Endpoint("plain", "memory", plain)],
        )
        assert await tls.connect().receive_some() == b""
        esme = await bound(plain, nursery)
        assert (await esme.enquire_link()).command_status == 0
        closed = await recorder.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.INTERNAL_ERROR
        gateway.stop()


# ---------------------------------------------------------------------- the graceful stop


async def test_a_start_and_a_stop_are_told_in_order(autojump_clock: MockClock) -> None:
    recorder = EventRecorder()
    gateway = new_gateway(recorder)
    listener = MemoryListener()
    ready = [gateway.is_ready]
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory:1", listener)])
        ready.append(gateway.is_ready)
        await bound(listener, nursery)
        gateway.stop()
        assert gateway.is_stopping
        ready.append(gateway.is_ready)
    assert ready == [False, True, False]
    kinds = [type(event) for event in recorder.events]
    assert kinds[:2] == [ListenerStarted, GatewayStarted]
    stopping = kinds.index(GatewayStopping)
    assert kinds[stopping:] == [GatewayStopping, ConnectionClosed, GatewayStopped]
    assert recorder.events[stopping] == GatewayStopping(sessions=1, in_flight=0, timeout=20.0)
    assert recorder.events[-1] == GatewayStopped(abandoned=0)


async def test_a_stop_closes_the_listeners_first(autojump_clock: MockClock) -> None:
    platform = FakePlatform(latency=5)
    recorder = EventRecorder()
    gateway = new_gateway(recorder, platform=platform)
    listeners = [MemoryListener(), MemoryListener()]
    async with trio.open_nursery() as nursery:
        await nursery.start(
            gateway.serve,
            [Endpoint("plain", f"memory:{at}", each) for at, each in enumerate(listeners)],
        )
        esme = await bound(listeners[0], nursery)
        nursery.start_soon(esme.submit_sm, NUMBER, TEXT)
        await platform.wait_for_requests(1)
        gateway.stop()
        await recorder.wait_for(GatewayStopping)
        for listener in listeners:
            with pytest.raises(trio.ClosedResourceError):
                listener.connect()
        assert gateway.in_flight == 1


async def test_a_stop_answers_what_is_in_flight_unbinds_and_returns(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(latency=5)
    recorder = EventRecorder()
    gateway = new_gateway(recorder, platform=platform)
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        sessions = [await bound(listener, nursery) for _ in range(3)]
        statuses: list[int] = []

        async def submit(esme: Esme, code: int) -> None:
            response = await esme.submit_sm(NUMBER, f"Your code is {code}")
            statuses.append(response.command_status)
            assert (await esme.receipt()).short_message

        for code, esme in enumerate(sessions, 100_000):
            nursery.start_soon(submit, esme, code)
        await platform.wait_for_requests(3)
        began = trio.current_time()
        gateway.stop()
    assert statuses == [CommandStatus.ESME_ROK] * 3
    assert all(esme.unbind_received for esme in sessions)
    assert trio.current_time() - began == pytest.approx(5)
    reasons = {event.reason for event in of_type(recorder.events, ConnectionClosed)}
    assert reasons == {CloseReason.DRAINED}
    assert recorder.events[-1] == GatewayStopped(abandoned=0)


async def test_new_messages_during_a_stop_are_refused_with_a_system_error(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(latency=5)
    recorder = EventRecorder()
    gateway = new_gateway(recorder, platform=platform)
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        esme = await bound(listener, nursery)
        nursery.start_soon(esme.submit_sm, NUMBER, TEXT)
        await platform.wait_for_requests(1)
        gateway.stop()
        await trio.sleep(1)
        late = await esme.submit_sm(NUMBER, "Your code is 551177")
        assert late.command_status == CommandStatus.ESME_RSYSERR
        assert (await esme.enquire_link()).command_status == 0
    assert len(platform.requests) == 1
    reasons = [event.reason for event in of_type(recorder.events, MessageAnswered)]
    assert reasons == ["draining", "delivered"]


@pytest.mark.parametrize(
    ("latency", "abandoned", "took"), [(9.0, 0, 9.0), (11.0, 1, 10.0), (1000.0, 1, 10.0)]
)
async def test_a_stop_takes_no_longer_than_its_timeout(
    latency: float, abandoned: int, took: float, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(latency=latency)
    recorder = EventRecorder()
    gateway = new_gateway(recorder, platform=platform, limits=with_limits(drain_timeout=10.0))
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        esme = await bound(listener, nursery)
        await esme.send(attrs.evolve(submit_pdu(NUMBER, TEXT), sequence_number=9))
        await platform.wait_for_requests(1)
        began = trio.current_time()
        gateway.stop()
        await recorder.wait_for(GatewayStopped)
        assert trio.current_time() - began == pytest.approx(took)
    assert recorder.events[-1] == GatewayStopped(abandoned=abandoned)
    (told,) = of_type(recorder.events, MessageAnswered)
    assert told.reason == ("platform_unavailable" if abandoned else "delivered")
    (closed,) = of_type(recorder.events, ConnectionClosed)
    assert closed.reason is CloseReason.DRAINED


async def test_a_stop_waits_for_messages_whose_session_is_lost(autojump_clock: MockClock) -> None:
    """Their outcome belongs in the books although nobody is there to be told."""
    platform = FakePlatform(latency=5)
    recorder = EventRecorder()
    gateway = new_gateway(recorder, platform=platform)
    listener = ResetListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        esme = await bound(listener, nursery)
        await esme.send(attrs.evolve(submit_pdu(NUMBER, TEXT), sequence_number=9))
        await platform.wait_for_requests(1)
        await esme.aclose()
        await recorder.wait_for(ConnectionClosed)
        began = trio.current_time()
        gateway.stop()
    assert trio.current_time() - began == pytest.approx(5)
    (told,) = of_type(recorder.events, MessageAnswered)
    assert told.reason == "delivered"
    assert recorder.events[-1] == GatewayStopped(abandoned=0)


async def test_a_stop_of_an_idle_gateway_takes_no_time(autojump_clock: MockClock) -> None:
    recorder = EventRecorder()
    gateway = new_gateway(recorder)
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        began = trio.current_time()
        gateway.stop()
    assert trio.current_time() == began


async def test_stop_now_cuts_a_stop_short(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    recorder = EventRecorder()
    gateway = new_gateway(recorder, platform=platform)
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        esme = await bound(listener, nursery)
        await esme.send(attrs.evolve(submit_pdu(NUMBER, TEXT), sequence_number=9))
        await platform.wait_for_requests(1)
        began = trio.current_time()
        gateway.stop()
        await trio.sleep(3)
        gateway.stop_now()
        await recorder.wait_for(GatewayStopped)
        assert trio.current_time() - began <= 4.1
    assert recorder.events[-1] == GatewayStopped(abandoned=1)


async def test_stop_now_alone_stops_too(autojump_clock: MockClock) -> None:
    recorder = EventRecorder()
    gateway = new_gateway(recorder)
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        esme = await bound(listener, nursery)
        gateway.stop_now()
    assert esme.is_closed
    assert recorder.events[-1] == GatewayStopped(abandoned=0)


async def test_an_esme_that_answers_no_unbind_does_not_hold_a_stop_up(
    autojump_clock: MockClock,
) -> None:
    recorder = EventRecorder()
    gateway = new_gateway(recorder)
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        stream = listener.connect()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        )
        await stream.receive_some()
        began = trio.current_time()
        gateway.stop()
        framer = Framer(65536)
        pdus: list[Pdu] = []
        while octets := await stream.receive_some():
            framer.feed(bytes(octets))
            while (frame := framer.next_frame()) is not None:
                pdus.append(decode(frame))
        assert [type(pdu) for pdu in pdus] == [Unbind]
        await recorder.wait_for(GatewayStopped)
        assert trio.current_time() - began <= 3.1
        await stream.aclose()


async def test_a_connection_that_is_not_bound_is_closed_by_a_stop(
    autojump_clock: MockClock,
) -> None:
    recorder = EventRecorder()
    gateway = new_gateway(recorder)
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        stream = listener.connect()
        await recorder.wait_for(ConnectionOpened)
        gateway.stop()
        assert await stream.receive_some() == b""
        await stream.aclose()


async def test_a_connection_accepted_at_the_moment_of_a_stop_is_closed_at_once(
    autojump_clock: MockClock,
) -> None:
    """Whether it was still in the backlog, or accepted and not looked at: it must not hang."""
    for passes in range(4):
        recorder = EventRecorder()
        gateway = new_gateway(recorder)
        listener = MemoryListener()
        async with trio.open_nursery() as nursery:
            await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
            await trio.testing.wait_all_tasks_blocked()
            began = trio.current_time()
            streams = [listener.connect() for _ in range(5)]
            for _ in range(passes):
                await trio.lowlevel.checkpoint()
            gateway.stop()
            with trio.fail_after(5):
                for stream in streams:
                    assert await stream.receive_some() == b""
                    await stream.aclose()
            await recorder.wait_for(GatewayStopped)
            assert trio.current_time() - began <= 1.1
        opened = len(of_type(recorder.events, ConnectionOpened))
        assert opened == len(of_type(recorder.events, ConnectionClosed))


async def test_a_bind_that_a_stop_overtakes_does_not_get_in(autojump_clock: MockClock) -> None:
    class Slow(InlineVerifier):
        async def verify(self, account: Account | None, given: str, /) -> bool:
            await trio.sleep(5)
            return True

    recorder = EventRecorder()
    gateway = new_gateway(recorder, verifier=Slow())
    listener = MemoryListener()
    async with trio.open_nursery() as nursery:
        await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
        esme = Esme(listener.connect())
        await nursery.start(esme.run)

        async def bind() -> None:
            with pytest.raises(EsmeClosed):
                await esme.bind_transceiver("acme", "secret")

        nursery.start_soon(bind)
        await trio.sleep(1)
        gateway.stop()
    assert gateway.accounts == ()
    assert not of_type(recorder.events, BindAccepted)


# ---------------------------------------------------------------------- the hard stop


async def test_a_cancelled_gateway_closes_everything(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    recorder = EventRecorder()
    gateway = new_gateway(recorder, platform=platform)
    listener = MemoryListener()
    async with trio.open_nursery() as clients:
        async with trio.open_nursery() as nursery:
            await nursery.start(gateway.serve, [Endpoint("plain", "memory", listener)])
            esme = await bound(listener, clients)
            unbound = listener.connect()
            await esme.send(attrs.evolve(submit_pdu(NUMBER, TEXT), sequence_number=9))
            await platform.wait_for_requests(1)
            await recorder.wait_for(ConnectionOpened, 2)
            began = trio.current_time()
            nursery.cancel_scope.cancel()
        assert trio.current_time() - began <= 1.1
        await esme.wait_closed()
        assert await unbound.receive_some() == b""
        with pytest.raises(trio.ClosedResourceError):
            listener.connect()
        await unbound.aclose()
    assert not gateway.is_ready
    assert gateway.connections == gateway.in_flight == 0
    assert not gateway.accounts[0].sessions
    reasons = [event.reason for event in of_type(recorder.events, ConnectionClosed)]
    assert reasons == [CloseReason.DRAINED] * 2
    (told,) = of_type(recorder.events, MessageAnswered)
    assert told.reason == "platform_unavailable"


async def test_a_gateway_that_cannot_start_closes_its_listeners(
    autojump_clock: MockClock,
) -> None:
    class Broken(FakePlatform):
        async def run(
            self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
        ) -> None:
            raise OSError("no platform")

    recorder = EventRecorder()
    gateway = new_gateway(recorder, platform=Broken())
    listener = MemoryListener()
    with pytest.RaisesGroup(OSError, allow_unwrapped=True, flatten_subgroups=True):
        await gateway.serve([Endpoint("plain", "memory", listener)])
    with pytest.raises(trio.ClosedResourceError):
        listener.connect()
    assert not gateway.is_ready
    assert recorder.events == []


async def test_a_platform_that_breaks_at_a_hard_stop_is_heard_of(
    autojump_clock: MockClock,
) -> None:
    class Breaking(FakePlatform):
        async def run(
            self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
        ) -> None:
            try:
                await super().run(task_status=task_status)
            finally:
                raise ZeroDivisionError

    gateway = new_gateway(EventRecorder(), platform=Breaking())
    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            await nursery.start(
                functools.partial(gateway.serve, [Endpoint("plain", "memory", MemoryListener())])
            )
            nursery.cancel_scope.cancel()


async def test_a_platform_that_breaks_ends_the_gateway_and_is_heard_of(
    autojump_clock: MockClock,
) -> None:
    class Breaking(FakePlatform):
        async def run(
            self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
        ) -> None:
            task_status.started()
            await trio.sleep(5)
            raise ZeroDivisionError

    recorder = EventRecorder()
    gateway = new_gateway(recorder, platform=Breaking())
    listener = MemoryListener()
    with pytest.RaisesGroup(ZeroDivisionError, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            await nursery.start(
                functools.partial(gateway.serve, [Endpoint("plain", "memory", listener)])
            )
            stream = listener.connect()
            assert await stream.receive_some() == b""
    with pytest.raises(trio.ClosedResourceError):
        listener.connect()
    assert gateway.connections == 0
