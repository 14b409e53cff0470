"""Conformance, rows 90 to 96: how sessions end, and that no result is lost by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.policy import Delivered, Refused
from otpblue_trio.runtime.observer import (
    CloseReason,
    ConnectionClosed,
    GatewayStopped,
    MessageAnswered,
)
from otpblue_trio.smpp import CommandId, CommandStatus
from otpblue_trio.testing import (
    BareEsme,
    FakePlatform,
    GatewayUnderTest,
    open_gateway,
    pdu_octets,
    submit_octets,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

SUBMIT_RESP = 0x80000004
UNBIND = pdu_octets(CommandId.UNBIND, sequence_number=99)
UNBIND_RESP = pdu_octets(CommandId.UNBIND_RESP, sequence_number=99)
NOT_BOUND = CommandStatus.ESME_RINVBNDSTS


def submits(count: int, **fields: int) -> bytes:
    """Return messages with numbers from 10 on."""
    return b"".join(
        submit_octets(b"code %d" % (1000 + n), sequence_number=10 + n, **fields)  # type: ignore[arg-type]
        for n in range(count)
    )


def responses(count: int) -> list[bytes]:
    """Return the responses to them."""
    return [pdu_octets(SUBMIT_RESP, b"one\0", sequence_number=10 + n) for n in range(count)]


def in_three_seconds() -> FakePlatform:
    """Return a platform that delivers everything after three seconds, in any order."""
    return FakePlatform(answer=Delivered("one"), latency=3)


async def reason(gateway: GatewayUnderTest) -> CloseReason:
    """Return why the first connection ended."""
    return (await gateway.wait_for(ConnectionClosed)).reason


# ---------------------------------------------------------------------- the client ends it


@pytest.mark.row(90)
@pytest.mark.parametrize("count", [0, 1, 3, 200])
async def test_an_unbind_is_answered_behind_everything_in_flight(
    count: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=in_three_seconds()) as gateway:
        esme = await gateway.bare_bound()
        began = trio.current_time()
        await esme.send(submits(count) + UNBIND)
        *results, last = await esme.rest()
        assert (sorted(results), last) == (responses(count), UNBIND_RESP)
        assert trio.current_time() - began == pytest.approx(3 if count else 0)
        assert await reason(gateway) is CloseReason.UNBOUND


@pytest.mark.row(90)
async def test_requests_behind_an_unbind_are_refused_and_the_link_is_alive(
    autojump_clock: MockClock,
) -> None:
    platform = in_three_seconds()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(
            submits(1)
            + UNBIND
            + submit_octets(b"code 7777", sequence_number=50)
            + pdu_octets(CommandId.ENQUIRE_LINK, sequence_number=51)
            + pdu_octets(
                CommandId.BIND_TRANSCEIVER, b"acme\0secret\0\0\x34\0\0\0", sequence_number=52
            )
        )
        assert await esme.rest() == [
            pdu_octets(SUBMIT_RESP, command_status=NOT_BOUND, sequence_number=50),
            pdu_octets(CommandId.ENQUIRE_LINK_RESP, sequence_number=51),
            pdu_octets(
                CommandId.BIND_TRANSCEIVER_RESP, command_status=NOT_BOUND, sequence_number=52
            ),
            *responses(1),
            UNBIND_RESP,
        ]
        assert len(platform.requests) == 1


@pytest.mark.row(90)
async def test_an_unbind_waits_no_longer_than_the_platform_s_last_answer(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(submits(3) + UNBIND)
        await platform.wait_for_requests(3)
        await trio.sleep(7)
        platform.release(Refused(150))
        answers = await esme.rest()
        assert [answer[11] for answer in answers] == [0x45, 0x45, 0x45, 0]
        assert answers[-1] == UNBIND_RESP


@pytest.mark.row(91)
@pytest.mark.parametrize("count", [0, 1, 3, 200])
async def test_a_half_closed_connection_gets_its_results(
    count: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=in_three_seconds()) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(submits(count))
        await esme.send_eof()
        assert sorted(await esme.rest()) == responses(count)
        assert await reason(gateway) is CloseReason.PEER_CLOSED


@pytest.mark.row(91)
@pytest.mark.parametrize("octets", [1, 15, 40])
async def test_a_half_close_within_a_pdu_loses_no_result(
    octets: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=in_three_seconds()) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(submits(2) + submit_octets()[:octets])
        await esme.send_eof()
        assert sorted(await esme.rest()) == responses(2)


@pytest.mark.row(92)
async def test_the_results_of_a_lost_connection_are_told_and_its_receipts_kept(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=in_three_seconds()) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(submits(5, registered_delivery=1))
        await trio.sleep(1)
        await esme.aclose()
        await trio.sleep(5)
        told = gateway.seen(MessageAnswered)
        assert [(one.message_id, one.wants_receipt) for one in told] == [("one", True)] * 5
        assert gateway.gateway.in_flight == 0
        assert gateway.gateway.waiting_receipts == 5
        next_one = await gateway.bare_bound()
        for receipt in await next_one.take(5):
            assert b"id:one sub:001 dlvrd:001" in receipt


@pytest.mark.row(96)
@pytest.mark.parametrize("sequence_number", [0, 1, 5, 0xFFFFFFFF])
@pytest.mark.parametrize("body", [b"", b"\0", b"trailing"])
async def test_unbind_resp_ends_the_session_at_once(
    sequence_number: int, body: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        began = trio.current_time()
        await esme.send(
            pdu_octets(CommandId.UNBIND_RESP, body, sequence_number=sequence_number)
            + pdu_octets(CommandId.ENQUIRE_LINK)
        )
        assert await esme.rest() == []
        assert trio.current_time() == began


@pytest.mark.row(96)
async def test_unbind_resp_waits_for_no_result(autojump_clock: MockClock) -> None:
    async with open_gateway(platform=in_three_seconds()) as gateway:
        esme = await gateway.bare_bound()
        began = trio.current_time()
        await esme.send(submits(3) + pdu_octets(CommandId.UNBIND_RESP) + submits(1))
        assert await esme.rest() == []
        assert trio.current_time() == began
        await gateway.wait_for(MessageAnswered, 3)
        assert trio.current_time() - began == pytest.approx(3)


# ---------------------------------------------------------------------- the gateway ends it


async def unbound_at(esme: BareEsme, began: float, seconds: float) -> bytes:
    """Wait for our unbind, which must come at that time, and return its answer."""
    unbind = await esme.next()
    assert unbind[4:12] == b"\0\0\0\x06\0\0\0\0"
    assert trio.current_time() - began == pytest.approx(seconds, abs=0.01)
    return pdu_octets(CommandId.UNBIND_RESP, sequence_number=int.from_bytes(unbind[12:16], "big"))


@pytest.mark.row(93, 96)
@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("mode", [0x01, 0x02, 0x09])
async def test_ninety_seconds_without_a_request_end_a_session(
    mode: int, answers: bool, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound(mode)
        began = trio.current_time()
        answer = await unbound_at(esme, began, 90)
        if answers:
            await esme.send(answer)
        assert await esme.rest() == []
        waited = trio.current_time() - began - 90
        assert waited < 0.01 if answers else 1 <= waited <= 5
        assert await reason(gateway) is CloseReason.INACTIVITY


@pytest.mark.row(93)
async def test_ninety_seconds_begin_with_a_late_bind(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        await trio.sleep(29)
        await esme.bind()
        await unbound_at(esme, trio.current_time(), 90)


@pytest.mark.row(93)
@pytest.mark.parametrize(
    ("octets", "counts"),
    [
        (pdu_octets(CommandId.ENQUIRE_LINK), True),
        (submit_octets(), True),
        (submit_octets(b"no code"), True),
        (submit_octets(sm_length=200), True),
        (pdu_octets(CommandId.DELIVER_SM_RESP, b"\0"), False),
        (pdu_octets(CommandId.ENQUIRE_LINK_RESP), False),
        (pdu_octets(CommandId.GENERIC_NACK), False),
        (pdu_octets(0x999), False),
        (pdu_octets(0x80000999), False),
    ],
)
async def test_only_requests_of_a_live_client_count_as_activity(
    octets: bytes, counts: bool, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        began = trio.current_time()
        await trio.sleep(60)
        await esme.send(octets)
        await trio.testing.wait_all_tasks_blocked()
        frame = await esme.next()
        while frame[4:8] != b"\0\0\0\x06":
            frame = await esme.next()
        assert trio.current_time() - began == pytest.approx(150 if counts else 90, abs=0.01)


@pytest.mark.row(93)
async def test_enquire_link_every_minute_keeps_a_session_for_a_day(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        for _ in range(24 * 60 - 2):
            await trio.sleep(60)
            assert await esme.is_alive()


@pytest.mark.row(94)
async def test_a_busy_session_is_drained_and_unbound_after_24_hours(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=in_three_seconds()) as gateway:
        esme = gateway.bare()
        began = trio.current_time()  # a session is as old as its connection
        await esme.bind()
        for _ in range(24 * 60 - 1):
            await trio.sleep(60)
            assert await esme.is_alive()
        await trio.sleep(58)
        await esme.send(submits(3))
        await trio.sleep(2)
        # New messages are refused, those in flight are answered, then comes the unbind.
        refused = await esme.ask(submit_octets(b"code 7777", sequence_number=60))
        assert refused[11] != 0
        assert sorted(await esme.take(3)) == responses(3)
        await esme.send(await unbound_at(esme, began, 86_401))
        assert await esme.rest() == []
        assert await reason(gateway) is CloseReason.MAX_DURATION


@pytest.mark.row(95)
async def test_a_stop_answers_what_is_in_flight_and_unbinds_everybody(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=in_three_seconds()) as gateway:
        esmes = [await gateway.bare_bound() for _ in range(5)]
        for esme in esmes:
            await esme.send(submits(3))
        silent = gateway.bare()
        await trio.sleep(1)
        began = trio.current_time()
        gateway.gateway.stop()
        await trio.testing.wait_all_tasks_blocked()
        assert not gateway.gateway.is_ready
        with pytest.raises(trio.ClosedResourceError):
            gateway.bare()
        assert await silent.rest() == []
        await silent.aclose()
        refused = await esmes[0].ask(submit_octets(b"code 7777", sequence_number=60))
        assert refused == pdu_octets(
            SUBMIT_RESP, command_status=CommandStatus.ESME_RSYSERR, sequence_number=60
        )
        for esme in esmes:
            assert {frame[8:12] for frame in await esme.take(3)} == {b"\0\0\0\0"}
            await esme.send(await unbound_at(esme, began, 2))
            assert await esme.rest() == []
            await esme.aclose()
        stopped = await gateway.wait_for(GatewayStopped)
        assert stopped.abandoned == 0
        assert trio.current_time() - began == pytest.approx(2, abs=0.01)


@pytest.mark.row(95)
async def test_a_stop_takes_no_longer_than_its_time(autojump_clock: MockClock) -> None:
    limits = with_limits(drain_timeout=20.0)
    async with open_gateway(platform=FakePlatform(holds=True), limits=limits) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(submits(3))
        await trio.testing.wait_all_tasks_blocked()
        began = trio.current_time()
        gateway.gateway.stop()
        stopped = await gateway.wait_for(GatewayStopped)
        assert trio.current_time() - began == pytest.approx(20, abs=0.1)
        assert stopped.abandoned == 3
        # What became of them is not known, and is said to be so.
        assert len(gateway.seen(MessageAnswered)) == 3


@pytest.mark.row(90, 91, 92, 94)
@pytest.mark.parametrize("seconds", [0.0, 0.5, 2.9, 3.0, 3.1])
@pytest.mark.parametrize("how", ["unbind", "half-close", "close", "unbind_resp", "broken", "stop"])
async def test_every_message_is_told_of_once_however_its_session_ends(
    how: str, seconds: float, autojump_clock: MockClock
) -> None:
    platform = in_three_seconds()
    async with open_gateway(platform=platform, duplicate_window=0) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(submits(4, registered_delivery=1))
        await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(seconds)
        if how == "half-close":
            await esme.send_eof()
        elif how == "close":
            await esme.aclose()
        elif how == "stop":
            gateway.gateway.stop()
        else:
            last = {
                "unbind": UNBIND,
                "unbind_resp": pdu_octets(CommandId.UNBIND_RESP),
                "broken": b"\0" * 16,
            }
            await esme.send(last[how])
        await trio.sleep(30)
        assert len(platform.requests) == 4
        told = gateway.seen(MessageAnswered)
        assert [one.command_status for one in told] == [0] * 4
        assert gateway.gateway.in_flight == 0
        if how not in ("close", "unbind_resp"):
            answered = [frame for frame in await esme.rest() if frame[4:8] == b"\x80\0\0\x04"]
            assert len(answered) == 4
        await esme.aclose()
