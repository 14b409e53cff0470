"""One connection by itself: what it tells its owner, and when a request counts as sent."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from struct import pack
from typing import TYPE_CHECKING

import pytest
import trio

from otpblue_trio.readiness import ReadySet, current_ready_set
from otpblue_trio.upstream.http_addresses import Address
from otpblue_trio.upstream.http_connection import Connection, Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otpblue_trio.policy.types import Outcome
    from otpblue_trio.upstream.http_answer import AnswerError, AnswerReader

REQUEST = b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"


class Owner:
    """Takes what a connection tells."""

    def __init__(self, ready_set: ReadySet) -> None:
        self.ready_set = ready_set
        self.told: list[str] = []
        self.news = trio.Event()

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self.news.set()
        self.news = trio.Event()

    def established(self, connection: Connection) -> None:
        self._tell("established")

    def unreachable(self, connection: Connection, detail: str) -> None:
        self._tell(f"unreachable: {detail}")

    def answered(self, connection: Connection, exchange: Exchange, reader: AnswerReader) -> None:
        self._tell(f"answered {reader.status}")

    def failed(
        self, connection: Connection, exchange: Exchange, status: int, error: AnswerError
    ) -> None:
        self._tell("failed")

    def lost(self, connection: Connection, exchange: Exchange | None, detail: str) -> None:
        self._tell("lost resting" if exchange is None else f"lost, sent {exchange.is_sent}")


class Rig:
    """A connection, its owner, and the platform's end."""

    def __init__(self, ready_set: ReadySet, listener: socket.socket) -> None:
        self.owner = Owner(ready_set)
        address = Address(socket.AF_INET, listener.getsockname())
        self.connection = Connection(self.owner, address, (), 0.0)
        self.peer, _ = listener.accept()

    async def handle(self) -> None:
        """Let the connection act on what is ready, until it has something to tell."""
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.owner.ready_set.serve)
                await self.owner.news.wait()
                nursery.cancel_scope.cancel()


@contextmanager
def open_rig() -> Iterator[Rig]:
    ready_set = current_ready_set()
    with ready_set.open(lambda: 0), socket.create_server(("127.0.0.1", 0)) as listener:
        rig = Rig(ready_set, listener)
        with rig.peer:
            yield rig
        rig.connection.close()


def exchange(octets: bytes = REQUEST) -> Exchange:
    def done(outcome: Outcome) -> None:
        raise AssertionError("it is the owner who settles")

    return Exchange(octets, 10.0, done)


def reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
    peer.close()


async def test_request_is_sent_once_an_octet_of_it_left() -> None:
    with open_rig() as rig:
        await rig.handle()
        request = exchange()
        assert rig.connection.start(request)
        assert request.is_sent
        assert rig.peer.recv(1000) == REQUEST


async def test_dead_connection_takes_no_request() -> None:
    with open_rig() as rig:
        await rig.handle()
        reset(rig.peer)
        request = exchange()
        assert not rig.connection.start(request)
        assert not request.is_sent
        assert request.connection is None
        assert rig.connection.is_closed
        assert rig.owner.told == ["established"]


async def test_connection_with_unread_octets_is_not_fit() -> None:
    with open_rig() as rig:
        await rig.handle()
        assert rig.connection.is_fit()
        rig.peer.send(b"HTTP/1.1 200 OK\r\n")
        assert not rig.connection.is_fit()
        assert rig.owner.told == ["established", "lost resting"]


async def test_rest_of_a_request_is_lost_with_the_connection() -> None:
    with open_rig() as rig:
        await rig.handle()
        assert rig.connection.start(exchange(b"x" * 20_000_000))
        reset(rig.peer)
        await rig.handle()
        assert rig.owner.told == ["established", "lost, sent True"]


async def test_answer_with_the_end_of_the_stream_leaves_no_reusable_connection() -> None:
    with open_rig() as rig:
        await rig.handle()
        rig.connection.start(exchange())
        rig.peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        rig.peer.close()
        await rig.handle()
        assert rig.owner.told == ["established", "answered 200"]
        assert rig.connection.is_closed


async def test_closing_twice_does_nothing() -> None:
    with open_rig() as rig:
        rig.connection.close()
        rig.connection.close()
        assert rig.owner.told == []


async def test_attempt_that_fails_at_once_leaves_nothing_behind() -> None:
    ready_set = current_ready_set()
    address = Address(socket.AF_INET, ("224.0.0.1", 80))  # nobody can connect to multicast
    with ready_set.open(lambda: 0), pytest.raises(OSError, match="unreachable"):
        Connection(Owner(ready_set), address, (), 0.0)
