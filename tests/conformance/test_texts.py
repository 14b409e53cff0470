"""Conformance, rows 49 to 53: the text, what it says and where it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conformance.conftest import ask

from otpblue_trio.smpp import CommandId, CommandStatus, encode_gsm
from otpblue_trio.testing import (
    FakePlatform,
    open_gateway,
    pdu_octets,
    submit_octets,
)

if TYPE_CHECKING:
    from trio.testing import MockClock

MESSAGES = Path(__file__).parents[1] / "policy" / "otp_messages.jsonl"
OK = CommandStatus.ESME_ROK
NO_CODE = CommandStatus.ESME_RINVMSGLEN


def answer(status: int, message_id: bytes | None = None) -> bytes:
    """Return a submit_sm_resp; an error is its header alone."""
    body = b"" if message_id is None else message_id + b"\0"
    return pdu_octets(CommandId.SUBMIT_SM_RESP, body, command_status=status, sequence_number=2)


def payload(octets: bytes) -> bytes:
    """Return a message_payload."""
    return b"\x04\x24" + len(octets).to_bytes(2, "big") + octets


# ---------------------------------------------------------------------- what it says


@pytest.mark.row(49)
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b"\0\0\0",
        b"Hello",
        b"Your code is",
        b"Your code is 1",
        b"Your code is 12",
        b"Your code is 123",
        b"Your code is 12345678901",
        b"Your code is 123456789012345",
        b"123",
        b"12345678901",
        b"code: 123-45678901",
        b"Your code is ABCDEF",
        b"Your code is 12AB34",
    ],
)
async def test_a_text_without_a_code_of_4_to_10_digits_is_refused(
    text: bytes, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        assert await ask(gateway, submit_octets(text)) == answer(NO_CODE)
        assert platform.requests == []


@pytest.mark.row(49, 50)
@pytest.mark.parametrize("digits", range(4, 11))
@pytest.mark.parametrize("form", [b"%s", b"Your code is %s", b"OTP: %s", b"%s is your code."])
async def test_a_code_of_4_to_10_digits_is_sent_as_it_is(
    digits: int, form: bytes, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    code = b"9081726354"[:digits]
    async with open_gateway(platform=platform) as gateway:
        assert await ask(gateway, submit_octets(form % code)) == answer(OK, b"m-1")
        assert platform.requests[0].code == code.decode()


@pytest.mark.row(50)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"Your verification code is 482910", "482910"),
        (b"OTP: 123456", "123456"),
        (b"Use code 482910 to verify your account", "482910"),
        (b"482910", "482910"),
        (b"Your PIN is 9821", "9821"),
        (b"code: 482-910", "482910"),
        (b"Your verification code is 482910. Do not share this code.", "482910"),
        (b"Your code is 482910. It expires in 10 minutes.", "482910"),
        (b"Your code 482910 for order 77281934 expires at 14:30", "482910"),
        (b"Card ending 4421: your code is 482910", "482910"),
        (b"Call 18005551234 if you did not ask for code 482910", "482910"),
        (b"Amount 1250.00 USD to account 99887766. OTP 482910", "482910"),
        (b"2026-02-12 14:30 your code: 482910", "482910"),
        (b"Your code for 2026 is 482910", "482910"),
        (b"Your code 4421 is 482910", None),
        (b"Your code for 4421: 482910", "482910"),
        (b"Code: 4421/482910", None),
        (b"Your code is 4829\x9610", None),
        (b"482910 is your code for 2026", "482910"),
        (b"Your code is 4829 10", None),
        (b"Your code is 4829 - 10", None),
        (b"48 2910 is your code", None),
        (b"G-482910 is your verification code", "482910"),
        (b"Code 482910, ref 123456", "482910"),
        (b"482910 839201", None),
        (b"Your order 77281934 has shipped", None),
        (b"Call us at 18005551234", None),
        (b"Your balance is 4829 USD", None),
    ],
)
async def test_the_right_code_or_none(
    text: bytes, code: str | None, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        response = await ask(gateway, submit_octets(text))
        if response == answer(NO_CODE):
            assert platform.requests == []
        else:
            assert response == answer(OK, b"m-1")
            assert [request.code for request in platform.requests] == [code]


GUIDE_EXAMPLES = {
    b"Your verification code is 482910": "482910",
    b"OTP: 123456": "123456",
    b"Use code 482910 to verify your account": "482910",
    b"482910": "482910",
    b"Your PIN is 9821": "9821",
    b"code: 482-910": "482910",
    b"Your code is 123456": "123456",
}


@pytest.mark.row(50)
@pytest.mark.parametrize(("text", "code"), GUIDE_EXAMPLES.items())
async def test_every_text_of_the_guide_gives_its_code(
    text: bytes, code: str, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        assert await ask(gateway, submit_octets(text)) == answer(OK, b"m-1")
        (request,) = platform.requests
        assert (request.code, request.text) == (code, "")


@pytest.mark.row(50)
async def test_of_three_thousand_messages_none_with_a_code_sends_another_number(
    autojump_clock: MockClock,
) -> None:
    """Each goes the way that its sender's would: GSM where that can say it, else UCS-2.

    Messages without a code that send a number nonetheless are known and counted.
    """
    platform = FakePlatform()
    found = strays = 0
    async with open_gateway(platform=platform, duplicate_window=0) as gateway:
        esme = await gateway.bare_bound()
        for line in MESSAGES.read_text().splitlines():
            message = json.loads(line)
            try:
                octets, data_coding = encode_gsm(message["text"]), 0
            except ValueError:
                octets, data_coding = message["text"].encode("utf-16-be"), 8
            before = len(platform.requests)
            response = await esme.ask(
                submit_octets(b"", more=payload(octets), data_coding=data_coding)
            )
            if response == answer(NO_CODE):
                assert len(platform.requests) == before
                continue
            assert response[8:12] == b"\0\0\0\0"
            assert len(platform.requests) == before + 1
            if message["code"] is None:
                strays += 1
                continue
            assert platform.requests[-1].code == message["code"], message["id"]
            found += 1
    assert found > 1600
    assert strays <= 6


# ---------------------------------------------------------------------- where it stands


def text_of(octets: int) -> bytes:
    """Return a text of so many octets with a code in it."""
    return b"Your code is 482910. ".ljust(octets, b"x")


@pytest.mark.row(51)
@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (254, OK),
        (256, OK),
        (511, OK),
        (512, OK),
        (513, NO_CODE),
        (1000, NO_CODE),
        (60_000, NO_CODE),
    ],
)
async def test_a_payload_of_up_to_512_octets_is_accepted(
    octets: int, status: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        response = await ask(gateway, submit_octets(b"", more=payload(text_of(octets))))
        assert response == answer(status, b"m-1" if status == OK else None)
        assert [request.code for request in platform.requests] == ["482910"] * (status == OK)


@pytest.mark.row(51)
@pytest.mark.parametrize("octets", [40, 140, 160, 254, 255])
async def test_a_short_message_of_up_to_255_octets_is_accepted(
    octets: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        assert await ask(gateway, submit_octets(text_of(octets))) == answer(OK, b"m-1")


@pytest.mark.row(52)
@pytest.mark.parametrize("data_coding", [0, 1, 3, 8])
async def test_a_payload_is_read_as_a_short_message_is(
    data_coding: int, autojump_clock: MockClock
) -> None:
    text = "Your code is 482910".encode("utf-16-be" if data_coding == 8 else "ascii")
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=0) as gateway:
        by_text = submit_octets(text, data_coding=data_coding)
        by_payload = submit_octets(b"", more=payload(text), data_coding=data_coding)
        assert await ask(gateway, by_text) == answer(OK, b"m-1")
        assert await ask(gateway, by_payload) == answer(OK, b"m-2")
        first, second = platform.requests
        assert first == second


@pytest.mark.row(53)
@pytest.mark.parametrize("second", [b"Your code is 482910", b"Your code is 999999", b"x"])
async def test_two_texts_are_refused_and_neither_is_sent(
    second: bytes, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        submit = submit_octets(b"Your code is 482910", more=payload(second))
        assert await ask(gateway, submit) == answer(NO_CODE)
        assert platform.requests == []


@pytest.mark.row(52, 53)
async def test_an_empty_payload_is_no_second_text(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        assert await ask(gateway, submit_octets(more=payload(b""))) == answer(OK, b"m-1")
        assert await ask(gateway, submit_octets(b"", more=payload(b""))) == answer(NO_CODE)
