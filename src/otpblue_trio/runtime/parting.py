"""How a connection ends: what is in flight is answered, the ESME told, what is queued written.

An ESME that is still there is unbound by us, and its late requests and acknowledgements are read
until it has answered that; of one that is gone, or has said what cannot be understood, nothing is
heard any more. All of it takes `drain_timeout` at most. Then the end of the stream is said, and the
peer given time to see it: a socket that is closed while octets arrive resets the connection, which
can destroy our last answer on its way.

An ESME that sends unbind_resp waits for nothing any more: what is in flight is left to end as on a
connection that is gone.

An ESME that has unbound and waits for nothing is parted from without the connection's task
(`Parting.directly`), which then only waits for the peer to close, too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

from otpblue_trio.runtime.observer import CloseReason
from otpblue_trio.runtime.streams import end_directly, linger, unsent_octets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from otpblue_trio.runtime.bound_session import BoundSession
    from otpblue_trio.runtime.messages import MessageDesk
    from otpblue_trio.runtime.protocols import GatewayLimits
    from otpblue_trio.runtime.writing import SessionWriter
    from otpblue_trio.session import SmppSession

__all__ = ["CLOSE_WAIT", "UNHEARD", "Parting"]

CLOSE_WAIT = 1.0
"""Seconds a peer has to see the end of the connection and close its side, once it has read all."""
_UNBIND_WAIT = 2.0
"""Seconds an ESME has to answer our unbind."""

# Reasons after which there is nobody to talk to, or nothing to say.
_SILENT = frozenset(
    {
        CloseReason.PEER_RESET,
        CloseReason.PRE_BIND_TIMEOUT,
        CloseReason.TLS_FAILED,
        CloseReason.PROXY_HEADER,
        CloseReason.WRITE_TIMEOUT,
        CloseReason.INTERNAL_ERROR,
    }
)
UNHEARD = _SILENT | {CloseReason.PEER_CLOSED}
"""Reasons after which nothing is heard of the ESME any more: it could not acknowledge a receipt."""
# Reasons of ours: the ESME is still there and is told by an unbind.
_WITH_UNBIND = frozenset(
    {
        CloseReason.INACTIVITY,
        CloseReason.STALLED_PDU,
        CloseReason.MAX_DURATION,
        CloseReason.ACCOUNT_GONE,
        CloseReason.DRAINED,
    }
)


class Parting:
    """The end of one connection, which owns it.

    Args:
      stream: of the connection.
      session: what is spoken on it.
      writer: sends what the session queues.
      messages: has those that are in flight.
      limits: durations.
      on_lost: called when nobody takes what is written.

    Attributes:
      is_lost: nobody takes what is written; the connection sets it.
      is_under_way: the parting has begun.
      is_done: everything was said by `directly`, and only the peer's end of the stream is waited
        for.
    """

    def __init__(
        self,
        *,
        stream: trio.abc.Stream,
        session: SmppSession,
        writer: SessionWriter,
        messages: MessageDesk,
        limits: GatewayLimits,
        on_lost: Callable[[CloseReason], None],
    ) -> None:
        self._stream = stream
        self._session = session
        self._writer = writer
        self._messages = messages
        self._limits = limits
        self._on_lost = on_lost
        self.is_lost = False
        self.is_under_way = False
        self.is_done = False
        self._close_by = math.inf

    def directly(self, now: float) -> bool:
        """Part at once from an ESME that has unbound.

        Returns:
          False: there is something to wait for.
        """
        self._writer.try_flush()
        if self._writer.is_busy or self.is_lost:
            return False
        if not end_directly(self._stream, self._goodbye()):
            return False
        self.is_done = True
        self._close_by = now + self._limits.write_timeout
        return True

    async def part(
        self,
        reason: CloseReason,
        bound: BoundSession | None,
        read: Callable[[], Awaitable[CloseReason]],
    ) -> None:
        """Finish what is in flight, say goodbye where that is due, write what is queued.

        Args:
          reason: why the connection ends.
          bound: the session, if it has bound.
          read: reads on until something ends the reading; cancelled when all is said.
        """
        if reason in _SILENT or self.is_done:
            return
        self.is_under_way = True
        if bound is not None:
            self._messages.part_from(bound)
        self._writer.try_flush()
        session = self._session
        is_told = reason in _WITH_UNBIND
        if not (is_told or session.in_flight or self._writer.is_busy):
            return
        with trio.move_on_after(self._limits.drain_timeout):
            if is_told and bound is not None and not session.is_closed:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._read_on, read)
                    await self._answer_in_flight()
                    if session.is_bound:
                        await self._unbind(reason)
                    nursery.cancel_scope.cancel()
            else:
                # Nothing more is heard of the ESME; for all we know it still reads.
                await self._answer_in_flight()
            await self._writer.flush()

    async def _unbind(self, reason: CloseReason) -> None:
        session = self._session
        session.send_unbind()
        self._writer.wake()
        with trio.move_on_after(_UNBIND_WAIT) as waiting:
            while not session.is_closed:
                await self._writer.progress()
        if waiting.cancelled_caught:
            # Nor does it read what is queued, as far as anybody can tell.
            self._on_lost(reason)

    async def _read_on(self, read: Callable[[], Awaitable[CloseReason]]) -> None:
        """Keep reading while parting: acknowledgements, the answer to our unbind, late requests."""
        reason = await read()
        if reason is CloseReason.PEER_RESET:
            self._on_lost(reason)
        self._session.close()
        self._writer.tell()

    async def _answer_in_flight(self) -> None:
        """Return when every message is answered, or nobody waits to be answered."""
        session = self._session
        while session.in_flight and not (self.is_lost or session.has_parted):
            await self._writer.progress()

    async def see_end(self, reason: CloseReason) -> None:
        """Where the peer may still be reading, return only when it has seen the end."""
        if reason in _SILENT or self.is_done:
            return
        goodbye = self._goodbye()
        self._close_by = trio.current_time() + self._limits.write_timeout
        while True:
            with trio.move_on_after(CLOSE_WAIT):
                await linger(self._stream, goodbye)
                return
            goodbye = b""
            if self.is_lost or not self.is_still_read(trio.current_time()):
                return

    def is_still_read(self, now: float) -> bool:
        """Tell whether closing now could throw away what the peer has yet to read.

        The kernel would go on sending it, but drops it all when the peer says anything more.
        """
        return now < self._close_by and unsent_octets(self._stream) > 0

    def _goodbye(self) -> bytes:
        channel = self._writer.channel
        return channel.goodbye() if channel is not None else b""
