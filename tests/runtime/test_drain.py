"""Whatever ends a session, the result of a message that the platform already has is not lost.

Each way to end a session is tried with messages in flight, alone and while another end is under
way. The response is written wherever somebody still waits for it; the record is kept and the event
told in any case; the receipt reaches the ESME or waits for its next session.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio.runtime.observer import CloseReason, ConnectionClosed, MessageAnswered
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandStatus,
    DeliverSm,
    DeliverSmResp,
    Pdu,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    encode,
)
from otpblue_trio.testing import (
    FakePlatform,
    FakeStore,
    GatewayUnderTest,
    MemoryStream,
    open_gateway,
    read_pdus,
    submit_pdu,
    tls_pair,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

pytestmark = pytest.mark.usefixtures("over_both")

MESSAGES = 3
NUMBERS = [f"1415555267{last}" for last in range(MESSAGES)]
LIMITS = with_limits(drain_timeout=3600.0, max_session_duration=600.0, inactivity_timeout=300.0)

Way = Callable[[GatewayUnderTest, MemoryStream], Awaitable[None]]


async def by_unbind(gateway: GatewayUnderTest, stream: MemoryStream) -> None:
    await stream.send_all(encode(Unbind(sequence_number=90)))


async def by_unbind_resp(gateway: GatewayUnderTest, stream: MemoryStream) -> None:
    await stream.send_all(encode(UnbindResp(sequence_number=90)))


async def by_half_close(gateway: GatewayUnderTest, stream: MemoryStream) -> None:
    await stream.send_eof()


async def by_max_duration(gateway: GatewayUnderTest, stream: MemoryStream) -> None:
    await trio.sleep(601)


async def by_inactivity(gateway: GatewayUnderTest, stream: MemoryStream) -> None:
    await trio.sleep(301)


async def by_stop(gateway: GatewayUnderTest, stream: MemoryStream) -> None:
    gateway.gateway.stop()


async def by_account_gone(gateway: GatewayUnderTest, stream: MemoryStream) -> None:
    for state in gateway.gateway.accounts:
        for connection in tuple(state.sessions):
            connection.leave(CloseReason.ACCOUNT_GONE)


async def by_stalled_pdu(gateway: GatewayUnderTest, stream: MemoryStream) -> None:
    await stream.send_all(bytes(3))
    await trio.sleep(11)


async def by_lost_framing(gateway: GatewayUnderTest, stream: MemoryStream) -> None:
    await stream.send_all(b"GET / HTTP/1.1\r\n\r\n")


OURS: list[Way] = [by_max_duration, by_inactivity, by_stop, by_account_gone]
THEIRS: list[Way] = [by_unbind, by_half_close]
WAYS: list[tuple[Way, ...]] = [
    *((way,) for way in [*OURS, *THEIRS, by_stalled_pdu, by_lost_framing]),
    *((first, second) for first in THEIRS for second in OURS),
    *((first, second) for first in OURS for second in THEIRS),
    (by_unbind, by_half_close),
    (by_unbind, by_stalled_pdu),
    (by_unbind, by_lost_framing),
    (by_stop, by_lost_framing),
]


def named(ways: tuple[Way, ...]) -> str:
    return "-then-".join(way.__name__ for way in ways)


async def in_flight(gateway: GatewayUnderTest, platform: FakePlatform) -> MemoryStream:
    """Bind, submit, and return when the platform has everything; nothing is answered yet."""
    stream = gateway.connect_stream()
    await stream.send_all(
        encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
    )
    await read_pdus(stream, 1)
    for sequence_number, number in enumerate(NUMBERS, 2):
        pdu = submit_pdu(number, "Your code is 482910")
        octets = bytearray(encode(pdu))
        octets[12:16] = sequence_number.to_bytes(4, "big")
        await stream.send_all(octets)
    await platform.wait_for_requests(MESSAGES)
    return stream


def responses(pdus: list[Pdu]) -> dict[int, int]:
    """Return the command_status of each submit_sm_resp by its sequence_number."""
    return {
        pdu.sequence_number: pdu.command_status for pdu in pdus if isinstance(pdu, SubmitSmResp)
    }


@pytest.mark.parametrize("ways", WAYS, ids=named)
async def test_an_ending_session_gets_the_results_of_what_was_sent(
    ways: tuple[Way, ...], autojump_clock: MockClock
) -> None:
    platform = FakePlatform(holds=True)
    store = FakeStore()
    async with open_gateway(platform=platform, store=store, limits=LIMITS) as gateway:
        stream = await in_flight(gateway, platform)
        for way in ways:
            await way(gateway, stream)
            await trio.testing.wait_all_tasks_blocked()
        platform.release()
        pdus = await read_pdus(stream)
        assert responses(pdus) == dict.fromkeys(range(2, 2 + MESSAGES), CommandStatus.ESME_ROK)
        assert len(gateway.seen(MessageAnswered)) == MESSAGES
        assert len(store.cdrs) == MESSAGES
        # No receipt was acknowledged, so each is still owed.
        assert len(store.receipts) == MESSAGES
        if ways[0] is by_unbind and by_lost_framing not in ways:
            assert [pdu for pdu in pdus if isinstance(pdu, UnbindResp)]
        await trio.aclose_forcefully(stream)


PARTED: list[tuple[Way, ...]] = [
    (by_unbind_resp,),
    *((first, by_unbind_resp) for first in [*OURS, by_unbind]),
]


@pytest.mark.parametrize("ways", PARTED, ids=named)
async def test_unbind_resp_is_waited_for_by_nothing_and_loses_no_record(
    ways: tuple[Way, ...], autojump_clock: MockClock
) -> None:
    platform = FakePlatform(holds=True)
    store = FakeStore()
    async with open_gateway(platform=platform, store=store, limits=LIMITS) as gateway:
        stream = await in_flight(gateway, platform)
        for way in ways[:-1]:
            await way(gateway, stream)
            await trio.testing.wait_all_tasks_blocked()
        began = trio.current_time()
        await ways[-1](gateway, stream)
        assert await read_pdus(stream) == []
        assert trio.current_time() == began
        await stream.aclose()
        await gateway.wait_for(ConnectionClosed)
        assert trio.current_time() == began
        platform.release()
        assert len(gateway.seen(MessageAnswered)) == len(store.cdrs) == MESSAGES
        assert len(store.receipts) == MESSAGES


@pytest.mark.parametrize(
    "ways", [ways for ways in [*WAYS, *PARTED] if by_stop not in ways], ids=named
)
async def test_the_receipts_of_an_ended_session_come_with_the_next(
    ways: tuple[Way, ...], autojump_clock: MockClock
) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform, limits=LIMITS) as gateway:
        stream = await in_flight(gateway, platform)
        for way in ways:
            await way(gateway, stream)
            await trio.testing.wait_all_tasks_blocked()
        platform.release()
        await read_pdus(stream)
        await trio.aclose_forcefully(stream)
        await gateway.wait_for(ConnectionClosed)
        esme = await gateway.bound()
        receipts = {(await esme.receipt()).source_addr for _ in range(MESSAGES)}
        assert receipts == set(NUMBERS)


class TlsClient:
    """A client's end of TLS that can end its own direction and go on reading."""

    def __init__(self, stream: MemoryStream, context: ssl.SSLContext) -> None:
        self._stream = stream
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")

    async def _flush(self) -> None:
        if octets := self._outgoing.read():
            await self._stream.send_all(octets)

    async def _receive(self) -> None:
        octets = await self._stream.receive_some()
        self._incoming.write(octets) if octets else self._incoming.write_eof()

    async def do_handshake(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                await self._receive()
        await self._flush()

    async def send_all(self, octets: bytes) -> None:
        self._tls.write(octets)
        await self._flush()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        while True:
            try:
                return self._tls.read(max_bytes or 65536)
            except ssl.SSLWantReadError:
                await self._receive()
            except ssl.SSLZeroReturnError:
                return b""

    async def send_eof(self) -> None:
        """Send close_notify, as TLS 1.3 lets a side do that still reads."""
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.unwrap()
        await self._flush()


async def test_a_tls_client_that_has_said_close_notify_gets_its_results(
    autojump_clock: MockClock,
) -> None:
    served, trusting = tls_pair()
    platform = FakePlatform(holds=True)
    store = FakeStore()
    async with open_gateway(platform=platform, store=store, tls=served) as gateway:
        stream = gateway.connect_stream()
        client = TlsClient(stream, trusting)
        await client.do_handshake()
        await client.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
            + b"".join(encode(submit_pdu(number, "Code 482910")) for number in NUMBERS)
        )
        await platform.wait_for_requests(MESSAGES)
        await client.send_eof()
        await trio.testing.wait_all_tasks_blocked()
        platform.release()
        pdus = await read_pdus(client)  # type: ignore[arg-type]
        assert len([pdu for pdu in pdus if isinstance(pdu, SubmitSmResp)]) == MESSAGES
        assert len(store.cdrs) == len(store.receipts) == MESSAGES
        await trio.aclose_forcefully(stream)


async def test_a_reset_session_s_results_are_recorded_and_its_receipts_wait(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    store = FakeStore()
    async with open_gateway(platform=platform, store=store) as gateway:
        stream = await in_flight(gateway, platform)
        await trio.aclose_forcefully(stream)
        await trio.testing.wait_all_tasks_blocked()
        platform.release()
        assert len(gateway.seen(MessageAnswered)) == len(store.cdrs) == MESSAGES
        esme = await gateway.bound()
        receipts = {(await esme.receipt()).source_addr for _ in range(MESSAGES)}
        assert receipts == set(NUMBERS)


async def test_a_session_that_never_reads_loses_no_record_and_no_receipt(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    store = FakeStore()
    async with open_gateway(platform=platform, store=store, stalling=True) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        )
        await read_pdus(stream, 1)
        await stream.send_all(b"".join(encode(submit_pdu(n, "Code 482910")) for n in NUMBERS))
        await platform.wait_for_requests(MESSAGES)
        platform.release()
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.WRITE_TIMEOUT
        assert len(gateway.seen(MessageAnswered)) == len(store.cdrs) == MESSAGES
        assert len(store.receipts) == MESSAGES
        await trio.aclose_forcefully(stream)


async def test_an_esme_told_to_unbind_may_still_acknowledge_its_receipts(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    store = FakeStore()
    async with open_gateway(platform=platform, store=store, limits=LIMITS) as gateway:
        stream = await in_flight(gateway, platform)
        await by_account_gone(gateway, stream)
        await trio.testing.wait_all_tasks_blocked()
        platform.release()
        pdus = await read_pdus(stream, 2 * MESSAGES + 1)
        for pdu in pdus:
            if isinstance(pdu, DeliverSm):
                await stream.send_all(
                    encode(DeliverSmResp(sequence_number=pdu.sequence_number, message_id=""))
                )
        await trio.testing.wait_all_tasks_blocked()
        assert not store.receipts
        await trio.aclose_forcefully(stream)
