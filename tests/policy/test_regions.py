from __future__ import annotations

import phonenumbers
import pytest

from otpblue_trio.policy.regions import NEVER_SENT, OPEN_BY_DEFAULT, may_send


@pytest.mark.parametrize(
    ("region", "open_regions", "account_regions", "may"),
    [
        ("US", {"US", "GB"}, set(), True),
        ("US", {"US", "GB"}, {"US"}, True),
        ("US", {"US", "GB"}, {"GB"}, False),
        ("US", {"GB"}, {"US"}, False),
        ("US", {"GB"}, set(), False),
        ("US", set(), set(), False),
        ("US", set(), {"US"}, False),
        ("us", {"US"}, set(), False),
        ("", {"US"}, set(), False),
        ("CN", {"CN", "US"}, set(), False),
        ("CN", {"CN", "US"}, {"CN"}, False),
        ("AR", {"AR"}, {"AR"}, False),
    ],
)
def test_a_message_goes_where_platform_and_account_both_allow_it(
    region: str, open_regions: set[str], account_regions: set[str], may: bool
) -> None:
    assert may is may_send(
        region,
        open_regions=frozenset(open_regions),
        account_regions=frozenset(account_regions),
    )


def test_the_regions_are_regions_of_phone_numbers() -> None:
    assert phonenumbers.SUPPORTED_REGIONS >= OPEN_BY_DEFAULT | NEVER_SENT


def test_nothing_that_is_never_sent_is_open_by_default() -> None:
    assert not OPEN_BY_DEFAULT & NEVER_SENT


def test_more_than_sixty_regions_are_open_by_default() -> None:
    # Integration guide, "Supported Destinations".
    assert len(OPEN_BY_DEFAULT) > 60
