from __future__ import annotations

import logging

import attrs
import pytest
from tests.ops.conftest import raise_chain

from otpblue_trio.ops.log_lines import Line, lines_of
from otpblue_trio.policy.types import PlatformState
from otpblue_trio.policy.verdicts import Reason, verdict
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
    ConnectionTrouble,
    Event,
    GatewayStarted,
    GatewayStopped,
    GatewayStopping,
    IgnoredKind,
    ListenerStarted,
    Notice,
    PduIgnored,
    PlatformStateChanged,
    ReceiptFate,
    ReceiptSettled,
)
from otpblue_trio.testing import message_answered

PEER = "192.0.2.7:40000"


def _only(event: Event) -> Line:
    [line] = lines_of(1.5, event)
    assert line.timestamp == 1.5
    return line


def _closed(reason: CloseReason, system_id: str = "demo") -> ConnectionClosed:
    return ConnectionClosed(
        connection_id=3, peer=PEER, system_id=system_id, reason=reason, duration=2.5, submits=4
    )


def _bind_refused(system_id: str) -> BindRefused:
    return BindRefused(
        connection_id=3,
        peer=PEER,
        system_id=system_id,
        reason="bad_credentials",
        command_status=0x0E,
    )


def test_a_refused_bind_tells_which_certificate_was_shown() -> None:
    refused = _bind_refused("acme")
    assert "certificate" not in _only(refused).fields
    shown = attrs.evolve(refused, certificate="ab" * 32)
    assert _only(shown).fields["certificate"] == "ab" * 32
    lacking = attrs.evolve(refused, reason="certificate_not_accepted")
    assert _only(lacking).fields["certificate"] == "none"


def _settled(fate: ReceiptFate) -> ReceiptSettled:
    return ReceiptSettled(system_id="demo", message_id="m1", fate=fate, command_status=8)


CASES: list[tuple[Event, int, str]] = [
    (ListenerStarted(kind="tls", address="127.0.0.1:2776"), logging.INFO, "listening"),
    (GatewayStarted(), logging.INFO, "ready"),
    (GatewayStopping(sessions=2, in_flight=5, timeout=20.0), logging.INFO, "draining"),
    (GatewayStopped(abandoned=0), logging.INFO, "stopped"),
    (GatewayStopped(abandoned=1), logging.WARNING, "stopped"),
    (
        ConnectionOpened(connection_id=1, peer=PEER, listener="tls"),
        logging.DEBUG,
        "connection opened",
    ),
    (
        ConnectionRefused(peer=PEER, listener="tls", refusal=ConnectionRefusal.GLOBAL_CAP),
        logging.WARNING,
        "connection refused",
    ),
    (_closed(CloseReason.UNBOUND), logging.INFO, "connection closed"),
    (_closed(CloseReason.INTERNAL_ERROR), logging.WARNING, "connection closed"),
    (
        BindAccepted(
            connection_id=1,
            peer=PEER,
            system_id="demo",
            bind_mode="transceiver",
            interface_version=0x34,
            sessions=1,
        ),
        logging.INFO,
        "bind accepted",
    ),
    (_bind_refused("demo"), logging.WARNING, "bind refused"),
    (_settled(ReceiptFate.ACKNOWLEDGED), logging.DEBUG, "receipt acknowledged"),
    (_settled(ReceiptFate.RETRIED), logging.DEBUG, "receipt retried"),
    (_settled(ReceiptFate.REJECTED), logging.WARNING, "receipt given up"),
    (_settled(ReceiptFate.EXPIRED), logging.WARNING, "receipt given up"),
    (
        PduIgnored(
            connection_id=1, kind=IgnoredKind.UNKNOWN_COMMAND, command_id=0x999, command_status=3
        ),
        logging.INFO,
        "PDU ignored",
    ),
    (
        PduIgnored(connection_id=1, kind=IgnoredKind.FRAMING, command_id=0, command_status=2),
        logging.DEBUG,
        "PDU ignored",
    ),
    (
        PlatformStateChanged(state=PlatformState.DOWN, detail="refused"),
        logging.WARNING,
        "platform down",
    ),
    (PlatformStateChanged(state=PlatformState.UP), logging.INFO, "platform up"),
    (Notice(level="WARNING", text="plain passwords"), logging.WARNING, "plain passwords"),
    (Notice(level="shout", text="what"), logging.INFO, "what"),
]


@pytest.mark.parametrize(("event", "level", "message"), CASES)
def test_each_session_event_is_one_line(event: Event, level: int, message: str) -> None:
    line = _only(event)
    assert (line.level, line.message) == (level, message)


@pytest.mark.parametrize("event", [*(case[0] for case in CASES), message_answered(detail="why")])
def test_no_field_has_the_name_of_what_every_line_has(event: Event) -> None:
    assert not _only(event).fields.keys() & {"time", "level", "message", "logger", "traceback"}


def test_delivered_message_is_one_line_with_all_that_finds_it_again() -> None:
    line = _only(message_answered())
    assert (line.level, line.message) == (logging.INFO, "message delivered")
    assert line.fields == {
        "connection": 12,
        "system_id": "demo",
        "sequence_number": 7,
        "destination": "+1415555****",
        "region": "US",
        "reason": "delivered",
        "status": "ESME_ROK",
        "command_status": "0x00000000",
        "latency_ms": 123.4,
        "message_id": "0b7f6a8e-1c1d-4f2e-9b1a-3f1b2c3d4e5f",
    }


def test_message_line_tells_the_status_by_name_and_number() -> None:
    fields = _only(message_answered(reason="no_imessage", command_status=0x45)).fields
    assert fields["status"] == "ESME_RSUBMITFAIL"
    assert fields["command_status"] == "0x00000045"


def test_message_line_tells_what_is_special() -> None:
    message = message_answered(
        reason="platform_status",
        platform_code=502,
        joined=True,
        wants_receipt=True,
        detail="HTTP 502",
    )
    fields = _only(message).fields
    assert fields["platform_code"] == 502
    assert fields["joined"] is True
    assert fields["wants_receipt"] is True
    assert fields["detail"] == "HTTP 502"


@pytest.mark.parametrize(
    ("reason", "level"),
    [
        (Reason.NO_IMESSAGE, logging.INFO),
        (Reason.OPTED_OUT, logging.INFO),
        (Reason.NO_CODE, logging.INFO),
        (Reason.RATE_LIMIT, logging.INFO),
        (Reason.PLATFORM_RECIPIENT, logging.INFO),
        (Reason.PLATFORM_TIMEOUT, logging.WARNING),
        (Reason.PLATFORM_ERROR, logging.WARNING),
        (Reason.NO_CAPACITY, logging.WARNING),
        (Reason.PLATFORM_UNAVAILABLE, logging.WARNING),
        (Reason.INTERNAL_ERROR, logging.ERROR),
    ],
)
def test_only_our_side_s_failures_are_warnings(reason: Reason, level: int) -> None:
    status = int(verdict(reason).command_status)
    line = _only(message_answered(reason=reason, command_status=status))
    assert (line.level, line.message) == (level, "message not delivered")


def test_refused_api_key_alerts_the_operator_at_most_once_a_minute_per_account() -> None:
    message, alert = lines_of(1.5, message_answered(reason="key_rejected", command_status=8))
    assert message.level == logging.WARNING
    assert (alert.level, alert.message) == (
        logging.ERROR,
        "the account's API key is refused",
    )
    assert alert.fields == {"system_id": "demo"}
    assert alert.repeat is not None
    assert (alert.repeat.limit, alert.repeat.period) == (1, 60.0)
    assert "demo" in alert.repeat.key


def test_claimed_system_id_is_escaped_and_cut() -> None:
    assert _only(_bind_refused('a\n\x1b[2Jb"é')).fields["claimed_id"] == 'a\\x0a\\x1b[2Jb"\\x'
    assert _only(_bind_refused("x" * 300)).fields["claimed_id"] == "x" * 16
    assert _only(_bind_refused("fifteen-letters")).fields["claimed_id"] == "fifteen-letters"


@pytest.mark.parametrize(
    "event",
    [
        ConnectionRefused(peer=PEER, listener="tls", refusal=ConnectionRefusal.ADDRESS_CAP),
        _closed(CloseReason.FRAMING_ERROR, system_id=""),
        _bind_refused("root"),
        PduIgnored(connection_id=1, kind=IgnoredKind.MALFORMED, command_id=4, command_status=3),
    ],
)
def test_what_a_stranger_can_cause_is_limited(event: Event) -> None:
    repeat = _only(event).repeat
    assert repeat is not None
    assert (repeat.limit, repeat.period) == (10, 1.0)


def test_the_limit_does_not_depend_on_what_a_stranger_chooses() -> None:
    assert _only(_bind_refused("a")).repeat == _only(_bind_refused("b")).repeat


def test_closing_of_a_bound_connection_is_never_suppressed() -> None:
    line = _only(_closed(CloseReason.UNBOUND))
    assert line.repeat is None
    assert line.fields["submits"] == 4


def test_closing_of_an_unbound_connection_names_no_account() -> None:
    assert "system_id" not in _only(_closed(CloseReason.PEER_CLOSED, system_id="")).fields


@pytest.mark.parametrize("place", AccidentPlace)
def test_accident_tells_what_it_befell_and_carries_its_traceback(place: AccidentPlace) -> None:
    with pytest.raises(RuntimeError) as caught:
        raise_chain()
    line = _only(Accident(place=place, connection_id=1, error=caught.value))
    assert (line.level, line.message) == (logging.ERROR, f"{place.value} failed")
    assert line.fields == {"connection": 1, "error": "RuntimeError"}
    assert "raise_chain" in line.traceback


def test_trouble_carries_its_traceback_apart_from_the_message() -> None:
    with pytest.raises(RuntimeError) as caught:
        raise_chain()
    line = _only(ConnectionTrouble(connection_id=1, peer=PEER, error=caught.value))
    assert (line.level, line.message) == (logging.ERROR, "connection failed")
    assert line.fields["error"] == "RuntimeError"
    assert "raise_chain" in line.traceback
    assert "ValueError" in line.traceback
