"""The live feed: the main counts once a second, to every WebSocket that asked for them.

A tick is rendered once, however many watch, and not at all when nobody does. A watcher that reads
too slowly has one tick waiting; the ticks that find it still waiting are dropped, and after
`max_missed` of them in a row the connection is closed. So a stalled browser costs one tick's memory
and, in the end, nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_server_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Feed", "ReplayStream"]

_MAX_CLIENT_MESSAGE_OCTETS = 1024


class ReplayStream(trio.abc.Stream):
    """A stream whose first octets have been read already and are read again."""

    def __init__(self, stream: trio.abc.Stream, octets: bytes) -> None:
        """Put `octets` before whatever `stream` has yet to deliver."""
        self._stream = stream
        self._octets = octets

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Return the kept octets first; otherwise as the wrapped stream does."""
        if not self._octets:
            return await self._stream.receive_some(max_bytes)
        await trio.lowlevel.checkpoint()
        kept = len(self._octets) if max_bytes is None else max_bytes
        octets, self._octets = self._octets[:kept], self._octets[kept:]
        return octets

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send through the wrapped stream."""
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait for the wrapped stream."""
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the wrapped stream."""
        await self._stream.aclose()


class _Seat:
    """One watcher: at most one tick waiting."""

    def __init__(self, scope: trio.CancelScope, max_missed: int) -> None:
        self._scope = scope
        self._max_missed = max_missed
        self._missed = 0
        self._send, self.ticks = trio.open_memory_channel[str](1)

    def offer(self, tick: str) -> None:
        """Hand over a tick, or count it as missed."""
        try:
            self._send.send_nowait(tick)
        except trio.WouldBlock:
            self._missed += 1
            if self._missed >= self._max_missed:
                self._scope.cancel()
        else:
            self._missed = 0


class Feed:
    """Renders the ticks and hands them to the watchers; `run` must be running."""

    def __init__(
        self,
        snapshot: Callable[[], Mapping[str, object]],
        *,
        interval: float = 1.0,
        max_clients: int = 16,
        max_missed: int = 10,
    ) -> None:
        """Make a feed that nobody watches.

        Args:
          snapshot: returns what to show, as values that JSON can hold.
          interval: seconds between two ticks.
          max_clients: watchers at once.
          max_missed: ticks in a row that a watcher may miss before it is closed.
        """
        self._snapshot = snapshot
        self._interval = interval
        self._max_clients = max_clients
        self._max_missed = max_missed
        self._seats: set[_Seat] = set()

    @property
    def clients(self) -> int:
        """Watchers now."""
        return len(self._seats)

    @property
    def has_room(self) -> bool:
        """True while one more may watch."""
        return len(self._seats) < self._max_clients

    async def run(self) -> None:
        """Send the ticks, until cancelled; cancelling loses nothing but ticks."""
        while True:
            await trio.sleep(self._interval)
            if self._seats:
                tick = orjson.dumps(self._snapshot(), option=orjson.OPT_NON_STR_KEYS).decode()
                for seat in self._seats:
                    seat.offer(tick)

    async def serve(self, stream: trio.abc.Stream, key: bytes) -> None:
        """Open the WebSocket on a stream and send it every tick until it ends.

        What the watcher says is dropped. The caller closes the stream afterwards, whichever way
        this ends; cancelling is safe at any time.

        Args:
          stream: one whose request head has been read and found sound.
          key: its Sec-WebSocket-Key.
        """
        # The handshake is written anew from the one header that matters, so the WebSocket library
        # meets nothing that it could choke on.
        head = (
            b"GET /feed HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket"
            b"\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        )
        with trio.CancelScope() as scope:
            seat = _Seat(scope, self._max_missed)
            self._seats.add(seat)
            try:
                async with trio.open_nursery() as nursery:
                    request = await wrap_server_stream(
                        nursery,
                        ReplayStream(stream, head),
                        max_message_size=_MAX_CLIENT_MESSAGE_OCTETS,
                    )
                    websocket = await request.accept()
                    nursery.start_soon(_send_ticks, websocket, seat)
                    await _discard_messages(websocket)
                    nursery.cancel_scope.cancel()
            except* (ConnectionClosed, trio.BrokenResourceError, trio.ClosedResourceError):
                pass
            finally:
                self._seats.discard(seat)


async def _send_ticks(websocket: WebSocketConnection, seat: _Seat) -> None:
    async for tick in seat.ticks:
        await websocket.send_message(tick)


async def _discard_messages(websocket: WebSocketConnection) -> None:
    """Read until the WebSocket is closed; unread messages would stop it from seeing the end."""
    try:
        while True:
            await websocket.get_message()
    except ConnectionClosed:
        pass
