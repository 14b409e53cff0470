"""What the soak's platform does with each number, known to both of its sides.

The number alone decides: the code that its message must carry, how long the platform takes, and
what it answers or does instead. So the platform can tell a wrong code, and the client a wrong
answer, without a word between them.
"""

from __future__ import annotations

import itertools
import zlib
from bisect import bisect_right
from enum import StrEnum
from typing import TYPE_CHECKING

import attrs
from loadtest_messages import TEXTS, Message, messages

from otpblue_trio.smpp import CommandStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DELIVERED", "Fate", "code_of", "delay_of", "fate_of", "soak_messages", "statuses_of"]


class Fate(StrEnum):
    """What becomes of a send."""

    DELIVERED = "delivered"
    CHUNKED = "chunked"
    """Delivered; the answer comes in chunks behind a 100 Continue."""
    SLOW = "slow"
    """Delivered after a second."""
    DRIP = "drip"
    """Delivered; the answer comes a few octets at a time."""
    SURPLUS = "surplus"
    """Delivered; octets that belong to nothing follow the answer."""
    NO_IMESSAGE = "no_imessage"
    NO_CAPACITY = "no_capacity"
    LIMITED = "limited"
    """HTTP 429."""
    ERROR = "error"
    """HTTP 500."""
    HTML = "html"
    """HTTP 502 with a page."""
    GARBAGE = "garbage"
    """No HTTP."""
    BROKEN_JSON = "broken_json"
    SHORT = "short"
    """Content-Length promises more than comes before the end of the connection."""
    HUGE = "huge"
    """A body of some megabytes."""
    RESET = "reset"
    """The connection is reset instead of an answer."""
    SILENCE = "silence"
    """No answer ever."""


DELIVERED = frozenset({Fate.DELIVERED, Fate.CHUNKED, Fate.SLOW, Fate.DRIP, Fate.SURPLUS})

# In ten-thousandths; about half has no iMessage, as in the field, and one in twelve is a fault.
_SHARES = {
    Fate.DELIVERED: 4350,
    Fate.CHUNKED: 200,
    Fate.SLOW: 100,
    Fate.DRIP: 50,
    Fate.SURPLUS: 50,
    Fate.NO_IMESSAGE: 4300,
    Fate.NO_CAPACITY: 200,
    Fate.LIMITED: 100,
    Fate.ERROR: 100,
    Fate.HTML: 100,
    Fate.GARBAGE: 100,
    Fate.BROKEN_JSON: 100,
    Fate.SHORT: 100,
    Fate.HUGE: 10,
    Fate.RESET: 100,
    Fate.SILENCE: 40,
}
_FATES = tuple(_SHARES)
_BOUNDS = tuple(itertools.accumulate(_SHARES.values()))

_STATUSES = {
    Fate.NO_IMESSAGE: frozenset({CommandStatus.ESME_RSUBMITFAIL}),
    Fate.NO_CAPACITY: frozenset({CommandStatus.ESME_RTHROTTLED}),
    Fate.LIMITED: frozenset({CommandStatus.ESME_RTHROTTLED}),
    # The answer itself is whole; whether one trusts a connection that goes on so is open.
    Fate.SURPLUS: frozenset({CommandStatus.ESME_ROK, CommandStatus.ESME_RSYSERR}),
}


def _hash(number: str) -> int:
    return zlib.crc32(number.encode("ascii"))


def fate_of(number: str) -> Fate:
    """Return what becomes of sends to a number, given without a plus sign."""
    return _FATES[bisect_right(_BOUNDS, _hash(number) % 10_000)]


def code_of(number: str) -> str:
    """Return the only code that may be sent to a number: six digits."""
    return f"{_hash('code' + number) % 10**6:06}"


def delay_of(number: str) -> float:
    """Return the seconds that the platform takes for a number: 0.03 to 0.13."""
    return 0.03 + _hash("delay" + number) % 100 / 1000


def statuses_of(fate: Fate) -> frozenset[CommandStatus]:
    """Return the statuses that are right for a fate while the platform is up."""
    if fate in _STATUSES:
        return _STATUSES[fate]
    return frozenset({CommandStatus.ESME_ROK if fate in DELIVERED else CommandStatus.ESME_RSYSERR})


def soak_messages() -> Iterator[Message]:
    """Yield messages to distinct numbers, each with the code that goes with its number."""
    for count, message in enumerate(messages()):
        text = TEXTS[count % len(TEXTS)].format(code_of(message.destination))
        yield attrs.evolve(message, text=text)
