"""The SMPP session, sans-IO: state machine, operation matrix, outbound window."""

from otpblue_trio.session.events import (
    BindRequested,
    BindUnreadable,
    DeliverAnswered,
    QueryReceived,
    Refusal,
    RefusalKind,
    SessionEnded,
    SessionEvent,
    StreamLost,
    SubmitReceived,
)
from otpblue_trio.session.machine import SmppSession
from otpblue_trio.session.matrix import SessionState
from otpblue_trio.session.window import OutboundWindow

__all__ = [
    "BindRequested",
    "BindUnreadable",
    "DeliverAnswered",
    "OutboundWindow",
    "QueryReceived",
    "Refusal",
    "RefusalKind",
    "SessionEnded",
    "SessionEvent",
    "SessionState",
    "SmppSession",
    "StreamLost",
    "SubmitReceived",
]
