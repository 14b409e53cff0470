"""Integration guide, "Input Limits": each limit met, one below it and one above it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import attrs
import pytest

from otpblue_trio.runtime.observer import MessageAnswered, PduIgnored
from otpblue_trio.smpp import (
    CommandId,
    CommandStatus,
    DataCoding,
    Pdu,
    SubmitSm,
    Tlv,
    TlvTag,
)
from otpblue_trio.testing import FakePlatform, open_gateway, submit_pdu

if TYPE_CHECKING:
    from trio.testing import MockClock

    from otpblue_trio.policy import SendRequest

NUMBER = "14155551234"
TEXT = "Your code is 482910"
ROK = CommandStatus.ESME_ROK
RINVMSGLEN = CommandStatus.ESME_RINVMSGLEN
RINVDSTADR = CommandStatus.ESME_RINVDSTADR


async def send(message: Pdu) -> tuple[int, list[SendRequest]]:
    """Submit one message; return the status and what the platform was asked to send."""
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        response = await esme.request(message)
        # Whatever the answer: the link is kept.
        assert (await esme.enquire_link()).command_status == ROK
    return response.command_status, platform.requests


def text_of(octets: int) -> bytes:
    """Return a message of so many octets with one code in it."""
    return TEXT.encode().ljust(octets - 1) + b"."


def with_payload(octets: bytes, data_coding: int = 0) -> SubmitSm:
    """Return a message whose text is in message_payload."""
    return attrs.evolve(
        submit_pdu(NUMBER, ""),
        data_coding=data_coding,
        tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, octets),),
    )


def submit_octets(destination_addr: str) -> bytes:
    """Write a submit_sm by hand: our own encoder would refuse a destination that is too long."""
    body = (
        b"\0\x05\0MyBank\0\x01\x01"
        + destination_addr.encode()
        + bytes(1 + 9)
        + bytes([len(TEXT)])
        + TEXT.encode()
    )
    return struct.pack(">IIII", 16 + len(body), CommandId.SUBMIT_SM, 0, 99) + body


# ---------------------------------------------------------------------- short_message: 512 bytes


@pytest.mark.parametrize(
    ("octets", "command_status"), [(511, ROK), (512, ROK), (513, RINVMSGLEN), (60_000, RINVMSGLEN)]
)
async def test_message_has_at_most_512_octets(
    octets: int, command_status: int, autojump_clock: MockClock
) -> None:
    answered, requests = await send(with_payload(text_of(octets)))
    assert answered == command_status
    assert [request.code for request in requests] == (["482910"] if answered == ROK else [])


@pytest.mark.parametrize("octets", [254, 255])
async def test_short_message_may_be_as_long_as_its_length_octet_can_say(
    octets: int, autojump_clock: MockClock
) -> None:
    message = attrs.evolve(submit_pdu(NUMBER, ""), short_message=text_of(octets))
    answered, (request,) = await send(message)
    assert (answered, request.code) == (ROK, "482910")


@pytest.mark.parametrize(("characters", "command_status"), [(256, ROK), (257, RINVMSGLEN)])
async def test_limit_is_in_octets_whatever_the_alphabet(
    characters: int, command_status: int, autojump_clock: MockClock
) -> None:
    text = text_of(characters).decode().encode("utf-16-be")
    answered, _ = await send(with_payload(text, DataCoding.UCS2))
    assert answered == command_status


async def test_empty_message_is_refused(autojump_clock: MockClock) -> None:
    assert await send(submit_pdu(NUMBER, "")) == (RINVMSGLEN, [])


# ------------------------------------------------------- destination_addr: 21 characters


@pytest.mark.parametrize("characters", [20, 21, 22, 100])
async def test_destination_that_long_is_refused_and_the_link_kept(
    characters: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        await esme.send_octets(submit_octets("14155551234".ljust(characters, "0")))
        assert (await esme.enquire_link()).command_status == ROK
        answered = [event.command_status for event in gateway.seen(MessageAnswered)]
        answered += [event.command_status for event in gateway.seen(PduIgnored)]
        assert answered == [RINVDSTADR]
    assert platform.requests == []


@pytest.mark.parametrize(("characters", "is_field"), [(20, True), (21, True), (22, False)])
async def test_field_holds_21_characters(
    characters: int, is_field: bool, autojump_clock: MockClock
) -> None:
    """No phone number is that long; up to 21 characters it is the number that is refused."""
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await esme.send_octets(submit_octets("1" * characters))
        await esme.enquire_link()
        assert [event.reason for event in gateway.seen(MessageAnswered)] == (
            ["destination_invalid"] if is_field else []
        )


async def test_longest_number_with_its_international_prefix_is_accepted(
    autojump_clock: MockClock,
) -> None:
    answered, (request,) = await send(submit_pdu("00492914177763170", TEXT))
    assert (answered, request.contact) == (ROK, "+492914177763170")


# ---------------------------------------------------------------------- OTP code: 4-10 digits


@pytest.mark.parametrize(
    ("digits", "command_status"),
    [(0, RINVMSGLEN), (3, RINVMSGLEN), (4, ROK), (5, ROK), (9, ROK), (10, ROK), (11, RINVMSGLEN)],
)
async def test_code_has_4_to_10_digits(
    digits: int, command_status: int, autojump_clock: MockClock
) -> None:
    code = "48291057361"[:digits]
    answered, requests = await send(submit_pdu(NUMBER, f"Your code is {code}"))
    assert answered == command_status
    assert [request.code for request in requests] == ([code] if answered == ROK else [])


# ------------------------------------------------------- Phone number: a valid E.164 number


@pytest.mark.parametrize(
    "destination",
    [
        pytest.param("", id="empty"),
        pytest.param("1", id="country code alone"),
        pytest.param("1415555123", id="a digit short"),
        pytest.param("141555512345", id="a digit too many"),
        pytest.param("11155551234", id="no such area code"),
        pytest.param("99955551234", id="no such country code"),
        pytest.param("1415555CALL", id="letters"),
        pytest.param("1-415-555-1234", id="punctuation"),
        pytest.param("1 415 555 1234", id="blanks"),
        pytest.param("++14155551234", id="two plus signs"),
        pytest.param("+", id="plus sign alone"),
        pytest.param("80012345678", id="a number of no country"),
    ],
)
async def test_invalid_number_is_rejected_and_not_forwarded(
    destination: str, autojump_clock: MockClock
) -> None:
    assert await send(submit_pdu(destination, TEXT)) == (RINVDSTADR, [])


@pytest.mark.parametrize("destination", ["14155551234", "+14155551234", "0014155551234"])
async def test_valid_number_is_accepted(destination: str, autojump_clock: MockClock) -> None:
    answered, (request,) = await send(submit_pdu(destination, TEXT))
    assert (answered, request.contact) == (ROK, "+14155551234")


async def test_invalid_number_is_rejected_immediately(autojump_clock: MockClock) -> None:
    platform = FakePlatform(latency=5)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm("1415555123", TEXT)
        assert response.command_status == RINVDSTADR
        (answered,) = gateway.seen(MessageAnswered)
        assert answered.latency == 0
