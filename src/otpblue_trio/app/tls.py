"""The server's side of TLS: a context from files, swapped as a whole when they change."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from otpblue_trio.app.clock import wall_clock
from otpblue_trio.config import (
    SERVER_CIPHERS,
    CertificateError,
    ClientCertificates,
    Tls,
    TlsVersion,
    development_certificate,
    load_authorities,
    load_pair,
)
from otpblue_trio.errors import OtpBlueError

if TYPE_CHECKING:
    from otpblue_trio.config import Config

__all__ = ["TlsError", "TlsHolder", "server_context", "tls_settings"]

_VERSIONS = {
    TlsVersion.TLS_1_2: ssl.TLSVersion.TLSv1_2,
    TlsVersion.TLS_1_3: ssl.TLSVersion.TLSv1_3,
}
_VERIFY_MODES = {
    ClientCertificates.REQUIRED: ssl.CERT_REQUIRED,
    ClientCertificates.OPTIONAL: ssl.CERT_OPTIONAL,
}


class TlsError(OtpBlueError):
    """A certificate, its key, or the authorities to trust cannot be used."""


def server_context(settings: Tls) -> ssl.SSLContext:
    """Return a fresh context for a certificate.

    Raises:
      TlsError: a file cannot be read or holds something else, the key is encrypted, or it is
        another certificate's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.minimum_version]
    context.set_ciphers(SERVER_CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    # For one session to come: an ESME that binds again. A second ticket costs a seventh of a
    # handshake.
    context.num_tickets = 1
    try:
        load_pair(context, settings.certificate, settings.private_key)
    except CertificateError as error:
        msg = f"cannot use the certificate {settings.certificate}: found {error}"
        raise TlsError(msg) from error
    if settings.client_ca is not None:
        try:
            load_authorities(context, settings.client_ca)
        except CertificateError as error:
            raise TlsError(
                f"cannot use tls.client_ca {settings.client_ca}: found {error}"
            ) from error
        context.verify_mode = _VERIFY_MODES[settings.client_certificates]
    return context


def tls_settings(config: Config) -> Tls:
    """Return a configuration's `[tls]`, or that of a development certificate made under var/.

    Raises:
      TlsError: the certificate cannot be written.
    """
    if config.tls is not None:
        return config.tls
    directory = config.base_dir / "var" / "tls"
    try:
        certificate, private_key = development_certificate(directory, now=wall_clock())
    except OSError as error:
        msg = f"cannot make a development certificate in {directory}: {error.strerror or error}"
        raise TlsError(msg) from error
    return Tls(certificate=certificate, private_key=private_key)


class TlsHolder:
    """The context that new connections are greeted with.

    A context is never changed in place: a certificate that does not fit its key would break the
    live one. A new one is built, and then takes the old one's place for new handshakes.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def context(self) -> ssl.SSLContext:
        """Return the context for a new connection."""
        return self._context

    def replace(self, context: ssl.SSLContext) -> None:
        """Greet new connections with another context; those there are keep theirs."""
        self._context = context
