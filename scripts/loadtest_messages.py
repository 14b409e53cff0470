"""Messages for a load test: numbers of many countries, texts with a random code, mixes of outcomes.

A `Kind` of message provokes one outcome: by the ending of its number, which the simulated platform
goes by, or by a mistake that the gateway itself must find.
"""

from __future__ import annotations

import itertools
import random
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from otpblue_trio.smpp import CommandStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "DELIVERED",
    "KINDS",
    "SPECIAL_ENDINGS",
    "TEXTS",
    "Kind",
    "Message",
    "messages",
    "parse_mix",
]

# Mobile ranges of many countries: what a number begins with, and how many free digits follow.
RANGES = (
    *(("12015", 6), ("44740", 7), ("491512", 7), ("3361", 7), ("3461", 7), ("39312", 7)),
    *(("3161", 7), ("4670", 7), ("4178", 7), ("4851", 7), ("35191", 7), ("38050", 7)),
    *(("81901", 7), ("6281", 7), ("84901", 6), ("97150", 7), ("2771", 7), ("6141", 7)),
    *(("6421", 7), ("52222", 7), ("57321", 7), ("15062", 6), ("234802", 7), ("6012", 7)),
)
MOST_WEIGHT = 1_000_000_000
SENDERS = ("MyBank", "Acme", "PayNow", "ShopLine", "Ride24")
TEXTS = (
    "Your verification code is {}",
    "OTP: {}",
    "Use code {} to verify your account",
    "{}",
    "Your PIN is {}",
    "{} is your verification code",
    "Your verification code is {}. Do not share this code.",
    "Login code: {}. Never give it to anyone.",
    "Ihr Code lautet: {}",
    "Votre code est {}",
    "Il tuo codice: {}",
    "Uw code is {}",
)


@attrs.frozen
class Kind:
    """What is to become of a message."""

    statuses: frozenset[CommandStatus]
    """What the response may say; empty: anything but success. Beside it a gateway may always say
    that it is throttled or that the platform is down."""
    ending: str = ""
    """Of the number; empty: none of the simulator's."""


def _kind(ending: str, *statuses: CommandStatus) -> Kind:
    return Kind(frozenset(statuses), ending)


_OK = CommandStatus.ESME_ROK
_DOWN = CommandStatus.ESME_RSYSERR

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "delivered": _kind("", _OK),
        "no_imessage": _kind("0150", CommandStatus.ESME_RSUBMITFAIL),
        "opted_out": _kind("0280", CommandStatus.ESME_RSUBMITFAIL),
        "no_capacity": _kind("0720", CommandStatus.ESME_RTHROTTLED),
        "not_taken": _kind("0110", _DOWN),
        "region_closed": _kind("1155", CommandStatus.ESME_RINVDSTADR),
        "key_refused": _kind("1250", _DOWN),
        "not_mobile": _kind("1900", CommandStatus.ESME_RINVDSTADR),
        "code_refused": _kind("1210", CommandStatus.ESME_RINVMSGLEN),
        "sender_refused": _kind("1220", CommandStatus.ESME_RINVSRCADR),
        "http_500": _kind("0500", _DOWN),
        "http_502": _kind("0502", _DOWN),
        "http_429": _kind("0429", CommandStatus.ESME_RTHROTTLED),
        "http_401": _kind("0401", _DOWN),
        "silence": _kind("0504", _DOWN),
        "hang_up": _kind("0505", _DOWN),
        "broken_json": _kind("0506", _DOWN),
        "drip": _kind("0507", _OK, _DOWN),
        "slow": _kind("0508", _OK),
        # Found by the gateway, not by the platform.
        "no_code": _kind("", CommandStatus.ESME_RINVMSGLEN),
        "invalid_number": _kind("", CommandStatus.ESME_RINVDSTADR),
        "malformed": _kind(""),
    }
)
"""What `--mix` can name. `malformed` is a submit_sm whose sm_length reaches beyond its end."""

SPECIAL_ENDINGS = frozenset(kind.ending for kind in KINDS.values() if kind.ending)
"""The simulator has an outcome of its own for each of these; everything else is delivered."""

DELIVERED = MappingProxyType({"delivered": 1.0})


@attrs.frozen
class Message:
    """One message to submit; the text holds a random code."""

    destination: str = attrs.field(repr=False)
    sender: str
    text: str = attrs.field(repr=False)
    kind: str = "delivered"
    """A name of `KINDS`."""


def parse_mix(text: str) -> dict[str, float]:
    """Read a mix such as `delivered=40,no_imessage=60`: kinds and their weights, of any sum.

    Raises:
      ValueError: tells what is wrong.
    """
    mix: dict[str, float] = {}
    for part in text.split(","):
        name, equals, weight = part.strip().partition("=")
        if name not in KINDS:
            raise ValueError(f"{name!r} is none of {', '.join(KINDS)}")
        if name in mix:
            raise ValueError(f"{name} is named twice")
        try:
            mix[name] = float(weight) if equals else 1.0
        except ValueError:
            raise ValueError(f"{name}={weight}: {weight!r} is no number") from None
        if not 0 <= mix[name] <= MOST_WEIGHT:
            raise ValueError(f"{name}={weight}: a weight is from 0 to {MOST_WEIGHT}")
    if not sum(mix.values()):
        raise ValueError("every weight is 0")
    return mix


# Neither 2 nor 5 divides it, so a range comes round only after all of its numbers.
_STEP = 7_654_321


def messages(
    *, mix: Mapping[str, float] = DELIVERED, seed: int = 0, side: int = 0, sides: int = 1
) -> Iterator[Message]:
    """Yield messages to numbers of many countries, without an end.

    Numbers are valid, but for `invalid_number`. They are distinct until the ranges run out, after
    some hundred millions; those with a special ending after some thousands. Codes have six digits.

    Several sides of one seed get the same kinds, senders and texts in the same order, but no number
    of one is a number of another: one gateway behind two targets would take the second side's
    messages for the first side's, sent again.

    Args:
      mix: kinds and their weights.
      seed: runs with the same one send the same.
      side: which one this is, from 0.
      sides: how many there are.
    """
    chance = random.Random(seed)  # noqa: S311 - test data, no secrets
    names, weights = list(mix), list(mix.values())
    places = itertools.count(seed * 100_003)
    for sender in itertools.cycle(SENDERS):
        kind = names[0] if len(names) == 1 else chance.choices(names, weights)[0]
        text = TEXTS[chance.randrange(len(TEXTS))].format(f"{chance.randrange(10**6):06}")
        if kind == "no_code":
            text = "Your parcel is on its way"
        numbers = (_number(place, kind, side, sides) for place in places)
        yield Message(next(one for one in numbers if one is not None), sender, text, kind)


def _number(place: int, kind: str, side: int, sides: int) -> str | None:
    """Return the number at a place in the order; None: the simulator would take it for special."""
    lap, at = divmod(place, len(RANGES))
    head, digits = RANGES[at]
    ending = KINDS[kind].ending
    free = digits - len(ending)
    tail = f"{(lap * sides + side) * _STEP % 10**free:0{free}}{ending}"
    if not ending and tail[-4:] in SPECIAL_ENDINGS:
        return None
    return ("999" if kind == "invalid_number" else head) + tail
