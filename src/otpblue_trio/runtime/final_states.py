"""What became of an account's last messages, for those who ask with a query_sm."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime

from otpblue_trio.smpp import QuerySmResp, format_smpp_time

__all__ = ["FinalStates"]


class FinalStates:
    """The last messages of one account that have a message_id.

    They outlive everything that a message is handled with, so as few objects as possible are kept
    of each, as in `repetitions`: its id, and what it has in common with others of that moment.

    Args:
      most: how many are kept; beyond it the oldest is forgotten.
    """

    __slots__ = ("_ids", "_last", "_most", "_of_message")

    def __init__(self, most: int) -> None:
        self._most = most
        self._of_message: dict[str, tuple[int, int]] = {}
        """State and tenths of a second since 1970, which is what a response can tell."""
        self._ids: deque[str] = deque()
        """The same, oldest first."""
        self._last = (0, 0)

    def keep(self, message_id: str, message_state: int, final_at: float) -> None:
        """Keep what became of a message, and when (seconds since 1970).

        The last word on one message_id stands.
        """
        last = self._last
        tenths = int(final_at * 10.0)
        if last[1] != tenths or last[0] != message_state:
            last = self._last = message_state, tenths
        of_message = self._of_message
        if message_id not in of_message:
            self._ids.append(message_id)
            if len(self._ids) > self._most:
                del of_message[self._ids.popleft()]
        of_message[message_id] = last

    def answer(self, message_id: str) -> QuerySmResp | None:
        """Return the response to a query, without its sequence number; None: it is not kept."""
        kept = self._of_message.get(message_id)
        if kept is None:
            return None
        message_state, tenths = kept
        return QuerySmResp(
            message_id=message_id,
            final_date=format_smpp_time(datetime.fromtimestamp(tenths / 10.0, UTC)),
            message_state=message_state,
            error_code=0,
        )
