"""The writing half of a connection: one task that sends whatever the session has queued.

Everybody else appends to the session's outgoing data and calls `wake`; the task then sends all
there is in one call, so a thousand answers that came together cost one write. Whoever waits for
the queue to empty, or for what its emptying brings about, waits for `progress`.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

import trio

from otpblue_trio.runtime.observer import CloseReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.session import SmppSession

__all__ = ["SessionWriter", "linger"]

_READ_OCTETS = 65536


class SessionWriter:
    """Sends what one session queues. Owned by its connection.

    Args:
      session: queues.
      stream: takes what is queued; may be replaced before the first octet.
      timeout: seconds that one send may take.
      on_lost: told the reason when the peer takes nothing any more.

    Attributes:
      stream: as given; the connection puts TLS around it.
    """

    def __init__(
        self,
        session: SmppSession,
        stream: trio.abc.Stream,
        *,
        timeout: float,
        on_lost: Callable[[CloseReason], None],
    ) -> None:
        self.stream = stream
        self._session = session
        self._timeout = timeout
        self._on_lost = on_lost
        self._work = trio.Event()
        self._progress = trio.Event()
        self._is_woken = False
        self._is_sending = False

    def wake(self) -> None:
        """Say that something is queued."""
        if not self._is_woken:
            self._is_woken = True
            self._work.set()

    def tell(self) -> None:
        """Wake everybody who waits for `progress`."""
        self._progress.set()
        self._progress = trio.Event()

    async def progress(self) -> None:
        """Return when everything queued by now is sent, or something else worth a look happened."""
        await self._progress.wait()

    async def flush(self) -> None:
        """Return when nothing is queued and nothing is being sent."""
        while self._session.outgoing_octets or self._is_sending:
            self.wake()
            await self._progress.wait()

    def abandon(self) -> None:
        """Drop what is queued: nobody takes it."""
        self._session.abandon()
        self._is_sending = False
        self.tell()

    async def run(self, *, on_sent: Callable[[], None]) -> None:
        """Send until cancelled, or until the peer is lost.

        Args:
          on_sent: called whenever the queue has become empty.
        """
        session = self._session
        with trio.CancelScope() as scope:
            while True:
                await self._work.wait()
                self._work = trio.Event()
                self._is_woken = False
                while octets := session.data_to_send():
                    # One scope for all sends, its deadline moved: cheaper than a scope for each.
                    scope.deadline = trio.current_time() + self._timeout
                    self._is_sending = True
                    try:
                        await self.stream.send_all(octets)
                    except (trio.BrokenResourceError, trio.ClosedResourceError):
                        self._on_lost(CloseReason.PEER_RESET)
                        return
                    self._is_sending = False
                scope.deadline = math.inf
                self.tell()
                on_sent()
        if scope.cancelled_caught:
            self._on_lost(CloseReason.WRITE_TIMEOUT)


async def linger(stream: trio.abc.Stream) -> None:
    """Say that this is the end, and read what still comes until the peer closes as well.

    A socket closed while octets arrive resets the connection, and a reset can destroy our last
    answer on its way to the peer's eyes.
    """
    try:
        if isinstance(stream, trio.SSLStream):
            transport = stream.transport_stream
            # A peer that closes without TLS's own goodbye has closed all the same.
            with contextlib.suppress(trio.BrokenResourceError):
                await stream.unwrap()
            stream = transport
        if isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
        while await stream.receive_some(_READ_OCTETS):
            pass
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        return
