"""What the operator sees: the log, the metrics, and the admin port that shows them."""

from otpblue_trio.ops.admin import AdminServer
from otpblue_trio.ops.exposition import Exposition, Histogram
from otpblue_trio.ops.feed import Feed
from otpblue_trio.ops.log_format import LogFormat
from otpblue_trio.ops.logs import LogWriter, configure_logging
from otpblue_trio.ops.metrics import PREFIX, Metrics, Readiness
from otpblue_trio.ops.process import ProcessFigures, read_process

__all__ = [
    "PREFIX",
    "AdminServer",
    "Exposition",
    "Feed",
    "Histogram",
    "LogFormat",
    "LogWriter",
    "Metrics",
    "ProcessFigures",
    "Readiness",
    "configure_logging",
    "read_process",
]
