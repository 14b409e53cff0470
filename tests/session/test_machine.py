"""One SMPP session, octets in, events and octets out."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.session import (
    BindRequested,
    BindUnreadable,
    DeliverAnswered,
    QueryReceived,
    Refusal,
    RefusalKind,
    SessionEnded,
    SessionEvent,
    SessionState,
    SmppSession,
    StreamLost,
    SubmitReceived,
)
from otpblue_trio.smpp import (
    AlertNotification,
    BindReceiver,
    BindReceiverResp,
    BindRequest,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    BindTransmitterResp,
    CancelSm,
    CommandId,
    CommandStatus,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    Framer,
    GenericNack,
    Outbind,
    Pdu,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    TlvTag,
    Unbind,
    UnbindResp,
    decode,
    encode,
)
from otpblue_trio.testing.strategies import chunked, mutated, pdus

if TYPE_CHECKING:
    from collections.abc import Callable

MAX = 65536
HEADER = struct.Struct(">IIII")
SUBMIT = SubmitSm(sequence_number=9, destination_addr="14155550100", short_message=b"code 482910")
LAST_SEQUENCE = 0x7FFFFFFF


def frame(command_id: int, sequence_number: int, body: bytes = b"", status: int = 0) -> bytes:
    return HEADER.pack(16 + len(body), command_id, status, sequence_number) + body


def new_session(max_pdu_octets: int = MAX) -> SmppSession:
    return SmppSession(system_id="OTPBLUE", max_pdu_octets=max_pdu_octets)


def bound(
    bind_type: type[BindRequest] = BindTransceiver, *, interface_version: int = 0x34
) -> SmppSession:
    session = new_session()
    bind = bind_type(sequence_number=1, system_id="acme", interface_version=interface_version)
    for _ in session.receive(encode(bind)):
        session.accept_bind()
    session.data_to_send()
    return session


def take(session: SmppSession, *requests: Pdu | bytes) -> list[SessionEvent]:
    """Feed all of it in one read."""
    octets = b"".join(one if isinstance(one, bytes) else encode(one) for one in requests)
    return list(session.receive(octets))


def sent_frames(session: SmppSession) -> list[bytes]:
    framer = Framer(MAX)
    framer.feed(session.data_to_send())
    frames = []
    while (one := framer.next_frame()) is not None:
        frames.append(one)
    assert framer.buffered_octets == 0
    return frames


def sent(session: SmppSession) -> list[Pdu]:
    return [decode(one) for one in sent_frames(session)]


def answer(session: SmppSession, *requests: Pdu | bytes) -> Pdu:
    """Feed requests that the session answers by itself, with one response in all."""
    take(session, *requests)
    (response,) = sent(session)
    return response


# ---------------------------------------------------------------------- binds


def test_accepted_bind_is_answered_with_our_system_id() -> None:
    session = new_session()
    for event in session.receive(
        frame(0x00000009, 7, b"acme\0secret\0\0\x34\0\0\0")  # bind_transceiver
    ):
        assert event == BindRequested(
            BindTransceiver(sequence_number=7, system_id="acme", password="secret")
        )
        session.accept_bind()
    assert session.data_to_send() == frame(0x80000009, 7, b"OTPBLUE\0" + b"\x02\x10\0\x01\x34")


@pytest.mark.parametrize(
    ("bind_type", "response_type", "state"),
    [
        (BindTransmitter, BindTransmitterResp, SessionState.BOUND_TX),
        (BindReceiver, BindReceiverResp, SessionState.BOUND_RX),
        (BindTransceiver, BindTransceiverResp, SessionState.BOUND_TRX),
    ],
)
def test_each_bind_is_answered_in_kind_and_leads_to_its_own_state(
    bind_type: type[BindRequest], response_type: type[Pdu], state: SessionState
) -> None:
    session = new_session()
    for _ in session.receive(encode(bind_type(sequence_number=3))):
        session.accept_bind()
    (response,) = sent(session)
    assert isinstance(response, response_type)
    assert (response.command_status, response.sequence_number) == (0, 3)
    assert session.state is state
    assert session.is_bound


@pytest.mark.parametrize("version", [0x34, 0x35, 0x50, 0xFF])
def test_bind_of_version_3_4_or_later_learns_our_version(version: int) -> None:
    session = new_session()
    for _ in session.receive(encode(BindTransceiver(interface_version=version))):
        session.accept_bind()
    (response,) = sent(session)
    assert isinstance(response, BindTransceiverResp)
    assert response.tlvs == (Tlv(TlvTag.SC_INTERFACE_VERSION, b"\x34"),)
    assert session.takes_tlvs
    assert session.interface_version == version


@pytest.mark.parametrize("version", [0x00, 0x01, 0x33])
def test_bind_of_an_earlier_version_gets_no_optional_parameters(version: int) -> None:
    session = new_session()
    for _ in session.receive(encode(BindTransceiver(interface_version=version))):
        session.accept_bind()
    (response,) = sent(session)
    assert isinstance(response, BindTransceiverResp)
    assert response.tlvs == ()
    assert not session.takes_tlvs


def test_nothing_is_claimed_about_the_version_before_the_bind() -> None:
    assert not new_session().takes_tlvs


@pytest.mark.parametrize("status", [CommandStatus.ESME_RINVPASWD, CommandStatus.ESME_RBINDFAIL])
@pytest.mark.parametrize("command_id", [0x1, 0x2, 0x9])
def test_refused_bind_is_answered_by_a_header_alone_and_closes(
    command_id: int, status: CommandStatus
) -> None:
    session = new_session()
    for _ in session.receive(frame(command_id, 5, b"\0\0\0\x34\0\0\0")):
        session.refuse_bind(status)
    assert session.data_to_send() == frame(0x80000000 | command_id, 5, status=status)
    assert session.is_closed


def test_refused_bind_leaves_what_is_pipelined_behind_it_unanswered() -> None:
    session = new_session()
    for event in session.receive(encode(BindTransceiver()) * 3 + encode(EnquireLink())):
        assert isinstance(event, BindRequested)
        session.refuse_bind(CommandStatus.ESME_RINVPASWD)
    assert len(sent(session)) == 1


@pytest.mark.parametrize("again", [BindTransmitter, BindReceiver, BindTransceiver])
def test_second_bind_is_refused_and_changes_nothing(again: type[BindRequest]) -> None:
    session = bound(BindTransmitter)
    events = take(session, again(sequence_number=2, interface_version=0))
    assert events == [
        Refusal(RefusalKind.WRONG_STATE, again.command_id, CommandStatus.ESME_RALYBND)
    ]
    assert session.data_to_send() == frame(again.command_id | 0x80000000, 2, status=0x05)
    assert session.state is SessionState.BOUND_TX
    assert session.takes_tlvs


def test_second_bind_that_cannot_be_read_is_refused_as_any_other() -> None:
    assert answer(bound(), frame(0x9, 2)).command_status == CommandStatus.ESME_RALYBND


def test_bind_behind_a_pending_bind_is_judged_after_it() -> None:
    session = new_session()
    received = session.receive(encode(BindTransceiver(sequence_number=1)) * 2)
    assert isinstance(next(received), BindRequested)
    assert session.data_to_send() == b""
    session.accept_bind()
    assert next(received) == Refusal(
        RefusalKind.WRONG_STATE, CommandId.BIND_TRANSCEIVER, CommandStatus.ESME_RALYBND
    )
    assert [one.command_status for one in sent(session)] == [0, CommandStatus.ESME_RALYBND]


def test_submit_behind_a_pending_bind_is_taken() -> None:
    session = new_session()
    events = []
    for event in session.receive(encode(BindTransceiver(sequence_number=1)) + encode(SUBMIT)):
        events.append(event)
        if isinstance(event, BindRequested):
            session.accept_bind()
        elif isinstance(event, SubmitReceived):
            session.answer_submit(event.pdu, 0, "m1")
    assert [type(event) for event in events] == [BindRequested, SubmitReceived]
    bind_response, submit_response = sent(session)
    assert isinstance(bind_response, BindTransceiverResp)
    assert submit_response == SubmitSmResp(sequence_number=9, message_id="m1")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"a" * 16 + b"\0\0\0\x34\0\0\0", CommandStatus.ESME_RINVSYSID),
        (b"acme\0" + b"p" * 65 + b"\0\0\x34\0\0\0", CommandStatus.ESME_RINVPASWD),
        (b"acme\0secret\0" + b"t" * 13 + b"\0\x34\0\0\0", CommandStatus.ESME_RINVSYSTYP),
        (b"acme\0secret\0\0\x34\0\0" + b"r" * 41 + b"\0", CommandStatus.ESME_RBINDFAIL),
        (b"", CommandStatus.ESME_RINVCMDLEN),
        (b"acme\0secret\0\0\x34\0", CommandStatus.ESME_RINVCMDLEN),
        (b"acme", CommandStatus.ESME_RINVSYSID),
        (b"acme\0secret", CommandStatus.ESME_RINVPASWD),
    ],
    ids=[
        "system_id of 16",
        "password of 65",
        "system_type of 13",
        "address_range of 41",
        "no body",
        "body ends in mid-field",
        "system_id without NUL",
        "password without NUL",
    ],
)
def test_bind_that_cannot_be_read_names_its_fault_and_is_refused(
    body: bytes, status: CommandStatus
) -> None:
    session = new_session()
    for event in session.receive(frame(0x2, 4, body)):
        assert event == BindUnreadable(status)
        session.refuse_bind(CommandStatus.ESME_RINVPASWD)
    assert session.data_to_send() == frame(0x80000002, 4, status=0x0E)
    assert session.is_closed


def test_bind_that_cannot_be_read_can_not_be_accepted() -> None:
    session = new_session()
    next(session.receive(frame(0x9, 4)))
    with pytest.raises(RuntimeError, match="cannot be read"):
        session.accept_bind()


@pytest.mark.parametrize(
    "bind",
    [
        BindTransceiver(system_id="a" * 15),
        BindTransceiver(password="p" * 64),
        BindTransceiver(system_type="t" * 12),
        BindTransceiver(address_range="r" * 40),
        BindTransceiver(addr_ton=0x1C, addr_npi=0x17),
    ],
    ids=["system_id of 15", "password of 64", "system_type of 12", "address_range of 40", "TON"],
)
def test_bind_at_the_limits_is_for_the_owner_to_decide(bind: BindTransceiver) -> None:
    assert next(new_session().receive(encode(bind))) == BindRequested(bind)


def test_owner_that_passes_over_a_bind_is_told() -> None:
    session = new_session()
    received = session.receive(encode(BindTransceiver()))
    next(received)
    with pytest.raises(RuntimeError, match="must be answered"):
        next(received)


def test_owner_that_accepts_a_bind_nobody_asked_for_is_told() -> None:
    with pytest.raises(RuntimeError, match="no bind is pending"):
        new_session().accept_bind()


def test_owner_that_refuses_a_bind_nobody_asked_for_is_told() -> None:
    with pytest.raises(RuntimeError, match="no bind is pending"):
        new_session().refuse_bind(CommandStatus.ESME_RBINDFAIL)


# ---------------------------------------------------------------------- before the bind


def test_submit_before_the_bind_is_refused_and_the_session_stays() -> None:
    session = new_session()
    assert session.data_to_send() == b""
    events = take(session, SUBMIT)
    assert events == [
        Refusal(RefusalKind.WRONG_STATE, CommandId.SUBMIT_SM, CommandStatus.ESME_RINVBNDSTS)
    ]
    assert session.data_to_send() == frame(0x80000004, 9, status=0x04)
    assert session.state is SessionState.OPEN
    assert session.in_flight == 0


def test_submit_before_the_bind_is_refused_by_state_even_when_it_cannot_be_read() -> None:
    response = answer(new_session(), frame(0x4, 9, b"\xff"))
    assert response.command_status == CommandStatus.ESME_RINVBNDSTS


def test_enquire_link_before_the_bind_is_answered() -> None:
    session = new_session()
    assert take(session, EnquireLink(sequence_number=2)) == []
    assert session.data_to_send() == frame(0x80000015, 2)
    assert session.state is SessionState.OPEN


def test_unbind_before_the_bind_is_answered_and_closes() -> None:
    session = new_session()
    assert take(session, Unbind(sequence_number=2)) == [SessionEnded()]
    assert session.data_to_send() == frame(0x80000006, 2)
    assert session.is_closed


# ---------------------------------------------------------------------- the stream


@pytest.mark.parametrize("length", [0, 1, 4, 8, 15, 65537, 0x7FFFFFFF, 0xFFFFFFFF])
def test_impossible_command_length_is_answered_by_generic_nack_and_closes(length: int) -> None:
    session = bound()
    assert take(session, struct.pack(">III", length, 4, 0)) == [StreamLost()]
    assert session.data_to_send() == frame(0x80000000, 0, status=0x02)
    assert session.is_closed


def test_impossible_command_length_needs_no_more_than_its_own_octets() -> None:
    session = new_session()
    assert take(session, b"\xff\xff\xff\xff") == [StreamLost()]
    assert session.data_to_send() == frame(0x80000000, 0, status=0x02)


def test_generic_nack_echoes_the_sequence_number_of_a_whole_header() -> None:
    session = new_session()
    take(session, HEADER.pack(65537, 4, 0, 77))
    assert session.data_to_send() == frame(0x80000000, 77, status=0x02)


@pytest.mark.parametrize(("length", "is_taken"), [(63, True), (64, True), (65, False)])
def test_pdu_up_to_the_limit_is_taken(length: int, is_taken: bool) -> None:
    session = new_session(max_pdu_octets=64)
    events = take(session, frame(0x15, 1, bytes(length - 16)))
    assert (events == []) is is_taken
    assert session.is_closed is not is_taken


@pytest.mark.parametrize(
    "opening",
    [
        b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
        bytes.fromhex("16030102000100fc0303"),
        b"AMQP\x00\x00\x09\x01",
        bytes.fromhex("0300001300000000000000000000000000"),
    ],
    ids=["http", "tls", "amqp", "rdp"],
)
def test_other_protocols_are_nacked_and_closed(opening: bytes) -> None:
    session = new_session()
    assert take(session, opening) == [StreamLost()]
    (nack,) = sent(session)
    assert isinstance(nack, GenericNack)
    assert nack.command_status == CommandStatus.ESME_RINVCMDLEN
    assert session.is_closed


def test_pdus_before_a_lost_stream_are_answered_first() -> None:
    session = bound()
    take(session, EnquireLink(sequence_number=3), bytes(16), EnquireLink(sequence_number=4))
    assert session.data_to_send() == frame(0x80000015, 3) + frame(0x80000000, 0, status=0x02)


def test_nothing_is_taken_after_the_stream_is_lost() -> None:
    session = bound()
    take(session, bytes(16))
    session.data_to_send()
    assert take(session, EnquireLink(), SUBMIT) == []
    assert session.data_to_send() == b""


def test_pdu_byte_by_byte_is_answered_once() -> None:
    session = bound()
    for octet in encode(EnquireLink(sequence_number=3)):
        assert session.data_to_send() == b""
        take(session, bytes((octet,)))
    assert session.data_to_send() == frame(0x80000015, 3)


def test_three_pdus_in_one_read_are_answered_in_order() -> None:
    session = bound()
    take(session, *[EnquireLink(sequence_number=number) for number in (5, 4, 6)])
    assert [one.sequence_number for one in sent(session)] == [5, 4, 6]


def test_begun_pdu_is_reported_until_it_is_whole() -> None:
    session = bound()
    octets = encode(SUBMIT)
    take(session, octets[:20])
    assert session.partial_octets == 20
    take(session, octets[20:])
    assert session.partial_octets == 0


def drive(session: SmppSession, octets: bytes, accepts: bool) -> list[SessionEvent]:
    """Be an owner that decides every event in one way."""
    events = []
    for event in session.receive(octets):
        events.append(event)
        if isinstance(event, BindRequested) and accepts:
            session.accept_bind()
        elif isinstance(event, BindRequested | BindUnreadable):
            session.refuse_bind(CommandStatus.ESME_RINVPASWD)
        elif isinstance(event, SubmitReceived):
            session.answer_submit(event.pdu, event.pdu.sequence_number % 2, "id")
        elif isinstance(event, QueryReceived):
            session.answer_query(event.pdu, None)
    return events


BINDS = (BindTransceiver, BindTransmitter, BindReceiver)
PIPELINE = st.tuples(
    st.none() | pdus(*BINDS).map(encode),
    st.lists(
        pdus().map(encode) | mutated(pdus(SubmitSm, DataSm, SubmitMulti, QuerySm).map(encode)),
        max_size=6,
    ),
).map(lambda bind_and_rest: (bind_and_rest[0] or b"") + b"".join(bind_and_rest[1]))


@given(st.data(), st.booleans())
def test_any_split_of_the_stream_gives_the_same_events_and_octets(
    data: st.DataObject, accepts: bool
) -> None:
    stream = data.draw(PIPELINE)
    whole, split = new_session(), new_session()
    expected = drive(whole, stream, accepts)
    events = []
    for chunk in data.draw(chunked(stream)):
        events += drive(split, chunk, accepts)
    assert events == expected
    assert split.data_to_send() == whole.data_to_send()
    assert split.state is whole.state
    assert split.activity == whole.activity


@given(st.lists(st.binary(max_size=80), max_size=5), st.booleans(), st.booleans())
def test_any_octets_are_taken_without_an_exception(
    reads: list[bytes], is_bound: bool, accepts: bool
) -> None:
    session = bound() if is_bound else new_session()
    for octets in reads:
        drive(session, octets, accepts)
    assert session.in_flight == 0
    sent(session)


ANY_FRAME = st.builds(
    frame,
    st.sampled_from([int(command_id) for command_id in CommandId]) | st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=60),
    st.integers(0, 0xFFFFFFFF),
)


@given(st.lists(ANY_FRAME | mutated(pdus().map(encode)), max_size=8), st.sampled_from(BINDS))
def test_any_frames_are_taken_without_an_exception(
    frames: list[bytes], bind_type: type[BindRequest]
) -> None:
    session = bound(bind_type)
    drive(session, b"".join(frames), accepts=True)
    assert session.in_flight == 0
    sent(session)


# ---------------------------------------------------------------------- what is not offered


def test_unknown_command_is_answered_by_generic_nack_and_the_link_is_kept() -> None:
    session = bound()
    events = take(session, frame(0x999, 8, b"anything"))
    assert events == [
        Refusal(RefusalKind.UNKNOWN_COMMAND, 0x999, CommandStatus.ESME_RINVCMDID),
    ]
    assert session.data_to_send() == frame(0x80000000, 8, status=0x03)
    assert session.is_bound


def test_unknown_response_is_ignored_and_counted() -> None:
    session = bound()
    events = take(session, frame(0x80000999, 8, status=3))
    assert events == [Refusal(RefusalKind.UNEXPECTED_RESPONSE, 0x80000999, 3)]
    assert session.data_to_send() == b""


@pytest.mark.parametrize(
    "response",
    [
        SubmitSmResp(sequence_number=1, message_id="m"),
        BindTransceiverResp(sequence_number=1, system_id="x"),
        EnquireLinkResp(sequence_number=1),
        DeliverSmResp(sequence_number=1, message_id=""),
        GenericNack(sequence_number=1, command_status=3),
    ],
    ids=lambda response: type(response).__name__,
)
def test_response_to_nothing_is_ignored(response: Pdu) -> None:
    session = bound()
    (event,) = take(session, response)
    assert isinstance(event, Refusal)
    assert event.kind is RefusalKind.UNEXPECTED_RESPONSE
    assert session.data_to_send() == b""
    assert session.is_bound


@pytest.mark.parametrize("opened", [new_session, bound])
def test_deliver_sm_from_the_esme_is_refused(opened: Callable[[], SmppSession]) -> None:
    assert take(session := opened(), DeliverSm(sequence_number=6))
    assert session.data_to_send() == frame(0x80000005, 6, status=0x04)


def test_outbind_from_the_esme_is_an_unknown_command() -> None:
    session = new_session()
    take(session, Outbind(sequence_number=6))
    assert session.data_to_send() == frame(0x80000000, 6, status=0x03)


def test_alert_notification_is_ignored_because_it_has_no_response() -> None:
    session = bound()
    events = take(session, AlertNotification(sequence_number=6))
    assert events == [Refusal(RefusalKind.WRONG_STATE, CommandId.ALERT_NOTIFICATION, 0)]
    assert session.data_to_send() == b""


def test_submit_multi_fails_with_a_complete_body() -> None:
    session = bound()
    request = SubmitMulti(
        sequence_number=6, dest_addresses=(SmeAddress(destination_addr="14155550100"),)
    )
    assert take(session, request) == [
        Refusal(RefusalKind.UNSUPPORTED, CommandId.SUBMIT_MULTI, CommandStatus.ESME_RSUBMITFAIL)
    ]
    assert session.data_to_send() == frame(0x80000021, 6, b"\0\0", status=0x45)


def test_cancel_sm_fails() -> None:
    session = bound()
    assert take(session, CancelSm(sequence_number=6)) == [
        Refusal(RefusalKind.UNSUPPORTED, CommandId.CANCEL_SM, CommandStatus.ESME_RCANCELFAIL)
    ]
    assert session.data_to_send() == frame(0x80000008, 6, status=0x11)


def test_replace_sm_fails() -> None:
    session = bound()
    assert take(session, ReplaceSm(sequence_number=6)) == [
        Refusal(RefusalKind.UNSUPPORTED, CommandId.REPLACE_SM, CommandStatus.ESME_RREPLACEFAIL)
    ]
    assert session.data_to_send() == frame(0x80000007, 6, status=0x13)


# ---------------------------------------------------------------------- queries


def test_query_is_for_the_owner_to_answer() -> None:
    session = bound()
    query = QuerySm(sequence_number=6, message_id="m1")
    assert take(session, query) == [QueryReceived(query)]
    assert session.data_to_send() == b""


def test_query_for_a_known_message_tells_its_state_under_the_querys_sequence_number() -> None:
    session = bound()
    query = QuerySm(sequence_number=6, message_id="m1")
    take(session, query)
    found = QuerySmResp(
        message_id="m1", final_date="260212143000000+", message_state=2, error_code=0
    )
    session.answer_query(query, found)
    assert sent(session) == [attrs.evolve(found, sequence_number=6)]


def test_query_for_an_unknown_message_fails_with_a_complete_body() -> None:
    session = bound()
    query = QuerySm(sequence_number=6, message_id="m1")
    take(session, query)
    session.answer_query(query, None)
    assert session.data_to_send() == frame(0x80000003, 6, b"\0\0\0\0", status=0x67)


# ---------------------------------------------------------------------- messages


@pytest.mark.parametrize("request_type", [SubmitSm, DataSm])
@pytest.mark.parametrize("bind_type", [BindTransmitter, BindTransceiver])
def test_message_is_for_the_owner_to_answer(
    request_type: type[SubmitSm | DataSm], bind_type: type[BindRequest]
) -> None:
    session = bound(bind_type)
    request = request_type(sequence_number=9, destination_addr="14155550100")
    assert take(session, request) == [SubmitReceived(request)]
    assert session.data_to_send() == b""
    assert session.in_flight == 1


def test_delivered_submit_sm_is_answered_with_its_message_id() -> None:
    session = bound()
    take(session, SUBMIT)
    session.answer_submit(SUBMIT, 0, "abc-123")
    assert session.data_to_send() == frame(0x80000004, 9, b"abc-123\0")
    assert session.in_flight == 0


def test_message_id_may_have_64_characters() -> None:
    session = bound()
    take(session, SUBMIT)
    session.answer_submit(SUBMIT, 0, "m" * 64)
    assert session.data_to_send() == frame(0x80000004, 9, b"m" * 64 + b"\0")


def test_delivered_data_sm_is_answered_with_its_message_id() -> None:
    session = bound()
    request = DataSm(sequence_number=9)
    take(session, request)
    session.answer_submit(request, 0, "abc-123")
    assert session.data_to_send() == frame(0x80000103, 9, b"abc-123\0")


@pytest.mark.parametrize("status", [0x01, 0x08, 0x0B, 0x45, 0x58])
def test_failed_submit_sm_is_answered_by_a_header_alone(status: int) -> None:
    session = bound()
    take(session, SUBMIT)
    session.answer_submit(SUBMIT, status, "abc-123")
    assert session.data_to_send() == frame(0x80000004, 9, status=status)


def test_failed_data_sm_is_answered_with_a_complete_body() -> None:
    session = bound()
    request = DataSm(sequence_number=9)
    take(session, request)
    session.answer_submit(request, CommandStatus.ESME_RSUBMITFAIL, None)
    assert session.data_to_send() == frame(0x80000103, 9, b"\0", status=0x45)


@pytest.mark.parametrize(
    ("request_type", "expected"),
    [
        (DataSm, DataSmResp(sequence_number=9, command_status=4, message_id="")),
        (SubmitMulti, SubmitMultiResp(sequence_number=9, command_status=4, message_id="")),
        (
            QuerySm,
            QuerySmResp(
                sequence_number=9,
                command_status=4,
                message_id="",
                final_date="",
                message_state=0,
                error_code=0,
            ),
        ),
    ],
)
@pytest.mark.parametrize("opened", [new_session, lambda: bound(BindReceiver)])
def test_responses_that_need_a_body_have_one_when_the_state_forbids_the_request(
    request_type: type[Pdu], expected: Pdu, opened: Callable[[], SmppSession]
) -> None:
    assert answer(opened(), request_type(sequence_number=9)) == expected


@pytest.mark.parametrize("request_type", [SubmitSm, CancelSm, ReplaceSm])
@pytest.mark.parametrize("opened", [new_session, lambda: bound(BindReceiver)])
def test_other_requests_that_the_state_forbids_are_answered_by_a_header_alone(
    request_type: type[Pdu], opened: Callable[[], SmppSession]
) -> None:
    session = opened()
    take(session, request_type(sequence_number=9))
    assert session.data_to_send() == frame(request_type.command_id | 0x80000000, 9, status=0x04)


def test_slow_message_does_not_hold_up_a_fast_one() -> None:
    session = bound()
    slow, fast = attrs.evolve(SUBMIT, sequence_number=1), attrs.evolve(SUBMIT, sequence_number=2)
    take(session, slow, fast)
    session.answer_submit(fast, 0, "second")
    session.answer_submit(slow, 0, "first")
    assert sent(session) == [
        SubmitSmResp(sequence_number=2, message_id="second"),
        SubmitSmResp(sequence_number=1, message_id="first"),
    ]


def test_same_sequence_number_twice_in_flight_is_answered_twice() -> None:
    session = bound()
    assert len(take(session, SUBMIT, SUBMIT)) == 2
    assert session.in_flight == 2
    session.answer_submit(SUBMIT, 0, "m1")
    session.answer_submit(SUBMIT, 0x45, None)
    assert session.data_to_send() == (
        frame(0x80000004, 9, b"m1\0") + frame(0x80000004, 9, status=0x45)
    )
    assert session.in_flight == 0


# ---------------------------------------------------------------------- headers


@pytest.mark.parametrize("sequence_number", [0, 1, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF])
def test_any_sequence_number_is_echoed(sequence_number: int) -> None:
    session = bound()
    request = attrs.evolve(SUBMIT, sequence_number=sequence_number)
    take(
        session,
        EnquireLink(sequence_number=sequence_number),
        request,
        CancelSm(sequence_number=sequence_number),
        frame(0x999, sequence_number),
    )
    session.answer_submit(request, 0, "m1")
    assert {one.sequence_number for one in sent(session)} == {sequence_number}


def test_enquire_link_with_extra_octets_is_answered() -> None:
    session = bound()
    take(session, frame(0x15, 3, b"extra"))
    assert session.data_to_send() == frame(0x80000015, 3)


def test_command_status_of_a_request_is_ignored() -> None:
    session = bound()
    take(session, frame(0x15, 3, status=0x08))
    assert session.data_to_send() == frame(0x80000015, 3)


def test_submit_with_a_command_status_is_a_message_like_any_other() -> None:
    session = bound()
    request = attrs.evolve(SUBMIT, command_status=0x58)
    assert take(session, request) == [SubmitReceived(request)]


# ---------------------------------------------------------------------- bodies

BEFORE_DESTINATION = b"\0\5\0MyBank\0\1\1"
BEFORE_MESSAGE = BEFORE_DESTINATION + b"14155550100\0" + b"\0\0\0\0\0\1\0\0\0"
WHOLE_BODY = BEFORE_MESSAGE + b"\x0bcode 482910"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (BEFORE_MESSAGE + b"\x0ccode 482910", CommandStatus.ESME_RINVMSGLEN),
        (BEFORE_DESTINATION + b"14155550100", CommandStatus.ESME_RINVDSTADR),
        (BEFORE_DESTINATION + b"1" * 22 + b"\0", CommandStatus.ESME_RINVDSTADR),
        (BEFORE_DESTINATION[:-1], CommandStatus.ESME_RINVCMDLEN),
        (b"", CommandStatus.ESME_RINVCMDLEN),
        (WHOLE_BODY + b"\x15\0\0\x09short", CommandStatus.ESME_RINVOPTPARSTREAM),
        (WHOLE_BODY + b"\x02\x04\0\x01\0", CommandStatus.ESME_RINVPARLEN),
        (WHOLE_BODY + b"7", CommandStatus.ESME_RINVOPTPARSTREAM),
        (WHOLE_BODY + b"\0\0\x31", CommandStatus.ESME_RINVOPTPARSTREAM),
        (WHOLE_BODY + b"\x15\0\0\x02ab\x15", CommandStatus.ESME_RINVOPTPARSTREAM),
    ],
    ids=[
        "sm_length over what is left",
        "destination without NUL",
        "destination of 22",
        "body ends in mid-field",
        "no body",
        "TLV runs past the end",
        "TLV of a wrong length",
        "sm_length one short",
        "sm_length three short",
        "less than a TLV",
    ],
)
def test_broken_submit_is_answered_and_the_link_is_kept(body: bytes, status: CommandStatus) -> None:
    session = bound()
    assert take(session, frame(0x4, 9, body)) == [
        Refusal(RefusalKind.MALFORMED, CommandId.SUBMIT_SM, status)
    ]
    assert session.data_to_send() == frame(0x80000004, 9, status=status)
    assert session.in_flight == 0
    assert session.is_bound


def test_broken_data_sm_is_answered_with_a_complete_body() -> None:
    session = bound()
    take(session, frame(0x103, 9))
    assert session.data_to_send() == frame(0x80000103, 9, b"\0", status=0x02)


def test_submit_behind_a_broken_one_is_taken() -> None:
    refused, taken = take(bound(), frame(0x4, 8, b"\xff"), SUBMIT)
    assert isinstance(refused, Refusal)
    assert taken == SubmitReceived(SUBMIT)


@pytest.mark.parametrize(
    "more",
    [
        b"\0",
        b"\0\0\0",
        b"\x15\0\0\x02ab",
        b"\x15\0\0\x02ab\0",
        b"\x14\x01\0\x02ab" * 2,
        b"\x02\x04\0\x02ab" * 2,
    ],
    ids=[
        "NUL not counted",
        "three NULs",
        "unknown TLV",
        "unknown TLV and NUL",
        "vendor TLV twice",
        "known TLV twice",
    ],
)
def test_harmless_octets_behind_the_message_are_no_reason_to_refuse_it(more: bytes) -> None:
    session = bound()
    (event,) = take(session, frame(0x4, 9, WHOLE_BODY + more))
    assert isinstance(event, SubmitReceived)
    assert isinstance(event.pdu, SubmitSm)
    assert event.pdu.short_message == b"code 482910"


# ---------------------------------------------------------------------- our own deliver_sm


def test_deliver_goes_out_under_a_sequence_number_of_our_own() -> None:
    session = bound()
    pdu = DeliverSm(
        sequence_number=0xFFFFFFFF, destination_addr="14155550100", short_message=b"text"
    )
    assert session.send_deliver(pdu, "token", 0.0) == 1
    assert sent(session) == [attrs.evolve(pdu, sequence_number=1)]
    assert session.outstanding == 1


def test_receipt_stands_behind_the_response_that_was_queued_before_it() -> None:
    session = bound()
    take(session, SUBMIT)
    session.answer_submit(SUBMIT, 0, "m1")
    session.send_deliver(DeliverSm(), "token", 0.0)
    assert [type(one) for one in sent(session)] == [SubmitSmResp, DeliverSm]


@pytest.mark.parametrize(
    ("bind_type", "receives"),
    [(BindTransmitter, False), (BindReceiver, True), (BindTransceiver, True)],
)
def test_only_receivers_take_deliver(bind_type: type[BindRequest], receives: bool) -> None:
    assert bound(bind_type).can_receive_deliver is receives
    assert not new_session().can_receive_deliver


@pytest.mark.parametrize("body", [b"", b"\0", b"surprise\0\x04\x24", b"no end"])
def test_deliver_is_answered_whatever_the_body_of_the_answer(body: bytes) -> None:
    session = bound()
    sequence_number = session.send_deliver(DeliverSm(), "token", 0.0)
    events = take(session, frame(0x80000005, sequence_number, body, status=0x14))
    assert events == [DeliverAnswered("token", 0x14)]
    assert session.outstanding == 0


def test_each_answer_finds_its_own_deliver() -> None:
    session = bound()
    first = session.send_deliver(DeliverSm(), "first", 0.0)
    second = session.send_deliver(DeliverSm(), "second", 0.0)
    events = take(
        session, DeliverSmResp(sequence_number=second), DeliverSmResp(sequence_number=first)
    )
    assert events == [DeliverAnswered("second", 0), DeliverAnswered("first", 0)]


def test_generic_nack_answers_the_deliver_whose_number_it_carries() -> None:
    session = bound()
    sequence_number = session.send_deliver(DeliverSm(), "token", 0.0)
    assert take(session, GenericNack(sequence_number=sequence_number, command_status=0x03)) == [
        DeliverAnswered("token", 0x03)
    ]


def test_generic_nack_is_a_refusal_even_with_status_0() -> None:
    session = bound()
    sequence_number = session.send_deliver(DeliverSm(), "token", 0.0)
    (event,) = take(session, GenericNack(sequence_number=sequence_number))
    assert event == DeliverAnswered("token", CommandStatus.ESME_RUNKNOWNERR)


def test_second_answer_to_a_deliver_is_ignored() -> None:
    session = bound()
    acknowledgement = DeliverSmResp(sequence_number=session.send_deliver(DeliverSm(), "t", 0.0))
    answered, ignored = take(session, acknowledgement, acknowledgement)
    assert answered == DeliverAnswered("t", 0)
    assert isinstance(ignored, Refusal)


def test_delivers_sent_before_the_moment_expire_and_later_ones_stay() -> None:
    session = bound()
    for sent_at in (1.0, 2.0, 3.0):
        session.send_deliver(DeliverSm(), f"sent at {sent_at}", sent_at)
    assert session.expire_delivers(1.0) == []
    assert session.expire_delivers(3.0) == ["sent at 1.0", "sent at 2.0"]
    assert session.outstanding == 1


def test_answer_to_an_expired_deliver_is_ignored() -> None:
    session = bound()
    sequence_number = session.send_deliver(DeliverSm(), "token", 1.0)
    session.expire_delivers(2.0)
    (event,) = take(session, DeliverSmResp(sequence_number=sequence_number))
    assert isinstance(event, Refusal)


def test_outstanding_delivers_are_given_back_oldest_first() -> None:
    session = bound()
    numbers = [session.send_deliver(DeliverSm(), token, 0.0) for token in ("a", "b", "c", "d")]
    take(session, DeliverSmResp(sequence_number=numbers[1]))
    assert session.take_outstanding() == ["a", "c", "d"]
    assert session.outstanding == 0
    assert session.take_outstanding() == []


def test_own_sequence_numbers_wrap_to_1() -> None:
    session = bound()
    session._window.last_sequence = LAST_SEQUENCE - 1  # two thousand million receipts later
    numbers = [session.send_deliver(DeliverSm(), None, 0.0) for _ in range(3)]
    assert numbers == [LAST_SEQUENCE, 1, 2]


def test_own_sequence_numbers_pass_over_outstanding_ones() -> None:
    session = bound()
    old = [session.send_deliver(DeliverSm(), f"old {n}", 0.0) for n in (1, 2, 3)]
    take(session, DeliverSmResp(sequence_number=old[1]))
    session._window.last_sequence = LAST_SEQUENCE
    assert [session.send_deliver(DeliverSm(), "new", 0.0) for _ in range(2)] == [2, 4]


def test_own_unbind_passes_over_outstanding_sequence_numbers() -> None:
    session = bound()
    session.send_deliver(DeliverSm(), "old", 0.0)
    session.data_to_send()
    session._window.last_sequence = LAST_SEQUENCE
    session.send_unbind()
    assert session.data_to_send() == frame(0x6, 2)


# ---------------------------------------------------------------------- the end


def test_unbind_is_answered_and_closes() -> None:
    session = bound()
    assert take(session, Unbind(sequence_number=3)) == [SessionEnded()]
    assert session.data_to_send() == frame(0x80000006, 3)
    assert session.is_closed


def test_unbind_waits_for_what_is_in_flight() -> None:
    session = bound()
    submits = [attrs.evolve(SUBMIT, sequence_number=number) for number in (1, 2, 3)]
    events = take(session, *submits, Unbind(sequence_number=4))
    assert [type(event) for event in events] == [SubmitReceived] * 3
    assert not session.is_bound
    assert session.data_to_send() == b""
    for number in (1, 0, 2):
        assert not session.is_closed
        session.answer_submit(submits[number], 0, "m")
    assert [(type(one), one.sequence_number) for one in sent(session)] == [
        (SubmitSmResp, 2),
        (SubmitSmResp, 1),
        (SubmitSmResp, 3),
        (UnbindResp, 4),
    ]
    assert session.is_closed


def test_submit_behind_an_unbind_is_refused() -> None:
    session = bound()
    take(session, SUBMIT, Unbind(sequence_number=2), attrs.evolve(SUBMIT, sequence_number=3))
    assert session.data_to_send() == frame(0x80000004, 3, status=0x04)
    assert session.in_flight == 1


def test_second_unbind_while_the_first_waits_is_answered() -> None:
    session = bound()
    take(session, SUBMIT, Unbind(sequence_number=2), Unbind(sequence_number=3))
    session.answer_submit(SUBMIT, 0, "m1")
    assert session.data_to_send() == (
        frame(0x80000006, 3, status=0x04) + frame(0x80000004, 9, b"m1\0") + frame(0x80000006, 2)
    )


@pytest.mark.parametrize(
    "before", [[], [SUBMIT], [SUBMIT, Unbind(sequence_number=2)]], ids=["idle", "busy", "unbinding"]
)
def test_unbind_resp_that_nobody_asked_for_closes_at_once(before: list[Pdu]) -> None:
    session = bound()
    take(session, *before)
    assert take(session, UnbindResp(sequence_number=2), EnquireLink()) == [SessionEnded()]
    assert session.is_closed
    assert session.has_parted
    assert session.data_to_send() == b""


@pytest.mark.parametrize("response", [frame(0x80000006, 1), frame(0x80000006, 99, b"extra")])
def test_answer_to_our_unbind_closes_at_once(response: bytes) -> None:
    session = bound()
    session.send_unbind()
    assert session.data_to_send() == frame(0x6, 1)
    assert not session.is_bound
    assert take(session, response, EnquireLink()) == [SessionEnded()]
    assert session.is_closed
    assert session.data_to_send() == b""


def test_esme_that_unbinds_at_the_same_moment_is_answered() -> None:
    session = bound()
    session.send_unbind()
    session.data_to_send()
    assert take(session, Unbind(sequence_number=3)) == [SessionEnded()]
    assert session.data_to_send() == frame(0x80000006, 3)
    assert session.is_closed


def test_link_is_alive_while_it_unbinds() -> None:
    session = bound()
    sequence_number = session.send_deliver(DeliverSm(), "token", 0.0)
    session.send_unbind()
    session.data_to_send()
    events = take(
        session,
        EnquireLink(sequence_number=3),
        DeliverSmResp(sequence_number=sequence_number),
        SUBMIT,
        BindTransceiver(sequence_number=4),
    )
    assert events[0] == DeliverAnswered("token", 0)
    assert session.data_to_send() == (
        frame(0x80000015, 3) + frame(0x80000004, 9, status=0x04) + frame(0x80000009, 4, status=0x04)
    )


def test_nothing_new_is_delivered_while_it_unbinds() -> None:
    session = bound()
    session.send_unbind()
    assert not session.can_receive_deliver


def test_closed_session_takes_nothing_and_still_answers_what_it_took() -> None:
    session = bound()
    take(session, SUBMIT)
    session.close()
    assert take(session, EnquireLink(), Unbind()) == []
    session.answer_submit(SUBMIT, 0, "m1")
    assert session.data_to_send() == frame(0x80000004, 9, b"m1\0")


def test_closed_session_keeps_no_octets() -> None:
    session = bound()
    session.close()
    take(session, encode(SUBMIT)[:40])
    assert session.partial_octets == 0


def test_owner_that_closes_at_an_event_gets_no_other() -> None:
    session = bound()
    for count, _ in enumerate(session.receive(encode(SUBMIT) * 3)):
        assert count == 0
        session.close()
    assert session.in_flight == 1


def test_abandoned_session_drops_what_is_queued_and_what_will_be() -> None:
    session = bound()
    take(session, SUBMIT, SUBMIT)
    session.answer_submit(SUBMIT, 0, "m1")
    session.abandon()
    assert session.outgoing_octets == 0
    session.answer_submit(SUBMIT, 0, "m2")
    session.send_deliver(DeliverSm(), "token", 0.0)
    assert session.data_to_send() == b""
    assert session.is_closed
    assert session.in_flight == 0


def test_abandoned_session_still_gives_back_its_delivers() -> None:
    session = bound()
    session.send_deliver(DeliverSm(), "token", 0.0)
    session.abandon()
    assert session.take_outstanding() == ["token"]


# ---------------------------------------------------------------------- counters


def test_outgoing_data_is_counted_and_handed_out_once() -> None:
    session = bound()
    take(session, EnquireLink(), frame(0x103, 9))
    expected = session.outgoing_octets
    assert len(session.data_to_send()) == expected == 33
    assert session.outgoing_octets == 0
    assert session.data_to_send() == b""


@pytest.mark.parametrize(
    "request_type", [EnquireLink, SubmitSm, DataSm, SubmitMulti, QuerySm, CancelSm, ReplaceSm]
)
def test_requests_count_as_activity(request_type: type[Pdu]) -> None:
    session = bound()
    before = session.activity
    take(session, request_type(sequence_number=3))
    assert session.activity == before + 1


def test_an_accepted_bind_counts_as_activity() -> None:
    session = new_session()
    take_bind = session.receive(encode(BindTransceiver()))
    next(take_bind)
    before = session.activity
    session.accept_bind()
    assert session.activity == before + 1


@pytest.mark.parametrize(
    "octets",
    [
        encode(DeliverSmResp(sequence_number=1)),
        encode(EnquireLinkResp(sequence_number=1)),
        encode(GenericNack(sequence_number=1)),
        encode(AlertNotification()),
        encode(BindTransceiver()),
        frame(0x999, 1),
        b"",
        encode(SUBMIT)[:40],
    ],
    ids=["deliver_sm_resp", "response", "nack", "alert", "bind", "unknown", "nothing", "part"],
)
def test_other_pdus_do_not_count_as_activity(octets: bytes) -> None:
    session = bound()
    session.send_deliver(DeliverSm(), "token", 0.0)
    before = session.activity
    take(session, octets)
    assert session.activity == before


def test_events_show_neither_texts_numbers_nor_passwords() -> None:
    bind = BindTransceiver(password="hunter2")
    shown = repr([*take(bound(), SUBMIT), next(new_session().receive(encode(bind)))])
    for secret in ("482910", "14155550100", "hunter2"):
        assert secret not in shown
