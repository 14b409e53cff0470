from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest
import trio
from trio.testing import lockstep_stream_pair, memory_stream_pair, wait_all_tasks_blocked
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from otpblue_trio.ops.feed import Feed, ReplayStream

if TYPE_CHECKING:
    from trio.testing import MockClock

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


class _Counter:
    """A snapshot that tells how often it was taken."""

    def __init__(self) -> None:
        self.taken = 0

    def __call__(self) -> dict[str, object]:
        self.taken += 1
        return {"tick": self.taken}


async def _open(nursery: trio.Nursery, feed: Feed) -> WebSocketConnection:
    """Connect a watcher; its handshake head is taken off the stream as the HTTP side would."""
    client, server = memory_stream_pair()

    async def serve() -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await server.receive_some()
        key = next(
            row for row in head.split(b"\r\n") if row.lower().startswith(b"sec-websocket-key")
        )
        await feed.serve(server, key.partition(b":")[2].strip())
        await server.aclose()

    nursery.start_soon(serve)
    # Any stream will do; the annotation is narrower than the function.
    return await wrap_client_stream(
        nursery, cast("trio.SocketStream", client), "localhost", "/feed"
    )


async def test_watcher_gets_one_json_object_a_second(autojump_clock: MockClock) -> None:
    feed = Feed(_Counter())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        websocket = await _open(nursery, feed)
        start = trio.current_time()
        ticks = [json.loads(await websocket.get_message()) for _ in range(3)]
        assert ticks == [{"tick": 1}, {"tick": 2}, {"tick": 3}]
        assert trio.current_time() - start == 3.0
        nursery.cancel_scope.cancel()


async def test_tick_is_rendered_once_for_all_watchers(autojump_clock: MockClock) -> None:
    snapshot = _Counter()
    feed = Feed(snapshot)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        websockets = [await _open(nursery, feed) for _ in range(5)]
        ticks = [await websocket.get_message() for websocket in websockets]
        assert ticks == ['{"tick":1}'] * 5
        assert snapshot.taken == 1
        nursery.cancel_scope.cancel()


async def test_nothing_is_rendered_when_nobody_watches(autojump_clock: MockClock) -> None:
    snapshot = _Counter()
    with trio.move_on_after(100):
        await Feed(snapshot).run()
    assert snapshot.taken == 0


async def test_watcher_that_leaves_gives_its_place_back(autojump_clock: MockClock) -> None:
    feed = Feed(_Counter(), max_clients=1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        websocket = await _open(nursery, feed)
        assert (feed.clients, feed.has_room) == (1, False)
        await websocket.aclose()
        await wait_all_tasks_blocked()
        assert (feed.clients, feed.has_room) == (0, True)
        nursery.cancel_scope.cancel()


async def test_what_a_watcher_says_is_dropped(autojump_clock: MockClock) -> None:
    feed = Feed(_Counter())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        websocket = await _open(nursery, feed)
        for _ in range(50):
            await websocket.send_message("hello")
        assert await websocket.get_message() == '{"tick":1}'
        nursery.cancel_scope.cancel()


async def test_watcher_that_says_too_much_is_closed(autojump_clock: MockClock) -> None:
    feed = Feed(_Counter())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        websocket = await _open(nursery, feed)
        await websocket.send_message("x" * 2000)
        with pytest.raises(ConnectionClosed) as closed:
            await websocket.get_message()
        assert closed.value.reason is not None
        assert closed.value.reason.code == 1009
        nursery.cancel_scope.cancel()


async def _stalled_watcher(feed: Feed, max_missed: int) -> float:
    """Open the feed, never read after the handshake, return how long it lasted."""
    client, server = lockstep_stream_pair()
    start = trio.current_time()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)

        async def serve() -> None:
            await feed.serve(server, KEY)
            nursery.cancel_scope.cancel()

        nursery.start_soon(serve)
        assert b"101 Switching Protocols" in await client.receive_some()
        await trio.sleep(max_missed + 100)
    return trio.current_time() - start


async def test_stalled_watcher_is_closed_after_the_ticks_it_may_miss(
    autojump_clock: MockClock,
) -> None:
    feed = Feed(_Counter(), max_missed=10)
    # One tick is being sent, one waits, then ten are missed.
    assert await _stalled_watcher(feed, 10) == 12.0
    assert feed.clients == 0


async def test_slow_watcher_misses_ticks_and_stays(autojump_clock: MockClock) -> None:
    client, server = lockstep_stream_pair()
    feed = Feed(_Counter(), max_missed=10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        nursery.start_soon(feed.serve, server, KEY)
        await client.receive_some()
        received = b""
        for _ in range(10):
            await trio.sleep(5)
            received += await client.receive_some()
        assert feed.clients == 1
        assert received.count(b"tick") == 10
        nursery.cancel_scope.cancel()


async def test_garbage_instead_of_frames_ends_the_watcher(autojump_clock: MockClock) -> None:
    client, server = memory_stream_pair()
    feed = Feed(_Counter())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.serve, server, KEY)
        await client.receive_some()
        await client.send_all(b"\xff" * 100)
    assert feed.clients == 0


async def test_reset_stream_ends_the_watcher_quietly(autojump_clock: MockClock) -> None:
    client, server = memory_stream_pair()
    feed = Feed(_Counter())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        nursery.start_soon(feed.serve, server, KEY)
        await client.receive_some()
        await client.aclose()
        await trio.sleep(3)
        assert feed.clients == 0
        nursery.cancel_scope.cancel()


async def test_replayed_octets_come_first_in_pieces_as_asked() -> None:
    client, server = memory_stream_pair()
    await client.send_all(b"later")
    stream = ReplayStream(server, b"early")
    assert await stream.receive_some(3) == b"ear"
    assert await stream.receive_some() == b"ly"
    assert await stream.receive_some() == b"later"


async def test_replay_stream_sends_and_closes_through() -> None:
    client, server = memory_stream_pair()
    stream = ReplayStream(server, b"")
    await stream.wait_send_all_might_not_block()
    await stream.send_all(b"answer")
    assert await client.receive_some() == b"answer"
    await stream.aclose()
    assert await client.receive_some() == b""
