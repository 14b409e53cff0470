"""Decisions without I/O: who may bind, how fast, what is sent to whom, and what the client is told.

Nothing here awaits, reads a clock or logs; time comes in as an argument, refusals go out as values.
"""

from otpblue_trio.policy.admission import AccountRules, Admission, Declined
from otpblue_trio.policy.binds import (
    BindGate,
    address_is_allowed,
    check_bind_fields,
    plain_address,
)
from otpblue_trio.policy.client_certificates import (
    ClientCertificate,
    certificate_is_accepted,
    requires_certificate,
)
from otpblue_trio.policy.concatenation import (
    MAX_MESSAGE_OCTETS,
    Held,
    Known,
    LongMessage,
    NoRoom,
    PartStore,
    Spoilt,
    Whole,
)
from otpblue_trio.policy.language import TEMPLATE_LANGUAGES, choose_language
from otpblue_trio.policy.limits import TokenBucket
from otpblue_trio.policy.otp import (
    CodeFinder,
    CodeFound,
    CodePatterns,
    Explanation,
    NoCode,
    NoCodeReason,
    PatternError,
    compile_patterns,
)
from otpblue_trio.policy.parts import Part, PartKey, ReferenceKind, may_be_part
from otpblue_trio.policy.passwords import PasswordCache, check_hash, hash_password
from otpblue_trio.policy.passwords import is_hash as is_password_hash
from otpblue_trio.policy.passwords import verify as verify_password
from otpblue_trio.policy.passwords import verify_nothing as verify_no_password
from otpblue_trio.policy.phone import Destination, NumberReader, NumberRefusal
from otpblue_trio.policy.regions import NEVER_SENT, OPEN_BY_DEFAULT, may_send
from otpblue_trio.policy.sender import SenderRefusal, choose_sender
from otpblue_trio.policy.types import (
    Account,
    Alphabet,
    Delivered,
    Failed,
    FailureKind,
    FailureMode,
    IpAddress,
    IpNetwork,
    LongSender,
    MessageIdFormat,
    Outcome,
    PlatformState,
    Refused,
    SendRequest,
    mask_number,
)
from otpblue_trio.policy.verdicts import (
    Reason,
    Verdict,
    reason_of_bind_decode_error,
    receipt_is_retryable,
    verdict,
    verdict_of_outcome,
)

__all__ = [
    "MAX_MESSAGE_OCTETS",
    "NEVER_SENT",
    "OPEN_BY_DEFAULT",
    "TEMPLATE_LANGUAGES",
    "Account",
    "AccountRules",
    "Admission",
    "Alphabet",
    "BindGate",
    "ClientCertificate",
    "CodeFinder",
    "CodeFound",
    "CodePatterns",
    "Declined",
    "Delivered",
    "Destination",
    "Explanation",
    "Failed",
    "FailureKind",
    "FailureMode",
    "Held",
    "IpAddress",
    "IpNetwork",
    "Known",
    "LongMessage",
    "LongSender",
    "MessageIdFormat",
    "NoCode",
    "NoCodeReason",
    "NoRoom",
    "NumberReader",
    "NumberRefusal",
    "Outcome",
    "Part",
    "PartKey",
    "PartStore",
    "PasswordCache",
    "PatternError",
    "PlatformState",
    "Reason",
    "ReferenceKind",
    "Refused",
    "SendRequest",
    "SenderRefusal",
    "Spoilt",
    "TokenBucket",
    "Verdict",
    "Whole",
    "address_is_allowed",
    "certificate_is_accepted",
    "check_bind_fields",
    "check_hash",
    "choose_language",
    "choose_sender",
    "compile_patterns",
    "hash_password",
    "is_password_hash",
    "mask_number",
    "may_be_part",
    "may_send",
    "plain_address",
    "reason_of_bind_decode_error",
    "receipt_is_retryable",
    "requires_certificate",
    "verdict",
    "verdict_of_outcome",
    "verify_no_password",
    "verify_password",
]
