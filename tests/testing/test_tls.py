"""The certificate of one test: who accepts it, and a gateway that speaks TLS with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.smpp import CommandStatus
from otpblue_trio.testing import open_gateway, tls_pair

if TYPE_CHECKING:
    from trio.testing import MockClock


async def test_a_message_passes_through_tls(autojump_clock: MockClock) -> None:
    server, client = tls_pair()
    async with open_gateway(tls=server) as gateway:
        esme = await gateway.bound(tls=client)
        response = await esme.submit_sm("14155552671", "Your code is 482910")
        assert response.command_status == CommandStatus.ESME_ROK


@pytest.mark.parametrize("name", ["smpp.example.com", "192.0.2.7", "2001:db8::7"])
async def test_a_client_accepts_the_certificate_of_any_name_or_address(
    autojump_clock: MockClock, name: str
) -> None:
    server, client = tls_pair(name)
    async with open_gateway(tls=server) as gateway:
        esme = await gateway.connect(tls=client, server_hostname=name)
        response = await esme.bind_transceiver("acme", "secret")
        assert response.command_status == CommandStatus.ESME_ROK


async def test_a_client_refuses_a_certificate_of_another_name(autojump_clock: MockClock) -> None:
    server, client = tls_pair("smpp.example.com")
    async with open_gateway(tls=server) as gateway:
        with pytest.raises(trio.BrokenResourceError):
            await gateway.connect(tls=client)


async def test_a_client_of_another_pair_refuses_the_certificate(
    autojump_clock: MockClock,
) -> None:
    server, _ = tls_pair()
    _, stranger = tls_pair()
    async with open_gateway(tls=server) as gateway:
        with pytest.raises(trio.BrokenResourceError):
            await gateway.connect(tls=stranger)
