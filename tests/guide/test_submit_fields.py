"""Integration guide, "submit_sm Fields" and "Example submit_sm": each row, and the example."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import attrs
import pytest

from otpblue_trio.smpp import (
    BindTransceiver,
    CommandId,
    CommandStatus,
    DeliverSm,
    Npi,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Ton,
    decode,
    encode,
    encode_gsm,
)
from otpblue_trio.testing import (
    EsmeClosed,
    FakePlatform,
    account,
    open_gateway,
    read_pdus,
    submit_pdu,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import SendRequest

NUMBER = "14155551234"
TEXT = "Your verification code is 482910. Do not share this code."

# The guide's example field by field, as a client writes it (SMPP 3.4, 4.4.1).
EXAMPLE_BODY = (
    b"\x00"  # service_type: empty
    b"\x05"  # source_addr_ton: Alphanumeric
    b"\x00"  # source_addr_npi
    b"MyBank\x00"  # source_addr
    b"\x01"  # dest_addr_ton: International
    b"\x01"  # dest_addr_npi: ISDN
    b"14155551234\x00"  # destination_addr
    b"\x00"  # esm_class
    b"\x00"  # protocol_id
    b"\x00"  # priority_flag
    b"\x00"  # schedule_delivery_time: empty
    b"\x00"  # validity_period: empty
    b"\x01"  # registered_delivery
    b"\x00"  # replace_if_present_flag
    b"\x00"  # data_coding
    b"\x00"  # sm_default_msg_id
    b"\x39"  # sm_length: 57
    b"Your verification code is 482910. Do not share this code."
)
EXAMPLE = struct.pack(">IIII", 16 + len(EXAMPLE_BODY), CommandId.SUBMIT_SM, 0, 2) + EXAMPLE_BODY


async def send(**fields: object) -> tuple[Pdu, list[SendRequest]]:
    """Submit the example with some fields changed; return the answer and what was sent on."""
    platform = FakePlatform()
    async with open_gateway(
        platform=platform, accounts=[account(default_sender="Default")]
    ) as gateway:
        esme = await gateway.bound()
        example = submit_pdu(NUMBER, TEXT, source="MyBank")
        response = await esme.request(attrs.evolve(example, **fields))  # type: ignore[arg-type]
    return response, platform.requests


async def test_example_is_delivered_octet_for_octet(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        stream = gateway.connect_stream()
        bind = BindTransceiver(sequence_number=1, system_id="acme", password="secret")
        await stream.send_all(encode(bind) + EXAMPLE)
        _, response, receipt = await read_pdus(stream, 3)
        assert response == SubmitSmResp(sequence_number=2, command_status=0, message_id="m-1")
        assert isinstance(receipt, DeliverSm)
        (request,) = platform.requests
        assert (request.contact, request.code, request.sender, request.language) == (
            "+14155551234",
            "482910",
            "MyBank",
            "en",
        )


def test_example_is_what_our_own_client_sends() -> None:
    example = submit_pdu(NUMBER, TEXT, source="MyBank", registered_delivery=1)
    assert encode(attrs.evolve(example, sequence_number=2)) == EXAMPLE


def test_example_reads_as_the_guide_prints_it() -> None:
    assert decode(EXAMPLE) == SubmitSm(
        sequence_number=2,
        source_addr_ton=0x05,
        source_addr="MyBank",
        dest_addr_ton=0x01,
        dest_addr_npi=0x01,
        destination_addr="14155551234",
        data_coding=0x00,
        registered_delivery=0x01,
        short_message=TEXT.encode("ascii"),
    )


async def test_source_addr_ton_0x05_makes_the_source_a_brand_name(
    autojump_clock: MockClock,
) -> None:
    _, (request,) = await send(source_addr_ton=Ton.ALPHANUMERIC)
    assert request.sender == "MyBank"


@pytest.mark.parametrize("source_addr", ["A", "MyBank", "Ten-Letter", "Eleven-Name"])
async def test_source_addr_is_the_senders_name_up_to_11_characters(
    source_addr: str, autojump_clock: MockClock
) -> None:
    response, (request,) = await send(source_addr=source_addr)
    assert response.command_status == CommandStatus.ESME_ROK
    assert request.sender == source_addr


async def test_source_addr_of_12_characters_is_cut_to_11(autojump_clock: MockClock) -> None:
    response, (request,) = await send(source_addr="TwelveLetter")
    assert response.command_status == CommandStatus.ESME_ROK
    assert request.sender == "TwelveLette"


async def test_dest_addr_ton_0x01_and_npi_0x01_are_international_e164(
    autojump_clock: MockClock,
) -> None:
    _, (request,) = await send(dest_addr_ton=Ton.INTERNATIONAL, dest_addr_npi=Npi.ISDN)
    assert request.contact == "+14155551234"


async def test_destination_addr_is_e164_with_country_code(autojump_clock: MockClock) -> None:
    response, (request,) = await send(destination_addr="4915123456789")
    assert response.command_status == CommandStatus.ESME_ROK
    assert (request.contact, request.region) == ("+4915123456789", "DE")


async def test_destination_addr_may_have_a_plus_sign(autojump_clock: MockClock) -> None:
    response, (request,) = await send(destination_addr="+14155551234")
    assert response.command_status == CommandStatus.ESME_ROK
    assert request.contact == "+14155551234"


async def test_destination_addr_without_country_code_is_refused(
    autojump_clock: MockClock,
) -> None:
    response, requests = await send(destination_addr="4155551234")
    assert response.command_status == CommandStatus.ESME_RINVDSTADR
    assert requests == []


@pytest.mark.parametrize(
    "short_message",
    [b"Your code is 482910", encode_gsm("Café @ Zürich: your code is 482910 {1}")],
    ids=["ASCII", "GSM 7-bit"],
)
async def test_data_coding_0x00_is_ascii_or_gsm_7_bit(
    short_message: bytes, autojump_clock: MockClock
) -> None:
    response, (request,) = await send(data_coding=0, short_message=short_message)
    assert response.command_status == CommandStatus.ESME_ROK
    assert request.code == "482910"


async def test_short_message_is_the_full_otp_message(autojump_clock: MockClock) -> None:
    _, (request,) = await send(short_message=b"Your verification code is 482910")
    assert (request.code, request.text) == ("482910", "")


@pytest.mark.parametrize(("registered_delivery", "receipts"), [(0x00, 0), (0x01, 1)])
async def test_registered_delivery_0x01_requests_a_delivery_receipt(
    registered_delivery: int, receipts: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT, registered_delivery=registered_delivery)
        await esme.unbind()
        received = 0
        while True:
            try:
                await esme.receipt()
            except EsmeClosed:
                break
            received += 1
        assert received == receipts
