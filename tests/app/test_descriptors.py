"""The limit of open files follows the configured caps, as far as it may."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.app.descriptors import allow_descriptors

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def low_limit() -> Iterator[int]:
    """Lower the soft limit for one test; returns the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def soft_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_a_limit_that_is_high_enough_stays() -> None:
    assert allow_descriptors(100) is None
    assert soft_limit() == 256


def test_a_limit_that_is_too_low_is_raised_to_what_is_needed() -> None:
    assert allow_descriptors(300) is None
    assert soft_limit() == 428


def test_a_hard_limit_that_is_too_low_is_told_with_both_figures(low_limit: int) -> None:
    if low_limit == resource.RLIM_INFINITY:
        pytest.skip("there is no hard limit")
    told = allow_descriptors(low_limit)
    assert told is not None
    assert str(low_limit) in told
    assert str(low_limit + 128) in told
    assert soft_limit() == low_limit
