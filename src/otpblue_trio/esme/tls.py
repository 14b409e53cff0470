"""An ESME's side of TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    import ssl

__all__ = ["secured"]


async def secured(
    stream: trio.abc.Stream, context: ssl.SSLContext, server_hostname: str
) -> trio.abc.Stream:
    """Return a stream through TLS, its handshake done.

    Args:
      stream: just connected; closed when the handshake fails or is cancelled.
      context: says whom to trust.
      server_hostname: the name that the certificate must carry.

    Raises:
      trio.BrokenResourceError: the handshake failed.
      ValueError: the name is none that a certificate could carry.
    """
    try:
        tls = trio.SSLStream(
            stream, context, server_hostname=server_hostname, https_compatible=True
        )
        await tls.do_handshake()
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise
    return tls
