"""Absolute and relative times of SMPP 3.4, 7.1.1: `YYMMDDhhmmsstnnp` and `YYMMDDhhmmss000R`."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone

import attrs

__all__ = ["SmppTime", "format_smpp_time", "parse_smpp_time"]

_TIME_CHARACTERS = 16
_MAX_QUARTER_HOURS = 48


@attrs.frozen
class SmppTime:
    """A schedule_delivery_time or validity_period."""

    moment: datetime | None = None
    """An absolute time, aware; None for a relative one."""
    months: int = 0
    """Of a relative time; years are 12 of them."""
    duration: timedelta = timedelta()
    """Of a relative time: its days, hours, minutes and seconds."""

    @property
    def is_relative(self) -> bool:
        """True when the time counts from the moment of submission."""
        return self.moment is None

    def resolve(self, now: datetime) -> datetime:
        """Return the moment that is meant.

        Args:
          now: the moment of submission, aware.

        Returns:
          An aware datetime. A relative time of months that ends on a day which its month does not
          have ends on the month's last day.
        """
        if self.moment is not None:
            return self.moment
        years, month = divmod(now.month - 1 + self.months, 12)
        year, month = now.year + years, month + 1
        day = min(now.day, monthrange(year, month)[1])
        return now.replace(year=year, month=month, day=day) + self.duration


def parse_smpp_time(text: str) -> SmppTime | None:
    """Read a time field.

    Absolute years are 2000 to 2099. In a relative time each pair of digits may be 00 to 99: ninety
    minutes is a clear wish.

    Args:
      text: the field without its NUL.

    Returns:
      The time; None for an empty field.

    Raises:
      ValueError: the text is no such time.
    """
    if not text:
        return None
    digits, sign = text[:-1], text[-1]
    if len(text) != _TIME_CHARACTERS or not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"a time is {_TIME_CHARACTERS - 1} digits and a letter or sign")
    year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
    tenths, quarter_hours = int(digits[12]), int(digits[13:])
    if sign == "R":
        if tenths or quarter_hours:
            raise ValueError("a relative time ends in 000R")
        return SmppTime(
            months=12 * year + month,
            duration=timedelta(days=day, hours=hour, minutes=minute, seconds=second),
        )
    if sign not in "+-":
        raise ValueError("a time ends in +, - or R")
    if quarter_hours > _MAX_QUARTER_HOURS:
        raise ValueError(f"{quarter_hours} quarter hours from UTC are more than 48")
    offset = timedelta(minutes=15 * (quarter_hours if sign == "+" else -quarter_hours))
    return SmppTime(
        datetime(
            2000 + year,
            month,
            day,
            hour,
            minute,
            second,
            100_000 * tenths,
            tzinfo=timezone(offset),
        )
    )


def format_smpp_time(moment: datetime) -> str:
    """Write an absolute time, in UTC.

    Args:
      moment: aware, 2000 to 2099.

    Returns:
      16 characters, e.g. `260212143000000+`.

    Raises:
      ValueError: the year cannot be written in two digits.
    """
    moment = moment.astimezone(UTC)
    if not 2000 <= moment.year <= 2099:
        raise ValueError(f"the year {moment.year} is not 2000 to 2099")
    return f"{moment:%y%m%d%H%M%S}{moment.microsecond // 100_000}00+"
