"""The certificate a client has shown in its TLS handshake, as the policy takes it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from otpblue_trio.policy.client_certificates import ClientCertificate

if TYPE_CHECKING:
    from otpblue_trio.runtime.tls_channel import TlsChannel

__all__ = ["client_certificate"]


def client_certificate(channel: TlsChannel) -> ClientCertificate | None:
    """Return the verified certificate of the client, or None when it has shown none.

    Args:
      channel: after its handshake. What is here was verified there: with an authority to verify
        against, a certificate that does not hold ends the handshake.
    """
    octets = channel.peer_certificate_octets()
    if octets is None:
        return None
    # Where nothing was verified there is no name, and so none counts.
    told = channel.peer_certificate_fields()
    pairs = [pair for relative_name in told.get("subject", ()) for pair in relative_name]
    names = [value for kind, value in pairs if kind == "commonName"]
    names += [value for kind, value in told.get("subjectAltName", ()) if kind == "DNS"]
    return ClientCertificate(
        frozenset(name.lower() for name in names), hashlib.sha256(octets).hexdigest()
    )
