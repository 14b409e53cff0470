"""Integration guide, "Timeouts": each at its limit, below it and above it, and what counts."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.app import server_context
from otpblue_trio.config import Tls, development_certificate
from otpblue_trio.runtime.observer import CloseReason, ConnectionClosed
from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import Esme, EsmeClosed, open_gateway

if TYPE_CHECKING:
    from pathlib import Path

    from trio.testing import MockClock

NUMBER = "14155552671"
TEXT = "Your code is 482910"
HOUR = 3600.0


async def lives_for(esme: Esme, seconds: float) -> bool:
    """Tell whether a session that does nothing from now on is still there after some time."""
    with trio.move_on_after(seconds):
        await esme.wait_closed()
    return not esme.is_closed


async def stay_active_until(esme: Esme, moment: float) -> None:
    """Send enquire_link every minute; return at the moment, or when the session has ended."""
    while trio.current_time() < moment and not esme.is_closed:
        await esme.enquire_link()
        with trio.move_on_after(min(60.0, moment - trio.current_time())):
            await esme.wait_closed()


# ---------------------------------------------------------------------- Pre-bind: 30 seconds


async def test_pre_bind_connection_is_closed_at_30_seconds(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        opened = trio.current_time()
        esme = await gateway.connect()
        await esme.wait_closed()
        assert trio.current_time() - opened == pytest.approx(30.0)
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.PRE_BIND_TIMEOUT


async def test_bind_within_30_seconds_is_in_time(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        assert await lives_for(esme, 29.9)
        assert (await esme.bind_transceiver("acme", "secret")).command_status == 0
        assert await lives_for(esme, 30)


async def test_bind_after_30_seconds_is_too_late(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.connect()
        await trio.sleep(30.1)
        with pytest.raises(EsmeClosed):
            await esme.bind_transceiver("acme", "secret")


async def test_pre_bind_time_includes_the_tls_handshake(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    now = datetime(2026, 2, 12, tzinfo=UTC)
    certificate, private_key = development_certificate(tmp_path, now=now)
    tls = server_context(Tls(certificate=certificate, private_key=private_key))
    async with open_gateway(tls=tls) as gateway:
        opened = trio.current_time()
        stream = gateway.connect_stream()
        await trio.sleep(20)
        client_tls = ssl.create_default_context()
        client_tls.check_hostname = False
        client_tls.verify_mode = ssl.CERT_NONE
        secured = trio.SSLStream(stream, client_tls, https_compatible=True)
        await secured.do_handshake()
        assert await secured.receive_some() == b""
        assert trio.current_time() - opened == pytest.approx(30.0)
        await trio.aclose_forcefully(secured)


# ---------------------------------------------------------------------- Inactivity: 90 seconds


async def test_inactive_session_is_disconnected_at_90_seconds(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        bound = trio.current_time()
        await esme.wait_closed()
        assert trio.current_time() - bound == pytest.approx(90.0)
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.INACTIVITY


@pytest.mark.parametrize("request_name", ["enquire_link", "submit_sm"])
@pytest.mark.parametrize(("pause", "lives"), [(89.9, True), (90.1, False)])
async def test_request_within_90_seconds_keeps_the_session(
    request_name: str, pause: float, lives: bool, autojump_clock: MockClock
) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        for _ in range(3):
            if not await lives_for(esme, pause):
                break
            if request_name == "enquire_link":
                await esme.enquire_link()
            else:
                await esme.submit_sm(NUMBER, TEXT, registered_delivery=0)
        assert esme.is_closed is not lives


async def test_inactive_session_is_told_by_an_unbind(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await esme.wait_closed()
        assert esme.unbind_received


async def test_answering_receipts_is_no_activity(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        submitting = await gateway.connect()
        await submitting.bind_transmitter("acme", "secret")
        receiving = await gateway.connect()
        await receiving.bind_receiver("acme", "secret")
        bound = trio.current_time()
        for number in range(4):
            await submitting.submit_sm(NUMBER, f"Your code is 48291{number}")
            await receiving.receipt()
            await trio.sleep(20)
        await receiving.wait_closed()
        assert trio.current_time() - bound == pytest.approx(90.0)


# ---------------------------------------------------------------------- Max session duration: 24 h


async def test_session_ends_after_24_hours_regardless_of_activity(
    autojump_clock: MockClock,
) -> None:
    async with open_gateway() as gateway:
        opened = trio.current_time()
        esme = await gateway.bound()
        await stay_active_until(esme, opened + 25 * HOUR)
        assert esme.is_closed
        assert trio.current_time() - opened == pytest.approx(24 * HOUR)
        closed = await gateway.wait_for(ConnectionClosed)
        assert closed.reason is CloseReason.MAX_DURATION


async def test_session_serves_until_just_before_24_hours(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        opened = trio.current_time()
        esme = await gateway.bound()
        await stay_active_until(esme, opened + 24 * HOUR - 1)
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == CommandStatus.ESME_ROK


async def test_client_may_reconnect_at_once_after_24_hours(autojump_clock: MockClock) -> None:
    async with open_gateway() as gateway:
        esme = await gateway.bound()
        await stay_active_until(esme, trio.current_time() + 25 * HOUR)
        again = await gateway.bound()
        assert (await again.submit_sm(NUMBER, TEXT)).command_status == CommandStatus.ESME_ROK
