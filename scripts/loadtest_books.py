"""The accounts of a load test: what was sent, what came back, and what is wrong with it.

A submit is in one of three places: unanswered (by sequence_number), then unreceipted (by
message_id, where it was accepted and a receipt is due), then done. Whatever fits nowhere is a
fault; `FAULTS` groups their names. A receipt may come on any session of the account. One with an
unknown message_id waits among the early ones for as long as a response that names it may still
come.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter

import attrs
from loadtest_messages import KINDS, Message

from otpblue_trio.smpp import CommandStatus, DeliverSm, SubmitSmResp, TlvTag

__all__ = ["FAULTS", "Books", "Receipts", "Tally"]


@attrs.define
class Tally:
    """What was seen of one target, over all sessions and rounds.

    A run may load a target in several rounds. Its clock, `elapsed`, stands still between them.
    """

    sent: int = 0
    answered: int = 0
    receipts: int = 0
    given_up: int = 0
    """Of those sent: no answer is waited for any more."""
    omitted: int = 0
    """Messages that fell due and that this program was too slow to send (with a rate)."""
    statuses: Counter[int] = attrs.field(factory=Counter)
    kinds: dict[str, Counter[int]] = attrs.field(factory=dict)
    """Kind of message to the statuses that it got."""
    faults: Counter[str] = attrs.field(factory=Counter)
    response_latency: array[float] = attrs.field(factory=lambda: array("d"), repr=False)
    """Seconds, in the order of the responses."""
    response_at: array[float] = attrs.field(factory=lambda: array("d"), repr=False)
    """When each of these came, by `elapsed`."""
    receipt_latency: array[float] = attrs.field(factory=lambda: array("d"), repr=False)
    phases: dict[str, array[float]] = attrs.field(factory=dict, repr=False)
    """Seconds that the parts of a bind cycle took."""
    sent_in: Counter[int] = attrs.field(factory=Counter)
    """Tenth of a second to what was sent in it, whenever it was due."""
    receipts_in: Counter[int] = attrs.field(factory=Counter)
    """Tenth of a second to the receipts that came in it."""
    message_ids: set[str] = attrs.field(factory=set, repr=False)
    """All that the target has given, on any session and in any round."""
    cpu: float = 0.0
    """Processor seconds of the server."""
    cpu_is_unknown: bool = False
    """True when the server's process could not be asked."""
    troubles: list[str] = attrs.field(factory=list)
    """What kept parts of the run from being made, in words."""
    memory: int = 0
    """Octets by which the server's resident memory grew while the sessions were bound."""
    cpu_of_loader: float = 0.0
    """Processor seconds of this program."""
    duration: float = 0.0
    """Seconds from the first thing that was due to the last answer, over all rounds."""
    largest_lag: float = 0.0
    """How late, at worst, this program itself was with a message that was due (with a rate)."""
    _elapsed_before: float = 0.0
    _waited: float = 0.0
    _last_arrival: float = -math.inf
    _began: float = 0.0
    _first_due: float = math.inf
    _last_answer: float = -math.inf

    def begin_round(self, now: float) -> None:
        """Let the clock run."""
        self._began = now
        self._first_due, self._last_answer = math.inf, -math.inf

    def end_round(self, now: float) -> None:
        """Stop the clock."""
        self._elapsed_before += now - self._began
        self.duration += max(self._last_answer - self._first_due, 0.0)

    @property
    def load_time(self) -> float:
        """Seconds of load over all rounds, to the last thing that came and with the unbinds."""
        return self._elapsed_before - self._waited

    def waited(self, since: float, now: float) -> None:
        """Note a wait for what was outstanding; behind the last thing that came it was in vain."""
        self._waited += now - max(since, self._last_arrival)

    def elapsed(self, now: float) -> float:
        """Return the seconds of load so far; only within a round."""
        return self._elapsed_before + now - self._began

    @property
    def in_flight(self) -> int:
        """What is waited for."""
        return self.sent - self.answered - self.given_up

    def went_out(self, due: float, now: float) -> None:
        """Note something that was to be sent at a time, and is now."""
        self.sent += 1
        self._first_due = min(self._first_due, due)
        self.sent_in[int(self.elapsed(now) * 10)] += 1

    def came_back(self, due: float, now: float) -> None:
        """Note its answer."""
        self.answered += 1
        self._last_answer = self._last_arrival = now
        self.response_latency.append(now - due)
        self.response_at.append(self.elapsed(now))

    def receipt_came(self, due: float, now: float) -> None:
        """Note its receipt."""
        self.receipts += 1
        self._last_arrival = now
        self.receipts_in[int(self.elapsed(now) * 10)] += 1
        self.receipt_latency.append(now - due)

    def phase(self, name: str, seconds: float) -> None:
        """Note how long a part of something took."""
        self.phases.setdefault(name, array("d")).append(seconds)


FAULTS = {
    "lost": ("lost_response", "lost_receipt", "unsent"),
    "duplicate": ("duplicate_response", "duplicate_receipt", "duplicate_message_id"),
    "out_of_order": ("receipt_before_response", "response_to_unknown_sequence"),
    "unexpected": (
        "wrong_status",
        "unexpected_receipt",
        "wrong_receipt",
        "empty_message_id",
        "unexpected_pdu",
        "unreadable_pdu",
        "not_connected",
        "bind_refused",
        "closed_by_peer",
        "unbound_by_peer",
        "unbind_refused",
        "unbind_unanswered",
    ),
}


@attrs.frozen
class _Submitted:
    message: Message
    due: float


class Receipts:
    """The receipts of one round, which its sessions have in common. Does no I/O.

    Args:
      tally: where the counts go.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._due: dict[str, tuple[Books, _Submitted]] = {}
        """By message_id, with the books of the session that brought the message."""
        self._early: dict[str, tuple[Books, DeliverSm, float]] = {}
        """By message_id, with the books of the session that it came on."""
        self._matched: set[str] = set()

    def expect(self, message_id: str, books: Books, submitted: _Submitted) -> None:
        """Note that a receipt is due."""
        early = self._early.pop(message_id, None)
        if early is None:
            books.receipts_due += 1
            self._due[message_id] = books, submitted
            return
        came_on, receipt, now = early
        # Which of two sessions was read first, says nothing.
        self._tally.faults["receipt_before_response"] += came_on is books
        self._match(message_id, submitted, receipt, now)

    def came(self, books: Books, receipt: DeliverSm, now: float) -> None:
        """Note a receipt that came on a session."""
        message_id = _receipted_message_id(receipt)
        due = self._due.pop(message_id, None)
        if due is not None:
            sender, submitted = due
            sender.receipts_due -= 1
            self._match(message_id, submitted, receipt, now)
        elif message_id in self._matched or message_id in self._early:
            self._tally.faults["duplicate_receipt"] += 1
        elif message_id in self._tally.message_ids or not self._tally.in_flight:
            # Not asked for, or for a message that was never sent.
            self._tally.faults["unexpected_receipt"] += 1
        else:
            self._early[message_id] = books, receipt, now

    def _match(
        self, message_id: str, submitted: _Submitted, receipt: DeliverSm, now: float
    ) -> None:
        self._matched.add(message_id)
        self._tally.receipt_came(submitted.due, now)
        if not _is_sound(receipt, submitted.message):
            self._tally.faults["wrong_receipt"] += 1

    def close(self) -> None:
        """Count what never came, and what belongs to nothing; the round is over."""
        self._tally.faults["lost_receipt"] += len(self._due)
        self._tally.faults["unexpected_receipt"] += len(self._early)
        self._due.clear()
        self._early.clear()


class Books:
    """The accounts of one session: what was sent, answered, receipted. Does no I/O.

    Args:
      tally: where the counts go.
      receipts: of the round.
      wants_receipts: whether every submit asked for a receipt.
      judges_statuses: whether a status that a kind of message cannot get is a fault.
    """

    def __init__(
        self, tally: Tally, receipts: Receipts, *, wants_receipts: bool, judges_statuses: bool
    ) -> None:
        self.receipts_due = 0
        """Of its messages; counted by the `Receipts`."""
        self._tally = tally
        self._receipts = receipts
        self._judges_statuses = judges_statuses
        self._wants_receipts = wants_receipts
        self._unanswered: dict[int, _Submitted] = {}
        self._last_sequence = 0

    @property
    def in_flight(self) -> int:
        """Submits without a response."""
        return len(self._unanswered)

    @property
    def is_settled(self) -> bool:
        """True when nothing is waited for."""
        return not self._unanswered and not self.receipts_due

    def submitted(self, sequence_number: int, message: Message, due: float, now: float) -> None:
        """Note a submit; its sequence_number is larger than every one before."""
        self._unanswered[sequence_number] = _Submitted(message, due)
        self._last_sequence = sequence_number
        self._tally.went_out(due, now)

    def answered(self, response: SubmitSmResp, now: float) -> None:
        """Note a submit_sm_resp."""
        tally = self._tally
        submitted = self._unanswered.pop(response.sequence_number, None)
        if submitted is None:
            was_sent = 1 <= response.sequence_number <= self._last_sequence
            tally.faults["duplicate_response" if was_sent else "response_to_unknown_sequence"] += 1
            return
        tally.came_back(submitted.due, now)
        tally.statuses[response.command_status] += 1
        kind = submitted.message.kind
        tally.kinds.setdefault(kind, Counter())[response.command_status] += 1
        if self._judges_statuses and not _is_possible(kind, response.command_status):
            tally.faults["wrong_status"] += 1
        if response.command_status != 0:
            return
        if not response.message_id:
            tally.faults["empty_message_id"] += 1
            return
        self._accepted(response.message_id, submitted)

    def _accepted(self, message_id: str, submitted: _Submitted) -> None:
        if message_id in self._tally.message_ids:
            self._tally.faults["duplicate_message_id"] += 1
            return
        self._tally.message_ids.add(message_id)
        if self._wants_receipts:
            self._receipts.expect(message_id, self, submitted)

    def receipted(self, receipt: DeliverSm, now: float) -> None:
        """Note a receipt that came on this session."""
        self._receipts.came(self, receipt, now)

    def close(self) -> None:
        """Count the responses that never came; the session is over."""
        self._tally.given_up += len(self._unanswered)
        self._tally.faults["lost_response"] += len(self._unanswered)
        self._unanswered.clear()


_ANY_TIME = frozenset({CommandStatus.ESME_RTHROTTLED, CommandStatus.ESME_RSYSERR})


def _is_possible(kind: str, command_status: int) -> bool:
    """Tell whether a kind of message can be answered so."""
    statuses = KINDS[kind].statuses
    if not statuses:
        return command_status != CommandStatus.ESME_ROK
    return command_status in statuses or command_status in _ANY_TIME


def _receipted_message_id(receipt: DeliverSm) -> str:
    """Return what a receipt says it is for: the parameter, or without it the text."""
    parameter = receipt.tlv(TlvTag.RECEIPTED_MESSAGE_ID)
    if parameter is not None:
        return parameter.rstrip(b"\0").decode("latin-1")
    return _receipt_word(receipt, "id")


def _receipt_word(receipt: DeliverSm, key: str) -> str:
    for word in receipt.short_message.decode("latin-1").split():
        name, colon, value = word.partition(":")
        if colon and name == key:
            return value
    return ""


def _is_sound(receipt: DeliverSm, message: Message) -> bool:
    """Tell whether a receipt says the same in all its places, about this message."""
    stat = _receipt_word(receipt, "stat")
    state = receipt.tlv(TlvTag.MESSAGE_STATE)
    return (
        receipt.esm_class == 0x04
        and receipt.source_addr == message.destination
        and receipt.destination_addr == message.sender
        and _receipt_word(receipt, "id") == _receipted_message_id(receipt)
        and (stat, state) in {("DELIVRD", b"\x02"), ("UNDELIV", b"\x05")}
    )
