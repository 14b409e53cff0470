"""Sample events, for tests of observers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from otpblue_trio.runtime.observer import MessageAnswered

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["message_answered"]

_SAMPLE = MessageAnswered(
    connection_id=12,
    system_id="demo",
    sequence_number=7,
    destination="+1415555****",
    region="US",
    reason="delivered",
    command_status=0,
    platform_code=0,
    message_id="0b7f6a8e-1c1d-4f2e-9b1a-3f1b2c3d4e5f",
    latency=0.1234,
    wants_receipt=False,
    joined=False,
    detail="",
)


def message_answered(**changes: object) -> MessageAnswered:
    """Return the event of a delivered message, with some fields changed."""
    evolve: Callable[..., MessageAnswered] = attrs.evolve
    return evolve(_SAMPLE, **changes)
