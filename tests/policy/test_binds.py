from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy.binds import (
    BindGate,
    address_is_allowed,
    check_bind_fields,
    subject_of,
)
from otpblue_trio.policy.verdicts import Reason

MINUTE = 60.0


def counted(address: str) -> int:
    """Return what a written address counts as."""
    return subject_of(ip_address(address))


HERE = counted("192.0.2.1")
THERE = counted("192.0.2.2")


def make_gate(max_addresses: int = 10_000) -> BindGate:
    """Make a gate with the defaults of the configuration."""
    return BindGate(
        failures_before_block=10,
        block_duration=15 * MINUTE,
        failure_decay=10 * MINUTE,
        max_addresses=max_addresses,
    )


def fail(gate: BindGate, subject: int, now: float, times: int = 1) -> None:
    for _ in range(times):
        assert not gate.is_blocked(subject, now)
        gate.attempt(subject, now)
        gate.failed(subject)


def succeed(gate: BindGate, subject: int, now: float) -> None:
    assert not gate.is_blocked(subject, now)
    gate.attempt(subject, now)
    gate.succeeded(subject, now)


@pytest.mark.parametrize(("failures", "is_blocked"), [(0, False), (9, False), (10, True)])
def test_ten_failures_block(failures: int, is_blocked: bool) -> None:
    gate = make_gate()
    fail(gate, HERE, 0.0, failures)
    assert gate.is_blocked(HERE, 0.0) is is_blocked


def test_one_failure_may_be_enough() -> None:
    gate = BindGate(failures_before_block=1, block_duration=5.0, failure_decay=5.0)
    fail(gate, HERE, 0.0)
    assert gate.is_blocked(HERE, 0.0)
    assert not gate.is_blocked(HERE, 5.0)


@pytest.mark.parametrize(
    ("now", "is_blocked"),
    [(9.0, True), (9.0 + 15 * MINUTE - 0.001, True), (9.0 + 15 * MINUTE, False)],
)
def test_a_block_lasts_a_quarter_of_an_hour(now: float, is_blocked: bool) -> None:
    gate = make_gate()
    for second in range(10):
        fail(gate, HERE, float(second))
    assert gate.is_blocked(HERE, now) is is_blocked


def test_attempts_while_blocked_make_a_block_no_longer() -> None:
    gate = make_gate()
    fail(gate, HERE, 0.0, 10)
    for minute in range(15):
        gate.attempt(HERE, minute * MINUTE)
    assert not gate.is_blocked(HERE, 15 * MINUTE)


def test_after_a_block_the_count_begins_anew() -> None:
    gate = BindGate(failures_before_block=10, block_duration=10.0, failure_decay=1000.0)
    fail(gate, HERE, 0.0, 10)
    fail(gate, HERE, 10.0, 9)
    assert not gate.is_blocked(HERE, 10.0)
    fail(gate, HERE, 10.0)
    assert gate.is_blocked(HERE, 10.0)


def test_addresses_do_not_count_for_each_other() -> None:
    gate = make_gate()
    fail(gate, HERE, 0.0, 10)
    assert not gate.is_blocked(THERE, 0.0)


@pytest.mark.parametrize(
    ("tenth", "is_blocked"),
    [(10 * MINUTE - 0.001, True), (10 * MINUTE, False), (11 * MINUTE, False)],
)
def test_failures_are_forgotten_after_ten_minutes(tenth: float, is_blocked: bool) -> None:
    gate = make_gate()
    fail(gate, HERE, 0.0)
    fail(gate, HERE, 5 * MINUTE, 8)
    fail(gate, HERE, tenth)
    assert gate.is_blocked(HERE, tenth) is is_blocked


def test_slow_guessing_is_never_blocked() -> None:
    gate = make_gate()
    for number in range(100):
        fail(gate, HERE, number * 67.0)
    assert len(gate) == 1


def test_good_binds_never_block() -> None:
    gate = make_gate()
    for second in range(1000):
        succeed(gate, HERE, second / 10)
    assert not gate.is_blocked(HERE, 100.0)
    assert len(gate) == 0


def test_a_good_bind_forgives_no_other_failure() -> None:
    gate = make_gate()
    for second in range(10):
        fail(gate, HERE, float(second))
        if second < 9:
            succeed(gate, HERE, float(second))
    assert gate.is_blocked(HERE, 10.0)


def test_a_tenth_attempt_that_succeeds_lifts_the_block() -> None:
    gate = make_gate()
    fail(gate, HERE, 0.0, 9)
    gate.attempt(HERE, 1.0)
    assert gate.is_blocked(HERE, 1.0)
    gate.succeeded(HERE, 1.2)
    assert not gate.is_blocked(HERE, 1.2)
    fail(gate, HERE, 2.0)
    assert gate.is_blocked(HERE, 2.0)


def test_parallel_binds_try_no_more_passwords_than_the_block_allows() -> None:
    gate = make_gate()
    tried = 0
    for _ in range(200):
        if not gate.is_blocked(HERE, 0.0):
            gate.attempt(HERE, 0.0)
            tried += 1
    assert tried == 10


def test_an_attempt_that_is_never_decided_stays_a_failure() -> None:
    gate = make_gate()
    for _ in range(10):
        gate.attempt(HERE, 0.0)
    assert gate.is_blocked(HERE, 15 * MINUTE - 1)


@pytest.mark.parametrize(
    ("failures", "under_way", "is_undecided"),
    [(0, 9, False), (0, 10, True), (5, 5, True), (9, 1, True), (10, 0, False)],
)
def test_a_block_is_undecided_while_checks_could_lift_it(
    failures: int, under_way: int, is_undecided: bool
) -> None:
    gate = make_gate()
    fail(gate, HERE, 0.0, failures)
    for _ in range(under_way):
        gate.attempt(HERE, 0.0)
    assert gate.is_undecided(HERE, 0.0) is is_undecided
    assert not gate.is_undecided(HERE, 15 * MINUTE)
    for _ in range(under_way):
        gate.failed(HERE)
    assert not gate.is_undecided(HERE, 0.0)
    assert gate.is_blocked(HERE, 0.0) is (failures + under_way >= 10)


def test_more_decisions_than_attempts_take_nothing_back() -> None:
    gate = make_gate()
    fail(gate, HERE, 0.0, 9)
    for _ in range(5):
        gate.succeeded(HERE, 0.0)
        gate.succeeded(THERE, 0.0)
        gate.failed(THERE)
    fail(gate, HERE, 0.0)
    assert gate.is_blocked(HERE, 0.0)
    assert not gate.is_blocked(THERE, 0.0)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("::", "192.0.2.1", False),
        ("::1", "::ffff:0.0.0.1", False),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, is_same: bool) -> None:
    gate = make_gate()
    fail(gate, counted(one), 0.0, 10)
    assert gate.is_blocked(counted(other), 0.0) is is_same


def test_a_flood_of_addresses_does_not_lift_a_block() -> None:
    gate = make_gate(max_addresses=100)
    fail(gate, HERE, 0.0, 10)
    for number in range(10_000):
        fail(gate, counted(f"2001:db8:{number:x}::"), 1.0, 9)
    assert gate.is_blocked(HERE, 1.0)
    assert len(gate) == 100


def test_only_a_flood_of_blocks_lifts_one() -> None:
    gate = make_gate(max_addresses=100)
    fail(gate, HERE, 0.0, 10)
    for number in range(99):
        fail(gate, counted(f"2001:db8:{number:x}::"), 1.0, 10)
    assert gate.is_blocked(HERE, 1.0)
    fail(gate, THERE, 1.0)
    assert not gate.is_blocked(HERE, 1.0)


def test_the_address_that_has_been_quiet_for_longest_is_forgotten_first() -> None:
    gate = make_gate(max_addresses=2)
    fail(gate, HERE, 0.0, 8)
    fail(gate, THERE, 1.0, 8)
    fail(gate, HERE, 2.0)
    fail(gate, counted("192.0.2.3"), 3.0)  # in the place of THERE
    fail(gate, HERE, 4.0)
    assert gate.is_blocked(HERE, 4.0)
    fail(gate, THERE, 4.0, 9)
    assert not gate.is_blocked(THERE, 4.0)


@pytest.mark.parametrize(("failures", "lasts"), [(10, 15 * MINUTE), (9, 10 * MINUTE)])
def test_what_is_over_makes_room_first(failures: int, lasts: float) -> None:
    gate = make_gate(max_addresses=4)
    for number in range(4):
        fail(gate, counted(f"192.0.2.{number}"), 0.0, failures)
    fail(gate, counted("192.0.2.99"), lasts)
    assert len(gate) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["fail", "succeed", "attempt", "wait"]),
            st.integers(0, 3),
            st.floats(0, 100),
        ),
        max_size=150,
    )
)
def test_no_address_fails_more_often_than_allowed(steps: list[tuple[str, int, float]]) -> None:
    gate = BindGate(
        failures_before_block=3, block_duration=50.0, failure_decay=30.0, max_addresses=10
    )
    failures: dict[int, list[float]] = {}
    now = 0.0
    for what, host, pause in steps:
        subject = counted(f"192.0.2.{host}")
        if what == "wait":
            now += pause
        elif not gate.is_blocked(subject, now):
            gate.attempt(subject, now)
            if what == "succeed":
                gate.succeeded(subject, now)
            else:
                failures.setdefault(subject, []).append(now)
                if what == "fail":
                    gate.failed(subject)
    for times in failures.values():
        for first, fourth in zip(times, times[3:], strict=False):
            assert fourth - first >= 30.0


@pytest.mark.parametrize(
    "settings",
    [
        {"failures_before_block": 0, "block_duration": 1.0, "failure_decay": 1.0},
        {"failures_before_block": 1, "block_duration": -1.0, "failure_decay": 1.0},
        {"failures_before_block": 1, "block_duration": 1.0, "failure_decay": -1.0},
        {
            "failures_before_block": 1,
            "block_duration": 1.0,
            "failure_decay": 1.0,
            "max_addresses": 0,
        },
    ],
)
def test_settings_without_sense_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="or more"):
        BindGate(**settings)


@pytest.mark.parametrize(
    ("address", "networks", "is_allowed"),
    [
        ("192.0.2.1", [], True),
        ("2001:db8::1", [], True),
        ("192.0.2.1", ["192.0.2.1"], True),
        ("192.0.2.1", ["192.0.2.2"], False),
        ("192.0.1.255", ["192.0.2.0/24"], False),
        ("192.0.2.0", ["192.0.2.0/24"], True),
        ("192.0.2.255", ["192.0.2.0/24"], True),
        ("192.0.3.0", ["192.0.2.0/24"], False),
        ("192.0.2.1", ["198.51.100.0/24", "192.0.2.0/24"], True),
        ("192.0.2.1", ["0.0.0.0/0"], True),
        ("::ffff:192.0.2.1", ["192.0.2.0/24"], True),
        ("::ffff:192.0.3.1", ["192.0.2.0/24"], False),
        ("192.0.2.1", ["::ffff:192.0.2.0/120"], True),
        ("192.0.3.1", ["::ffff:192.0.2.0/120"], False),
        ("::ffff:192.0.2.1", ["::ffff:192.0.2.0/120"], True),
        ("192.0.2.1", ["::/0"], False),  # all of IPv6, none of IPv4
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("2001:db9::1", ["2001:db8::/32"], False),
        ("2001:db8::1", ["0.0.0.0/0"], False),
        ("2001:db8::1", ["2001:db8::1/128"], True),
    ],
)
def test_allowed_networks(address: str, networks: list[str], is_allowed: bool) -> None:
    allowed = tuple(map(ip_network, networks))
    assert address_is_allowed(ip_address(address), allowed) is is_allowed


@pytest.mark.parametrize(
    ("field", "characters", "reason"),
    [
        (0, 15, None),
        (0, 16, Reason.BAD_CREDENTIALS),
        (1, 8, None),
        (1, 64, None),
        (1, 65, Reason.BAD_CREDENTIALS),
        (2, 12, None),
        (2, 13, Reason.BAD_BIND_FIELD),
        (3, 40, None),
        (3, 41, Reason.BAD_BIND_FIELD),
    ],
)
def test_the_limits_of_a_binds_fields(field: int, characters: int, reason: Reason | None) -> None:
    fields = ["acme", "secret", "", ""]
    fields[field] = "x" * characters
    assert check_bind_fields(*fields) is reason


def test_the_login_is_judged_before_the_other_fields() -> None:
    assert check_bind_fields("x" * 16, "secret", "x" * 13, "") is Reason.BAD_CREDENTIALS
