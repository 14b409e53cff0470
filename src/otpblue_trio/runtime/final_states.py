"""What became of an account's last messages, for those who ask with a query_sm."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime

from otpblue_trio.smpp import QuerySmResp, format_smpp_time

__all__ = ["FinalStates"]


class FinalStates:
    """The last messages of one account that have a message_id.

    Args:
      most: how many are kept; beyond it the oldest is forgotten.
    """

    __slots__ = ("_most", "_of_message")

    def __init__(self, most: int) -> None:
        self._most = most
        self._of_message: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def keep(self, message_id: str, message_state: int, final_at: float) -> None:
        """Keep what became of a message, and when (seconds since 1970).

        The last word on one message_id stands.
        """
        self._of_message[message_id] = message_state, final_at
        if len(self._of_message) > self._most:
            self._of_message.popitem(last=False)

    def answer(self, message_id: str) -> QuerySmResp | None:
        """Return the response to a query, without its sequence number; None: it is not kept."""
        kept = self._of_message.get(message_id)
        if kept is None:
            return None
        message_state, final_at = kept
        return QuerySmResp(
            message_id=message_id,
            final_date=format_smpp_time(datetime.fromtimestamp(final_at, UTC)),
            message_state=message_state,
            error_code=0,
        )
