"""Integration guide, "Delivery Receipts (deliver_sm)": its fields, its text, its moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.config import Limits
from otpblue_trio.policy import Delivered, FailureMode
from otpblue_trio.runtime.observer import ReceiptFate, ReceiptSettled
from otpblue_trio.smpp import (
    BindTransceiver,
    DeliverSm,
    Framer,
    MessageState,
    SubmitSmResp,
    Tlv,
    TlvTag,
    Ton,
    decode,
    encode,
)
from otpblue_trio.testing import (
    EsmeClosed,
    FakePlatform,
    account,
    open_gateway,
    submit_pdu,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

NUMBER = "14155551234"
TEXT = "Your verification code is 482910. Do not share this code."

# The gateway under test begins at the guide's own minute, 2026-02-12 14:30.
DELIVERED_TEXT = (
    b"id:abc-123 sub:001 dlvrd:001 submit date:2602121430 done date:2602121430"
    b" stat:DELIVRD err:000 text:"
)


async def delivered_receipt() -> DeliverSm:
    """Return the receipt of a message that the platform calls abc-123."""
    platform = FakePlatform(answer=Delivered("abc-123"))
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT, source="MyBank", registered_delivery=0x01)
        return await esme.receipt()


async def undelivered_receipt() -> tuple[SubmitSmResp, DeliverSm]:
    """Return response and receipt of a failure, of an account that is told of it by receipts."""
    platform = FakePlatform(code=150)
    known = account(failure_mode=FailureMode.RECEIPT_ONLY)
    async with open_gateway(platform=platform, accounts=[known]) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT, source="MyBank", registered_delivery=0x01)
        assert isinstance(response, SubmitSmResp)
        return response, await esme.receipt()


# ---------------------------------------------------------------------- when there is one


@pytest.mark.parametrize(("registered_delivery", "is_due"), [(0x01, True), (0x00, False)])
async def test_receipt_comes_when_registered_delivery_is_0x01(
    registered_delivery: int, is_due: bool, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT, registered_delivery=registered_delivery)
        await esme.unbind()
        if is_due:
            await esme.receipt()
        with pytest.raises(EsmeClosed):
            await esme.receipt()


async def test_receipt_arrives_immediately_after_the_response(autojump_clock: MockClock) -> None:
    async with open_gateway(platform=FakePlatform(latency=0.3)) as gateway:
        stream = gateway.connect_stream()
        bind = BindTransceiver(sequence_number=1, system_id="acme", password="secret")
        await stream.send_all(encode(bind))
        await stream.receive_some()
        submitted = trio.current_time()
        await stream.send_all(encode(submit_pdu(NUMBER, TEXT)))
        framer = Framer(65536)
        framer.feed(bytes(await stream.receive_some()))
        kinds = []
        while (frame := framer.next_frame()) is not None:
            kinds.append(type(decode(frame)))
        assert kinds == [SubmitSmResp, DeliverSm]
        assert trio.current_time() - submitted == pytest.approx(0.3)


# ---------------------------------------------------------------------- the fields


async def test_esm_class_is_0x04_mc_delivery_receipt(autojump_clock: MockClock) -> None:
    assert (await delivered_receipt()).esm_class == 0x04


async def test_receipted_message_id_matches_the_message_id_of_the_response(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        receipt = await esme.receipt()
        assert isinstance(response, SubmitSmResp)
        assert response.message_id
        assert receipt.tlv(TlvTag.RECEIPTED_MESSAGE_ID) == response.message_id.encode() + b"\0"
        assert receipt.short_message.startswith(f"id:{response.message_id} ".encode())


async def test_message_state_is_2_when_delivered(autojump_clock: MockClock) -> None:
    receipt = await delivered_receipt()
    assert receipt.tlv(TlvTag.MESSAGE_STATE) == bytes([2]) == bytes([MessageState.DELIVERED])


async def test_message_state_is_5_when_undeliverable(autojump_clock: MockClock) -> None:
    _, receipt = await undelivered_receipt()
    assert receipt.tlv(TlvTag.MESSAGE_STATE) == bytes([5]) == bytes([MessageState.UNDELIVERABLE])


async def test_short_message_is_the_guides_to_the_letter(autojump_clock: MockClock) -> None:
    assert (await delivered_receipt()).short_message == DELIVERED_TEXT


async def test_short_message_of_a_failure_has_the_same_form(autojump_clock: MockClock) -> None:
    response, receipt = await undelivered_receipt()
    text = f"id:{response.message_id} sub:001 dlvrd:000 submit date:2602121430"
    text += " done date:2602121430 stat:UNDELIV err:150 text:"
    assert receipt.short_message == text.encode()


async def test_receipt_has_the_addresses_of_the_message_swapped(
    autojump_clock: MockClock,
) -> None:
    receipt = await delivered_receipt()
    assert (receipt.source_addr_ton, receipt.source_addr) == (Ton.INTERNATIONAL, NUMBER)
    assert (receipt.dest_addr_ton, receipt.destination_addr) == (Ton.ALPHANUMERIC, "MyBank")


async def test_receipt_is_exactly_this(autojump_clock: MockClock) -> None:
    assert await delivered_receipt() == DeliverSm(
        sequence_number=1,
        source_addr_ton=0x01,
        source_addr_npi=0x01,
        source_addr="14155551234",
        dest_addr_ton=0x05,
        dest_addr_npi=0x00,
        destination_addr="MyBank",
        esm_class=0x04,
        data_coding=0x00,
        short_message=DELIVERED_TEXT,
        tlvs=(
            Tlv(TlvTag.RECEIPTED_MESSAGE_ID, b"abc-123\0"),
            Tlv(TlvTag.MESSAGE_STATE, b"\x02"),
        ),
    )


async def test_dates_are_those_of_the_submit_and_of_its_outcome(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=FakePlatform(latency=9)) as gateway:
        esme = await gateway.bound()
        await trio.sleep(55)
        await esme.submit_sm(NUMBER, TEXT)
        receipt = await esme.receipt()
        assert b"submit date:2602121430 done date:2602121431" in receipt.short_message


# ---------------------------------------------------------------------- deliver_sm_resp


async def test_receipt_that_is_answered_comes_once(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT)
        await esme.receipt()
        settled = await gateway.wait_for(ReceiptSettled)
        assert settled.fate is ReceiptFate.ACKNOWLEDGED
        await esme.wait_closed()
        with pytest.raises(EsmeClosed):
            await esme.receipt()


async def test_receipt_that_is_not_answered_promptly_comes_again(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound(acknowledge=False)
        await esme.submit_sm(NUMBER, TEXT)
        first = await esme.receipt()
        sent = trio.current_time()
        again = await esme.receipt()
        assert again.short_message == first.short_message
        assert trio.current_time() - sent == pytest.approx(Limits().receipt_timeout, abs=2)
