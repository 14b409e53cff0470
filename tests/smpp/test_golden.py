"""Octets written by hand from the specification, one PDU for each operation."""

import pytest

from otpblue_trio.smpp import (
    AlertNotification,
    BindReceiver,
    BindReceiverResp,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    CancelSm,
    CancelSmResp,
    CommandId,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    DistributionList,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Outbind,
    Pdu,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    ReplaceSmResp,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    Unbind,
    UnbindResp,
    UnsuccessSme,
    decode,
    encode,
)

h = bytes.fromhex

GOLDEN: list[tuple[bytes, Pdu]] = [
    # The example of SMPP 3.4, 3.2.3.1 (its interface_version is 0).
    (
        h("0000002F 00000002 00000000 00000001")
        + h("534D50503354455354 00 7365637265743038 00 5355424D495431 00 00 01 01 00"),
        BindTransmitter(
            sequence_number=1,
            system_id="SMPP3TEST",
            password="secret08",
            system_type="SUBMIT1",
            interface_version=0,
            addr_ton=1,
            addr_npi=1,
        ),
    ),
    (
        h("0000001E 80000002 00000000 00000001") + b"OTP BLUE" + h("00 0210 0001 34"),
        BindTransmitterResp(sequence_number=1, system_id="OTP BLUE", tlvs=(Tlv(0x0210, b"\x34"),)),
    ),
    (
        h("00000025 00000001 00000000 00000002")
        + b"acme\0" b"secret\0" b"\0" + h("34 00 00") + b"^1.*\0",
        BindReceiver(
            sequence_number=2,
            system_id="acme",
            password="secret",
            address_range="^1.*",
        ),
    ),
    (
        h("00000010 80000001 0000000D 00000002"),
        BindReceiverResp(sequence_number=2, command_status=0x0D),
    ),
    (
        h("00000022 00000009 00000000 7FFFFFFF") + b"acme\0" b"s\0" b"OTPSVC\0" + h("50 01 01 00"),
        BindTransceiver(
            sequence_number=0x7FFFFFFF,
            system_id="acme",
            password="s",
            system_type="OTPSVC",
            interface_version=0x50,
            addr_ton=1,
            addr_npi=1,
        ),
    ),
    (
        h("00000015 80000009 00000000 7FFFFFFF") + b"acme\0",
        BindTransceiverResp(sequence_number=0x7FFFFFFF, system_id="acme"),
    ),
    (
        h("0000001C 0000000B 00000000 00000001") + b"acme\0" b"secret\0",
        Outbind(sequence_number=1, system_id="acme", password="secret"),
    ),
    (h("00000010 00000006 00000000 00000003"), Unbind(sequence_number=3)),
    (h("00000010 80000006 00000000 00000003"), UnbindResp(sequence_number=3)),
    (
        h("00000010 80000000 00000003 00000000"),
        GenericNack(command_status=3),
    ),
    (h("00000010 00000015 00000000 00000004"), EnquireLink(sequence_number=4)),
    (h("00000010 80000015 00000000 00000004"), EnquireLinkResp(sequence_number=4)),
    (
        h("00000051 00000004 00000000 00000005")
        + b"OTP\0"
        + h("05 00") + b"MyBank\0"
        + h("01 01") + b"14155551234\0"
        + h("40 7F 03")
        + b"260212143000000+\0"
        + b"\0"
        + h("01 01 F0 02")
        + h("06") + b"482910"
        + h("0204 0002 ABCD"),
        SubmitSm(
            sequence_number=5,
            service_type="OTP",
            source_addr_ton=5,
            source_addr_npi=0,
            source_addr="MyBank",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="14155551234",
            esm_class=0x40,
            protocol_id=0x7F,
            priority_flag=3,
            schedule_delivery_time="260212143000000+",
            validity_period="",
            registered_delivery=1,
            replace_if_present_flag=1,
            data_coding=0xF0,
            sm_default_msg_id=2,
            short_message=b"482910",
            tlvs=(Tlv(0x0204, b"\xab\xcd"),),
        ),
    ),
    (
        h("00000018 80000004 00000000 00000005") + b"abc-123\0",
        SubmitSmResp(sequence_number=5, message_id="abc-123"),
    ),
    (
        h("00000010 80000004 00000045 00000006"),
        SubmitSmResp(sequence_number=6, command_status=0x45),
    ),
    (
        h("00000043 00000005 00000000 00000007")
        + b"\0"
        + h("01 01") + b"14155551234\0"
        + h("05 00") + b"MyBank\0"
        + h("04 00 00")
        + b"\0\0"
        + h("00 00 00 00")
        + h("05") + b"id:ab"
        + h("001E 0003 616200")
        + h("0427 0001 02"),
        DeliverSm(
            sequence_number=7,
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="14155551234",
            dest_addr_ton=5,
            destination_addr="MyBank",
            esm_class=4,
            short_message=b"id:ab",
            tlvs=(Tlv(0x001E, b"ab\0"), Tlv(0x0427, b"\2")),
        ),
    ),
    (
        h("00000011 80000005 00000000 00000007 00"),
        DeliverSmResp(sequence_number=7, message_id=""),
    ),
    (
        h("00000042 00000021 00000000 00000008")
        + b"\0"
        + h("05 00") + b"Acme\0"
        + h("02")
        + h("01 01 01") + b"1415\0"
        + h("02") + b"staff\0"
        + h("00 00 00")
        + b"\0"
        + b"000000000500000R\0"
        + h("00 00 00 00")
        + h("00"),
        SubmitMulti(
            sequence_number=8,
            source_addr_ton=5,
            source_addr="Acme",
            dest_addresses=(
                SmeAddress(dest_addr_ton=1, dest_addr_npi=1, destination_addr="1415"),
                DistributionList(dl_name="staff"),
            ),
            validity_period="000000000500000R",
        ),
    ),
    (
        h("0000001E 80000021 00000000 00000008")
        + b"7\0"
        + h("01")
        + h("01 01") + b"1415\0"
        + h("0000000B"),
        SubmitMultiResp(
            sequence_number=8,
            message_id="7",
            unsuccess_smes=(
                UnsuccessSme(
                    dest_addr_ton=1,
                    dest_addr_npi=1,
                    destination_addr="1415",
                    error_status_code=0x0B,
                ),
            ),
        ),
    ),
    (
        h("00000031 00000103 00000000 00000009")
        + b"\0"
        + h("05 00") + b"Acme\0"
        + h("01 01") + b"14155551234\0"
        + h("00 01 08")
        + h("0424 0004 00340032"),
        DataSm(
            sequence_number=9,
            source_addr_ton=5,
            source_addr="Acme",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="14155551234",
            registered_delivery=1,
            data_coding=8,
            tlvs=(Tlv(0x0424, b"\0004\0002"),),
        ),
    ),
    (
        h("00000012 80000103 00000000 00000009") + b"7\0",
        DataSmResp(sequence_number=9, message_id="7"),
    ),
    (
        h("00000019 00000003 00000000 0000000A") + b"7\0" + h("05 00") + b"Acme\0",
        QuerySm(sequence_number=10, message_id="7", source_addr_ton=5, source_addr="Acme"),
    ),
    (
        h("00000025 80000003 00000000 0000000A") + b"7\0" b"260212143000000+\0" + h("02 00"),
        QuerySmResp(
            sequence_number=10,
            message_id="7",
            final_date="260212143000000+",
            message_state=2,
            error_code=0,
        ),
    ),
    (
        h("00000024 00000008 00000000 0000000B")
        + b"OTP\0" b"7\0" + h("05 00") + b"Acme\0" + h("01 01") + b"1415\0",
        CancelSm(
            sequence_number=11,
            service_type="OTP",
            message_id="7",
            source_addr_ton=5,
            source_addr="Acme",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="1415",
        ),
    ),
    (
        h("00000010 80000008 00000011 0000000B"),
        CancelSmResp(sequence_number=11, command_status=0x11),
    ),
    (
        h("00000020 00000007 00000000 0000000C")
        + b"7\0" + h("05 00") + b"Acme\0" b"\0\0" + h("01 00") + h("02") + b"hi",
        ReplaceSm(
            sequence_number=12,
            message_id="7",
            source_addr_ton=5,
            source_addr="Acme",
            registered_delivery=1,
            short_message=b"hi",
        ),
    ),
    (
        h("00000010 80000007 00000013 0000000C"),
        ReplaceSmResp(sequence_number=12, command_status=0x13),
    ),
    (
        h("00000023 00000102 00000000 0000000D")
        + h("01 01") + b"1415\0" + h("05 00") + b"Acme\0" + h("0422 0001 00"),
        AlertNotification(
            sequence_number=13,
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="1415",
            esme_addr_ton=5,
            esme_addr="Acme",
            tlvs=(Tlv(0x0422, b"\0"),),
        ),
    ),
]  # fmt: skip

each_vector = pytest.mark.parametrize(
    ("octets", "pdu"), GOLDEN, ids=[type(pdu).__name__ for _, pdu in GOLDEN]
)


@each_vector
def test_octets_of_the_specification_are_read(octets: bytes, pdu: Pdu) -> None:
    assert decode(octets) == pdu


@each_vector
def test_octets_of_the_specification_are_written(octets: bytes, pdu: Pdu) -> None:
    assert encode(pdu) == octets


@each_vector
def test_vector_counts_its_own_octets(octets: bytes, pdu: Pdu) -> None:
    assert int.from_bytes(octets[:4], "big") == len(octets)


def test_every_operation_has_a_vector() -> None:
    assert {pdu.command_id for _, pdu in GOLDEN} == set(CommandId)
