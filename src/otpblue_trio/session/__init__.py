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
from otpblue_trio.session.machine import OutstandingDeliver, SmppSession
from otpblue_trio.session.matrix import SessionState

__all__ = [
    "BindRequested",
    "BindUnreadable",
    "DeliverAnswered",
    "OutstandingDeliver",
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
