"""The accounts of a load test: which receipts are a fault."""

from __future__ import annotations

import pytest
from loadtest_books import Books, Receipts, Tally
from loadtest_messages import Message

from otpblue_trio.smpp import DeliverSm, SubmitSmResp, Tlv, TlvTag

MESSAGE = Message("14155552671", "Acme", "Your code is 482910")


def a_receipt(message_id: str = "id-1") -> DeliverSm:
    return DeliverSm(
        sequence_number=1,
        esm_class=0x04,
        source_addr=MESSAGE.destination,
        destination_addr=MESSAGE.sender,
        short_message=f"id:{message_id} sub:001 dlvrd:001 stat:DELIVRD err:000".encode(),
        tlvs=(
            Tlv(TlvTag.RECEIPTED_MESSAGE_ID, message_id.encode() + b"\0"),
            Tlv(TlvTag.MESSAGE_STATE, b"\x02"),
        ),
    )


class Round:
    """Two sessions, of which the first sends one message."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.tally.begin_round(0.0)
        self.receipts = Receipts(self.tally)
        self.first, self.second = (
            Books(self.tally, self.receipts, wants_receipts=True, judges_statuses=True)
            for _ in range(2)
        )
        self.first.submitted(1, MESSAGE, 0.0, 0.0)

    def answer(self) -> None:
        self.first.answered(SubmitSmResp(sequence_number=1, message_id="id-1"), 1.0)

    @property
    def faults(self) -> dict[str, int]:
        """What is found in the end."""
        self.first.close()
        self.second.close()
        self.receipts.close()
        return {name: count for name, count in self.tally.faults.items() if count}


@pytest.fixture
def a_round() -> Round:
    return Round()


def test_receipt_may_come_on_another_session(a_round: Round) -> None:
    a_round.answer()
    a_round.second.receipted(a_receipt(), 1.0)
    assert a_round.first.is_settled
    assert a_round.tally.receipts == 1
    assert a_round.faults == {}


def test_receipt_may_come_when_the_session_of_its_message_is_over(a_round: Round) -> None:
    a_round.answer()
    a_round.first.close()
    a_round.second.receipted(a_receipt(), 1.0)
    assert a_round.faults == {}


def test_receipt_before_its_response_is_a_fault(a_round: Round) -> None:
    a_round.first.receipted(a_receipt(), 1.0)
    a_round.answer()
    assert a_round.faults == {"receipt_before_response": 1}


def test_receipt_on_another_session_may_be_read_before_the_response(a_round: Round) -> None:
    a_round.second.receipted(a_receipt(), 1.0)
    a_round.answer()
    assert a_round.tally.receipts == 1
    assert a_round.faults == {}


@pytest.mark.parametrize("session", ["first", "second"])
def test_second_receipt_is_a_duplicate_on_any_session(a_round: Round, session: str) -> None:
    a_round.answer()
    a_round.first.receipted(a_receipt(), 1.0)
    getattr(a_round, session).receipted(a_receipt(), 1.0)
    assert a_round.faults == {"duplicate_receipt": 1}


def test_receipt_that_never_came_is_lost(a_round: Round) -> None:
    a_round.answer()
    assert a_round.faults == {"lost_receipt": 1}


def test_receipt_of_nothing_is_unexpected(a_round: Round) -> None:
    a_round.second.receipted(a_receipt("id-2"), 1.0)
    a_round.answer()
    a_round.first.receipted(a_receipt(), 1.0)
    assert a_round.faults == {"unexpected_receipt": 1}
