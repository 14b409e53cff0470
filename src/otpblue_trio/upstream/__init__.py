"""The platform: clients for its sends and its control plane, and a simulator of both."""

from otpblue_trio.upstream.adapter import AsyncPlatform
from otpblue_trio.upstream.control_plane import (
    ControlPlane,
    ControlPlaneError,
    GetJson,
    JsonAnswer,
)
from otpblue_trio.upstream.directory import AccountDirectory, DirectoryDown
from otpblue_trio.upstream.history import HistoryItem, fetch_history
from otpblue_trio.upstream.http_client import HttpPlatform
from otpblue_trio.upstream.http_tls import make_ssl_context
from otpblue_trio.upstream.outcomes import outcome_of_answer, request_body
from otpblue_trio.upstream.regions import fetch_regions, keep_fetching
from otpblue_trio.upstream.seam import Done, Platform
from otpblue_trio.upstream.simulator import Simulator
from otpblue_trio.upstream.simulator_http import serve_simulator, serve_simulator_stream
from otpblue_trio.upstream.simulator_rules import (
    BEHAVIOURS,
    SendFields,
    SimulatedBehaviour,
    SimulatedSend,
)
from otpblue_trio.upstream.simulator_site import SimulatorSite

__all__ = [
    "BEHAVIOURS",
    "AccountDirectory",
    "AsyncPlatform",
    "ControlPlane",
    "ControlPlaneError",
    "DirectoryDown",
    "Done",
    "GetJson",
    "HistoryItem",
    "HttpPlatform",
    "JsonAnswer",
    "Platform",
    "SendFields",
    "SimulatedBehaviour",
    "SimulatedSend",
    "Simulator",
    "SimulatorSite",
    "fetch_history",
    "fetch_regions",
    "keep_fetching",
    "make_ssl_context",
    "outcome_of_answer",
    "request_body",
    "serve_simulator",
    "serve_simulator_stream",
]
