"""Where connections come from: endpoints, and who is at the other end."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import socket
import ssl
from collections.abc import Callable
from typing import Any, NoReturn

import attrs
import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.policy.binds import plain_address
from otpblue_trio.policy.types import IpAddress

__all__ = [
    "Endpoint",
    "ListenError",
    "Peer",
    "accept_from",
    "format_address",
    "open_listeners",
    "peer_of",
]

_logger = logging.getLogger(__name__)

_CAPACITY_ERRORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})
_RETRY_PERIOD = 0.1
"""Seconds to the next attempt when the system has no room for another connection."""

_MOST_AT_ONCE = 16
"""Connections accepted before other tasks get their turn."""

_UNKNOWN_ADDRESS = ipaddress.IPv4Address(0)


@attrs.frozen
class Peer:
    """The other end of a connection."""

    address: IpAddress
    port: int = 0
    text: str = attrs.field(init=False, eq=False, repr=False)
    """`192.0.2.1:40000`, `[2001:db8::1]:40000`."""

    @text.default
    def _text(self) -> str:
        return format_address(str(self.address), self.port)


@attrs.frozen
class Endpoint:
    """A listener with what its connections are to be treated as."""

    kind: str
    """`tls`, `plain` or a word of the embedder's own."""
    address: str
    """`host:port`, the real port."""
    listener: trio.abc.Listener[trio.abc.Stream]
    tls: Callable[[], ssl.SSLContext] | None = None
    """Gives the context for each new connection, so that a certificate can be replaced."""


class ListenError(OtpBlueError):
    """An address cannot be listened on."""


def format_address(host: str, port: int) -> str:
    """Return `host:port`, IPv6 hosts in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def open_listeners(host: str, port: int) -> list[tuple[str, trio.SocketListener]]:
    """Listen on every address that `host` stands for.

    Args:
      host: an IP address, a name, or `::` and `0.0.0.0` for all of a family.
      port: 0 takes a free one.

    Returns:
      Real addresses and listeners; none when `host` is `::` and the machine has no IPv6.

    Raises:
      ListenError: anything else that is in the way, said in words.
    """
    try:
        listeners = await trio.open_tcp_listeners(port, host=host, backlog=1024)
    except OSError as error:
        no_family = error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
        if host == "::" and no_family:
            return []
        reason = error.strerror or str(error)
        msg = f"cannot listen on {format_address(host, port)}: {reason}"
        raise ListenError(msg) from error
    return [(_address_of(listener.socket.getsockname()), listener) for listener in listeners]


async def accept_from(
    listener: trio.abc.Listener[trio.abc.Stream], take: Callable[[trio.abc.Stream, Peer], None]
) -> NoReturn:
    """Accept connections until cancelled; while the system has no room for more, they wait.

    `trio.serve_listeners` does the same, but takes some rounds of the event loop more for each; see
    `streams`.

    Args:
      listener: is closed in the end.
      take: starts a task that closes the stream in any case; is told who is at the other end.

    Raises:
      OSError: the listener does not work any more.
      trio.ClosedResourceError: it is closed.
    """
    async with listener:
        if isinstance(listener, trio.SocketListener):
            with socket.socket(fileno=os.dup(listener.socket.fileno())) as listening:
                listening.setblocking(False)
                while True:
                    await trio.lowlevel.wait_readable(listener.socket)
                    if not _accept_waiting(listening, take):
                        await _accept_next(listener, take)
        while True:
            await _accept_next(listener, take)


def _accept_waiting(
    listening: socket.socket, take: Callable[[trio.abc.Stream, Peer], None]
) -> bool:
    """Accept who is there; False: there is trouble, which is for Trio to judge."""
    for _ in range(_MOST_AT_ONCE):
        try:
            accepted, name = listening.accept()
        except BlockingIOError:
            break
        except OSError:
            return False
        take(trio.SocketStream(trio.socket.from_stdlib_socket(accepted)), _peer_named(name))
    return True


async def _accept_next(
    listener: trio.abc.Listener[trio.abc.Stream], take: Callable[[trio.abc.Stream, Peer], None]
) -> None:
    try:
        stream = await listener.accept()
    except OSError as error:
        if error.errno not in _CAPACITY_ERRORS:
            raise
        reason = os.strerror(error.errno)
        _logger.exception("cannot accept connections: %s; still trying", reason)
        await trio.sleep(_RETRY_PERIOD)
    else:
        take(stream, peer_of(stream))


def _address_of(name: Any) -> str:
    return format_address(name[0], name[1])


def peer_of(stream: trio.abc.Stream) -> Peer:
    """Return who is at the other end of an accepted stream.

    Memory streams may carry an attribute `peer`; a stream that tells nothing is `0.0.0.0:0`.
    """
    peer = getattr(stream, "peer", None)
    if isinstance(peer, Peer):
        return peer
    if isinstance(stream, trio.SocketStream):
        try:
            name = stream.socket.getpeername()
        except OSError:  # reset before we looked
            return Peer(_UNKNOWN_ADDRESS)
        return _peer_named(name)
    return Peer(_UNKNOWN_ADDRESS)


# Any: an address family's own.
def _peer_named(name: Any) -> Peer:
    if not isinstance(name, tuple):  # a socket in the file system
        return Peer(_UNKNOWN_ADDRESS)
    host, port, *ipv6 = name
    if ipv6:
        return Peer(plain_address(ipaddress.IPv6Address(host.partition("%")[0])), port)
    # From octets: parsing the text in Python takes as long as the rest of this.
    return Peer(ipaddress.IPv4Address(socket.inet_aton(host)), port)
