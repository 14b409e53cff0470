"""PDUs off the wire and back: round trips, faults and limits."""

import struct
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.smpp import (
    BindTransceiver,
    BindTransceiverResp,
    CommandId,
    CommandStatus,
    DataSm,
    DataSmResp,
    DecodeError,
    DeliverSmResp,
    DistributionList,
    EnquireLink,
    GenericNack,
    Pdu,
    QuerySmResp,
    ReplaceSm,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    Unbind,
    UnbindResp,
    UnknownCommand,
    UnsuccessSme,
    command_name,
    decode,
    encode,
    encode_message_id,
    error_response,
)
from otpblue_trio.smpp.layout import LAYOUTS, Kind
from otpblue_trio.testing.strategies import mutated, pdus

untimed = settings(deadline=None, max_examples=50)


SUBMIT = SubmitSm(
    sequence_number=7,
    service_type="OTP",
    source_addr_ton=5,
    source_addr="MyBank",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="14155551234",
    registered_delivery=1,
    short_message=b"Your code is 482910",
)


def pdu_of(command_id: int, body: bytes, *, sequence_number: int = 7, status: int = 0) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command_id, status, sequence_number) + body


def submit_body(
    *,
    service_type: bytes = b"\0",
    source: bytes = b"\5\0MyBank\0",
    destination: bytes = b"\1\1" + b"14155551234\0",
    times: bytes = b"\0\0",
    message: bytes = b"\4" + b"1234",
    tail: bytes = b"",
) -> bytes:
    return service_type + source + destination + bytes(3) + times + bytes(4) + message + tail


def refusal(octets: bytes) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode(octets)
    return caught.value


def refusal_of_submit(body: bytes) -> CommandStatus:
    return refusal(pdu_of(CommandId.SUBMIT_SM, body)).command_status


def decoded(octets: bytes) -> Pdu | DecodeError:
    try:
        return decode(octets)
    except DecodeError as error:
        return error


# Round trips and arbitrary octets.


@pytest.mark.parametrize("pdu_type", [layout.pdu_type for layout in LAYOUTS.values()])
@untimed
@given(st.data())
def test_every_operation_is_read_as_written(pdu_type: type[Pdu], data: st.DataObject) -> None:
    pdu = data.draw(pdus(pdu_type))
    octets = encode(pdu)
    assert decode(octets) == pdu
    assert encode(decode(octets)) == octets
    assert int.from_bytes(octets[:4], "big") == len(octets)


@untimed
@given(
    st.binary(max_size=80)
    | st.builds(
        pdu_of,
        st.sampled_from(list(CommandId)) | st.integers(0, 0xFFFFFFFF),
        st.binary(max_size=80),
    )
)
def test_any_octets_give_a_pdu_or_a_decode_error(octets: bytes) -> None:
    outcome = decoded(octets)
    assert outcome.command_status != CommandStatus.ESME_ROK or isinstance(outcome, Pdu)


@untimed
@given(mutated(pdus().map(encode)))
def test_broken_pdus_give_a_pdu_or_a_decode_error(octets: bytes) -> None:
    outcome = decoded(octets)
    assert outcome.command_id == int.from_bytes(octets[4:8], "big")
    assert outcome.sequence_number == int.from_bytes(octets[12:16], "big")


@untimed
@given(pdus())
def test_every_truncation_gives_a_pdu_or_a_decode_error(pdu: Pdu) -> None:
    octets = encode(pdu)
    for end in range(16, len(octets)):
        assert decoded(octets[:end]).sequence_number == pdu.sequence_number


@pytest.mark.parametrize("octets", [b"", bytes(4), bytes(15)])
def test_less_than_a_header_is_refused(octets: bytes) -> None:
    assert refusal(octets).command_status == CommandStatus.ESME_RINVCMDLEN


# Headers.


@pytest.mark.parametrize("command_id", [0x00000999, 0x80000999, 0x00000000, 0xFFFFFFFF])
def test_unknown_command_is_told_from_a_broken_pdu(command_id: int) -> None:
    with pytest.raises(UnknownCommand) as caught:
        decode(pdu_of(command_id, b"", sequence_number=12))
    assert caught.value.command_id == command_id
    assert caught.value.command_status == CommandStatus.ESME_RINVCMDID
    assert caught.value.sequence_number == 12


@pytest.mark.parametrize("sequence_number", [0, 1, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF])
def test_any_sequence_number_is_read(sequence_number: int) -> None:
    octets = pdu_of(CommandId.ENQUIRE_LINK, b"", sequence_number=sequence_number)
    assert decode(octets) == EnquireLink(sequence_number=sequence_number)


@pytest.mark.parametrize("status", [0x58, 0x999, 0xFFFFFFFF])
def test_status_of_a_request_is_kept(status: int) -> None:
    pdu = decode(pdu_of(CommandId.SUBMIT_SM, submit_body(), status=status))
    assert isinstance(pdu, SubmitSm)
    assert pdu.command_status == status


@pytest.mark.parametrize("pdu", [EnquireLink(sequence_number=7), Unbind(sequence_number=7)])
def test_octets_after_a_request_without_a_body_are_ignored(pdu: Pdu) -> None:
    assert decode(encode(pdu) + b"\0extra") == pdu


# Faults in requests.


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (submit_body(service_type=b"123456\0"), CommandStatus.ESME_RINVSERTYP),
        (submit_body(source=b"\5\0" + b"x" * 21 + b"\0"), CommandStatus.ESME_RINVSRCADR),
        (submit_body(destination=b"\1\1" + b"1" * 22 + b"\0"), CommandStatus.ESME_RINVDSTADR),
        (b"\0\5\0MyBank\0\1\1" + b"14155551234", CommandStatus.ESME_RINVDSTADR),
        (b"\0\5\0MyBank", CommandStatus.ESME_RINVSRCADR),
        (submit_body(times=b"2602121430\0\0"), CommandStatus.ESME_RINVSCHED),
        (submit_body(times=b"2602121430000000+\0\0"), CommandStatus.ESME_RINVSCHED),
        (submit_body(times=b"\0" + b"00000000050000R\0"), CommandStatus.ESME_RINVEXPIRY),
        (submit_body(message=b"\5" + b"1234"), CommandStatus.ESME_RINVMSGLEN),
        (submit_body(message=b"\xff"), CommandStatus.ESME_RINVMSGLEN),
        (submit_body(message=b""), CommandStatus.ESME_RINVCMDLEN),
        (b"", CommandStatus.ESME_RINVCMDLEN),
        (b"\0\5", CommandStatus.ESME_RINVCMDLEN),
        (b"\0\5\0", CommandStatus.ESME_RINVCMDLEN),
        (submit_body(tail=b"\4\x24\0\5" + b"1234"), CommandStatus.ESME_RINVOPTPARSTREAM),
        (submit_body(tail=b"\2\4\0\1\0"), CommandStatus.ESME_RINVPARLEN),
    ],
    ids=[
        "service_type long",
        "source_addr long",
        "destination_addr long",
        "destination_addr without NUL",
        "source_addr without NUL",
        "schedule short",
        "schedule long",
        "validity short",
        "sm_length one over",
        "sm_length 255 of nothing",
        "no sm_length",
        "no body",
        "ends between TON and NPI",
        "ends before source_addr",
        "TLV past the end",
        "user_message_reference of one octet",
    ],
)
def test_fault_in_a_submit_has_the_status_of_its_field(body: bytes, status: CommandStatus) -> None:
    assert refusal_of_submit(body) == status


def test_decode_error_tells_what_to_answer() -> None:
    error = refusal(pdu_of(CommandId.SUBMIT_SM, b"", sequence_number=0x80000001))
    assert error.command_id == CommandId.SUBMIT_SM
    assert error.sequence_number == 0x80000001


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", CommandStatus.ESME_RINVCMDLEN),
        (b"acme", CommandStatus.ESME_RINVSYSID),
        (b"a" * 16 + b"\0", CommandStatus.ESME_RINVSYSID),
        (b"acme\0secret", CommandStatus.ESME_RINVPASWD),
        (b"acme\0" + b"p" * 65 + b"\0", CommandStatus.ESME_RINVPASWD),
        (b"acme\0secret\0" + b"t" * 13 + b"\0", CommandStatus.ESME_RINVSYSTYP),
        (b"acme\0secret\0\0\x34\0\0" + b"r" * 41 + b"\0", CommandStatus.ESME_RBINDFAIL),
        (b"acme\0secret\0\0\x34\0", CommandStatus.ESME_RINVCMDLEN),
    ],
)
def test_fault_in_a_bind_has_the_status_of_its_field(body: bytes, status: CommandStatus) -> None:
    assert refusal(pdu_of(CommandId.BIND_TRANSCEIVER, body)).command_status == status


@pytest.mark.parametrize(
    ("destinations", "status"),
    [
        (b"\1\3", CommandStatus.ESME_RINVDESTFLAG),
        (b"\1\0", CommandStatus.ESME_RINVDESTFLAG),
        (b"\1\2" + b"l" * 21 + b"\0", CommandStatus.ESME_RINVDLNAME),
        (b"\1\1\1\1" + b"1" * 22 + b"\0", CommandStatus.ESME_RINVDSTADR),
    ],
)
def test_fault_in_a_destination_of_many_has_its_status(
    destinations: bytes, status: CommandStatus
) -> None:
    body = b"\0\0\0\0" + destinations + bytes(10)
    assert refusal(pdu_of(CommandId.SUBMIT_MULTI, body)).command_status == status


@pytest.mark.parametrize("command_id", [CommandId.QUERY_SM, CommandId.REPLACE_SM])
def test_overlong_message_id_is_refused(command_id: CommandId) -> None:
    error = refusal(pdu_of(command_id, b"m" * 65 + bytes(20)))
    assert error.command_status == CommandStatus.ESME_RINVMSGID


def test_message_of_a_fault_shows_no_content() -> None:
    error = refusal(pdu_of(CommandId.BIND_TRANSCEIVER, b"acme\0" + b"sesame" * 11 + b"\0"))
    assert str(error) == "bind_transceiver: password has 66 characters, more than 64"


# What a request may have nonetheless.


@pytest.mark.parametrize("length", [0, 1, 253, 254, 255])
def test_any_sm_length_that_fits_is_taken(length: int) -> None:
    pdu = attrs.evolve(SUBMIT, short_message=b"x" * length)
    octets = encode(pdu)
    assert octets[-1 - length] == length
    assert decode(octets) == pdu


@pytest.mark.parametrize("tail", [b"\0", b"\0\0", b"\0\0\0"])
def test_up_to_three_nuls_after_the_message_are_ignored(tail: bytes) -> None:
    assert decode(encode(SUBMIT) + tail) == SUBMIT


@pytest.mark.parametrize("tail", [b"4", b"\0\x34", b"\0\0\1", b"\4\x24", b"\4\x24\0"])
def test_what_may_be_the_end_of_the_message_is_not_ignored(tail: bytes) -> None:
    with pytest.raises(DecodeError) as refused:
        decode(encode(SUBMIT) + tail)
    assert refused.value.command_status == CommandStatus.ESME_RINVOPTPARSTREAM


def test_destination_may_have_21_characters() -> None:
    pdu = decode(pdu_of(CommandId.SUBMIT_SM, submit_body(destination=b"\1\1" + b"1" * 21 + b"\0")))
    assert isinstance(pdu, SubmitSm)
    assert pdu.destination_addr == "1" * 21


def test_strings_are_latin1_octet_for_octet() -> None:
    name = bytes(range(0xEC, 0x100))
    pdu = decode(pdu_of(CommandId.SUBMIT_SM, submit_body(source=b"\5\0" + name + b"\0")))
    assert isinstance(pdu, SubmitSm)
    assert pdu.source_addr == name.decode("latin-1")
    assert encode(pdu)[19:].startswith(name)


def test_message_of_nothing_but_nul_and_newline_is_taken() -> None:
    pdu = attrs.evolve(SUBMIT, short_message=b"\0\n\0", esm_class=0x0A)
    assert decode(encode(pdu)) == pdu


def test_octets_after_an_operation_without_parameters_are_ignored() -> None:
    pdu = ReplaceSm(sequence_number=7, message_id="1", short_message=b"hi")
    assert decode(encode(pdu) + b"\2\4\0\1\0") == pdu


# Responses are read leniently.


@pytest.mark.parametrize(
    ("octets", "pdu"),
    [
        (pdu_of(0x80000005, b""), DeliverSmResp(sequence_number=7)),
        (pdu_of(0x80000005, b"\0"), DeliverSmResp(sequence_number=7, message_id="")),
        (pdu_of(0x80000005, b"id1\0"), DeliverSmResp(sequence_number=7, message_id="id1")),
        (pdu_of(0x80000005, b"id1"), DeliverSmResp(sequence_number=7, message_id="id1")),
        (pdu_of(0x80000005, b"i" * 99), DeliverSmResp(sequence_number=7, message_id="i" * 99)),
        (
            pdu_of(0x80000005, b"\0junk junk"),
            DeliverSmResp(sequence_number=7, message_id=""),
        ),
        (
            pdu_of(0x80000009, b"us\0\2\x10\0\2\x34\0\2"),
            BindTransceiverResp(sequence_number=7, system_id="us", tlvs=(Tlv(0x0210, b"\x34\0"),)),
        ),
        (pdu_of(0x80000006, b"bye"), UnbindResp(sequence_number=7)),
        (pdu_of(0x80000000, b"no", status=3), GenericNack(sequence_number=7, command_status=3)),
        (
            pdu_of(0x80000003, b"id1\0" + b"soon\0\1"),
            QuerySmResp(sequence_number=7, message_id="id1", final_date="soon", message_state=1),
        ),
        (pdu_of(0x80000021, b"id1\0\3\1"), SubmitMultiResp(sequence_number=7, message_id="id1")),
    ],
    ids=[
        "header alone",
        "empty string",
        "string",
        "no NUL",
        "overlong",
        "junk for parameters",
        "parameter of a wrong length",
        "body where none belongs",
        "generic_nack with a body",
        "half a body",
        "half a list",
    ],
)
def test_response_of_any_body_is_read(octets: bytes, pdu: Pdu) -> None:
    assert decode(octets) == pdu


@untimed
@given(
    st.sampled_from([command for command in CommandId if command >= 0x80000000]),
    st.binary(max_size=80),
)
def test_no_response_is_refused(command_id: CommandId, body: bytes) -> None:
    assert decode(pdu_of(command_id, body)).sequence_number == 7


# Writing.


@pytest.mark.parametrize(
    "pdu",
    [SubmitSmResp(), QuerySmResp(), DataSmResp(), SubmitMultiResp(), BindTransceiverResp()],
    ids=lambda pdu: type(pdu).__name__,
)
def test_response_of_nothing_is_a_header_alone(pdu: Pdu) -> None:
    assert len(encode(pdu)) == 16


@pytest.mark.parametrize(
    ("pdu", "body"),
    [
        (SubmitSmResp(message_id=""), b"\0"),
        (DataSmResp(message_id=""), b"\0"),
        (QuerySmResp(message_id=""), b"\0\0\0\0"),
        (QuerySmResp(message_state=2), b"\0\0\2\0"),
        (SubmitMultiResp(message_id=""), b"\0\0"),
        (
            SubmitMultiResp(unsuccess_smes=(UnsuccessSme(error_status_code=11),)),
            b"\0\1\0\0\0\0\0\0\x0b",
        ),
        (BindTransceiverResp(tlvs=(Tlv(0x0210, b"\x34"),)), b"\0\2\x10\0\1\x34"),
    ],
    ids=str,
)
def test_response_of_something_has_a_complete_body(pdu: Pdu, body: bytes) -> None:
    assert encode(pdu)[16:] == body


# Any: no annotation can follow a field's name.
def pdu_with(pdu_type: type[Any], name: str, value: str) -> Pdu:
    pdu: Pdu = pdu_type(**{name: value})
    return pdu


def limits() -> list[object]:
    """Return operation, string field and limit for all of them."""
    return [
        pytest.param(layout.pdu_type, field.name, field.octets - 1, id=f"{name}.{field.name}")
        for command_id, layout in LAYOUTS.items()
        for name in [command_name(command_id)]
        for field in layout.fields
        if field.kind is Kind.TEXT
    ]


@pytest.mark.parametrize(("pdu_type", "name", "limit"), limits())
def test_string_is_written_up_to_its_limit(pdu_type: type[Pdu], name: str, limit: int) -> None:
    for length in (limit - 1, limit):
        pdu = pdu_with(pdu_type, name, "x" * length)
        assert getattr(decode(encode(pdu)), name) == "x" * length
    with pytest.raises(ValueError, match=f"{name} has {limit + 1} characters, more than {limit}"):
        encode(pdu_with(pdu_type, name, "x" * (limit + 1)))


@pytest.mark.parametrize(
    ("pdu", "reason"),
    [
        (SubmitSm(source_addr="Ваш"), "source_addr: character 0 is not Latin-1"),
        (SubmitSm(source_addr="a\0b"), "source_addr holds a NUL"),
        (SubmitSm(source_addr_ton=256), "source_addr_ton: 256 is not 0 to 255"),
        (SubmitSm(data_coding=-1), "data_coding: -1 is not 0 to 255"),
        (SubmitSm(short_message=bytes(256)), "short_message has length 256, more than 255"),
        (SubmitSm(validity_period="x"), "validity_period has 1 characters, not 0 or 16"),
        (SubmitSm(validity_period="x" * 17), "validity_period has 17 characters, not 0 or 16"),
        (SubmitSm(sequence_number=1 << 32), "sequence_number: 4294967296 is not 0 to 4294967295"),
        (SubmitSmResp(command_status=-1), "command_status: -1 is not 0 to 4294967295"),
        (DataSm(tlvs=(Tlv(1 << 16, b""),)), "tlvs: tag 65536 with 0 octets"),
        (QuerySmResp(final_date="today"), "final_date has 5 characters, not 0 or 16"),
        (SubmitMulti(dest_addresses=(SmeAddress(),) * 256), "dest_addresses has length 256"),
        (
            SubmitMulti(dest_addresses=(DistributionList(dl_name="l" * 21),)),
            "dl_name has 21 characters, more than 20",
        ),
        (
            SubmitMulti(dest_addresses=(SmeAddress(destination_addr="1" * 22),)),
            "destination_addr has 22 characters, more than 21",
        ),
        (
            SubmitMultiResp(unsuccess_smes=(UnsuccessSme(error_status_code=1 << 32),)),
            "error_status_code: 4294967296 is not 0 to 4294967295",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_value_that_does_not_fit_is_refused_by_name(pdu: Pdu, reason: str) -> None:
    with pytest.raises(ValueError, match="^" + reason):
        encode(pdu)


def test_refusal_to_write_does_not_carry_the_value() -> None:
    with pytest.raises(ValueError, match="password") as caught:
        encode(BindTransceiver(password="пароль"))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


# Answers to refused requests.


@pytest.mark.parametrize(
    ("command_id", "pdu"),
    [
        (CommandId.SUBMIT_SM, SubmitSmResp(sequence_number=7, command_status=4)),
        (CommandId.BIND_TRANSCEIVER, BindTransceiverResp(sequence_number=7, command_status=4)),
        (CommandId.QUERY_SM, QuerySmResp(sequence_number=7, command_status=4, message_id="")),
        (CommandId.DATA_SM, DataSmResp(sequence_number=7, command_status=4, message_id="")),
        (
            CommandId.SUBMIT_MULTI,
            SubmitMultiResp(sequence_number=7, command_status=4, message_id=""),
        ),
        (CommandId.OUTBIND, GenericNack(sequence_number=7, command_status=4)),
        (CommandId.ALERT_NOTIFICATION, GenericNack(sequence_number=7, command_status=4)),
        (0x00000999, GenericNack(sequence_number=7, command_status=4)),
        (0x00000000, GenericNack(sequence_number=7, command_status=4)),
    ],
)
def test_refused_request_is_answered_in_its_own_form(command_id: int, pdu: Pdu) -> None:
    assert error_response(command_id, 4, 7) == pdu


@pytest.mark.parametrize("request_type", [SubmitSm, DataSm])
@pytest.mark.parametrize("message_id", ["", "m-1", "x" * 64])
def test_a_response_written_in_one_step_is_the_encoded_one(
    request_type: type[SubmitSm | DataSm], message_id: str
) -> None:
    response_type = SubmitSmResp if request_type is SubmitSm else DataSmResp
    octets = encode_message_id(request_type.command_id, 7, message_id)
    assert octets == encode(response_type(sequence_number=7, message_id=message_id))


@pytest.mark.parametrize("message_id", ["x" * 65, "a\0b", "\u20ac"])
def test_a_message_id_that_fits_no_response_is_refused(message_id: str) -> None:
    with pytest.raises(ValueError, match="message_id"):
        encode_message_id(CommandId.SUBMIT_SM, 7, message_id)
