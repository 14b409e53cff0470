"""Certificates: what is told of those that cannot be used, and the certificate for development.

The development certificate is its own authority: a client that is given the certificate file as
its CA verifies the gateway in earnest, name and all.
"""

from __future__ import annotations

import ipaddress
import ssl
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from otpblue_trio.config.files import write_secret_file
from otpblue_trio.errors import OtpBlueError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = [
    "SERVER_CIPHERS",
    "CertificateError",
    "ca_trouble",
    "development_certificate",
    "key_pair_trouble",
    "load_authorities",
    "load_pair",
    "self_signed_pair",
]

SERVER_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2"
"""What listeners offer: TLS 1.2 with forward secrecy and authenticated encryption only; 1.3 has
nothing else. Level 2, which not every build of OpenSSL begins with: no key below RSA 2048's
strength, no SHA-1."""

_WORDS = {
    "KEY_VALUES_MISMATCH": "the key of another certificate",
    "EE_KEY_TOO_SMALL": "a key that is too weak (RSA needs 2048 bits)",
}
"""For OpenSSL's reasons, whose own texts name its source lines."""

_DEVELOPMENT_NAMES = ("localhost", "127.0.0.1", "::1")
_VALIDITY = timedelta(days=365)
_LEAST_VALIDITY_LEFT = timedelta(days=1)
# A client's clock may be behind the gateway's.
_CLOCK_TOLERANCE = timedelta(hours=1)


def development_certificate(directory: Path, *, now: datetime) -> tuple[Path, Path]:
    """Return a certificate for localhost and its key, made if there is none that will do.

    A self-signed ECDSA P-256 certificate for `localhost`, `127.0.0.1` and `::1`, valid for a year.
    One that is there is used again while it has more than a day left. The files have names of
    their own, so that a real certificate in the same folder is never overwritten.

    Args:
      directory: where the files are; made if missing.
      now: the time, with a time zone.

    Returns:
      The paths of the certificate and of its key (mode 0600), both PEM.

    Raises:
      OSError: they cannot be written.
    """
    certificate = directory / "development-cert.pem"
    private_key = directory / "development-key.pem"
    if not _is_usable(certificate, private_key, now):
        made, key = self_signed_pair(_DEVELOPMENT_NAMES, now=now)
        write_secret_file(private_key, key)
        write_secret_file(certificate, made)
        # Whoever is let into the folder may need it as their CA, and it is no secret.
        certificate.chmod(0o644)
    return certificate, private_key


def self_signed_pair(names: Sequence[str], *, now: datetime) -> tuple[bytes, bytes]:
    """Return a certificate that is its own authority, and its key, both PEM.

    ECDSA P-256, valid for a year.

    Args:
      names: of the server: host names and IP addresses.
      now: the time, with a time zone.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _self_signed(key, names, now).public_bytes(serialization.Encoding.PEM), pem


class CertificateError(OtpBlueError):
    """Certificates or a key cannot be used; the message says in a few words what the files are."""


def load_pair(context: ssl.SSLContext, certificate: Path, private_key: Path | None) -> None:
    """Give a context its certificate and key.

    An encrypted key is refused, since nobody is there to ask for its password.

    Args:
      context: takes them; its security level says which keys are too weak.
      certificate: PEM file of the certificate and, behind it, those that lead to its authority.
      private_key: PEM file; None: it is in the other one.

    Raises:
      CertificateError: they cannot be read, are none, or do not belong together.
    """
    try:
        # Without a password of our own OpenSSL would ask for one on the terminal.
        context.load_cert_chain(certificate, private_key, password=lambda: "")
    except ssl.SSLError as error:
        words = "files that are not a PEM certificate and its unencrypted PEM key"
        raise CertificateError(_WORDS.get(error.reason, words)) from error
    except OSError as error:
        raise CertificateError(f"files that cannot be read ({error.strerror})") from error


def load_authorities(context: ssl.SSLContext, file: Path) -> None:
    """Have a context trust the authorities of a PEM file.

    Raises:
      CertificateError: it cannot be read, or holds no certificate.
    """
    try:
        context.load_verify_locations(cafile=file)
    except ssl.SSLError as error:
        raise CertificateError("a file without PEM certificates") from error
    except OSError as error:
        raise CertificateError(f"a file that cannot be read ({error.strerror})") from error


def key_pair_trouble(certificate: Path, private_key: Path) -> str | None:
    """Return why a listener cannot use a certificate and its key, or None when it can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(SERVER_CIPHERS)
    try:
        load_pair(context, certificate, private_key)
    except CertificateError as error:
        return str(error)
    return None


def ca_trouble(file: Path) -> str | None:
    """Return why a file of certificate authorities cannot be used, or None when it can."""
    try:
        load_authorities(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), file)
    except CertificateError as error:
        return str(error)
    return None


def _is_usable(certificate: Path, private_key: Path, now: datetime) -> bool:
    # Two files cannot be replaced in one step, so the pair is checked and not only its dates.
    if key_pair_trouble(certificate, private_key) is not None:
        return False
    there = x509.load_pem_x509_certificate(certificate.read_bytes())
    begins, ends = there.not_valid_before_utc, there.not_valid_after_utc
    return begins <= now and ends - now > _LEAST_VALIDITY_LEFT


def _self_signed(
    key: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "otpblue-trio development")])
    public_key = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public_key)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_TOLERANCE)
        .not_valid_after(now + _VALIDITY)
        .add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
        # No authority: some verifiers take none for the end of a chain.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
