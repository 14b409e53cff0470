"""Reading a bound session by the pump: what nobody needs the connection's task for.

The pump reads all sockets that are ready, then has each session act on what came, and wind up when
what that led to is on its way (`pump`, `readiness`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otpblue_trio.runtime.observer import CloseReason
from otpblue_trio.runtime.tls_channel import TlsFailure
from otpblue_trio.session import DeliverAnswered

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.runtime.bound_session import BoundSession
    from otpblue_trio.runtime.messages import MessageDesk
    from otpblue_trio.runtime.parting import Parting
    from otpblue_trio.runtime.pump import Line, SocketPump
    from otpblue_trio.runtime.writing import SessionWriter
    from otpblue_trio.session import SessionEvent, SmppSession

__all__ = ["MAX_OUTGOING_OCTETS", "DirectReader"]

MAX_OUTGOING_OCTETS = 1 << 18
"""Nothing more is read from a peer that owes us the reading of this much: more than all answers and
receipts of a session's windows."""


class DirectReader:
    """Reads one bound session while the connection's task sleeps. Owned by the connection.

    Args:
      bound: acts on what comes.
      session: understands it.
      writer: sends what the session queues; its channel, if any, takes TLS off.
      messages: learns that no more of the session's messages can come.
      parting: of the connection.
      on_read: called with Trio time and the number of octets after each read.
      part: parts from an ESME that has unbound, or returns False.
    """

    def __init__(
        self,
        *,
        bound: BoundSession,
        session: SmppSession,
        writer: SessionWriter,
        messages: MessageDesk,
        parting: Parting,
        on_read: Callable[[float, int], None],
        part: Callable[[float], bool],
    ) -> None:
        self._bound = bound
        self._session = session
        self._writer = writer
        self._messages = messages
        self._parting = parting
        self._on_read = on_read
        self._part = part
        self._line: Line | None = None
        self._received: list[SessionEvent] = []
        """What was read and nobody acted on yet; `_octets_read` is how much that was."""
        self._octets_read = 0
        self._acknowledgements: list[DeliverAnswered] = []
        """Those among it; they wait until the rest is on its way."""
        self._received_end: CloseReason | None = None

    async def read(self, pump: SocketPump, descriptor: int) -> CloseReason:
        """Let the pump read until something ends the reading; returns what.

        Args:
          pump: is running.
          descriptor: of the connection's socket.
        """
        with pump.open_line(descriptor, self._receive, self._act, self._wind_up) as line:
            self._line = line
            try:
                return await line.end()
            finally:
                self._line = None

    def resume(self) -> None:
        """Read on, if that was stopped because of a peer that has now read what it was sent."""
        if self._line is not None and self._line.is_paused:
            self._line.resume()

    def _receive(self, octets: bytes) -> None:
        """Take what was read; there are no binds to decide in it."""
        if self._parting.is_done:
            return
        channel = self._writer.channel
        if channel is not None:
            try:
                octets = channel.open(octets)
            except TlsFailure:
                self._received_end = CloseReason.PEER_RESET
                return
            if channel.has_ended:
                self._received_end = CloseReason.PEER_CLOSED
        self._octets_read = len(octets)
        self._received = list(self._session.receive(octets))

    def _act(self, now: float) -> CloseReason | None:
        """Act on what an ESME waits for; on acknowledgements later, for which nobody does."""
        if self._parting.is_done:
            return None
        events, self._received = self._received, []
        others: list[SessionEvent] = []
        for event in events:
            if isinstance(event, DeliverAnswered):
                self._acknowledgements.append(event)
            else:
                others.append(event)
        reason = None
        for event in others:
            reason = self._bound.act(event, now)
            if reason is not None:
                break
        else:
            reason = self._received_end
        if not self._session.is_bound:
            self._messages.part_from(self._bound)
        if reason is CloseReason.UNBOUND and self._part(now):
            return None
        if self._writer.outgoing_octets:
            self._writer.wake()
        return reason

    def _wind_up(self, now: float) -> None:
        """Do what is left to do about it."""
        acknowledgements, self._acknowledgements = self._acknowledgements, []
        for event in acknowledgements:
            self._bound.take_acknowledgement(event, now)
        if self._parting.is_done:
            return
        self._on_read(now, self._octets_read)
        if self._writer.outgoing_octets > MAX_OUTGOING_OCTETS and self._line is not None:
            self._line.pause()
