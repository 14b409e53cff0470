from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.ops.exposition import Exposition, Histogram, escape_label, label_set


def test_metric_has_help_type_and_samples() -> None:
    page = Exposition("x_")
    name = page.family("sessions", "gauge", "Bound sessions.")
    page.sample(name, 3, label_set({"mode": "receiver", "tls": "1"}))
    page.sample(name, 0)
    assert page.render() == (
        b"# HELP x_sessions Bound sessions.\n"
        b"# TYPE x_sessions gauge\n"
        b'x_sessions{mode="receiver",tls="1"} 3\n'
        b"x_sessions 0\n"
    )


def test_label_values_are_escaped() -> None:
    assert escape_label('a"b\\c\nd') == 'a\\"b\\\\c\\nd'


def test_help_is_escaped() -> None:
    page = Exposition()
    page.family("a", "gauge", 'one\ntwo\\ "three"')
    assert page.render().startswith(b'# HELP a one\\ntwo\\\\ "three"\n')


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, b"0"),
        (True, b"1"),
        (2**60, b"1152921504606846976"),
        (0.1, b"0.1"),
        (1e300, b"1e+300"),
        (float("inf"), b"+Inf"),
        (float("-inf"), b"-Inf"),
        (float("nan"), b"NaN"),
    ],
)
def test_numbers_are_shown_as_prometheus_reads_them(value: float, shown: bytes) -> None:
    page = Exposition()
    page.sample("a", value)
    assert page.render() == b"a " + shown + b"\n"


def test_a_metric_cannot_stand_on_a_page_twice() -> None:
    page = Exposition("x_")
    page.family("a", "gauge", "A.")
    with pytest.raises(ValueError, match="x_a"):
        page.family("a", "counter", "B.")


def test_histogram_buckets_are_cumulative_and_inclusive() -> None:
    histogram = Histogram((0.5, 1.0))
    for value in (0.25, 0.5, 0.75, 1.0, 8.0):
        histogram.observe(value)
    page = Exposition()
    page.histogram("h", histogram, 'a="b"')
    assert page.render() == (
        b'h_bucket{a="b",le="0.5"} 2\n'
        b'h_bucket{a="b",le="1.0"} 4\n'
        b'h_bucket{a="b",le="+Inf"} 5\n'
        b'h_sum{a="b"} 10.5\n'
        b'h_count{a="b"} 5\n'
    )


@given(st.lists(st.floats(min_value=0, max_value=1e6)))
def test_histogram_counts_every_observation_once(values: list[float]) -> None:
    histogram = Histogram((0.01, 1.0, 60.0))
    for value in values:
        histogram.observe(value)
    assert histogram.count == len(values)
    assert histogram.counts[0] == sum(value <= 0.01 for value in values)
    assert histogram.total == pytest.approx(sum(values))
