"""One connection to the platform: it carries one request at a time.

    connecting --> established: resting <--> carrying an exchange --> closed

A connection acts only when it is told to (`start`, `close`) or when its socket is ready
(`on_ready`), and tells its owner what came of it. It never waits and never calls anything else.

What matters most here is `Exchange.is_sent`. It becomes true the moment the kernel has taken one
octet that belongs to the request, and from then on nobody may send that request again. For the same
reason an answer counts only while a request is out: octets that arrive on a resting connection end
it, whatever they say, so that they cannot be taken for the answer to the next request.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
from typing import TYPE_CHECKING, Protocol

from otpblue_trio.upstream.http_answer import AnswerError, AnswerReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otpblue_trio.readiness import ReadySet
    from otpblue_trio.upstream.http_addresses import Address
    from otpblue_trio.upstream.seam import Done

__all__ = ["READING", "READ_OCTETS", "Connection", "Exchange", "Owner", "reason_of"]

READ_OCTETS = 16_384
_PEER_ENDED = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
READING = select.EPOLLIN | select.EPOLLRDHUP


class Exchange:
    """One request on its way to one outcome."""

    __slots__ = ("connection", "deadline", "done", "is_sent", "octets")

    def __init__(self, octets: bytes, deadline: float, done: Done) -> None:
        self.octets = octets
        """The whole request; none once it `is_sent`."""
        self.deadline = deadline
        """Trio time after which nobody waits for the answer."""
        self.done = done
        self.connection: Connection | None = None
        """What carries it; None while it waits for a connection."""
        self.is_sent = False
        """True once an octet of it may have left: it is never sent again."""


class Owner(Protocol):
    """Who is told what happens on a connection."""

    ready_set: ReadySet
    """Watches the connections' sockets."""

    def established(self, connection: Connection, /) -> None:
        """It can carry a request now."""

    def unreachable(self, connection: Connection, detail: str, /) -> None:
        """It closed before it was established."""

    def answered(self, connection: Connection, exchange: Exchange, reader: AnswerReader, /) -> None:
        """The exchange has a whole answer and the connection is free.

        It stays open exactly when `reader.is_reusable`.
        """

    def failed(
        self, connection: Connection, exchange: Exchange, status: int, error: AnswerError, /
    ) -> None:
        """The answer to the exchange was none; the connection is closed.

        `status` is the HTTP status if the answer came that far, else 0.
        """

    def lost(self, connection: Connection, exchange: Exchange | None, detail: str, /) -> None:
        """It closed, with this exchange unanswered or while resting."""


class Connection:
    """A plain TCP connection, and what it shares with one over TLS.

    Constructing it begins to connect.

    Args:
      owner: is told what happens.
      address: where to connect.
      fallbacks: addresses that the owner may try when this one cannot be reached.
      now: Trio time.

    Raises:
      OSError: the attempt failed at once; nothing is left behind.
    """

    def __init__(
        self,
        owner: Owner,
        address: Address,
        fallbacks: Sequence[Address],
        now: float,
    ) -> None:
        self._owner = owner
        self._ready_set = owner.ready_set
        self.address = address
        self.fallbacks = fallbacks
        self.since = now
        """When the present phase (connecting, resting) began; the owner keeps it."""
        self.opened_at = now
        self.exchange: Exchange | None = None
        self.is_established = False
        self.is_closed = False
        self.is_fresh = True
        """False once it rested or carried a request: its end is then an ordinary event."""
        self._reader = AnswerReader()
        self._unsent = b""
        self._has_ended = False
        self._broken = ""
        """Why nothing can be read behind the octets that `_receive` gave last."""
        self._socket = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            error = self._socket.connect_ex(address.socket_address)
            if error not in (0, errno.EINPROGRESS):
                raise OSError(error, os.strerror(error))
            self._ready_set.add(self._socket.fileno(), select.EPOLLOUT, self)
        except OSError:
            self._socket.close()
            raise
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def start(self, exchange: Exchange) -> bool:
        """Send a request; the outcome comes through the owner.

        Returns:
          False when the connection turned out dead before it took an octet: it is closed, the owner
          is not told, and the exchange may go elsewhere.
        """
        self.exchange = exchange
        exchange.connection = self
        self._reader.begin()
        try:
            self._transmit(self._seal(exchange.octets))
        except OSError:
            self.close()
            return False
        return True

    def is_fit(self) -> bool:
        """Look whether an established connection can carry a request at this moment.

        What came unasked is read now: the end of the stream or octets of an answer close it (the
        owner is told), what TLS keeps to itself does not.
        """
        # As `look` does; asked for every request.
        if self._poll.poll(0):
            self._take(select.EPOLLIN)
        return not self.is_closed

    def look(self) -> None:
        """Read what is there, without waiting for the turn of an established connection."""
        if self._poll.poll(0):
            self._take(select.EPOLLIN)

    def give_up(self, detail: str) -> None:
        """End an attempt to connect; the owner is told."""
        self.close()
        self._owner.unreachable(self, detail)

    def close(self) -> None:
        """Close the socket, whatever the phase; nobody is told. Closing again does nothing.

        From then on it carries no exchange, and the two do not keep each other alive.
        """
        if not self.is_closed:
            self.is_closed = True
            self._ready_set.remove(self._socket.fileno())
            self._socket.close()
            self._reader.end()
            exchange, self.exchange = self.exchange, None
            if exchange is not None:
                exchange.connection = None

    def on_ready(self, flags: int) -> None:
        """Do what the socket is ready for."""
        if not self.is_established:
            self._advance()
            return
        if flags & select.EPOLLOUT:
            try:
                self._flush()
            except OSError as error:
                self._lose(reason_of(error))
                return
        if flags & ~select.EPOLLOUT:
            self._take(flags)

    def _take(self, flags: int) -> None:
        """Read what there is and see what it means."""
        try:
            octets = self._receive()
        except OSError as error:
            self._lose(reason_of(error))
            return
        if octets is None:
            return
        exchange = self.exchange
        if exchange is None or not exchange.is_sent:
            self._lose("octets that nobody asked for" if octets else "closed by the platform")
            return
        reader = self._reader
        try:
            is_whole = reader.feed(octets) if octets else False
            if self._has_ended and not is_whole:
                is_whole = reader.finish()
        except AnswerError as error:
            self.exchange = None
            self.close()
            self._owner.failed(self, exchange, reader.status, error)
            return
        if is_whole:
            self.exchange = None
            self.is_fresh = False
            # An answer that came before the request was out, or together with the end.
            if self._unsent or self._has_ended or self._broken or flags & _PEER_ENDED:
                reader.is_reusable = False
            if not reader.is_reusable:
                self.close()
            self._owner.answered(self, exchange, reader)
        elif self._broken:
            self._lose(self._broken)
        elif self._has_ended:
            self._lose("closed in the middle of an answer" if reader.status else "no answer")

    def _lose(self, detail: str) -> None:
        exchange = self.exchange
        self.close()
        self._owner.lost(self, exchange, detail)

    def _transmit(self, octets: bytes) -> None:
        """Give octets to the kernel; what it does not take waits for the socket.

        Raises:
          OSError: the socket is dead and took none of these octets.
        """
        if self._unsent:
            self._unsent += octets
            return
        try:
            count = self._socket.send(octets)
        except BlockingIOError:
            count = 0
        exchange = self.exchange
        if count and exchange is not None:
            exchange.is_sent = True
            # Never sent again, so not kept: thousands may wait for their answers.
            exchange.octets = b""
        if count < len(octets):
            self._unsent = octets[count:]
            self._ready_set.change(self._socket.fileno(), READING | select.EPOLLOUT)

    def _flush(self) -> None:
        octets, self._unsent = self._unsent, b""
        self._transmit(octets)
        if not self._unsent:
            self._ready_set.change(self._socket.fileno(), READING)

    # What differs with TLS.

    def _advance(self) -> None:
        """Go on with connecting, as far as the socket is ready for it."""
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.give_up(os.strerror(error))
            return
        self._ready_set.change(self._socket.fileno(), READING)
        self.is_established = True
        self._owner.established(self)

    def _seal(self, octets: bytes) -> bytes:
        """Return what goes out for these octets of a request."""
        return octets

    def _receive(self) -> bytes | None:
        """Read octets of an answer: none yet (None), or the end of the stream (empty).

        `_has_ended` is set when nothing comes after these.

        Raises:
          OSError: the connection is broken.
        """
        try:
            octets = self._socket.recv(READ_OCTETS)
        except BlockingIOError:
            return None
        self._has_ended = not octets
        return octets


def reason_of(error: OSError) -> str:
    """Return a short reason for the log; system errors and TLS errors alike."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or 'closed by the platform'}"
    return error.strerror or type(error).__name__
