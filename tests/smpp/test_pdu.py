"""The values that PDUs are."""

import pytest

from otpblue_trio.smpp import (
    AlertNotification,
    BindReceiver,
    BindReceiverResp,
    BindRequest,
    BindResponse,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    CancelSm,
    CommandId,
    DataSm,
    DeliverSm,
    EnquireLink,
    GenericNack,
    Outbind,
    Pdu,
    QuerySm,
    ReplaceSm,
    SmeAddress,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    UnsuccessSme,
)
from otpblue_trio.smpp.layout import LAYOUTS


def test_request_is_complete_with_what_is_given() -> None:
    pdu = SubmitSm(sequence_number=1, destination_addr="14155550100")
    assert pdu.command_id == CommandId.SUBMIT_SM
    assert (pdu.source_addr, pdu.short_message, pdu.tlvs) == ("", b"", ())


@pytest.mark.parametrize("command_id", list(CommandId), ids=lambda command: command.name)
def test_every_operation_has_one_class(command_id: CommandId) -> None:
    assert LAYOUTS[command_id].pdu_type.command_id is command_id


@pytest.mark.parametrize("command_id", list(CommandId), ids=lambda command: command.name)
def test_every_field_has_a_default_and_equal_pdus_are_equal(command_id: CommandId) -> None:
    pdu_type = LAYOUTS[command_id].pdu_type
    assert pdu_type() == pdu_type()
    assert hash(pdu_type()) == hash(pdu_type())
    assert pdu_type(sequence_number=1) != pdu_type(sequence_number=2)


def test_header_fields_come_first_in_the_repr() -> None:
    assert (
        repr(EnquireLink(sequence_number=7)) == "EnquireLink(sequence_number=7, command_status=0)"
    )


@pytest.mark.parametrize("pdu_type", [BindReceiver, BindTransmitter, BindTransceiver])
def test_binds_have_a_common_base(pdu_type: type[Pdu]) -> None:
    assert issubclass(pdu_type, BindRequest)


@pytest.mark.parametrize("pdu_type", [BindReceiverResp, BindTransmitterResp, BindTransceiverResp])
def test_bind_responses_have_a_common_base(pdu_type: type[Pdu]) -> None:
    assert issubclass(pdu_type, BindResponse)


def test_responses_and_generic_nack_are_responses() -> None:
    assert SubmitSmResp().is_response
    assert GenericNack().is_response
    assert not SubmitSm().is_response


def test_first_of_repeated_parameters_wins() -> None:
    pdu = SubmitSm(tlvs=(Tlv(0x1500, b"a"), Tlv(0x0424, b"b"), Tlv(0x0424, b"c")))
    assert pdu.tlv(0x0424) == b"b"
    assert pdu.tlv(0x1500) == b"a"
    assert pdu.tlv(0x0204) is None


@pytest.mark.parametrize(
    "value",
    [
        BindTransceiver(password="secret"),
        Outbind(password="secret"),
        SubmitSm(destination_addr="14155550100", source_addr="14155550100"),
        SubmitSm(short_message=b"482910", tlvs=(Tlv(0x0424, b"482910"),)),
        DeliverSm(source_addr="14155550100", short_message=b"482910"),
        SubmitMulti(dest_addresses=(SmeAddress(destination_addr="14155550100"),)),
        SubmitMulti(short_message=b"482910"),
        UnsuccessSme(destination_addr="14155550100"),
        DataSm(destination_addr="14155550100", source_addr="14155550100"),
        QuerySm(source_addr="14155550100"),
        CancelSm(destination_addr="14155550100", source_addr="14155550100"),
        ReplaceSm(source_addr="14155550100", short_message=b"482910"),
        AlertNotification(source_addr="14155550100", esme_addr="14155550100"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_repr_shows_no_secret_number_or_text(value: object) -> None:
    shown = repr(value)
    assert "secret" not in shown
    assert "4155550100" not in shown
    assert "482910" not in shown
