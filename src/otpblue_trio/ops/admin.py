"""The admin port: health, readiness, metrics and the live feed over HTTP/1.1.

One task serves one connection, request after request, under one deadline for each: it covers the
wait for the request, its reading and the sending of the answer, so neither a silent client nor one
that trickles holds its place for longer. Bodies are never read; a request that has one is answered
and the connection closed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import h11
import trio

from otpblue_trio.ops.admin_http import (
    AdminPages,
    FeedUpgrade,
    encode_answer,
    status_answer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from otpblue_trio.ops.feed import Feed
    from otpblue_trio.ops.metrics import Readiness

__all__ = ["AdminServer"]

_LOG = logging.getLogger("otpblue_trio.ops.admin")
_MAX_HEAD_OCTETS = 8192
_READ_OCTETS = 4096
# How long, and for how many octets, to listen after the last answer: closing with octets unread
# resets the connection, and the reset may overtake the answer.
_LINGER = 1.0
_LINGER_OCTETS = 65536


class AdminServer:
    """Serves the admin port."""

    def __init__(
        self,
        *,
        render_metrics: Callable[[], bytes],
        readiness: Callable[[], Readiness],
        feed: Feed,
        allowed_hosts: Collection[str] = (),
        max_connections: int = 64,
        request_timeout: float = 30.0,
    ) -> None:
        """Name the sources of what is shown, and the limits.

        Args:
          render_metrics: returns the metrics page; called on every scrape.
          readiness: whether binds are accepted.
          feed: the live feed; `serve` runs it.
          allowed_hosts: host names, besides IP addresses and `localhost`, under which browsers may
            open the feed.
          max_connections: at once, feeds included; beyond, 503 and close.
          request_timeout: seconds from the end of one answer to the end of the next.
        """
        self._pages = AdminPages(
            render_metrics=render_metrics,
            readiness=readiness,
            feed_has_room=lambda: feed.has_room,
            allowed_hosts=allowed_hosts,
        )
        self._feed = feed
        self._slots = trio.CapacityLimiter(max_connections)
        self._request_timeout = request_timeout

    async def serve(
        self,
        listeners: Sequence[trio.abc.Listener[trio.abc.Stream]],
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Run the feed and serve connections until cancelled, which ends them all at once.

        Args:
          listeners: the caller's; closed when this ends.
          task_status: started once connections are accepted.
        """
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._feed.run)
            await nursery.start(trio.serve_listeners, self.handle, list(listeners))
            task_status.started()

    async def handle(self, stream: trio.abc.Stream) -> None:
        """Serve one connection to its end and close it; never raises but when cancelled."""
        try:
            self._slots.acquire_nowait()
        except trio.WouldBlock:
            await self._turn_away(stream)
            return
        try:
            await self._converse(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        except Exception:  # the one guard around a connection: a defect ends it and nothing else
            _LOG.exception("admin connection failed")
        finally:
            self._slots.release()
            await trio.aclose_forcefully(stream)

    async def _turn_away(self, stream: trio.abc.Stream) -> None:
        busy = encode_answer(
            h11.Connection(h11.SERVER), status_answer(503), with_body=True, close=True
        )
        try:
            with trio.move_on_after(_LINGER):
                await stream.send_all(busy)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    async def _converse(self, stream: trio.abc.Stream) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_OCTETS)
        while True:
            upgrade: FeedUpgrade | None = None
            with trio.move_on_after(self._request_timeout) as deadline:
                upgrade = await self._exchange(stream, connection)
            if deadline.cancelled_caught:
                return
            if upgrade is not None:
                await self._feed.serve(stream, upgrade.key)
                return
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                await _linger(stream, connection)
                return
            connection.start_next_cycle()

    async def _exchange(
        self, stream: trio.abc.Stream, connection: h11.Connection
    ) -> FeedUpgrade | None:
        """Read one request and answer it; None unless it opens the feed."""
        try:
            request = await _next_request(stream, connection)
            if request is None:
                return None
            # End-of-message is there at once exactly when there is no body to come.
            must_close = not isinstance(connection.next_event(), h11.EndOfMessage)
        except h11.RemoteProtocolError as error:
            answer = status_answer(error.error_status_hint)
            await stream.send_all(encode_answer(connection, answer, with_body=True, close=True))
            return None
        found = self._pages.answer(request)
        if isinstance(found, FeedUpgrade):
            # A client must not send frames before it is answered (RFC 6455, 4.1).
            if not must_close and not connection.trailing_data[0]:
                return found
            found = status_answer(400)
            must_close = True
        await stream.send_all(
            encode_answer(connection, found, with_body=request.method != b"HEAD", close=must_close)
        )
        return None


async def _next_request(stream: trio.abc.Stream, connection: h11.Connection) -> h11.Request | None:
    """Return the next request's head, or None when the client has ended the connection."""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            return None
        connection.receive_data(bytes(await stream.receive_some(_READ_OCTETS)))


async def _linger(stream: trio.abc.Stream, connection: h11.Connection) -> None:
    """Let the last answer arrive before the stream is closed, for a short while."""
    if connection.their_state is h11.CLOSED:
        return
    with trio.move_on_after(_LINGER):
        if isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
        left = _LINGER_OCTETS
        while left > 0 and (octets := await stream.receive_some(_READ_OCTETS)):
            left -= len(octets)
