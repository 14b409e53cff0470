"""From a submitted message to a request for the platform, or the reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given

from otpblue_trio.policy import (
    Account,
    AccountRules,
    Admission,
    Alphabet,
    CodeFinder,
    Declined,
    LongSender,
    NumberReader,
    PatternError,
    Reason,
    SendRequest,
    verdict,
)
from otpblue_trio.policy.parts import Part
from otpblue_trio.smpp import DataSm, SubmitSm, Tlv, TlvTag
from otpblue_trio.testing.strategies import pdus

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT = b"Your verification code is 482910"
ADMISSION = Admission(NumberReader(), CodeFinder())


def rules(**settings: Any) -> AccountRules:
    """Return an account's rules; its settings are those of a real one unless given."""
    known: dict[str, Any] = {"system_id": "acme", "password": "secret", "api_key": "key"}
    return AccountRules.of(Account(**(known | settings)))


def submit(**fields: Any) -> SubmitSm:
    """Return the submit_sm of the guide's example, with some fields changed."""
    example: dict[str, Any] = {
        "source_addr_ton": 5,
        "source_addr": "MyBank",
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": "14155551234",
        "registered_delivery": 1,
        "short_message": TEXT,
    }
    return SubmitSm(**(example | fields))


def admitted(pdu: SubmitSm | DataSm, **settings: Any) -> SendRequest:
    """Admit a message that must be admitted."""
    request = ADMISSION.admit(pdu, rules(**settings))
    assert isinstance(request, SendRequest), request
    return request


def reason(pdu: SubmitSm | DataSm, **settings: Any) -> Reason | None:
    """Return why a message is declined; None when it is not."""
    decision = ADMISSION.admit(pdu, rules(**settings))
    return decision.reason if isinstance(decision, Declined) else None


def payload(octets: bytes) -> dict[str, Any]:
    """Return the fields of a message in message_payload."""
    return {"short_message": b"", "tlvs": (Tlv(TlvTag.MESSAGE_PAYLOAD, octets),)}


# ---------------------------------------------------------------------- what is sent


def test_the_example_of_the_guide_is_sent() -> None:
    request = admitted(
        submit(short_message=b"Your verification code is 482910. Do not share this code.")
    )
    assert request == SendRequest(
        system_id="acme",
        api_key="key",
        contact="+14155551234",
        region="US",
        code="482910",
        text="",
        sender="MyBank",
        language="en",
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Your verification code is 482910", "482910"),
        ("OTP: 123456", "123456"),
        ("Use code 482910 to verify your account", "482910"),
        ("482910", "482910"),
        ("Your PIN is 9821", "9821"),
        ("code: 482-910", "482910"),
        ("Your code is 1234", "1234"),
        ("Your code is 1234567890", "1234567890"),
        ("Your code is 000123", "000123"),
    ],
)
def test_the_code_of_the_guides_examples_is_sent(text: str, code: str) -> None:
    assert admitted(submit(short_message=text.encode())).code == code


def test_a_data_sm_is_sent_like_a_submit_sm() -> None:
    pdu = DataSm(
        dest_addr_ton=1,
        destination_addr="14155551234",
        tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, TEXT),),
    )
    assert admitted(pdu).code == "482910"


def test_a_data_sm_without_a_text_has_no_code() -> None:
    assert reason(DataSm(dest_addr_ton=1, destination_addr="14155551234")) is Reason.NO_CODE


@pytest.mark.parametrize(("octets", "expected"), [(20, None), (21, Reason.SENDER_INVALID)])
def test_a_source_that_no_receipt_could_carry_back_is_refused(
    octets: int, expected: Reason | None
) -> None:
    for ton in (0, 1, 5):
        pdu = DataSm(
            source_addr_ton=ton,
            source_addr="7" * octets,
            dest_addr_ton=1,
            destination_addr="14155551234",
            tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, TEXT),),
        )
        assert reason(pdu) is expected


@pytest.mark.parametrize(
    ("octets", "data_coding", "alphabet"),
    [
        (b"Code: 482910", 0x00, Alphabet.GSM),
        (b"Code\x1b\x65: 482910", 0x00, Alphabet.GSM),
        (b"Code: 482910", 0x01, Alphabet.GSM),
        ("Código: 482910".encode("latin-1"), 0x03, Alphabet.GSM),
        ("Код: 482910".encode("utf-16-be"), 0x08, Alphabet.GSM),
        ("Код: 482910".encode("utf-16-be"), 0x18, Alphabet.GSM),
        (b"Code: 482910", 0xF0, Alphabet.GSM),
        (b"Code: 482910", 0xF5, Alphabet.GSM),
        (b"Code: 482910", 0x04, Alphabet.GSM),
        ("Код: 482910".encode(), 0x00, Alphabet.UTF8),
        ("Código: 482910".encode("latin-1"), 0x00, Alphabet.LATIN1),
        (b"Code: 482910", 0x00, Alphabet.ASCII),
    ],
)
def test_the_code_is_found_in_every_alphabet(
    octets: bytes, data_coding: int, alphabet: Alphabet
) -> None:
    pdu = submit(short_message=octets, data_coding=data_coding)
    assert admitted(pdu, default_alphabet=alphabet).code == "482910"


def test_the_operators_own_pattern_goes_first() -> None:
    request = admitted(
        submit(short_message=b"Code 482910, ticket 7731"), code_patterns=(r"ticket (\d{4})",)
    )
    assert request.code == "7731"


def test_a_pattern_that_does_not_compile_is_an_error() -> None:
    with pytest.raises(PatternError):
        rules(code_patterns=("(",))


@pytest.mark.parametrize(
    ("destination", "settings", "language"),
    [
        ("14155551234", {}, "en"),
        ("493012345678", {}, "de"),
        ("41791234567", {"default_language": "fr"}, "fr"),
        ("493012345678", {"language": "it"}, "it"),
        ("82212345678", {}, "kr"),
    ],
)
def test_the_language_is_the_accounts_or_the_countrys(
    destination: str, settings: Mapping[str, Any], language: str
) -> None:
    assert admitted(submit(destination_addr=destination), **settings).language == language


@pytest.mark.parametrize(
    ("text", "data_coding", "sent"),
    [
        (b"Your table is ready", 0, "Your table is ready"),
        ("Готово".encode("utf-16-be"), 8, "Готово"),
        (b"Your code is 482910", 0, "Your code is 482910"),
    ],
)
def test_a_free_text_account_sends_the_whole_text_and_no_code(
    text: bytes, data_coding: int, sent: str
) -> None:
    request = admitted(submit(short_message=text, data_coding=data_coding), allow_send_text=True)
    assert (request.text, request.code) == (sent, "")


@pytest.mark.parametrize("text", [b"", b"   ", b"\r\n"])
def test_a_free_text_account_sends_no_empty_text(text: bytes) -> None:
    assert reason(submit(short_message=text), allow_send_text=True) is Reason.NO_CODE


# ---------------------------------------------------------------------- limits


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (32, None),
        (511, None),
        (512, None),
        (513, Reason.MESSAGE_TOO_LONG),
        (9000, Reason.MESSAGE_TOO_LONG),
    ],
)
def test_a_message_has_at_most_512_octets(octets: int, expected: Reason | None) -> None:
    assert reason(submit(**payload(TEXT + b"." * (octets - len(TEXT))))) is expected


def test_the_user_data_header_counts_towards_the_512_octets() -> None:
    header = b"\x05\x24\x03\x01\x02\x03"
    room = 512 - len(TEXT) - len(header)
    for more, expected in ((0, None), (1, Reason.MESSAGE_TOO_LONG)):
        octets = header + TEXT + b"." * (room + more)
        assert reason(submit(esm_class=0x40, **payload(octets))) is expected


def test_a_payload_is_as_good_as_a_short_message() -> None:
    assert admitted(submit(**payload(TEXT))) == admitted(submit())


def test_a_message_in_both_places_is_refused() -> None:
    assert reason(submit(tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, TEXT),))) is Reason.MESSAGE_TWICE
    assert reason(submit(tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, b"x"),))) is Reason.MESSAGE_TWICE


def test_an_empty_payload_is_no_second_message() -> None:
    assert admitted(submit(tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, b""),))).code == "482910"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", Reason.NO_CODE),
        (b"Hello", Reason.NO_CODE),
        (b"Your code is 123", Reason.CODE_LENGTH),
        (b"Your code is 12345678901", Reason.CODE_LENGTH),
        (b"Your code is A1B2C3", Reason.CODE_LETTERS),
    ],
)
def test_a_text_without_a_code_of_4_to_10_digits_is_refused(text: bytes, expected: Reason) -> None:
    found = reason(submit(short_message=text))
    assert found is expected
    assert verdict(found).command_status == 0x01


def test_two_codes_are_refused() -> None:
    found = reason(submit(short_message=b"Your code is 482910 or 551177"))
    assert found is Reason.CODE_AMBIGUOUS


@pytest.mark.parametrize(
    ("destination", "ton", "expected"),
    [
        ("14155551234", 1, None),
        ("+14155551234", 1, None),
        ("0014155551234", 1, None),
        ("14155551234", 0, None),
        ("", 1, Reason.DESTINATION_INVALID),
        ("1", 1, Reason.DESTINATION_INVALID),
        ("99999999999999", 1, Reason.DESTINATION_INVALID),
        ("1" * 21, 1, Reason.DESTINATION_INVALID),
        ("1" * 22, 1, Reason.DESTINATION_INVALID),
        ("1415555CALL", 1, Reason.DESTINATION_INVALID),
        ("14155551234", 5, Reason.DESTINATION_INVALID),
        ("4155551234", 2, Reason.DESTINATION_NATIONAL),
    ],
)
def test_a_destination_is_a_valid_number(
    destination: str, ton: int, expected: Reason | None
) -> None:
    pdu = submit(destination_addr=destination, dest_addr_ton=ton)
    assert reason(pdu) is expected
    if expected is not None:
        assert verdict(expected).command_status == 0x0B


def test_a_national_number_is_read_in_the_accounts_region() -> None:
    pdu = submit(destination_addr="4155551234", dest_addr_ton=2)
    assert admitted(pdu, default_region="US").contact == "+14155551234"


def test_a_region_that_is_not_open_is_refused_and_named() -> None:
    decision = ADMISSION.admit(submit(destination_addr="8613812345678"), rules())
    assert decision == Declined(Reason.REGION_CLOSED, "CN")


def test_an_account_sends_to_its_own_regions_only() -> None:
    assert reason(submit(), regions=frozenset({"FR"})) is Reason.REGION_CLOSED
    assert reason(submit(), regions=frozenset({"FR", "US"})) is None


def test_the_platforms_word_on_regions_counts_at_once() -> None:
    admission = Admission(NumberReader(), CodeFinder())
    assert isinstance(admission.admit(submit(), rules()), SendRequest)
    admission.open_regions = frozenset({"FR"})
    assert isinstance(admission.admit(submit(), rules()), Declined)


@pytest.mark.parametrize(
    ("source", "ton", "rule", "sender"),
    [
        ("MyBank", 5, LongSender.REJECT, "MyBank"),
        ("abcdefghijk", 5, LongSender.REJECT, "abcdefghijk"),
        ("abcdefghijkl", 5, LongSender.REJECT, None),
        ("abcdefghijkl", 5, LongSender.TRUNCATE, "abcdefghijk"),
        ("abcdefghijkl", 5, LongSender.DEFAULT, "OTP"),
        ("a" * 20, 5, LongSender.DEFAULT, "OTP"),
        ("a" * 21, 5, LongSender.DEFAULT, None),
        ("14155550100", 1, LongSender.REJECT, "OTP"),
        ("12345", 3, LongSender.REJECT, "OTP"),
        ("", 5, LongSender.REJECT, "OTP"),
    ],
)
def test_the_sender_follows_the_accounts_rule(
    source: str, ton: int, rule: LongSender, sender: str | None
) -> None:
    pdu = submit(source_addr=source, source_addr_ton=ton)
    decision = ADMISSION.admit(pdu, rules(long_sender=rule))
    if sender is None:
        assert decision == Declined(Reason.SENDER_INVALID, "US")
    else:
        assert isinstance(decision, SendRequest)
        assert decision.sender == sender


# ---------------------------------------------------------------------- times


@pytest.mark.parametrize(
    "time", ["260212150000000+", "000000000500000R", "000000000000000R", "nonsense", "1" * 16]
)
def test_a_message_is_sent_now_or_not_at_all(time: str) -> None:
    assert reason(submit(schedule_delivery_time=time)) is Reason.SCHEDULED


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("", None),
        ("260212150000000+", None),
        ("260212150000032-", None),
        ("000000000500000R", None),
        ("000001000000000R", None),
        ("261302150000000+", Reason.VALIDITY_INVALID),
        ("260212150000000Z", Reason.VALIDITY_INVALID),
        ("five minutes", Reason.VALIDITY_INVALID),
        ("260212150000049+", Reason.VALIDITY_INVALID),
    ],
)
def test_a_validity_period_has_its_form(time: str, expected: Reason | None) -> None:
    assert reason(submit(validity_period=time)) is expected


# ---------------------------------------------------------------------- order


def test_decisions_are_made_in_a_fixed_order() -> None:
    """Mended one by one, in the order in which a sender hears of them."""
    pdu = submit(
        schedule_delivery_time="000000000500000R",
        validity_period="soon",
        short_message=b"x",
        tlvs=(Tlv(TlvTag.MESSAGE_PAYLOAD, b"." * 513),),
        destination_addr="1",
        source_addr="a" * 21,
        esm_class=0x40,
    )
    steps: list[tuple[Reason, dict[str, Any]]] = [
        (Reason.SCHEDULED, {"schedule_delivery_time": ""}),
        (Reason.VALIDITY_INVALID, {"validity_period": ""}),
        (Reason.MESSAGE_TWICE, {"short_message": b""}),
        (Reason.MESSAGE_TOO_LONG, {"tlvs": (Tlv(TlvTag.MESSAGE_PAYLOAD, b"\xff" * 9),)}),
        (Reason.DESTINATION_INVALID, {"destination_addr": "8613812345678"}),
        (Reason.REGION_CLOSED, {"destination_addr": "14155551234"}),
        (Reason.SENDER_INVALID, {"source_addr": "MyBank"}),
        (Reason.MESSAGE_UNREADABLE, {"esm_class": 0}),
        (Reason.NO_CODE, {"tlvs": (Tlv(TlvTag.MESSAGE_PAYLOAD, TEXT),)}),
    ]
    for expected, mend in steps:
        assert reason(pdu) is expected
        pdu = attrs.evolve(pdu, **mend)
    assert reason(pdu) is None


# ---------------------------------------------------------------------- headers and parts


@pytest.mark.parametrize("octets", [b"", b"\x05", b"\xff" + TEXT, b"\x03\x00\x09\x01" + TEXT])
def test_a_header_that_cannot_be_read_is_refused(octets: bytes) -> None:
    assert reason(submit(esm_class=0x40, short_message=octets)) is Reason.MESSAGE_UNREADABLE


@pytest.mark.parametrize(
    "header",
    [
        b"\x00",
        b"\x04\x24\x02\x01\x01",
        b"\x05\x00\x03\x07\x01\x01",
        b"\x06\x05\x04\x0b\x84\x23\xf0",
    ],
    ids=["empty", "unknown element", "one part of one", "ports"],
)
def test_a_header_is_no_text(header: bytes) -> None:
    pdu = submit(esm_class=0x40, short_message=header + b"482910")
    assert admitted(pdu).code == "482910"


@pytest.mark.parametrize("header", [b"\x05\x00\x03\x07\x02\x01", b"\x06\x08\x04\x00\x07\x02\x01"])
def test_a_part_is_never_taken_for_a_whole_message(header: bytes) -> None:
    """A code may be cut in two at the boundary: half of one is a wrong code."""
    pdu = submit(esm_class=0x40, short_message=header + b"Your code is 4829")
    decision = ADMISSION.admit(pdu, rules())
    assert isinstance(decision, Part)
    assert (decision.number, decision.key.total) == (1, 2)


@pytest.mark.parametrize(("total", "is_part"), [(0, False), (1, False), (2, True), (255, True)])
def test_sar_parameters_make_a_part(total: int, is_part: bool) -> None:
    pdu = submit(
        tlvs=(
            Tlv(TlvTag.SAR_MSG_REF_NUM, b"\x00\x07"),
            Tlv(TlvTag.SAR_TOTAL_SEGMENTS, bytes([total])),
            Tlv(TlvTag.SAR_SEGMENT_SEQNUM, b"\x01"),
        )
    )
    assert isinstance(ADMISSION.admit(pdu, rules()), Part) == is_part


def test_a_part_that_does_not_say_which_is_refused() -> None:
    pdu = submit(tlvs=(Tlv(TlvTag.SAR_TOTAL_SEGMENTS, b"\x02"),))
    assert reason(pdu) is Reason.MESSAGE_INCOMPLETE


# ---------------------------------------------------------------------- anything


@given(pdus(SubmitSm, DataSm))
def test_any_message_gives_a_decision(pdu: SubmitSm | DataSm) -> None:
    decision = ADMISSION.admit(pdu, rules(default_region="US"))
    assert isinstance(decision, SendRequest | Part | Declined)
    if isinstance(decision, SendRequest):
        assert decision.code.isascii()
        assert decision.code.isdigit()
        assert 4 <= len(decision.code) <= 10


def test_nothing_of_a_request_shows_the_code_or_the_number() -> None:
    shown = repr(admitted(submit()))
    assert "482910" not in shown
    assert "14155551234" not in shown
    assert "key" not in shown.replace("api_key", "")


@pytest.mark.parametrize(
    ("octets", "data_coding", "expected"),
    [
        (b"Your code is 4829\x9610", 0, Reason.MESSAGE_UNREADABLE),  # a dash of Windows-1252
        (b"Your code is 4829\xff10", 1, Reason.MESSAGE_UNREADABLE),
        (b"Your code is 4829\xd9", 1, Reason.MESSAGE_UNREADABLE),
        ("Your code is 4829".encode("utf-16-be") + b"\0", 8, Reason.MESSAGE_UNREADABLE),
        ("Your code is 4829".encode("utf-16-le") + b"1", 8, Reason.MESSAGE_UNREADABLE),
        ("Your code is 4829.".encode("utf-16-be") + b"\0", 8, None),
        (b"Your code is \x93482910\x94.", 0, None),  # quotation marks of Windows-1252
        (b"\x93Your code\x94 is 482910", 0, None),
    ],
)
@pytest.mark.parametrize("allow_send_text", [False, True])
def test_a_number_that_lost_a_digit_is_not_sent(
    octets: bytes, data_coding: int, expected: Reason | None, allow_send_text: bool
) -> None:
    pdu = submit(short_message=octets, data_coding=data_coding)
    assert reason(pdu, allow_send_text=allow_send_text) is expected
