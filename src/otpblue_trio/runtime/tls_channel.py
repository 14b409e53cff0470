"""TLS between the stream and the session: octets in, octets out.

`trio.SSLStream` wants a task for each direction of each session, and so keeps TLS away from what
is done for many sessions at once (`pump`). Here OpenSSL works on memory (`ssl.SSLObject` between
two `ssl.MemoryBIO`), and whoever reads and writes the socket passes octets through: 15 % of a
message, 20 % of a connection. Only the handshake waits.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.runtime.streams import receive_first, send_all

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["TlsChannel", "TlsFailure"]

_READ_OCTETS = 65536


class TlsFailure(OtpBlueError):
    """The peer broke the protocol, or wants what is not offered. The text holds nothing of it."""


class TlsChannel:
    """The server's side of one TLS connection; without I/O but for the handshake.

    Args:
      context: certificate, versions and ciphers.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._goodbye = b""
        self.has_ended = False
        """The peer has said goodbye (RFC 8446, 6.1): nothing comes after what was opened."""

    async def shake_hands(self, stream: trio.abc.Stream) -> bytes:
        """Do the handshake over a stream; a failure tells the peer why, as far as TLS does.

        Cancelling leaves the stream in no state to be used for anything else.

        Returns:
          What has come already of what follows.

        Raises:
          TlsFailure: it failed.
          trio.BrokenResourceError: the stream broke.
        """
        octets: bytes | bytearray = await receive_first(stream)
        while True:
            if not octets:
                raise TlsFailure("")
            self._incoming.write(octets)
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._send(stream)
                octets = await stream.receive_some(_READ_OCTETS)
            except ssl.SSLError as error:
                with suppress(trio.BrokenResourceError):
                    await self._send(stream)
                raise TlsFailure(error.reason or "") from None
            else:
                break
        if self._tls.version() != "TLSv1.3":
            await self._send(stream)
        # Else it is a ticket for the next session, which goes out together with the first answer.
        # An eager client's first octets may have come with the end of its handshake.
        return self.open(b"")

    async def _send(self, stream: trio.abc.Stream) -> None:
        if self._outgoing.pending:
            await send_all(stream, self._outgoing.read())

    def peer_certificate_octets(self) -> bytes | None:
        """Return the certificate that the peer has shown, in DER; None: none."""
        return self._tls.getpeercert(binary_form=True)

    def peer_certificate_fields(self) -> Mapping[str, Any]:
        """Return what stands in it, as `ssl.SSLSocket.getpeercert` tells it.

        Empty when the peer has shown none, and when nothing was verified.
        """
        return self._tls.getpeercert() or {}

    @property
    def outgoing_octets(self) -> int:
        """How much TLS itself has to say: `seal` returns it, with or without octets."""
        return self._outgoing.pending

    def open(self, octets: bytes | bytearray) -> bytes:
        """Return what these octets of the stream hold; nothing when a record is not complete.

        Raises:
          TlsFailure: the peer broke the protocol; nothing more can be read.
        """
        incoming, tls = self._incoming, self._tls
        incoming.write(octets)
        pieces = []
        try:
            # Reading when there is nothing costs an exception, so look first.
            while incoming.pending:
                piece = tls.read(_READ_OCTETS)
                if not piece:
                    self.has_ended = True
                    break
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            raise TlsFailure(error.reason or "") from None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def seal(self, octets: bytes) -> bytes:
        """Return what goes out for these octets, and before them what TLS itself has to say.

        Raises:
          TlsFailure: nothing more can be written.
        """
        if octets:
            try:
                self._tls.write(octets)
            except ssl.SSLError as error:
                raise TlsFailure(error.reason or "") from None
        return self._outgoing.read()

    def goodbye(self) -> bytes:
        """Return what says that nothing more comes: the same again, until somebody has taken it."""
        if not self._goodbye:
            # It puts our part out and complains that the peer's is not there.
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._goodbye = self._outgoing.read()
        return self._goodbye
