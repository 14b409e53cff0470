"""Counts the runtime's events and shows them to Prometheus.

Counting is plain arithmetic on plain integers: an answered message costs two dictionary look-ups
and a bisection. All formatting happens in `render`, when somebody asks.

Labels are bounded. `system_id` is a label for accounts that have bound, the first `max_accounts` of
them; what the others do is counted under `other`. Nothing that a peer merely claims, no address, no
number and no message id ever becomes one.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import attrs
import trio

import otpblue_trio
from otpblue_trio.ops.exposition import Exposition, Histogram, escape_label, label_set
from otpblue_trio.ops.process import ProcessFigures, read_process
from otpblue_trio.policy.types import PlatformState
from otpblue_trio.policy.verdicts import Reason
from otpblue_trio.runtime.observer import (
    Accident,
    AccidentPlace,
    BindAccepted,
    BindRefused,
    CloseReason,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionRefusal,
    ConnectionRefused,
    Event,
    GatewayStarted,
    GatewayStopping,
    IgnoredKind,
    MessageAnswered,
    PduIgnored,
    PlatformStateChanged,
    ReceiptFate,
    ReceiptSettled,
)
from otpblue_trio.smpp import status_name

__all__ = ["LATENCY_BUCKETS", "PREFIX", "Metrics", "Readiness"]

PREFIX = "otpblue_smpp_"
"""The prefix of every metric but the conventional `process_` ones."""

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5, 10.0, 15.0)
"""Seconds; the platform answers in about a tenth and is given up after ten."""

OTHER = "other"

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REASONS = frozenset(reason.value for reason in Reason)
_BIND_MODES = ("transmitter", "receiver", "transceiver")
# An account that meets every reason with two statuses each stays below.
_MAX_OUTCOMES = 128


class Readiness(StrEnum):
    """Whether the gateway accepts binds."""

    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


@attrs.frozen
class _Reading:
    """A metric whose value is asked for at every rendering."""

    name: str
    kind: str
    help_text: str
    read: Callable[[], float]


class _AccountSeries:
    """What is counted for one account."""

    __slots__ = ("answered", "joined", "label", "latency", "received", "sessions", "system_id")

    def __init__(self, system_id: str) -> None:
        self.system_id = system_id
        self.label = f'system_id="{escape_label(system_id)}"'
        self.received = 0
        self.joined = 0
        self.answered: dict[tuple[str, int], int] = {}
        self.latency = Histogram(LATENCY_BUCKETS)
        self.sessions = dict.fromkeys(_BIND_MODES, 0)


class Metrics:
    """An observer that counts, and the page that shows the counts."""

    def __init__(
        self,
        *,
        max_accounts: int = 1000,
        read_process: Callable[[], ProcessFigures | None] = read_process,
    ) -> None:
        """Start with every count at zero.

        Args:
          max_accounts: accounts that get series of their own.
          read_process: the process's own figures, or None where there are none.
        """
        self._max_accounts = max_accounts
        self._read_process = read_process
        self._readings: dict[str, _Reading] = {}
        self._accounts: dict[str, _AccountSeries] = {}
        self._bound: dict[int, tuple[_AccountSeries, str]] = {}
        self._readiness = Readiness.STARTING
        self._platform_state = PlatformState.UP
        self._connections_open = 0
        self._connections = 0
        self._connection_submits = 0
        self._refused = dict.fromkeys((refusal.value for refusal in ConnectionRefusal), 0)
        self._closed = dict.fromkeys((reason.value for reason in CloseReason), 0)
        self._binds_accepted = 0
        self._binds_refused: dict[str, int] = {}
        self._receipts = dict.fromkeys((fate.value for fate in ReceiptFate), 0)
        self._accidents = dict.fromkeys((place.value for place in AccidentPlace), 0)
        self._ignored = dict.fromkeys((kind.value for kind in IgnoredKind), 0)
        # Any: each takes the one type that it stands under.
        self._takers: dict[type[Event], Callable[[Any], None]] = {
            ConnectionOpened: self._connection_opened,
            ConnectionClosed: self._connection_closed,
            ConnectionRefused: self._connection_refused,
            Accident: self._accident,
            BindAccepted: self._bind_accepted,
            BindRefused: self._bind_refused,
            PduIgnored: self._pdu_ignored,
            PlatformStateChanged: self._platform_state_changed,
            GatewayStarted: self._gateway_started,
            GatewayStopping: self._gateway_stopping,
            MessageAnswered: self._message_answered,
            ReceiptSettled: self._receipt_settled,
        }

    @property
    def readiness(self) -> Readiness:
        """Whether the gateway accepts binds, by the last event about it."""
        return self._readiness

    # Counting.

    def observe(self, event: Event, /) -> None:
        """Count one event."""
        take = self._takers.get(type(event))
        if take is not None:
            take(event)

    # Any: each takes the one type that it is returned for.
    def taker_of(self, kind: type[Event]) -> Callable[[Any], None] | None:
        """Return what counts events of one type; None when they are not counted."""
        return self._takers.get(kind)

    def _connection_opened(self, _event: ConnectionOpened) -> None:
        self._connections += 1
        self._connections_open += 1

    def _connection_closed(self, event: ConnectionClosed) -> None:
        self._connections_open -= 1
        self._connection_submits += event.submits
        self._closed[event.reason] += 1
        bound = self._bound.pop(event.connection_id, None)
        if bound is not None:
            account, mode = bound
            account.sessions[mode] -= 1

    def _connection_refused(self, event: ConnectionRefused) -> None:
        self._refused[event.refusal] += 1

    def _bind_accepted(self, event: BindAccepted) -> None:
        self._binds_accepted += 1
        account = self._account(event.system_id)
        mode = event.bind_mode if event.bind_mode in account.sessions else _BIND_MODES[-1]
        account.sessions[mode] += 1
        self._bound[event.connection_id] = (account, mode)

    def _bind_refused(self, event: BindRefused) -> None:
        reason = event.reason if event.reason in _REASONS else OTHER
        self._binds_refused[reason] = self._binds_refused.get(reason, 0) + 1

    def _pdu_ignored(self, event: PduIgnored) -> None:
        self._ignored[event.kind] += 1

    def _accident(self, event: Accident) -> None:
        self._accidents[event.place] += 1

    def _platform_state_changed(self, event: PlatformStateChanged) -> None:
        self._platform_state = event.state

    def _gateway_started(self, _event: GatewayStarted) -> None:
        self._readiness = Readiness.READY

    def _gateway_stopping(self, _event: GatewayStopping) -> None:
        self._readiness = Readiness.DRAINING

    def _message_answered(self, event: MessageAnswered) -> None:
        account = self._accounts.get(event.system_id) or self._account(event.system_id)
        account.received += 1
        answered = account.answered
        key = (event.reason, event.command_status)
        try:
            answered[key] += 1
        except KeyError:
            self._first_of(answered, key)
        account.latency.observe(event.latency)
        if event.joined:
            account.joined += 1

    def _receipt_settled(self, event: ReceiptSettled) -> None:
        self._receipts[event.fate] += 1

    def _account(self, system_id: str) -> _AccountSeries:
        accounts = self._accounts
        account = accounts.get(system_id)
        if account is None:
            # Past the bound, under one name for all; an account that is really called so shares it.
            if len(accounts) >= self._max_accounts:
                system_id = OTHER
            account = accounts.setdefault(system_id, _AccountSeries(system_id))
        return account

    @staticmethod
    def _first_of(answered: dict[tuple[str, int], int], key: tuple[str, int]) -> None:
        if key[0] not in _REASONS or len(answered) >= _MAX_OUTCOMES:
            key = (OTHER, 0)
        answered[key] = answered.get(key, 0) + 1

    # Showing.

    def register_gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Show a value that somebody else keeps.

        Args:
          name: without prefix; lower-case letters, digits and underscores.
          help_text: one sentence.
          read: called at every rendering; must be quick and must not raise.

        Raises:
          ValueError: the name is malformed or taken.
        """
        self._register(_Reading(name, "gauge", help_text, read))

    def register_counter(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Show a count that somebody else keeps; as `register_gauge`, the name ends in `_total`."""
        if not name.endswith("_total"):
            raise ValueError(f"a counter's name ends in _total, {name!r} does not")
        self._register(_Reading(name, "counter", help_text, read))

    def _register(self, reading: _Reading) -> None:
        if _NAME.fullmatch(reading.name) is None:
            raise ValueError(f"not a metric's name: {reading.name!r}")
        if reading.name in self._readings or PREFIX + reading.name in self._own_page().names:
            raise ValueError(f"there is a metric {reading.name!r} already")
        self._readings[reading.name] = reading

    def render(self) -> bytes:
        """Return the page of all metrics in the Prometheus text format 0.0.4.

        The same instant for all of it; about 3 ms for 200 accounts.
        """
        page = self._own_page()
        for reading in self._readings.values():
            page.single(reading.name, reading.kind, reading.help_text, reading.read())
        figures = self._read_process()
        if figures is not None:
            _render_process(page, figures)
        return page.render()

    def _own_page(self) -> Exposition:
        page = Exposition(PREFIX)
        self._render_gateway(page)
        self._render_connections(page)
        self._render_accounts(page, list(self._accounts.values()))
        return page

    def _render_gateway(self, page: Exposition) -> None:
        build = {
            "version": otpblue_trio.__version__,
            "python": platform.python_version(),
            "trio": trio.__version__,
        }
        name = page.family("build_info", "gauge", "What is running; always 1.")
        page.sample(name, 1, label_set(build))
        page.single("up", "gauge", "1 while the event loop answers.", 1)
        ready = self._readiness is Readiness.READY
        page.single("ready", "gauge", "1 while binds are accepted.", ready)
        states = {state.value: int(state is self._platform_state) for state in PlatformState}
        page.by_label(
            "platform_state",
            "gauge",
            "1 for the state that the platform is taken to be in: up until requests fail in a row.",
            "state",
            states,
        )

    def _render_connections(self, page: Exposition) -> None:
        page.single("connections_open", "gauge", "Connections now.", self._connections_open)
        page.single(
            "connections_total", "counter", "Connections that got a slot.", self._connections
        )
        page.by_label(
            "connections_refused_total",
            "counter",
            "Connections closed at once for want of a slot.",
            "refusal",
            self._refused,
        )
        page.by_label(
            "connections_closed_total", "counter", "Connections ended.", "reason", self._closed
        )
        page.single(
            "connection_submits_total",
            "counter",
            "Messages read on the connections that have ended.",
            self._connection_submits,
        )
        refused = self._binds_refused
        results = {"accepted": self._binds_accepted, "refused": sum(refused.values())}
        page.by_label("binds_total", "counter", "Binds answered.", "result", results)
        page.by_label("binds_refused_total", "counter", "Binds refused.", "reason", refused)
        page.by_label(
            "pdus_ignored_total", "counter", "PDUs that became no message.", "kind", self._ignored
        )
        page.by_label(
            "accidents_total",
            "counter",
            "Defects that cost a message or an observer something and ended no connection.",
            "place",
            self._accidents,
        )
        page.by_label(
            "receipts_total",
            "counter",
            "Delivery receipts by what became of them.",
            "fate",
            self._receipts,
        )

    def _render_accounts(self, page: Exposition, accounts: list[_AccountSeries]) -> None:
        name = page.family("sessions_bound", "gauge", "Bound sessions now.")
        for account in accounts:
            for mode, sessions in account.sessions.items():
                page.sample(name, sessions, f'{{{account.label},mode="{mode}"}}')
        name = page.family(
            "messages_received_total", "counter", "Submitted messages, counted when answered."
        )
        for account in accounts:
            page.sample(name, account.received, f"{{{account.label}}}")
        name = page.family("messages_answered_total", "counter", "Messages by their answer.")
        for account in accounts:
            for (reason, status), messages in account.answered.items():
                shown = status_name(status)
                labels = f'{{{account.label},reason="{reason}",command_status="{shown}"}}'
                page.sample(name, messages, labels)
        name = page.family(
            "messages_joined_total",
            "counter",
            "Messages answered by the outcome of an identical one.",
        )
        for account in accounts:
            page.sample(name, account.joined, f"{{{account.label}}}")
        name = page.family(
            "message_latency_seconds", "histogram", "From the read of a message to its answer."
        )
        for account in accounts:
            page.histogram(name, account.latency, account.label)

    def snapshot(self, *, max_accounts: int = 100) -> dict[str, object]:
        """Return the main counts as values that JSON can hold, for the live feed.

        Args:
          max_accounts: how many accounts are told of singly, those with most messages first.
        """
        accounts = list(self._accounts.values())
        reasons: dict[str, int] = {}
        latency = [0] * (len(LATENCY_BUCKETS) + 1)
        for account in accounts:
            for (reason, _), messages in account.answered.items():
                reasons[reason] = reasons.get(reason, 0) + messages
            latency = [a + b for a, b in zip(latency, account.latency.counts, strict=True)]
        accounts.sort(key=lambda account: account.received, reverse=True)
        return {
            "readiness": self._readiness.value,
            "platform": self._platform_state.value,
            "connections": self._connections_open,
            "sessions": len(self._bound),
            "received": sum(account.received for account in accounts),
            "answered": reasons,
            "latency": {"bounds": LATENCY_BUCKETS, "counts": latency},
            "receipts": dict(self._receipts),
            "binds_refused": dict(self._binds_refused),
            "gauges": {reading.name: reading.read() for reading in self._readings.values()},
            "accounts": {
                account.system_id: {
                    "sessions": sum(account.sessions.values()),
                    "received": account.received,
                    "delivered": account.answered.get((Reason.DELIVERED.value, 0), 0),
                }
                for account in accounts[:max_accounts]
            },
        }


def _render_process(page: Exposition, figures: ProcessFigures) -> None:
    """Add the metrics whose names every Prometheus client shares."""
    for name, kind, help_text, value in (
        ("cpu_seconds_total", "counter", "Processor time, user and system.", figures.cpu),
        ("start_time_seconds", "gauge", "When the process began (Unix time).", figures.start_time),
        ("resident_memory_bytes", "gauge", "Resident memory.", figures.resident_octets),
        ("virtual_memory_bytes", "gauge", "Virtual memory.", figures.virtual_octets),
        ("open_fds", "gauge", "Open file descriptors.", figures.open_fds),
        ("max_fds", "gauge", "Limit of open file descriptors.", figures.max_fds),
        ("threads", "gauge", "Threads.", figures.threads),
    ):
        page.sample(page.family(name, kind, help_text, prefix="process_"), value)
