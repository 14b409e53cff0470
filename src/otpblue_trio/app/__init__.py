"""The composition root: from a configuration to a running gateway."""

from otpblue_trio.app.clock import epoch_seconds, wall_clock
from otpblue_trio.app.no_effect import settings_without_effect
from otpblue_trio.app.serving import serve
from otpblue_trio.app.tls import TlsError, server_context

__all__ = [
    "TlsError",
    "epoch_seconds",
    "serve",
    "server_context",
    "settings_without_effect",
    "wall_clock",
]
