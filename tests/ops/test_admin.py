from __future__ import annotations

import contextlib
import json
import logging
from typing import TYPE_CHECKING, cast

import h11
import pytest
import trio
import trio.testing
from trio.testing import lockstep_stream_pair, memory_stream_pair, wait_all_tasks_blocked
from trio_websocket import (
    ConnectionRejected,
    WebSocketConnection,
    open_websocket,
    wrap_client_stream,
)

from otpblue_trio.ops.admin import AdminServer
from otpblue_trio.ops.feed import Feed
from otpblue_trio.ops.metrics import Metrics, Readiness
from otpblue_trio.runtime.observer import GatewayStarted

if TYPE_CHECKING:
    from collections.abc import Callable

    from trio.testing import MockClock

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def _server(
    *,
    max_connections: int = 64,
    request_timeout: float = 30.0,
    render_metrics: Callable[[], bytes] = lambda: b"a 1\n",
    feed: Feed | None = None,
) -> AdminServer:
    return AdminServer(
        render_metrics=render_metrics,
        readiness=lambda: Readiness.READY,
        feed=feed or Feed(lambda: {"received": 1}),
        max_connections=max_connections,
        request_timeout=request_timeout,
    )


async def _talk(octets: bytes, server: AdminServer | None = None) -> bytes:
    """Send octets on a new connection, half-close it, return all that comes back."""
    client, other_end = memory_stream_pair()
    received = b""
    async with trio.open_nursery() as nursery:
        nursery.start_soon((server or _server()).handle, other_end)
        await client.send_all(octets)
        await client.send_eof()
        while piece := await client.receive_some():
            received += piece
    return received


def _status(received: bytes | bytearray) -> int:
    return int(received.split(b" ", 2)[1])


async def _watch(
    nursery: trio.Nursery,
    client: trio.abc.Stream,
    extra_headers: list[tuple[bytes, bytes]] | None = None,
) -> WebSocketConnection:
    # Any stream will do; the annotation is narrower than the function.
    stream = cast("trio.SocketStream", client)
    return await wrap_client_stream(
        nursery, stream, "localhost", "/feed", extra_headers=extra_headers
    )


async def test_one_request_gets_one_answer() -> None:
    received = await _talk(GET)
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\r\n\r\nok\n")


async def test_several_requests_share_a_connection() -> None:
    client, other_end = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_server().handle, other_end)
        for target in (b"/healthz", b"/readyz", b"/metrics", b"/nothing", b"/healthz"):
            parser = h11.Connection(h11.CLIENT)
            await client.send_all(
                (
                    parser.send(h11.Request(method="GET", target=target, headers=[("Host", "x")]))
                    or b""
                )
                + (parser.send(h11.EndOfMessage()) or b"")
            )
            while parser.their_state is not h11.DONE:
                if parser.next_event() is h11.NEED_DATA:
                    parser.receive_data(bytes(await client.receive_some()))
        await client.aclose()


async def test_pipelined_requests_are_answered_in_order() -> None:
    received = await _talk(GET + GET.replace(b"healthz", b"readyz") + GET)
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.index(b"ok\n") < received.index(b"ready\n") < received.rindex(b"ok\n")


async def test_any_split_of_a_request_is_one_request() -> None:
    client, other_end = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_server().handle, other_end)
        for octet in GET:
            await client.send_all(bytes([octet]))
            await wait_all_tasks_blocked()
        assert _status(await client.receive_some()) == 200
        await client.aclose()


async def test_head_has_the_length_but_no_body() -> None:
    received = await _talk(b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert _status(received) == 200
    assert b"Content-Length: 4\r\n" in received
    assert received.endswith(b"\r\n\r\n")


async def test_http_1_0_is_answered_and_closed() -> None:
    received = await _talk(b"GET /healthz HTTP/1.0\r\n\r\n" + GET)
    assert received.count(b"HTTP/1.1") == 1
    assert b"Connection: close" in received


@pytest.mark.parametrize(
    "octets",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 3,  # a TLS hello
        b"AMQP\x00\x00\x09\x01\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",  # no Host
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /hea lthz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET /healthz HT",  # ends in the middle
    ],
)
async def test_bad_http_is_a_bad_request_and_the_end(
    octets: bytes, autojump_clock: MockClock
) -> None:
    received = await _talk(octets)
    assert _status(received) == 400
    assert b"Connection: close" in received


async def test_oversized_header_is_431(autojump_clock: MockClock) -> None:
    received = await _talk(GET[:-2] + b"X: " + b"x" * 20_000 + b"\r\n\r\n")
    assert _status(received) == 431


async def test_header_below_the_limit_is_fine() -> None:
    assert _status(await _talk(GET[:-2] + b"X: " + b"x" * 4000 + b"\r\n\r\n")) == 200


async def test_request_with_a_body_is_answered_and_closed(autojump_clock: MockClock) -> None:
    head = b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"
    received = await _talk(head + b"hello" + GET)
    assert _status(received) == 405
    assert b"Allow: GET, HEAD\r\n" in received
    assert b"Connection: close" in received
    assert received.count(b"HTTP/1.1") == 1


async def test_expectation_is_not_waited_for(autojump_clock: MockClock) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    assert _status(await _talk(head)) == 405


async def test_upgrade_to_another_protocol_is_ignored() -> None:
    octets = GET[:-2] + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
    assert _status(await _talk(octets)) == 200


async def test_silent_connection_is_closed_after_the_timeout(autojump_clock: MockClock) -> None:
    client, other_end = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_server(request_timeout=30).handle, other_end)
        assert await client.receive_some() == b""
    assert trio.current_time() == pytest.approx(30)


async def test_trickling_request_is_closed_after_the_timeout(autojump_clock: MockClock) -> None:
    client, other_end = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_server(request_timeout=30).handle, other_end)
        sent = 0
        with contextlib.suppress(trio.BrokenResourceError):
            while True:
                await client.send_all(b"G")
                sent += 1
                await trio.sleep(1)
    assert sent in (30, 31)


async def test_client_that_does_not_read_is_closed_after_the_timeout(
    autojump_clock: MockClock,
) -> None:
    client, other_end = lockstep_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_server(request_timeout=30).handle, other_end)
        await client.send_all(GET)
    assert trio.current_time() == pytest.approx(30)


async def test_idle_time_starts_anew_with_each_request(autojump_clock: MockClock) -> None:
    client, other_end = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_server(request_timeout=30).handle, other_end)
        for _ in range(5):
            await client.send_all(GET)
            assert _status(await client.receive_some()) == 200
            await trio.sleep(29)
        await client.aclose()
    assert trio.current_time() == pytest.approx(145)


async def test_connection_beyond_the_limit_is_turned_away() -> None:
    server = _server(max_connections=2)
    held = [memory_stream_pair() for _ in range(2)]
    async with trio.open_nursery() as nursery:
        for _, other_end in held:
            nursery.start_soon(server.handle, other_end)
        await wait_all_tasks_blocked()
        assert _status(await _talk(b"", server)) == 503
        for client, _ in held:
            await client.aclose()


async def test_place_of_an_ended_connection_is_free_again() -> None:
    server = _server(max_connections=1)
    for _ in range(3):
        assert _status(await _talk(GET, server)) == 200


async def test_turned_away_client_that_does_not_read_is_left_behind(
    autojump_clock: MockClock,
) -> None:
    server = _server(max_connections=1)
    holder, held = memory_stream_pair()
    _, other_end = lockstep_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.handle, held)
        await wait_all_tasks_blocked()
        await server.handle(other_end)
        assert trio.current_time() == pytest.approx(1)
        await holder.aclose()


async def test_defect_in_a_page_ends_one_connection_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> bytes:
        raise RuntimeError("no page")

    server = _server(render_metrics=broken)
    with caplog.at_level(logging.ERROR):
        assert await _talk(GET.replace(b"healthz", b"metrics"), server) == b""
    assert "admin connection failed" in caplog.text
    assert _status(await _talk(GET, server)) == 200


async def test_client_that_vanishes_is_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    client, other_end = memory_stream_pair()
    await client.send_all(GET)
    await client.aclose()
    await _server().handle(other_end)
    assert caplog.text == ""


async def test_cancelling_closes_the_connection() -> None:
    client, other_end = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_server().handle, other_end)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert await client.receive_some() == b""


@pytest.mark.parametrize("body", [b"", b"Content-Length: 3\r\n"])
async def test_handshake_followed_by_octets_is_refused(
    body: bytes, autojump_clock: MockClock
) -> None:
    head = (
        b"GET /feed HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )
    assert _status(await _talk(head + body + b"\r\n\x88\x80\x00")) == 400


async def test_feed_shares_the_port(autojump_clock: MockClock) -> None:
    metrics = Metrics()
    metrics.observe(GatewayStarted())
    feed = Feed(metrics.snapshot)
    client, other_end = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        nursery.start_soon(_server(feed=feed).handle, other_end)
        websocket = await _watch(nursery, client)
        assert json.loads(await websocket.get_message())["readiness"] == "ready"
        await websocket.aclose()
        nursery.cancel_scope.cancel()


async def test_feed_opens_on_a_connection_that_was_used_before(autojump_clock: MockClock) -> None:
    feed = Feed(lambda: {"received": 1})
    client, other_end = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        nursery.start_soon(_server(feed=feed).handle, other_end)
        await client.send_all(GET)
        assert _status(await client.receive_some()) == 200
        websocket = await _watch(nursery, client)
        assert await websocket.get_message() == '{"received":1}'
        await websocket.aclose()
        nursery.cancel_scope.cancel()


async def test_feed_outlives_the_request_timeout(autojump_clock: MockClock) -> None:
    feed = Feed(lambda: {"received": 1})
    client, other_end = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        nursery.start_soon(_server(feed=feed, request_timeout=3).handle, other_end)
        websocket = await _watch(nursery, client)
        for _ in range(100):
            await websocket.get_message()
        await websocket.aclose()
        nursery.cancel_scope.cancel()


async def test_feed_with_a_foreign_origin_is_rejected(autojump_clock: MockClock) -> None:
    client, other_end = memory_stream_pair()
    origin = [(b"Origin", b"https://evil.example")]
    with pytest.RaisesGroup(ConnectionRejected):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_server().handle, other_end)
            await _watch(nursery, client, origin)


async def test_whole_port_over_tcp() -> None:
    metrics = Metrics()
    metrics.observe(GatewayStarted())
    feed = Feed(metrics.snapshot, interval=0.01)
    server = AdminServer(
        render_metrics=metrics.render, readiness=lambda: metrics.readiness, feed=feed
    )
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        await nursery.start(server.serve, listeners)
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b""
        while piece := await stream.receive_some():
            received += piece
        await stream.aclose()
        assert _status(received) == 200
        assert b"\notpblue_smpp_ready 1\n" in received
        async with open_websocket("127.0.0.1", port, "/feed", use_ssl=False) as websocket:
            assert json.loads(await websocket.get_message())["readiness"] == "ready"
        nursery.cancel_scope.cancel()


async def test_oversized_request_over_tcp_still_hears_its_answer() -> None:
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        await nursery.start(_server().serve, listeners)
        stream = await trio.testing.open_stream_to_socket_listener(listeners[0])
        await stream.send_all(GET[:-2] + b"X: " + b"x" * 30_000)
        received = b""
        while piece := await stream.receive_some():
            received += piece
        await stream.aclose()
        assert _status(received) == 431
        nursery.cancel_scope.cancel()
