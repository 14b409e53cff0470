"""The gateway at run time, on Trio: listeners, connections, deadlines, messages, drain."""

from otpblue_trio.runtime.accounts import AccountState
from otpblue_trio.runtime.gateway import Gateway
from otpblue_trio.runtime.listeners import Endpoint, ListenError, Peer, open_listeners
from otpblue_trio.runtime.protocols import (
    AccountSource,
    AccountsUnavailable,
    Done,
    GatewayLimits,
    MessageStore,
    PasswordVerifier,
    Platform,
    WallClock,
)

__all__ = [
    "AccountSource",
    "AccountState",
    "AccountsUnavailable",
    "Done",
    "Endpoint",
    "Gateway",
    "GatewayLimits",
    "ListenError",
    "MessageStore",
    "PasswordVerifier",
    "Peer",
    "Platform",
    "WallClock",
    "open_listeners",
]
