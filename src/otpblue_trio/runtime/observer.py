"""What the runtime tells the outside: frozen events, and the one-method protocol that takes them.

Metrics, logs and CDRs are observers. `observe` is called synchronously between two awaits, so it
must be quick, must not block and must not raise. Events carry no password, code, text or key, and
numbers only masked.
"""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.policy.types import PlatformState
from otpblue_trio.readiness import current_batch
from otpblue_trio.session import RefusalKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from otpblue_trio.readiness import Batch

__all__ = [
    "Accident",
    "AccidentPlace",
    "BindAccepted",
    "BindRefused",
    "CloseReason",
    "ConnectionClosed",
    "ConnectionOpened",
    "ConnectionRefusal",
    "ConnectionRefused",
    "ConnectionTrouble",
    "Event",
    "GatewayStarted",
    "GatewayStopped",
    "GatewayStopping",
    "IgnoredKind",
    "ListenerStarted",
    "MessageAnswered",
    "Notice",
    "Observer",
    "ObserverGroup",
    "PduIgnored",
    "PlatformStateChanged",
    "ReceiptFate",
    "ReceiptSettled",
    "SelectiveObserver",
]


class ConnectionRefusal(StrEnum):
    """Why a new connection was closed before anything was read from it."""

    GLOBAL_CAP = "global_cap"
    ADDRESS_CAP = "address_cap"
    DRAINING = "draining"


class CloseReason(StrEnum):
    """Why a connection ended."""

    UNBOUND = "unbound"
    """The ESME unbound, or answered our unbind."""
    PEER_CLOSED = "peer_closed"
    PEER_RESET = "peer_reset"
    PRE_BIND_TIMEOUT = "pre_bind_timeout"
    INACTIVITY = "inactivity"
    STALLED_PDU = "stalled_pdu"
    """A PDU was begun and not finished in time."""
    MAX_DURATION = "max_duration"
    BIND_REFUSED = "bind_refused"
    FRAMING_ERROR = "framing_error"
    TLS_FAILED = "tls_failed"
    PROXY_HEADER = "proxy_header"
    """The PROXY protocol header was missing or malformed."""
    WRITE_TIMEOUT = "write_timeout"
    ACCOUNT_GONE = "account_gone"
    DRAINED = "drained"
    """The gateway stops."""
    INTERNAL_ERROR = "internal_error"


@attrs.frozen(kw_only=True)
class ListenerStarted:
    """A listener accepts connections; `kind` is `tls`, `plain` or `admin`."""

    kind: str
    address: str
    """`host:port` with the real port, IPv6 in brackets."""


@attrs.frozen(kw_only=True)
class GatewayStarted:
    """Every listener accepts."""


@attrs.frozen(kw_only=True)
class GatewayStopping:
    """The listeners are closed and the drain has begun."""

    sessions: int
    in_flight: int
    timeout: float
    """Seconds that the drain may take."""


@attrs.frozen(kw_only=True)
class GatewayStopped:
    """The drain is over."""

    abandoned: int
    """Messages whose outcome did not come before the drain's time was up."""


@attrs.frozen(kw_only=True)
class ConnectionOpened:
    """A connection got a slot; before its TLS handshake."""

    connection_id: int
    peer: str
    listener: str


@attrs.frozen(kw_only=True)
class ConnectionRefused:
    """A connection was closed at once for want of a slot."""

    peer: str
    listener: str
    refusal: ConnectionRefusal


@attrs.frozen(kw_only=True)
class ConnectionClosed:
    """A connection gave its slot back.

    The last event of a `connection_id`, but for messages whose outcome comes later.
    """

    connection_id: int
    peer: str
    system_id: str
    """Empty when it never bound."""
    reason: CloseReason
    duration: float
    submits: int
    detail: str = ""
    """Why a TLS handshake failed, in OpenSSL's words; else empty."""


@attrs.frozen(kw_only=True)
class ConnectionTrouble:
    """An unexpected exception ended one connection; a defect to be reported."""

    connection_id: int
    peer: str
    error: BaseException


class AccidentPlace(StrEnum):
    """What an accident befell, while its connection lives on."""

    MESSAGE = "message"
    """One message; it may be without an answer, or without its receipt or record."""
    OBSERVER = "observer"
    """An observer, which may have missed one event."""


@attrs.frozen(kw_only=True)
class Accident:
    """An unexpected exception that ended no connection; a defect to be reported."""

    place: AccidentPlace
    connection_id: int
    """Whose message or event it was; 0 for an event of no connection."""
    error: BaseException


@attrs.frozen(kw_only=True)
class BindAccepted:
    """An ESME is bound."""

    connection_id: int
    peer: str
    system_id: str
    bind_mode: str
    """`transmitter`, `receiver` or `transceiver`."""
    interface_version: int
    sessions: int
    """Bound sessions of the account, this one included."""


@attrs.frozen(kw_only=True)
class BindRefused:
    """A bind was refused; `system_id` is as the peer claims, so it must never become a label."""

    connection_id: int
    peer: str
    system_id: str
    reason: str
    """A value of `policy.verdicts.Reason`."""
    command_status: int
    certificate: str = ""
    """Fingerprint (SHA-256) of the client's certificate; empty when it has shown none."""


@hot_frozen
class MessageAnswered:
    """One submitted message is answered: exactly one of these for each that was received."""

    connection_id: int
    system_id: str
    sequence_number: int
    destination: str
    """Masked."""
    region: str
    """ISO region, empty when the number was refused."""
    reason: str
    """A value of `policy.verdicts.Reason`; `delivered` on success."""
    command_status: int
    platform_code: int
    """The platform's error code or HTTP status, 0 where there was none."""
    message_id: str
    latency: float
    """Seconds from the read of the submit to its answer."""
    wants_receipt: bool
    joined: bool
    """True when an identical message's outcome answered it and nothing was sent."""
    detail: str
    """A short technical reason where the platform failed; else empty."""


class ReceiptFate(StrEnum):
    """What became of a delivery receipt."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    EXPIRED = "expired"
    OVERFLOW = "overflow"
    RETRIED = "retried"
    """Not the end: it goes out again."""


@hot_frozen
class ReceiptSettled:
    """A receipt was acknowledged, given up or queued again."""

    system_id: str
    message_id: str
    fate: ReceiptFate
    command_status: int = 0


class IgnoredKind(StrEnum):
    """Why octets were not acted upon: a session's refusals, and the end of all framing."""

    MALFORMED = RefusalKind.MALFORMED.value
    UNKNOWN_COMMAND = RefusalKind.UNKNOWN_COMMAND.value
    WRONG_STATE = RefusalKind.WRONG_STATE.value
    UNSUPPORTED = RefusalKind.UNSUPPORTED.value
    UNEXPECTED_RESPONSE = RefusalKind.UNEXPECTED_RESPONSE.value
    FRAMING = "framing"
    """They can no longer be cut into PDUs; the connection ends."""


@attrs.frozen(kw_only=True)
class PduIgnored:
    """A PDU was answered with an error, or dropped, without becoming a message."""

    connection_id: int
    kind: IgnoredKind
    command_id: int
    command_status: int


@attrs.frozen(kw_only=True)
class PlatformStateChanged:
    """The platform client's view of the platform changed; at first it is up."""

    state: PlatformState
    detail: str = ""


@attrs.frozen(kw_only=True)
class Notice:
    """Something an operator should read once; `level` is a name of the logging module."""

    level: str
    text: str


Event = (
    ListenerStarted
    | GatewayStarted
    | GatewayStopping
    | GatewayStopped
    | ConnectionOpened
    | ConnectionRefused
    | ConnectionClosed
    | ConnectionTrouble
    | Accident
    | BindAccepted
    | BindRefused
    | MessageAnswered
    | ReceiptSettled
    | PduIgnored
    | PlatformStateChanged
    | Notice
)


class Observer(Protocol):
    """Takes the runtime's events."""

    def observe(self, event: Event, /) -> None:
        """Take one event; quick, synchronous, without raising."""


@runtime_checkable
class SelectiveObserver(Observer, Protocol):
    """An observer that tells beforehand which events it takes, and spares itself the others."""

    def taker_of(self, kind: type[Event], /) -> Callable[[Any], None] | None:
        """Return what takes events of one type, as `observe` would; None: it takes none of them.

        It is asked once for each type.
        """


class ObserverGroup:
    """Passes every event to each of several observers, in order.

    Events of a batch (`readiness`) are passed on at its end, before any other task runs. A
    `SelectiveObserver` gets only those that it takes.
    """

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)
        self._takers: dict[type[Event], tuple[Callable[[Event], None], ...]] = {}
        self._batch: Batch | None = None
        self._gathered: list[Event] = []

    def observe(self, event: Event, /) -> None:
        """Pass the event on."""
        batch = self._batch
        if batch is None:
            batch = self._batch = _batch_if_running()
        if batch is None or not batch.is_on:
            self._pass_on(event)
            return
        if not self._gathered:
            batch.afterwards(self._pass_on_gathered)
        self._gathered.append(event)

    def _pass_on_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        for event in gathered:
            try:
                self._pass_on(event)
            except Exception as error:
                # An observer's defect, which must not end what the batch is handled by.
                accident = Accident(
                    place=AccidentPlace.OBSERVER,
                    connection_id=getattr(event, "connection_id", 0),
                    error=error,
                )
                with suppress(Exception):
                    self._pass_on(accident)

    def _pass_on(self, event: Event) -> None:
        kind = type(event)
        takers = self._takers.get(kind)
        if takers is None:
            takers = self._find_takers(kind)
        for take in takers:
            take(event)

    def _find_takers(self, kind: type[Event]) -> tuple[Callable[[Event], None], ...]:
        takers = []
        for observer in self._observers:
            if isinstance(observer, SelectiveObserver):
                taker = observer.taker_of(kind)
            else:
                taker = observer.observe
            if taker is not None:
                takers.append(taker)
        self._takers[kind] = tuple(takers)
        return self._takers[kind]


def _batch_if_running() -> Batch | None:
    try:
        return current_batch()
    except RuntimeError:
        # An event from before or after the event loop.
        return None
