"""What the log says about each event of the runtime.

Every event becomes at most two lines: a level, a short sentence and named fields. Nothing here does
I/O, so the sentences can be tested without a thread; `logs.LogWriter` calls `lines_of` in its own
thread, away from the event loop.

Lines that a stranger can cause at will (a port scanner, a bind with a guessed password, a refused
connection), and those of one trouble that lasts, carry a `Repeat`, which `log_repeat.RepeatGate`
goes by.
"""

from __future__ import annotations

import logging

import attrs

from otpblue_trio.hot import hot_frozen
from otpblue_trio.ops.log_trouble import traceback_text
from otpblue_trio.policy.types import PlatformState
from otpblue_trio.policy.verdicts import Reason, verdict
from otpblue_trio.runtime.observer import (
    Accident,
    BindAccepted,
    BindRefused,
    CloseReason,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionRefused,
    ConnectionTrouble,
    Event,
    GatewayStarted,
    GatewayStopped,
    GatewayStopping,
    IgnoredKind,
    ListenerStarted,
    MessageAnswered,
    Notice,
    PduIgnored,
    PlatformStateChanged,
    ReceiptFate,
    ReceiptSettled,
)
from otpblue_trio.smpp import command_name, status_name

__all__ = ["LOGGER", "Field", "Line", "Repeat", "lines_of"]

Field = str | int | float | bool
"""What a named field of a line may hold."""

LOGGER = "otpblue_trio"
"""The gateway's own logger."""

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}

_KEY_REFUSED = frozenset(reason.value for reason in Reason if verdict(reason).alerts_operator)
# The platform, the network or the operator's own settings are at fault, not the ESME.
_FAILURES = _KEY_REFUSED | {
    Reason.PLATFORM_ERROR.value,
    Reason.NO_CAPACITY.value,
    Reason.PLATFORM_LANGUAGE.value,
    Reason.PLATFORM_TIMEOUT.value,
    Reason.PLATFORM_UNREACHABLE.value,
    Reason.PLATFORM_DISCONNECTED.value,
    Reason.PLATFORM_STATUS.value,
    Reason.PLATFORM_BAD_ANSWER.value,
    Reason.PLATFORM_RATE_LIMIT.value,
    Reason.PLATFORM_BUSY.value,
    Reason.PLATFORM_UNAVAILABLE.value,
    Reason.STORE_DOWN.value,
}

_STRANGERS_PER_SECOND = 10
_KEY_ALERT_PERIOD = 60.0
_CLAIMED_ID_CHARACTERS = 16


@attrs.frozen
class Repeat:
    """How often lines with the same key may appear: `limit` in each `period` of seconds."""

    key: str
    limit: int = _STRANGERS_PER_SECOND
    period: float = 1.0


@hot_frozen
class Line:
    """One line of the log before it is formatted."""

    timestamp: float
    """Seconds since the epoch."""
    level: int
    """A level of the logging module."""
    message: str
    fields: dict[str, Field]
    """None is called `time`, `level`, `message`, `logger` or `traceback`."""
    traceback: str = ""
    logger: str = LOGGER
    repeat: Repeat | None = None


def _claimed(system_id: str) -> str:
    """Return a system_id that nobody vouches for: printable ASCII, at most 16 characters."""
    escaped = "".join(
        c if c.isascii() and c.isprintable() else f"\\x{ord(c):02x}" for c in system_id
    )
    return escaped[:_CLAIMED_ID_CHARACTERS]


# What one command_status is called, for every one that a message can be answered with.
_STATUS_WORDS = {
    status: (status_name(status), f"0x{status:08x}")
    for status in sorted({0, *(int(verdict(reason).command_status) for reason in Reason)})
}


def _answered(timestamp: float, event: MessageAnswered) -> list[Line]:
    reason = event.reason
    status = event.command_status
    name, number = _STATUS_WORDS.get(status) or (status_name(status), f"0x{status:08x}")
    fields: dict[str, Field] = {
        "connection": event.connection_id,
        "system_id": event.system_id,
        "sequence_number": event.sequence_number,
        "destination": event.destination,
        "region": event.region,
        "reason": reason,
        "status": name,
        "command_status": number,
        "latency_ms": int(event.latency * 10_000.0 + 0.5) / 10.0,
    }
    if event.message_id:
        fields["message_id"] = event.message_id
    if event.platform_code:
        fields["platform_code"] = event.platform_code
    if event.wants_receipt:
        fields["wants_receipt"] = True
    if event.joined:
        fields["joined"] = True
    if event.detail:
        fields["detail"] = event.detail
    if reason == Reason.DELIVERED:
        return [Line(timestamp, logging.INFO, "message delivered", fields)]
    if reason == Reason.INTERNAL_ERROR:
        level = logging.ERROR
    else:
        level = logging.WARNING if reason in _FAILURES else logging.INFO
    lines = [Line(timestamp, level, "message not delivered", fields)]
    if reason in _KEY_REFUSED:
        lines.append(
            Line(
                timestamp,
                logging.ERROR,
                "the account's API key is refused",
                {"system_id": event.system_id},
                repeat=Repeat(f"key {event.system_id}", 1, _KEY_ALERT_PERIOD),
            )
        )
    return lines


def _line(
    timestamp: float,
    level: int,
    message: str,
    repeat: Repeat | None = None,
    trouble: str = "",
    /,
    **fields: Field,
) -> Line:
    return Line(timestamp, level, message, fields, trouble, repeat=repeat)


def _closed(timestamp: float, event: ConnectionClosed) -> Line:
    fields: dict[str, Field] = {
        "connection": event.connection_id,
        "peer": event.peer,
        "reason": event.reason.value,
        "duration_s": round(event.duration, 3),
    }
    repeat = None
    if event.system_id:
        fields["system_id"] = event.system_id
        fields["submits"] = event.submits
    else:
        repeat = Repeat(f"closed {event.reason.value}")
    if event.detail:
        fields["detail"] = event.detail
    level = logging.WARNING if event.reason is CloseReason.INTERNAL_ERROR else logging.INFO
    return Line(timestamp, level, "connection closed", fields, repeat=repeat)


def _receipt(timestamp: float, event: ReceiptSettled) -> Line:
    fields: dict[str, Field] = {
        "system_id": event.system_id,
        "message_id": event.message_id,
        "fate": event.fate.value,
    }
    if event.command_status:
        fields["status"] = status_name(event.command_status)
    if event.fate is ReceiptFate.ACKNOWLEDGED or event.fate is ReceiptFate.RETRIED:
        return Line(timestamp, logging.DEBUG, f"receipt {event.fate.value}", fields)
    repeat = Repeat(f"receipt {event.fate.value}")
    return Line(timestamp, logging.WARNING, "receipt given up", fields, repeat=repeat)


def _bind_refused(timestamp: float, event: BindRefused) -> Line:
    shown: dict[str, Field] = {}
    if event.certificate or event.reason == Reason.CERTIFICATE_NOT_ACCEPTED:
        shown["certificate"] = event.certificate or "none"
    return _line(
        timestamp,
        logging.WARNING,
        "bind refused",
        Repeat(f"bind {event.reason}"),
        connection=event.connection_id,
        peer=event.peer,
        claimed_id=_claimed(event.system_id),
        reason=str(event.reason),
        status=status_name(event.command_status),
        command_status=f"0x{event.command_status:08x}",
        **shown,
    )


def _ignored(timestamp: float, event: PduIgnored) -> Line:
    return _line(
        timestamp,
        # A framing error also ends the connection, and that line tells of it.
        logging.DEBUG if event.kind is IgnoredKind.FRAMING else logging.INFO,
        "PDU ignored",
        Repeat(f"pdu {event.kind}"),
        connection=event.connection_id,
        kind=event.kind,
        command=command_name(event.command_id),
        status=status_name(event.command_status),
    )


def _of_connection(
    timestamp: float,
    event: ConnectionOpened | ConnectionRefused | ConnectionTrouble | Accident | BindAccepted,
) -> Line:
    match event:
        case ConnectionOpened():
            return _line(
                timestamp,
                logging.DEBUG,
                "connection opened",
                connection=event.connection_id,
                peer=event.peer,
                listener=event.listener,
            )
        case ConnectionRefused():
            return _line(
                timestamp,
                logging.WARNING,
                "connection refused",
                Repeat(f"refused {event.refusal.value} {event.listener}"),
                peer=event.peer,
                listener=event.listener,
                refusal=event.refusal.value,
            )
        case ConnectionTrouble():
            return _line(
                timestamp,
                logging.ERROR,
                "connection failed",
                Repeat(f"trouble {type(event.error).__name__}"),
                traceback_text(event.error),
                connection=event.connection_id,
                peer=event.peer,
                error=type(event.error).__name__,
            )
        case Accident():
            return _line(
                timestamp,
                logging.ERROR,
                f"{event.place.value} failed",
                Repeat(f"{event.place.value} {type(event.error).__name__}"),
                traceback_text(event.error),
                connection=event.connection_id,
                error=type(event.error).__name__,
            )
        case BindAccepted():
            return _line(
                timestamp,
                logging.INFO,
                "bind accepted",
                connection=event.connection_id,
                peer=event.peer,
                system_id=event.system_id,
                mode=event.bind_mode,
                interface_version=f"0x{event.interface_version:02x}",
                sessions=event.sessions,
            )


def _of_gateway(
    timestamp: float,
    event: ListenerStarted
    | GatewayStarted
    | GatewayStopping
    | GatewayStopped
    | PlatformStateChanged
    | Notice,
) -> Line:
    match event:
        case ListenerStarted():
            return _line(
                timestamp, logging.INFO, "listening", kind=event.kind, address=event.address
            )
        case GatewayStarted():
            return _line(timestamp, logging.INFO, "ready")
        case GatewayStopping():
            return _line(
                timestamp,
                logging.INFO,
                "draining",
                sessions=event.sessions,
                in_flight=event.in_flight,
                timeout_s=event.timeout,
            )
        case GatewayStopped():
            level = logging.WARNING if event.abandoned else logging.INFO
            return _line(timestamp, level, "stopped", abandoned=event.abandoned)
        case PlatformStateChanged():
            level = logging.WARNING if event.state is PlatformState.DOWN else logging.INFO
            fields: dict[str, Field] = {"detail": event.detail} if event.detail else {}
            return Line(timestamp, level, f"platform {event.state}", fields)
        case Notice():
            level = _LEVELS.get(event.level.lower(), logging.INFO)
            return _line(timestamp, level, event.text, Repeat(f"notice {event.text}"))


def lines_of(timestamp: float, event: Event) -> list[Line]:
    """Return what the log says about an event: one line, or two for a refused API key.

    Args:
      timestamp: when it happened, in seconds since the epoch.
      event: any event of the runtime.
    """
    if isinstance(event, MessageAnswered):
        return _answered(timestamp, event)
    match event:
        case ReceiptSettled():
            return [_receipt(timestamp, event)]
        case ConnectionClosed():
            return [_closed(timestamp, event)]
        case BindRefused():
            return [_bind_refused(timestamp, event)]
        case PduIgnored():
            return [_ignored(timestamp, event)]
        case (
            ConnectionOpened()
            | ConnectionRefused()
            | ConnectionTrouble()
            | Accident()
            | BindAccepted()
        ):
            return [_of_connection(timestamp, event)]
        case _:
            return [_of_gateway(timestamp, event)]
