"""When the client stops trying, and what makes it try again."""

from __future__ import annotations

import pytest

from otpblue_trio.policy.types import PlatformState
from otpblue_trio.upstream.http_breaker import Breaker


class Rig:
    """A breaker that opens after 3 failures over 2 seconds, and what it told."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self.breaker = Breaker(failures=3, duration=2.0, probe_interval=1.0, on_state=self.take)

    def take(self, state: str, detail: str) -> None:
        assert detail
        self.states.append(state)

    def open(self, now: float = 2.0) -> None:
        self.breaker.failed(now - 2.0, "timeout")
        self.breaker.failed(now - 1.0, "timeout")
        assert self.breaker.failed(now, "timeout")


def test_row_of_failures_opens_it() -> None:
    rig = Rig()
    rig.open()
    assert rig.states == ["down"]
    assert not rig.breaker.admits(2.5)


def test_one_failure_less_does_not() -> None:
    rig = Rig()
    rig.breaker.failed(0.0, "timeout")
    assert not rig.breaker.failed(2.0, "timeout")
    assert rig.breaker.admits(2.0)


@pytest.mark.parametrize(("last", "opens"), [(1.99, False), (2.0, True)])
def test_row_must_span_its_duration(last: float, opens: bool) -> None:
    rig = Rig()
    for now in (0.0, 0.1, 0.2):
        assert not rig.breaker.failed(now, "timeout")
    assert rig.breaker.failed(last, "timeout") is opens


def test_any_success_between_keeps_it_closed() -> None:
    rig = Rig()
    for now in range(100):
        rig.breaker.failed(now, "timeout")
        rig.breaker.failed(now + 0.5, "timeout")
        rig.breaker.succeeded()
    assert rig.states == []


def test_one_request_in_each_interval_is_a_probe() -> None:
    rig = Rig()
    rig.open(now=2.0)
    admitted = [now / 10 for now in range(20, 60) if rig.breaker.admits(now / 10)]
    assert admitted == [3.0, 4.0, 5.0]


def test_failed_probes_are_told_once() -> None:
    rig = Rig()
    rig.open(now=2.0)
    for now in range(3, 50):
        assert rig.breaker.admits(now)
        assert not rig.breaker.failed(now, "timeout")
    assert rig.states == ["down", "probing"]


def test_good_answer_closes_it() -> None:
    rig = Rig()
    rig.open(now=2.0)
    assert rig.breaker.admits(3.0)
    rig.breaker.succeeded()
    assert rig.states == ["down", "probing", "up"]
    assert rig.breaker.state is PlatformState.UP
    assert all(rig.breaker.admits(3.0) for _ in range(100))


def test_late_answer_closes_it_without_a_probe() -> None:
    rig = Rig()
    rig.open()
    rig.breaker.succeeded()
    assert rig.states == ["down", "up"]


def test_it_opens_again_only_after_a_new_row() -> None:
    rig = Rig()
    rig.open(now=2.0)
    rig.breaker.succeeded()
    rig.open(now=10.0)
    assert rig.states == ["down", "up", "down"]
