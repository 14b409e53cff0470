"""TLS as octets in and octets out, against a client that trio and OpenSSL make."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.runtime.tls_channel import TlsChannel, TlsFailure
from otpblue_trio.testing import tls_pair

if TYPE_CHECKING:
    from collections.abc import Callable


class Client:
    """The other side, in memory as well."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")

    @property
    def has_ticket(self) -> bool:
        session = self._tls.session
        return session is not None and session.has_ticket

    def seal(self, octets: bytes) -> bytes:
        self._tls.write(octets)
        return self._outgoing.read()

    def open(self, octets: bytes) -> bytes:
        self._incoming.write(octets)
        return self._tls.read(1 << 20)

    def goodbye(self) -> bytes:
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.unwrap()
        return self._outgoing.read()

    async def shake_hands(self, stream: trio.abc.Stream, early: bytes = b"") -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await stream.send_all(self._outgoing.read())
                self._incoming.write(await stream.receive_some())
            else:
                await stream.send_all(self.seal(early) if early else self._outgoing.read())
                return


async def established(
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> tuple[TlsChannel, Client]:
    """Return both sides of a connection after the handshake."""
    server, trusting = tls_pair()
    trusting.maximum_version = version
    channel, client = TlsChannel(server), Client(trusting)
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.shake_hands, theirs)
        assert await channel.shake_hands(ours) == b""
    return channel, client


async def test_octets_that_come_with_the_end_of_the_handshake_are_returned() -> None:
    server, trusting = tls_pair()
    channel, client = TlsChannel(server), Client(trusting)
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.shake_hands, theirs, b"early bird")
        assert await channel.shake_hands(ours) == b"early bird"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_octets_go_both_ways(version: ssl.TLSVersion) -> None:
    channel, client = await established(version)
    assert channel.open(client.seal(b"hello")) == b"hello"
    assert client.open(channel.seal(b"and back")) == b"and back"


async def test_tickets_wait_for_the_first_answer() -> None:
    channel, client = await established()
    assert channel.outgoing_octets > 0
    assert not client.has_ticket
    client.open(channel.seal(b"answer"))
    assert client.has_ticket


async def test_nothing_queued_seals_to_nothing() -> None:
    channel, _ = await established()
    channel.seal(b"")
    assert channel.seal(b"") == b""
    assert channel.outgoing_octets == 0


@pytest.mark.parametrize("size", [1, 2, 5, 100, 16_384, 1_000_000])
async def test_any_pieces_of_the_stream_hold_the_same(size: int) -> None:
    channel, client = await established()
    said = bytes(range(256)) * (4 if size < 100 else 400)
    sealed = client.seal(said)
    pieces = [sealed[start : start + size] for start in range(0, len(sealed), size)]
    assert b"".join(map(channel.open, pieces)) == said


async def test_goodbye_ends_it_behind_what_came_before() -> None:
    channel, client = await established()
    last = client.seal(b"last words") + client.goodbye()
    assert channel.open(last) == b"last words"
    assert channel.has_ended


async def test_our_goodbye_is_understood() -> None:
    channel, client = await established()
    assert client.open(channel.goodbye()) == b""


async def test_a_goodbye_that_nobody_took_is_said_again() -> None:
    channel, client = await established()
    channel.goodbye()
    assert client.open(channel.goodbye()) == b""


def damage(sealed: bytes) -> bytes:
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


@pytest.mark.parametrize(
    "change", [damage, lambda _: b"GET / HTTP/1.1\r\n\r\n", lambda _: b"\0" * 64]
)
async def test_what_is_no_tls_ends_it(change: Callable[[bytes], bytes]) -> None:
    channel, client = await established()
    with pytest.raises(TlsFailure):
        channel.open(change(client.seal(b"hello")))


NOISE_MEETS, _ = tls_pair()


@given(st.binary(min_size=11, max_size=200))
def test_a_handshake_of_noise_fails_or_waits(noise: bytes) -> None:
    async def main() -> None:
        ours, theirs = trio.testing.memory_stream_pair()
        with trio.move_on_after(5):
            await theirs.send_all(noise)
            await theirs.send_eof()
            with pytest.raises(TlsFailure):
                await TlsChannel(NOISE_MEETS).shake_hands(ours)
            return
        pytest.fail("the handshake goes on after the end of the stream")

    trio.run(main)


async def test_a_handshake_that_fails_tells_the_peer_why() -> None:
    context, old = tls_pair()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    ours, theirs = trio.testing.memory_stream_pair()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    peer = trio.SSLStream(theirs, old, server_hostname="localhost")
    async with trio.open_nursery() as nursery:

        async def refuse() -> None:
            with pytest.raises(TlsFailure, match="UNSUPPORTED_PROTOCOL"):
                await TlsChannel(context).shake_hands(ours)

        nursery.start_soon(refuse)
        with pytest.raises(trio.BrokenResourceError) as broken:
            await peer.do_handshake()
    assert "ALERT_PROTOCOL_VERSION" in str(broken.value.__cause__)
