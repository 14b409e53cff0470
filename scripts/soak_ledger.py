"""The ledger of the soak: what became of every message, over all sessions and restarts.

A message is known by its number, which no other message has. It is issued once, submitted once and
never again, whatever becomes of it: answered, or left without an answer by a connection that was
lost. Receipts name the number as well, so one that comes for a message without an answer is matched
too.

Two lanes of sessions are held to different promises. On a `steady` lane no session is ever lost but
by a kill of the gateway, so every receipt comes exactly once, but for those acknowledged in the
moments before a kill. On a `rough` lane clients vanish, and a receipt comes at least once.

Whatever breaks a promise is a problem, counted by name.
"""

from __future__ import annotations

from array import array
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

from soak_fates import DELIVERED, Fate, fate_of, soak_messages, statuses_of

from otpblue_trio.smpp import CommandStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loadtest_messages import Message

__all__ = ["Lane", "Ledger"]

_LAST_MOMENTS = 15.0
"""Seconds before a kill in which an acknowledged receipt may not be on record as done yet."""
_AFTER_OUTAGE = 5.0
"""Seconds after an outage in which messages may still be refused, until a probe succeeds."""
_UNANSWERED = -1
_ABANDONED = -2
_ORDINARY = frozenset({Fate.DELIVERED, Fate.NO_IMESSAGE})


class Lane(StrEnum):
    """What its sessions promise."""

    STEADY = "steady"
    ROUGH = "rough"


class Ledger:
    """Every message of a run; does no I/O. Times are seconds on one clock."""

    def __init__(self) -> None:
        self.problems: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.receipts = 0
        """Receipts that came, repetitions included."""
        self.repeated_receipts = 0
        """Receipts that came again where a session was lost or the gateway killed: allowed."""
        self.receipts_of_abandoned = 0
        """Receipts of messages whose response was lost with its connection."""
        self.latencies: array[float] = array("d")
        """Seconds to the response since `take_latencies`: steady lane, messages without a fault."""
        self._source = soak_messages()
        self._state: dict[str, int] = {}
        """number: the command_status, or one of the constants above."""
        self._promised: dict[str, str] = {}
        """number: message_id, for messages accepted and not receipted yet."""
        self._receipted: dict[str, float] = {}
        """number: when its first receipt came."""
        self._early: dict[str, str] = {}
        """number: message_id, for receipts that overtook a response on another connection."""
        self._lanes: dict[str, Lane] = {}
        """number: lane, for messages without a receipt that may get one."""
        self._ids: set[int] = set()
        """The hash of every message_id; the ids themselves would take three times the memory."""
        self._kills: list[float] = []
        self._outages: list[tuple[float, float]] = []
        self._abandoned = 0
        self._unanswered = 0

    @property
    def submitted_count(self) -> int:
        """Messages submitted."""
        return len(self._state)

    @property
    def unanswered(self) -> int:
        """Messages that wait for a response."""
        return self._unanswered

    @property
    def abandoned(self) -> int:
        """Messages whose connection was lost before the response."""
        return self._abandoned

    @property
    def owed(self) -> int:
        """Receipts promised and not here yet."""
        return len(self._promised)

    @property
    def is_settled(self) -> bool:
        """True when nothing is waited for."""
        return not self._unanswered and not self._promised

    def problem(self, name: str, count: int = 1) -> None:
        """Count a broken promise; nothing for a count of 0."""
        if count:
            self.problems[name] += count

    def killed(self, now: float) -> None:
        """Note that the gateway is killed."""
        self._kills.append(now)

    def outage(self, begin: float, end: float) -> None:
        """Note when the platform answers nobody."""
        self._outages.append((begin, end + _AFTER_OUTAGE))

    def next_message(self) -> Message:
        """Return a message that was never sent."""
        return next(self._source)

    def submitted(self, number: str, lane: Lane) -> None:
        """Note that a message goes out."""
        self._state[number] = _UNANSWERED
        self._lanes[number] = lane
        self._unanswered += 1

    def answered(
        self, number: str, command_status: int, message_id: str, since: float, now: float
    ) -> None:
        """Note a response.

        Args:
          number: of the message.
          command_status: of the response.
          message_id: of the response.
          since: when the message went out.
          now: the time.
        """
        if self._state[number] != _UNANSWERED:
            self.problem("duplicate_response")
            return
        self._unanswered -= 1
        self._state[number] = command_status
        self.statuses[command_status] += 1
        fate = fate_of(number)
        if fate in _ORDINARY and self._lanes[number] is Lane.STEADY:
            self.latencies.append(now - since)
        if command_status not in statuses_of(fate) and not (
            command_status == CommandStatus.ESME_RSYSERR and self._overlaps_outage(since, now)
        ):
            self.problem("wrong_status")
        if command_status != CommandStatus.ESME_ROK:
            self._lanes.pop(number, None)
            self.problem("receipt_for_refused", number in self._early)
            return
        key = hash(message_id)
        if not message_id:
            self.problem("empty_message_id")
        elif key in self._ids:
            self.problem("duplicate_message_id")
        else:
            self._ids.add(key)
        if number in self._receipted:
            self.problem("receipt_with_wrong_id", self._early.pop(number) != message_id)
        else:
            self._promised[number] = message_id

    def abandon(self, number: str) -> None:
        """Note that a message lost its connection before the response."""
        if self._state[number] == _UNANSWERED:
            self._unanswered -= 1
            self._abandoned += 1
            self._state[number] = _ABANDONED
            self._early.pop(number, None)

    def receipted(self, number: str, message_id: str, now: float, *, is_own: bool) -> None:
        """Note a receipt.

        Args:
          number: of the message.
          message_id: of the receipt.
          now: the time.
          is_own: it came on the connection on which its message waits for the response. On any
            other one it may overtake that.
        """
        self.receipts += 1
        state = self._state.get(number)
        if state is None:
            self.problem("receipt_for_unknown_number")
        elif number in self._receipted:
            self._repeated(number)
        elif state == CommandStatus.ESME_ROK:
            if self._promised.pop(number) != message_id:
                self.problem("receipt_with_wrong_id")
            self._receipted[number] = now
        elif state == _ABANDONED:
            self.receipts_of_abandoned += 1
            self._receipted[number] = now
            if fate_of(number) not in DELIVERED:
                self.problem("receipt_for_refused")
        elif state == _UNANSWERED:
            self.problem("receipt_before_response", is_own)
            self._early[number] = message_id
            self._receipted[number] = now
        else:
            self.problem("receipt_for_refused")

    def _repeated(self, number: str) -> None:
        first = self._receipted[number]
        killed_since = any(
            first <= kill + 1.0 and kill - first < _LAST_MOMENTS for kill in self._kills
        )
        if self._lanes.get(number) is Lane.ROUGH or killed_since:
            self.repeated_receipts += 1
        else:
            self.problem("duplicate_receipt")

    def _overlaps_outage(self, since: float, now: float) -> bool:
        return any(since < end and now > begin for begin, end in self._outages)

    def take_latencies(self) -> array[float]:
        """Return the response times since the last call."""
        taken, self.latencies = self.latencies, array("d")
        return taken

    def close(self) -> None:
        """Count what never came; nothing more will."""
        self.problem("lost_response", self._unanswered)
        self.problem("lost_receipt", len(self._promised))

    def compare_sends(self, sends: Iterable[tuple[str, int]]) -> None:
        """Compare with what the platform was asked to send.

        Args:
          sends: each number and how often.
        """
        seen = dict(sends)
        for number, count in seen.items():
            self.problem("sent_twice", count > 1)
            self.problem("sent_to_unknown_number", number not in self._state)
        for number, state in self._state.items():
            self.problem("accepted_but_not_sent", state == 0 and number not in seen)

    def compare_records(self, recorded: set[int]) -> None:
        """Compare with the hashes of the message ids that the gateway has a record of."""
        self.problem("missing_record", len(self._ids - recorded))
