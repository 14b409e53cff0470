"""Which operation is legal in which state, as data.

Spec: SMPP 3.4, 2.2 (session states) and 2.3 (operation matrix); the answers to what is not legal
are those of the integration guide, "Response Handling".
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from otpblue_trio.smpp import CommandId, CommandStatus

__all__ = [
    "BIND_STATES",
    "BOUND_STATES",
    "COUNTS_AS_ACTIVITY",
    "LEGAL_COMMANDS",
    "LEGAL_STATES",
    "RECEIVING_STATES",
    "UNSUPPORTED",
    "SessionState",
]


class SessionState(StrEnum):
    """Where an SMPP session is.

    UNBINDING: one side asked to unbind; what is in flight is still answered, nothing new is taken.
    """

    OPEN = "open"
    BOUND_TX = "transmitter"
    BOUND_RX = "receiver"
    BOUND_TRX = "transceiver"
    UNBINDING = "unbinding"
    CLOSED = "closed"


BIND_STATES = MappingProxyType(
    {
        CommandId.BIND_TRANSMITTER: SessionState.BOUND_TX,
        CommandId.BIND_RECEIVER: SessionState.BOUND_RX,
        CommandId.BIND_TRANSCEIVER: SessionState.BOUND_TRX,
    }
)
"""The state that a successful bind leads to."""

BOUND_STATES = frozenset(BIND_STATES.values())
RECEIVING_STATES = frozenset({SessionState.BOUND_RX, SessionState.BOUND_TRX})
"""States in which the ESME takes deliver_sm."""

_SENDING_STATES = frozenset({SessionState.BOUND_TX, SessionState.BOUND_TRX})
_ANY_STATE = frozenset(SessionState)

LEGAL_STATES: MappingProxyType[int, frozenset[SessionState]] = MappingProxyType(
    {
        CommandId.BIND_TRANSMITTER: frozenset({SessionState.OPEN}),
        CommandId.BIND_RECEIVER: frozenset({SessionState.OPEN}),
        CommandId.BIND_TRANSCEIVER: frozenset({SessionState.OPEN}),
        # An ESME that probes the link before it binds is answered; it gains no time by it.
        CommandId.ENQUIRE_LINK: _ANY_STATE,
        CommandId.UNBIND: _ANY_STATE,
        CommandId.SUBMIT_SM: _SENDING_STATES,
        CommandId.DATA_SM: _SENDING_STATES,
        CommandId.SUBMIT_MULTI: _SENDING_STATES,
        CommandId.QUERY_SM: _SENDING_STATES,
        CommandId.CANCEL_SM: _SENDING_STATES,
        CommandId.REPLACE_SM: _SENDING_STATES,
        # These flow from the message centre to the ESME only.
        CommandId.DELIVER_SM: frozenset(),
    }
)
"""Requests that an ESME may send, and when. What is not here is an unknown command."""

LEGAL_COMMANDS = MappingProxyType(
    {
        state: frozenset(int(command) for command in LEGAL_STATES if state in LEGAL_STATES[command])
        for state in SessionState
    }
)
"""The same the other way round: what an ESME may send in each state."""

UNSUPPORTED: MappingProxyType[int, CommandStatus] = MappingProxyType(
    {
        CommandId.SUBMIT_MULTI: CommandStatus.ESME_RSUBMITFAIL,
        CommandId.CANCEL_SM: CommandStatus.ESME_RCANCELFAIL,
        CommandId.REPLACE_SM: CommandStatus.ESME_RREPLACEFAIL,
    }
)
"""Operations that are legal and yet never done: a one-time password is sent now, to one person,
and a delivered message can be neither cancelled nor replaced."""

COUNTS_AS_ACTIVITY = frozenset(
    {
        CommandId.ENQUIRE_LINK,
        CommandId.SUBMIT_SM,
        CommandId.DATA_SM,
        CommandId.SUBMIT_MULTI,
        CommandId.QUERY_SM,
        CommandId.CANCEL_SM,
        CommandId.REPLACE_SM,
    }
)
"""Requests that keep a session from the inactivity timeout; responses do not (guide, Timeouts)."""
