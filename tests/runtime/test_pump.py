"""Sockets that many sessions share one task for, over real TCP."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.readiness import current_batch
from otpblue_trio.runtime.observer import CloseReason
from otpblue_trio.runtime.pump import Line, SocketPump
from otpblue_trio.runtime.streams import socket_descriptor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@attrs.define
class Taker:
    """Keeps what it is given, and ends the reading when it is told to."""

    octets: bytes = b""
    ends_with: bytes = b"!"
    received: bytes = b""
    news: trio.Event = attrs.field(factory=trio.Event)

    def receive(self, octets: bytes) -> None:
        self.received = octets
        if octets.endswith(b"#"):
            raise ValueError("accident")

    def act(self, _now: float) -> CloseReason | None:
        self.octets += self.received
        self.news.set()
        self.news = trio.Event()
        if self.octets.endswith(b"?"):
            raise ValueError("accident")
        return CloseReason.UNBOUND if self.octets.endswith(self.ends_with) else None

    def wind_up(self, _now: float) -> None:
        if self.octets.endswith(b"%"):
            raise ValueError("accident")

    async def has(self, octets: bytes) -> None:
        while self.octets != octets:
            await self.news.wait()


@asynccontextmanager
async def running_pump(in_flight: int = 0) -> AsyncIterator[SocketPump]:
    pump = SocketPump(lambda: in_flight)
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            await nursery.start(pump.run)
            yield pump
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[trio.SocketStream, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(True)
    stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
    try:
        yield stream, theirs
    finally:
        theirs.close()
        await trio.aclose_forcefully(stream)


def descriptor_of(stream: trio.SocketStream) -> int:
    descriptor = socket_descriptor(stream)
    assert descriptor is not None
    return descriptor


def open_line(pump: SocketPump, stream: trio.SocketStream, taker: Taker) -> Line:
    return pump.open_line(descriptor_of(stream), taker.receive, taker.act, taker.wind_up)


@pytest.mark.parametrize("in_flight", [0, 15, 16, 1000])
async def test_what_arrives_is_taken_in_order(in_flight: int) -> None:
    taker = Taker()
    async with running_pump(in_flight) as pump, pair() as (stream, peer):
        with open_line(pump, stream, taker):
            for piece in (b"a", b"b", b"c"):
                peer.send(piece)
            await taker.has(b"abc")
            peer.send(b"d")
            await taker.has(b"abcd")


@pytest.mark.parametrize(
    ("last", "reason"), [(b"!", CloseReason.UNBOUND), (b"", CloseReason.PEER_CLOSED)]
)
async def test_a_line_ends_for_a_reason(last: bytes, reason: CloseReason) -> None:
    async with running_pump() as pump, pair() as (stream, peer):
        with open_line(pump, stream, Taker()) as line:
            peer.send(last) if last else peer.close()
            assert await line.end() is reason
            assert not line.is_paused


@pytest.mark.parametrize("accident", [b"?", b"#", b"%"])
async def test_an_accident_ends_its_own_line_and_no_other(accident: bytes) -> None:
    bystander = Taker()
    async with running_pump() as pump, pair() as (one, peer), pair() as (other, friend):
        with (
            open_line(pump, one, Taker()) as line,
            open_line(pump, other, bystander),
        ):
            peer.send(accident)
            with pytest.raises(ValueError, match="accident"):
                await line.end()
            friend.send(b"x")
            await bystander.has(b"x")


async def test_lines_wind_up_when_all_have_acted_and_what_that_led_to_is_done() -> None:
    steps: list[str] = []
    wound_up = trio.Event()

    @attrs.define
    class Stepper(Taker):
        name: str = ""

        def act(self, _now: float) -> CloseReason | None:
            steps.append(f"{self.name} acts")
            current_batch().at_end(lambda: steps.append(f"{self.name} led to this"))
            return CloseReason.UNBOUND if self.name == "a" else None

        def wind_up(self, _now: float) -> None:
            steps.append(f"{self.name} winds up")
            if len(steps) == 6:
                wound_up.set()

    async with running_pump() as pump, pair() as (one, peer), pair() as (other, friend):
        with (
            open_line(pump, one, Stepper(name="a")),
            open_line(pump, other, Stepper(name="b")),
        ):
            peer.send(b"x")
            friend.send(b"x")
            await wound_up.wait()
    kinds = [step.partition(" ")[2] for step in steps]
    assert kinds == ["acts"] * 2 + ["led to this"] * 2 + ["winds up"] * 2


async def test_a_paused_line_reads_nothing_until_it_is_resumed() -> None:
    taker, bystander = Taker(), Taker()
    async with running_pump() as pump, pair() as (one, peer), pair() as (other, friend):
        with (
            open_line(pump, one, taker) as line,
            open_line(pump, other, bystander),
        ):
            line.pause()
            assert line.is_paused
            peer.send(b"a")
            friend.send(b"b")
            await bystander.has(b"b")
            assert taker.octets == b""
            line.resume()
            await taker.has(b"a")


async def test_nothing_is_read_behind_a_line_s_end() -> None:
    async with running_pump() as pump, pair() as (stream, peer):
        with open_line(pump, stream, Taker()):
            pass
        peer.send(b"for somebody else")
        assert await stream.receive_some(100) == b"for somebody else"


async def test_cancelling_the_wait_for_the_end_leaves_the_line_open() -> None:
    taker = Taker()
    async with running_pump() as pump, pair() as (stream, peer):
        with open_line(pump, stream, taker) as line:
            with trio.move_on_after(0):
                await line.end()
            peer.send(b"a")
            await taker.has(b"a")


async def test_everybody_who_wants_is_flushed_once() -> None:
    @attrs.define
    class Writer:
        calls: int = 0
        flushed: trio.Event = attrs.field(factory=trio.Event)

        def send_now(self) -> None:
            self.calls += 1
            self.flushed.set()

        def fail(self, error: Exception) -> None:
            raise error

    writers = [Writer(), Writer()]
    async with running_pump() as pump:
        for writer in writers:
            pump.flush_soon(writer)
        for writer in writers:
            await writer.flushed.wait()
    assert [writer.calls for writer in writers] == [1, 1]


async def test_an_accident_with_one_writer_is_its_own_and_no_other_s() -> None:
    @attrs.define
    class Writer:
        accident: Exception | None = None
        failures: list[Exception] = attrs.field(factory=list)
        done: trio.Event = attrs.field(factory=trio.Event)

        def send_now(self) -> None:
            if self.accident is not None:
                raise self.accident
            self.done.set()

        def fail(self, error: Exception) -> None:
            self.failures.append(error)
            self.done.set()

    accident = ValueError("accident")
    one, other = Writer(accident), Writer()
    async with running_pump() as pump:
        pump.flush_soon(one)
        pump.flush_soon(other)
        await one.done.wait()
        await other.done.wait()
    assert (one.failures, other.failures) == ([accident], [])


async def test_streams_that_change_their_octets_have_no_descriptor_to_read() -> None:
    memory, _ = trio.testing.memory_stream_pair()
    assert socket_descriptor(memory) is None
