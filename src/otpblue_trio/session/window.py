"""Our own requests that wait for an answer, and the sequence numbers they go out under.

Spec: SMPP 3.4, 2.9 (windows), 5.1.4 (sequence_number: 1 to 0x7FFFFFFF).
"""

from __future__ import annotations

from otpblue_trio.hot import hot_frozen

__all__ = ["OutboundWindow", "OutstandingDeliver"]

_MAX_SEQUENCE = 0x7FFFFFFF


@hot_frozen
class OutstandingDeliver:
    """A deliver_sm that the ESME has not answered yet."""

    token: object
    sent_at: float


class OutboundWindow:
    """The unanswered deliver_sm of one session, oldest first. Owned by its `SmppSession`.

    Attributes:
      last_sequence: the sequence number given out last; 0 before the first.
    """

    __slots__ = ("_outstanding", "last_sequence")

    def __init__(self) -> None:
        self.last_sequence = 0
        self._outstanding: dict[int, OutstandingDeliver] = {}

    def __len__(self) -> int:
        """How many are unanswered."""
        return len(self._outstanding)

    def next_sequence(self) -> int:
        """Return a fresh sequence number: the next that is free, and 1 again after the last."""
        sequence_number = self.last_sequence
        while True:
            sequence_number = sequence_number + 1 if sequence_number < _MAX_SEQUENCE else 1
            if sequence_number not in self._outstanding:
                self.last_sequence = sequence_number
                return sequence_number

    def open(self, token: object, now: float) -> int:
        """Begin to wait for an answer; returns the sequence number to send under."""
        sequence_number = self.next_sequence()
        self._outstanding[sequence_number] = OutstandingDeliver(token, now)
        return sequence_number

    def close(self, sequence_number: int) -> OutstandingDeliver | None:
        """Stop waiting for this one, as its answer is here; None when nobody waits for it."""
        return self._outstanding.pop(sequence_number, None)

    def expire(self, sent_before: float) -> list[object]:
        """Stop waiting for those sent before a moment; returns their tokens, oldest first."""
        expired: list[object] = []
        for sequence_number, deliver in list(self._outstanding.items()):
            if deliver.sent_at >= sent_before:
                break
            del self._outstanding[sequence_number]
            expired.append(deliver.token)
        return expired

    def take_all(self) -> list[object]:
        """Stop waiting for all of them; returns their tokens, oldest first."""
        tokens = [deliver.token for deliver in self._outstanding.values()]
        self._outstanding.clear()
        return tokens
