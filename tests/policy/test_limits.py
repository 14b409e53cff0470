from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy.limits import TokenBucket

# Clocks start anywhere; far from zero a float is coarser.
STARTS = [0.0, 1.0, 1_000_000.123]


def taken(bucket: TokenBucket, now: float, offered: int) -> int:
    return sum(bucket.take(now) for _ in range(offered))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("rate", [1, 2, 50, 10_000])
def test_a_full_bucket_holds_one_second(rate: float, start: float) -> None:
    bucket = TokenBucket(rate, start)
    assert taken(bucket, start, int(rate)) == rate
    assert not bucket.take(start)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("rate", [1, 3, 50, 333, 10_000])
def test_an_empty_bucket_gives_one_message_each_interval(rate: float, start: float) -> None:
    bucket = TokenBucket(rate, start)
    taken(bucket, start, int(rate))
    for number in range(1, 200):
        now = start + number / rate
        assert not bucket.take(now - 0.01 / rate)
        assert bucket.take(now)
        assert not bucket.take(now)


def test_fifty_at_once_then_fifty_a_second() -> None:
    bucket = TokenBucket(50, 7.0)
    passed = taken(bucket, 7.0, 60)
    assert passed == 50
    for tick in range(1, 1001):
        passed += taken(bucket, 7.0 + tick * 0.01, 3)
    assert passed == 550


def test_a_pause_saves_up_no_more_than_one_second() -> None:
    bucket = TokenBucket(50, 0.0)
    taken(bucket, 0.0, 50)
    assert taken(bucket, 3600.0, 100) == 50


@pytest.mark.parametrize(
    ("rate", "interval"), [(0.5, 2.0), (0.1, 10.0), (1.0, 1.0), (1 / 3600, 3600.0)]
)
def test_a_fraction_is_one_message_in_several_seconds(rate: float, interval: float) -> None:
    bucket = TokenBucket(rate, 0.0)
    assert bucket.take(0.0)
    assert not bucket.take(interval * 0.99)
    assert bucket.take(interval)
    assert not bucket.take(interval)
    assert taken(bucket, interval * 100, 2) == 1


def test_a_fraction_above_one_counts_up() -> None:
    bucket = TokenBucket(1.5, 0.0)
    assert taken(bucket, 0.0, 3) == 2
    assert sum(taken(bucket, second, 5) for second in range(1, 101)) == 150


def test_zero_lets_nothing_through() -> None:
    bucket = TokenBucket(0, 0.0)
    assert taken(bucket, 0.0, 5) == 0
    assert taken(bucket, 1e9, 5) == 0


def test_no_limit_lets_everything_through() -> None:
    bucket = TokenBucket(math.inf, 0.0)
    assert taken(bucket, 0.0, 10_000) == 10_000
    assert taken(bucket, 1.0, 10_000) == 10_000


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = TokenBucket(10, 100.0)
    taken(bucket, 100.0, 10)
    assert not bucket.take(0.0)
    assert not bucket.take(100.0)
    assert taken(bucket, 101.0, 20) == 10


@pytest.mark.parametrize(
    ("before", "after", "at_once", "a_second_later"),
    [
        (50, 10, 10, 10),
        (10, 50, 10, 50),
        (50, 0, 0, 0),
        (0, 50, 0, 50),
        (50, math.inf, 1000, 1000),
        (math.inf, 50, 50, 50),
        (0, math.inf, 1000, 1000),
        (50, 0.5, 1, 0),
        (0.5, 50, 1, 50),
    ],
)
def test_another_rate_gives_no_fresh_burst(
    before: float, after: float, at_once: int, a_second_later: int
) -> None:
    bucket = TokenBucket(before, 0.0)
    bucket.set_rate(after, 0.0)
    assert bucket.rate == after
    assert taken(bucket, 0.0, 1000) == at_once
    assert taken(bucket, 1.0, 1000) == a_second_later


def test_another_rate_counts_from_the_change_on() -> None:
    bucket = TokenBucket(10, 0.0)
    taken(bucket, 0.0, 10)
    bucket.set_rate(100, 0.5)
    # Half a second at 10, then a tenth at 100.
    assert taken(bucket, 0.6, 100) == 15


def test_setting_the_same_rate_again_and_again_gives_nothing() -> None:
    bucket = TokenBucket(10, 0.0)
    taken(bucket, 0.0, 10)
    for _ in range(100):
        bucket.set_rate(10, 0.0)
    assert not bucket.take(0.0)


@pytest.mark.parametrize("rate", [-1, -0.001, -math.inf, math.nan])
def test_a_rate_is_zero_or_more(rate: float) -> None:
    with pytest.raises(ValueError, match="rate must be 0 or more"):
        TokenBucket(rate, 0.0)


@given(
    st.floats(0.01, 10_000),
    st.lists(st.floats(0, 5), max_size=50),
    st.integers(1, 30),
)
def test_no_span_of_time_sees_more_than_its_worth_and_a_second(
    rate: float, pauses: list[float], offered: int
) -> None:
    bucket = TokenBucket(rate, 0.0)
    now = 0.0
    passed = taken(bucket, now, offered)
    for pause in pauses:
        now += pause
        passed += taken(bucket, now, offered)
    assert passed <= math.ceil(rate) + rate * now + 0.001
