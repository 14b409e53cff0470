"""The SMPP session as a state machine without I/O: octets in, events and octets out.

Theory of operation
-------------------
One `SmppSession` is the message centre's side of one connection. Its owner feeds it octets with
`receive`, which yields events *lazily*: the next PDU is looked at only when the next event is
asked for. That is what makes a pending bind simple. The owner answers `BindRequested` (which may
take a quarter of a second of password hashing) inside its loop, and whatever the ESME pipelined
behind the bind is judged afterwards, in the state that the answer led to.

What the protocol alone decides, the machine answers by itself: enquire_link, unbind, operations
that are illegal in the state or not offered, PDUs that cannot be decoded. What it cannot decide
becomes an event: binds, messages, queries, answers to our deliver_sm.

Invariants:

- every request gets exactly one response, and a response stands in the outgoing data before
  anything that was appended after it;
- a message counts as in flight from its event until `answer_submit`; an ESME's unbind is answered
  when nothing is in flight any more, so a client that unbinds early loses no result;
- an ESME's unbind_resp, asked for or not, closes the session at once;
- sequence numbers of our own run from 1 to 0x7FFFFFFF, wrap to 1, and are unique among the
  outstanding ones;
- nothing here knows the time except as an argument, and nothing is logged.

Spec: SMPP 3.4, 2 (sessions), 4 (PDUs), 5.1.1-5.1.4 (header).
"""

from __future__ import annotations

import struct
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.session.events import (
    BindRequested,
    BindUnreadable,
    DeliverAnswered,
    QueryReceived,
    Refusal,
    RefusalKind,
    SessionEnded,
    SessionEvent,
    StreamLost,
    SubmitReceived,
)
from otpblue_trio.session.matrix import (
    BIND_STATES,
    BOUND_STATES,
    COUNTS_AS_ACTIVITY,
    LEGAL_COMMANDS,
    LEGAL_STATES,
    RECEIVING_STATES,
    UNSUPPORTED,
    SessionState,
)
from otpblue_trio.session.window import OutboundWindow
from otpblue_trio.smpp import (
    HEADER_OCTETS,
    INTERFACE_VERSION,
    RESPONSE_BIT,
    BindReceiverResp,
    BindRequest,
    BindTransceiverResp,
    BindTransmitterResp,
    CommandId,
    CommandStatus,
    DataSm,
    DecodeError,
    DeliverSm,
    Framer,
    FramingError,
    QuerySm,
    QuerySmResp,
    SubmitSm,
    Tlv,
    TlvTag,
    UnknownCommand,
    decode,
    encode,
    encode_message_id,
    error_response,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SmppSession"]

_pack_header = struct.Struct(">IIII").pack
_unpack_header = struct.Struct(">IIII").unpack_from
_command_id = struct.Struct(">4xI").unpack_from
_SEQUENCE = struct.Struct(">I")

# See `hot`.
_DELIVER_SM = CommandId.DELIVER_SM
_GENERIC_NACK = CommandId.GENERIC_NACK

_MESSAGES = (SubmitSm, DataSm)
_DELIVER_ANSWERS = frozenset({CommandId.DELIVER_SM_RESP, CommandId.GENERIC_NACK})

_BIND_RESPONSES = {
    CommandId.BIND_TRANSMITTER: BindTransmitterResp,
    CommandId.BIND_RECEIVER: BindReceiverResp,
    CommandId.BIND_TRANSCEIVER: BindTransceiverResp,
}
# Most answers are "no iMessage", so errors are not encoded one by one: 1.5 µs instead of 7.
_ERROR_BODIES = MappingProxyType(
    {
        command_id: encode(error_response(command_id, CommandStatus.ESME_RSYSERR, 0))[
            HEADER_OCTETS:
        ]
        for command_id in LEGAL_STATES
    }
)


@attrs.frozen
class _PendingBind:
    command_id: CommandId
    sequence_number: int
    pdu: BindRequest | None


class SmppSession:
    """The message centre's side of one SMPP session.

    Args:
      system_id: how the gateway names itself in bind responses, at most 15 characters.
      max_pdu_octets: the largest command_length that is accepted.

    Attributes:
      state: where the session is.
      is_bound: True while the ESME is bound and nobody has asked to unbind.
      is_closed: True when no PDU will be taken any more; what is in `data_to_send` still goes out.
      can_receive_deliver: True when the ESME takes deliver_sm (bound as receiver or transceiver).
      takes_tlvs: True when the ESME claimed interface version 3.4 or later.
      in_flight: messages received and not answered yet.
      has_parted: True when the ESME has sent unbind_resp: it waits for no answer any more.
      outgoing_octets: how much `data_to_send` would return.

    Only the session sets them.
    """

    def __init__(self, *, system_id: str, max_pdu_octets: int) -> None:
        self._our_system_id = system_id
        self._framer = Framer(max_pdu_octets)
        self._enter(SessionState.OPEN)
        self.takes_tlvs = False
        self.in_flight = 0
        self._out: list[bytes] = []
        self.outgoing_octets = 0
        self._pending_bind: _PendingBind | None = None
        self._unbind_sequence: int | None = None
        self.has_parted = False
        self._window = OutboundWindow()
        self._is_abandoned = False
        self._activity = 0
        self._interface_version = 0

    def _enter(self, state: SessionState) -> None:
        self.state = state
        self.is_bound = state in BOUND_STATES
        self.can_receive_deliver = state in RECEIVING_STATES
        self.is_closed = state is SessionState.CLOSED
        self._legal = LEGAL_COMMANDS[state]

    @property
    def interface_version(self) -> int:
        """As claimed in the bind; 0 before it."""
        return self._interface_version

    @property
    def outstanding(self) -> int:
        """deliver_sm sent and not answered yet."""
        return len(self._window.unanswered)

    @property
    def activity(self) -> int:
        """Counts what keeps a session alive, requests and the accepted bind; compare values."""
        return self._activity

    @property
    def partial_octets(self) -> int:
        """Octets of a PDU that has begun and whose end has not arrived; 0 when there is none."""
        return self._framer.buffered_octets

    # ------------------------------------------------------------------ octets in

    def receive(self, octets: bytes) -> Iterator[SessionEvent]:
        """Take octets from the stream and yield what they mean, one event at a time.

        Run the iterator to its end before the next call. A `BindRequested` or `BindUnreadable`
        must be answered before the next event is asked for.

        Args:
          octets: as read from the stream; any split of the stream gives the same events.
        """
        framer = self._framer
        if not self.is_closed:
            framer.feed(octets)
        # What is taken may close the session, and so may the owner's answer to it.
        while not self.is_closed:
            try:
                frame = framer.next_frame()
            except FramingError as error:
                self._append_header(
                    CommandId.GENERIC_NACK, error.command_status, error.sequence_number
                )
                self._enter(SessionState.CLOSED)
                yield StreamLost()
                return
            if frame is None:
                return
            event = self._take(frame)
            if event is not None:
                yield event
                if self._pending_bind is not None:
                    msg = "a bind must be answered before the next event is asked for"
                    raise RuntimeError(msg)

    def _take(self, frame: bytes) -> SessionEvent | None:
        command_id = _command_id(frame)[0]
        if command_id & RESPONSE_BIT:
            return self._take_response(command_id, frame)
        if command_id in COUNTS_AS_ACTIVITY:
            self._activity += 1
        if command_id not in self._legal:
            return self._refuse_by_state(command_id, frame)
        try:
            pdu = decode(frame)
        except DecodeError as error:
            return self._refuse_undecodable(error)
        if isinstance(pdu, _MESSAGES):
            self.in_flight += 1
            return SubmitReceived(pdu)
        sequence_number = pdu.sequence_number
        if command_id == CommandId.ENQUIRE_LINK:
            self._append_header(CommandId.ENQUIRE_LINK_RESP, 0, sequence_number)
            return None
        if command_id == CommandId.UNBIND:
            return self._take_unbind(sequence_number)
        if isinstance(pdu, BindRequest):
            self._pending_bind = _PendingBind(pdu.command_id, sequence_number, pdu)
            return BindRequested(pdu)
        if isinstance(pdu, QuerySm):
            return QueryReceived(pdu)
        status = UNSUPPORTED[command_id]
        self._append_error(command_id, status, sequence_number)
        return Refusal(RefusalKind.UNSUPPORTED, command_id, status)

    def _refuse_by_state(self, command_id: int, frame: bytes) -> Refusal | None:
        sequence_number = _SEQUENCE.unpack_from(frame, 12)[0]
        if command_id == CommandId.ALERT_NOTIFICATION:  # has no response at all
            return Refusal(RefusalKind.WRONG_STATE, command_id, 0)
        if command_id not in LEGAL_STATES:
            status = CommandStatus.ESME_RINVCMDID
            self._append_header(CommandId.GENERIC_NACK, status, sequence_number)
            return Refusal(RefusalKind.UNKNOWN_COMMAND, command_id, status)
        is_second_bind = command_id in BIND_STATES and self.is_bound
        status = CommandStatus.ESME_RALYBND if is_second_bind else CommandStatus.ESME_RINVBNDSTS
        self._append_error(command_id, status, sequence_number)
        return Refusal(RefusalKind.WRONG_STATE, command_id, status)

    def _refuse_undecodable(self, error: DecodeError) -> SessionEvent:
        if isinstance(error, UnknownCommand):  # pragma: no cover - the matrix has answered it
            raise error
        command_id = CommandId(error.command_id)
        if command_id in BIND_STATES:
            self._pending_bind = _PendingBind(command_id, error.sequence_number, None)
            return BindUnreadable(error.command_status)
        # What is never done fails in its own way, whatever its body.
        status = UNSUPPORTED.get(command_id, error.command_status)
        self._append_error(command_id, status, error.sequence_number)
        return Refusal(RefusalKind.MALFORMED, command_id, status)

    def _take_response(self, command_id: int, frame: bytes) -> SessionEvent | None:
        _, _, command_status, sequence_number = _unpack_header(frame)
        if command_id in _DELIVER_ANSWERS:
            waiting = self._window.close(sequence_number)
            if waiting is not None:
                if command_id == _GENERIC_NACK and command_status == 0:
                    # A nack means no, whatever its status says.
                    command_status = CommandStatus.ESME_RUNKNOWNERR
                return DeliverAnswered(waiting[0], command_status)
        elif command_id == CommandId.UNBIND_RESP:
            # Even if nobody asked: whoever sends this has done with the session.
            self.has_parted = True
            self._enter(SessionState.CLOSED)
            return SessionEnded()
        return Refusal(RefusalKind.UNEXPECTED_RESPONSE, command_id, command_status)

    def _take_unbind(self, sequence_number: int) -> SessionEvent | None:
        if self._unbind_sequence is not None:  # the first one waits for what is in flight
            status = CommandStatus.ESME_RINVBNDSTS
            self._append_error(CommandId.UNBIND, status, sequence_number)
            return Refusal(RefusalKind.WRONG_STATE, CommandId.UNBIND, status)
        self._unbind_sequence = sequence_number
        self._enter(SessionState.UNBINDING)
        return SessionEnded() if self._finish_unbind() else None

    def _finish_unbind(self) -> bool:
        if self._unbind_sequence is None or self.in_flight:
            return False
        self._append_header(CommandId.UNBIND_RESP, 0, self._unbind_sequence)
        self._enter(SessionState.CLOSED)
        return True

    # ------------------------------------------------------------------ the owner's answers

    def accept_bind(self) -> None:
        """Answer the pending bind with success."""
        pending = self._pop_pending_bind()
        pdu = pending.pdu
        if pdu is None:
            msg = "a bind that cannot be read cannot be accepted"
            raise RuntimeError(msg)
        self._interface_version = pdu.interface_version
        # SMPP 3.4, 3.4: an ESME that claims less gets no TLVs.
        self.takes_tlvs = pdu.interface_version >= INTERFACE_VERSION
        tlvs: tuple[Tlv, ...] = ()
        if self.takes_tlvs:
            tlvs = (Tlv(TlvTag.SC_INTERFACE_VERSION, bytes([INTERFACE_VERSION])),)
        self._activity += 1
        self._enter(BIND_STATES[pending.command_id])
        self._append(
            encode(
                _BIND_RESPONSES[pending.command_id](
                    sequence_number=pending.sequence_number,
                    system_id=self._our_system_id,
                    tlvs=tlvs,
                )
            )
        )

    def refuse_bind(self, command_status: int) -> None:
        """Answer the pending bind with an error, header-only, and close the session."""
        pending = self._pop_pending_bind()
        self._append_header(
            pending.command_id | RESPONSE_BIT, command_status, pending.sequence_number
        )
        self._enter(SessionState.CLOSED)

    def _pop_pending_bind(self) -> _PendingBind:
        pending = self._pending_bind
        if pending is None:
            msg = "no bind is pending"
            raise RuntimeError(msg)
        self._pending_bind = None
        return pending

    def answer_submit(
        self, request: SubmitSm | DataSm, command_status: int, message_id: str | None
    ) -> None:
        """Answer a message that `SubmitReceived` announced; exactly once for each.

        The last answer that an ESME's unbind waits for ends the session: no event says so, but
        `is_closed`. Harmless after the stream is gone: the octets are simply never sent.

        Args:
          request: the PDU of the event.
          command_status: 0 for success.
          message_id: 1-64 characters on success; ignored with an error.
        """
        self.in_flight -= 1
        command_id = request.command_id
        if command_status:
            self._append_error(command_id, command_status, request.sequence_number)
        else:
            sequence_number = request.sequence_number
            self._append(encode_message_id(command_id, sequence_number, message_id or ""))
        if self._unbind_sequence is not None:
            self._finish_unbind()

    def answer_query(self, request: QuerySm, answer: QuerySmResp | None) -> None:
        """Answer a query_sm; None says that the message is not known (ESME_RQUERYFAIL)."""
        if answer is None:
            status = CommandStatus.ESME_RQUERYFAIL
            self._append_error(CommandId.QUERY_SM, status, request.sequence_number)
        else:
            self._append(encode(attrs.evolve(answer, sequence_number=request.sequence_number)))

    # ------------------------------------------------------------------ our own requests

    def send_deliver(self, pdu: DeliverSm, token: object, now: float) -> int:
        """Queue a deliver_sm under a fresh sequence number, which is returned.

        Args:
          pdu: its own sequence_number does not matter.
          token: comes back in `DeliverAnswered`, `expire_delivers` or `take_outstanding`.
          now: seconds on the owner's clock.
        """
        return self.send_deliver_body(encode(pdu)[HEADER_OCTETS:], token, now)

    def send_deliver_body(self, body: bytes, token: object, now: float) -> int:
        """Queue a deliver_sm whose body is encoded already; see `send_deliver`."""
        sequence_number = self._window.open(token, now)
        self._append(
            _pack_header(HEADER_OCTETS + len(body), _DELIVER_SM, 0, sequence_number) + body
        )
        return sequence_number

    def expire_delivers(self, sent_before: float) -> list[object]:
        """Forget the deliver_sm sent before a moment and return their tokens, oldest first.

        A later answer to one of them is ignored.
        """
        return self._window.expire(sent_before)

    def take_outstanding(self) -> list[object]:
        """Forget every unanswered deliver_sm and return their tokens, oldest first."""
        return self._window.take_all()

    def send_unbind(self) -> None:
        """Queue our own unbind; from now on no new message is taken."""
        self._append_header(CommandId.UNBIND, 0, self._window.next_sequence())
        self._enter(SessionState.UNBINDING)

    def close(self) -> None:
        """Take no more PDUs; answers to those taken are still queued."""
        self._enter(SessionState.CLOSED)

    def abandon(self) -> None:
        """Close, and drop whatever is queued or will be: nobody is there to take it."""
        self._enter(SessionState.CLOSED)
        self._is_abandoned = True
        self.data_to_send()

    # ------------------------------------------------------------------ octets out

    def data_to_send(self) -> bytes:
        """Return everything that is queued, in order, and forget it."""
        if not self._out:
            return b""
        octets = b"".join(self._out)
        self._out.clear()
        self.outgoing_octets = 0
        return octets

    def _append(self, octets: bytes) -> None:
        if self._is_abandoned:
            return
        self._out.append(octets)
        self.outgoing_octets += len(octets)

    def _append_header(self, command_id: int, command_status: int, sequence_number: int) -> None:
        self._append(_pack_header(HEADER_OCTETS, command_id, command_status, sequence_number))

    def _append_error(self, command_id: int, command_status: int, sequence_number: int) -> None:
        body = _ERROR_BODIES[command_id]
        self._append(
            _pack_header(
                HEADER_OCTETS + len(body),
                command_id | RESPONSE_BIT,
                command_status,
                sequence_number,
            )
            + body
        )
