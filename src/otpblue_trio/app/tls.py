"""The server's side of TLS: a context from files, swapped as a whole when they change."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from otpblue_trio.app.clock import wall_clock
from otpblue_trio.config import ClientCertificates, Tls, TlsVersion, development_certificate
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
# TLS 1.2 with forward secrecy and authenticated encryption only; 1.3 has nothing else. Level 2,
# which not every build of OpenSSL begins with: no key below RSA 2048's strength, no SHA-1.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2"

_SSL_REASONS = {
    "KEY_VALUES_MISMATCH": "the private key is another certificate's",
    "EE_KEY_TOO_SMALL": "its key is too weak (RSA needs 2048 bits)",
}


class TlsError(OtpBlueError):
    """The certificate or its key cannot be used."""


def server_context(settings: Tls) -> ssl.SSLContext:
    """Return a fresh context for a certificate.

    Raises:
      TlsError: a file cannot be read, the key is encrypted, or it is another certificate's.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings.minimum_version]
    context.set_ciphers(_CIPHERS)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    # For one session to come: an ESME that binds again. A second ticket costs a seventh of a
    # handshake.
    context.num_tickets = 1
    try:
        # Without a password of our own OpenSSL would ask for an encrypted key's on the terminal.
        context.load_cert_chain(settings.certificate, settings.private_key, password=lambda: "")
        if settings.client_ca is not None:
            context.load_verify_locations(settings.client_ca)
            context.verify_mode = _VERIFY_MODES[settings.client_certificates]
    except OSError as error:
        msg = f"cannot use the certificate {settings.certificate}: {_reason(error)}"
        raise TlsError(msg) from error
    return context


def _reason(error: OSError) -> str:
    # The file system's errors name no file, as there are several; OpenSSL's own texts name its
    # source lines.
    if isinstance(error, ssl.SSLError):
        return _SSL_REASONS.get(error.reason, "not a PEM certificate and its unencrypted PEM key")
    return error.strerror or str(error)


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
