"""The server's side of TLS: versions, certificates that cannot be used, client certificates."""

from __future__ import annotations

import re
import ssl
import stat
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from otpblue_trio.app import TlsError, server_context, wall_clock
from otpblue_trio.app.tls import TlsHolder, tls_settings
from otpblue_trio.config import Config, Tls, TlsVersion

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
AUTHORITY = trustme.CA()


@pytest.fixture
def pair(tmp_path: Path) -> Tls:
    """A certificate of `AUTHORITY` for localhost."""
    return write_pair(tmp_path, "server")


def write_pair(folder: Path, name: str, key_type: trustme.KeyType = trustme.KeyType.ECDSA) -> Tls:
    made = AUTHORITY.issue_cert("localhost", key_type=key_type)
    certificate, key = folder / f"{name}-cert.pem", folder / f"{name}-key.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    key.write_bytes(made.private_key_pem.bytes())
    return Tls(certificate=certificate, private_key=key)


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(context)
    return context


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """Shake hands in memory and return the client's end; raises what either side raised."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    waiting = list(ends)
    while waiting:
        for end in tuple(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
    # TLS 1.3 tells a client of its refused certificate only here.
    ends[1].write(b"x")
    assert ends[0].read(1) == b"x"
    return ends[0]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(pair: Tls, version: ssl.TLSVersion) -> None:
    client = client_context()
    client.minimum_version = client.maximum_version = version
    assert shake_hands(server_context(pair), client).version() == version.name.replace("_", ".")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_1_1_is_refused(pair: Tls) -> None:
    client = client_context()
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        shake_hands(server_context(pair), client)


def test_1_2_can_be_refused_as_well(pair: Tls) -> None:
    settings = Tls(
        certificate=pair.certificate,
        private_key=pair.private_key,
        minimum_version=TlsVersion.TLS_1_3,
    )
    client = client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        shake_hands(server_context(settings), client)


@pytest.fixture
def rsa_pair(tmp_path: Path) -> Tls:
    """A certificate with an RSA key, which every kind of cipher suite could use."""
    return write_pair(tmp_path, "rsa", trustme.KeyType.RSA)


def anything_goes(settings: Tls) -> ssl.SSLContext:
    """Return a server's context that takes whatever OpenSSL has."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    context.load_cert_chain(settings.certificate, settings.private_key)
    return context


STATIC_RSA = ["AES256-GCM-SHA384", "AES128-GCM-SHA256"]
CBC = ["ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA256", "AES256-SHA256"]
SHA1 = ["ECDHE-RSA-AES256-SHA", "ECDHE-RSA-AES128-SHA", "AES128-SHA"]
NO_ENCRYPTION = ["ECDHE-RSA-NULL-SHA", "NULL-SHA256"]
NO_AUTHENTICATION = ["AECDH-AES256-SHA"]


@pytest.mark.parametrize("suite", STATIC_RSA + CBC + SHA1 + NO_ENCRYPTION + NO_AUTHENTICATION)
def test_a_weak_cipher_suite_is_refused(rsa_pair: Tls, suite: str) -> None:
    client = client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(f"{suite}:@SECLEVEL=0")
    negotiated = shake_hands(anything_goes(rsa_pair), client).cipher()
    assert negotiated is not None
    assert negotiated[0] == suite
    with pytest.raises(ssl.SSLError, match="NO_SHARED_CIPHER"):
        shake_hands(server_context(rsa_pair), client)


STRONG = ["AES256-GCM-SHA384", "AES128-GCM-SHA256", "CHACHA20-POLY1305"]


@pytest.mark.parametrize("suite", STRONG)
@pytest.mark.parametrize("kind", ["ECDSA", "RSA"])
def test_every_documented_suite_of_tls_1_2_is_spoken(tmp_path: Path, kind: str, suite: str) -> None:
    key_type = trustme.KeyType.RSA if kind == "RSA" else trustme.KeyType.ECDSA
    client = client_context()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(f"ECDHE-{kind}-{suite}")
    end = shake_hands(server_context(write_pair(tmp_path, "server", key_type)), client)
    negotiated = end.cipher()
    assert negotiated is not None
    assert negotiated[0] == f"ECDHE-{kind}-{suite}"
    assert end.compression() is None


def test_the_suites_are_those_that_the_documentation_lists(pair: Tls) -> None:
    page = (ROOT / "docs" / "security.md").read_text()
    listed = re.findall(r"^\| (TLS 1\.[23]) \| `([A-Z0-9_-]+)` \|$", page, re.MULTILINE)
    spoken = server_context(pair).get_ciphers()
    assert listed == [(one["protocol"].replace("TLSv", "TLS "), one["name"]) for one in spoken]


def test_a_client_key_that_is_too_weak_is_refused(pair: Tls, tmp_path: Path) -> None:
    def bring(key_size: int) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
        signed_with(key, tmp_path / "client.pem")
        client = client_context()
        client.set_ciphers("DEFAULT:@SECLEVEL=0")
        client.load_cert_chain(tmp_path / "client.pem")
        settings = attrs.evolve(pair, client_ca=tmp_path / "client.pem")
        shake_hands(server_context(settings), client)

    bring(2048)
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        bring(1024)


def signed_with(key: rsa.RSAPrivateKey, path: Path) -> None:
    """Write a certificate that a key has signed for itself, and the key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "weak.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(wall_clock() - timedelta(hours=1))
        .not_valid_after(wall_clock() + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)


def test_a_key_of_our_own_that_is_too_weak_is_told(tmp_path: Path) -> None:
    file = tmp_path / "weak.pem"
    signed_with(rsa.generate_private_key(public_exponent=65537, key_size=1024), file)  # noqa: S505
    with pytest.raises(TlsError, match="found a key that is too weak"):
        server_context(Tls(certificate=file, private_key=file))


def test_neither_compression_nor_renegotiation_is_offered(pair: Tls) -> None:
    options = server_context(pair).options
    assert options & ssl.OP_NO_COMPRESSION
    assert options & ssl.OP_NO_RENEGOTIATION


def with_client_ca(pair: Tls, folder: Path) -> ssl.SSLContext:
    AUTHORITY.cert_pem.write_to_path(str(folder / "ca.pem"))
    return server_context(
        Tls(
            certificate=pair.certificate,
            private_key=pair.private_key,
            client_ca=folder / "ca.pem",
        )
    )


def test_a_client_certificate_is_asked_for_when_there_is_a_client_ca(
    pair: Tls, tmp_path: Path
) -> None:
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        shake_hands(with_client_ca(pair, tmp_path), client_context())


def test_a_client_certificate_of_that_authority_is_accepted(pair: Tls, tmp_path: Path) -> None:
    client = client_context()
    AUTHORITY.issue_cert("client.example").configure_cert(client)
    shake_hands(with_client_ca(pair, tmp_path), client)


def test_a_client_certificate_of_another_authority_is_refused(pair: Tls, tmp_path: Path) -> None:
    client = client_context()
    trustme.CA().issue_cert("client.example").configure_cert(client)
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        shake_hands(with_client_ca(pair, tmp_path), client)


def remove_certificate(pair: Tls) -> None:
    pair.certificate.unlink()


def spoil_certificate(pair: Tls) -> None:
    pair.certificate.write_text("no certificate")


def encrypt_key(pair: Tls) -> None:
    key = serialization.load_pem_private_key(pair.private_key.read_bytes(), None)
    pair.private_key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"a password"),
        )
    )


def exchange_key(pair: Tls) -> None:
    other = write_pair(pair.private_key.parent, "other")
    other.private_key.replace(pair.private_key)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (remove_certificate, "files that cannot be read (No such file or directory)"),
        (spoil_certificate, "files that are not a PEM certificate and its unencrypted PEM key"),
        (encrypt_key, "files that are not a PEM certificate and its unencrypted PEM key"),
        (exchange_key, "the key of another certificate"),
    ],
)
def test_files_that_cannot_be_used_are_told_in_words(
    pair: Tls, spoil: Callable[[Tls], None], reason: str
) -> None:
    spoil(pair)
    # With an encrypted key OpenSSL would ask on the terminal, and pytest would have none to give.
    with pytest.raises(TlsError) as caught:
        server_context(pair)
    assert str(caught.value) == f"cannot use the certificate {pair.certificate}: found {reason}"


def test_a_client_ca_without_certificates_is_told(pair: Tls, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(TlsError, match=r"tls\.client_ca .*ca\.pem: found a file without"):
        server_context(
            Tls(
                certificate=pair.certificate,
                private_key=pair.private_key,
                client_ca=tmp_path / "ca.pem",
            )
        )


def test_the_holder_greets_with_the_newest_context(pair: Tls) -> None:
    first, second = server_context(pair), server_context(pair)
    holder = TlsHolder(first)
    assert holder.context() is first
    holder.replace(second)
    assert holder.context() is second


# ---------------------------------------------------------------------- the development certificate


def test_the_settings_of_a_configuration_are_taken_as_they_are(pair: Tls) -> None:
    assert tls_settings(Config(tls=pair)) is pair


def test_without_settings_a_certificate_for_localhost_is_made(tmp_path: Path) -> None:
    settings = tls_settings(Config(base_dir=tmp_path))
    assert settings.certificate.is_relative_to(tmp_path / "var" / "tls")
    assert stat.S_IMODE(settings.private_key.stat().st_mode) == 0o600
    client = ssl.create_default_context(cafile=settings.certificate)
    shake_hands(server_context(settings), client)


def test_it_is_used_again_while_it_is_valid(tmp_path: Path) -> None:
    first = tls_settings(Config(base_dir=tmp_path)).certificate.read_bytes()
    assert tls_settings(Config(base_dir=tmp_path)).certificate.read_bytes() == first
    left = x509.load_pem_x509_certificate(first).not_valid_after_utc - wall_clock()
    assert left > timedelta(days=360)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    with pytest.raises(TlsError, match="cannot make a development certificate in "):
        tls_settings(Config(base_dir=tmp_path))
