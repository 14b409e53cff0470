"""Conformance, rows 15 to 28 and 36 to 38: what the stream may be cut, filled and headed with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.runtime.observer import (
    CloseReason,
    ConnectionClosed,
    IgnoredKind,
    MessageAnswered,
    PduIgnored,
)
from otpblue_trio.smpp import RESPONSE_BIT, CommandId, CommandStatus
from otpblue_trio.testing import (
    FakePlatform,
    GatewayUnderTest,
    bind_octets,
    open_gateway,
    pdu_octets,
    submit_octets,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

BROKEN_LENGTH = CommandStatus.ESME_RINVCMDLEN


def nack(status: int, sequence_number: int) -> bytes:
    """Return a generic_nack."""
    return pdu_octets(
        CommandId.GENERIC_NACK, command_status=status, sequence_number=sequence_number
    )


async def close_reason(gateway: GatewayUnderTest) -> CloseReason:
    """Return why the first connection ended."""
    return (await gateway.wait_for(ConnectionClosed)).reason


# ---------------------------------------------------------------------- before the bind


@pytest.mark.row(15)
@pytest.mark.parametrize("sequence_number", [0, 1, 99, 0x80000001, 0xFFFFFFFF])
@pytest.mark.parametrize("broken", [False, True])
async def test_a_submit_before_the_bind_is_refused_and_the_connection_stays(
    sequence_number: int, broken: bool, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = gateway.bare()
        submit = submit_octets(sequence_number=sequence_number)
        if broken:
            submit = pdu_octets(CommandId.SUBMIT_SM, b"\xff", sequence_number=sequence_number)
        assert await esme.ask(submit) == pdu_octets(
            CommandId.SUBMIT_SM_RESP,
            command_status=CommandStatus.ESME_RINVBNDSTS,
            sequence_number=sequence_number,
        )
        assert platform.requests == []
        await esme.bind()
        assert (await esme.ask(submit_octets()))[8:12] == b"\0\0\0\0"
        assert len(platform.requests) == 1


@pytest.mark.row(15, 16, 18)
@pytest.mark.parametrize(
    "probe",
    [pdu_octets(CommandId.ENQUIRE_LINK), submit_octets(), pdu_octets(0x999), b""],
    ids=["enquire_link", "submit_sm", "unknown", "nothing"],
)
async def test_nothing_but_a_bind_gains_time(probe: bytes, autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        connected = trio.current_time()
        for _ in range(5):
            if probe:
                await esme.ask(probe)
            await trio.sleep(5)
        assert await esme.rest() == []
        assert trio.current_time() - connected == pytest.approx(30)
        assert await close_reason(gateway) is CloseReason.PRE_BIND_TIMEOUT


@pytest.mark.row(16)
async def test_enquire_link_before_the_bind_is_answered(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        assert await gateway.bare().is_alive()


@pytest.mark.row(17)
async def test_unbind_before_the_bind_is_answered_and_the_connection_closed(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        await esme.send(pdu_octets(CommandId.UNBIND, sequence_number=3) + bind_octets())
        assert await esme.rest() == [pdu_octets(CommandId.UNBIND_RESP, sequence_number=3)]


@pytest.mark.row(18)
@pytest.mark.parametrize("octets", [1, 3, 4, 8, 15, 16, 17, 30])
async def test_the_beginning_of_a_bind_is_closed_at_thirty_seconds(
    octets: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        connected = trio.current_time()
        await esme.send(bind_octets()[:octets])
        assert await esme.rest() == []
        assert trio.current_time() - connected == pytest.approx(30)


@pytest.mark.row(18)
async def test_a_bind_of_one_octet_a_second_does_not_gain_time(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway, trio.open_nursery() as nursery:
        esme = gateway.bare()
        connected = trio.current_time()

        async def trickle() -> None:
            for octet in bind_octets(system_id=b"s" * 60):
                await esme.send(bytes([octet]))
                await trio.sleep(1)

        nursery.start_soon(trickle)
        assert await esme.rest() == []
        nursery.cancel_scope.cancel()
        assert trio.current_time() - connected == pytest.approx(30)


# ---------------------------------------------------------------------- command_length

LENGTHS = [0, 1, 4, 8, 15, 65_537, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]


@pytest.mark.row(21, 22)
@pytest.mark.parametrize("is_bound", [False, True])
@pytest.mark.parametrize("length", LENGTHS)
async def test_an_impossible_command_length_is_nacked_and_the_connection_closed_at_once(
    length: int, is_bound: bool, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound() if is_bound else gateway.bare()
        began = trio.current_time()
        head = pdu_octets(CommandId.SUBMIT_SM, sequence_number=0xABCD, command_length=length)
        await esme.send(head + submit_octets())
        assert await esme.rest() == [nack(BROKEN_LENGTH, 0xABCD)]
        assert trio.current_time() == began
        assert await close_reason(gateway) is CloseReason.FRAMING_ERROR


@pytest.mark.row(21, 22)
@pytest.mark.parametrize("octets", [4, 8, 12, 15])
@pytest.mark.parametrize("length", LENGTHS)
async def test_an_unreadable_sequence_number_is_nacked_as_0(
    length: int, octets: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        head = pdu_octets(CommandId.SUBMIT_SM, sequence_number=0xABCD, command_length=length)
        await esme.send(head[:octets])
        assert await esme.rest() == [nack(BROKEN_LENGTH, 0)]


@pytest.mark.row(21)
@pytest.mark.parametrize("length", [16, 17, 40])
async def test_a_command_length_of_16_and_more_is_taken(
    length: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.send(pdu_octets(CommandId.ENQUIRE_LINK, b"\xff" * (length - 16)))
        assert await esme.next() == pdu_octets(CommandId.ENQUIRE_LINK_RESP)


@pytest.mark.row(22)
async def test_the_largest_pdu_is_taken_and_one_octet_more_is_not(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        largest = pdu_octets(CommandId.ENQUIRE_LINK, bytes(65_536 - 16), sequence_number=8)
        assert await esme.ask(largest) == pdu_octets(CommandId.ENQUIRE_LINK_RESP, sequence_number=8)
        larger = pdu_octets(CommandId.ENQUIRE_LINK, bytes(65_537 - 16), sequence_number=9)
        await esme.send(larger[:20])
        assert await esme.rest() == [nack(BROKEN_LENGTH, 9)]


@pytest.mark.row(22)
async def test_pdus_before_a_broken_one_are_answered_first(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.send(submit_octets() + bytes(16) + submit_octets(sequence_number=3))
        assert await esme.rest() == [
            pdu_octets(CommandId.SUBMIT_SM_RESP, b"m-1\0", sequence_number=2),
            nack(BROKEN_LENGTH, 0),
        ]


@pytest.mark.row(23, 109)
@pytest.mark.parametrize(
    "opening",
    [
        b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
        b"POST /x HTTP/1.0\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\n\r\n",
        bytes.fromhex("16030100c4010000c003030123456789abcdef0123456789abcdef"),
        b"AMQP\x00\x00\x09\x01",
        bytes.fromhex("0300002a25e00000000000436f6f6b69653a206d737473686173683d"),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x05\x01\x00\x00\x00\x00\x00\x00",
        b"EHLO example.com\r\n",
        b"\xff\xff\xff\xff\x50\x00\x00\x00",
    ],
    ids=["http", "post", "rtsp", "tls", "amqp", "rdp", "ssh", "socks", "smtp", "ff"],
)
async def test_another_protocol_is_nacked_and_closed_at_once(
    opening: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = gateway.bare()
        began = trio.current_time()
        await esme.send(opening)
        answers = await esme.rest()
        assert len(answers) == 1
        assert answers[0][:12] == nack(BROKEN_LENGTH, 0)[:12]
        assert trio.current_time() == began
        assert await close_reason(gateway) is CloseReason.FRAMING_ERROR
        assert len(gateway.seen(PduIgnored)) == 1


# ---------------------------------------------------------------------- mid-PDU


@pytest.mark.row(24)
@pytest.mark.parametrize("octets", [1, 4, 15, 16, 17, 60])
async def test_a_stall_in_mid_pdu_ends_a_session_after_ten_seconds(
    octets: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        began = trio.current_time()
        await esme.send(submit_octets()[:octets])
        assert (await esme.next())[4:8] == b"\0\0\0\x06"
        assert trio.current_time() - began == pytest.approx(10)
        assert await esme.rest() == []
        assert await close_reason(gateway) is CloseReason.STALLED_PDU
        assert platform.requests == []


@pytest.mark.row(24)
async def test_a_busy_stream_that_is_always_cut_in_mid_pdu_is_not_stalled(
    autojump_clock: MockClock,
) -> None:
    """Behind every end of a read another PDU has begun; none of them takes long."""
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        probe = pdu_octets(CommandId.ENQUIRE_LINK)
        await esme.send(probe[:5])
        for _ in range(100):
            await trio.sleep(1)
            assert await esme.ask(probe[5:] + probe[:5]) == pdu_octets(CommandId.ENQUIRE_LINK_RESP)


SCRIPT = (
    submit_octets(registered_delivery=1)
    + pdu_octets(CommandId.ENQUIRE_LINK)
    + pdu_octets(0x999, b"what", sequence_number=7)
)


async def answers_to(*pieces: bytes) -> list[bytes]:
    """Return what a bound session answers to octets in these pieces, and to an unbind."""
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        for piece in pieces:
            await esme.send(piece)
            await trio.testing.wait_all_tasks_blocked()
        await esme.send(pdu_octets(CommandId.UNBIND, sequence_number=99))
        return await esme.rest()


@pytest.mark.row(25)
async def test_every_split_of_a_stream_gives_the_same_answers(autojump_clock: MockClock) -> None:
    expected = await answers_to(SCRIPT)
    assert [answer[4:8].hex() for answer in expected] == [
        "80000004",
        "00000005",
        "80000015",
        "80000000",
        "80000006",
    ]
    for at in range(1, len(SCRIPT)):
        assert await answers_to(SCRIPT[:at], SCRIPT[at:]) == expected


@pytest.mark.row(25)
@pytest.mark.parametrize("octets", [1, 2, 3, 7, 16, 17])
async def test_a_stream_in_pieces_gives_the_same_answers(
    octets: int, autojump_clock: MockClock
) -> None:
    pieces = [SCRIPT[at : at + octets] for at in range(0, len(SCRIPT), octets)]
    assert await answers_to(*pieces) == await answers_to(SCRIPT)


@pytest.mark.row(25)
async def test_a_thousand_pdus_in_one_write_are_answered_in_order(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        numbers = range(1, 1001)
        await esme.send(
            b"".join(pdu_octets(CommandId.ENQUIRE_LINK, sequence_number=n) for n in numbers)
        )
        assert await esme.take(1000) == [
            pdu_octets(CommandId.ENQUIRE_LINK_RESP, sequence_number=n) for n in numbers
        ]


# ---------------------------------------------------------------------- headers

SEQUENCE_NUMBERS = [0, 1, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF]


@pytest.mark.row(26, 38)
@pytest.mark.parametrize("is_bound", [False, True])
@pytest.mark.parametrize("sequence_number", SEQUENCE_NUMBERS)
@pytest.mark.parametrize(
    "command_id", [0x999, 0x0A, 0x0C, 0x101, 0x104, 0x111, 0x112, 0x10000, 0x7FFFFFFF]
)
async def test_an_unknown_request_is_nacked_and_the_link_kept(
    command_id: int, sequence_number: int, is_bound: bool, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound() if is_bound else gateway.bare()
        request = pdu_octets(command_id, b"anything", sequence_number=sequence_number)
        assert await esme.ask(request) == nack(CommandStatus.ESME_RINVCMDID, sequence_number)
        assert await esme.is_alive()


@pytest.mark.row(27, 28)
@pytest.mark.parametrize("is_bound", [False, True])
@pytest.mark.parametrize(
    "command_id",
    [
        0x80000999,
        0xFFFFFFFF,
        CommandId.GENERIC_NACK,
        *(
            command_id
            for command_id in CommandId
            if command_id & RESPONSE_BIT and command_id != CommandId.UNBIND_RESP
        ),
    ],
    ids=hex,
)
async def test_a_response_to_nothing_is_ignored_and_counted(
    command_id: int, is_bound: bool, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound() if is_bound else gateway.bare()
        for sequence_number in (0, 1, 77):
            for status in (0, 8):
                await esme.send(
                    pdu_octets(
                        command_id,
                        b"junk" * sequence_number,
                        sequence_number=sequence_number,
                        command_status=status,
                    )
                )
        assert await esme.is_alive()
        assert [told.kind for told in gateway.seen(PduIgnored)] == [
            IgnoredKind.UNEXPECTED_RESPONSE
        ] * 6


@pytest.mark.row(35, 36, 37, 38)
@pytest.mark.parametrize("sequence_number", SEQUENCE_NUMBERS)
@pytest.mark.parametrize("status", [0, 1, 0xFFFFFFFF])
@pytest.mark.parametrize("body", [b"", b"\0", b"x" * 300], ids=["", "nul", "300"])
async def test_enquire_link_is_answered_whatever_stands_in_its_header_and_behind(
    sequence_number: int, status: int, body: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        request = pdu_octets(
            CommandId.ENQUIRE_LINK, body, sequence_number=sequence_number, command_status=status
        )
        assert await esme.ask(request) == pdu_octets(
            CommandId.ENQUIRE_LINK_RESP, sequence_number=sequence_number
        )


@pytest.mark.row(37, 38)
@pytest.mark.parametrize("sequence_number", SEQUENCE_NUMBERS)
@pytest.mark.parametrize("status", [1, 0x58, 0xFFFFFFFF])
async def test_a_message_is_delivered_whatever_stands_in_its_header(
    sequence_number: int, status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        request = submit_octets(sequence_number=sequence_number, command_status=status)
        assert await esme.ask(request) == pdu_octets(
            CommandId.SUBMIT_SM_RESP, b"m-1\0", sequence_number=sequence_number
        )
        (told,) = gateway.seen(MessageAnswered)
        assert math.isfinite(told.latency)
