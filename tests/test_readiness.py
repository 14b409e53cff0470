"""One set of descriptors for one task, and what is put off to the end of a batch."""

from __future__ import annotations

import select
import socket
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.readiness import COMPANY, ReadySet, current_batch

if TYPE_CHECKING:
    from collections.abc import Iterator


@attrs.define(eq=False)
class Reader:
    """Watches one end of a pair."""

    socket: socket.socket
    is_closed: bool = False

    def on_ready(self, flags: int) -> None:
        self.socket.recv(100)


@contextmanager
def open_set(members: int) -> Iterator[tuple[ReadySet, list[Reader], list[socket.socket]]]:
    """Open a set with so many members, and the peers that make them ready."""
    pairs = [socket.socketpair() for _ in range(members)]
    readers = [Reader(ours) for ours, _ in pairs]
    ready_set = ReadySet()
    ready_set.open()
    with closing(ready_set):
        for reader in readers:
            ready_set.add(reader.socket.fileno(), select.EPOLLIN, reader)
        yield ready_set, readers, [theirs for _, theirs in pairs]
    for both in pairs:
        for each in both:
            each.close()


@pytest.mark.parametrize("in_company", [False, True])
@pytest.mark.parametrize("ready", [1, COMPANY - 1, COMPANY, 40])
async def test_everything_that_is_ready_comes_at_once(in_company: bool, ready: int) -> None:
    with trio.fail_after(5), open_set(40) as (ready_set, readers, peers):
        for _ in range(3):
            for peer in peers[:ready]:
                peer.send(b"x")
            batch = await ready_set.wait(in_company=in_company)
            assert {id(watcher) for watcher, _ in batch} == {id(each) for each in readers[:ready]}
            for watcher, flags in batch:
                watcher.on_ready(flags)


async def test_what_is_put_off_is_done_before_the_next_wait() -> None:
    done: list[str] = []
    with open_set(1) as (ready_set, _, peers):
        peers[0].send(b"x")
        await ready_set.wait()
        assert current_batch().is_on
        current_batch().at_end(lambda: done.append("first"))
        assert done == []
        with trio.CancelScope() as scope:
            scope.cancel()
            await ready_set.wait()
        assert done == ["first"]
        assert not current_batch().is_on


@pytest.mark.parametrize("in_company", [False, True])
@pytest.mark.parametrize("is_woken", [False, True])
async def test_nothing_is_put_off_while_a_set_waits(in_company: bool, is_woken: bool) -> None:
    with open_set(1) as (ready_set, readers, peers):
        peers[0].send(b"x")
        await ready_set.wait()
        readers[0].on_ready(0)
        async with trio.open_nursery() as nursery:

            async def wait_twice() -> None:
                for _ in range(2):
                    await ready_set.wait(in_company=in_company)

            nursery.start_soon(wait_twice)
            if is_woken:
                ready_set.wake()
            for _ in range(5):
                await trio.testing.wait_all_tasks_blocked(0.003)
                assert not current_batch().is_on
            nursery.cancel_scope.cancel()


async def test_a_set_that_closes_leaves_nothing_undone() -> None:
    done: list[str] = []
    with open_set(1) as (ready_set, _, peers):
        peers[0].send(b"x")
        await ready_set.wait()
        current_batch().at_end(lambda: done.append("first"))
    assert done == ["first"]


async def test_waking_makes_a_wait_return_with_nothing() -> None:
    with trio.fail_after(5), open_set(1) as (ready_set, _, _peers):
        ready_set.wake()
        assert await ready_set.wait() == []


async def test_one_event_loop_has_one_batch() -> None:
    assert current_batch() is current_batch()
