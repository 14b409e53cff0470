"""One part of a long message: its place, and what parts say together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy import Destination, Part, PartKey, ReferenceKind
from otpblue_trio.policy.parts import join_text, may_be_part, place_of
from otpblue_trio.policy.verdicts import Reason
from otpblue_trio.smpp import ESM_CLASS_UDHI, SubmitSm, Tlv, TlvTag, split_udh

TO = Destination("+14155552671", "US")


def part(number: int, total: int, octets: bytes, data_coding: int = 0) -> Part:
    key = PartKey("acme", "14155552671", "MyBank", ReferenceKind.SAR, 7, total)
    return Part(key, number, octets, data_coding, TO, "MyBank")


def sar(*values: tuple[TlvTag, bytes]) -> SubmitSm:
    return SubmitSm(
        destination_addr="14155552671",
        source_addr="MyBank",
        tlvs=tuple(Tlv(tag, value) for tag, value in values),
    )


# ---------------------------------------------------------------------- the place


@pytest.mark.parametrize(
    ("header", "kind", "reference"),
    [
        ("050003 2A0302", ReferenceKind.UDH_8_BIT, 0x2A),
        ("060804 012A0302", ReferenceKind.UDH_16_BIT, 0x012A),
        ("0B 0504 0B8423F0 0003 2A0302", ReferenceKind.UDH_8_BIT, 0x2A),
        ("0C 0504 0B8423F0 0804 002A0302", ReferenceKind.UDH_16_BIT, 0x2A),
    ],
    ids=["8 bit", "16 bit", "8 bit after ports", "16 bit after ports"],
)
def test_a_header_tells_the_place(header: str, kind: ReferenceKind, reference: int) -> None:
    submit = SubmitSm(
        destination_addr="14155552671", source_addr="MyBank", esm_class=ESM_CLASS_UDHI
    )
    place = place_of(submit, split_udh(bytes.fromhex(header))[0], "acme")
    assert place == (PartKey("acme", "14155552671", "MyBank", kind, reference, 3), 2)


def test_sar_parameters_tell_the_place() -> None:
    submit = sar(
        (TlvTag.SAR_MSG_REF_NUM, b"\x01\x2a"),
        (TlvTag.SAR_TOTAL_SEGMENTS, b"\x03"),
        (TlvTag.SAR_SEGMENT_SEQNUM, b"\x02"),
    )
    key = PartKey("acme", "14155552671", "MyBank", ReferenceKind.SAR, 0x012A, 3)
    assert place_of(submit, None, "acme") == (key, 2)


def test_a_header_goes_before_sar_parameters() -> None:
    submit = sar(
        (TlvTag.SAR_MSG_REF_NUM, b"\x01\x2a"),
        (TlvTag.SAR_TOTAL_SEGMENTS, b"\x03"),
        (TlvTag.SAR_SEGMENT_SEQNUM, b"\x02"),
    )
    place = place_of(submit, split_udh(bytes.fromhex("050003 050201"))[0], "acme")
    assert isinstance(place, tuple)
    assert place[0].kind is ReferenceKind.UDH_8_BIT


@pytest.mark.parametrize("header", ["00", "03700100", "050003 2A0101"], ids=["", "other", "1 of 1"])
def test_a_header_without_other_parts_is_of_a_whole_message(header: str) -> None:
    submit = SubmitSm(esm_class=ESM_CLASS_UDHI)
    assert place_of(submit, split_udh(bytes.fromhex(header))[0], "acme") is None


@pytest.mark.parametrize("total", [b"\x00", b"\x01"])
def test_sar_parameters_of_one_segment_are_of_a_whole_message(total: bytes) -> None:
    assert place_of(sar((TlvTag.SAR_TOTAL_SEGMENTS, total)), None, "acme") is None


@pytest.mark.parametrize("segment", [None, b"\x00", b"\x04"])
@pytest.mark.parametrize("reference", [None, b"\x00\x01"])
def test_a_part_that_does_not_say_which_is_refused(
    segment: bytes | None, reference: bytes | None
) -> None:
    values = [(TlvTag.SAR_TOTAL_SEGMENTS, b"\x03")]
    if segment is not None:
        values.append((TlvTag.SAR_SEGMENT_SEQNUM, segment))
    if reference is not None:
        values.append((TlvTag.SAR_MSG_REF_NUM, reference))
    assert place_of(sar(*values), None, "acme") is Reason.MESSAGE_INCOMPLETE


@pytest.mark.parametrize(
    "header", ["050003 2A0200", "050003 2A0203", "060804 00010200", "040002 2A02", "050803 010201"]
)
def test_a_header_that_does_not_say_which_part_it_is_of_is_refused(header: str) -> None:
    submit = SubmitSm(esm_class=ESM_CLASS_UDHI)
    place = place_of(submit, split_udh(bytes.fromhex(header))[0], "acme")
    assert place is Reason.MESSAGE_INCOMPLETE


def test_a_segment_number_without_a_count_is_refused() -> None:
    submit = sar((TlvTag.SAR_MSG_REF_NUM, b"\0\7"), (TlvTag.SAR_SEGMENT_SEQNUM, b"\1"))
    assert may_be_part(submit)
    assert place_of(submit, None, "acme") is Reason.MESSAGE_INCOMPLETE


def test_only_a_header_or_a_segment_count_make_a_part() -> None:
    assert may_be_part(SubmitSm(esm_class=ESM_CLASS_UDHI | 0x03))
    assert may_be_part(sar((TlvTag.SAR_TOTAL_SEGMENTS, b"\x02")))
    assert not may_be_part(SubmitSm(esm_class=0x03))
    assert not may_be_part(sar((TlvTag.USER_MESSAGE_REFERENCE, b"\0\1")))


def test_a_part_shows_neither_text_nor_number() -> None:
    shown = repr(part(1, 2, b"Your code is 482910"))
    assert "4829" not in shown
    assert "5552671" not in shown


# ---------------------------------------------------------------------- the text


@given(st.text(max_size=60), st.integers(0, 120))
def test_ucs2_cut_anywhere_is_joined(text: str, cut: int) -> None:
    octets = text.encode("utf-16-be", "surrogatepass")
    cut = min(cut, len(octets))
    parts = [part(1, 2, octets[:cut], 8), part(2, 2, octets[cut:], 8)]
    assert join_text(parts, "gsm") == join_text([part(1, 1, octets, 8)], "gsm")


def test_an_escape_sequence_cut_in_two_is_joined() -> None:
    assert (
        join_text([part(1, 2, b"costs 5\x1b"), part(2, 2, b"e today")], "gsm") == "costs 5€ today"
    )


def test_parts_of_different_alphabets_are_read_one_by_one() -> None:
    parts = [part(1, 2, b"Your code "), part(2, 2, "ist 482910".encode("utf-16-be"), 8)]
    assert join_text(parts, "gsm") == "Your code ist 482910"
