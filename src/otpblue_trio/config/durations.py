"""Durations as people write them: `"500ms"`, `"30s"`, `"15m"`, `"24h"`, `"30d"`, or seconds."""

from __future__ import annotations

import math
import re
from decimal import Decimal

__all__ = ["format_duration", "parse_duration"]

_UNITS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
# Bounded: what is longer than this is a mistake, and never a slow conversion.
_WRITTEN = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?) ?(ms|s|m|h|d)")


def parse_duration(value: object) -> float:
    """Return a duration in seconds.

    Args:
      value: an integer or a float in seconds, or a string of a number and one of the units
        `ms`, `s`, `m`, `h`, `d`, with or without one space between them.

    Returns:
      Seconds, finite and not negative.

    Raises:
      ValueError: it is nothing of that kind (a boolean is not a number).
    """
    if isinstance(value, str):
        match = _WRITTEN.fullmatch(value.strip())
        if match is None:
            msg = "not a duration"
            raise ValueError(msg)
        number, unit = match.groups()
        # Decimal, so that "0.1s" and "100ms" are the same float.
        return float(Decimal(number) * _UNITS[unit])
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = "not a duration"
        raise ValueError(msg)
    try:
        seconds = float(value)
    except OverflowError as error:
        msg = "not a duration"
        raise ValueError(msg) from error
    if not (math.isfinite(seconds) and seconds >= 0):
        msg = "not a duration"
        raise ValueError(msg)
    return seconds


def format_duration(seconds: float) -> str:
    """Write a duration in the largest unit that gives a whole number.

    Hours stay hours up to two days, so that a limit of a day reads `"24h"` as it is spoken of.

    Args:
      seconds: finite and not negative; what is finer than a millisecond is written in seconds.

    Returns:
      Text that `parse_duration` reads back as the same number.
    """
    exact = Decimal(repr(seconds))
    if exact == 0:
        return "0s"
    for unit, least in (("d", 2 * 86400), ("h", 3600), ("m", 60), ("s", 1), ("ms", 0)):
        count = exact / _UNITS[unit]
        if exact >= least and count == count.to_integral_value():
            return f"{count:f}".partition(".")[0] + unit
    return f"{exact:f}s"
