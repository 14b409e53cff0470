"""Accounts that are bound to client certificates, over TLS in memory."""

from __future__ import annotations

import hashlib
import ssl
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest
import trio
import trustme

from otpblue_trio.runtime.observer import BindRefused, ConnectionClosed
from otpblue_trio.smpp import BindTransceiver, CommandStatus, encode
from otpblue_trio.testing import FixedAccounts, GatewayUnderTest, account, open_gateway

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from otpblue_trio.policy import Account

AUTHORITY = trustme.CA()
CLIENT = AUTHORITY.issue_cert("smpp.acme.example", common_name="Acme SMS")
OTHER_CLIENT = AUTHORITY.issue_cert("smpp.other.example")
NAMED = account(client_certificate_names=("smpp.acme.example",))


def fingerprint(leaf: trustme.LeafCert) -> str:
    octets = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    return hashlib.sha256(octets).hexdigest()


def server_context(mode: ssl.VerifyMode = ssl.CERT_OPTIONAL) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("localhost").configure_cert(context)
    AUTHORITY.configure_trust(context)
    context.verify_mode = mode
    return context


def client_context(
    leaf: trustme.LeafCert | None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = version
    AUTHORITY.configure_trust(context)
    if leaf is not None:
        leaf.configure_cert(context)
    return context


class CountingVerifier:
    """Says which password is right and counts how often it was asked."""

    def __init__(self) -> None:
        self.checks = 0

    async def verify(self, account: Account | None, given: str, /) -> bool:
        self.checks += 1
        await trio.lowlevel.checkpoint()
        return account is not None and account.password == given


@asynccontextmanager
async def gateway_for(
    *accounts: Account, tls: ssl.SSLContext | None = None, verifier: CountingVerifier | None = None
) -> AsyncIterator[GatewayUnderTest]:
    async with open_gateway(
        accounts=accounts, tls=tls or server_context(), verifier=verifier
    ) as gateway:
        yield gateway


async def answer_to_a_bind(
    gateway: GatewayUnderTest,
    client: ssl.SSLContext,
    *,
    system_id: str = "acme",
    password: str = "secret",  # noqa: S107  the test account's
    session: ssl.SSLSession | None = None,
) -> tuple[bytes, ssl.SSLSession | None]:
    """Connect, bind, and return what is answered and the TLS session."""
    stream = trio.SSLStream(
        gateway.connect_stream(), client, server_hostname="localhost", https_compatible=True
    )
    if session is not None:
        # A session can be set on the object alone, which trio keeps to itself.
        stream._ssl_object.session = session
    bind = BindTransceiver(sequence_number=7, system_id=system_id, password=password)
    await stream.send_all(encode(bind))
    octets = bytes(await stream.receive_some())
    kept = stream.session
    assert stream.session_reused is (session is not None)
    await stream.aclose()
    return octets, kept


async def status_of_bind(
    gateway: GatewayUnderTest, leaf: trustme.LeafCert | None, *, system_id: str = "acme"
) -> int:
    octets, _ = await answer_to_a_bind(gateway, client_context(leaf), system_id=system_id)
    return int.from_bytes(octets[8:12], "big")


# ---------------------------------------------------------------------- who may bind


@pytest.mark.parametrize("name", ["smpp.acme.example", "acme sms"])
async def test_a_certificate_of_the_right_name_may_bind(name: str) -> None:
    async with gateway_for(account(client_certificate_names=(name,))) as gateway:
        assert await status_of_bind(gateway, CLIENT) == CommandStatus.ESME_ROK


async def test_a_certificate_of_the_right_fingerprint_may_bind() -> None:
    wanting = account(client_certificate_fingerprints=(fingerprint(CLIENT),))
    async with gateway_for(wanting) as gateway:
        assert await status_of_bind(gateway, CLIENT) == CommandStatus.ESME_ROK
        assert await status_of_bind(gateway, OTHER_CLIENT) == CommandStatus.ESME_RBINDFAIL


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("leaf", [None, OTHER_CLIENT], ids=["none", "another account's"])
@pytest.mark.parametrize("password", ["secret", "wrong"])
async def test_without_the_right_certificate_a_bind_is_refused_before_password_work(
    version: ssl.TLSVersion, leaf: trustme.LeafCert | None, password: str
) -> None:
    verifier = CountingVerifier()
    async with gateway_for(NAMED, verifier=verifier) as gateway:
        client = client_context(leaf, version)
        octets, _ = await answer_to_a_bind(gateway, client, password=password)
        assert verifier.checks == 0
        refused = await gateway.wait_for(BindRefused)
        assert refused.reason == "certificate_not_accepted"
        assert refused.certificate == ("" if leaf is None else fingerprint(leaf))
        assert octets[8:12] == b"\0\0\0\x0d"
        assert len(octets) == 16


async def test_a_wrong_certificate_is_told_in_the_octets_of_a_wrong_address() -> None:
    wrong_address = account("other", allowed_ips=(ip_network("198.51.100.0/24"),))
    async with gateway_for(NAMED, wrong_address) as gateway:
        client = client_context(None)
        by_certificate = await answer_to_a_bind(gateway, client)
        by_address = await answer_to_a_bind(gateway, client, system_id="other")
        assert by_certificate[0] == by_address[0]


async def test_the_address_is_judged_before_the_certificate() -> None:
    both = account(
        client_certificate_names=("smpp.acme.example",),
        allowed_ips=(ip_network("198.51.100.0/24"),),
    )
    async with gateway_for(both) as gateway:
        await status_of_bind(gateway, None)
        assert (await gateway.wait_for(BindRefused)).reason == "address_not_allowed"


async def test_the_right_certificate_does_not_make_up_for_a_wrong_password() -> None:
    async with gateway_for(NAMED) as gateway:
        octets, _ = await answer_to_a_bind(gateway, client_context(CLIENT), password="wrong")
        assert octets[8:12] == b"\0\0\0\x0e"


async def test_other_accounts_need_no_certificate() -> None:
    async with gateway_for(NAMED, account("other")) as gateway:
        assert await status_of_bind(gateway, None, system_id="other") == CommandStatus.ESME_ROK


async def test_over_a_plain_connection_an_account_with_certificates_is_refused() -> None:
    async with open_gateway(accounts=[NAMED]) as gateway:
        esme = await gateway.connect()
        response = await esme.bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_RBINDFAIL
        assert (await gateway.wait_for(BindRefused)).reason == "certificate_not_accepted"


async def test_refused_certificates_block_the_address_like_wrong_passwords() -> None:
    async with gateway_for(NAMED) as gateway:
        for _ in range(11):
            await status_of_bind(gateway, None)
        reasons = [refused.reason for refused in gateway.seen(BindRefused)]
        assert reasons == ["certificate_not_accepted"] * 10 + ["address_blocked"]


async def test_a_certificate_that_a_reload_takes_away_during_the_check_is_refused() -> None:
    accounts = FixedAccounts([NAMED])

    class Reloading(CountingVerifier):
        async def verify(self, account: Account | None, given: str, /) -> bool:
            is_right = await super().verify(account, given)
            changed = ("another.example",)
            accounts.accounts["acme"] = account_with(changed)
            return is_right

    def account_with(names: tuple[str, ...]) -> Account:
        return account(client_certificate_names=names)

    async with open_gateway(
        accounts=accounts, tls=server_context(), verifier=Reloading()
    ) as gateway:
        assert await status_of_bind(gateway, CLIENT) == CommandStatus.ESME_RBINDFAIL


# ---------------------------------------------------------------------- the handshake


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_resumed_session_keeps_the_certificate_it_began_with(
    version: ssl.TLSVersion,
) -> None:
    async with gateway_for(NAMED, account("other")) as gateway:
        with_one, without = client_context(CLIENT, version), client_context(None, version)
        _, session = await answer_to_a_bind(gateway, with_one)
        octets, _ = await answer_to_a_bind(gateway, with_one, session=session)
        assert octets[8:12] == bytes(4)
        _, session = await answer_to_a_bind(gateway, without, system_id="other")
        octets, _ = await answer_to_a_bind(gateway, without, session=session)
        assert octets[8:12] == b"\0\0\0\x0d"


@pytest.mark.parametrize(
    ("leaf", "mode", "detail", "alert"),
    [
        (
            None,
            ssl.CERT_REQUIRED,
            "PEER_DID_NOT_RETURN_A_CERTIFICATE",
            "ALERT_CERTIFICATE_REQUIRED",
        ),
        (
            trustme.CA().issue_cert("smpp.acme.example"),
            ssl.CERT_OPTIONAL,
            "CERTIFICATE_VERIFY_FAILED",
            "ALERT_UNKNOWN_CA",
        ),
    ],
    ids=["none where all must", "of a strange authority"],
)
async def test_a_handshake_that_fails_for_its_certificate_says_so_to_both_sides(
    leaf: trustme.LeafCert | None, mode: ssl.VerifyMode, detail: str, alert: str
) -> None:
    async with gateway_for(NAMED, tls=server_context(mode)) as gateway:
        with pytest.raises(trio.BrokenResourceError) as broken:
            await answer_to_a_bind(gateway, client_context(leaf))
        assert alert in str(broken.value.__cause__)
        closed = await gateway.wait_for(ConnectionClosed)
        assert (closed.reason, closed.detail) == ("tls_failed", detail)
