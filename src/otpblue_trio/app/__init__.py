"""The composition root: from a configuration to a running gateway."""

from otpblue_trio.app.clock import epoch_seconds, wall_clock
from otpblue_trio.app.serving import serve
from otpblue_trio.app.tls import server_context

__all__ = ["epoch_seconds", "serve", "server_context", "wall_clock"]
