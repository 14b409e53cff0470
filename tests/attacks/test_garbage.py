"""Octets that are no SMPP, PDUs that are broken, and PDUs that make no sense where they come."""

from __future__ import annotations

import socket
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import trio
import trio.testing
from fuzz_mutation import mutated, with_length
from fuzz_targets import TARGETS, corpus_of
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from otpblue_trio.smpp import BindTransceiver, CommandStatus, encode
from otpblue_trio.testing import open_gateway, pdus_of
from otpblue_trio.testing.strategies import mutated as broken
from otpblue_trio.testing.strategies import pdus

if TYPE_CHECKING:
    from tests.attacks.conftest import Target

SETTINGS = {"limits": {"pdu_read_timeout": "1s", "pre_bind_timeout": "5s"}}
FRAMES = 100_000
SENDERS = 8
PER_CONNECTION = 250
ENDS_A_SESSION = (b"\0\0\0\x06", b"\x80\0\0\x06")
"""unbind and unbind_resp"""
LOGIN = ("mallory", "mallory1")
BIND = encode(BindTransceiver(sequence_number=1, system_id=LOGIN[0], password=LOGIN[1]))

NO_SMPP = {
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "tls": bytes.fromhex("1603010200010001fc0303") + bytes(200),
    "amqp": b"AMQP\x00\x00\x09\x01",
    "rdp": bytes.fromhex("0300002b26e00000000000436f6f6b69653a206d737473686173683d"),
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "zeros": bytes(1000),
    "ones": b"\xff" * 1000,
    "longest": b"\x7f\xff\xff\xff" + bytes(1000),
    "one-over": (65537).to_bytes(4, "big") + bytes(1000),
}


def talk(target: Target, address: str, listener: str, octets: bytes) -> bytes:
    """Say something and listen until the gateway closes; a reset ends it as well."""
    answer = b""
    with target.connect_socket(address, listener) as connection:
        try:
            connection.sendall(octets)
            connection.shutdown(socket.SHUT_WR)
            while more := connection.recv(65536):
                answer += more
        except ConnectionError:
            pass
    return answer


async def test_other_protocols_and_random_octets_end_their_own_connection(target: Target) -> None:
    async def attack() -> None:
        random = Random(1)
        said = [*NO_SMPP.values(), *(random.randbytes(random.randint(1, 300)) for _ in range(100))]
        async with trio.open_nursery() as nursery:
            for number, octets in enumerate(said):
                for listener in ("plain", "tls"):
                    address = f"127.0.0.{2 + number % 50}"
                    nursery.start_soon(
                        trio.to_thread.run_sync, talk, target, address, listener, octets
                    )

    await target.survives(attack)


async def test_what_is_no_smpp_is_nacked_with_the_length_at_fault(target: Target) -> None:
    for octets in NO_SMPP.values():
        answer = await trio.to_thread.run_sync(talk, target, "127.0.0.9", "plain", octets)
        assert len(answer) == 16
        assert answer[4:8] == b"\x80\0\0\0"
        assert int.from_bytes(answer[8:12], "big") == CommandStatus.ESME_RINVCMDLEN


async def test_a_hundred_thousand_broken_frames_leave_the_process_as_it_was(
    target: Target,
) -> None:
    """Mutations of the fuzz corpus, the same in every run, on sessions that are bound.

    Those that end a session stand at the ends of the streams, so that what is before them is read.
    """
    rounds = 2  # an attack is made twice
    corpus = corpus_of("frames")
    answers = 0

    def send(number: int) -> None:
        nonlocal answers
        random = Random(number)
        for _ in range(FRAMES // rounds // SENDERS // PER_CONNECTION):
            frames: list[bytes] = []
            while len(frames) < PER_CONNECTION:
                octets = mutated(corpus, TARGETS["frames"], random)
                frame = with_length(octets[:1000].ljust(16, b"\0"))
                if frame[4:8] not in ENDS_A_SESSION:
                    frames.append(frame)
            last = mutated(corpus, TARGETS["frames"], random)
            octets = BIND + b"".join(frames) + last
            heard = pdus_of(talk(target, f"127.0.0.{2 + number}", "plain", octets))
            answers += sum(pdu.is_response for pdu in heard)

    async def attack() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(SENDERS):
                nursery.start_soon(trio.to_thread.run_sync, send, number)

    await target.survives(attack)
    # Most are requests, and every request that is read is answered.
    assert answers > FRAMES * 0.6


# ---------------------------------------------------------------------- in memory


async def _stream_of_anything(chunks: list[bytes], is_bound: bool) -> None:
    async with open_gateway() as gateway:
        stream = gateway.connect_stream()
        if is_bound:
            await stream.send_all(encode(BindTransceiver(system_id="acme", password="secret")))
        for chunk in chunks:
            try:
                await stream.send_all(chunk)
            except trio.BrokenResourceError:
                break
        await trio.testing.wait_all_tasks_blocked()
        esme = await gateway.bound(address="203.0.113.1")
        response = await esme.submit_sm("14155552671", "Your code is 482910")
        assert response.command_status == CommandStatus.ESME_ROK
        await esme.unbind()
        await trio.aclose_forcefully(stream)
        # Whatever was held or is waited for is given up by then.
        await trio.sleep(200)
        assert gateway.gateway.connections == 0
        assert gateway.gateway.in_flight == 0


@given(
    st.lists(st.binary(max_size=60) | pdus().map(encode) | broken(pdus().map(encode)), max_size=6),
    st.booleans(),
)
@settings(max_examples=60)
def test_any_stream_leaves_a_gateway_that_serves(chunks: list[bytes], is_bound: bool) -> None:
    trio.run(partial(_stream_of_anything, chunks, is_bound), clock=MockClock(autojump_threshold=0))
