"""The text of a delivery receipt."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.smpp import (
    ESM_CLASS_DELIVERY_RECEIPT,
    DeliverSm,
    MessageState,
    ReceiptEncoder,
    Tlv,
    TlvTag,
    encode,
    format_receipt,
    parse_receipt,
)

untimed = settings(deadline=None)


MOMENT = datetime(2026, 2, 12, 14, 30, 59, tzinfo=UTC)
EXAMPLE = (
    b"id:abc-123 sub:001 dlvrd:001 submit date:2602121430 done date:2602121430"
    b" stat:DELIVRD err:000 text:"
)


def receipt(
    *, delivered: bool = True, stat: str = "DELIVRD", err: str = "000", **more: object
) -> bytes:
    return format_receipt(
        message_id="abc-123",
        delivered=delivered,
        submit_date=MOMENT,
        done_date=MOMENT,
        stat=stat,
        err=err,
        **more,  # type: ignore[arg-type]
    )


def test_receipt_is_the_example_of_the_integration_guide() -> None:
    assert receipt() == EXAMPLE


def test_failed_message_is_not_counted_as_delivered() -> None:
    octets = receipt(delivered=False, stat="UNDELIV", err="150")
    assert b" sub:001 dlvrd:000 " in octets
    assert b" stat:UNDELIV err:150 " in octets


def test_date_parts_have_two_digits() -> None:
    octets = format_receipt(
        message_id="1",
        delivered=True,
        submit_date=datetime(2005, 1, 2, 3, 4, tzinfo=UTC),
        done_date=datetime(2099, 12, 31, 23, 59, tzinfo=UTC),
        stat="DELIVRD",
        err="000",
    )
    assert b"submit date:0501020304 done date:9912312359 " in octets


@pytest.mark.parametrize(("characters", "written"), [(19, 19), (20, 20), (21, 20)])
def test_text_is_cut_at_20_characters(characters: int, written: int) -> None:
    assert receipt(text="x" * characters).endswith(b"text:" + b"x" * written)


@pytest.mark.parametrize(
    "wrong",
    [{"stat": "DELIVERED"}, {"stat": "OK"}, {"err": "1600"}, {"err": "0"}, {"submitted": 1000}],
    ids=str,
)
def test_field_of_another_form_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        receipt(**wrong)  # type: ignore[arg-type]


def test_example_is_read_back() -> None:
    assert parse_receipt(EXAMPLE) == {
        "id": "abc-123",
        "sub": "001",
        "dlvrd": "001",
        "submit date": "2602121430",
        "done date": "2602121430",
        "stat": "DELIVRD",
        "err": "000",
        "text": "",
    }


@pytest.mark.parametrize(
    ("octets", "values"),
    [
        (b"", {}),
        (b"hello", {}),
        (b"stat:DELIVRD id:7", {"stat": "DELIVRD", "id": "7"}),
        (b"ID:7 Stat:DELIVRD Text:Hi", {"id": "7", "stat": "DELIVRD", "text": "Hi"}),
        (b"id:7 submit_date:2602121430", {"id": "7", "submit date": "2602121430"}),
        (b"id:7 text:err:001 stat:X", {"id": "7", "text": "err:001 stat:X"}),
        (b"id:7 id:8", {"id": "7"}),
        (b"id:grid:9 err:", {"id": "grid:9", "err": ""}),
    ],
)
def test_receipts_of_other_makers_are_read(octets: bytes, values: dict[str, str]) -> None:
    assert parse_receipt(octets) == values


@untimed
@given(st.binary(max_size=100))
def test_any_octets_are_read(octets: bytes) -> None:
    assert isinstance(parse_receipt(octets), dict)


@given(
    message_id=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64),
    source=st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=21),
    octets=st.lists(st.integers(0, 255), min_size=4, max_size=4),
    submitted_at=st.floats(0, 4e9),
    delivered=st.booleans(),
    with_tlvs=st.booleans(),
)
def test_a_receipt_written_in_one_step_is_the_deliver_sm_of_its_parts(
    message_id: str,
    source: str,
    octets: list[int],
    submitted_at: float,
    delivered: bool,
    with_tlvs: bool,
) -> None:
    state = MessageState.DELIVERED if delivered else MessageState.UNDELIVERABLE
    done_at = submitted_at + 59.9
    stat, err = ("DELIVRD", "000") if delivered else ("UNDELIV", "150")
    tlvs = (
        Tlv(TlvTag.RECEIPTED_MESSAGE_ID, message_id.encode() + b"\0"),
        Tlv(TlvTag.MESSAGE_STATE, bytes((state,))),
    )
    pdu = DeliverSm(
        source_addr_ton=octets[0],
        source_addr_npi=octets[1],
        source_addr=source[:20],
        dest_addr_ton=octets[2],
        dest_addr_npi=octets[3],
        destination_addr=source,
        esm_class=ESM_CLASS_DELIVERY_RECEIPT,
        short_message=format_receipt(
            message_id=message_id,
            delivered=delivered,
            submit_date=datetime.fromtimestamp(submitted_at // 1, UTC),
            done_date=datetime.fromtimestamp(done_at // 1, UTC),
            stat=stat,
            err=err,
        ),
        tlvs=tlvs if with_tlvs else (),
    )
    body = ReceiptEncoder().encode(
        octets[0],
        octets[1],
        source[:20],
        octets[2],
        octets[3],
        source,
        message_id,
        submitted_at,
        done_at,
        stat,
        err,
        state,
        with_tlvs,
    )
    assert body == encode(pdu)[16:]


@given(st.lists(st.floats(0, 4e9), min_size=2, max_size=5))
def test_the_date_of_a_receipt_does_not_depend_on_those_before(moments: list[float]) -> None:
    def receipt(encoder: ReceiptEncoder, at: float) -> bytes:
        return encoder.encode(1, 1, "1", 5, 0, "A", "m", at, at, "DELIVRD", "000", 2, False)

    encoder = ReceiptEncoder()
    for moment in moments:
        assert receipt(encoder, moment) == receipt(ReceiptEncoder(), moment)
