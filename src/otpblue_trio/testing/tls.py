"""A certificate for one test, and both sides of TLS that go with it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from otpblue_trio.config.certificates import self_signed_pair

__all__ = ["tls_pair"]


def tls_pair(name: str = "localhost") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's TLS context and that of a client which trusts it and nobody else.

    Each call makes a certificate and contexts of its own, which the test may change. It blocks for
    a few milliseconds.

    Args:
      name: the server's host name or IP address, which the client checks.

    Returns:
      The context for `open_gateway(tls=...)` and that for `GatewayUnderTest.connect(tls=...)`.
    """
    # OpenSSL checks dates by the machine's clock.
    certificate, key = self_signed_pair([name], now=datetime.now(UTC))  # noqa: TID251
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        # OpenSSL takes a key from a file only.
        chain = Path(folder, "chain.pem")
        chain.write_bytes(key + certificate)
        server.load_cert_chain(chain)
    return server, ssl.create_default_context(cadata=certificate.decode())
