"""Conformance, rows 29 to 35 and 39 to 41: every operation, and the numbers it goes under."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.policy import Delivered, FailureMode, Refused
from otpblue_trio.smpp import RESPONSE_BIT, CommandId, CommandStatus
from otpblue_trio.testing import (
    BareEsme,
    FakePlatform,
    account,
    open_gateway,
    pdu_octets,
    submit_octets,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import SendRequest

NOT_NOW = CommandStatus.ESME_RINVBNDSTS
SOURCE = b"\x05\x00MyBank\0"
DESTINATION = b"\x01\x0114155552671\0"
TEXT = b"Your code is 482910"
PAYLOAD = b"\x04\x24\x00\x13" + TEXT

DATA_SM = b"\0" + SOURCE + DESTINATION + b"\0\0\0" + PAYLOAD
QUERY_SM = b"m-1\0" + SOURCE
CANCEL_SM = b"\0m-1\0" + SOURCE + DESTINATION
REPLACE_SM = b"m-1\0" + SOURCE + b"\0\0\0\0" + b"\x13" + TEXT
SUBMIT_MULTI = (
    b"\0" + SOURCE + b"\x02\x01" + DESTINATION + b"\x02friends\0" + bytes(9) + b"\x13" + TEXT
)
EMPTY_BODIES = {
    CommandId.DATA_SM: b"\0",  # message_id
    CommandId.SUBMIT_MULTI: b"\0\0",  # message_id, no_unsuccess
    CommandId.QUERY_SM: b"\0\0\0\0",  # message_id, final_date, message_state, error_code
}
"""What an error response of these operations carries; of all others nothing."""
BODIES = {
    CommandId.SUBMIT_SM: submit_octets()[16:],
    CommandId.DATA_SM: DATA_SM,
    CommandId.QUERY_SM: QUERY_SM,
    CommandId.SUBMIT_MULTI: SUBMIT_MULTI,
    CommandId.CANCEL_SM: CANCEL_SM,
    CommandId.REPLACE_SM: REPLACE_SM,
    CommandId.DELIVER_SM: submit_octets()[16:],
}


def response(command_id: int, status: int, body: bytes = b"", sequence_number: int = 5) -> bytes:
    """Return the response to a request of number 5."""
    return pdu_octets(
        command_id | RESPONSE_BIT, body, command_status=status, sequence_number=sequence_number
    )


async def ask(esme: BareEsme, command_id: int, body: bytes) -> bytes:
    """Send a request of number 5 and return the answer."""
    return await esme.ask(pdu_octets(command_id, body, sequence_number=5))


# ---------------------------------------------------------------------- by state


@pytest.mark.row(33, 34, 104)
@pytest.mark.parametrize("mode", [None, CommandId.BIND_RECEIVER], ids=["unbound", "receiver"])
@pytest.mark.parametrize("command_id", BODIES)
@pytest.mark.parametrize("is_broken", [False, True], ids=["sound", "broken"])
async def test_operations_of_a_sender_are_refused_by_state(
    mode: CommandId | None, command_id: CommandId, is_broken: bool, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = gateway.bare() if mode is None else await gateway.bare_bound(mode)
        body = BODIES[command_id][:-30] if is_broken else BODIES[command_id]
        assert await ask(esme, command_id, body) == response(
            command_id, NOT_NOW, EMPTY_BODIES.get(command_id, b"")
        )
        assert await esme.is_alive()
        assert platform.requests == []


@pytest.mark.row(29)
@pytest.mark.parametrize("mode", [CommandId.BIND_TRANSMITTER, CommandId.BIND_TRANSCEIVER])
async def test_deliver_sm_from_an_esme_is_refused(
    mode: CommandId, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound(mode)
        answer = await ask(esme, CommandId.DELIVER_SM, BODIES[CommandId.DELIVER_SM])
        assert answer == response(CommandId.DELIVER_SM, NOT_NOW)
        assert await esme.is_alive()
        assert platform.requests == []


@pytest.mark.row(29)
@pytest.mark.parametrize("is_bound", [False, True])
async def test_outbind_is_nacked_and_alert_notification_ignored(
    is_bound: bool, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound() if is_bound else gateway.bare()
        nack = pdu_octets(
            CommandId.GENERIC_NACK,
            command_status=CommandStatus.ESME_RINVCMDID,
            sequence_number=5,
        )
        assert await ask(esme, CommandId.OUTBIND, b"acme\0secret\0") == nack
        await esme.send(pdu_octets(CommandId.ALERT_NOTIFICATION, SOURCE + DESTINATION))
        await esme.send(pdu_octets(CommandId.ALERT_NOTIFICATION, b"\xff"))
        assert await esme.is_alive()


# ---------------------------------------------------------------------- data_sm


@pytest.mark.row(30)
@pytest.mark.parametrize("mode", [CommandId.BIND_TRANSMITTER, CommandId.BIND_TRANSCEIVER])
async def test_data_sm_is_delivered_as_submit_sm_is(
    mode: CommandId, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=0) as gateway:
        esme = await gateway.bare_bound(mode)
        assert await ask(esme, CommandId.DATA_SM, DATA_SM) == response(
            CommandId.DATA_SM, 0, b"m-1\0"
        )
        await esme.ask(submit_octets())
        by_data, by_submit = platform.requests
        assert by_data == by_submit
        assert (by_data.contact, by_data.code, by_data.sender) == (
            "+14155552671",
            "482910",
            "MyBank",
        )


@pytest.mark.row(30, 104)
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (DATA_SM.replace(b"482910", b"......"), CommandStatus.ESME_RINVMSGLEN),
        (DATA_SM[: -len(PAYLOAD)], CommandStatus.ESME_RINVMSGLEN),
        (DATA_SM.replace(DESTINATION, b"\x01\x0112\0"), CommandStatus.ESME_RINVDSTADR),
        (DATA_SM.replace(DESTINATION, b"\x01\x01\0"), CommandStatus.ESME_RINVDSTADR),
        (DATA_SM.replace(DESTINATION, b"\x01\x01" + b"1" * 64 + b"\0"), 0x0B),
        (DATA_SM.replace(DESTINATION, b"\x01\x01" + b"1" * 65 + b"\0"), 0x0B),
        (DATA_SM.replace(b"MyBank", b"M" * 21), CommandStatus.ESME_RINVSRCADR),
        (DATA_SM.replace(b"MyBank", b"M" * 65), CommandStatus.ESME_RINVSRCADR),
        (DATA_SM[:3], CommandStatus.ESME_RINVCMDLEN),
        (b"", CommandStatus.ESME_RINVCMDLEN),
        (DATA_SM + b"\x02\x04\x00\x01\x00", CommandStatus.ESME_RINVPARLEN),
        (DATA_SM[:-1], CommandStatus.ESME_RINVOPTPARSTREAM),
        (
            DATA_SM[: -len(PAYLOAD)] + b"\x04\x24\x02\x01" + TEXT.ljust(513),
            CommandStatus.ESME_RINVMSGLEN,
        ),
    ],
)
async def test_data_sm_is_refused_as_submit_sm_is_with_a_complete_body(
    body: bytes, status: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        answer = await ask(esme, CommandId.DATA_SM, body)
        assert answer == response(CommandId.DATA_SM, status, b"\0")
        assert await esme.is_alive()
        assert platform.requests == []


@pytest.mark.row(30, 104)
@pytest.mark.parametrize(
    ("code", "status"), [(150, 0x45), (280, 0x45), (720, 0x58), (1600, 0x0B), (1210, 0x01), (7, 8)]
)
async def test_data_sm_is_told_what_the_platform_says(
    code: int, status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(code=code)) as gateway:
        esme = await gateway.bare_bound()
        answer = await ask(esme, CommandId.DATA_SM, DATA_SM)
        assert answer == response(CommandId.DATA_SM, status, b"\0")


@pytest.mark.row(30)
async def test_data_sm_counts_against_the_rate_and_the_bounds_of_submit_sm(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[account(tps=2)], duplicate_window=0) as gateway:
        esme = await gateway.bare_bound()
        statuses = [
            (await ask(esme, CommandId.DATA_SM, DATA_SM))[11],
            (await esme.ask(submit_octets()))[11],
        ]
        statuses.append((await ask(esme, CommandId.DATA_SM, DATA_SM))[11])
        assert statuses == [0, 0, CommandStatus.ESME_RTHROTTLED]


@pytest.mark.row(30, 82)
@pytest.mark.parametrize(
    "source",
    [SOURCE, b"\0\0\0", b"\x01\x01" + b"7" * 20 + b"\0", b"\x05\0" + b"M" * 20 + b"\0"],
    ids=["MyBank", "empty", "20 digits", "20 letters"],
)
async def test_the_receipt_of_a_data_sm_comes_as_that_of_a_submit_sm(
    source: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        body = b"\0" + source + DESTINATION + b"\0\x01\0" + PAYLOAD
        assert await ask(esme, CommandId.DATA_SM, body) == response(CommandId.DATA_SM, 0, b"m-1\0")
        receipt = await esme.next()
        assert receipt[4:8] == b"\0\0\0\x05"
        assert b"id:m-1 sub:001 dlvrd:001" in receipt
        assert await esme.is_alive()


@pytest.mark.row(30, 66)
@pytest.mark.parametrize("ton", [0, 1, 3, 5, 0x1C])
@pytest.mark.parametrize("octets", [21, 22, 40, 64])
async def test_a_source_too_long_for_a_submit_sm_is_too_long_for_a_data_sm(
    ton: int, octets: int, autojump_clock: MockClock
) -> None:
    """A receipt could not carry it back: deliver_sm has room for 20 octets."""
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        for text in (b"7" * octets, "é".encode() * (octets // 2) + b"e" * (octets % 2)):
            body = b"\0" + bytes([ton, 0]) + text + b"\0" + DESTINATION + b"\0\x01\0" + PAYLOAD
            assert await ask(esme, CommandId.DATA_SM, body) == response(
                CommandId.DATA_SM, CommandStatus.ESME_RINVSRCADR, b"\0"
            )
        assert await esme.is_alive()
        assert platform.requests == []


# ---------------------------------------------------------------------- the other operations


@pytest.mark.row(31, 32, 104)
@pytest.mark.parametrize("mode", [CommandId.BIND_TRANSMITTER, CommandId.BIND_TRANSCEIVER])
@pytest.mark.parametrize(
    ("command_id", "status"),
    [
        (CommandId.SUBMIT_MULTI, CommandStatus.ESME_RSUBMITFAIL),
        (CommandId.CANCEL_SM, CommandStatus.ESME_RCANCELFAIL),
        (CommandId.REPLACE_SM, CommandStatus.ESME_RREPLACEFAIL),
        (CommandId.QUERY_SM, CommandStatus.ESME_RQUERYFAIL),
    ],
)
async def test_operations_that_are_not_done_fail_in_their_own_way(
    mode: CommandId, command_id: CommandId, status: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound(mode)
        assert await ask(esme, command_id, BODIES[command_id]) == response(
            command_id, status, EMPTY_BODIES.get(command_id, b"")
        )
        assert await esme.is_alive()
        assert platform.requests == []


@pytest.mark.row(31, 32, 104)
@pytest.mark.parametrize(
    ("command_id", "statuses"),
    [
        (CommandId.SUBMIT_MULTI, {0x45}),
        (CommandId.CANCEL_SM, {0x11}),
        (CommandId.REPLACE_SM, {0x13}),
        (CommandId.QUERY_SM, {0x02, 0x0A, 0x0C, 0x67}),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"\0", b"\xff" * 40, b"\0" * 40, b"x" * 70 + b"\0", SUBMIT_MULTI[:20], DATA_SM]
)
async def test_a_broken_one_of_them_fails_alike_and_the_link_is_kept(
    command_id: CommandId, statuses: set[int], body: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        answer = await ask(esme, command_id, body)
        assert answer[11] in statuses
        assert answer == response(command_id, answer[11], EMPTY_BODIES.get(command_id, b""))
        assert await esme.is_alive()


@pytest.mark.row(31)
@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Delivered("0f5c1e3a-9a3b-4f4e-8a57-3d1f2f1f0a11"), 2), (Refused(150), 5)],
)
async def test_query_sm_tells_state_and_final_date(
    outcome: Delivered | Refused, state: int, autojump_clock: MockClock
) -> None:
    known = account(failure_mode=FailureMode.RECEIPT_ONLY)
    async with open_gateway(platform=FakePlatform(answer=outcome), accounts=[known]) as gateway:
        esme = await gateway.bare_bound()
        message_id = (await esme.ask(submit_octets()))[16:]
        assert await ask(esme, CommandId.QUERY_SM, message_id + SOURCE) == response(
            CommandId.QUERY_SM, 0, message_id + b"260212143000000+\0" + bytes([state, 0])
        )


@pytest.mark.row(31)
async def test_query_sm_tells_nothing_of_another_account_s_message(
    autojump_clock: MockClock,
) -> None:
    known = [account("other"), account()]
    async with open_gateway(accounts=known) as gateway:
        other = await gateway.bound("other")
        await other.submit_sm("14155552671", "Your code is 482910")
        esme = await gateway.bare_bound()
        assert await ask(esme, CommandId.QUERY_SM, b"m-1\0" + SOURCE) == response(
            CommandId.QUERY_SM, CommandStatus.ESME_RQUERYFAIL, b"\0\0\0\0"
        )


@pytest.mark.row(31, 104)
@pytest.mark.parametrize("message_id", [b"", b"x", b"x" * 64])
async def test_query_sm_for_what_is_not_kept_fails_with_a_complete_body(
    message_id: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.ask(submit_octets())
        answer = await ask(esme, CommandId.QUERY_SM, message_id + b"\0" + SOURCE)
        assert answer == response(CommandId.QUERY_SM, 0x67, b"\0\0\0\0")


@pytest.mark.row(35)
@pytest.mark.parametrize("mode", [0x01, 0x02, 0x09])
async def test_enquire_link_is_answered_in_every_mode(mode: int, autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound(mode)
        assert await ask(esme, CommandId.ENQUIRE_LINK, b"") == response(CommandId.ENQUIRE_LINK, 0)


# ---------------------------------------------------------------------- sequence numbers


@pytest.mark.row(39)
async def test_our_own_sequence_numbers_count_from_1_and_answer_to_nobody_else_s(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(duplicate_window=0) as gateway:
        esme = await gateway.bare_bound()
        for expected in range(1, 101):
            submit = submit_octets(registered_delivery=1, sequence_number=expected)
            assert (await esme.ask(submit))[4:8] == b"\x80\0\0\x04"
            deliver = await esme.next()
            assert deliver[4:16] == pdu_octets(5, sequence_number=expected)[4:16]
        # All hundred are outstanding, so that no number may come twice.
        await esme.send(
            b"".join(pdu_octets(0x80000005, b"\0", sequence_number=n) for n in range(1, 101))
        )
        await esme.ask(submit_octets(registered_delivery=1))
        assert (await esme.next())[12:16] == (101).to_bytes(4, "big")


@pytest.mark.row(40)
@pytest.mark.parametrize("statuses", [[0, 0x45], [0x45, 0], [0, 0]])
async def test_one_sequence_number_twice_in_flight_is_answered_twice(
    statuses: list[int], autojump_clock: MockClock
) -> None:
    outcomes = {
        number: Refused(150) if status else Delivered(f"id-{number}")
        for number, status in zip(("1111", "2222"), statuses, strict=True)
    }
    platform = FakePlatform(answer=lambda request: outcomes[request.code], holds=True)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(submit_octets(b"code 1111") + submit_octets(b"code 2222"))
        await platform.wait_for_requests(2)
        platform.release()
        expected = [
            response(CommandId.SUBMIT_SM, status, b"" if status else b"id-%d\0" % code, 2)
            for status, code in zip(statuses, (1111, 2222), strict=True)
        ]
        assert await esme.take(2) == expected
        assert await esme.is_alive()


@pytest.mark.row(41)
async def test_a_fast_message_overtakes_a_slow_one(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bare_bound()
        await esme.send(
            b"".join(submit_octets(b"code %d" % (1000 + n), sequence_number=n) for n in range(2, 9))
        )
        await platform.wait_for_requests(7)
        # Neither an enquire_link nor a refusal waits for them.
        assert await esme.is_alive()
        refused = await esme.ask(submit_octets(b"no code", sequence_number=50))
        assert refused == response(CommandId.SUBMIT_SM, 0x01, b"", 50)
        platform.release(newest_first=True)
        assert [int.from_bytes(one[12:16], "big") for one in await esme.take(7)] == [
            8,
            7,
            6,
            5,
            4,
            3,
            2,
        ]


@pytest.mark.row(41)
async def test_answers_come_as_the_outcomes_come(autojump_clock: MockClock) -> None:
    class Slow(FakePlatform):
        """Takes as many seconds as the code's first digit says."""

        def submit(self, request: SendRequest, done: object, /) -> None:
            self._latency = float(request.code[0])
            super().submit(request, done)  # type: ignore[arg-type]

    async with open_gateway(platform=Slow()) as gateway:
        esme = await gateway.bare_bound()
        began = trio.current_time()
        for number, seconds in enumerate((9, 3, 6, 1), 2):
            await esme.send(submit_octets(b"code %d000" % seconds, sequence_number=number))
            await trio.testing.wait_all_tasks_blocked()
        for number, seconds in ((5, 1), (3, 3), (4, 6), (2, 9)):
            assert (await esme.next())[15] == number
            assert trio.current_time() - began == pytest.approx(seconds)
