"""What comes before the first PDU: who is there, TLS, and the first octets."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from otpblue_trio.runtime.listeners import Peer
from otpblue_trio.runtime.observer import CloseReason, ConnectionOpened
from otpblue_trio.runtime.opening import NotOpened, Opened, open_stream
from otpblue_trio.runtime.telling import ConnectionTeller
from otpblue_trio.testing import EventRecorder, tls_pair

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

BALANCER = Peer(ip_address("10.0.0.7"), 40000)
CLIENT = Peer(ip_address("203.0.113.9"), 50000)
HEADER = b"PROXY TCP4 203.0.113.9 10.0.0.7 50000 2776\r\n"


async def opened(
    octets: bytes,
    *,
    enter: Callable[[Peer], bool] | None = None,
    tls: Callable[[], ssl.SSLContext] | None = None,
    recorder: EventRecorder | None = None,
) -> tuple[Opened | NotOpened, ConnectionTeller]:
    """Return what becomes of a stream on which a peer sends octets and then nothing more."""
    ours, theirs = trio.testing.memory_stream_pair()
    tell = ConnectionTeller(recorder or EventRecorder(), 1, BALANCER, "plain")
    await theirs.send_all(octets)
    await theirs.send_eof()
    return await open_stream(ours, enter=enter, tls=tls, tell=tell), tell


async def test_a_plain_stream_opens_with_what_came_first() -> None:
    stream, _ = await opened(b"first")
    assert stream == Opened(b"first")


async def test_the_peer_behind_a_load_balancer_is_the_one_its_header_names() -> None:
    entered: list[Peer] = []
    recorder = EventRecorder()

    def enter(peer: Peer) -> bool:
        entered.append(peer)
        return True

    stream, tell = await opened(HEADER + b"first", enter=enter, recorder=recorder)
    assert stream == Opened(b"first")
    assert (entered, tell.peer) == ([CLIENT], CLIENT)
    (event,) = recorder.events
    assert isinstance(event, ConnectionOpened)
    assert event.peer == CLIENT.text


async def test_a_peer_for_whom_there_is_no_room_is_turned_away() -> None:
    recorder = EventRecorder()
    stream, _ = await opened(HEADER, enter=lambda _: False, recorder=recorder)
    assert stream == NotOpened(CloseReason.PROXY_HEADER, is_turned_away=True)
    assert recorder.events == []


@pytest.mark.parametrize(
    ("octets", "closed"),
    [
        (b"", NotOpened(CloseReason.PEER_CLOSED)),
        (
            b"\0\0\0\x10" + bytes(12),
            NotOpened(
                CloseReason.PROXY_HEADER, "the connection does not begin with a PROXY header"
            ),
        ),
    ],
)
async def test_a_stream_without_the_header_that_is_due_does_not_open_and_says_why(
    octets: bytes, closed: NotOpened
) -> None:
    stream, tell = await opened(octets, enter=lambda _: True)
    assert stream == closed
    assert tell.peer == BALANCER


async def test_a_handshake_that_fails_says_why() -> None:
    server, _ = tls_pair()
    stream, _ = await opened(b"GET / HTTP/1.1\r\n\r\n", tls=lambda: server)
    assert isinstance(stream, NotOpened)
    assert stream.reason is CloseReason.TLS_FAILED
    assert stream.detail


async def test_a_stream_over_tls_opens_with_what_came_with_the_handshake() -> None:
    ours, theirs = trio.testing.memory_stream_pair()
    tell = ConnectionTeller(EventRecorder(), 1, BALANCER, "tls")
    server, trusting = tls_pair()
    client = trio.SSLStream(theirs, trusting, server_hostname="localhost")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send_all, b"first")
        stream = await open_stream(ours, enter=None, tls=lambda: server, tell=tell)
        assert isinstance(stream, Opened)
        channel = stream.channel
        assert channel is not None
        first = stream.first
        while not first:
            first = channel.open(await ours.receive_some())
        assert (first, stream.certificate) == (b"first", None)
