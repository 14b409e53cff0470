"""What several tests of the platform client need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.policy.types import Failed, FailureKind, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable


async def until(claim: Callable[[], bool]) -> None:
    """Let everybody else run until the claim holds; give up after many turns."""
    for _ in range(1_000_000):
        if claim():
            return
        await trio.lowlevel.checkpoint()
    raise AssertionError("it never came to hold")


def failure(outcome: Outcome) -> tuple[FailureKind, bool]:
    """Return what matters of a failure: its kind, and whether the message may be out."""
    assert isinstance(outcome, Failed)
    return outcome.kind, outcome.may_have_been_sent
