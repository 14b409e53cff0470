"""Optional parameters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.smpp import CommandStatus, Tlv, TlvTag
from otpblue_trio.smpp.faults import FieldFault
from otpblue_trio.smpp.tlv import (
    FIXED_TLV_OCTETS,
    encode_tlvs,
    parse_tlvs,
    parse_tlvs_leniently,
)
from otpblue_trio.testing.strategies import tlvs

untimed = settings(deadline=None)


@untimed
@given(st.lists(tlvs(), max_size=5).map(tuple), st.integers(0, 3).map(bytes))
def test_parameters_are_read_as_written_whatever_stands_around(
    parameters: tuple[Tlv, ...], tail: bytes
) -> None:
    octets = b"body" + encode_tlvs(parameters) + tail
    assert parse_tlvs(octets, 4) == parameters
    assert parse_tlvs_leniently(octets, 4) == parameters


def test_unknown_vendor_and_repeated_parameters_are_kept() -> None:
    octets = bytes.fromhex("1500 0002 AABB  14FF 0000  0204 0002 0001  0204 0002 0002")
    assert parse_tlvs(octets, 0) == (
        Tlv(0x1500, b"\xaa\xbb"),
        Tlv(0x14FF, b""),
        Tlv(0x0204, b"\0\1"),
        Tlv(0x0204, b"\0\2"),
    )


@pytest.mark.parametrize("tag", sorted(FIXED_TLV_OCTETS))
def test_known_parameter_of_a_wrong_length_is_refused_in_a_request(tag: int) -> None:
    right = FIXED_TLV_OCTETS[tag]
    assert parse_tlvs(encode_tlvs([Tlv(tag, bytes(right))]), 0)
    for wrong in (right - 1, right + 1):
        with pytest.raises(FieldFault) as caught:
            parse_tlvs(encode_tlvs([Tlv(tag, bytes(wrong))]), 0)
        assert caught.value.command_status == CommandStatus.ESME_RINVPARLEN


def test_known_parameter_of_a_wrong_length_is_kept_in_a_response() -> None:
    octets = encode_tlvs([Tlv(TlvTag.SC_INTERFACE_VERSION, b"\x34\0")])
    assert parse_tlvs_leniently(octets, 0) == (Tlv(TlvTag.SC_INTERFACE_VERSION, b"\x34\0"),)


@pytest.mark.parametrize("octets", ["1500 0001", "1500 FFFF 00", "1500 0001 AA 1501 0002 BB"])
def test_length_past_the_end_is_refused_in_a_request(octets: str) -> None:
    with pytest.raises(FieldFault) as caught:
        parse_tlvs(bytes.fromhex(octets), 0)
    assert caught.value.command_status == CommandStatus.ESME_RINVOPTPARSTREAM


def test_length_past_the_end_ends_a_response() -> None:
    octets = bytes.fromhex("1500 0001 AA 1501 0002 BB")
    assert parse_tlvs_leniently(octets, 0) == (Tlv(0x1500, b"\xaa"),)


def test_largest_parameter_is_written() -> None:
    octets = encode_tlvs([Tlv(0xFFFF, bytes(0xFFFF))])
    assert octets[:4] == b"\xff\xff\xff\xff"
    assert parse_tlvs(octets, 0) == (Tlv(0xFFFF, bytes(0xFFFF)),)


@pytest.mark.parametrize(
    "tlv", [Tlv(-1, b""), Tlv(0x10000, b""), Tlv(0x1500, bytes(0x10000))], ids=str
)
def test_parameter_that_does_not_fit_is_refused(tlv: Tlv) -> None:
    with pytest.raises(ValueError, match="tlvs"):
        encode_tlvs([tlv])


def test_repr_shows_the_length_alone() -> None:
    assert repr(Tlv(0x0424, b"code 482910")) == "Tlv(tag=1060, value=<11 octets>)"
