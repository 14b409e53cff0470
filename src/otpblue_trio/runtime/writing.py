"""The writing half of a connection: one task that sends whatever the session has queued.

Everybody else appends to the session's outgoing data and calls `wake`; the task then sends all
there is in one call, so a thousand answers that came together cost one write. Whoever waits for
the queue to empty, or for what its emptying brings about, waits for `progress`.

Octets that go to a socket need no task: the pump (`pump`) gives them straight to the kernel, as
long as that takes everything at once. The task begins when there is a rest to wait for, or another
kind of stream. TLS is put on right before either.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

import trio

from otpblue_trio.runtime.observer import CloseReason
from otpblue_trio.runtime.tls_channel import TlsFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.runtime.pump import SocketPump
    from otpblue_trio.runtime.tls_channel import TlsChannel
    from otpblue_trio.session import SmppSession

__all__ = ["SessionWriter"]


class SessionWriter:
    """Sends what one session queues. Owned by its connection.

    Args:
      session: queues.
      stream: takes what is queued.
      timeout: seconds that one send may take.
      on_lost: told the reason when the peer takes nothing any more.
      on_sent: called whenever the queue has become empty.
      pump: writes for this writer while there is a `descriptor`.

    Attributes:
      channel: puts TLS on what is queued; None: there is none, or not yet.
      descriptor: of the socket that takes what is queued; None: there is none, or no more.
      has_task: the task was started.
      spawn: starts the task once it is needed; None: it runs, or there is nobody left to write for.
    """

    def __init__(
        self,
        session: SmppSession,
        stream: trio.abc.Stream,
        *,
        timeout: float,
        on_lost: Callable[[CloseReason], None],
        on_sent: Callable[[], None],
        pump: SocketPump | None,
    ) -> None:
        self._stream = stream
        self.channel: TlsChannel | None = None
        self.descriptor: int | None = None
        self.has_task = False
        self.spawn: Callable[[], None] | None = None
        self._pump = pump
        self._session = session
        self._timeout = timeout
        self._on_lost = on_lost
        self._on_sent = on_sent
        self._work = trio.Event()
        self._progress: trio.Event | None = None
        """Not before somebody waits for it."""
        self._is_woken = False
        self._is_sending = False
        self._rest = b""
        self._error: Exception | None = None

    def wake(self) -> None:
        """Say that something is queued."""
        if not self._is_woken:
            self._is_woken = True
            if self.descriptor is not None and self._pump is not None:
                self._pump.flush_soon(self)
            else:
                self._wake_task()

    def _wake_task(self) -> None:
        self._work.set()
        spawn, self.spawn = self.spawn, None
        if spawn is not None:
            self.has_task = True
            spawn()

    def tell(self) -> None:
        """Wake everybody who waits for `progress`."""
        if self._progress is not None:
            self._progress.set()
            self._progress = None

    async def progress(self) -> None:
        """Return when everything queued by now is sent, or something else worth a look happened."""
        if self._progress is None:
            self._progress = trio.Event()
        await self._progress.wait()

    async def flush(self) -> None:
        """Return when nothing is queued and nothing is being sent."""
        self.try_flush()
        while self.is_busy:
            self.wake()
            await self.progress()

    def try_flush(self) -> None:
        """Send what is queued, as far as that can be done without waiting."""
        if self.descriptor is not None and not self._is_sending:
            self.send_now()

    @property
    def outgoing_octets(self) -> int:
        """What the peer owes us the reading of, as far as it is not with the kernel."""
        channel = self.channel
        return self._session.outgoing_octets + (channel.outgoing_octets if channel else 0)

    @property
    def is_busy(self) -> bool:
        """True while something is queued or being sent."""
        return bool(self._session.outgoing_octets) or self._is_sending

    def abandon(self) -> None:
        """Drop what is queued: nobody takes it."""
        self._session.abandon()
        self._rest = b""
        self._is_sending = False
        self.tell()

    def send_now(self) -> None:
        """Give what is queued to the socket without waiting; the task sends what it leaves."""
        descriptor = self.descriptor
        if descriptor is None or self._is_sending:
            # The task sends, and goes on until nothing is queued.
            self._wake_task()
            return
        self._is_woken = False
        try:
            octets = self._next_octets()
        except TlsFailure:
            self._on_lost(CloseReason.PEER_RESET)
            return
        if octets:
            try:
                count = os.write(descriptor, octets)
            except BlockingIOError:
                count = 0
            except OSError:
                self._on_lost(CloseReason.PEER_RESET)
                return
            if count < len(octets):
                self._rest = octets[count:]
                self._is_sending = True
                self._wake_task()
                return
        self.tell()
        self._on_sent()

    def _next_octets(self) -> bytes:
        """Return what is queued, as it goes to the stream.

        Raises:
          TlsFailure: TLS takes nothing more.
        """
        octets = self._session.data_to_send()
        return self.channel.seal(octets) if self.channel is not None else octets

    def fail(self, error: Exception) -> None:
        """Let the task raise an accident that happened elsewhere: it is this connection's own."""
        self._error = error
        self._wake_task()

    def detach(self) -> None:
        """Write no more: the connection is about to close."""
        self.descriptor = None
        self.spawn = None

    async def run(self) -> None:
        """Send until cancelled, or until the peer is lost.

        Raises:
          Exception: what `fail` was given.
        """
        with trio.CancelScope() as scope:
            while True:
                await self._work.wait()
                self._work = trio.Event()
                self._is_woken = False
                if self._error is not None:
                    raise self._error
                try:
                    while octets := self._rest or self._next_octets():
                        self._rest = b""
                        # One scope for all sends, its deadline moved: cheaper than one for each.
                        scope.deadline = trio.current_time() + self._timeout
                        self._is_sending = True
                        await self._stream.send_all(octets)
                        self._is_sending = False
                except (trio.BrokenResourceError, trio.ClosedResourceError, TlsFailure):
                    self._on_lost(CloseReason.PEER_RESET)
                    return
                scope.deadline = math.inf
                self.tell()
                self._on_sent()
        if scope.cancelled_caught:
            self._on_lost(CloseReason.WRITE_TIMEOUT)
