"""The table from a reason or a platform code to what the SMPP client is told."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy import (
    Delivered,
    Failed,
    FailureKind,
    Reason,
    Refused,
    reason_of_bind_decode_error,
    receipt_is_retryable,
    verdict,
    verdict_of_outcome,
)
from otpblue_trio.smpp import CommandStatus, MessageState

# The platform's own list: code, reason, command_status.
PLATFORM_CODES = [
    (100, Reason.PLATFORM_ERROR, 0x08),
    (110, Reason.PLATFORM_ERROR, 0x08),
    (150, Reason.NO_IMESSAGE, 0x45),
    (280, Reason.OPTED_OUT, 0x45),
    (720, Reason.NO_CAPACITY, 0x58),
    (1110, Reason.KEY_REJECTED, 0x08),
    (1155, Reason.PLATFORM_REGION, 0x0B),
    (1160, Reason.PLATFORM_LANGUAGE, 0x08),
    (1205, Reason.PLATFORM_CODE_REJECTED, 0x01),
    (1210, Reason.PLATFORM_CODE_REJECTED, 0x01),
    (1215, Reason.PLATFORM_CODE_REJECTED, 0x01),
    (1220, Reason.PLATFORM_SENDER, 0x0A),
    (1225, Reason.PLATFORM_SENDER, 0x0A),
    (1230, Reason.PLATFORM_LANGUAGE, 0x08),
    (1250, Reason.KEY_REJECTED, 0x08),
    (1600, Reason.PLATFORM_RECIPIENT, 0x0B),
    (1800, Reason.PLATFORM_RECIPIENT, 0x0B),
    (1900, Reason.PLATFORM_RECIPIENT, 0x0B),
]
# The guide's "Response Handling" and "Input Limits".
STATUS_OF_REASON = {
    Reason.DELIVERED: 0x00,
    Reason.BAD_CREDENTIALS: 0x0E,
    Reason.ADDRESS_NOT_ALLOWED: 0x0D,
    Reason.ADDRESS_BLOCKED: 0x0D,
    Reason.CERTIFICATE_NOT_ACCEPTED: 0x0D,
    Reason.TOO_MANY_SESSIONS: 0x0D,
    Reason.BAD_BIND_FIELD: 0x0D,
    Reason.DIRECTORY_DOWN: 0x08,
    Reason.MESSAGE_TOO_LONG: 0x01,
    Reason.MESSAGE_TWICE: 0x01,
    Reason.MESSAGE_UNREADABLE: 0x01,
    Reason.MESSAGE_INCOMPLETE: 0x01,
    Reason.NO_CODE: 0x01,
    Reason.CODE_AMBIGUOUS: 0x01,
    Reason.CODE_LETTERS: 0x01,
    Reason.CODE_LENGTH: 0x01,
    Reason.DESTINATION_INVALID: 0x0B,
    Reason.DESTINATION_NATIONAL: 0x0B,
    Reason.REGION_CLOSED: 0x0B,
    Reason.SENDER_INVALID: 0x0A,
    Reason.SCHEDULED: 0x61,
    Reason.VALIDITY_INVALID: 0x62,
    Reason.RATE_LIMIT: 0x58,
    Reason.SESSION_IN_FLIGHT_CAP: 0x58,
    Reason.ACCOUNT_IN_FLIGHT_CAP: 0x58,
    Reason.GATEWAY_IN_FLIGHT_CAP: 0x58,
    Reason.DRAINING: 0x08,
    Reason.STORE_DOWN: 0x08,
}
REASON_OF_FAILURE = {
    FailureKind.TIMEOUT: Reason.PLATFORM_TIMEOUT,
    FailureKind.CONNECT: Reason.PLATFORM_UNREACHABLE,
    FailureKind.DISCONNECTED: Reason.PLATFORM_DISCONNECTED,
    FailureKind.STATUS: Reason.PLATFORM_STATUS,
    FailureKind.BAD_ANSWER: Reason.PLATFORM_BAD_ANSWER,
    FailureKind.BUSY: Reason.PLATFORM_BUSY,
    FailureKind.UNAVAILABLE: Reason.PLATFORM_UNAVAILABLE,
}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_verdict_of_its_own(reason: Reason) -> None:
    told = verdict(reason)
    assert told.reason is reason
    assert told.is_delivered == (told.command_status == CommandStatus.ESME_ROK)
    assert told.is_delivered == (reason is Reason.DELIVERED)


@pytest.mark.parametrize(("reason", "command_status"), STATUS_OF_REASON.items())
def test_a_reason_of_the_gateway_has_the_status_of_the_guide(
    reason: Reason, command_status: int
) -> None:
    assert verdict(reason).command_status == command_status


@pytest.mark.parametrize(("code", "reason", "command_status"), PLATFORM_CODES)
def test_a_platform_code_is_told_as_the_platforms_list_says(
    code: int, reason: Reason, command_status: int
) -> None:
    told = verdict_of_outcome(Refused(code))
    assert (told.reason, told.command_status) == (reason, command_status)


def test_only_a_rejected_key_alerts_the_operator() -> None:
    alerting = [
        code for code, _, _ in PLATFORM_CODES if verdict_of_outcome(Refused(code)).alerts_operator
    ]
    assert alerting == [1110, 1250]
    assert [reason for reason in Reason if verdict(reason).alerts_operator] == [Reason.KEY_REJECTED]


@given(st.integers(0, 99_999).filter(lambda code: code not in {c for c, _, _ in PLATFORM_CODES}))
def test_an_unknown_platform_code_is_a_system_error(code: int) -> None:
    told = verdict_of_outcome(Refused(code))
    assert (told.reason, told.command_status) == (Reason.PLATFORM_ERROR, 0x08)
    assert told.receipt_error == "899"


@pytest.mark.parametrize("kind", FailureKind)
def test_every_accident_is_a_system_error(kind: FailureKind) -> None:
    told = verdict_of_outcome(Failed(kind))
    assert (told.reason, told.command_status) == (REASON_OF_FAILURE[kind], 0x08)


@pytest.mark.parametrize(
    ("status", "reason", "command_status"),
    [
        (401, Reason.KEY_REJECTED, 0x08),
        (403, Reason.KEY_REJECTED, 0x08),
        (404, Reason.PLATFORM_STATUS, 0x08),
        (429, Reason.PLATFORM_RATE_LIMIT, 0x58),
        (500, Reason.PLATFORM_STATUS, 0x08),
        (503, Reason.PLATFORM_STATUS, 0x08),
        (302, Reason.PLATFORM_STATUS, 0x08),
    ],
)
def test_an_http_status_never_speaks_of_the_number(
    status: int, reason: Reason, command_status: int
) -> None:
    told = verdict_of_outcome(Failed(FailureKind.STATUS, http_status=status))
    assert (told.reason, told.command_status) == (reason, command_status)


def test_a_status_counts_for_failures_by_status_only() -> None:
    told = verdict_of_outcome(Failed(FailureKind.BAD_ANSWER, http_status=429))
    assert told.reason is Reason.PLATFORM_BAD_ANSWER


def test_a_delivery_is_told_as_one() -> None:
    told = verdict_of_outcome(Delivered("m-1"))
    assert told.is_delivered
    assert (told.receipt_stat, told.receipt_error) == ("DELIVRD", "000")
    assert told.message_state == MessageState.DELIVERED


def test_everything_else_is_told_as_undeliverable() -> None:
    for reason in Reason:
        if reason is not Reason.DELIVERED:
            told = verdict(reason)
            assert told.message_state == MessageState.UNDELIVERABLE
            assert told.receipt_stat == "UNDELIV"


def test_a_receipts_error_has_three_characters_and_names_one_platform_code() -> None:
    errors = Counter(
        verdict_of_outcome(Refused(code)).receipt_error for code, _, _ in PLATFORM_CODES
    )
    assert set(errors.values()) == {1}
    own = Counter(
        verdict(reason).receipt_error for reason in Reason if verdict(reason).receipt_error != "000"
    )
    assert set(own.values()) == {1}
    assert not own.keys() & errors.keys()
    assert all(len(error) == 3 and error.isdigit() for error in own | errors)


def test_whatever_can_fail_after_a_submit_was_taken_has_an_error_of_its_own() -> None:
    for kind in FailureKind:
        assert verdict_of_outcome(Failed(kind)).receipt_error != "000"
    for code, _, _ in PLATFORM_CODES:
        assert verdict_of_outcome(Refused(code)).receipt_error != "000"


@pytest.mark.parametrize(
    ("command_status", "is_retryable"),
    [(0x08, True), (0x14, True), (0x58, True), (0x64, True)]
    + [(status, False) for status in (0x01, 0x03, 0x0B, 0x45, 0x65, 0x66, 0xFF, 0x400)],
)
def test_four_answers_to_a_receipt_mean_not_now(command_status: int, is_retryable: bool) -> None:
    assert receipt_is_retryable(command_status) == is_retryable


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (CommandStatus.ESME_RINVSYSID, Reason.BAD_CREDENTIALS),
        (CommandStatus.ESME_RINVPASWD, Reason.BAD_CREDENTIALS),
        (CommandStatus.ESME_RBINDFAIL, Reason.BAD_BIND_FIELD),
        (CommandStatus.ESME_RINVSYSTYP, Reason.BAD_BIND_FIELD),
        (CommandStatus.ESME_RINVCMDLEN, Reason.BAD_BIND_FIELD),
        (CommandStatus.ESME_RINVPARLEN, Reason.BAD_BIND_FIELD),
    ],
)
def test_a_bind_that_cannot_be_read_is_refused_by_its_field(status: int, reason: Reason) -> None:
    assert reason_of_bind_decode_error(status) is reason
