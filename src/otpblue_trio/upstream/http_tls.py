"""TLS towards the platform.

A connection speaks TLS in memory (`ssl.SSLObject` between two `ssl.MemoryBIO`) and writes the
result to the socket itself, because only then is it known whether an octet of a request got out.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

from otpblue_trio.upstream.http_connection import READ_OCTETS, READING, Connection, reason_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from otpblue_trio.upstream.http_addresses import Address
    from otpblue_trio.upstream.http_connection import Owner

__all__ = ["RecordBoundaries", "TlsClient", "TlsConnection", "make_ssl_context"]

_RECORD_HEAD = 5
"""Octets before the content of a record; the last two of them are its length."""


def make_ssl_context(ca_file: str | None) -> ssl.SSLContext:
    """Return a client context: TLS 1.2 or newer, certificate and host name are verified.

    Args:
      ca_file: a PEM file of the only authorities to trust; None or empty: the system's.

    Raises:
      OSError: the file cannot be read, or holds no certificate (`ssl.SSLError`).
    """
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # With it, as Python 3.11.2 has it, an answer that somebody cut short would count as whole.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    context.set_alpn_protocols(["http/1.1"])
    return context


class TlsClient:
    """Makes TLS channels to one host and lets later ones resume the session of earlier ones.

    Args:
      context: verifies the peer.
      host: name or address that the certificate must carry; a name is also sent as SNI.
    """

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        self._context = context
        self._host = host
        self._session: ssl.SSLSession | None = None

    def open_channel(self, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO) -> ssl.SSLObject:
        """Return a channel that reads ciphertext from `incoming` and writes it to `outgoing`."""
        return self._context.wrap_bio(
            incoming, outgoing, server_hostname=self._host, session=self._session
        )

    def remember(self, channel: ssl.SSLObject) -> None:
        """Keep the channel's session; TLS 1.3 has one only after the first octets were read."""
        session = channel.session
        if session is not None and session.has_ticket:
            self._session = session


class RecordBoundaries:
    """Follows where the records of a stream end (RFC 8446, 5.1), which OpenSSL does not tell."""

    __slots__ = ("_head", "_missing")

    def __init__(self) -> None:
        self._head = b""
        """Of a record whose length is not known yet."""
        self._missing = 0
        """Octets of a record that has begun."""

    @property
    def are_whole(self) -> bool:
        """True while no record has begun that has not ended."""
        return not (self._head or self._missing)

    def follow(self, octets: bytes) -> None:
        """Take the next octets of the stream."""
        octets = self._head + octets
        end = self._missing
        while end + _RECORD_HEAD <= len(octets):
            end += _RECORD_HEAD + int.from_bytes(octets[end + 3 : end + 5], "big")
        self._head = octets[end:]
        self._missing = max(end - len(octets), 0)


class TlsConnection(Connection):
    """A connection over TLS; established once the handshake is done.

    Args:
      tls: makes the channel.
      owner: and the others, see `Connection`.
    """

    def __init__(
        self,
        tls: TlsClient,
        owner: Owner,
        address: Address,
        fallbacks: Sequence[Address],
        now: float,
    ) -> None:
        self._tls = tls
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._channel = tls.open_channel(self._incoming, self._outgoing)
        self._records = RecordBoundaries()
        self._is_remembered = False
        self._is_tcp_established = False
        super().__init__(owner, address, fallbacks, now)

    def look(self) -> None:
        """Read what is there, in the socket or behind it."""
        super().look()
        if self._incoming.pending and not self.is_closed:
            self._take(select.EPOLLIN)

    def is_fit(self) -> bool:
        """Look whether it can carry a request, as `Connection` says.

        A record that has begun and not ended may hold octets of an answer, which would then be
        taken for the answer to the next request.
        """
        self.look()
        if not (self.is_closed or self._records.are_whole):
            self._lose("octets that nobody asked for")
        return not self.is_closed

    def close(self) -> None:
        """Say goodbye (RFC 8446, 6.1) as far as that takes no waiting, then close the socket."""
        if self.is_established and not self.is_closed and not self._unsent:
            # `unwrap` puts our close_notify out and complains that the peer's is not there.
            with suppress(OSError):
                self._channel.unwrap()
            with suppress(OSError):
                self._socket.send(self._outgoing.read())
        super().close()

    def _advance(self) -> None:
        try:
            self._connect_socket()
            is_done = self._shake_hands()
            speaks_first = is_done and self._speaks_first()
        except OSError as error:
            self.give_up(reason_of(error))
            return
        if speaks_first:
            self.give_up(
                "closed by the platform" if self._has_ended else "octets that nobody asked for"
            )
        elif is_done:
            self.is_established = True
            self._owner.established(self)

    def _connect_socket(self) -> None:
        if not self._is_tcp_established:
            error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            self._is_tcp_established = True
            self._ready_set.change(self._socket.fileno(), READING)
        elif self._unsent:
            self._flush()

    def _shake_hands(self) -> bool:
        self._feed()
        try:
            self._channel.do_handshake()
        except ssl.SSLWantReadError:
            self._drain()
            return False
        except ssl.SSLError:
            # The alert that tells the peer why.
            with suppress(OSError):
                self._drain()
            raise
        self._drain()
        return True

    def _speaks_first(self) -> bool:
        """Tell whether there are octets of an answer before there was a request."""
        if self._incoming.pending and self._receive() is not None:
            return True
        return not self._records.are_whole

    def _seal(self, octets: bytes) -> bytes:
        self._channel.write(octets)
        return self._outgoing.read()

    def _receive(self) -> bytes | None:
        if not self._feed() and not self._incoming.pending:
            return None
        channel, incoming = self._channel, self._incoming
        octets = b""
        try:
            # Reading when there is nothing costs an exception, so look first.
            while incoming.pending or not octets:
                piece = channel.read(READ_OCTETS)
                if not piece:
                    self._has_ended = True
                    return octets
                octets += piece
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            # A whole answer counts, whatever follows it.
            if not octets:
                raise
            self._broken = reason_of(error)
        if self._outgoing.pending:
            # What was read counts, even if the peer no longer listens.
            with suppress(OSError):
                self._drain()
        if not octets:
            return None
        if not self._is_remembered:
            self._is_remembered = True
            self._tls.remember(channel)
        return octets

    def _feed(self) -> bool:
        """Move what the socket has to the channel; False when it has nothing now."""
        try:
            octets = self._socket.recv(READ_OCTETS)
        except BlockingIOError:
            return False
        if octets:
            self._incoming.write(octets)
            self._records.follow(octets)
        else:
            self._incoming.write_eof()
        return True

    def _drain(self) -> None:
        """Send what the channel itself has to say: handshakes, alerts, key updates."""
        if self._outgoing.pending:
            self._transmit(self._outgoing.read())
