"""The one table from a reason or a platform code to what the SMPP client is told.

Basis: the integration guide ("Response Handling", "Input Limits") and the platform's list of error
codes. No other module chooses a `command_status` for a bind or a message.
"""

from __future__ import annotations

from enum import StrEnum

import attrs

from otpblue_trio.policy.types import Delivered, FailureKind, Outcome, Refused
from otpblue_trio.smpp import CommandStatus, MessageState

__all__ = [
    "Reason",
    "Verdict",
    "reason_of_bind_decode_error",
    "receipt_is_retryable",
    "verdict",
    "verdict_of_outcome",
]


class Reason(StrEnum):
    """Every reason for an answer; the values are metric labels and log words."""

    DELIVERED = "delivered"

    # Binds.
    BAD_CREDENTIALS = "bad_credentials"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    ADDRESS_BLOCKED = "address_blocked"
    CERTIFICATE_NOT_ACCEPTED = "certificate_not_accepted"
    TOO_MANY_SESSIONS = "too_many_sessions"
    BAD_BIND_FIELD = "bad_bind_field"
    DIRECTORY_DOWN = "directory_down"

    # Messages, before anything is sent.
    MESSAGE_TOO_LONG = "message_too_long"
    MESSAGE_TWICE = "message_twice"
    MESSAGE_UNREADABLE = "message_unreadable"
    MESSAGE_INCOMPLETE = "message_incomplete"
    NO_CODE = "no_code"
    CODE_AMBIGUOUS = "code_ambiguous"
    CODE_LETTERS = "code_letters"
    CODE_LENGTH = "code_length"
    DESTINATION_INVALID = "destination_invalid"
    DESTINATION_NATIONAL = "destination_national"
    REGION_CLOSED = "region_closed"
    SENDER_INVALID = "sender_invalid"
    SCHEDULED = "scheduled"
    VALIDITY_INVALID = "validity_invalid"
    RATE_LIMIT = "rate_limit"
    SESSION_IN_FLIGHT_CAP = "session_in_flight_cap"
    ACCOUNT_IN_FLIGHT_CAP = "account_in_flight_cap"
    GATEWAY_IN_FLIGHT_CAP = "gateway_in_flight_cap"
    DRAINING = "draining"
    STORE_DOWN = "store_down"

    # The platform's own codes.
    PLATFORM_ERROR = "platform_error"
    NO_IMESSAGE = "no_imessage"
    OPTED_OUT = "opted_out"
    NO_CAPACITY = "no_capacity"
    KEY_REJECTED = "key_rejected"
    PLATFORM_REGION = "platform_region"
    PLATFORM_LANGUAGE = "platform_language"
    PLATFORM_CODE_REJECTED = "platform_code_rejected"
    PLATFORM_SENDER = "platform_sender"
    PLATFORM_RECIPIENT = "platform_recipient"

    # The platform did not answer usably.
    PLATFORM_TIMEOUT = "platform_timeout"
    PLATFORM_UNREACHABLE = "platform_unreachable"
    PLATFORM_DISCONNECTED = "platform_disconnected"
    PLATFORM_STATUS = "platform_status"
    PLATFORM_BAD_ANSWER = "platform_bad_answer"
    PLATFORM_RATE_LIMIT = "platform_rate_limit"
    PLATFORM_BUSY = "platform_busy"
    PLATFORM_UNAVAILABLE = "platform_unavailable"
    INTERNAL_ERROR = "internal_error"


@attrs.frozen
class Verdict:
    """What the client is told for one reason."""

    reason: Reason
    command_status: int = attrs.field(converter=int)
    receipt_error: str = "000"
    """`err` of the receipt: exactly three characters."""
    alerts_operator: bool = False
    """True when the account's API key is at fault, which only the operator can mend."""

    # Attributes and not properties: every message asks for them. Plain text and integers: each
    # enum's member takes SQLite 0.3 µs longer.
    word: str = attrs.field(init=False)
    """The reason as it stands in records."""
    is_delivered: bool = attrs.field(init=False)
    """True for the one good reason."""
    message_state: int = attrs.field(init=False)
    """The receipt's TLV 0x0427."""
    receipt_stat: str = attrs.field(init=False)
    """`stat` of the receipt: seven letters."""

    @word.default
    def _choose_word(self) -> str:
        return self.reason.value

    @is_delivered.default
    def _judge(self) -> bool:
        return self.reason is Reason.DELIVERED

    @message_state.default
    def _choose_state(self) -> int:
        return int(MessageState.DELIVERED if self.is_delivered else MessageState.UNDELIVERABLE)

    @receipt_stat.default
    def _choose_stat(self) -> str:
        return "DELIVRD" if self.is_delivered else "UNDELIV"


def _table(*verdicts: Verdict) -> dict[Reason, Verdict]:
    return {v.reason: v for v in verdicts}


_S = CommandStatus
_VERDICTS = _table(
    Verdict(Reason.DELIVERED, _S.ESME_ROK),
    # Binds.
    Verdict(Reason.BAD_CREDENTIALS, _S.ESME_RINVPASWD),
    Verdict(Reason.ADDRESS_NOT_ALLOWED, _S.ESME_RBINDFAIL),
    Verdict(Reason.ADDRESS_BLOCKED, _S.ESME_RBINDFAIL),
    Verdict(Reason.CERTIFICATE_NOT_ACCEPTED, _S.ESME_RBINDFAIL),
    Verdict(Reason.TOO_MANY_SESSIONS, _S.ESME_RBINDFAIL),
    Verdict(Reason.BAD_BIND_FIELD, _S.ESME_RBINDFAIL),
    Verdict(Reason.DIRECTORY_DOWN, _S.ESME_RSYSERR),
    # Messages. The three-digit receipt errors above 899 are the gateway's own; platform codes
    # keep their last three digits, which no two of them share.
    Verdict(Reason.MESSAGE_TOO_LONG, _S.ESME_RINVMSGLEN, "901"),
    Verdict(Reason.MESSAGE_TWICE, _S.ESME_RINVMSGLEN, "902"),
    Verdict(Reason.MESSAGE_UNREADABLE, _S.ESME_RINVMSGLEN, "903"),
    Verdict(Reason.MESSAGE_INCOMPLETE, _S.ESME_RINVMSGLEN, "904"),
    Verdict(Reason.NO_CODE, _S.ESME_RINVMSGLEN, "905"),
    Verdict(Reason.CODE_AMBIGUOUS, _S.ESME_RINVMSGLEN, "906"),
    Verdict(Reason.CODE_LETTERS, _S.ESME_RINVMSGLEN, "907"),
    Verdict(Reason.CODE_LENGTH, _S.ESME_RINVMSGLEN, "908"),
    Verdict(Reason.DESTINATION_INVALID, _S.ESME_RINVDSTADR, "911"),
    Verdict(Reason.DESTINATION_NATIONAL, _S.ESME_RINVDSTADR, "912"),
    Verdict(Reason.REGION_CLOSED, _S.ESME_RINVDSTADR, "913"),
    Verdict(Reason.SENDER_INVALID, _S.ESME_RINVSRCADR, "914"),
    Verdict(Reason.SCHEDULED, _S.ESME_RINVSCHED, "915"),
    Verdict(Reason.VALIDITY_INVALID, _S.ESME_RINVEXPIRY, "916"),
    Verdict(Reason.RATE_LIMIT, _S.ESME_RTHROTTLED, "921"),
    Verdict(Reason.SESSION_IN_FLIGHT_CAP, _S.ESME_RTHROTTLED, "922"),
    Verdict(Reason.ACCOUNT_IN_FLIGHT_CAP, _S.ESME_RTHROTTLED, "923"),
    Verdict(Reason.GATEWAY_IN_FLIGHT_CAP, _S.ESME_RTHROTTLED, "926"),
    Verdict(Reason.DRAINING, _S.ESME_RSYSERR, "924"),
    Verdict(Reason.STORE_DOWN, _S.ESME_RSYSERR, "925"),
    # The platform's codes; receipt errors are set per code below.
    Verdict(Reason.PLATFORM_ERROR, _S.ESME_RSYSERR),
    Verdict(Reason.NO_IMESSAGE, _S.ESME_RSUBMITFAIL),
    Verdict(Reason.OPTED_OUT, _S.ESME_RSUBMITFAIL),
    Verdict(Reason.NO_CAPACITY, _S.ESME_RTHROTTLED),
    Verdict(Reason.KEY_REJECTED, _S.ESME_RSYSERR, "931", alerts_operator=True),
    Verdict(Reason.PLATFORM_REGION, _S.ESME_RINVDSTADR),
    Verdict(Reason.PLATFORM_LANGUAGE, _S.ESME_RSYSERR),
    Verdict(Reason.PLATFORM_CODE_REJECTED, _S.ESME_RINVMSGLEN),
    Verdict(Reason.PLATFORM_SENDER, _S.ESME_RINVSRCADR),
    Verdict(Reason.PLATFORM_RECIPIENT, _S.ESME_RINVDSTADR),
    # No usable answer.
    Verdict(Reason.PLATFORM_TIMEOUT, _S.ESME_RSYSERR, "932"),
    Verdict(Reason.PLATFORM_UNREACHABLE, _S.ESME_RSYSERR, "933"),
    Verdict(Reason.PLATFORM_DISCONNECTED, _S.ESME_RSYSERR, "934"),
    Verdict(Reason.PLATFORM_STATUS, _S.ESME_RSYSERR, "935"),
    Verdict(Reason.PLATFORM_BAD_ANSWER, _S.ESME_RSYSERR, "936"),
    Verdict(Reason.PLATFORM_RATE_LIMIT, _S.ESME_RTHROTTLED, "937"),
    Verdict(Reason.PLATFORM_BUSY, _S.ESME_RSYSERR, "938"),
    Verdict(Reason.PLATFORM_UNAVAILABLE, _S.ESME_RSYSERR, "939"),
    Verdict(Reason.INTERNAL_ERROR, _S.ESME_RSYSERR, "999"),
)

# Platform code -> reason and receipt error. Codes above 999 do not fit `err`, which is exactly
# three characters: they keep their last three digits where that names no other code of the list,
# and 8xx is free for the others.
_PLATFORM_CODES: dict[int, tuple[Reason, str]] = {
    100: (Reason.PLATFORM_ERROR, "100"),
    110: (Reason.PLATFORM_ERROR, "110"),
    150: (Reason.NO_IMESSAGE, "150"),
    280: (Reason.OPTED_OUT, "280"),
    720: (Reason.NO_CAPACITY, "720"),
    1110: (Reason.KEY_REJECTED, "810"),  # 110 is taken
    1155: (Reason.PLATFORM_REGION, "155"),
    1160: (Reason.PLATFORM_LANGUAGE, "160"),
    1205: (Reason.PLATFORM_CODE_REJECTED, "205"),
    1210: (Reason.PLATFORM_CODE_REJECTED, "210"),
    1215: (Reason.PLATFORM_CODE_REJECTED, "215"),
    1220: (Reason.PLATFORM_SENDER, "220"),
    1225: (Reason.PLATFORM_SENDER, "225"),
    1230: (Reason.PLATFORM_LANGUAGE, "230"),
    1250: (Reason.KEY_REJECTED, "250"),
    1600: (Reason.PLATFORM_RECIPIENT, "600"),
    1800: (Reason.PLATFORM_RECIPIENT, "800"),
    1900: (Reason.PLATFORM_RECIPIENT, "900"),
}

_BY_CODE: dict[int, Verdict] = {
    code: attrs.evolve(_VERDICTS[reason], receipt_error=error)
    for code, (reason, error) in _PLATFORM_CODES.items()
}
_UNKNOWN_CODE = attrs.evolve(_VERDICTS[Reason.PLATFORM_ERROR], receipt_error="899")

_BY_STATUS: dict[int, Verdict] = {
    401: _VERDICTS[Reason.KEY_REJECTED],
    403: _VERDICTS[Reason.KEY_REJECTED],
    429: _VERDICTS[Reason.PLATFORM_RATE_LIMIT],
}

_BY_FAILURE: dict[FailureKind, Verdict] = {
    FailureKind.TIMEOUT: _VERDICTS[Reason.PLATFORM_TIMEOUT],
    FailureKind.CONNECT: _VERDICTS[Reason.PLATFORM_UNREACHABLE],
    FailureKind.DISCONNECTED: _VERDICTS[Reason.PLATFORM_DISCONNECTED],
    FailureKind.STATUS: _VERDICTS[Reason.PLATFORM_STATUS],
    FailureKind.BAD_ANSWER: _VERDICTS[Reason.PLATFORM_BAD_ANSWER],
    FailureKind.BUSY: _VERDICTS[Reason.PLATFORM_BUSY],
    FailureKind.UNAVAILABLE: _VERDICTS[Reason.PLATFORM_UNAVAILABLE],
}

_DELIVERED = _VERDICTS[Reason.DELIVERED]


def verdict(reason: Reason) -> Verdict:
    """Return what the client is told for a reason."""
    return _VERDICTS[reason]


def verdict_of_outcome(outcome: Outcome) -> Verdict:
    """Return what the client is told for an outcome of the platform.

    An unknown platform code, an unknown HTTP status and every accident mean ESME_RSYSERR; only
    HTTP 429 throttles.
    """
    if isinstance(outcome, Delivered):
        return _DELIVERED
    if isinstance(outcome, Refused):
        return _BY_CODE.get(outcome.code, _UNKNOWN_CODE)
    if outcome.kind is FailureKind.STATUS:
        return _BY_STATUS.get(outcome.http_status, _BY_FAILURE[FailureKind.STATUS])
    return _BY_FAILURE[outcome.kind]


_FAULTS_OF_THE_LOGIN = frozenset({CommandStatus.ESME_RINVSYSID, CommandStatus.ESME_RINVPASWD})


def reason_of_bind_decode_error(command_status: int) -> Reason:
    """Return the reason to answer a bind with that the decoder refused.

    Args:
      command_status: the decoder's; those of system_id and password are answered alike.
    """
    if command_status in _FAULTS_OF_THE_LOGIN:
        return Reason.BAD_CREDENTIALS
    return Reason.BAD_BIND_FIELD


_RETRYABLE_RECEIPT_ANSWERS = frozenset(
    {
        CommandStatus.ESME_RSYSERR,
        CommandStatus.ESME_RMSGQFUL,
        CommandStatus.ESME_RTHROTTLED,
        CommandStatus.ESME_RX_T_APPN,
    }
)


def receipt_is_retryable(command_status: int) -> bool:
    """True when the ESME's answer to a receipt means "not now" rather than "no"."""
    return command_status in _RETRYABLE_RECEIPT_ANSWERS
