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
                    a socket is read by the pump from the bind on (`direct_reading`), and
                    the reader sleeps

TLS lies between the stream and the session as a `TlsChannel`, which knows of neither.

What the reader has read from a bound session is for its `BoundSession` to act on, and never waited
for: the outcome of a message comes back to that, which queues octets and wakes the writer. The
reader does wait for a bind to be decided, and for a peer that does not read what it is sent.

Before the first PDU comes what `opening` does, and however the reading ends, `parting` follows. An
end that comes while another one is under way drops nothing either. The reason of the end is the
first that came: the scope that caught its cancellation, what the reader saw, or what somebody else
said through `leave`.

Only a hard stop of the gateway cancels a connection from outside; then it is dropped as it is.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import trio

from otpblue_trio.policy.verdicts import Reason, reason_of_bind_decode_error, verdict
from otpblue_trio.runtime.bound_session import BoundSession, act_without_account
from otpblue_trio.runtime.direct_reading import MAX_OUTGOING_OCTETS, DirectReader
from otpblue_trio.runtime.observer import CloseReason
from otpblue_trio.runtime.opening import NotOpened, open_stream
from otpblue_trio.runtime.parting import CLOSE_WAIT, UNHEARD, Parting
from otpblue_trio.runtime.silence import SilenceClock
from otpblue_trio.runtime.streams import socket_descriptor
from otpblue_trio.runtime.telling import ConnectionTeller
from otpblue_trio.runtime.tls_channel import TlsFailure
from otpblue_trio.runtime.writing import SessionWriter
from otpblue_trio.session import BindRequested, BindUnreadable, SmppSession

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
    from otpblue_trio.runtime.pump import SocketPump

__all__ = ["Connection"]

SYSTEM_ID = "OTPBLUE"
"""How the gateway names itself in bind responses."""

_READ_OCTETS = 65536
_MAX_OUTGOING_OCTETS_UNBOUND = 1 << 14
"""As `MAX_OUTGOING_OCTETS`, before the bind, when nothing but a few short answers is due."""


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
        self._direct: DirectReader | None = None
        self._bound: BoundSession | None = None
        self._early = b""
        """What came first, or together with the end of the TLS handshake."""
        self._certificate: ClientCertificate | None = None
        self._detail = ""
        self._is_turned_away = False
        self._most_outgoing = _MAX_OUTGOING_OCTETS_UNBOUND
        now = self._tell.opened_at
        self._lifetime = trio.CancelScope(deadline=now + limits.max_session_duration)
        self._leave_reason: CloseReason | None = None
        self._inactivity = trio.CancelScope(deadline=now + limits.inactivity_timeout)
        self._silence = SilenceClock(self._session, limits, now)
        self._parting = Parting(
            stream=stream,
            session=self._session,
            writer=self._writer,
            messages=messages,
            limits=limits,
            on_lost=self._lost,
        )

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
            self._bound.end(is_heard=reason not in UNHEARD)
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
                if not self._parting.is_done:
                    self._forget()
                await self._parting.see_end(reason)
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
                await self._parting.part(reason, self._bound, self._read)
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
            return CloseReason.UNBOUND if self._parting.is_done else self._silence.reason
        return self._leave_reason or CloseReason.MAX_DURATION

    def _later_deadline(self) -> float | None:
        """Return why not to end yet though the deadline of inactivity has passed: a later one."""
        now = trio.current_time()
        if self._parting.is_done:
            return now + CLOSE_WAIT if self._parting.is_still_read(now) else None
        # The pump does not move the deadline with each read: there may have been activity since.
        silent_at = self._silence.silent_at
        return silent_at if now < silent_at else None

    # ------------------------------------------------------------------ reading

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
        opened = await open_stream(self._stream, enter=self._enter, tls=self._tls, tell=self._tell)
        if isinstance(opened, NotOpened):
            self._detail = opened.detail
            self._is_turned_away = opened.is_turned_away
            return opened.reason
        self._early = opened.first
        self._writer.channel = opened.channel
        self._certificate = opened.certificate
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
                self._direct = self._direct_reader(bound)
                reason = await self._direct.read(self._pump, descriptor)
                return CloseReason.UNBOUND if self._parting.is_done else reason
            ended = await self._read_once()
            if ended is not None:
                return ended

    def _direct_reader(self, bound: BoundSession) -> DirectReader:
        return DirectReader(
            bound=bound,
            session=self._session,
            writer=self._writer,
            messages=self._messages,
            parting=self._parting,
            on_read=self._note_read,
            part=self._part_directly,
        )

    async def _let_peer_read(self) -> None:
        while self._writer.outgoing_octets > self._most_outgoing:
            await self._writer.progress()

    async def _read_once(self) -> CloseReason | None:
        """Read and act; returns what ends the reading."""
        await self._let_peer_read()
        channel = self._writer.channel
        octets, self._early = self._early, b""
        if not octets:
            try:
                received = await self._stream.receive_some(_READ_OCTETS)
                octets = bytes(received) if channel is None else channel.open(received)
            except (trio.BrokenResourceError, TlsFailure):
                return CloseReason.PEER_RESET
            if not received:
                return CloseReason.PEER_CLOSED
        reason = await self._take(octets)
        if reason is None and channel is not None and channel.has_ended:
            reason = CloseReason.PEER_CLOSED
        bound = self._bound
        if bound is not None and not self._session.is_bound:
            # The other halves of long messages cannot come any more.
            self._messages.part_from(bound)
        if self._writer.outgoing_octets:
            self._writer.send_now()
        silent_at = self._silence.after_read(
            trio.current_time(), len(octets), is_bound=bound is not None
        )
        if not self._reads_directly:
            self._inactivity.deadline = silent_at
        return reason

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

    def _note_read(self, now: float, octets: int) -> None:
        """Move the deadline of inactivity after a read by the pump; one that is later can wait."""
        deadline = self._silence.after_read(now, octets, is_bound=True)
        if deadline < self._inactivity.deadline and not self._parting.is_under_way:
            self._inactivity.deadline = deadline

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
        self._most_outgoing = MAX_OUTGOING_OCTETS
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
        if self._direct is not None:
            self._direct.resume()

    def _lost(self, reason: CloseReason) -> None:
        """Nobody takes what we write: there is no one to part from."""
        self._parting.is_lost = True
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
        if not self._parting.directly(now):
            return False
        self._forget()
        self._inactivity.deadline = now + CLOSE_WAIT
        return True

    def _forget(self) -> None:
        """Leave every place that knows this connection."""
        self._session.abandon()
        if self._bound is not None:
            self._bound.leave_account(trio.current_time())
