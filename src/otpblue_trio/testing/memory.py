"""Connections without a network: a listener whose streams live in memory."""

from __future__ import annotations

import contextlib
import ipaddress
import math
from typing import TYPE_CHECKING

import trio
import trio.testing

from otpblue_trio.runtime import Peer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MemoryListener", "MemoryStream"]


class MemoryStream(trio.abc.HalfCloseableStream):
    """One end of a connection in memory that knows who is at the other end.

    Attributes:
      peer: what the gateway takes for the client's address.
    """

    def __init__(self, halves: trio.abc.HalfCloseableStream, peer: Peer) -> None:
        self._halves = halves
        self.peer = peer

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send; waits only while another task sends."""
        await self._halves.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Return at once."""
        await self._halves.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """Receive what has been sent; empty at the end."""
        return await self._halves.receive_some(max_bytes)

    async def send_eof(self) -> None:
        """Say that nothing more will be sent."""
        await self._halves.send_eof()

    async def aclose(self) -> None:
        """Close both directions."""
        await self._halves.aclose()


class MemoryListener(trio.abc.Listener[MemoryStream]):
    """A listener for `otpblue_trio.runtime.Endpoint`; `connect` makes the connections.

    Args:
      stalling: True makes a stream on which each side's send waits until the other side has read,
        which shows what a peer that never reads does.
    """

    def __init__(self, *, stalling: bool = False) -> None:
        self._new_pair: Callable[
            [], tuple[trio.abc.HalfCloseableStream, trio.abc.HalfCloseableStream]
        ] = trio.testing.lockstep_stream_pair if stalling else trio.testing.memory_stream_pair
        self._backlog_in, self._backlog = trio.open_memory_channel[MemoryStream](math.inf)
        self._next_port = 40_000

    def connect(self, address: str = "192.0.2.1") -> MemoryStream:
        """Connect as a client from this IP address and return the client's end.

        Raises:
          trio.ClosedResourceError: the gateway does not accept any more.
        """
        client, server = self._new_pair()
        peer = Peer(ipaddress.ip_address(address), self._next_port)
        self._next_port += 1
        try:
            self._backlog_in.send_nowait(self._server_end(server, peer))
        except trio.BrokenResourceError:
            raise trio.ClosedResourceError from None
        return MemoryStream(client, peer)

    def _server_end(self, halves: trio.abc.HalfCloseableStream, peer: Peer) -> MemoryStream:
        """Return what the gateway accepts; for listeners that connect in another way."""
        return MemoryStream(halves, peer)

    async def accept(self) -> MemoryStream:
        """Return the next connection's server end."""
        return await self._backlog.receive()

    async def aclose(self) -> None:
        """Accept nothing any more; connections that nobody has accepted are closed."""
        # Shielded: a listener is often closed by cancelling, and memory never blocks.
        with (
            trio.CancelScope(shield=True),
            contextlib.suppress(trio.WouldBlock, trio.ClosedResourceError),
        ):
            while True:
                await self._backlog.receive_nowait().aclose()
        self._backlog.close()
        await trio.lowlevel.checkpoint()
