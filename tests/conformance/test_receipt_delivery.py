"""Conformance, rows 83 to 87: where receipts go, and how often."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.runtime.observer import ReceiptFate, ReceiptSettled
from otpblue_trio.smpp import CommandId, CommandStatus, DeliverSm, decode
from otpblue_trio.testing import (
    BareEsme,
    account,
    open_gateway,
    pdu_octets,
    submit_octets,
    with_limits,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.testing import GatewayUnderTest

SUBMIT_RESP = b"\x80\0\0\x04"
DELIVER = b"\0\0\0\x05"


def acknowledged(receipt: bytes, status: int = 0, body: bytes = b"\0") -> bytes:
    """Return a deliver_sm_resp."""
    return pdu_octets(
        CommandId.DELIVER_SM_RESP,
        body,
        command_status=status,
        sequence_number=int.from_bytes(receipt[12:16], "big"),
    )


@pytest.mark.row(83)
@pytest.mark.parametrize("mode", [CommandId.BIND_RECEIVER, CommandId.BIND_TRANSCEIVER])
async def test_a_transmitter_s_receipt_goes_to_a_session_that_receives(
    mode: CommandId, autojump_clock: MockClock
) -> None:
    async with open_gateway(accounts=[account("other"), account()]) as gateway:
        stranger = await gateway.bound("other")
        receiver = await gateway.bare_bound(mode)
        sender = await gateway.bare_bound(CommandId.BIND_TRANSMITTER)
        assert (await sender.ask(submit_octets(registered_delivery=1)))[4:8] == SUBMIT_RESP
        assert (await receiver.next())[4:8] == DELIVER
        assert await sender.is_alive()
        await stranger.enquire_link()
        assert stranger._receipts.statistics().current_buffer_used == 0


@pytest.mark.row(84)
@pytest.mark.parametrize("mode", [CommandId.BIND_RECEIVER, CommandId.BIND_TRANSCEIVER])
@pytest.mark.parametrize("seconds", [1, 10, 3600])
async def test_a_receipt_waits_for_a_receiver(
    mode: CommandId, seconds: float, autojump_clock: MockClock
) -> None:
    async with open_gateway(duplicate_window=0) as gateway:
        sender = await gateway.bare_bound(CommandId.BIND_TRANSMITTER)
        for number in (1, 2, 3):
            await sender.ask(submit_octets(registered_delivery=1, sequence_number=number))
        await sender.aclose()
        await trio.sleep(seconds)
        receiver = await gateway.bare_bound(mode)
        for number in (1, 2, 3):
            receipt = await receiver.next()
            assert b"id:m-%d " % number in receipt
            await receiver.send(acknowledged(receipt))
        assert await receiver.is_alive()


@pytest.mark.row(85)
@pytest.mark.parametrize("how", ["close", "unbind", "half-close"])
async def test_a_receipt_that_a_lost_session_did_not_answer_goes_to_the_next(
    how: str, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        first = await gateway.bare_bound()
        await first.ask(submit_octets(registered_delivery=1))
        receipt = await first.next()
        if how == "unbind":
            await first.ask(pdu_octets(CommandId.UNBIND))
        elif how == "half-close":
            await first.send_eof()
            await first.rest()
        await first.aclose()
        second = await gateway.bare_bound()
        again = await second.next()
        assert again[16:] == receipt[16:]
        await second.send(acknowledged(again))
        settled = await gateway.wait_for(ReceiptSettled, 2)
        assert settled.fate is ReceiptFate.ACKNOWLEDGED
        assert gateway.gateway.waiting_receipts == 0


@pytest.mark.row(85)
async def test_a_receipt_is_not_tried_for_ever(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.ask(submit_octets(registered_delivery=1))
        sends = 0
        while (await esme.next())[4:8] == DELIVER:
            sends += 1
            await esme.aclose()
            esme = await gateway.bare_bound()
        # What came in the end was the unbind of a session that had nothing to say.
        assert sends == 5
        assert [told.fate for told in gateway.seen(ReceiptSettled)] == [
            *[ReceiptFate.RETRIED] * 4,
            ReceiptFate.EXPIRED,
        ]


@pytest.mark.row(85)
async def test_a_receipt_without_a_session_ends_at_its_lifetime(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(receipt_lifetime=3600.0) as gateway:
        sender = await gateway.bare_bound(CommandId.BIND_TRANSMITTER)
        await sender.ask(submit_octets(registered_delivery=1))
        await sender.aclose()
        await trio.sleep(3598)
        assert gateway.seen(ReceiptSettled) == []
        await trio.sleep(4)
        assert [told.fate for told in gateway.seen(ReceiptSettled)] == [ReceiptFate.EXPIRED]
        assert await (await gateway.bare_bound()).is_alive()


TEMPORARY = [0x08, 0x14, 0x58, 0x64]


@pytest.mark.row(86)
@pytest.mark.parametrize("status", TEMPORARY)
async def test_a_temporary_refusal_is_retried_five_times_with_growing_pauses(
    status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.ask(submit_octets(registered_delivery=1))
        moments = []
        for _ in range(5):
            receipt = await esme.next()
            moments.append(trio.current_time())
            await esme.send(acknowledged(receipt, status))
        pauses = [later - earlier for earlier, later in pairwise(moments)]
        assert pauses == sorted(pauses)
        assert 1 <= pauses[0] <= 2
        await trio.testing.wait_all_tasks_blocked()
        settled = gateway.seen(ReceiptSettled)
        assert [told.fate for told in settled] == [ReceiptFate.RETRIED] * 4 + [ReceiptFate.REJECTED]
        assert {told.command_status for told in settled} == {status}
        assert await esme.is_alive()


@pytest.mark.row(86)
@pytest.mark.parametrize(
    "status", sorted({*range(1, 0x70), 0xFE, 0xFF, 0x400, 0xFFFFFFFF} - {*TEMPORARY})
)
async def test_any_other_refusal_is_the_end(status: int, autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.ask(submit_octets(registered_delivery=1))
        await esme.send(acknowledged(await esme.next(), status))
        settled = await gateway.wait_for(ReceiptSettled)
        assert (settled.fate, settled.command_status) == (ReceiptFate.REJECTED, status)
        await trio.sleep(80)
        assert await esme.is_alive()


@pytest.mark.row(86)
@pytest.mark.parametrize("status", [0, 1, 3, 0xFF])
async def test_a_generic_nack_is_a_refusal(status: int, autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.ask(submit_octets(registered_delivery=1))
        receipt = await esme.next()
        await esme.send(
            pdu_octets(
                CommandId.GENERIC_NACK,
                command_status=status,
                sequence_number=int.from_bytes(receipt[12:16], "big"),
            )
        )
        assert (await gateway.wait_for(ReceiptSettled)).fate is ReceiptFate.REJECTED


@pytest.mark.row(86)
async def test_a_receipt_never_answered_comes_five_times(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.ask(submit_octets(registered_delivery=1))
        texts = set()
        numbers = []
        for _ in range(5):
            receipt = await esme.next()
            numbers.append(int.from_bytes(receipt[12:16], "big"))
            texts.add(receipt[16:])
            assert await esme.is_alive()  # which also keeps the session
        assert len(texts) == 1
        assert numbers == sorted(set(numbers))
        for _ in range(4):
            await trio.sleep(60)
            assert await esme.is_alive()
        assert [told.fate for told in gateway.seen(ReceiptSettled)][-1] is ReceiptFate.EXPIRED


@pytest.mark.row(110)
@pytest.mark.parametrize(
    "body", [b"", b"\0", b"m-1\0", b"no NUL", b"\0" * 300, b"x" * 70 + b"\0", b"\0\x15\0\0\xffab"]
)
async def test_an_acknowledgement_counts_whatever_its_body(
    body: bytes, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.ask(submit_octets(registered_delivery=1))
        await esme.send(acknowledged(await esme.next(), body=body))
        assert (await gateway.wait_for(ReceiptSettled)).fate is ReceiptFate.ACKNOWLEDGED
        assert await esme.is_alive()


async def submit_many(esme: BareEsme, count: int) -> tuple[int, int]:
    """Submit messages; return how many responses and receipts came meanwhile."""
    receipts = 0
    for number in range(count):
        await esme.send(submit_octets(registered_delivery=1, sequence_number=1000 + number))
        while (frame := await esme.next())[4:8] == DELIVER:
            receipts += 1
        assert frame[4:12] == SUBMIT_RESP + b"\0\0\0\0"
    return count, receipts


@pytest.mark.row(87)
@pytest.mark.parametrize("window", [1, 10])
async def test_a_session_that_acknowledges_nothing_is_still_served(
    window: int, autojump_clock: MockClock
) -> None:
    limits = with_limits(receipt_window=window)
    async with open_gateway(limits=limits, duplicate_window=0) as gateway:
        esme = await gateway.bare_bound()
        _, receipts = await submit_many(esme, 200)
        assert receipts == window
        assert gateway.gateway.waiting_receipts == 200 - window
        assert await esme.is_alive()


@pytest.mark.row(87)
async def test_every_acknowledgement_makes_room_for_one_more(autojump_clock: MockClock) -> None:
    limits = with_limits(receipt_window=1)
    async with open_gateway(limits=limits, duplicate_window=0) as gateway:
        esme = await gateway.bare_bound()
        await submit_many(esme, 20)
        # The first is outstanding, and was seen above.
        await esme.send(pdu_octets(CommandId.DELIVER_SM_RESP, b"\0", sequence_number=1))
        for number in range(2, 21):
            receipt = await esme.next()
            pdu = decode(receipt)
            assert isinstance(pdu, DeliverSm)
            assert pdu.short_message.startswith(b"id:m-%d " % number)
            await esme.send(acknowledged(receipt))
        assert await esme.is_alive()
        assert await outstanding(gateway) == 0


async def outstanding(gateway: GatewayUnderTest) -> int:
    """Return how many receipts are not done."""
    await trio.testing.wait_all_tasks_blocked()
    return gateway.gateway.accounts[0].receipts.open


@pytest.mark.row(86, 87)
async def test_a_late_acknowledgement_is_ignored(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bare_bound()
        await esme.ask(submit_octets(registered_delivery=1))
        first = await esme.next()
        again = await esme.next()
        await esme.send(acknowledged(first) + acknowledged(first, CommandStatus.ESME_RSYSERR))
        assert await esme.is_alive()
        assert await outstanding(gateway) == 1
        await esme.send(acknowledged(again))
        assert await outstanding(gateway) == 0
