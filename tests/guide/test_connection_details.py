"""Integration guide, "Connection Details" and "SMPP Session Lifecycle": one test for each row."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.app import server_context
from otpblue_trio.config import Config, Tls, development_certificate, load_config
from otpblue_trio.runtime.observer import CloseReason, ConnectionClosed
from otpblue_trio.smpp import (
    BindReceiver,
    BindTransceiver,
    BindTransceiverResp,
    BindTransmitter,
    CommandStatus,
    DeliverSm,
    Pdu,
    SubmitSmResp,
    Tlv,
    TlvTag,
    UnbindResp,
)
from otpblue_trio.testing import Esme, MemoryStream, open_gateway

if TYPE_CHECKING:
    from trio.testing import MockClock

NUMBER = "14155551234"
TEXT = "Your verification code is 482910. Do not share this code."
CONFIGS = [Config(), load_config(Path(__file__).parents[2] / "config.toml", env={})]


class Wiretap(trio.abc.Stream):
    """A client's stream that keeps every octet that passes, as somebody on the way would see it."""

    def __init__(self, stream: MemoryStream) -> None:
        self._stream = stream
        self.octets = bytearray()

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        self.octets += data
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        received = await self._stream.receive_some(max_bytes)
        self.octets += received
        return received

    async def aclose(self) -> None:
        await self._stream.aclose()


@pytest.fixture
def pem_pair(tmp_path: Path) -> tuple[Path, Path]:
    """A development certificate and its key."""
    return development_certificate(tmp_path, now=datetime(2026, 2, 12, tzinfo=UTC))


@pytest.fixture
def server_tls(pem_pair: tuple[Path, Path]) -> ssl.SSLContext:
    """The gateway's side of TLS with the settings that [tls] has by default."""
    certificate, private_key = pem_pair
    return server_context(Tls(certificate=certificate, private_key=private_key))


@pytest.fixture
def client_tls() -> ssl.SSLContext:
    """A client's side of TLS; the certificate's dates are of no interest here."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def test_protocol_is_smpp_3_4(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        response = await esme.bind_transceiver("acme", "secret", interface_version=0x34)
        assert isinstance(response, BindTransceiverResp)
        assert response.tlvs == (Tlv(TlvTag.SC_INTERFACE_VERSION, b"\x34"),)


@pytest.mark.parametrize("config", CONFIGS, ids=["default", "shipped"])
def test_tls_port_is_2776(config: Config) -> None:
    assert {address.port for address in config.listen.tls} == {2776}


@pytest.mark.parametrize("config", CONFIGS, ids=["default", "shipped"])
def test_plaintext_port_is_disabled_by_default(config: Config) -> None:
    assert config.listen.plain == ()


def test_plaintext_port_2775_may_be_enabled_in_a_test_environment(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('environment = "development"\nlisten.plain = ["127.0.0.1:2775"]\n')
    assert [address.port for address in load_config(path, env={}).listen.plain] == [2775]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
async def test_tls_version_1_2_or_higher_is_accepted(
    version: str,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    autojump_clock: MockClock,
) -> None:
    client_tls.minimum_version = client_tls.maximum_version = ssl.TLSVersion[version]
    async with open_gateway(tls=server_tls) as gateway, trio.open_nursery() as nursery:
        stream = trio.SSLStream(gateway.connect_stream(), client_tls)
        await stream.do_handshake()
        esme = Esme(stream)
        await nursery.start(esme.run)
        assert (await esme.bind_transceiver("acme", "secret")).command_status == 0
        await esme.aclose()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
async def test_tls_version_below_1_2_is_refused(
    version: str,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    autojump_clock: MockClock,
) -> None:
    client_tls.set_ciphers("ALL:@SECLEVEL=0")  # what OpenSSL asks for the old versions
    client_tls.minimum_version = client_tls.maximum_version = ssl.TLSVersion[version]
    async with open_gateway(tls=server_tls) as gateway:
        stream = trio.SSLStream(gateway.connect_stream(), client_tls)
        with pytest.raises(trio.BrokenResourceError) as refused:
            await stream.do_handshake()
        # It is the gateway that goes away; the client would have spoken the old version.
        assert "ALERT_PROTOCOL_VERSION" in str(refused.value.__cause__)
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.TLS_FAILED


async def test_credentials_and_codes_are_encrypted_in_transit(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, autojump_clock: MockClock
) -> None:
    async with open_gateway(tls=server_tls) as gateway, trio.open_nursery() as nursery:
        wiretap = Wiretap(gateway.connect_stream())
        stream = trio.SSLStream(wiretap, client_tls)
        await stream.do_handshake()
        esme = Esme(stream)
        await nursery.start(esme.run)
        await esme.bind_transceiver("acme", "secret")
        assert (await esme.submit_sm(NUMBER, TEXT, source="MyBank")).command_status == 0
        await esme.aclose()
    assert len(wiretap.octets) > 500
    for secret in (b"acme", b"secret", b"482910", NUMBER.encode(), b"MyBank"):
        assert secret not in wiretap.octets


async def test_plain_smpp_on_the_tls_port_is_not_served(
    server_tls: ssl.SSLContext, autojump_clock: MockClock
) -> None:
    async with open_gateway(tls=server_tls) as gateway:
        esme = await gateway.connect()
        await esme.send(BindTransceiver(sequence_number=1, system_id="acme", password="secret"))
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.TLS_FAILED


async def test_transceiver_submits_and_receives_in_one_session(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await esme.bind_transceiver("acme", "secret")
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == 0
        assert (await esme.receipt()).destination_addr == ""


@pytest.mark.parametrize(
    "bind", [BindTransceiver, BindTransmitter, BindReceiver], ids=lambda bind: bind.__name__
)
async def test_every_bind_mode_is_accepted(
    bind: type[BindTransceiver] | type[BindTransmitter] | type[BindReceiver],
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        response = await esme.request(bind(system_id="acme", password="secret"))
        assert response.command_status == CommandStatus.ESME_ROK


async def test_system_id_and_password_are_the_ones_provided(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        for system_id, password, expected in [
            ("acme", "secret", CommandStatus.ESME_ROK),
            ("acme", "Secret", CommandStatus.ESME_RINVPASWD),
            ("ACME", "secret", CommandStatus.ESME_RINVPASWD),
        ]:
            esme = await gateway.connect()
            response = await esme.bind_transceiver(system_id, password)
            assert response.command_status == expected


async def test_session_lifecycle_step_by_step(autojump_clock: MockClock) -> None:
    """The five numbered steps of the lifecycle, in one conversation."""
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        seen: list[Pdu] = [
            await esme.bind_transceiver("acme", "secret"),
            await esme.submit_sm(NUMBER, TEXT, source="MyBank"),
            await esme.receipt(),
            await esme.enquire_link(),
            await esme.unbind(),
        ]
        await esme.wait_closed()
        assert [pdu.command_status for pdu in seen] == [0] * 5
        assert isinstance(seen[1], SubmitSmResp)
        assert isinstance(seen[2], DeliverSm)
        assert isinstance(seen[4], UnbindResp)
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.UNBOUND
