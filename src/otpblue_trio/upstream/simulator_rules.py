"""How the simulated platform decides: one table of endings, and the platform's own checks.

Both simulators, the one in the process and the one behind HTTP, ask `decide` what becomes of a
send, and both work from the same answer down to its octets: the one writes them on the wire, the
other reads them as the client of the real platform would.

First the platform checks the request (credentials, recipient, code, sender). A request in order
meets the fate of its destination's last four digits; without one of those endings it is delivered.
"""

from __future__ import annotations

import re
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

import attrs
import orjson

from otpblue_trio.hot import hot_frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from otpblue_trio.policy.types import SendRequest

__all__ = [
    "BEHAVIOURS",
    "DRIP_INTERVAL",
    "Content",
    "Manner",
    "SendFields",
    "SimulatedAnswer",
    "SimulatedBehaviour",
    "SimulatedSend",
    "behaviour_of",
    "decide",
    "fields_of_request",
]

DRIP_INTERVAL = 0.1
"""Seconds between two octets of a dripped answer."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


class Manner(StrEnum):
    """How an answer reaches the client."""

    ANSWER = "answer"
    SILENCE = "silence"
    """No octet ever comes; the connection stays open."""
    CLOSE = "close"
    """The connection ends without an answer."""
    DRIP = "drip"
    """One octet every `DRIP_INTERVAL`."""


class Content(StrEnum):
    """What the body of an answer is."""

    JSON = "json"
    BROKEN_JSON = "broken_json"
    HTML = "html"


@attrs.frozen(kw_only=True)
class SimulatedBehaviour:
    """What happens to sends whose destination has a certain ending."""

    status: int = 200
    """The HTTP status."""
    code: int = 0
    """The platform's error code that goes with status 400; 0: none."""
    manner: Manner = Manner.ANSWER
    content: Content = Content.JSON
    delay: float | None = None
    """Seconds to the answer; None: the simulator's usual latency."""


_DELIVERED = SimulatedBehaviour()


def _refusal(code: int) -> SimulatedBehaviour:
    return SimulatedBehaviour(status=400, code=code)


BEHAVIOURS: Mapping[str, SimulatedBehaviour] = MappingProxyType(
    {
        "0150": _refusal(150),
        "0280": _refusal(280),
        "0720": _refusal(720),
        "0110": _refusal(110),
        "1155": _refusal(1155),
        "1250": _refusal(1250),
        "1900": _refusal(1900),
        "1210": _refusal(1210),
        "1220": _refusal(1220),
        "0500": SimulatedBehaviour(status=500),
        "0502": SimulatedBehaviour(status=502, content=Content.HTML),
        "0429": SimulatedBehaviour(status=429),
        "0401": SimulatedBehaviour(status=401),
        "0504": SimulatedBehaviour(manner=Manner.SILENCE),
        "0505": SimulatedBehaviour(manner=Manner.CLOSE),
        "0506": SimulatedBehaviour(content=Content.BROKEN_JSON),
        "0507": SimulatedBehaviour(manner=Manner.DRIP),
        "0508": SimulatedBehaviour(delay=3.0),
    }
)
"""Last four digits of the destination to behaviour; any other ending is delivered."""


def behaviour_of(contact: str) -> SimulatedBehaviour:
    """Return the behaviour that a destination's last four digits ask for."""
    return BEHAVIOURS.get(contact[-4:], _DELIVERED)


@hot_frozen
class SendFields:
    """One send as the platform sees it, before any check; a missing field is empty."""

    api_key: str = attrs.field(repr=False)
    contact: str = attrs.field(repr=False)
    code: str = attrs.field(repr=False)
    text: str = attrs.field(repr=False)
    sender: str = ""
    language: str = ""
    source: str = ""
    region: str = ""
    """ISO region of `contact`, where the receiver knows it."""


def fields_of_request(request: SendRequest) -> SendFields:
    """Return what the platform would see of a request of the gateway."""
    return SendFields(
        request.api_key,
        request.contact,
        "" if request.text else request.code,
        request.text,
        request.sender,
        request.language,
        "smpp",
        request.region,
    )


@hot_frozen
class SimulatedSend:
    """One send that the simulator saw, and what it decided.

    `status` is the HTTP status of the answer, 0 where no answer is ever given; `message_id` is the
    id of the platform's record, which a delivered answer carries.
    """

    fields: SendFields
    message_id: str
    status: int
    error_code: int
    delivered: bool


@hot_frozen
class SimulatedAnswer:
    """What the simulator answers: the octets, and how and when they come."""

    manner: Manner
    status: int
    content_type: str
    body: bytes = attrs.field(repr=False)
    delay: float | None
    """Seconds to the answer; None: the simulator's usual latency."""
    send: SimulatedSend
    """What the answer answers, for the simulator's records."""


def decide(fields: SendFields, *, random: Random, refusal: int = 0) -> SimulatedAnswer:
    """Decide what becomes of one send.

    Args:
      fields: the send as it arrived.
      random: source of the message id; a seeded one makes it reproducible.
      refusal: an error code that the receiver has found already, e.g. for a field that is no
        string; 0: none.
    """
    if code := refusal or _refusal_code(fields):
        behaviour = _refusal(code)
    else:
        behaviour = behaviour_of(fields.contact)
    message_id = str(UUID(int=random.getrandbits(128), version=4))
    content_type, body = _content(behaviour, fields, message_id)
    return SimulatedAnswer(
        behaviour.manner,
        behaviour.status,
        content_type,
        body,
        behaviour.delay,
        SimulatedSend(
            fields,
            message_id,
            0 if behaviour.manner in (Manner.SILENCE, Manner.CLOSE) else behaviour.status,
            behaviour.code,
            _is_delivery(behaviour),
        ),
    )


def _refusal_code(fields: SendFields) -> int:
    """Return the error code of the first rule that a send breaks, or 0.

    A language that the platform does not know is no error: it falls back to English.
    """
    if not fields.api_key:
        return 1110
    if not fields.contact or not (fields.code or fields.text):
        return 1205
    if not _E164.fullmatch(fields.contact):
        return 1600
    if len(fields.code) > 10:
        return 1215
    if len(fields.sender) > 16:
        return 1225
    return 0


def _is_delivery(behaviour: SimulatedBehaviour) -> bool:
    return (
        behaviour.status == 200
        and behaviour.manner in (Manner.ANSWER, Manner.DRIP)
        and behaviour.content is Content.JSON
    )


def _content(
    behaviour: SimulatedBehaviour, fields: SendFields, message_id: str
) -> tuple[str, bytes]:
    """Return content type and body of an answer."""
    if behaviour.content is Content.HTML:
        return "text/html", b"<html><body><h1>502 Bad Gateway</h1></body></html>\n"
    if behaviour.content is Content.BROKEN_JSON:
        return (
            "application/json",
            b'{"message": "Message sent", "message_id": "' + message_id.encode(),
        )
    answer: dict[str, str | int | bool]
    if behaviour.status == 200:
        answer = {
            "message": "Message sent",
            "message_id": message_id,
            "recipient": fields.contact,
            "status": "delivered",
            "success": True,
        }
    elif behaviour.code:
        answer = {
            "code": behaviour.code,
            "contact": fields.contact,
            "message": f"Simulated error {behaviour.code}",
            "status": "failed",
            "success": False,
        }
    else:
        answer = {"message": f"Simulated status {behaviour.status}", "success": False}
    return "application/json", orjson.dumps(answer)
