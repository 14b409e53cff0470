"""The operation matrix: stated once more, by hand, and held against the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

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
from otpblue_trio.session.matrix import COUNTS_AS_ACTIVITY, LEGAL_STATES, UNSUPPORTED
from otpblue_trio.smpp import (
    AlertNotification,
    BindReceiver,
    BindRequest,
    BindTransceiver,
    BindTransmitter,
    CancelSm,
    CommandId,
    DataSm,
    DeliverSm,
    EnquireLink,
    Framer,
    Outbind,
    Pdu,
    QuerySm,
    ReplaceSm,
    SubmitMulti,
    SubmitSm,
    Unbind,
    decode,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ASK = "the owner decides"
DONE = "answered with success at once"
ENDS = "answered with success when nothing is in flight, then closed"
NONE = "has no response"

# A number is the command_status of the error response. `nack` is that of a generic_nack.
COLUMNS = ("open", "transmitter", "receiver", "transceiver", "unbinding")
ROWS: dict[type[Pdu], tuple[str | int, ...]] = {
    BindTransmitter: (ASK, 0x05, 0x05, 0x05, 0x04),
    BindReceiver: (ASK, 0x05, 0x05, 0x05, 0x04),
    BindTransceiver: (ASK, 0x05, 0x05, 0x05, 0x04),
    SubmitSm: (0x04, ASK, 0x04, ASK, 0x04),
    DataSm: (0x04, ASK, 0x04, ASK, 0x04),
    QuerySm: (0x04, ASK, 0x04, ASK, 0x04),
    SubmitMulti: (0x04, 0x45, 0x04, 0x45, 0x04),
    CancelSm: (0x04, 0x11, 0x04, 0x11, 0x04),
    ReplaceSm: (0x04, 0x13, 0x04, 0x13, 0x04),
    EnquireLink: (DONE, DONE, DONE, DONE, DONE),
    Unbind: (ENDS, ENDS, ENDS, ENDS, ENDS),
    DeliverSm: (0x04, 0x04, 0x04, 0x04, 0x04),
    Outbind: ("nack", "nack", "nack", "nack", "nack"),
    AlertNotification: (NONE, NONE, NONE, NONE, NONE),
}
CELLS = [
    (state, request_type, expected)
    for request_type, row in ROWS.items()
    for state, expected in zip(COLUMNS, row, strict=True)
]
BINDS: dict[str, type[BindRequest]] = {
    "transmitter": BindTransmitter,
    "receiver": BindReceiver,
    "transceiver": BindTransceiver,
}
GENERIC_NACK = 0x80000000
Answered = tuple[int, int, int]
"""command_id, command_status and sequence_number of a PDU that the session sent."""


def session_in(state: str) -> SmppSession:
    session = SmppSession(system_id="OTPBLUE", max_pdu_octets=65536)
    bind_type = BINDS.get(state, BindTransceiver)
    if state != "open":
        for _ in session.receive(encode(bind_type(sequence_number=1))):
            session.accept_bind()
    if state == "unbinding":
        session.send_unbind()
    session.data_to_send()
    assert session.state is SessionState(state)
    return session


def sent(session: SmppSession) -> list[Pdu]:
    framer = Framer(65536)
    framer.feed(session.data_to_send())
    found = []
    while (frame := framer.next_frame()) is not None:
        found.append(decode(frame))
    return found


@pytest.mark.parametrize(
    ("state", "request_type", "expected"),
    CELLS,
    ids=[f"{request_type.__name__}-{state}" for state, request_type, _ in CELLS],
)
def test_request_is_answered_as_the_matrix_says(
    state: str, request_type: type[Pdu], expected: str | int
) -> None:
    session = session_in(state)
    event = next(session.receive(encode(request_type(sequence_number=7))), None)
    answers = [(one.command_id, one.command_status, one.sequence_number) for one in sent(session)]
    own_response = request_type.command_id | 0x80000000
    if expected == ASK:
        assert isinstance(event, BindRequested | SubmitReceived | QueryReceived)
        assert event.pdu == request_type(sequence_number=7)
        assert answers == []
    elif expected == NONE:
        assert isinstance(event, Refusal)
        assert answers == []
    elif expected in (DONE, ENDS):
        assert event == (SessionEnded() if expected == ENDS else None)
        assert session.is_closed is (expected == ENDS)
        assert answers == [(own_response, 0, 7)]
    elif expected == "nack":
        assert event == Refusal(RefusalKind.UNKNOWN_COMMAND, request_type.command_id, 0x03)
        assert answers == [(GENERIC_NACK, 0x03, 7)]
    else:
        assert isinstance(event, Refusal)
        assert event.command_status == expected
        assert answers == [(own_response, expected, 7)]


@pytest.mark.parametrize(("state", "request_type"), [(cell[0], cell[1]) for cell in CELLS])
def test_closed_session_answers_no_request(state: str, request_type: type[Pdu]) -> None:
    session = session_in(state)
    session.close()
    assert list(session.receive(encode(request_type(sequence_number=7)))) == []
    assert session.data_to_send() == b""


def test_every_operation_of_the_table_is_a_request() -> None:
    for table in (LEGAL_STATES, UNSUPPORTED, COUNTS_AS_ACTIVITY):
        assert all(CommandId(command_id) < GENERIC_NACK for command_id in table)


def test_every_request_of_smpp_3_4_has_a_row_here() -> None:
    assert {request_type.command_id for request_type in ROWS} == {
        command_id for command_id in CommandId if command_id < GENERIC_NACK
    }


def test_only_operations_that_are_legal_somewhere_are_refused_as_not_offered() -> None:
    assert all(LEGAL_STATES[command_id] for command_id in UNSUPPORTED)


# ---------------------------------------------------------------------- any conversation

SEQUENCE_NUMBERS = st.sampled_from([0, 1, 2, 3, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF])
OTHER_REQUESTS = st.sampled_from([one for one in ROWS if one is not Unbind])
BROKEN = st.sampled_from(
    [one for one in ROWS if one not in (EnquireLink, Unbind, Outbind, AlertNotification)]
)


class Conversation(RuleBasedStateMachine):
    """An ESME that does whatever it likes, and a model of what the session owes it.

    The model keeps the state by name, the messages without an answer, the deliver_sm without an
    answer and the unbind that waits; from these it says which PDUs every step must send.
    """

    def __init__(self) -> None:
        super().__init__()
        self.session = SmppSession(system_id="OTPBLUE", max_pdu_octets=1024)
        self.state = "open"
        self.in_flight: list[SubmitSm | DataSm] = []
        self.outstanding: dict[int, tuple[str, float]] = {}
        self.unbind: int | None = None
        self.has_parted = False
        self.delivers = 0
        self.now = 0.0

    # -- what a step must send and say

    def expect(self, *answers: Answered) -> None:
        assert [
            (one.command_id, one.command_status, one.sequence_number) for one in sent(self.session)
        ] == list(answers)

    def feed(self, octets: bytes, decide: Callable[[SessionEvent], None]) -> list[SessionEvent]:
        events = []
        for event in self.session.receive(octets):
            events.append(event)
            decide(event)
        return events

    def undecided(self, event: SessionEvent) -> None:
        assert not isinstance(event, BindRequested | BindUnreadable)

    def finished(self) -> list[Answered]:
        """Say what ends a waiting unbind, if its time has come."""
        if self.unbind is None or self.in_flight:
            return []
        self.state = "closed"
        return [(CommandId.UNBIND_RESP, 0, self.unbind)]

    # -- the ESME asks

    @initialize(bind=st.sampled_from([*BINDS, "open"]), first=st.integers(0, 3))
    def bind_first(self, bind: str, first: int) -> None:
        self.session._window.last_sequence = 0x7FFFFFFF - first
        if bind != "open":
            self.request(BINDS[bind], 1, accepts=True)

    @rule(request_type=OTHER_REQUESTS, sequence_number=SEQUENCE_NUMBERS, accepts=st.booleans())
    def request(self, request_type: type[Pdu], sequence_number: int, accepts: bool) -> None:
        request = request_type(sequence_number=sequence_number)

        def decide(event: SessionEvent) -> None:
            if isinstance(event, BindRequested):
                if accepts:
                    self.session.accept_bind()
                else:
                    self.session.refuse_bind(0x0E)
            elif isinstance(event, QueryReceived):
                self.session.answer_query(event.pdu, None)

        events = self.feed(encode(request), decide)
        if self.state == "closed":
            assert events == []
            self.expect()
            return
        expected = ROWS[request_type][COLUMNS.index(self.state)]
        own_response = request_type.command_id | 0x80000000
        if expected == NONE:
            self.expect()
        elif expected == DONE:
            self.expect((own_response, 0, sequence_number))
        elif expected == "nack":
            self.expect((GENERIC_NACK, 0x03, sequence_number))
        elif expected != ASK:
            assert isinstance(expected, int)
            self.expect((own_response, expected, sequence_number))
        elif isinstance(request, BindRequest):
            self.state = request_type.__name__[4:].lower() if accepts else "closed"
            self.expect((own_response, 0 if accepts else 0x0E, sequence_number))
        elif isinstance(request, SubmitSm | DataSm):
            self.in_flight.append(request)
            assert events == [SubmitReceived(request)]
            self.expect()
        else:
            self.expect((own_response, 0x67, sequence_number))

    @rule(request_type=BROKEN, sequence_number=SEQUENCE_NUMBERS)
    def broken_request(self, request_type: type[Pdu], sequence_number: int) -> None:
        octets = bytearray(encode(request_type(sequence_number=sequence_number)))[:17]
        octets[:4] = len(octets).to_bytes(4, "big")
        octets[16] = 0xFF

        def decide(event: SessionEvent) -> None:
            if isinstance(event, BindUnreadable):
                self.session.refuse_bind(0x0D)

        events = self.feed(bytes(octets), decide)
        if self.state == "closed":
            assert events == []
            self.expect()
            return
        response = request_type.command_id | 0x80000000
        expected = ROWS[request_type][COLUMNS.index(self.state)]
        if self.state == "open" and issubclass(request_type, BindRequest):
            self.state = "closed"
            self.expect((response, 0x0D, sequence_number))
        elif expected in (0x04, 0x05):
            self.expect((response, int(expected), sequence_number))
        else:
            (answered,) = sent(self.session)
            assert (answered.command_id, answered.sequence_number) == (response, sequence_number)
            assert answered.command_status != 0
            assert isinstance(events[0], Refusal)
            assert events[0].kind is RefusalKind.MALFORMED

    @precondition(lambda self: self.state in ("transmitter", "transceiver"))
    @rule(request_type=st.sampled_from([SubmitSm, DataSm]), sequence_number=SEQUENCE_NUMBERS)
    def message(self, request_type: type[Pdu], sequence_number: int) -> None:
        self.request(request_type, sequence_number, accepts=True)

    # An early end would leave the rest of the script nothing to do.
    @precondition(lambda self: self.in_flight or self.now > 5)
    @rule(sequence_number=SEQUENCE_NUMBERS)
    def esme_unbinds(self, sequence_number: int) -> None:
        events = self.feed(encode(Unbind(sequence_number=sequence_number)), self.undecided)
        if self.state == "closed":
            assert events == []
            self.expect()
        elif self.unbind is not None:
            assert isinstance(events[0], Refusal)
            self.expect((CommandId.UNBIND_RESP, 0x04, sequence_number))
        else:
            self.state = "unbinding"
            self.unbind = sequence_number
            self.expect(*self.finished())
            assert events == ([SessionEnded()] if self.state == "closed" else [])

    @rule(command_id=st.sampled_from([0x999, 0x7FFFFFFF, 0x00, 0x0A, 0x111, 0x115]))
    def unknown_request(self, command_id: int) -> None:
        header = (16, command_id, 0, 5)
        events = self.feed(b"".join(word.to_bytes(4, "big") for word in header), self.undecided)
        assert len(events) == (self.state != "closed")
        self.expect(*[(GENERIC_NACK, 0x03, 5)] * len(events))

    @precondition(lambda self: self.state == "closed" or self.now > 5)
    @rule(length=st.sampled_from([0, 15, 1025, 0xFFFFFFFF]))
    def stream_is_lost(self, length: int) -> None:
        events = self.feed(length.to_bytes(4, "big") + bytes(12), self.undecided)
        if self.state == "closed":
            assert events == []
            self.expect()
        else:
            assert events == [StreamLost()]
            self.state = "closed"
            self.expect((GENERIC_NACK, 0x02, 0))

    # -- the ESME answers

    @rule(
        command_id=st.sampled_from([one for one in CommandId if one >= GENERIC_NACK])
        | st.just(CommandId.UNBIND_RESP)
        | st.integers(GENERIC_NACK, 0xFFFFFFFF),
        status=st.sampled_from([0, 0x08, 0xFFFFFFFF]),
        pick=st.integers(0, 20),
    )
    def response(self, command_id: int, status: int, pick: int) -> None:
        """Answer one of the outstanding deliver_sm, or nothing at all."""
        numbers = [*self.outstanding, 0x7FFFFFFF]
        sequence_number = numbers[pick % len(numbers)]
        words = (16, command_id, status, sequence_number)
        events = self.feed(b"".join(word.to_bytes(4, "big") for word in words), self.undecided)
        self.expect()
        if self.state == "closed":
            assert events == []
            return
        is_nack = command_id == GENERIC_NACK
        if (is_nack or command_id == CommandId.DELIVER_SM_RESP) and (
            sequence_number in self.outstanding
        ):
            token, _ = self.outstanding.pop(sequence_number)
            assert events == [DeliverAnswered(token, status or (0xFF if is_nack else 0))]
        elif command_id == CommandId.UNBIND_RESP:
            assert events == [SessionEnded()]
            self.state = "closed"
            self.has_parted = True
        else:
            assert events == [Refusal(RefusalKind.UNEXPECTED_RESPONSE, command_id, status)]

    # -- the owner acts

    @precondition(lambda self: self.in_flight)
    @rule(pick=st.integers(0, 100), status=st.sampled_from([0, 0x45, 0x58, 0x08]))
    def answer_message(self, pick: int, status: int) -> None:
        request = self.in_flight.pop(pick % len(self.in_flight))
        self.session.answer_submit(request, status, "m1")
        response = request.command_id | 0x80000000
        self.expect((response, status, request.sequence_number), *self.finished())

    @precondition(lambda self: self.state in ("receiver", "transceiver"))
    @rule()
    def deliver(self) -> None:
        self.delivers += 1
        token = f"deliver {self.delivers}"
        sequence_number = self.session.send_deliver(DeliverSm(), token, self.now)
        assert 1 <= sequence_number <= 0x7FFFFFFF
        assert sequence_number not in self.outstanding
        self.outstanding[sequence_number] = (token, self.now)
        self.expect((CommandId.DELIVER_SM, 0, sequence_number))

    @rule(age=st.integers(0, 5))
    def expire(self, age: int) -> None:
        moment = self.now - age
        expired = {n: one for n, one in self.outstanding.items() if one[1] < moment}
        assert self.session.expire_delivers(moment) == [token for token, _ in expired.values()]
        for sequence_number in expired:
            del self.outstanding[sequence_number]

    @precondition(lambda self: self.state in BINDS)
    @rule()
    def we_unbind(self) -> None:
        self.session.send_unbind()
        self.state = "unbinding"
        (unbind,) = sent(self.session)
        assert unbind == Unbind(sequence_number=unbind.sequence_number)
        assert unbind.sequence_number not in self.outstanding

    @rule()
    def time_passes(self) -> None:
        self.now += 1

    # -- what always holds

    @invariant()
    def session_agrees_with_the_model(self) -> None:
        session = self.session
        assert session.state is SessionState(self.state)
        assert session.is_bound is (self.state in BINDS)
        assert session.is_closed is (self.state == "closed")
        assert session.has_parted is self.has_parted
        assert session.can_receive_deliver is (self.state in ("receiver", "transceiver"))
        assert session.in_flight == len(self.in_flight)
        assert session.outstanding == len(self.outstanding)
        assert session.outgoing_octets == 0
        assert session.partial_octets == 0

    def teardown(self) -> None:
        """Answer what is left: whatever happened, every message gets its one response."""
        while self.in_flight:
            self.answer_message(0, 0)
        assert self.session.take_outstanding() == [token for token, _ in self.outstanding.values()]


Conversation.TestCase.settings = settings(stateful_step_count=40)
TestConversation = Conversation.TestCase


def test_unbind_is_behind_as_many_responses_as_there_were_messages() -> None:
    session = session_in("transceiver")
    messages = [SubmitSm(sequence_number=number) for number in range(20)]
    octets = b"".join(map(encode, messages)) + encode(Unbind(sequence_number=99))
    assert len(list(session.receive(octets))) == 20
    for message in reversed(messages):
        session.answer_submit(message, 0, "m1")
    assert [one.sequence_number for one in sent(session)] == [*reversed(range(20)), 99]


def test_request_keeps_its_own_sequence_number_when_answers_are_mixed_with_deliveries() -> None:
    session = session_in("transceiver")
    message = SubmitSm(sequence_number=1)
    list(session.receive(encode(message)))
    ours = session.send_deliver(DeliverSm(), "token", 0.0)
    session.answer_submit(message, 0, "m1")
    assert [(type(one).__name__, one.sequence_number) for one in sent(session)] == [
        ("DeliverSm", ours),
        ("SubmitSmResp", 1),
    ]
    assert list(session.receive(encode(attrs.evolve(message, sequence_number=ours)))) == [
        SubmitReceived(attrs.evolve(message, sequence_number=ours))
    ]
