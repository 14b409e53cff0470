"""A bound session: what PDUs lead to, which receipts it may get, and how it leaves its account."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeVar

import attrs
import pytest
import trio.testing

from otpblue_trio.runtime import Peer
from otpblue_trio.runtime.accounts import AccountRegistry, AccountState
from otpblue_trio.runtime.bound_session import BoundSession, act_without_account
from otpblue_trio.runtime.observer import (
    BindAccepted,
    CloseReason,
    IgnoredKind,
    PduIgnored,
    ReceiptSettled,
)
from otpblue_trio.runtime.receipts import PendingReceipt
from otpblue_trio.runtime.telling import ConnectionTeller
from otpblue_trio.runtime.writing import SessionWriter
from otpblue_trio.session import (
    BindRequested,
    DeliverAnswered,
    QueryReceived,
    Refusal,
    RefusalKind,
    SessionEnded,
    SessionEvent,
    SmppSession,
    StreamLost,
    SubmitReceived,
)
from otpblue_trio.smpp import (
    BindRequest,
    BindTransceiver,
    BindTransmitter,
    CommandStatus,
    DeliverSm,
    Pdu,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    SubmitSmResp,
    encode,
)
from otpblue_trio.testing import (
    EventRecorder,
    account,
    pdus_of,
    stored_receipt,
    submit_pdu,
    with_limits,
)

if TYPE_CHECKING:
    from otpblue_trio.runtime.observer import Event
    from otpblue_trio.smpp import DataSm

_EventT = TypeVar("_EventT", bound="Event")

NOON = 1_770_897_600.0
"""2026-02-12 12:00 UTC."""
NOBODY = Peer(ip_address(0))
RECEIPT = stored_receipt(
    receipt_id=0, system_id="acme", message_id="m", submitted_at=NOON, done_at=NOON
)


class Desk:
    """Takes messages and answers none."""

    def __init__(self) -> None:
        self.taken: list[SubmitSm | DataSm] = []

    def submit(self, session: BoundSession, pdu: SubmitSm | DataSm, now: float) -> None:
        self.taken.append(pdu)


@attrs.define
class Bound:
    """A bound session with all that is around it."""

    bound: BoundSession
    session: SmppSession
    account: AccountState
    desk: Desk
    events: EventRecorder
    left: list[CloseReason]

    def sent(self) -> list[Pdu]:
        """Return what is queued for the ESME."""
        return pdus_of(self.session.data_to_send())


def bind(request: BindRequest, *, receipt_window: int = 10) -> Bound:
    """Return a session that has bound and not entered its account yet."""
    events = EventRecorder()
    session = SmppSession(system_id="OTPBLUE", max_pdu_octets=65536)
    for event in session.receive(encode(request)):
        assert isinstance(event, BindRequested)
        session.accept_bind()
    session.data_to_send()
    writer = SessionWriter(
        session,
        trio.testing.memory_stream_pair()[0],
        timeout=10.0,
        on_lost=lambda reason: None,
        on_sent=lambda: None,
        pump=None,
    )
    registry = AccountRegistry(
        events,
        receipt_lifetime=60,
        max_waiting_receipts=10,
        on_receipt=lambda: None,
        on_receipt_done=lambda receipt_id: None,
    )
    state = registry.enter(account("acme"), 0)
    desk = Desk()
    left: list[CloseReason] = []
    bound = BoundSession(
        connection_id=1,
        account=state,
        session=session,
        writer=writer,
        messages=desk,  # type: ignore[arg-type] # what a session needs of it
        limits=with_limits(receipt_window=receipt_window),
        tell=ConnectionTeller(events, 1, NOBODY, "plain"),
        leave=left.append,
    )
    return Bound(bound, session, state, desk, events, left)


def told(its: Bound, kind: type[_EventT]) -> list[_EventT]:
    """Return the events of one type that the observer was told."""
    return [event for event in its.events.events if isinstance(event, kind)]


def transceiver(interface_version: int = 0x34) -> BindTransceiver:
    return BindTransceiver(
        sequence_number=1,
        system_id="acme",
        password="pw",
        interface_version=interface_version,
    )


def transmitter() -> BindTransmitter:
    return BindTransmitter(
        sequence_number=1, system_id="acme", password="pw", interface_version=0x34
    )


async def test_a_session_enters_its_account_and_that_is_told() -> None:
    its = bind(transceiver())
    its.bound.enter(0.0)
    assert its.account.sessions == {its.bound}
    (accepted,) = told(its, BindAccepted)
    assert (accepted.system_id, accepted.sessions) == ("acme", 1)


async def test_messages_go_to_the_desk_and_are_counted() -> None:
    its = bind(transceiver())
    pdus = [
        submit_pdu("14155552671", "Your code is 482910"),
        submit_pdu("14155552671", "Your code is 482910"),
    ]
    assert [its.bound.act(SubmitReceived(pdu), 0.0) for pdu in pdus] == [None, None]
    assert its.desk.taken == pdus
    assert its.bound.submits == 2


async def test_a_query_is_answered_from_the_account_s_final_states() -> None:
    its = bind(transceiver())
    its.account.final_states.keep("abc", 2, NOON)
    for message_id in ("abc", "unknown"):
        query = QuerySm(sequence_number=5, message_id=message_id)
        its.bound.act(QueryReceived(query), 0.0)
    known, unknown = its.sent()
    assert isinstance(known, QuerySmResp)
    assert (known.message_id, known.message_state) == ("abc", 2)
    assert unknown.command_status == CommandStatus.ESME_RQUERYFAIL


@pytest.mark.parametrize(
    ("event", "reason", "kind"),
    [
        (Refusal(RefusalKind.UNSUPPORTED, 0x4, 0x3), None, IgnoredKind.UNSUPPORTED),
        (StreamLost(), CloseReason.FRAMING_ERROR, IgnoredKind.FRAMING),
        (SessionEnded(), CloseReason.UNBOUND, None),
    ],
)
async def test_what_means_the_same_before_the_bind_means_it_after(
    event: SessionEvent, reason: CloseReason | None, kind: IgnoredKind | None
) -> None:
    its = bind(transceiver())
    assert its.bound.act(event, 0.0) is reason
    assert act_without_account(event, ConnectionTeller(its.events, 1, NOBODY, "plain")) is reason
    kinds = [ignored.kind for ignored in told(its, PduIgnored)]
    assert kinds == ([kind] * 2 if kind else [])


async def test_an_answer_and_its_receipt_are_queued_in_this_order() -> None:
    its = bind(transceiver())
    pdu = submit_pdu("14155552671", "Your code is 482910")
    its.session.in_flight += 1
    its.bound.answer_submit(pdu, 0, "m")
    its.bound.send_receipt(PendingReceipt(RECEIPT, 60.0), 0.0)
    response, receipt = its.sent()
    assert isinstance(response, SubmitSmResp)
    assert (response.sequence_number, response.message_id) == (pdu.sequence_number, "m")
    assert isinstance(receipt, DeliverSm)
    assert receipt.tlvs


async def test_an_esme_below_version_3_4_gets_receipts_without_tlvs() -> None:
    its = bind(transceiver(0x33))
    assert not its.bound.takes_tlvs
    its.bound.send_receipt(PendingReceipt(RECEIPT, 60.0), 0.0)
    (receipt,) = its.sent()
    assert isinstance(receipt, DeliverSm)
    assert not receipt.tlvs


async def test_a_transmitter_takes_no_receipts() -> None:
    can_take = [bind(pdu).bound.can_take_receipt for pdu in (transceiver(), transmitter())]
    assert can_take == [True, False]


async def test_a_full_window_takes_no_receipt_until_one_is_acknowledged() -> None:
    its = bind(transceiver(), receipt_window=1)
    its.bound.enter(0.0)
    its.account.receipts.post(RECEIPT, its.bound, 0.0)
    could_take = its.bound.can_take_receipt
    (receipt,) = its.sent()
    answer = receipt.command_id | 0x80000000
    octets = b"".join(n.to_bytes(4, "big") for n in (17, answer, 0, receipt.sequence_number))
    (event,) = its.session.receive(octets + b"\0")
    assert isinstance(event, DeliverAnswered)
    its.bound.act(event, 1.0)
    assert [could_take, its.bound.can_take_receipt] == [False, True]
    (settled,) = told(its, ReceiptSettled)
    assert settled.message_id == "m"


@pytest.mark.parametrize("is_heard", [True, False])
async def test_a_session_that_ends_takes_receipts_only_while_the_esme_is_heard(
    is_heard: bool,
) -> None:
    its = bind(transceiver())
    could_submit = its.bound.may_submit
    its.bound.end(is_heard=is_heard)
    assert its.bound.is_leaving
    assert [could_submit, its.bound.may_submit] == [True, False]
    assert its.bound.can_take_receipt is is_heard


async def test_a_receipt_without_an_answer_in_time_is_sent_again() -> None:
    its = bind(transceiver())
    its.bound.enter(0.0)
    its.account.receipts.post(RECEIPT, its.bound, 10.0)
    sent = [len(its.sent())]
    for sent_before in (10.0, 10.1):
        its.bound.expire_receipts(sent_before, 20.0)
        sent.append(len(its.sent()))
    assert sent == [1, 0, 1]


async def test_a_session_that_leaves_gives_back_what_is_not_acknowledged() -> None:
    its = bind(transceiver())
    its.bound.enter(0.0)
    its.account.receipts.post(RECEIPT, its.bound, 0.0)
    its.bound.leave_account(1.0)
    assert not its.account.sessions
    assert its.session.outstanding == 0
    assert its.account.receipts.open == 1


async def test_whoever_wants_it_to_end_asks_its_connection() -> None:
    its = bind(transceiver())
    its.bound.leave(CloseReason.ACCOUNT_GONE)
    assert its.left == [CloseReason.ACCOUNT_GONE]
    assert its.bound.peer == NOBODY
