"""One connection: its deadlines, its reading and writing, and how it parts."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.runtime.observer import (
    BindAccepted,
    BindRefused,
    CloseReason,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionTrouble,
    PduIgnored,
)
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandStatus,
    EnquireLink,
    GenericNack,
    SubmitSm,
    Unbind,
    UnbindResp,
    encode,
)
from otpblue_trio.testing import (
    EsmeClosed,
    FakePlatform,
    GatewayUnderTest,
    account,
    open_gateway,
    read_pdus,
    submit_pdu,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

pytestmark = pytest.mark.usefixtures("over_both")

NUMBER = "14155552671"
TEXT = "Your code is 482910"


async def close_reason(gateway: GatewayUnderTest) -> CloseReason:
    """Wait for the first connection to have closed and return why."""
    closed = await gateway.wait_for(ConnectionClosed)
    assert isinstance(closed, ConnectionClosed)
    return closed.reason


# ---------------------------------------------------------------------- the pre-bind deadline


async def test_a_silent_connection_is_closed_at_thirty_seconds(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        started = trio.current_time()
        stream = gateway.connect_stream()
        assert await stream.receive_some() == b""
        assert trio.current_time() - started == pytest.approx(30.0)
        assert await close_reason(gateway) is CloseReason.PRE_BIND_TIMEOUT


async def test_half_a_header_is_closed_at_thirty_seconds(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        started = trio.current_time()
        stream = gateway.connect_stream()
        await stream.send_all(b"\x00\x00\x00")
        assert await stream.receive_some() == b""
        assert trio.current_time() - started == pytest.approx(30.0)


async def test_a_bind_just_in_time_is_accepted(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await trio.sleep(29.9)
        response = await esme.bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_ROK
        await trio.sleep(30)
        assert not esme.is_closed


async def test_enquire_link_before_the_bind_gains_no_time(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        started = trio.current_time()
        esme = await gateway.connect()
        await trio.sleep(20)
        assert (await esme.enquire_link()).command_status == CommandStatus.ESME_ROK
        await esme.wait_closed()
        assert trio.current_time() - started == pytest.approx(30.0)


async def test_a_submit_before_the_bind_is_refused_and_the_link_kept(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_RINVBNDSTS
        assert (await esme.bind_transceiver("acme", "secret")).command_status == 0


# ---------------------------------------------------------------------- the inactivity deadline


async def test_a_session_without_requests_is_unbound_at_ninety_seconds(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        started = trio.current_time()
        esme = await gateway.bound()
        await esme.wait_closed()
        assert esme.unbind_received
        assert trio.current_time() - started == pytest.approx(90.0)
        assert await close_reason(gateway) is CloseReason.INACTIVITY


async def test_the_ninety_seconds_begin_with_the_bind(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await trio.sleep(29)
        await esme.bind_transceiver("acme", "secret")
        bound_at = trio.current_time()
        await esme.wait_closed()
        assert trio.current_time() - bound_at == pytest.approx(90.0)
        assert await close_reason(gateway) is CloseReason.INACTIVITY


async def test_enquire_link_every_minute_keeps_a_session(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        for _ in range(10):
            await trio.sleep(60)
            assert (await esme.enquire_link()).command_status == CommandStatus.ESME_ROK
        assert not esme.is_closed


async def test_a_submit_counts_as_activity(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await trio.sleep(89)
        await esme.submit_sm(NUMBER, TEXT)
        await trio.sleep(89)
        assert not esme.is_closed


async def test_an_acknowledged_receipt_does_not_count_as_activity(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound(acknowledge=False)
        started = trio.current_time()
        await esme.submit_sm(NUMBER, TEXT)
        receipt = await esme.receipt()
        await trio.sleep(50)
        await esme.acknowledge(receipt)
        await esme.wait_closed()
        assert trio.current_time() - started == pytest.approx(90.0)


async def test_an_esme_that_does_not_answer_the_unbind_is_closed_soon(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        )
        started = trio.current_time()
        pdus = await read_pdus(stream)
        assert isinstance(pdus[-1], Unbind)
        assert trio.current_time() - started == pytest.approx(92.0)


async def test_a_pdu_begun_and_not_finished_ends_a_session_after_ten_seconds(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        started = trio.current_time()
        await esme.send_octets(encode(EnquireLink(sequence_number=9))[:10])
        await esme.wait_closed()
        assert trio.current_time() - started == pytest.approx(10.0)
        assert await close_reason(gateway) is CloseReason.STALLED_PDU


async def test_a_trickled_pdu_gains_no_time_by_each_octet(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        started = trio.current_time()
        for octet in encode(submit_pdu(NUMBER, TEXT))[:11]:
            await esme.send_octets(bytes([octet]))
            await trio.sleep(0.95)
        await esme.wait_closed()
        assert 10 <= trio.current_time() - started < 14


# ---------------------------------------------------------------------- the 24-hour deadline


async def test_a_busy_stream_whose_reads_all_end_within_a_pdu_is_not_stalled(
    autojump_clock: MockClock,
) -> None:
    """Each PDU is complete a second after it has begun; only the next one has begun by then."""
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        octets = encode(EnquireLink(sequence_number=7))
        await esme.send_octets(octets[:5])
        for _ in range(60):
            await trio.sleep(1)
            await esme.send_octets(octets[5:] + octets[:5])
        assert not esme.is_closed
        began = trio.current_time()
        await esme.wait_closed()
        assert trio.current_time() - began == pytest.approx(10)
        assert await close_reason(gateway) is CloseReason.STALLED_PDU


async def test_a_busy_session_ends_after_twenty_four_hours(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        started = trio.current_time()
        esme = await gateway.bound()
        while not esme.is_closed:
            await esme.enquire_link()
            with trio.move_on_after(60):
                await esme.wait_closed()
        assert esme.unbind_received
        assert trio.current_time() - started == pytest.approx(86_400)
        assert await close_reason(gateway) is CloseReason.MAX_DURATION


async def test_messages_in_flight_at_twenty_four_hours_are_answered(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(latency=5)
    limits = with_limits(max_session_duration=60.0)
    async with open_gateway(platform=platform, limits=limits) as gateway:
        esme = await gateway.bound()
        await trio.sleep(58)
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_ROK
        await esme.wait_closed()
        assert esme.unbind_received


# ---------------------------------------------------------------------- reading


async def test_a_bind_and_a_submit_in_one_segment_are_both_answered(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
            + encode(_numbered(2, NUMBER))
            + encode(Unbind(sequence_number=3))
        )
        pdus = await read_pdus(stream)
        assert [(pdu.sequence_number, pdu.command_status) for pdu in pdus] == [
            (1, 0),
            (2, 0),
            (3, 0),
        ]


def _numbered(sequence_number: int, destination: str) -> SubmitSm:
    """A message without receipt, for octets written by hand."""
    return attrs.evolve(
        submit_pdu(destination, TEXT, registered_delivery=0), sequence_number=sequence_number
    )


async def test_octets_one_by_one_give_the_same_answers(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        stream = gateway.connect_stream()
        octets = encode(
            BindTransceiver(sequence_number=1, system_id="acme", password="secret")
        ) + encode(Unbind(sequence_number=2))
        for octet in octets:
            await stream.send_all(bytes([octet]))
        pdus = await read_pdus(stream)
        assert [(pdu.sequence_number, pdu.command_status) for pdu in pdus] == [(1, 0), (2, 0)]


@pytest.mark.parametrize(
    "octets",
    [
        struct.pack(">IIII", 0, 4, 0, 7),
        struct.pack(">IIII", 15, 4, 0, 7),
        struct.pack(">IIII", 65537, 4, 0, 7),
        struct.pack(">IIII", 0x7FFFFFFF, 4, 0, 7),
        struct.pack(">IIII", 0xFFFFFFFF, 4, 0, 7),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(20),
        b"AMQP\x00\x00\x09\x01" + bytes(8),
        b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
    ],
    ids=["0", "15", "64KiB+1", "0x7fffffff", "0xffffffff", "http", "tls", "amqp", "rdp"],
)
async def test_a_stream_that_is_no_smpp_is_nacked_and_closed_at_once(
    octets: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        started = trio.current_time()
        stream = gateway.connect_stream()
        await stream.send_all(octets)
        (nack,) = await read_pdus(stream)
        assert isinstance(nack, GenericNack)
        assert nack.command_status == CommandStatus.ESME_RINVCMDLEN
        assert trio.current_time() == started
        assert await close_reason(gateway) is CloseReason.FRAMING_ERROR


async def test_a_second_bind_leaves_the_session_bound(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        response = await esme.bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_RALYBND
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == CommandStatus.ESME_ROK


async def test_a_receiver_may_not_submit(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await esme.bind_receiver("acme", "secret")
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == CommandStatus.ESME_RINVBNDSTS


async def test_what_the_session_refuses_is_observed(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await esme.submit_sm(NUMBER, TEXT)
        (ignored,) = gateway.seen(PduIgnored)
        assert isinstance(ignored, PduIgnored)
        assert ignored.kind == "wrong_state"


# ---------------------------------------------------------------------- parting


async def test_an_unbind_waits_for_the_messages_in_flight(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
            + encode(_numbered(2, "14155552671"))
            + encode(_numbered(3, "14155552672"))
            + encode(Unbind(sequence_number=4))
        )
        await platform.wait_for_requests(2)
        await trio.sleep(1)
        platform.release()
        pdus = await read_pdus(stream)
        assert [pdu.sequence_number for pdu in pdus] == [1, 2, 3, 4]
        assert isinstance(pdus[-1], UnbindResp)
        assert await close_reason(gateway) is CloseReason.UNBOUND


async def test_after_an_unbind_new_messages_are_refused(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(esme.submit_sm, NUMBER, TEXT)
            await platform.wait_for_requests(1)
            nursery.start_soon(esme.unbind)
            await trio.testing.wait_all_tasks_blocked()
            late = await esme.submit_sm("14155552672", TEXT)
            assert late.command_status == CommandStatus.ESME_RINVBNDSTS
            platform.release()


async def test_a_half_closed_connection_still_gets_its_results(autojump_clock: MockClock) -> None:
    platform = FakePlatform(latency=2)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        async with trio.open_nursery() as nursery:

            async def submit() -> None:
                response = await esme.submit_sm(NUMBER, TEXT)
                assert response.command_status == CommandStatus.ESME_ROK

            nursery.start_soon(submit)
            await platform.wait_for_requests(1)
            await esme.send_eof()
        await esme.wait_closed()
        assert await close_reason(gateway) is CloseReason.PEER_CLOSED


async def test_a_stop_does_not_wait_for_a_peer_that_does_not_read(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(stalling=True) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        )
        await gateway.wait_for(BindAccepted)
        started = trio.current_time()
        gateway.gateway.stop()
        await gateway.wait_for(ConnectionClosed)
        assert trio.current_time() - started <= 3.1


async def test_a_peer_that_never_reads_is_closed_by_the_write_deadline(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(stalling=True, limits=with_limits(write_timeout=5.0)) as gateway:
        stream = gateway.connect_stream()
        started = trio.current_time()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        )
        assert await close_reason(gateway) is CloseReason.WRITE_TIMEOUT
        assert trio.current_time() - started == pytest.approx(5.0, abs=0.1)


@pytest.mark.parametrize(("is_bound", "most"), [(False, 2**14), (True, 2**18)])
async def test_nothing_more_is_read_from_a_peer_that_does_not_read(
    is_bound: bool, most: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(stalling=True) as gateway:
        stream = gateway.connect_stream()
        if is_bound:
            await stream.send_all(
                encode(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
            )
        flood = encode(EnquireLink(sequence_number=2)) * 4096
        sent = 0
        with trio.move_on_after(20):
            while True:
                await stream.send_all(flood)
                sent += len(flood)
        # Each octet read is answered by one. One read is being answered, one went over the bound.
        assert most - len(flood) < sent <= most + 2 * len(flood)


async def test_an_accident_ends_one_connection_only(autojump_clock: MockClock) -> None:
    class Broken:
        async def verify(self, account: object, given: str, /) -> bool:
            raise ZeroDivisionError

    async with open_gateway(verifier=Broken()) as gateway:
        esme = await gateway.connect()
        with pytest.raises(EsmeClosed):
            await esme.bind_transceiver("acme", "secret")
        assert await close_reason(gateway) is CloseReason.INTERNAL_ERROR
        assert len(gateway.seen(ConnectionTrouble)) == 1
        other = await gateway.connect()
        assert (await other.enquire_link()).command_status == CommandStatus.ESME_ROK


async def test_every_connection_that_opened_is_told_to_have_closed(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        bound = await gateway.bound()
        silent = await gateway.connect()
        refused = await gateway.connect()
        await refused.bind_transceiver("acme", "wrong")
        await bound.aclose()
        await silent.aclose()
        await trio.sleep(1)
        opened = {e.connection_id for e in gateway.events if isinstance(e, ConnectionOpened)}
        closed = {e.connection_id for e in gateway.events if isinstance(e, ConnectionClosed)}
        assert opened == closed == {1, 2, 3}


# ---------------------------------------------------------------------- binding


@pytest.mark.parametrize(
    ("system_id", "password"), [("acme", "wrong"), ("nobody", "secret"), ("", ""), ("acme", "")]
)
async def test_a_wrong_login_is_refused_header_only_and_closed(
    system_id: str, password: str, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            encode(BindTransceiver(sequence_number=5, system_id=system_id, password=password))
        )
        octets = await stream.receive_some()
        assert octets == struct.pack(">IIII", 16, 0x80000009, CommandStatus.ESME_RINVPASWD, 5)
        assert await stream.receive_some() == b""


async def test_a_bind_that_cannot_be_read_is_refused_and_closed(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(struct.pack(">IIII", 16, 9, 0, 5))
        (response,) = await read_pdus(stream)
        assert response.command_status in {
            CommandStatus.ESME_RINVPASWD,
            CommandStatus.ESME_RBINDFAIL,
        }
        (refused,) = gateway.seen(BindRefused)
        assert isinstance(refused, BindRefused)
        assert refused.system_id == ""


@pytest.mark.parametrize(("version", "tlvs"), [(0x34, 1), (0x50, 1), (0x33, 0), (0x00, 0)], ids=hex)
async def test_only_version_34_and_later_are_told_our_version(
    version: int, tlvs: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        response = await esme.bind_transceiver("acme", "secret", interface_version=version)
        assert response.command_status == CommandStatus.ESME_ROK
        assert len(getattr(response, "tlvs", ())) == tlvs


async def test_a_bind_is_observed_with_its_mode(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await esme.bind_transmitter("acme", "secret")
        (accepted,) = gateway.seen(BindAccepted)
        assert isinstance(accepted, BindAccepted)
        assert (accepted.system_id, accepted.bind_mode) == ("acme", "transmitter")


async def test_one_session_too_many_is_refused(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(max_sessions=2)]) as gateway:
        await gateway.bound()
        second = await gateway.bound()
        third = await gateway.connect()
        response = await third.bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_RBINDFAIL
        await second.unbind()
        await second.wait_closed()
        await trio.sleep(0.1)
        await gateway.bound()
