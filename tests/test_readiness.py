"""One set of descriptors for an event loop, and what is put off to the end of a batch."""

from __future__ import annotations

import os
import resource
import select
import socket
from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.readiness import COMPANY, ReadySet, current_batch, current_ready_set

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@attrs.define(eq=False)
class Reader:
    """Watches one end of a pair, and does what it is told to when it is ready."""

    ours: socket.socket
    theirs: socket.socket
    received: bytes = b""
    act: Callable[[], None] = lambda: None
    is_closed: bool = False
    news: trio.Event = attrs.field(factory=trio.Event)

    def on_ready(self, flags: int) -> None:
        self.received += self.ours.recv(100)
        self.act()
        self.news.set()


@contextmanager
def open_set(members: int, under_way: int = 0) -> Iterator[tuple[ReadySet, list[Reader]]]:
    """Open the set with so many members."""
    ready_set = current_ready_set()
    readers = [Reader(*socket.socketpair()) for _ in range(members)]
    with ready_set.open(lambda: under_way):
        for reader in readers:
            ready_set.add(reader.ours.fileno(), select.EPOLLIN, reader)
        yield ready_set, readers
    for reader in readers:
        reader.ours.close()
        reader.theirs.close()


@asynccontextmanager
async def serving_set(
    members: int, under_way: int = 0
) -> AsyncIterator[tuple[ReadySet, list[Reader]]]:
    with trio.fail_after(5), open_set(members, under_way) as (ready_set, readers):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ready_set.serve)
            yield ready_set, readers
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize("under_way", [0, COMPANY])
@pytest.mark.parametrize("ready", [1, COMPANY - 1, COMPANY, 40])
async def test_everything_that_is_ready_is_read_in_one_batch(under_way: int, ready: int) -> None:
    batches: list[int] = []
    read: list[int] = []

    def act() -> None:
        if not read:
            current_batch().at_end(lambda: batches.append(len(read)))
        read.append(1)

    async with serving_set(40, under_way) as (_, readers):
        for _ in range(3):
            await trio.testing.wait_all_tasks_blocked()
            read.clear()
            for reader in readers[:ready]:
                reader.act = act
                reader.news = trio.Event()
                reader.theirs.send(b"x")
            for reader in readers[:ready]:
                await reader.news.wait()
    assert batches == [ready] * 3


async def test_a_watcher_closed_in_the_batch_is_skipped() -> None:
    async with serving_set(2) as (ready_set, (one, other)):

        def close_the_other() -> None:
            loser = other if one.received else one
            ready_set.remove(loser.ours.fileno())
            loser.is_closed = True

        one.act = other.act = close_the_other
        one.theirs.send(b"x")
        other.theirs.send(b"x")
        await trio.testing.wait_all_tasks_blocked()
    assert sorted([one.received, other.received]) == [b"", b"x"]


async def test_what_is_put_off_is_done_when_all_is_read_step_by_step() -> None:
    done: list[str] = []
    batch = current_batch()

    def put_off() -> None:
        done.append("read")
        batch.afterwards(lambda: done.append("afterwards"))
        batch.at_last(lambda: done.append("last"))
        batch.at_end(lambda: batch.at_end(lambda: done.append("next step")))

    async with serving_set(2) as (_, (one, other)):
        one.act = other.act = put_off
        one.theirs.send(b"x")
        other.theirs.send(b"x")
        await one.news.wait()
        await other.news.wait()
    assert done[:6] == ["read", "read", "next step", "next step", "last", "last"]
    assert done[6:] == ["afterwards", "afterwards"]


@pytest.mark.parametrize("under_way", [0, COMPANY])
async def test_the_next_batch_begins_though_nothing_is_ready(under_way: int) -> None:
    done = trio.Event()
    async with serving_set(1, under_way) as (ready_set, _):
        await trio.testing.wait_all_tasks_blocked()
        was_on: list[bool] = []
        ready_set.in_next_batch(lambda: was_on.append(current_batch().is_on))
        ready_set.in_next_batch(done.set)
        assert not done.is_set()
        await done.wait()
    assert was_on == [True]


async def test_other_tasks_run_before_the_next_batch() -> None:
    async with serving_set(1) as (ready_set, _):
        rounds: list[int] = []

        def again() -> None:
            rounds.append(1)
            ready_set.in_next_batch(again)

        again()
        for _ in range(5):
            await trio.lowlevel.checkpoint()
    assert 1 < len(rounds) <= 6


@pytest.mark.parametrize("under_way", [0, COMPANY])
async def test_no_batch_is_on_while_the_set_waits(under_way: int) -> None:
    async with serving_set(1, under_way) as (ready_set, (one,)):
        for act in (
            lambda: None,
            lambda: one.theirs.send(b"x"),
            lambda: ready_set.in_next_batch(one.act),
        ):
            act()
            for _ in range(3):
                await trio.testing.wait_all_tasks_blocked(0.003)
                assert not current_batch().is_on


async def test_no_batch_is_on_after_an_accident() -> None:
    def fail() -> None:
        raise ValueError("accident")

    with open_set(1) as (ready_set, (one,)):
        one.act = fail
        one.theirs.send(b"x")
        with pytest.raises(ValueError, match="accident"):
            await ready_set.serve()
        assert not current_batch().is_on


async def test_another_user_goes_on_serving_when_the_first_one_leaves() -> None:
    first = trio.CancelScope()

    async def use_for_a_while() -> None:
        with first, current_ready_set().open(lambda: 0):
            await current_ready_set().serve()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(use_for_a_while)
        await trio.testing.wait_all_tasks_blocked()
        async with serving_set(1) as (_, (one,)):
            await trio.testing.wait_all_tasks_blocked()
            first.cancel()
            one.theirs.send(b"x")
            await one.news.wait()
    assert one.received == b"x"


async def test_the_set_gives_its_descriptors_back_and_can_be_opened_again() -> None:
    before = os.listdir("/proc/self/fd")
    for _ in range(2):
        async with serving_set(1, COMPANY) as (_, (one,)):
            one.theirs.send(b"x")
            await one.news.wait()
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize("free", [0, 1])
async def test_without_descriptors_it_cannot_be_opened_and_none_is_lost(free: int) -> None:
    before = len(os.listdir("/proc/self/fd"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.dup(0) for _ in range(8)]
    limit = max(taken) + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        for _ in range(free):
            os.close(taken.pop())
        with pytest.raises(OSError, match="Too many open files"), current_ready_set().open(int):
            pytest.fail("there was no descriptor for it")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for each in taken:
            os.close(each)
    assert len(os.listdir("/proc/self/fd")) == before


async def test_one_event_loop_has_one_batch_and_one_set() -> None:
    assert current_batch() is current_batch()
    assert current_ready_set() is current_ready_set()


class Passes(trio.abc.Instrument):
    """Counts how often the event loop waits."""

    def __init__(self) -> None:
        self.count = 0

    def before_io_wait(self, timeout: float) -> None:
        self.count += 1


async def test_looks_instead_of_sleeping_while_sleeps_are_short_but_gives_others_their_turn(
    autojump_clock: trio.testing.MockClock,
) -> None:
    passes = Passes()
    batches = 0
    async with serving_set(1) as (_, (reader,)):
        done = trio.Event()

        def again() -> None:
            nonlocal batches
            batches += 1
            if batches == 200:
                done.set()
            reader.theirs.send(b"x")

        reader.act = again
        trio.lowlevel.add_instrument(passes)
        again()
        await done.wait()
        trio.lowlevel.remove_instrument(passes)
    assert 200 / 40 < passes.count < 200 / 4
