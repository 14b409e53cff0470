"""The server's side of TLS: a context from files, swapped as a whole when they change."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from otpblue_trio.config import Tls, TlsVersion, development_certificate
from otpblue_trio.errors import OtpBlueError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

__all__ = ["TlsError", "TlsHolder", "development_tls", "server_context"]

_VERSIONS = {
    TlsVersion.TLS_1_2: ssl.TLSVersion.TLSv1_2,
    TlsVersion.TLS_1_3: ssl.TLSVersion.TLSv1_3,
}
# TLS 1.2 with forward secrecy and authenticated encryption only; 1.3 has nothing else.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


class TlsError(OtpBlueError):
    """The certificate or its key cannot be used."""


def server_context(settings: Tls) -> ssl.SSLContext:
    """Return a fresh context for a certificate.

    Raises:
      TlsError: a file cannot be read, or key and certificate do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.minimum_version]
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(settings.certificate, settings.private_key)
        if settings.client_ca is not None:
            context.load_verify_locations(settings.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:  # ssl.SSLError is one
        msg = f"cannot use the certificate {settings.certificate}: {error.strerror or error}"
        raise TlsError(msg) from error
    return context


def development_tls(directory: Path, *, now: datetime) -> Tls:
    """Return the settings of a self-signed certificate, which is made if there is none yet.

    Raises:
      TlsError: the directory cannot be written.
    """
    try:
        certificate, private_key = development_certificate(directory, now=now)
    except OSError as error:
        msg = f"cannot make a development certificate in {directory}: {error.strerror or error}"
        raise TlsError(msg) from error
    return Tls(certificate=certificate, private_key=private_key)


class TlsHolder:
    """The context that new connections are greeted with.

    A context is never changed in place: a certificate that does not fit its key would break the
    live one. A new one is built, and then takes the old one's place for new handshakes.
    """

    def __init__(self, settings: Tls) -> None:
        self._context = server_context(settings)

    def context(self) -> ssl.SSLContext:
        """Return the context for a new connection."""
        return self._context

    def replace(self, settings: Tls) -> None:
        """Build a context anew; on `TlsError` the old one stays."""
        self._context = server_context(settings)
