"""When an ESME has been silent for too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otpblue_trio.runtime.observer import CloseReason

if TYPE_CHECKING:
    from otpblue_trio.runtime.protocols import GatewayLimits
    from otpblue_trio.session import SmppSession

__all__ = ["SilenceClock"]


class SilenceClock:
    """Keeps the time of a session's last activity. Owned by its connection.

    Only requests count as activity, and a bind once it is accepted; and a bound ESME must bring a
    PDU that it has begun to its end.

    Args:
      session: counts activity.
      limits: how long silence may last.
      now: when the connection was opened.
    """

    __slots__ = ("_active_at", "_activity", "_limits", "_partial_since", "_session", "_silent_at")

    def __init__(self, session: SmppSession, limits: GatewayLimits, now: float) -> None:
        self._session = session
        self._limits = limits
        self._activity = 0
        self._active_at = now
        self._partial_since = now
        self._silent_at = now + limits.inactivity_timeout

    def after_read(self, now: float, octets_read: int, *, is_bound: bool) -> float:
        """Return when the ESME has been silent for too long.

        Args:
          now: when the last read was.
          octets_read: what it brought to the session.
          is_bound: before the bind a PDU may take as long as it likes; other deadlines hold.
        """
        session = self._session
        if session.activity != self._activity:
            self._activity = session.activity
            self._active_at = now
        silent_at = self._active_at + self._limits.inactivity_timeout
        partial_octets = session.partial_octets
        if partial_octets and is_bound:
            if partial_octets <= octets_read:
                # It has begun with this read: those before it are complete.
                self._partial_since = now
            silent_at = min(silent_at, self._partial_since + self._limits.pdu_read_timeout)
        self._silent_at = silent_at
        return silent_at

    @property
    def silent_at(self) -> float:
        """What `after_read` returned last."""
        return self._silent_at

    @property
    def reason(self) -> CloseReason:
        """Why a session ends at that time."""
        is_stalled = self._session.partial_octets > 0 and (
            self._silent_at < self._active_at + self._limits.inactivity_timeout
        )
        return CloseReason.STALLED_PDU if is_stalled else CloseReason.INACTIVITY
