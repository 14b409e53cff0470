"""Conformance, rows 75 to 82: which messages have a receipt, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.policy import Delivered, FailureMode, MessageIdFormat, Refused
from otpblue_trio.smpp import CommandId
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

    from otpblue_trio.policy import Outcome

SUBMIT_RESP = b"\x80\0\0\x04"
DELIVER = b"\0\0\0\x05"
DATES = b" submit date:2602121430 done date:2602121430"
PLATFORM_ID = "ac5408f5-d311-4907-a31e-16699e83b1bc"


async def receipts_for(
    registered_delivery: int, outcome: Outcome, failure_mode: FailureMode
) -> tuple[bytes, list[bytes]]:
    """Return the response to a message, and what comes behind it up to the end of the session."""
    known = [account(failure_mode=failure_mode)]
    async with open_gateway(platform=FakePlatform(answer=outcome), accounts=known) as gateway:
        esme = await gateway.bare_bound()
        response = await esme.ask(submit_octets(registered_delivery=registered_delivery))
        await esme.send(pdu_octets(CommandId.UNBIND, sequence_number=3))
        *behind, last = await esme.rest()
        assert last == pdu_octets(CommandId.UNBIND_RESP, sequence_number=3)
        return response, behind


ON_SUCCESS = {0: 0, 1: 1, 2: 0, 3: 1}
ON_FAILURE = {0: 0, 1: 1, 2: 1, 3: 0}
OTHER_BITS = [0x00, 0x04, 0x08, 0x10, 0x1C, 0xE0, 0xFC]


@pytest.mark.row(75, 76, 77, 78, 79)
@pytest.mark.parametrize("other_bits", OTHER_BITS)
@pytest.mark.parametrize("wish", range(4))
@pytest.mark.parametrize("failure_mode", FailureMode)
async def test_a_delivered_message_has_the_receipts_that_its_two_bits_ask_for(
    wish: int, other_bits: int, failure_mode: FailureMode, autojump_clock: MockClock
) -> None:
    response, behind = await receipts_for(wish | other_bits, Delivered("m-1"), failure_mode)
    assert response == pdu_octets(CommandId.SUBMIT_SM_RESP, b"m-1\0", sequence_number=2)
    assert [one[4:8] for one in behind] == [DELIVER] * ON_SUCCESS[wish]


@pytest.mark.row(80)
@pytest.mark.parametrize("registered_delivery", [0, 1, 2, 3, 0x11, 0x1F, 0xFF])
@pytest.mark.parametrize(("code", "status"), [(150, 0x45), (720, 0x58), (1600, 0x0B), (100, 0x08)])
async def test_a_failure_told_in_the_response_has_no_receipt(
    registered_delivery: int, code: int, status: int, autojump_clock: MockClock
) -> None:
    response, behind = await receipts_for(registered_delivery, Refused(code), FailureMode.IMMEDIATE)
    assert response == pdu_octets(
        CommandId.SUBMIT_SM_RESP, command_status=status, sequence_number=2
    )
    assert behind == []


@pytest.mark.row(81, 79)
@pytest.mark.parametrize("other_bits", OTHER_BITS)
@pytest.mark.parametrize("wish", range(4))
async def test_a_failure_told_by_receipt_has_the_receipts_that_were_asked_for(
    wish: int, other_bits: int, autojump_clock: MockClock
) -> None:
    response, behind = await receipts_for(wish | other_bits, Refused(150), FailureMode.RECEIPT_ONLY)
    assert response[4:12] == SUBMIT_RESP + b"\0\0\0\0"
    message_id = response[16:-1]
    assert len(message_id) == 8
    assert len(behind) == ON_FAILURE[wish]
    for receipt in behind:
        text = b"id:%b sub:001 dlvrd:000%b stat:UNDELIV err:150 text:" % (message_id, DATES)
        assert receipt.endswith(
            bytes([len(text)])
            + text
            + b"\x00\x1e\x00\x09"
            + message_id
            + b"\0"
            + b"\x04\x27\x00\x01\x05"
        )


@pytest.mark.row(81, 106)
@pytest.mark.parametrize(
    ("code", "err"),
    [
        (100, b"100"),
        (150, b"150"),
        (720, b"720"),
        (1110, b"810"),
        (1155, b"155"),
        (1900, b"900"),
        (5, b"899"),
        (99999, b"899"),
    ],
)
async def test_err_has_three_characters_whatever_the_platform_s_code(
    code: int, err: bytes, autojump_clock: MockClock
) -> None:
    _, (receipt,) = await receipts_for(1, Refused(code), FailureMode.RECEIPT_ONLY)
    assert b" stat:UNDELIV err:" + err + b" text:" in receipt


@pytest.mark.row(81)
@pytest.mark.parametrize(
    "octets",
    [
        submit_octets(b"no code", registered_delivery=1),
        submit_octets(dest_addr=b"\x01\x0112\0", registered_delivery=1),
        submit_octets(sm_length=200, registered_delivery=1),
        submit_octets(times=b"280212143000000+\0\0", registered_delivery=1),
    ],
)
async def test_what_is_not_well_formed_is_refused_at_once_in_either_mode(
    octets: bytes, autojump_clock: MockClock
) -> None:
    known = [account(failure_mode=FailureMode.RECEIPT_ONLY)]
    async with open_gateway(accounts=known) as gateway:
        esme = await gateway.bare_bound()
        response = await esme.ask(octets)
        assert response[11] != 0
        assert len(response) == 16
        assert await esme.is_alive()


# ---------------------------------------------------------------------- the fields


@pytest.mark.row(82, 105, 106)
@pytest.mark.parametrize(
    ("source_addr", "dest_addr"),
    [
        (b"\x05\x00MyBank\0", b"\x01\x0114155552671\0"),
        (b"\x05\x17MyBank\0", b"\x01\x01+14155552671\0"),
        (b"\x01\x0114155550100\0", b"\x00\x000014155552671\0"),
        (b"\x00\x00\0", b"\x01\x0814155552671\0"),
        (b"\x1c\xff12345\0", b"\x07\x1c14155552671\0"),
        (b"\x05\x00Twenty-characters-xx\0", b"\x01\x0014155552671\0"),
        (b"\x05\x00B\xe4nk\xff\0", b"\x01\x0114155552671\0"),
    ],
)
async def test_a_receipt_is_exactly_this(
    source_addr: bytes, dest_addr: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(answer=Delivered(PLATFORM_ID))) as gateway:
        esme = await gateway.bare_bound()
        message_id = PLATFORM_ID.encode()
        response = await esme.ask(
            submit_octets(source_addr=source_addr, dest_addr=dest_addr, registered_delivery=1)
        )
        assert response == pdu_octets(
            CommandId.SUBMIT_SM_RESP, message_id + b"\0", sequence_number=2
        )
        text = b"id:%b sub:001 dlvrd:001%b stat:DELIVRD err:000 text:" % (message_id, DATES)
        assert await esme.next() == pdu_octets(
            CommandId.DELIVER_SM,
            b"\0"  # service_type
            + dest_addr  # swapped, as they were submitted
            + source_addr
            + b"\x04\0\0"  # esm_class: a receipt; protocol_id, priority_flag
            + b"\0\0"  # schedule_delivery_time, validity_period
            + b"\0\0\0\0"  # registered_delivery, replace_if_present, data_coding, default id
            + bytes([len(text)])
            + text
            + b"\x00\x1e\x00\x25"
            + message_id
            + b"\0"
            + b"\x04\x27\x00\x01\x02",
            sequence_number=1,
        )


@pytest.mark.row(82, 105)
@pytest.mark.parametrize("message_id", ["1", "x" * 36, "x" * 63, "x" * 64])
@pytest.mark.parametrize("id_format", MessageIdFormat)
async def test_one_message_id_stands_in_response_text_and_tlv(
    message_id: str, id_format: MessageIdFormat, autojump_clock: MockClock
) -> None:
    known = [account(message_id_format=id_format)]
    platform = FakePlatform(answer=Delivered(message_id))
    async with open_gateway(platform=platform, accounts=known) as gateway:
        esme = await gateway.bare_bound()
        response = await esme.ask(submit_octets(registered_delivery=1))
        told = response[16:-1]
        if id_format is MessageIdFormat.PLATFORM:
            assert told == message_id.encode()
        else:
            assert len(told) == 8
            int(told, 16)
        receipt = await esme.next()
        assert b"id:" + told + b" sub:001" in receipt
        assert b"\x00\x1e" + (len(told) + 1).to_bytes(2, "big") + told + b"\0" in receipt


@pytest.mark.row(76)
async def test_the_receipt_comes_in_the_segment_of_the_response_and_behind_it(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=FakePlatform(latency=0.3)) as gateway:
        stream = gateway.connect_stream()
        esme = BareEsme(stream)
        await esme.bind()
        await esme.send(submit_octets(registered_delivery=1))
        began = trio.current_time()
        octets = bytes(await stream.receive_some())
        assert trio.current_time() - began == pytest.approx(0.3)
        length = int.from_bytes(octets[:4], "big")
        assert octets[4:8] == SUBMIT_RESP
        assert octets[length + 4 : length + 8] == DELIVER
