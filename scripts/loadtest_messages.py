"""Messages for a load test: numbers of many countries, texts with a random code."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SPECIAL_ENDINGS", "Message", "messages"]

# Mobile ranges of many countries: what a number begins with, and how many free digits follow.
RANGES = (
    *(("12015", 6), ("44740", 7), ("491512", 7), ("3361", 7), ("3461", 7), ("39312", 7)),
    *(("3161", 7), ("4670", 7), ("4178", 7), ("4851", 7), ("35191", 7), ("38050", 7)),
    *(("81901", 7), ("6281", 7), ("84901", 6), ("97150", 7), ("2771", 7), ("6141", 7)),
    *(("6421", 7), ("52222", 7), ("57321", 7), ("15062", 6), ("234802", 7), ("6012", 7)),
)
NO_IMESSAGE_ENDING = "0150"
# The simulator has an outcome of its own for each of these; everything else is delivered.
SPECIAL_ENDINGS = frozenset(
    (
        *("0150", "0280", "0720", "0110", "1155", "1250", "1900", "1210", "1220"),
        *("0500", "0502", "0429", "0401", "0504", "0505", "0506", "0507", "0508"),
    )
)
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
class Message:
    """One message to submit; the text holds a random code."""

    destination: str = attrs.field(repr=False)
    sender: str
    text: str = attrs.field(repr=False)


def messages(*, no_imessage_percent: float = 0.0, seed: int = 0) -> Iterator[Message]:
    """Yield messages to valid numbers of many countries, without an end.

    Numbers are distinct until the ranges run out, after some hundred millions; those without
    iMessage after some ten thousands. Codes have six digits.

    Args:
      no_imessage_percent: 0 to 100; the share of numbers that the simulator refuses.
      seed: runs with the same one send the same.
    """
    chance = random.Random(seed)  # noqa: S311 - test data, no secrets
    # Neither 2 nor 5 divides the step, so a range comes round only after all of its numbers.
    step = 7_654_321
    for count in itertools.count(seed * 100_003):
        head, digits = RANGES[count % len(RANGES)]
        tail = f"{count // len(RANGES) * step % 10**digits:0{digits}}"
        if chance.random() * 100 < no_imessage_percent:
            tail = tail[: -len(NO_IMESSAGE_ENDING)] + NO_IMESSAGE_ENDING
        elif tail[-4:] in SPECIAL_ENDINGS:
            continue
        text = TEXTS[chance.randrange(len(TEXTS))].format(f"{chance.randrange(10**6):06}")
        yield Message(head + tail, SENDERS[count % len(SENDERS)], text)
