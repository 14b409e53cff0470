"""The composition root: from a configuration to a running gateway."""

from otpblue_trio.app.clock import epoch_seconds, wall_clock
from otpblue_trio.app.fates import Fate, Finding
from otpblue_trio.app.reconciling import NoHistoryError, reconcile
from otpblue_trio.app.serving import serve
from otpblue_trio.app.tls import TlsError, server_context

__all__ = [
    "Fate",
    "Finding",
    "NoHistoryError",
    "TlsError",
    "epoch_seconds",
    "reconcile",
    "serve",
    "server_context",
    "wall_clock",
]
