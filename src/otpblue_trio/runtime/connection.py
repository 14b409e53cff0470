"""One SMPP connection: a nursery, a reader, a writer and three deadlines.

Theory of operation
-------------------
`Connection.serve` is the whole life of a connection, read from top to bottom:

    nursery
    ├── writer      sends whatever the session has queued, one send for all there is
    │               (begins when it is needed: sockets can mostly do without)
    └── deadlines   24 h ⊃ inactivity ⊃ pre-bind, three nested cancel scopes
        ├── PROXY header and TLS handshake, where they are due
        └── reader  one read, every event in it, then the inactivity deadline moves once;
                    a socket is read by the pump from the bind on, and the reader sleeps

TLS lies between the stream and the session as a `TlsChannel`, which knows of neither.

What the reader has read from a bound session is for its `BoundSession` to act on, and never waited
for: the outcome of a message comes back to that, which queues octets and wakes the writer. The
reader does wait for a bind to be decided, and for a peer that does not read what it is sent.

However the reading ends, `_part` follows: what is in flight is answered, an ESME that is still
there is unbound, and what is queued is written, all within `drain_timeout`. An end that comes while
another one is under way drops nothing either. The reason of the end is the first that came: the
scope that caught its cancellation, what the reader saw, or what somebody else said through `leave`.
An ESME that has unbound and waits for nothing is parted from by the pump (`_part_directly`), and
the reader sleeps on until the peer has closed, too.

Only a hard stop of the gateway cancels a connection from outside; then it is dropped as it is.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import trio

from otpblue_trio.policy.binds import reason_of_bind_decode_error
from otpblue_trio.policy.verdicts import Reason, verdict
from otpblue_trio.runtime.bound_session import BoundSession, act_without_account
from otpblue_trio.runtime.client_certificates import client_certificate
from otpblue_trio.runtime.observer import CloseReason
from otpblue_trio.runtime.proxy_protocol import ProxyHeaderError, read_proxy_header
from otpblue_trio.runtime.silence import SilenceClock
from otpblue_trio.runtime.streams import (
    end_directly,
    linger,
    receive_first,
    socket_descriptor,
    unsent_octets,
)
from otpblue_trio.runtime.telling import ConnectionTeller
from otpblue_trio.runtime.tls_channel import TlsChannel, TlsFailure
from otpblue_trio.runtime.writing import SessionWriter
from otpblue_trio.session import (
    BindRequested,
    BindUnreadable,
    DeliverAnswered,
    SmppSession,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from otpblue_trio.policy.client_certificates import ClientCertificate
    from otpblue_trio.runtime.accounts import AccountState
    from otpblue_trio.runtime.binding import BindDesk
    from otpblue_trio.runtime.listeners import Peer
    from otpblue_trio.runtime.messages import MessageDesk
    from otpblue_trio.runtime.observer import Observer
    from otpblue_trio.runtime.protocols import GatewayLimits
    from otpblue_trio.runtime.pump import Line, SocketPump
    from otpblue_trio.session import SessionEvent

__all__ = ["Connection"]

SYSTEM_ID = "OTPBLUE"
"""How the gateway names itself in bind responses."""

_READ_OCTETS = 65536
_MAX_OUTGOING_OCTETS = 1 << 18
"""Nothing more is read from a peer that owes us the reading of this much: more than all answers and
receipts of a session's windows."""
_MAX_OUTGOING_OCTETS_UNBOUND = 1 << 14
"""The same before the bind, when nothing but a few short answers is due."""
_UNBIND_WAIT = 2.0
"""Seconds an ESME has to answer our unbind."""
_CLOSE_WAIT = 1.0
"""Seconds a peer has to see the end of the connection and close its side, once it has read all."""

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
# Reasons after which nothing is heard of the ESME any more: it could not acknowledge a receipt.
_UNHEARD = _SILENT | {CloseReason.PEER_CLOSED}
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


class Connection:
    """One connection of an ESME, from accept to close. Owned by its task in the gateway.

    Args:
      connection_id: unique in the life of the gateway.
      stream: as accepted; TLS is negotiated inside when `tls` is given. To be closed after `serve`.
      peer: who is at the other end.
      listener: the kind of listener, for the log.
      tls: gives the context for TLS, or None.
      enter: given when `peer` is a trusted load balancer: the stream begins with a PROXY header,
        and this is called once with who is really there. False: there is no room for that peer,
        which has been told to the observer; the connection closes without a further event.
      limits: durations and sizes.
      binds: decides binds.
      messages: answers messages.
      observer: is told what happens.
      pump: writes to sockets, and reads them once the session is bound; None: tasks do both.
    """

    def __init__(
        self,
        *,
        connection_id: int,
        stream: trio.abc.Stream,
        peer: Peer,
        listener: str,
        tls: Callable[[], ssl.SSLContext] | None,
        enter: Callable[[Peer], bool] | None,
        limits: GatewayLimits,
        binds: BindDesk,
        messages: MessageDesk,
        observer: Observer,
        pump: SocketPump | None = None,
    ) -> None:
        self._connection_id = connection_id
        self._stream = stream
        self._tls = tls
        self._enter = enter
        self._limits = limits
        self._binds = binds
        self._messages = messages
        self._tell = ConnectionTeller(observer, connection_id, peer, listener)
        self._session = SmppSession(system_id=SYSTEM_ID, max_pdu_octets=limits.max_pdu_octets)
        self._writer = SessionWriter(
            self._session,
            stream,
            timeout=limits.write_timeout,
            on_lost=self._lost,
            on_sent=self._sent,
            pump=pump,
        )
        self._pump = pump
        self._line: Line | None = None
        self._received: list[SessionEvent] = []
        """What the pump has read and nobody acted on yet; `_octets_read` is how much that was."""
        self._octets_read = 0
        self._acknowledgements: list[DeliverAnswered] = []
        """Those among it; they wait until the rest is on its way."""
        self._received_end: CloseReason | None = None
        self._bound: BoundSession | None = None
        self._channel: TlsChannel | None = None
        self._early = b""
        """What came first, or together with the end of the TLS handshake."""
        self._certificate: ClientCertificate | None = None
        self._detail = ""
        self._is_turned_away = False
        self._is_lost = False
        self._most_outgoing = _MAX_OUTGOING_OCTETS_UNBOUND
        now = self._tell.opened_at
        self._lifetime = trio.CancelScope(deadline=now + limits.max_session_duration)
        self._leave_reason: CloseReason | None = None
        self._inactivity = trio.CancelScope(deadline=now + limits.inactivity_timeout)
        self._silence = SilenceClock(self._session, limits, now)
        self._is_parting = False
        self._has_parted = False
        """Everything is said, and only the peer's end of the stream is waited for."""
        self._close_by = math.inf

    def leave(self, reason: CloseReason) -> None:
        """Ask the connection to end in good order; the first reason stands."""
        if self._note_end(reason):
            self._lifetime.cancel()

    def _note_end(self, reason: CloseReason) -> bool:
        """Take note of why the connection ends; False: there was another reason before."""
        if self._leave_reason is not None:
            return False
        self._leave_reason = reason
        if self._bound is not None:
            self._bound.end(is_heard=reason not in _UNHEARD)
        return True

    # ------------------------------------------------------------------ the life

    async def serve(self) -> None:
        """Serve the connection until it may be closed; raises nothing but cancellation."""
        if self._enter is None:
            self._tell.opened()
        # Stands when the gateway stops at once, which is the only thing that cancels from outside.
        reason = CloseReason.DRAINED
        try:
            try:
                reason = await self._converse()
            finally:
                self._forget()
                await self._see_end(reason)
        except* Exception as errors:
            # The one place that stops an accident: this connection ends, the others never know.
            reason = CloseReason.INTERNAL_ERROR
            self._tell.trouble(errors)
        finally:
            if not self._is_turned_away:
                bound = self._bound
                self._tell.closed(
                    reason,
                    system_id=bound.account.account.system_id if bound is not None else "",
                    submits=bound.submits if bound is not None else 0,
                    detail=self._detail,
                )

    async def _converse(self) -> CloseReason:
        """Read until something ends the reading, then part; returns what ended it."""
        async with trio.open_nursery() as nursery:
            self._writer.spawn = partial(nursery.start_soon, self._writer.run)
            if self._pump is not None and self._pump.is_running:
                self._writer.descriptor = socket_descriptor(self._stream)
            try:
                reason = await self._read_within_deadlines()
                self._note_end(reason)
                await self._part(reason)
            finally:
                self._writer.detach()
            if self._writer.has_task:
                nursery.cancel_scope.cancel()
        return reason

    async def _read_within_deadlines(self) -> CloseReason:
        with self._lifetime:
            with self._inactivity:
                pre_bind_ends = self._tell.opened_at + self._limits.pre_bind_timeout
                with trio.CancelScope(deadline=pre_bind_ends) as pre_bind:
                    ended = await self._read_until_bound()
                if pre_bind.cancelled_caught:
                    return CloseReason.PRE_BIND_TIMEOUT
                return ended or await self._read()
            while (deadline := self._later_deadline()) is not None:
                with trio.CancelScope(deadline=deadline) as self._inactivity:
                    return await self._read()
            return CloseReason.UNBOUND if self._has_parted else self._silence.reason
        return self._leave_reason or CloseReason.MAX_DURATION

    def _later_deadline(self) -> float | None:
        """Return why not to end yet though the deadline of inactivity has passed: a later one."""
        now = trio.current_time()
        if self._has_parted:
            return now + _CLOSE_WAIT if self._is_still_reading(now) else None
        # The pump does not move the deadline with each read: there may have been activity since.
        silent_at = self._silence.silent_at
        return silent_at if now < silent_at else None

    def _is_still_reading(self, now: float) -> bool:
        """Tell whether closing now could throw away what the peer has yet to read.

        The kernel would go on sending it, but drops it all when the peer says anything more.
        """
        return now < self._close_by and unsent_octets(self._stream) > 0

    async def _learn_peer(self, enter: Callable[[Peer], bool]) -> CloseReason | None:
        """Read the PROXY header; from then on its source is the peer."""
        try:
            header = await read_proxy_header(self._stream)
        except ProxyHeaderError:
            return CloseReason.PROXY_HEADER
        except trio.BrokenResourceError:
            return CloseReason.PEER_RESET
        if header is None:
            return CloseReason.PEER_CLOSED
        self._tell.peer = header.source or self._tell.peer
        if not enter(self._tell.peer):
            self._is_turned_away = True
            return CloseReason.PROXY_HEADER
        self._tell.opened()
        return None

    async def _shake_hands(self, context: ssl.SSLContext) -> bool:
        channel = TlsChannel(context)
        try:
            self._early = await channel.shake_hands(self._stream)
        except trio.BrokenResourceError:
            return False
        except TlsFailure as error:
            self._detail = str(error)
            return False
        self._certificate = client_certificate(channel)
        self._channel = self._writer.channel = channel
        return True

    # ------------------------------------------------------------------ reading

    @property
    def _outgoing_octets(self) -> int:
        """What the peer owes us the reading of, as far as it is not with the kernel."""
        channel = self._channel
        return self._session.outgoing_octets + (channel.outgoing_octets if channel else 0)

    @property
    def _reads_directly(self) -> bool:
        """The session is bound, and nothing about reading it needs a task."""
        return (
            self._bound is not None
            and self._pump is not None
            and self._writer.descriptor is not None
        )

    async def _read_until_bound(self) -> CloseReason | None:
        """Do what comes before the bind, and the bind; returns what ended the connection, if so."""
        if self._enter is not None:
            ended = await self._learn_peer(self._enter)
            if ended is not None:
                return ended
        if self._tls is None:
            try:
                self._early = await receive_first(self._stream)
            except trio.BrokenResourceError:
                return CloseReason.PEER_RESET
        elif not await self._shake_hands(self._tls()):
            return CloseReason.TLS_FAILED
        while self._bound is None:
            ended = await self._read_once()
            if ended is not None:
                return ended
        return None

    async def _read(self) -> CloseReason:
        """Read from a bound session until something ends the reading; returns what."""
        while True:
            bound = self._bound
            descriptor = self._writer.descriptor
            if bound is not None and self._pump is not None and descriptor is not None:
                await self._let_peer_read()
                return await self._read_directly(self._pump, descriptor, bound)
            ended = await self._read_once()
            if ended is not None:
                return ended

    async def _let_peer_read(self) -> None:
        while self._outgoing_octets > self._most_outgoing:
            await self._writer.progress()

    async def _read_once(self) -> CloseReason | None:
        """Read and act; returns what ends the reading."""
        await self._let_peer_read()
        octets, self._early = self._early, b""
        if not octets:
            try:
                received = await self._stream.receive_some(_READ_OCTETS)
                octets = self._opened(received)
            except (trio.BrokenResourceError, TlsFailure):
                return CloseReason.PEER_RESET
            if not received:
                return CloseReason.PEER_CLOSED
        reason = await self._take(octets)
        if reason is None and self._channel is not None and self._channel.has_ended:
            reason = CloseReason.PEER_CLOSED
        bound = self._bound
        if bound is not None and not self._session.is_bound:
            # The other halves of long messages cannot come any more.
            self._messages.part_from(bound)
        if self._outgoing_octets:
            self._writer.send_now()
        silent_at = self._silence.after_read(
            trio.current_time(), len(octets), is_bound=bound is not None
        )
        if not self._reads_directly:
            self._inactivity.deadline = silent_at
        return reason

    async def _read_directly(
        self, pump: SocketPump, descriptor: int, bound: BoundSession
    ) -> CloseReason:
        """Let the pump read until something ends the reading; returns what."""
        act = partial(self._act_directly, bound)
        wind_up = partial(self._wind_up_directly, bound)
        with pump.open_line(descriptor, self._receive_directly, act, wind_up) as line:
            self._line = line
            try:
                reason = await line.end()
            finally:
                self._line = None
        return CloseReason.UNBOUND if self._has_parted else reason

    def _opened(self, octets: bytes | bytearray) -> bytes:
        """Return what octets of the stream say, which TLS may hide.

        Raises:
          TlsFailure: the peer broke TLS.
        """
        channel = self._channel
        if channel is None:
            return bytes(octets)
        return channel.open(octets)

    async def _take(self, octets: bytes) -> CloseReason | None:
        now = trio.current_time()
        for event in self._session.receive(octets):
            if isinstance(event, BindRequested | BindUnreadable):
                reason = None if await self._bind(event) else CloseReason.BIND_REFUSED
            elif self._bound is not None:
                reason = self._bound.act(event, now)
            else:
                reason = act_without_account(event, self._tell)
            if reason is not None:
                return reason
        return None

    def _receive_directly(self, octets: bytes) -> None:
        """Take what the pump has read from a bound session, which has no binds to decide."""
        if self._has_parted:
            return
        if self._channel is not None:
            try:
                octets = self._opened(octets)
            except TlsFailure:
                self._received_end = CloseReason.PEER_RESET
                return
            if self._channel.has_ended:
                self._received_end = CloseReason.PEER_CLOSED
        self._octets_read = len(octets)
        self._received = list(self._session.receive(octets))

    def _act_directly(self, bound: BoundSession, now: float) -> CloseReason | None:
        """Act on what an ESME waits for; on acknowledgements later, for which nobody does."""
        if self._has_parted:
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
            reason = bound.act(event, now)
            if reason is not None:
                break
        else:
            reason = self._received_end
        if not self._session.is_bound:
            self._messages.part_from(bound)
        if reason is CloseReason.UNBOUND and self._part_directly(now):
            return None
        if self._outgoing_octets:
            self._writer.wake()
        return reason

    def _wind_up_directly(self, bound: BoundSession, now: float) -> None:
        """Do what is left to do about it."""
        acknowledgements, self._acknowledgements = self._acknowledgements, []
        for event in acknowledgements:
            bound.take_acknowledgement(event, now)
        if self._has_parted:
            return
        deadline = self._silence.after_read(now, self._octets_read, is_bound=True)
        if deadline < self._inactivity.deadline and not self._is_parting:
            self._inactivity.deadline = deadline
        if self._outgoing_octets > self._most_outgoing and self._line is not None:
            self._line.pause()

    # ------------------------------------------------------------------ binding

    async def _bind(self, event: BindRequested | BindUnreadable) -> bool:
        address = self._tell.peer.address
        decision: AccountState | Reason
        system_id = ""
        if isinstance(event, BindRequested):
            system_id = event.pdu.system_id
            decision = await self._binds.decide(event.pdu, address, self._certificate)
        else:
            decision = self._binds.refuse_unreadable(
                address, reason_of_bind_decode_error(event.command_status)
            )
        if self._leave_reason is not None and not isinstance(decision, Reason):
            decision = Reason.DRAINING
        if isinstance(decision, Reason):
            command_status = verdict(decision).command_status
            self._session.refuse_bind(command_status)
            self._tell.bind_refused(system_id, decision, command_status, self._certificate)
            return False
        self._session.accept_bind()
        self._most_outgoing = _MAX_OUTGOING_OCTETS
        self._bound = BoundSession(
            connection_id=self._connection_id,
            account=decision,
            session=self._session,
            writer=self._writer,
            messages=self._messages,
            limits=self._limits,
            tell=self._tell,
            leave=self.leave,
        )
        self._bound.enter(trio.current_time())
        return True

    # ------------------------------------------------------------------ parting

    def _sent(self) -> None:
        """Everything queued is sent; the last message in flight may have ended an unbind."""
        if self._session.is_closed:
            self.leave(CloseReason.UNBOUND)
        if self._line is not None and self._line.is_paused:
            self._line.resume()

    def _lost(self, reason: CloseReason) -> None:
        """Nobody takes what we write: there is no one to part from."""
        self._is_lost = True
        self._writer.abandon()
        self.leave(reason)

    def _part_directly(self, now: float) -> bool:
        """Part from an ESME that has unbound and waits for nothing, without the task's help.

        Returns:
          False: there is something to wait for.
        """
        if self._session.in_flight or self._leave_reason is not None:
            return False
        # First: `_sent` need not wake the task by `leave`.
        self._note_end(CloseReason.UNBOUND)
        self._writer.try_flush()
        if self._writer.is_busy or self._is_lost:
            return False
        goodbye = self._channel.goodbye() if self._channel else b""
        if not end_directly(self._stream, goodbye):
            return False
        self._forget()
        self._has_parted = True
        self._close_by = now + self._limits.write_timeout
        self._inactivity.deadline = now + _CLOSE_WAIT
        return True

    async def _part(self, reason: CloseReason) -> None:
        """Finish what is in flight, say goodbye where that is due, write what is queued."""
        if reason in _SILENT or self._has_parted:
            return
        session = self._session
        self._is_parting = True
        if self._bound is not None:
            self._messages.part_from(self._bound)
        self._writer.try_flush()
        if not (reason in _WITH_UNBIND or session.in_flight or self._writer.is_busy):
            return
        with trio.move_on_after(self._limits.drain_timeout):
            if reason in _WITH_UNBIND and not session.is_closed and self._bound is not None:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._read_on)
                    await self._answer_in_flight()
                    if session.is_bound:
                        session.send_unbind()
                        self._writer.wake()
                        with trio.move_on_after(_UNBIND_WAIT) as waiting:
                            while not session.is_closed:
                                await self._writer.progress()
                        if waiting.cancelled_caught:
                            # Nor does it read what is queued, as far as anybody can tell.
                            self._lost(reason)
                    nursery.cancel_scope.cancel()
            else:
                # Nothing more is heard of the ESME; for all we know it still reads.
                await self._answer_in_flight()
            await self._writer.flush()

    async def _read_on(self) -> None:
        """Keep reading while parting: acknowledgements, the answer to our unbind, late requests."""
        reason = await self._read()
        if reason is CloseReason.PEER_RESET:
            self._lost(reason)
        self._session.close()
        self._writer.tell()

    async def _answer_in_flight(self) -> None:
        """Return when every message is answered, or nobody is there to be answered."""
        while self._session.in_flight and not self._is_lost:
            await self._writer.progress()

    def _forget(self) -> None:
        """Leave every place that knows this connection."""
        if self._has_parted:
            return
        self._session.abandon()
        if self._bound is not None:
            self._bound.leave_account(trio.current_time())

    async def _see_end(self, reason: CloseReason) -> None:
        """Where the peer may still be reading, return only when it has seen the end."""
        if reason in _SILENT or self._has_parted:
            return
        goodbye = self._channel.goodbye() if self._channel else b""
        self._close_by = trio.current_time() + self._limits.write_timeout
        while True:
            with trio.move_on_after(_CLOSE_WAIT):
                await linger(self._stream, goodbye)
                return
            goodbye = b""
            if self._is_lost or not self._is_still_reading(trio.current_time()):
                return
