"""The values that decisions are made of: accounts, requests to the platform, outcomes.

Everything here is frozen and free of I/O; secrets, codes, texts and whole phone numbers never
appear in a repr.
"""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import attrs

from otpblue_trio.hot import hot_frozen

__all__ = [
    "Account",
    "Alphabet",
    "Delivered",
    "Failed",
    "FailureKind",
    "FailureMode",
    "IpAddress",
    "IpNetwork",
    "LongSender",
    "MessageIdFormat",
    "Outcome",
    "PlatformState",
    "Refused",
    "SendRequest",
    "is_message_id",
    "mask_number",
]

IpNetwork = IPv4Network | IPv6Network
IpAddress = IPv4Address | IPv6Address


class LongSender(StrEnum):
    """What becomes of an alphanumeric sender of 12 to 20 characters."""

    TRUNCATE = "truncate"
    DEFAULT = "default"
    REJECT = "reject"


class Alphabet(StrEnum):
    """What data_coding 0 means for an account."""

    GSM = "gsm"
    ASCII = "ascii"
    LATIN1 = "latin1"
    UTF8 = "utf8"


class FailureMode(StrEnum):
    """Where a failed delivery is told.

    IMMEDIATE: in `submit_sm_resp`. RECEIPT_ONLY: every well-formed submit is answered ESME_ROK
    and the failure comes as a delivery receipt.
    """

    IMMEDIATE = "immediate"
    RECEIPT_ONLY = "receipt_only"


class MessageIdFormat(StrEnum):
    """PLATFORM: the platform's own id (36 characters); SHORT: 8 hexadecimal digits."""

    PLATFORM = "platform"
    SHORT = "short"


@attrs.frozen(kw_only=True)
class Account:
    """One SMPP account with everything that may differ between two of them.

    Names and defaults are those of `[[accounts]]` in config.toml.
    """

    system_id: str
    """1-15 characters."""
    password: str = attrs.field(repr=False)
    """A bcrypt, argon2 or scrypt hash, or in development the plain password."""
    api_key: str = attrs.field(repr=False)
    """The platform key that this account's messages are sent with."""
    enabled: bool = True
    tps: float = 50.0
    """Messages a second over all sessions; fractions allowed; 0 none; `math.inf` unlimited."""
    max_sessions: int = 10
    allowed_ips: tuple[IpNetwork, ...] = ()
    """Networks that may bind; empty: any."""
    client_certificate_names: tuple[str, ...] = ()
    """Names of TLS client certificates that may bind, in lower case."""
    client_certificate_fingerprints: tuple[str, ...] = ()
    """SHA-256 fingerprints of such certificates: 64 hexadecimal digits in lower case. Where there
    are neither names nor fingerprints no certificate is needed; else one of them must fit."""
    default_sender: str = "OTP"
    long_sender: LongSender = LongSender.TRUNCATE
    language: str = "auto"
    """`auto` (by destination country) or a template code of the platform."""
    default_language: str = "en"
    default_region: str = ""
    """ISO 3166-1 alpha-2 region in which national numbers are read; empty: they are refused."""
    regions: frozenset[str] = frozenset()
    """ISO regions this account may send to; empty: all that the platform has open."""
    default_alphabet: Alphabet = Alphabet.GSM
    code_patterns: tuple[str, ...] = ()
    """The operator's own regular expressions for the code; group 1 is the code."""
    allow_send_text: bool = False
    failure_mode: FailureMode = FailureMode.IMMEDIATE
    message_id_format: MessageIdFormat = MessageIdFormat.PLATFORM


@hot_frozen
class SendRequest:
    """One send for the platform: exactly one of `code` and `text` is not empty."""

    system_id: str
    api_key: str = attrs.field(repr=False)
    contact: str = attrs.field(repr=False)
    """E.164 with the plus sign."""
    region: str
    """ISO region of `contact`."""
    code: str = attrs.field(repr=False)
    """4-10 ASCII digits, or empty."""
    text: str = attrs.field(repr=False)
    """The whole message, only for accounts that may send free text; else empty."""
    sender: str
    language: str


@hot_frozen
class Delivered:
    """The platform delivered the message; its id is at least one character."""

    platform_code = 0
    """No error code."""
    message_id: str


@hot_frozen
class Refused:
    """The platform answered HTTP 400 with one of its own error codes."""

    code: int

    @property
    def platform_code(self) -> int:
        """The platform's error code, for records and logs."""
        return self.code


class FailureKind(StrEnum):
    """Why there is no answer of the platform to act upon."""

    TIMEOUT = "timeout"
    """No whole answer in time."""
    CONNECT = "connect"
    """No connection (refused, unreachable, TLS failure); nothing was sent."""
    DISCONNECTED = "disconnected"
    """The connection ended after the request may have left and before a whole answer."""
    STATUS = "status"
    """An HTTP status other than 200 and 400; `Failed.http_status` tells which."""
    BAD_ANSWER = "bad_answer"
    """An answer that is no valid answer: broken JSON, no message_id, too large."""
    BUSY = "busy"
    """The client's own bound on requests or connections is reached; nothing was sent."""
    UNAVAILABLE = "unavailable"
    """The client does not try: the platform is known to be down, or the gateway stops."""


@hot_frozen
class Failed:
    """No usable answer: an accident of the platform, the network or the account's key."""

    kind: FailureKind
    http_status: int = 0
    """The HTTP status where there was one, else 0."""
    may_have_been_sent: bool = False
    """True when an octet of the request may have reached the platform: never send it again."""
    detail: str = ""
    """A short technical reason for the log; no secrets, no numbers, no codes."""

    @property
    def platform_code(self) -> int:
        """The HTTP status, 0 where there was none; for records and logs."""
        return self.http_status


Outcome = Delivered | Refused | Failed
"""What became of a `SendRequest`; final."""


class PlatformState(StrEnum):
    """Whether a client of the platform takes it to be able to answer."""

    UP = "up"
    DOWN = "down"
    PROBING = "probing"
    """Down, and a request is tried now and then."""


_NUMBER = re.compile(r"\+?[0-9]{7,15}")


def is_message_id(text: str) -> bool:
    """Tell whether a platform's id can be an SMPP message_id.

    SMPP 3.4, 4.4.2: at most 64 characters and a NUL; a blank would end the id in a receipt's text.
    """
    return 0 < len(text) <= 64 and text.isascii() and text.isprintable() and " " not in text


def mask_number(number: str) -> str:
    """Return a phone number fit for a log: all but the last four digits, then `****`.

    Args:
      number: a number in any spelling, or what was given for one.

    Returns:
      A number (at most 15 digits, perhaps after a plus sign) with its last four digits hidden. Of
      what is no such number, and may be one with something behind it, the first seven characters;
      octets outside printable ASCII become `?`. Of a text with less than eight characters nothing
      but its length is left, e.g. `(3 characters)`.
    """
    if len(number) < 8:
        return f"({len(number)} characters)"
    if _NUMBER.fullmatch(number):
        return number[:-4] + "****"
    shown = number[:7]
    if not (shown.isascii() and shown.isprintable()):
        shown = "".join(c if c.isascii() and c.isprintable() else "?" for c in shown)
    return shown + "****"
