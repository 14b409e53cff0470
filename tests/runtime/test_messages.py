"""The path of one message through a whole gateway: statuses, receipts, repetitions, caps, rate."""

from __future__ import annotations

import itertools
import struct
from collections import Counter
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.policy import (
    Delivered,
    Failed,
    FailureKind,
    FailureMode,
    LongSender,
    MessageIdFormat,
    Outcome,
    Refused,
    SendRequest,
    mask_number,
)
from otpblue_trio.runtime.observer import Accident, AccidentPlace, ConnectionClosed, MessageAnswered
from otpblue_trio.smpp import (
    BindTransceiver,
    CommandStatus,
    DataSm,
    DataSmResp,
    DeliverSm,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    Ton,
    Unbind,
    encode,
    parse_receipt,
)
from otpblue_trio.testing import (
    Esme,
    FakePlatform,
    GatewayUnderTest,
    account,
    open_gateway,
    pdus_of,
    read_pdus,
    submit_pdu,
    with_limits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trio.testing import MockClock

    from otpblue_trio.policy import SendRequest
    from otpblue_trio.runtime import Done

pytestmark = pytest.mark.usefixtures("over_both")

NUMBER = "14155552671"
TEXT = "Your code is 482910"

ROK = CommandStatus.ESME_ROK
RINVMSGLEN = CommandStatus.ESME_RINVMSGLEN
RSYSERR = CommandStatus.ESME_RSYSERR
RINVSRCADR = CommandStatus.ESME_RINVSRCADR
RINVDSTADR = CommandStatus.ESME_RINVDSTADR
RSUBMITFAIL = CommandStatus.ESME_RSUBMITFAIL
RTHROTTLED = CommandStatus.ESME_RTHROTTLED


def text_with(code: int) -> str:
    """Return a message with a code of six digits."""
    return f"Your code is {code:06}"


def message(sequence_number: int, *, code: int = 482910, registered_delivery: int = 0) -> SubmitSm:
    """Return a message for octets written by hand."""
    return attrs.evolve(
        submit_pdu(NUMBER, text_with(code), registered_delivery=registered_delivery),
        sequence_number=sequence_number,
    )


def bind(sequence_number: int = 1) -> bytes:
    """Return the octets of a good bind."""
    return encode(
        BindTransceiver(sequence_number=sequence_number, system_id="acme", password="secret")
    )


def message_id(response: Pdu) -> str:
    """Return the message_id of a response to a message."""
    assert isinstance(response, SubmitSmResp | DataSmResp)
    return response.message_id or ""


def answered(gateway: GatewayUnderTest) -> list[MessageAnswered]:
    """Return what was observed of messages."""
    return [event for event in gateway.events if isinstance(event, MessageAnswered)]


async def submit_at_once(esme: Esme, *pdus: Pdu) -> list[Pdu]:
    """Send several requests together and return their responses in the order of the requests."""
    responses: dict[int, Pdu] = {}

    async def submit(at: int, pdu: Pdu) -> None:
        responses[at] = await esme.request(pdu)

    async with trio.open_nursery() as nursery:
        for at, pdu in enumerate(pdus):
            nursery.start_soon(submit, at, pdu)
    return [responses[at] for at in range(len(pdus))]


# ---------------------------------------------------------------------- statuses


@pytest.mark.parametrize(
    ("code", "command_status"),
    [
        (100, RSYSERR),
        (110, RSYSERR),
        (150, RSUBMITFAIL),
        (280, RSUBMITFAIL),
        (720, RTHROTTLED),
        (1110, RSYSERR),
        (1155, RINVDSTADR),
        (1160, RSYSERR),
        (1205, RINVMSGLEN),
        (1210, RINVMSGLEN),
        (1215, RINVMSGLEN),
        (1220, RINVSRCADR),
        (1225, RINVSRCADR),
        (1230, RSYSERR),
        (1250, RSYSERR),
        (1600, RINVDSTADR),
        (1800, RINVDSTADR),
        (1900, RINVDSTADR),
        (1, RSYSERR),
        (9999, RSYSERR),
    ],
)
async def test_a_code_of_the_platform_gives_the_status_of_the_guide_header_only(
    code: int, command_status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(code=code), stalling=True) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(bind())
        await stream.receive_some()
        await stream.send_all(encode(message(2, registered_delivery=1)))
        octets = await stream.receive_some()
        assert octets == struct.pack(">IIII", 16, 0x80000004, command_status, 2)
        await stream.aclose()
    (told,) = answered(gateway)
    assert (told.command_status, told.platform_code) == (command_status, code)


@pytest.mark.parametrize(
    ("outcome", "command_status"),
    [
        *((Failed(kind), RSYSERR) for kind in FailureKind),
        *(
            (Failed(FailureKind.STATUS, http_status=status), RSYSERR)
            for status in (401, 403, 404, 500, 502, 503)
        ),
        (Failed(FailureKind.STATUS, http_status=429), RTHROTTLED),
        (Delivered("m-1"), ROK),
    ],
    ids=str,
)
async def test_an_outcome_gives_the_status_of_the_guide(
    outcome: Outcome, command_status: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(answer=outcome)) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == command_status


@pytest.mark.parametrize("octets", [1, 36, 64])
async def test_a_delivered_message_is_answered_with_the_platforms_id(
    octets: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(answer=Delivered("i" * octets))
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert (response.command_status, message_id(response)) == (ROK, "i" * octets)
        receipt = await esme.receipt()
        assert parse_receipt(receipt.short_message)["id"] == "i" * octets


@pytest.mark.parametrize("platform_id", ["i" * 65, "идентификатор", "two words", "nul\0", ""])
async def test_an_id_that_smpp_cannot_carry_is_replaced_by_one_of_our_own(
    platform_id: str, autojump_clock: MockClock
) -> None:
    async with open_gateway(platform=FakePlatform(answer=Delivered(platform_id))) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == ROK
        assert len(message_id(response)) == 8
        assert parse_receipt((await esme.receipt()).short_message)["id"] == message_id(response)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Hello",
        "Your code is 123",
        "Your code is 12345678901",
        "Your code is 482910 or 551177",
        "Your code is A8291C",
    ],
)
async def test_a_text_without_one_code_is_refused_and_nothing_is_sent(
    text: str, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, text)
        assert response.command_status == RINVMSGLEN
        assert not platform.requests


@pytest.mark.parametrize(("octets", "command_status"), [(511, ROK), (512, ROK), (513, RINVMSGLEN)])
async def test_a_message_has_at_most_512_octets(
    octets: int, command_status: int, autojump_clock: MockClock
) -> None:
    payload = TEXT.encode() + b"." * (octets - len(TEXT))
    pdu = attrs.evolve(
        submit_pdu(NUMBER, ""), tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, payload),), short_message=b""
    )
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        assert (await esme.request(pdu)).command_status == command_status


async def test_a_message_in_both_places_is_refused_and_not_sent(autojump_clock: MockClock) -> None:
    pdu = attrs.evolve(submit_pdu(NUMBER, TEXT), tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, TEXT.encode()),))
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        assert (await esme.request(pdu)).command_status == RINVMSGLEN
        assert not platform.requests


async def test_a_data_sm_is_a_message_too(autojump_clock: MockClock) -> None:
    pdu = DataSm(
        dest_addr_ton=Ton.INTERNATIONAL,
        destination_addr=NUMBER,
        registered_delivery=1,
        tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, TEXT.encode()),),
    )
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        response = await esme.request(pdu)
        assert isinstance(response, DataSmResp)
        assert (response.command_status, response.message_id) == (ROK, "m-1")
        assert parse_receipt((await esme.receipt()).short_message)["id"] == "m-1"


@pytest.mark.parametrize(
    ("ton", "source", "rule", "sender"),
    [
        (5, "MyBank", LongSender.TRUNCATE, "MyBank"),
        (5, "ElevenChars", LongSender.REJECT, "ElevenChars"),
        (1, "14155550100", LongSender.REJECT, "Fallback"),
        (3, "12345", LongSender.REJECT, "Fallback"),
        (5, "", LongSender.REJECT, "Fallback"),
        (5, "TwelveLetter", LongSender.TRUNCATE, "TwelveLette"),
        (5, "TwelveLetter", LongSender.DEFAULT, "Fallback"),
        (5, "TwelveLetter", LongSender.REJECT, None),
        (5, "a" * 20, LongSender.TRUNCATE, "a" * 11),
        (5, "a" * 21, LongSender.TRUNCATE, None),
        (5, "a" * 21, LongSender.DEFAULT, None),
    ],
)
async def test_the_sender_is_the_alphanumeric_source_by_the_accounts_rule(
    ton: int, source: str, rule: LongSender, sender: str | None, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    settings = account(default_sender="Fallback", long_sender=rule)
    # 21 characters do not go through the encoder of a sound PDU.
    octets = encode(attrs.evolve(message(2), source_addr_ton=ton, source_addr=source[:20]))
    if len(source) > 20:
        octets = octets.replace(source[:20].encode(), source.encode())
        octets = len(octets).to_bytes(4, "big") + octets[4:]
    async with open_gateway(platform=platform, accounts=[settings]) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(bind() + octets + encode(Unbind(sequence_number=3)))
        _, response, _ = await read_pdus(stream)
    assert response.command_status == (RINVSRCADR if sender is None else ROK)
    assert [request.sender for request in platform.requests] == ([sender] if sender else [])


# ---------------------------------------------------------------------- receipts on request


@pytest.mark.parametrize("mode", FailureMode)
@pytest.mark.parametrize("unrelated_bits", [0, 0x04, 0x10, 0x1C, 0xE0])
@pytest.mark.parametrize(
    ("wish", "code", "in_immediate_mode", "in_receipt_only_mode"),
    [
        (0, None, 0, 0),
        (1, None, 1, 1),
        (2, None, 0, 0),
        (3, None, 1, 1),
        (0, 150, 0, 0),
        (1, 150, 0, 1),
        (2, 150, 0, 1),
        (3, 150, 0, 0),
    ],
)
async def test_a_receipt_comes_when_it_was_asked_for(
    wish: int,
    code: int | None,
    in_immediate_mode: int,
    in_receipt_only_mode: int,
    unrelated_bits: int,
    mode: FailureMode,
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(
        platform=FakePlatform(code=code), accounts=[account(failure_mode=mode)]
    ) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            bind()
            + encode(message(2, registered_delivery=wish | unrelated_bits))
            + encode(Unbind(sequence_number=3))
        )
        pdus = await read_pdus(stream)
    is_told_later = mode is FailureMode.RECEIPT_ONLY
    receipts = in_receipt_only_mode if is_told_later else in_immediate_mode
    assert sum(isinstance(pdu, DeliverSm) for pdu in pdus) == receipts
    (response,) = (pdu for pdu in pdus if isinstance(pdu, SubmitSmResp))
    assert response.command_status == (RSUBMITFAIL if code and not is_told_later else ROK)


async def test_a_failure_told_by_receipt_only_has_an_id_a_state_and_an_error(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(
        platform=FakePlatform(code=1155),
        accounts=[account(failure_mode=FailureMode.RECEIPT_ONLY)],
    ) as gateway:
        esme = await gateway.bound()
        response = await esme.submit_sm(NUMBER, TEXT)
        assert response.command_status == ROK
        receipt = await esme.receipt()
        keys = parse_receipt(receipt.short_message)
        assert (keys["id"], keys["stat"]) == (message_id(response), "UNDELIV")
        assert (keys["sub"], keys["dlvrd"], keys["err"]) == ("001", "000", "155")
        assert receipt.tlv(TlvTag.MESSAGE_STATE) == b"\x05"


async def test_what_is_refused_before_it_is_sent_is_told_at_once_in_any_mode(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(accounts=[account(failure_mode=FailureMode.RECEIPT_ONLY)]) as gateway:
        esme = await gateway.bound()
        assert (await esme.submit_sm(NUMBER, "Hello")).command_status == RINVMSGLEN
        assert (await esme.submit_sm("1", TEXT)).command_status == RINVDSTADR


async def test_a_receipt_is_the_one_of_the_guide_octet_by_octet(autojump_clock: MockClock) -> None:
    pdu = SubmitSm(
        sequence_number=2,
        source_addr_ton=5,
        source_addr_npi=0,
        source_addr="MyBank",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr="14155551234",
        registered_delivery=1,
        short_message=b"Your verification code is 482910. Do not share this code.",
    )
    platform = FakePlatform(answer=Delivered("abc-123"))
    async with open_gateway(platform=platform, stalling=True) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(bind())
        await stream.receive_some()
        await stream.send_all(encode(pdu))
        octets = bytes(await stream.receive_some())
        await stream.aclose()
    response = struct.pack(">IIII", 24, 0x80000004, 0, 2) + b"abc-123\0"
    text = (
        b"id:abc-123 sub:001 dlvrd:001 submit date:2602121430 done date:2602121430"
        b" stat:DELIVRD err:000 text:"
    )
    body = (
        b"\0"  # service_type
        b"\x01\x0114155551234\0"  # source: where the message went to
        b"\x05\x00MyBank\0"  # destination: who sent it
        b"\x04\0\0"  # esm_class, protocol_id, priority_flag
        b"\0\0"  # schedule_delivery_time, validity_period
        b"\0\0\0\0"  # registered_delivery, replace_if_present, data_coding, sm_default_msg_id
        + bytes([len(text)])
        + text
        + b"\x00\x1e\x00\x08abc-123\0"
        + b"\x04\x27\x00\x01\x02"
    )
    receipt = struct.pack(">IIII", 16 + len(body), 5, 0, 1) + body
    assert octets == response + receipt


async def test_a_receipt_follows_its_response_in_the_same_write(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform, stalling=True) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(bind())
        await stream.receive_some()
        await stream.send_all(
            b"".join(
                encode(message(2 + at, code=100_000 + at, registered_delivery=1)) for at in range(3)
            )
        )
        await platform.wait_for_requests(3)
        platform.release(newest_first=True)
        pdus = pdus_of(await stream.receive_some(65536))
        assert [type(pdu) for pdu in pdus] == [SubmitSmResp, DeliverSm] * 3
        for response, receipt in zip(pdus[::2], pdus[1::2], strict=True):
            assert isinstance(receipt, DeliverSm)
            assert parse_receipt(receipt.short_message)["id"] == message_id(response)
        await stream.aclose()


async def test_the_dates_of_a_receipt_are_those_of_the_submit_and_of_the_outcome(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=FakePlatform(latency=60)) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT)
        keys = parse_receipt((await esme.receipt()).short_message)
        assert (keys["submit date"], keys["done date"]) == ("2602121430", "2602121431")


async def test_a_receipt_for_an_esme_below_34_has_no_tlvs(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await esme.bind_transceiver("acme", "secret", interface_version=0x33)
        await esme.submit_sm(NUMBER, TEXT)
        assert (await esme.receipt()).tlvs == ()


# ---------------------------------------------------------------------- message ids


@pytest.mark.parametrize(
    ("interface_version", "id_format"),
    [
        (0x33, MessageIdFormat.PLATFORM),
        (0x00, MessageIdFormat.SHORT),
        (0x34, MessageIdFormat.SHORT),
    ],
)
async def test_a_short_id_is_eight_hexadecimal_digits_everywhere(
    interface_version: int, id_format: MessageIdFormat, autojump_clock: MockClock
) -> None:
    async with open_gateway(accounts=[account(message_id_format=id_format)]) as gateway:
        esme = await gateway.connect()
        await esme.bind_transceiver("acme", "secret", interface_version=interface_version)
        seen = set()
        for code in range(3):
            response = await esme.submit_sm(NUMBER, text_with(code))
            short = message_id(response)
            assert len(short) == 8
            assert set(short) <= set("0123456789ABCDEF")
            assert parse_receipt((await esme.receipt()).short_message)["id"] == short
            seen.add(short)
        assert len(seen) == 3
        assert {event.message_id for event in answered(gateway)} == seen


# ---------------------------------------------------------------------- repetitions


async def test_an_identical_message_in_flight_joins_the_first_one(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(latency=1)
    async with open_gateway(platform=platform) as gateway:
        esme, other = await gateway.bound(), await gateway.bound()
        responses: list[Pdu] = []

        async def submit(through: Esme) -> None:
            responses.append(await through.submit_sm(NUMBER, TEXT))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit, esme)
            nursery.start_soon(submit, esme)
            nursery.start_soon(submit, other)
        assert [message_id(response) for response in responses] == ["m-1"] * 3
        assert len(platform.requests) == 1
        for through in (esme, esme, other):
            assert parse_receipt((await through.receipt()).short_message)["id"] == "m-1"
        assert [event.joined for event in answered(gateway)].count(False) == 1


@pytest.mark.parametrize("code", [None, 150])
async def test_joined_messages_get_the_same_short_id(
    code: int | None, autojump_clock: MockClock
) -> None:
    settings = account(
        message_id_format=MessageIdFormat.SHORT, failure_mode=FailureMode.RECEIPT_ONLY
    )
    platform = FakePlatform(code=code, latency=1)
    async with open_gateway(platform=platform, accounts=[settings]) as gateway:
        esme = await gateway.bound()
        pdu = submit_pdu(NUMBER, TEXT)
        first, second = await submit_at_once(esme, pdu, pdu)
        assert message_id(first) == message_id(second)
        assert len(platform.requests) == 1


async def test_a_repetition_gets_the_same_short_id(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(message_id_format=MessageIdFormat.SHORT)]) as gateway:
        esme = await gateway.bound()
        first = await esme.submit_sm(NUMBER, TEXT)
        second = await esme.submit_sm(NUMBER, TEXT)
        assert message_id(first) == message_id(second)


async def test_repetitions_by_an_esme_below_34_get_one_short_id(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        await (await gateway.bound()).submit_sm(NUMBER, TEXT)
        old = await gateway.connect()
        await old.bind_transceiver("acme", "secret", interface_version=0x33)
        ids = {message_id(await old.submit_sm(NUMBER, TEXT)) for _ in range(3)}
        assert [len(short_id) for short_id in ids] == [8]


@pytest.mark.parametrize(("pause", "sends"), [(0.0, 1), (4.9, 1), (5.0, 2), (5.1, 2), (60.0, 2)])
async def test_a_delivered_message_answers_for_its_repetitions_until_the_window_ends(
    pause: float, sends: int, autojump_clock: MockClock
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=5.0) as gateway:
        esme = await gateway.bound()
        first = await esme.submit_sm(NUMBER, TEXT)
        await trio.sleep(pause)
        second = await esme.submit_sm(NUMBER, TEXT)
        assert len(platform.requests) == sends
        assert (message_id(first) == message_id(second)) == (sends == 1)
        ids = [parse_receipt((await esme.receipt()).short_message)["id"] for _ in range(2)]
        assert ids == [message_id(first), message_id(second)]


@pytest.mark.parametrize("others", [1, 2, 3])
async def test_beyond_the_bound_the_oldest_delivered_message_is_remembered_no_more(
    others: int, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    monkeypatch.setattr("otpblue_trio.runtime.messages._MAX_REMEMBERED", 3)
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=5.0) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT)
        for other in range(others):
            await esme.submit_sm(NUMBER, f"Your code is 99{other}123")
        # Asked newest first, so that what is asked pushes out nothing that is asked later.
        for other in reversed(range(others)):
            await esme.submit_sm(NUMBER, f"Your code is 99{other}123")
        assert len(platform.requests) == 1 + others
        await esme.submit_sm(NUMBER, TEXT)
        assert len(platform.requests) == 1 + others + (others >= 3)
        await trio.sleep(5)
        await esme.submit_sm(NUMBER, TEXT)
        assert len(platform.requests) == 2 + others + (others >= 3)


async def test_the_window_begins_with_the_delivery(autojump_clock: MockClock) -> None:
    platform = FakePlatform(latency=4)
    async with open_gateway(platform=platform, duplicate_window=5.0) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT)
        await trio.sleep(4.5)
        await esme.submit_sm(NUMBER, TEXT)
        assert len(platform.requests) == 1


async def test_a_repetition_does_not_lengthen_the_window(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=5.0) as gateway:
        esme = await gateway.bound()
        for _ in range(4):
            await esme.submit_sm(NUMBER, TEXT)
            await trio.sleep(2)
        assert len(platform.requests) == 2


async def test_a_window_of_zero_remembers_nothing(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, duplicate_window=0) as gateway:
        esme = await gateway.bound()
        for _ in range(3):
            await esme.submit_sm(NUMBER, TEXT)
        assert len(platform.requests) == 3


@pytest.mark.parametrize("latency", [0, 1])
async def test_messages_that_differ_in_anything_are_all_sent(
    latency: float, autojump_clock: MockClock
) -> None:
    platform = FakePlatform(latency=latency)
    async with open_gateway(
        platform=platform, accounts=[account("acme"), account("other")]
    ) as gateway:
        esme, other = await gateway.bound("acme"), await gateway.bound("other")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(
                submit_at_once,
                esme,
                submit_pdu(NUMBER, TEXT, source="MyBank"),
                submit_pdu(NUMBER, "Your code is 482911", source="MyBank"),
                submit_pdu("14155552672", TEXT, source="MyBank"),
                submit_pdu(NUMBER, TEXT, source="Acme"),
            )
            nursery.start_soon(submit_at_once, other, submit_pdu(NUMBER, TEXT, source="MyBank"))
        assert len(platform.requests) == 5


async def test_the_same_code_in_other_words_is_the_same_message(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, "Your code is 482910")
        await esme.submit_sm("+" + NUMBER, "482910 is your code")
        assert len(platform.requests) == 1


@pytest.mark.parametrize("outcome", [Refused(720), Failed(FailureKind.TIMEOUT)], ids=str)
async def test_a_failure_is_not_remembered(outcome: Outcome, autojump_clock: MockClock) -> None:
    platform = FakePlatform(answer=outcome)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        for _ in range(3):
            await esme.submit_sm(NUMBER, TEXT)
        assert len(platform.requests) == 3


async def test_a_failure_is_told_to_everybody_who_joined(autojump_clock: MockClock) -> None:
    platform = FakePlatform(code=150, latency=1)
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        pdu = submit_pdu(NUMBER, TEXT)
        responses = await submit_at_once(esme, pdu, pdu)
        assert [response.command_status for response in responses] == [RSUBMITFAIL] * 2
        assert len(platform.requests) == 1


async def test_a_free_text_account_joins_by_the_text(autojump_clock: MockClock) -> None:
    platform = FakePlatform()
    async with open_gateway(platform=platform, accounts=[account(allow_send_text=True)]) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, "Your table is ready")
        await esme.submit_sm(NUMBER, "Your table is ready!")
        await esme.submit_sm(NUMBER, "Your table is ready")
        assert [request.text for request in platform.requests] == [
            "Your table is ready",
            "Your table is ready!",
        ]


async def test_an_answer_joined_by_a_lost_session_still_reaches_the_other(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        lost, other = await gateway.bound(), await gateway.bound()
        await lost.send(message(7))
        await platform.wait_for_requests(1)
        await lost.aclose()
        await gateway.wait_for(ConnectionClosed)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(other.submit_sm, NUMBER, TEXT)
            await trio.testing.wait_all_tasks_blocked()
            platform.release()
        assert len(platform.requests) == 1
        assert [event.reason for event in answered(gateway)] == ["delivered"] * 2


# ---------------------------------------------------------------------- the rate


async def test_the_rate_is_a_second_at_once_and_then_even_over_all_sessions(
    autojump_clock: MockClock,
) -> None:
    """TPS 50: 50 at once, then 50 a second for ten seconds, and nobody else is touched."""
    async with open_gateway(accounts=[account(tps=50.0), account("other", tps=50.0)]) as gateway:
        sessions = [await gateway.bound() for _ in range(3)]
        other = await gateway.bound("other")
        codes = itertools.count(100_000)
        statuses: list[int] = []

        async def submit(esme: Esme, count: int) -> None:
            pdus = [submit_pdu(NUMBER, text_with(next(codes))) for _ in range(count)]
            statuses.extend(p.command_status for p in await submit_at_once(esme, *pdus))

        async with trio.open_nursery() as nursery:
            for esme in sessions:
                nursery.start_soon(submit, esme, 40)
        assert Counter(statuses) == {ROK: 50, RTHROTTLED: 70}
        began = trio.current_time()
        for tick in range(1, 201):
            await trio.sleep_until(began + tick * 0.05)
            async with trio.open_nursery() as nursery:
                for esme in sessions:
                    nursery.start_soon(submit, esme, 4)
            if tick % 20 == 0:
                response = await other.submit_sm(NUMBER, text_with(next(codes)))
                assert response.command_status == ROK
        assert set(statuses) == {ROK, RTHROTTLED}
        assert statuses.count(ROK) in (549, 550)


@pytest.mark.parametrize(("tps", "passed"), [(0.0, 0), (1.0, 1), (2.0, 2), (0.5, 1)])
async def test_the_rate_bounds_the_burst(
    tps: float, passed: int, autojump_clock: MockClock
) -> None:
    async with open_gateway(accounts=[account(tps=tps)]) as gateway:
        esme = await gateway.bound()
        pdus = [submit_pdu(NUMBER, text_with(code)) for code in range(5)]
        responses = await submit_at_once(esme, *pdus)
        assert [r.command_status for r in responses].count(ROK) == passed


async def test_a_reconnect_gives_no_fresh_burst(autojump_clock: MockClock) -> None:
    async with open_gateway(accounts=[account(tps=1.0)]) as gateway:
        first = await gateway.bound()
        assert (await first.submit_sm(NUMBER, text_with(1))).command_status == ROK
        await first.unbind()
        second = await gateway.bound()
        assert (await second.submit_sm(NUMBER, text_with(2))).command_status == RTHROTTLED


# ---------------------------------------------------------------------- caps on what is in flight


class BrokenPlatform(FakePlatform):
    """A platform that breaks its promise not to raise."""

    def submit(self, request: SendRequest, done: Done, /) -> None:
        raise KeyError(request.contact)


async def test_a_platform_that_raises_costs_its_message_and_nothing_else(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway(platform=BrokenPlatform()) as gateway:
        esme = await gateway.bound()
        for sequence_number in (100, 101):
            await esme.send(message(sequence_number, code=sequence_number))
            await trio.testing.wait_all_tasks_blocked()
        first, second = answered(gateway)
        assert first.reason == second.reason == "platform_unavailable"
        assert first.command_status == RSYSERR
        accident = await gateway.wait_for(Accident)
        assert accident.place is AccidentPlace.MESSAGE
        assert isinstance(accident.error, KeyError)
        assert gateway.seen(ConnectionClosed) == []
        assert gateway.gateway.in_flight == 0


@pytest.mark.parametrize("distance", [-1, 0, 1])
async def test_the_session_cap_throttles_the_first_message_beyond_it_at_once(
    distance: int, autojump_clock: MockClock
) -> None:
    cap = 5
    platform = FakePlatform(holds=True)
    limits = with_limits(max_in_flight_per_session=cap)
    async with open_gateway(platform=platform, limits=limits) as gateway:
        esme, other = await gateway.bound(), await gateway.bound()
        for sequence_number in range(cap + distance):
            await esme.send(message(100 + sequence_number, code=sequence_number))
        await other.send(message(200, code=999_999))
        await trio.testing.wait_all_tasks_blocked()
        assert len(platform.requests) == min(cap, cap + distance) + 1
        assert [event.reason for event in answered(gateway)] == (
            ["session_in_flight_cap"] if distance > 0 else []
        )
        assert all(event.command_status == RTHROTTLED for event in answered(gateway))
        platform.release()


@pytest.mark.parametrize("distance", [-1, 0, 1])
async def test_the_account_cap_counts_all_its_sessions_and_no_others(
    distance: int, autojump_clock: MockClock
) -> None:
    cap = 6
    platform = FakePlatform(holds=True)
    limits = with_limits(max_in_flight_per_account=cap)
    async with open_gateway(
        platform=platform, limits=limits, accounts=[account("acme"), account("other")]
    ) as gateway:
        sessions = [await gateway.bound() for _ in range(2)]
        other = await gateway.bound("other")
        for at in range(cap + distance):
            await sessions[at % 2].send(message(100 + at, code=at))
            await trio.testing.wait_all_tasks_blocked()
        await other.send(message(200))
        await trio.testing.wait_all_tasks_blocked()
        assert len(platform.requests) == min(cap, cap + distance) + 1
        assert [event.reason for event in answered(gateway)] == (
            ["account_in_flight_cap"] if distance > 0 else []
        )
        platform.release()


@pytest.mark.parametrize("distance", [-1, 0, 1])
async def test_the_gateway_cap_counts_all_accounts(
    distance: int, autojump_clock: MockClock
) -> None:
    cap = 6
    platform = FakePlatform(holds=True)
    async with open_gateway(
        platform=platform,
        limits=with_limits(max_in_flight=cap),
        accounts=[account("acme"), account("other")],
    ) as gateway:
        sessions = [await gateway.bound(), await gateway.bound("other")]
        for at in range(cap + distance):
            await sessions[at % 2].send(message(100 + at, code=at))
            await trio.testing.wait_all_tasks_blocked()
        assert len(platform.requests) == min(cap, cap + distance)
        assert [event.reason for event in answered(gateway)] == (
            ["gateway_in_flight_cap"] if distance > 0 else []
        )
        assert all(event.command_status == RTHROTTLED for event in answered(gateway))
        platform.release()


async def test_an_answered_message_makes_room_under_the_caps(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    limits = with_limits(max_in_flight_per_session=1, max_in_flight_per_account=1, max_in_flight=1)
    async with open_gateway(platform=platform, limits=limits) as gateway:
        esme = await gateway.bound()
        for code in range(3):
            await esme.send(message(100 + code, code=code))
            await platform.wait_for_requests(code + 1)
            platform.release()
        assert [event.reason for event in answered(gateway)] == ["delivered"] * 3


async def test_joined_messages_count_as_in_flight(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(
        platform=platform, limits=with_limits(max_in_flight_per_session=2)
    ) as gateway:
        esme = await gateway.bound()
        for sequence_number in range(3):
            await esme.send(message(100 + sequence_number))
        await trio.testing.wait_all_tasks_blocked()
        assert gateway.gateway.in_flight == 2
        assert [event.reason for event in answered(gateway)] == ["session_in_flight_cap"]
        platform.release()


# Sockets hold less than the answers that nobody reads meanwhile.
@pytest.mark.parametrize("over_both", ["memory"], indirect=True)
async def test_ten_thousand_messages_at_a_slow_platform_stay_bounded(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(bind())
        await stream.receive_some()
        await stream.send_all(b"".join(encode(message(2 + at, code=at)) for at in range(10_000)))
        await gateway.wait_for(MessageAnswered, 9_500)
        assert gateway.gateway.in_flight == len(platform.requests) == 500
        assert {event.command_status for event in answered(gateway)} == {RTHROTTLED}
        platform.release()
        await stream.send_all(encode(Unbind(sequence_number=9)))
        pdus = await read_pdus(stream)
        assert Counter(pdu.command_status for pdu in pdus) == {RTHROTTLED: 9_500, ROK: 501}
        assert len({pdu.sequence_number for pdu in pdus[:-1]}) == 10_000


# ---------------------------------------------------------------------- order


async def test_a_fast_message_is_answered_before_a_slow_one(autojump_clock: MockClock) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            bind() + b"".join(encode(message(2 + at, code=at)) for at in range(3))
        )
        await platform.wait_for_requests(3)
        platform.release(newest_first=True)
        await stream.send_all(encode(Unbind(sequence_number=5)))
        pdus = await read_pdus(stream)
        assert [pdu.sequence_number for pdu in pdus] == [1, 4, 3, 2, 5]


async def test_one_sequence_number_twice_in_flight_is_answered_twice(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(holds=True)
    async with open_gateway(platform=platform) as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            bind() + encode(message(7, code=111_111)) + encode(message(7, code=222_222))
        )
        await platform.wait_for_requests(2)
        platform.release()
        await stream.send_all(encode(Unbind(sequence_number=8)))
        pdus = await read_pdus(stream)
        assert [(p.sequence_number, p.command_status) for p in pdus] == [
            (1, ROK),
            (7, ROK),
            (7, ROK),
            (8, ROK),
        ]


@pytest.mark.parametrize("sequence_number", [0, 1, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF], ids=hex)
async def test_a_response_echoes_any_sequence_number(
    sequence_number: int, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        stream = gateway.connect_stream()
        await stream.send_all(
            bind() + encode(message(sequence_number)) + encode(Unbind(sequence_number=3))
        )
        _, response, _ = await read_pdus(stream)
        assert isinstance(response, SubmitSmResp)
        assert response.sequence_number == sequence_number


# ---------------------------------------------------------------------- what is observed


async def test_every_message_received_is_observed_answered_once(
    autojump_clock: MockClock,
) -> None:
    outcomes: Iterator[Outcome] = itertools.cycle(
        [Delivered("m"), Refused(150), Failed(FailureKind.TIMEOUT), Refused(1900)]
    )
    platform = FakePlatform(answer=lambda _: next(outcomes), latency=1)
    limits = with_limits(max_in_flight_per_session=40)
    async with open_gateway(
        platform=platform, limits=limits, accounts=[account(tps=90.0)]
    ) as gateway:
        lost, kept = await gateway.bound(), await gateway.bound()
        for esme in (lost, kept):
            texts = ["Hello", *(text_with(code % 45) for code in range(58)), "3 digits: 123"]
            octets = b"".join(
                encode(attrs.evolve(submit_pdu(NUMBER, text), sequence_number=at))
                for at, text in enumerate(texts)
            )
            await esme.send_octets(octets)
        await platform.wait_for_requests(1)
        await lost.aclose()
        await trio.sleep(10)
        assert len(answered(gateway)) == 120
        keys = {(event.connection_id, event.sequence_number) for event in answered(gateway)}
        assert len(keys) == 120
        assert gateway.gateway.in_flight == 0
    closed = [event for event in gateway.events if isinstance(event, ConnectionClosed)]
    assert sum(event.submits for event in closed) == 120


async def test_the_outcome_of_a_lost_session_is_observed_and_its_receipt_kept(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(latency=2)
    async with open_gateway(platform=platform) as gateway:
        lost = await gateway.bound()
        await lost.send(message(7, registered_delivery=1))
        await platform.wait_for_requests(1)
        await lost.aclose()
        await trio.sleep(5)
        (told,) = answered(gateway)
        assert (told.reason, told.message_id) == ("delivered", "m-1")
        esme = await gateway.bound()
        assert parse_receipt((await esme.receipt()).short_message)["id"] == "m-1"


async def test_what_is_observed_of_a_message_says_all_but_its_content(
    autojump_clock: MockClock,
) -> None:
    platform = FakePlatform(answer=Failed(FailureKind.STATUS, http_status=503, detail="why"))
    async with open_gateway(platform=platform) as gateway:
        esme = await gateway.bound()
        await esme.submit_sm(NUMBER, TEXT)
        (told,) = answered(gateway)
        assert told == MessageAnswered(
            connection_id=1,
            system_id="acme",
            sequence_number=2,
            destination=mask_number(NUMBER),
            region="US",
            reason="platform_status",
            command_status=RSYSERR,
            platform_code=503,
            message_id="",
            latency=0.0,
            wants_receipt=False,
            joined=False,
            detail="why",
        )


async def test_no_event_shows_a_code_a_text_a_number_or_a_password(
    autojump_clock: MockClock,
) -> None:
    def failing(request: SendRequest) -> Outcome:
        return Failed(FailureKind.BAD_ANSWER) if request.code == "482911" else Delivered("m-1")

    async with open_gateway(
        platform=FakePlatform(answer=failing), accounts=[account(password="hushhush")]
    ) as gateway:
        stranger = await gateway.connect()
        await stranger.bind_transceiver("acme", "wrong-guess")
        esme = await gateway.bound(password="hushhush")
        requests: list[Callable[[], SubmitSm]] = [
            lambda: submit_pdu(NUMBER, "Your code is 482910"),
            lambda: submit_pdu(NUMBER, "Your code is 482911"),
            lambda: submit_pdu(NUMBER, "Two codes: 482910 and 482911"),
            lambda: submit_pdu("99999999999999", "Your code is 482910"),
            lambda: submit_pdu("Hugo 14155552671", "Your code is 482910"),
            lambda: attrs.evolve(submit_pdu(NUMBER, TEXT), esm_class=0x40),
        ]
        for make in requests:
            await esme.request(make())
        await esme.send_octets(b"\x00\x00\x00\x08 482910 " + NUMBER.encode())
        await esme.wait_closed()
    told = "\n".join(map(repr, gateway.events))
    for secret in ("482910", "482911", "Your code", NUMBER, "9" * 14, "hushhush", "wrong-guess"):
        assert secret not in told
    assert "key-of-acme" not in told
