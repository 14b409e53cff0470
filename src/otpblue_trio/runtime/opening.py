"""What comes before a session: the PROXY header, the TLS handshake and the first octets.

All of it is the peer's to send. How long it may take is for the caller to say, by a cancel scope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import trio

from otpblue_trio.policy.client_certificates import ClientCertificate
from otpblue_trio.runtime.client_certificates import client_certificate
from otpblue_trio.runtime.observer import CloseReason
from otpblue_trio.runtime.proxy_protocol import ProxyHeaderError, read_proxy_header
from otpblue_trio.runtime.streams import receive_first
from otpblue_trio.runtime.tls_channel import TlsChannel, TlsFailure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from otpblue_trio.runtime.listeners import Peer
    from otpblue_trio.runtime.telling import ConnectionTeller

__all__ = ["NotOpened", "Opened", "open_stream"]


@attrs.frozen
class Opened:
    """A stream on which a session may begin."""

    first: bytes = attrs.field(repr=False)
    """What has come of it, perhaps nothing yet, perhaps a bind with its password."""
    channel: TlsChannel | None = None
    certificate: ClientCertificate | None = None


@attrs.frozen
class NotOpened:
    """A stream on which none can."""

    reason: CloseReason
    detail: str = ""
    """Of a TLS handshake or a PROXY header that failed, for the log."""
    is_turned_away: bool = False
    """There is no room for the peer, which the observer has been told."""


async def open_stream(
    stream: trio.abc.Stream,
    *,
    enter: Callable[[Peer], bool] | None,
    tls: Callable[[], ssl.SSLContext] | None,
    tell: ConnectionTeller,
) -> Opened | NotOpened:
    """Do what comes before the first PDU.

    Args:
      stream: as accepted.
      enter: as `Connection` has it: None when there is no PROXY header.
      tls: gives the context for TLS; None: there is none.
      tell: tells who the peer is, and learns who it really is; tells the observer of it then.
    """
    if enter is not None:
        refusal = await _learn_peer(stream, enter, tell)
        if refusal is not None:
            return refusal
    if tls is None:
        try:
            return Opened(await receive_first(stream))
        except trio.BrokenResourceError:
            return NotOpened(CloseReason.PEER_RESET)
    channel = TlsChannel(tls())
    try:
        first = await channel.shake_hands(stream)
    except trio.BrokenResourceError:
        return NotOpened(CloseReason.TLS_FAILED)
    except TlsFailure as error:
        return NotOpened(CloseReason.TLS_FAILED, str(error))
    return Opened(first, channel, client_certificate(channel))


async def _learn_peer(
    stream: trio.abc.Stream, enter: Callable[[Peer], bool], tell: ConnectionTeller
) -> NotOpened | None:
    """Read the PROXY header; from then on its source is the peer."""
    try:
        header = await read_proxy_header(stream)
    except ProxyHeaderError as error:
        return NotOpened(CloseReason.PROXY_HEADER, str(error))
    except trio.BrokenResourceError:
        return NotOpened(CloseReason.PEER_RESET)
    if header is None:
        return NotOpened(CloseReason.PEER_CLOSED)
    tell.peer = header.source or tell.peer
    if not enter(tell.peer):
        return NotOpened(CloseReason.PROXY_HEADER, is_turned_away=True)
    tell.opened()
    return None
