"""The beat that busy sockets are read at."""

from __future__ import annotations

from contextlib import closing

import pytest
import trio
import trio.testing

from otpblue_trio import beat
from otpblue_trio.beat import open_beat


async def test_a_beat_follows_another() -> None:
    with trio.fail_after(5), closing(open_beat()) as own:
        for _ in range(3):
            await own.wait()


async def test_the_beat_stops_and_starts_again() -> None:
    with trio.fail_after(5), closing(open_beat()) as own:
        for _ in range(2):
            await own.wait()
            own.rest()
            own.rest()


async def test_a_beat_that_rests_wakes_nobody() -> None:
    with closing(open_beat()) as own:
        await own.wait()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(own.wait)
            await trio.testing.wait_all_tasks_blocked()
            own.rest()
            await trio.testing.wait_all_tasks_blocked(beat.PERIOD * 5)
            assert len(nursery.child_tasks) == 1
            nursery.cancel_scope.cancel()


async def test_without_a_timer_descriptor_the_loop_s_own_clock_beats(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: trio.testing.MockClock
) -> None:
    def refuse() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(beat, "_TimerDescriptor", refuse)
    with closing(open_beat()) as own:
        await own.wait()
        assert trio.current_time() == pytest.approx(beat.PERIOD)
        own.rest()
        await own.wait()
        assert trio.current_time() == pytest.approx(2 * beat.PERIOD)
