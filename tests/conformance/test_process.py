"""Conformance, rows 20, 92, 95, 98 to 100: the program itself, over real sockets."""

from __future__ import annotations

import signal
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import trio

from otpblue_trio.smpp import CommandId, CommandStatus
from otpblue_trio.testing import bind_octets, pdu_octets, submit_octets

# The classes are conftest's, which no test may import.
Running = Callable[..., AbstractAsyncContextManager[Any]]

IN_THREE_SECONDS = b"\x01\x0114155550508\0"
NEVER = b"\x01\x0114155550504\0"


def number_of(frame: bytes) -> int:
    """Return a PDU's sequence_number."""
    return int.from_bytes(frame[12:16], "big")


@pytest.mark.row(20)
async def test_one_connection_too_many_is_closed_and_a_freed_slot_is_taken(
    running: Running,
) -> None:
    async with running(limits={"max_connections": 3}) as gateway:
        esmes = [await gateway.bare_bound() for _ in range(3)]
        with trio.fail_after(60):
            one_more = await gateway.bare()
            assert await one_more.rest() == []
        await esmes[0].send(pdu_octets(CommandId.UNBIND))
        await esmes[0].rest()
        await esmes[0].aclose()
        await gateway.until("otpblue_smpp_connections_open", 2)
        assert await (await gateway.bare_bound()).is_alive()


@pytest.mark.row(92)
async def test_a_reset_loses_neither_outcome_nor_receipt(running: Running) -> None:
    async with running() as gateway:
        stream = await gateway.stream()
        await stream.send_all(
            bind_octets()
            + b"".join(
                submit_octets(
                    b"code %d" % (1000 + number),
                    dest_addr=IN_THREE_SECONDS,
                    registered_delivery=1,
                    sequence_number=number,
                )
                for number in range(2, 7)
            )
        )
        await stream.receive_some()
        await gateway.until("otpblue_smpp_messages_in_flight", 5)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await trio.aclose_forcefully(stream)
        await gateway.until("otpblue_smpp_receipts_waiting", 5)
        answered = 'otpblue_smpp_messages_answered_total{system_id="acme",reason="delivered"'
        assert await gateway.sample(answered) == 5
        esme = await gateway.bare_bound()
        receipts = await esme.take(5)
        assert all(b" stat:DELIVRD err:000 text:" in receipt for receipt in receipts)


@pytest.mark.row(95)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_unbinds_and_ends_with_0(
    number: signal.Signals, running: Running
) -> None:
    async with running() as gateway:
        esmes = [await gateway.bare_bound() for _ in range(3)]
        for esme in esmes:
            await esme.send(submit_octets(dest_addr=IN_THREE_SECONDS))
        assert (await gateway.get("/readyz"))[0] == 200
        await gateway.until("otpblue_smpp_messages_in_flight", 3)
        gateway.process.send_signal(number)
        await gateway.until("otpblue_smpp_ready", 0)
        assert (await gateway.get("/readyz"))[0] == 503
        with pytest.raises(OSError, match="connect"):
            await gateway.stream()
        for esme in esmes:
            assert (await esme.next())[4:12] == b"\x80\0\0\x04\0\0\0\0"
            unbind = await esme.next()
            assert unbind[4:8] == b"\0\0\0\x06"
            await esme.send(pdu_octets(CommandId.UNBIND_RESP, sequence_number=number_of(unbind)))
            assert await esme.rest() == []
            await esme.aclose()
        with trio.fail_after(60):
            assert await gateway.process.wait() == 0


@pytest.mark.row(98)
async def test_a_reload_changes_rates_and_ends_the_sessions_of_who_is_gone(
    running: Running,
) -> None:
    async with running() as gateway:
        esme = await gateway.bare_bound()
        other = await gateway.bare()
        assert (await other.ask(bind_octets(system_id=b"other")))[11] == 0
        for number in range(10):
            assert (await esme.ask(submit_octets(b"code %d" % (1000 + number))))[11] == 0

        acme = gateway.settings["accounts"][0]
        acme["tps"] = 0
        gateway.write()
        await gateway.reload()
        assert (await esme.ask(submit_octets(b"code 2000")))[11] == CommandStatus.ESME_RTHROTTLED
        assert (await other.ask(submit_octets(b"code 2000")))[11] == 0

        acme["enabled"] = False
        gateway.write()
        await gateway.reload()
        unbind = await esme.next()
        assert unbind[4:8] == b"\0\0\0\x06"
        await esme.send(pdu_octets(CommandId.UNBIND_RESP, sequence_number=number_of(unbind)))
        assert await esme.rest() == []
        refused = await (await gateway.bare()).ask(bind_octets())
        assert refused[11] == CommandStatus.ESME_RINVPASWD

        # Back again, and the other one gone.
        gateway.settings["accounts"] = [acme | {"enabled": True, "tps": "unlimited"}]
        gateway.write()
        await gateway.reload()
        assert (await other.next())[4:8] == b"\0\0\0\x06"
        esme = await gateway.bare_bound()
        assert (await esme.ask(submit_octets(b"code 3000")))[11] == 0


@pytest.mark.row(99)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_1_2_and_1_3_are_spoken(
    version: ssl.TLSVersion, running: Running, trusting: ssl.SSLContext
) -> None:
    trusting.minimum_version = trusting.maximum_version = version
    async with running() as gateway:
        esme = await gateway.secured(trusting)
        await esme.bind()
        assert (await esme.ask(submit_octets(registered_delivery=1)))[11] == 0
        assert (await esme.next())[4:8] == b"\0\0\0\x05"
        assert (await esme.ask(pdu_octets(CommandId.UNBIND)))[4:8] == b"\x80\0\0\x06"


@pytest.mark.row(99)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tls_1_1_is_refused(running: Running, trusting: ssl.SSLContext) -> None:
    trusting.set_ciphers("ALL:@SECLEVEL=0")
    trusting.minimum_version = ssl.TLSVersion.TLSv1
    trusting.maximum_version = ssl.TLSVersion.TLSv1_1
    async with running() as gateway:
        with pytest.raises(trio.BrokenResourceError):
            await gateway.secured(trusting)
        trusting.maximum_version = ssl.TLSVersion.TLSv1_3
        await (await gateway.secured(trusting)).bind()


@pytest.mark.row(100)
async def test_a_replaced_certificate_greets_new_connections_and_leaves_old_ones(
    running: Running, trusting: ssl.SSLContext
) -> None:
    async with running() as gateway:
        old = await gateway.secured(trusting)
        await old.bind()
        assert name_in(old) == "first"
        gateway.write_certificate("second")
        assert name_in(await gateway.secured(trusting)) == "first"
        await gateway.reload()
        new = await gateway.secured(trusting)
        await new.bind()
        assert name_in(new) == "second"
        for esme in (old, new):
            assert await esme.is_alive()
            assert (await esme.ask(submit_octets()))[11] == 0


def name_in(esme: Any) -> str:
    """Return the common name in the certificate that the gateway has shown."""
    certificate: Any = esme._stream.getpeercert()
    return str(dict(entry[0] for entry in certificate["subject"])["commonName"])
