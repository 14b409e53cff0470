"""Floods of connections and binds, and links that break with messages in flight."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.smpp import BindTransceiver, CommandStatus, SubmitSmResp, encode
from otpblue_trio.testing import Esme, pdus_of, submit_pdu

if TYPE_CHECKING:
    from tests.attacks.conftest import Target

SETTINGS = {"simulator": {"latency": "50ms", "jitter": "10ms"}}
LOGIN = ("mallory", "mallory1")
BIND = encode(BindTransceiver(sequence_number=1, system_id=LOGIN[0], password=LOGIN[1]))
GUESS = encode(BindTransceiver(sequence_number=1, system_id=LOGIN[0], password="guess"))


def reset(connection: socket.socket) -> None:
    """Close with a reset: whatever is under way is lost."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_to_end(connection: socket.socket) -> bytes:
    """Read until the gateway closes or resets."""
    octets = b""
    with contextlib.suppress(ConnectionResetError):
        while more := connection.recv(65536):
            octets += more
    return octets


def submits(first_code: int, count: int) -> bytes:
    """Return messages, each with a code of its own."""
    return b"".join(
        encode(submit_pdu("14155552671", f"Your code is {code}"))
        for code in range(first_code, first_code + count)
    )


async def test_thousands_of_connections_that_are_closed_at_once(target: Target) -> None:
    def connect_and_go() -> None:
        for number in range(3000):
            connection = target.connect_socket(f"127.0.0.{2 + number % 100}")
            if number % 3 == 0:
                reset(connection)
            else:
                connection.close()

    async def attack() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.to_thread.run_sync, connect_and_go)
            for _ in range(3):
                await target.serve_clean_client()

    await target.survives(attack)


async def test_guesses_in_one_write_and_on_many_connections_try_ten_passwords(
    target: Target,
) -> None:
    refused = 'otpblue_smpp_binds_refused_total{reason="bad_credentials"}'

    async def attack() -> None:
        with contextlib.ExitStack() as open_sockets:
            guessers = [
                open_sockets.enter_context(target.connect_socket("127.0.0.66")) for _ in range(50)
            ]
            for connection in guessers:
                connection.sendall(GUESS * 100)
            # Its password has been right before: it need not wait for theirs.
            await target.serve_clean_client()
            for connection in guessers:
                answers = pdus_of(await trio.to_thread.run_sync(read_to_end, connection))
                assert len(answers) == 1
                assert answers[0].command_status in (
                    CommandStatus.ESME_RINVPASWD,
                    CommandStatus.ESME_RBINDFAIL,
                )

    await target.survives(attack)
    assert await target.metric(refused) == 10


async def test_a_storm_of_binds_and_unbinds(target: Target) -> None:
    async def session(number: int) -> None:
        stream = await target.connect(f"127.0.0.{10 + number % 50}")
        async with trio.open_nursery() as nursery, Esme(stream) as esme:
            await nursery.start(esme.run)
            assert (await esme.bind_transceiver(*LOGIN)).command_status == CommandStatus.ESME_ROK
            assert (await esme.unbind()).command_status == CommandStatus.ESME_ROK
            await esme.wait_closed()

    async def attack() -> None:
        for _ in range(3):
            async with trio.open_nursery() as nursery:
                for number in range(100):
                    nursery.start_soon(session, number)

    await target.survives(attack)


async def test_half_closed_links_get_all_their_results(target: Target) -> None:
    codes = iter(range(200_000, 300_000, 20))

    def talk() -> None:
        with target.connect_socket() as connection:
            connection.sendall(BIND + submits(next(codes), 20))
            connection.shutdown(socket.SHUT_WR)
            answers = pdus_of(read_to_end(connection))
        responses = [pdu for pdu in answers if isinstance(pdu, SubmitSmResp)]
        assert len(responses) == 20
        assert all(pdu.command_status == CommandStatus.ESME_ROK for pdu in responses)

    async def attack() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(trio.to_thread.run_sync, talk)

    await target.survives(attack)
    await take_receipts(target, 2 * 20 * 20)


@pytest.mark.parametrize(("listener", "first"), [("plain", 300_000), ("tls", 350_000)])
async def test_links_reset_with_messages_in_flight_lose_no_receipt(
    listener: str, first: int, target: Target
) -> None:
    codes = iter(range(first, first + 50_000, 20))

    def talk() -> None:
        connection = target.connect_socket(listener=listener)
        if listener == "tls":
            connection = target.client_tls().wrap_socket(connection, server_hostname="localhost")
        connection.sendall(BIND + submits(next(codes), 20))
        # The bind is answered, so the messages behind it are read.
        assert connection.recv(1)
        reset(connection)

    async def attack() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(trio.to_thread.run_sync, talk)
        await target.wait_for_metric("otpblue_smpp_messages_in_flight", 0)

    await target.survives(attack)
    await take_receipts(target, 2 * 20 * 20)


async def take_receipts(target: Target, count: int) -> None:
    """Take the receipts that wait for the attacker's account; so many it must be, each once."""
    stream = await target.connect("127.0.0.7")
    async with trio.open_nursery() as nursery, Esme(stream) as esme:
        await nursery.start(esme.run)
        assert (await esme.bind_receiver(*LOGIN)).command_status == CommandStatus.ESME_ROK
        with trio.fail_after(60):
            taken = {(await esme.receipt()).short_message for _ in range(count)}
        assert len(taken) == count
        await esme.unbind()
        await esme.wait_closed()
    assert await target.metric("otpblue_smpp_receipts_waiting") == 0
