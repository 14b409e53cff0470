"""What an SMPP session tells its owner: frozen events, in the order of the wire."""

from __future__ import annotations

from enum import StrEnum

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.smpp import BindRequest, CommandStatus, DataSm, QuerySm, SubmitSm

__all__ = [
    "BindRequested",
    "BindUnreadable",
    "DeliverAnswered",
    "QueryReceived",
    "Refusal",
    "RefusalKind",
    "SessionEnded",
    "SessionEvent",
    "StreamLost",
    "SubmitReceived",
]


@attrs.frozen
class BindRequested:
    """A bind to decide: `accept_bind` or `refuse_bind` must be called before the next event."""

    pdu: BindRequest


@attrs.frozen
class BindUnreadable:
    """A bind whose body cannot be used: `refuse_bind` must be called before the next event."""

    command_status: CommandStatus
    """What the decoder found wrong, as the status of the field at fault."""


@hot_frozen
class SubmitReceived:
    """A message to answer, once, through `answer_submit`; it counts as in flight until then."""

    pdu: SubmitSm | DataSm


@attrs.frozen
class QueryReceived:
    """A query_sm to answer at once through `answer_query`."""

    pdu: QuerySm


@hot_frozen
class DeliverAnswered:
    """The ESME answered one of our deliver_sm; `token` is what `send_deliver` was given."""

    token: object
    command_status: int


class RefusalKind(StrEnum):
    """Why a PDU did not become work for the owner."""

    MALFORMED = "malformed"
    UNKNOWN_COMMAND = "unknown_command"
    WRONG_STATE = "wrong_state"
    UNSUPPORTED = "unsupported"
    UNEXPECTED_RESPONSE = "unexpected_response"


@attrs.frozen
class Refusal:
    """The session answered a PDU with an error, or dropped it, on its own. For counters."""

    kind: RefusalKind
    command_id: int
    command_status: int


@attrs.frozen
class StreamLost:
    """The stream can no longer be cut into PDUs; a generic_nack is queued, nothing more is read."""


@attrs.frozen
class SessionEnded:
    """Unbound: by the ESME's unbind (its response is queued) or by its unbind_resp.

    Where an unbind has to wait for messages in flight, the last `answer_submit` ends the session in
    place of this event.
    """


SessionEvent = (
    BindRequested
    | BindUnreadable
    | SubmitReceived
    | QueryReceived
    | DeliverAnswered
    | Refusal
    | StreamLost
    | SessionEnded
)
