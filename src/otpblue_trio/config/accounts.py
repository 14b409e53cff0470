"""The settings of an account: comments and kinds, for `policy.types.Account`.

The account itself belongs to the policy, which knows nothing of configuration files, so its
settings stand in a table here and not in the class.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs
import phonenumbers

from otpblue_trio.config.kinds import (
    BOOLEAN,
    NETWORK,
    SECRET,
    array_of,
    choice,
    number_or_word,
    whole_number,
)
from otpblue_trio.config.values import (
    Kind,
    MismatchError,
    Setting,
    Surroundings,
    UnfitError,
    string_in,
)
from otpblue_trio.policy.language import TEMPLATE_LANGUAGES
from otpblue_trio.policy.otp import PatternError, compile_patterns
from otpblue_trio.policy.passwords import check_hash
from otpblue_trio.policy.types import (
    Account,
    Alphabet,
    FailureMode,
    LongSender,
    MessageIdFormat,
)
from otpblue_trio.smpp.constants import MAX_SYSTEM_ID_CHARACTERS

__all__ = ["ACCOUNT_SETTINGS", "NOT_IN_DEFAULTS", "NO_ACCOUNT"]


def _is_printable_ascii(text: str) -> bool:
    return all(" " <= character <= "~" for character in text)


def _printable(least: int, most: int) -> Kind:
    def convert(value: object, surroundings: Surroundings) -> str:
        text = string_in(value, surroundings)
        if not (least <= len(text) <= most and _is_printable_ascii(text)):
            raise MismatchError
        return text

    return Kind(f"{least} to {most} printable ASCII characters", convert)


def _password(value: object, surroundings: Surroundings) -> str:
    text = string_in(value, surroundings)
    if not (1 <= len(text) <= 512 and _is_printable_ascii(text)):
        raise MismatchError
    trouble = check_hash(text)
    if trouble is not None:
        raise UnfitError("a bcrypt, argon2 or scrypt hash that can be checked", trouble)
    return text


def _certificate_name(value: object, surroundings: Surroundings) -> str:
    text = string_in(value, surroundings)
    if not (1 <= len(text) <= _MAX_NAME_CHARACTERS and text.isprintable() and text == text.strip()):
        raise MismatchError
    return text.lower()


def _fingerprint(value: object, surroundings: Surroundings) -> str:
    digits = string_in(value, surroundings).replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(digits):
        raise MismatchError
    return digits


def _template_language(value: object, surroundings: Surroundings) -> str:
    text = string_in(value, surroundings)
    if text not in TEMPLATE_LANGUAGES:
        raise MismatchError
    return text


def _language(value: object, surroundings: Surroundings) -> str:
    text = string_in(value, surroundings)
    return text if text == "auto" else _template_language(text, surroundings)


def _region(value: object, surroundings: Surroundings) -> str:
    # Liberal in case: it cannot be misunderstood.
    text = string_in(value, surroundings).upper()
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise MismatchError
    return text


def _optional_region(value: object, surroundings: Surroundings) -> str:
    text = string_in(value, surroundings)
    return _region(text, surroundings) if text else ""


def _code_pattern(value: object, surroundings: Surroundings) -> str:
    text = string_in(value, surroundings)
    try:
        compile_patterns([text])
    except PatternError as error:
        raise UnfitError(
            _CODE_PATTERN.expected, f"one that cannot be used ({error.cause})"
        ) from error
    return text


def _sorted_list(value: object) -> object:
    return sorted(value) if isinstance(value, Iterable) else value


_CODE_PATTERN = Kind("a regular expression (RE2) with a group", _code_pattern)
_REGION = Kind('an ISO 3166-1 alpha-2 region such as "US"', _region)
_MAX_NAME_CHARACTERS = 253
"""The longest DNS name; common names are shorter."""
_FINGERPRINT = re.compile("[0-9a-f]{64}")
_TEMPLATES = " ".join(sorted(TEMPLATE_LANGUAGES))


ACCOUNT_SETTINGS: dict[str, Setting] = {
    "system_id": Setting(
        comment="The name that the client binds with.",
        kind=_printable(1, MAX_SYSTEM_ID_CHARACTERS),
        example="demo",
    ),
    "password": Setting(
        comment="A bcrypt, argon2 or scrypt hash; the plain password in development only. SMPP 3.4 "
        "passwords have at most 8 characters.",
        kind=Kind("1 to 512 printable ASCII characters", _password, is_secret=True),
        example="$2b$12$...",
    ),
    "api_key": Setting(
        comment="The platform key that the account's messages are sent with.",
        kind=SECRET,
        example={"env": "DEMO_API_KEY"},
    ),
    "enabled": Setting(
        comment="false refuses the account's binds as if it were unknown.",
        kind=BOOLEAN,
        is_live=True,
    ),
    "tps": Setting(
        comment="Messages a second over all sessions; fractions are allowed, 0 lets none through.",
        kind=number_or_word(0, 10_000, "unlimited"),
        is_live=True,
    ),
    "max_sessions": Setting(
        comment="Sessions bound at once.", kind=whole_number(1, 100_000), is_live=True
    ),
    "allowed_ips": Setting(
        comment="Addresses or networks that may bind; empty: any.",
        kind=array_of(NETWORK, "an array of IP addresses and networks"),
        example=["192.0.2.7", "198.51.100.0/24"],
        is_live=True,
    ),
    "client_certificate_names": Setting(
        comment="Common names or DNS names of client certificates; only who shows one of them may "
        "bind. Needs tls.client_ca. Without names and fingerprints no certificate is needed.",
        kind=array_of(
            Kind("a name of 1 to 253 printable characters", _certificate_name),
            "an array of at most 100 names",
            most=100,
        ),
        example=["smpp.client.example"],
        is_live=True,
    ),
    "client_certificate_fingerprints": Setting(
        comment="The same by SHA-256 fingerprints, as `openssl x509 -noout -fingerprint -sha256` "
        "prints them.",
        kind=array_of(
            Kind("64 hexadecimal digits, with or without colons", _fingerprint),
            "an array of at most 100 SHA-256 fingerprints",
            most=100,
        ),
        is_live=True,
    ),
    "default_sender": Setting(
        comment="The brand shown when a message has no alphanumeric sender.",
        kind=_printable(1, 16),
        is_live=True,
    ),
    "long_sender": Setting(
        comment="A sender of more than 11 characters is cut, replaced by the default, or refused.",
        kind=choice(LongSender),
        is_live=True,
    ),
    "language": Setting(
        comment="The template's language; \"auto\" goes by the destination's country.",
        kind=Kind(f'"auto" or one of {_TEMPLATES}', _language),
        is_live=True,
    ),
    "default_language": Setting(
        comment='The language for "auto" where the country has none of its own.',
        kind=Kind(f"one of {_TEMPLATES}", _template_language),
        is_live=True,
    ),
    "default_region": Setting(
        comment="Where numbers without a country code are taken to be; empty: they are refused.",
        kind=Kind(f'{_REGION.expected}, or ""', _optional_region),
        example="US",
        is_live=True,
    ),
    "regions": Setting(
        comment="Destinations of this account; empty: all that the platform has open.",
        kind=attrs.evolve(
            array_of(_REGION, "an array of ISO 3166-1 alpha-2 regions", frozenset),
            write=_sorted_list,
        ),
        example=["US", "GB"],
        is_live=True,
    ),
    "default_alphabet": Setting(
        comment="What data_coding 0 means.", kind=choice(Alphabet), is_live=True
    ),
    "code_patterns": Setting(
        comment="Regular expressions (RE2) tried first to find the code; group 1 is the code.",
        kind=array_of(_CODE_PATTERN, "an array of at most 100 regular expressions", most=100),
        example=["PIN=([0-9]{4,10})"],
        is_live=True,
    ),
    "allow_send_text": Setting(
        comment="true sends the whole message as it is instead of the code in a template.",
        kind=BOOLEAN,
        is_live=True,
    ),
    "failure_mode": Setting(
        comment="Where a failure of the platform is told: "
        '"immediate" in submit_sm_resp, "receipt_only" in the delivery receipt. What is refused '
        "before it is sent (number, code, rate) is told in submit_sm_resp in both.",
        kind=choice(FailureMode),
        is_live=True,
    ),
    "message_id_format": Setting(
        comment="The platform's id of 36 characters, or 8 hexadecimal digits for old clients.",
        kind=choice(MessageIdFormat),
        is_live=True,
    ),
}
"""By name, in the order in which they are shown."""

NOT_IN_DEFAULTS = frozenset({"system_id", "password", "api_key"})
"""What each account must say for itself."""

NO_ACCOUNT = Account(system_id="", password="", api_key="")
"""An account's defaults, without what makes it one."""
