"""The platform client and the simulated platform, over HTTP: the table of endings."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trio.testing

from otpblue_trio.policy.types import (
    Delivered,
    Failed,
    FailureKind,
    Outcome,
    Refused,
    SendRequest,
)
from otpblue_trio.upstream import SimulatorSite, serve_simulator
from otpblue_trio.upstream.http_client import HttpPlatform

if TYPE_CHECKING:
    from trio.testing import MockClock

TARGET = "/imsg/api/v1.1/otp/send/"
REQUEST = SendRequest("acme", "key-1", "+14155552671", "US", "482910", "", "MyBank", "en")


@pytest.fixture
def patient_clock() -> MockClock:
    """Jumps only when the sockets too have been quiet for a moment."""
    return trio.testing.MockClock(autojump_threshold=0.005)


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ("2671", Delivered),
        ("0508", Delivered),
        ("0150", Refused(150)),
        ("0280", Refused(280)),
        ("0720", Refused(720)),
        ("0110", Refused(110)),
        ("1155", Refused(1155)),
        ("1250", Refused(1250)),
        ("1900", Refused(1900)),
        ("1210", Refused(1210)),
        ("1220", Refused(1220)),
        ("0500", (FailureKind.STATUS, 500)),
        ("0502", (FailureKind.STATUS, 502)),
        ("0429", (FailureKind.STATUS, 429)),
        ("0401", (FailureKind.STATUS, 401)),
        ("0504", (FailureKind.TIMEOUT, 0)),
        ("0505", (FailureKind.DISCONNECTED, 0)),
        ("0506", (FailureKind.BAD_ANSWER, 200)),
        ("0507", (FailureKind.TIMEOUT, 0)),
    ],
)
async def test_simulated_platform_gives_the_outcome_of_the_ending(
    patient_clock: MockClock, ending: str, expected: object
) -> None:
    site = SimulatorSite(
        random=Random(1),
        wall_clock=lambda: datetime(2025, 11, 1, tzinfo=UTC),
    )
    outcomes: list[Outcome] = []
    is_settled = trio.Event()

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        is_settled.set()

    async with trio.open_nursery() as nursery:

        async def serve(*, task_status: trio.TaskStatus[tuple[str, int]]) -> None:
            await serve_simulator(site, host="127.0.0.1", port=0, task_status=task_status)

        host, port = await nursery.start(serve)
        platform = HttpPlatform(url=f"http://{host}:{port}{TARGET}", ssl_context=None)
        await nursery.start(platform.run)
        platform.submit(attrs.evolve(REQUEST, contact=f"+1415555{ending}"), done)
        await is_settled.wait()
        nursery.cancel_scope.cancel()
    (outcome,) = outcomes
    if isinstance(outcome, Failed):
        assert (outcome.kind, outcome.http_status) == expected
    elif isinstance(outcome, Delivered):
        assert expected is Delivered
    else:
        assert outcome == expected
    assert len(site.records) == 1
