from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from otpblue_trio.config import development_certificate
from otpblue_trio.config.certificates import ca_trouble, key_pair_trouble

if TYPE_CHECKING:
    from pathlib import Path

# OpenSSL checks dates by the machine's clock, so the handshake needs the real time.
NOW = datetime.now(UTC)  # noqa: TID251


def _handshake(certificate: Path, key: Path, name: str) -> str | None:
    """Let a client that knows only this certificate as its CA meet the server, in memory."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(certificate, key)
    client_context = ssl.create_default_context(cafile=certificate)
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.version()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_verifying_client_accepts_the_certificate_as_its_own_authority(
    name: str, tmp_path: Path
) -> None:
    certificate, key = development_certificate(tmp_path, now=NOW)
    assert _handshake(certificate, key, name) == "TLSv1.3"


def test_a_client_that_asks_for_another_name_refuses_it(tmp_path: Path) -> None:
    certificate, key = development_certificate(tmp_path, now=NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _handshake(certificate, key, "example.com")


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    certificate, key = development_certificate(tmp_path / "var" / "tls", now=NOW)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(certificate.stat().st_mode) == 0o644
    assert sorted(path.name for path in key.parent.iterdir()) == [
        "development-cert.pem",
        "development-key.pem",
    ]


def test_the_certificate_is_ecdsa_and_valid_for_a_year(tmp_path: Path) -> None:
    certificate, _ = development_certificate(tmp_path, now=NOW)
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    assert isinstance(made.public_key(), ec.EllipticCurvePublicKey)
    assert timedelta(days=364) < made.not_valid_after_utc - NOW <= timedelta(days=365)
    assert made.not_valid_before_utc <= NOW


@pytest.mark.parametrize(
    ("later", "is_kept"),
    [
        (timedelta(0), True),
        (timedelta(days=363, hours=23), True),
        (timedelta(days=364), False),
        (timedelta(days=400), False),
        # The clock was wrong when it was made.
        (timedelta(days=-1), False),
    ],
)
def test_a_certificate_is_used_again_while_it_has_more_than_a_day_left(
    later: timedelta, is_kept: bool, tmp_path: Path
) -> None:
    now = NOW.replace(microsecond=0)
    before = development_certificate(tmp_path, now=now)[0].read_bytes()
    after = development_certificate(tmp_path, now=now + later)[0].read_bytes()
    assert (before == after) == is_kept


@pytest.mark.parametrize("broken", ["development-cert.pem", "development-key.pem"])
def test_a_broken_pair_is_made_anew(broken: str, tmp_path: Path) -> None:
    development_certificate(tmp_path, now=NOW)
    (tmp_path / broken).write_text("nonsense")
    certificate, key = development_certificate(tmp_path, now=NOW)
    assert key_pair_trouble(certificate, key) is None


def test_a_pair_that_fits_has_no_trouble(pem_pair: tuple[Path, Path]) -> None:
    assert key_pair_trouble(*pem_pair) is None


def test_a_key_of_another_certificate_is_trouble(
    pem_pair: tuple[Path, Path], other_pem_pair: tuple[Path, Path]
) -> None:
    assert key_pair_trouble(pem_pair[0], other_pem_pair[1]) == "the key of another certificate"


def test_an_encrypted_key_is_trouble_and_asks_nobody(tmp_path: Path) -> None:
    certificate, key = development_certificate(tmp_path, now=NOW)
    loaded = serialization.load_pem_private_key(key.read_bytes(), None)
    key.write_bytes(
        loaded.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"pw"),
        )
    )
    assert key_pair_trouble(certificate, key) == (
        "files that are not a PEM certificate and its unencrypted PEM key"
    )


@pytest.mark.parametrize(
    ("key_size", "trouble"), [(1024, "a key that is too weak (RSA needs 2048 bits)"), (2048, None)]
)
def test_a_weak_key_is_trouble(tmp_path: Path, key_size: int, trouble: str | None) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    name = x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = tmp_path / "pair.pem"
    file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    assert key_pair_trouble(file, file) == trouble


def test_missing_files_are_trouble(tmp_path: Path) -> None:
    none = tmp_path / "none.pem"
    assert key_pair_trouble(none, none) == "files that cannot be read (No such file or directory)"
    assert ca_trouble(none) == "a file that cannot be read (No such file or directory)"


def test_authorities_need_a_certificate(pem_pair: tuple[Path, Path]) -> None:
    certificate, key = pem_pair
    assert ca_trouble(certificate) is None
    assert ca_trouble(key) == "a file without PEM certificates"
