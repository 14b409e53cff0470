"""What a stream can do at once where it is a socket's.

Trio's own calls let other tasks run even if there is nothing to wait for, which is a round of the
event loop; for a connection that binds and unbinds it adds up to a tenth.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import termios

import trio

__all__ = [
    "close_now",
    "end_directly",
    "linger",
    "receive_first",
    "send_all",
    "socket_descriptor",
    "unsent_octets",
]

_READ_OCTETS = 65536


def socket_descriptor(stream: trio.abc.Stream) -> int | None:
    """Return the descriptor of a stream that is a socket's, else None."""
    return stream.socket.fileno() if isinstance(stream, trio.SocketStream) else None


def unsent_octets(stream: trio.abc.Stream) -> int:
    """Return how much of what was sent the peer's system has not taken; 0 where nobody knows."""
    descriptor = socket_descriptor(stream)
    if descriptor is None or descriptor < 0:
        return 0
    try:
        octets = fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    return int.from_bytes(octets, sys.byteorder)


async def send_all(stream: trio.abc.Stream, octets: bytes) -> None:
    """Send octets, see `trio.abc.SendStream.send_all`.

    Raises:
      trio.BrokenResourceError: the stream broke.
    """
    descriptor = socket_descriptor(stream)
    if descriptor is not None:
        try:
            octets = octets[os.write(descriptor, octets) :]
        except BlockingIOError:
            pass
        except OSError as error:
            raise trio.BrokenResourceError from error
        if not octets:
            return
    await stream.send_all(octets)


async def receive_first(stream: trio.abc.Stream) -> bytes:
    """Receive what comes first on a stream, see `trio.abc.ReceiveStream.receive_some`.

    Not for reading on: a peer that never stops would keep all tasks from running.

    Raises:
      trio.BrokenResourceError: the stream broke.
    """
    descriptor = socket_descriptor(stream)
    if descriptor is None:
        return bytes(await stream.receive_some(_READ_OCTETS))
    while True:
        try:
            return os.read(descriptor, _READ_OCTETS)
        except BlockingIOError:
            await trio.lowlevel.wait_readable(descriptor)
        except OSError as error:
            raise trio.BrokenResourceError from error


def end_directly(stream: trio.abc.Stream, goodbye: bytes) -> bool:
    """Say that this is the end, as `linger` does, where that takes no waiting.

    Returns:
      False: this stream wants to be waited for, or the peer is gone.
    """
    if not isinstance(stream, trio.SocketStream):
        return False
    try:
        if goodbye:
            os.write(stream.socket.fileno(), goodbye)
        stream.socket.shutdown(socket.SHUT_WR)
    except OSError:
        return False
    return True


async def linger(stream: trio.abc.Stream, goodbye: bytes) -> None:
    """Say that this is the end, and read what still comes until the peer closes as well.

    Args:
      stream: under TLS if there is any.
      goodbye: what TLS says for this.

    A socket closed while octets arrive resets the connection, and a reset can destroy our last
    answer on its way to the peer's eyes.
    """
    try:
        if goodbye:
            await send_all(stream, goodbye)
        if isinstance(stream, trio.SocketStream):
            # The same without a checkpoint, which would be a round of the event loop.
            stream.socket.shutdown(socket.SHUT_WR)
        elif isinstance(stream, trio.abc.HalfCloseableStream):
            await stream.send_eof()
        while await stream.receive_some(_READ_OCTETS):
            pass
    except (trio.BrokenResourceError, trio.ClosedResourceError, OSError):
        return


async def close_now(stream: trio.abc.Stream) -> None:
    """Close a stream without waiting for anything, perhaps again; cancelling changes nothing."""
    if isinstance(stream, trio.SocketStream):
        # The same without a cancel scope, a round of the event loop and an exception.
        stream.socket.close()
    else:
        await trio.aclose_forcefully(stream)
