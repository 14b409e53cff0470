"""The beat that tasks share."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from otpblue_trio import beat
from otpblue_trio.beat import Beat, current_beat


async def test_everybody_who_waits_is_woken_by_the_same_beat() -> None:
    woken: list[str] = []

    async def wait(name: str) -> None:
        await current_beat().wait()
        woken.append(name)

    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(wait, "a")
            nursery.start_soon(wait, "b")
    assert sorted(woken) == ["a", "b"]


async def test_a_beat_follows_another_while_somebody_waits() -> None:
    with trio.fail_after(5):
        for _ in range(3):
            await current_beat().wait()


async def test_the_beat_stops_and_starts_again() -> None:
    with trio.fail_after(5):
        await current_beat().wait()
        await trio.testing.wait_all_tasks_blocked()
        await current_beat().wait()


async def test_one_event_loop_has_one_beat() -> None:
    assert current_beat() is current_beat()


async def test_one_who_gives_up_waiting_does_not_disturb_the_others() -> None:
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            with trio.CancelScope() as scope:
                scope.cancel()
                await current_beat().wait()
            nursery.start_soon(current_beat().wait)
    assert scope.cancelled_caught


async def test_without_a_timer_descriptor_the_loop_s_own_clock_beats(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: trio.testing.MockClock
) -> None:
    def refuse(_library: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(beat, "_TimerDescriptor", refuse)
    own = Beat()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(own.run)
        await own.wait()
        assert trio.current_time() == pytest.approx(beat.PERIOD)
        nursery.cancel_scope.cancel()
