"""Absolute and relative times."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.smpp import format_smpp_time, parse_smpp_time

untimed = settings(deadline=None)


NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def test_empty_field_is_no_time() -> None:
    assert parse_smpp_time("") is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("260212143000000+", datetime(2026, 2, 12, 14, 30, tzinfo=UTC)),
        ("260212143000900+", datetime(2026, 2, 12, 14, 30, 0, 900_000, tzinfo=UTC)),
        ("260212143000004+", datetime(2026, 2, 12, 13, 30, tzinfo=UTC)),
        ("260212143000022-", datetime(2026, 2, 12, 20, 0, tzinfo=UTC)),
        ("991231235959048+", datetime(2099, 12, 31, 11, 59, 59, tzinfo=UTC)),
    ],
)
def test_absolute_time_is_read(text: str, moment: datetime) -> None:
    time = parse_smpp_time(text)
    assert time is not None
    assert not time.is_relative
    assert time.resolve(NOW) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("000000000500000R", NOW + timedelta(minutes=5)),
        ("000001020304000R", NOW + timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("000000009000000R", NOW + timedelta(minutes=90)),
        ("000100000000000R", datetime(2026, 2, 28, 12, 0, tzinfo=UTC)),
        ("011100000000000R", datetime(2027, 12, 31, 12, 0, tzinfo=UTC)),
        ("000000000000000R", NOW),
    ],
)
def test_relative_time_counts_from_now(text: str, moment: datetime) -> None:
    time = parse_smpp_time(text)
    assert time is not None
    assert time.is_relative
    assert time.resolve(NOW) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2602121430",
        "26021214300000+",
        "2602121430000000+",
        "260212143000000Z",
        "260212143000000 ",
        "26021214300000x+",
        "²60212143000000+",
        "261312143000000+",
        "260230143000000+",
        "260212243000000+",
        "260212143000049+",
        "000000000500100R",
        "000000000500004R",
    ],
)
def test_malformed_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_smpp_time(text)


@untimed
@given(st.text(max_size=20) | st.from_regex(r"[0-9]{15}[+\-R]", fullmatch=True))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        time = parse_smpp_time(text)
    except ValueError:
        return
    assert time is None or time.resolve(NOW).tzinfo is not None


def test_time_is_written_in_utc() -> None:
    moment = datetime(2026, 2, 12, 14, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=2)))
    assert format_smpp_time(moment) == "260212123000100+"


@untimed
@given(
    st.datetimes(
        min_value=datetime(2000, 1, 2),  # noqa: DTZ001 - the strategy adds the zone
        max_value=datetime(2099, 12, 30),  # noqa: DTZ001
        timezones=st.just(UTC),
    )
)
def test_written_time_is_read_back_to_the_tenth_of_a_second(moment: datetime) -> None:
    time = parse_smpp_time(format_smpp_time(moment))
    assert time is not None
    assert timedelta() <= moment - time.resolve(NOW) < timedelta(milliseconds=100)


@pytest.mark.parametrize("year", [1999, 2100])
def test_year_of_another_century_is_not_written(year: int) -> None:
    with pytest.raises(ValueError, match="year"):
        format_smpp_time(datetime(year, 6, 1, tzinfo=UTC))
