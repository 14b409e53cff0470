"""Our own requests that wait for an answer, and the sequence numbers they go out under.

Spec: SMPP 3.4, 2.9 (windows), 5.1.4 (sequence_number: 1 to 0x7FFFFFFF).
"""

from __future__ import annotations

__all__ = ["OutboundWindow"]

_MAX_SEQUENCE = 0x7FFFFFFF


class OutboundWindow:
    """The unanswered deliver_sm of one session, oldest first. Owned by its `SmppSession`.

    Attributes:
      last_sequence: the sequence number given out last; 0 before the first.
      unanswered: by sequence number, the token of each and when it was sent.
    """

    __slots__ = ("last_sequence", "unanswered")

    def __init__(self) -> None:
        self.last_sequence = 0
        self.unanswered: dict[int, tuple[object, float]] = {}

    def next_sequence(self) -> int:
        """Return a fresh sequence number: the next that is free, and 1 again after the last."""
        sequence_number = self.last_sequence
        while True:
            sequence_number = sequence_number + 1 if sequence_number < _MAX_SEQUENCE else 1
            if sequence_number not in self.unanswered:
                self.last_sequence = sequence_number
                return sequence_number

    def open(self, token: object, now: float) -> int:
        """Begin to wait for an answer; returns the sequence number to send under."""
        sequence_number = self.next_sequence()
        self.unanswered[sequence_number] = token, now
        return sequence_number

    def close(self, sequence_number: int) -> tuple[object, float] | None:
        """Stop waiting for this one, as its answer is here; None when nobody waits for it.

        Returns:
          Its token, and when it was sent.
        """
        return self.unanswered.pop(sequence_number, None)

    def expire(self, sent_before: float) -> list[object]:
        """Stop waiting for those sent before a moment; returns their tokens, oldest first."""
        expired: list[object] = []
        for sequence_number, (token, sent_at) in list(self.unanswered.items()):
            if sent_at >= sent_before:
                break
            del self.unanswered[sequence_number]
            expired.append(token)
        return expired

    def take_all(self) -> list[object]:
        """Stop waiting for all of them; returns their tokens, oldest first."""
        tokens = [token for token, _ in self.unanswered.values()]
        self.unanswered.clear()
        return tokens
