"""Something is done when the event loop is about to wait, or at the latest after a few rounds."""

from __future__ import annotations

import trio

from otpblue_trio.store.rounds import EndOfRound


async def test_it_acts_when_the_loop_has_nothing_left_to_do() -> None:
    acted = trio.Event()
    token = trio.lowlevel.current_trio_token()
    end_of_round = EndOfRound(lambda: token.run_sync_soon(acted.set))
    end_of_round.watch()
    await acted.wait()
    end_of_round.stop()


async def test_a_loop_that_never_waits_is_waited_for_three_rounds() -> None:
    rounds = 0
    acted_after: list[int] = []

    def act() -> None:
        acted_after.append(rounds)
        end_of_round.stop()

    end_of_round = EndOfRound(act)
    end_of_round.watch()
    for _ in range(10):
        await trio.lowlevel.checkpoint()
        rounds += 1
    # The last of the three ends in the checkpoint after which it counts.
    assert acted_after == [2]


async def test_what_is_stopped_acts_no_more() -> None:
    acted: list[None] = []
    end_of_round = EndOfRound(lambda: acted.append(None))
    end_of_round.watch()
    end_of_round.stop()
    for _ in range(5):
        await trio.lowlevel.checkpoint()
    assert acted == []


async def test_it_can_be_watched_for_again() -> None:
    token = trio.lowlevel.current_trio_token()
    end_of_round = EndOfRound(lambda: token.run_sync_soon(acted.set))
    for _ in range(3):
        acted = trio.Event()
        end_of_round.watch()
        end_of_round.watch()
        await acted.wait()
        end_of_round.stop()
        end_of_round.stop()
