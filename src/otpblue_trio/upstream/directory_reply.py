"""The reading of one reply of the account directory.

cattrs turns the JSON object into a frozen reply with strict types; what is missing, or null, takes
the default; unknown fields are ignored. A reply that names another account, or breaks one of its
rules, holds no account at all: half an account might let in who must stay out.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, Final

import attrs
from cattrs import Converter
from cattrs.errors import ClassValidationError
from cattrs.gen import make_dict_structure_fn, override

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.http_text import is_header_value
from otpblue_trio.policy.otp import compile_patterns
from otpblue_trio.policy.passwords import is_hash
from otpblue_trio.policy.types import Account, FailureMode, IpNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BadReply", "account_of_reply"]

_MAX_TPS: Final = 10_000
_MAX_PATTERNS: Final = 100
_MAX_NETWORKS: Final = 1000
_BOOLEANS: Final = {True: True, False: False, "true": True, "false": False}


class BadReply(OtpBlueError):
    """A reply that holds no valid account; the message names the fields, never a value."""


@attrs.frozen(kw_only=True)
class _Reply:
    """The reply's fields; None: not in the reply."""

    system_id: str
    password: str = attrs.field(repr=False)
    api_key: str = attrs.field(repr=False)
    default_language: str | None = None
    max_tps: float | None = None
    code_patterns: tuple[str, ...] | None = None
    allowed_ips: tuple[IpNetwork, ...] | None = None
    smpp_ip_whitelist: tuple[IpNetwork, ...] | None = None
    allow_send_text: bool | None = None
    enabled: bool | None = None
    failure_mode: FailureMode | None = None


# One hook per field. The rules stand here and not in attrs validators, whose errors cattrs would
# report for the reply as a whole. `Any`: values of JSON that nobody has looked at yet, and the type
# as cattrs hands it to every hook.
def _string(value: Any, _type: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _password(value: Any, _type: Any) -> str:
    password = _string(value, _type)
    if not password:
        raise ValueError
    return password


def _header_value(value: Any, _type: Any) -> str:
    text = _string(value, _type)
    if not is_header_value(text):
        raise ValueError
    return text


def _language(value: Any, _type: Any) -> str:
    code = _string(value, _type)
    if not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise ValueError
    return code.lower()


def _rate(value: Any, _type: Any) -> float:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    if not 1 <= value <= _MAX_TPS:
        raise ValueError
    return float(value)


def _boolean(value: Any, _type: Any) -> bool:
    if not isinstance(value, bool | str) or value not in _BOOLEANS:
        raise ValueError
    return _BOOLEANS[value]


def _failure_mode(value: Any, _type: Any) -> FailureMode:
    return FailureMode(_string(value, _type))


def _strings(value: Any, _type: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_string(each, _type) for each in value)


def _patterns(value: Any, _type: Any) -> tuple[str, ...]:
    patterns = _strings(value, _type)
    if len(patterns) > _MAX_PATTERNS:
        raise ValueError
    compile_patterns(patterns)
    return patterns


def _networks(value: Any, _type: Any) -> tuple[IpNetwork, ...]:
    networks = _strings(value, _type)
    if len(networks) > _MAX_NETWORKS:
        raise ValueError
    # Host bits may be set, as in 192.0.2.7/24.
    return tuple(ip_network(each, strict=False) for each in networks)


_NETWORKS: Final = f"at most {_MAX_NETWORKS} addresses or CIDR networks"
_FIELDS: Final[dict[str, tuple[str, Callable[[Any, Any], Any], str]]] = {
    "system_id": ("systemId", _string, "text"),
    "password": ("password", _password, "text that is not empty"),
    "api_key": ("apiKey", _header_value, "text that a header can carry"),
    "default_language": ("defaultLanguage", _language, "two letters"),
    "max_tps": ("maxTps", _rate, f"a whole number from 1 to {_MAX_TPS}"),
    "code_patterns": (
        *("codePatterns", _patterns),
        f"at most {_MAX_PATTERNS} regular expressions with a group for the code",
    ),
    "allowed_ips": ("allowedIps", _networks, _NETWORKS),
    "smpp_ip_whitelist": ("smppIpWhitelist", _networks, _NETWORKS),
    "allow_send_text": ("allowSendText", _boolean, "true or false"),
    "enabled": ("enabled", _boolean, "true or false"),
    "failure_mode": ("failureMode", _failure_mode, " or ".join(FailureMode)),
}
"""Attribute to the name in the JSON object, its reader, and what it takes."""


def _make_converter() -> Converter:
    converter = Converter()
    overrides = {
        name: override(rename=json_name, struct_hook=hook)
        for name, (json_name, hook, _) in _FIELDS.items()
    }
    # mypy takes the overrides for the function's options too, which are named otherwise.
    hook = make_dict_structure_fn(_Reply, converter, **overrides)  # type: ignore[arg-type]
    converter.register_structure_hook(_Reply, hook)
    return converter


_CONVERTER: Final = _make_converter()

# Account's field to the reply's, where one simply takes the place of the other.
_SETTINGS: Final = {
    "enabled": "enabled",
    "tps": "max_tps",
    "default_language": "default_language",
    "code_patterns": "code_patterns",
    "allow_send_text": "allow_send_text",
    "failure_mode": "failure_mode",
}


def account_of_reply(
    body: object, system_id: str, defaults: Account, *, plain_passwords: bool = True
) -> Account:
    """Return the account that a reply holds.

    Args:
      body: the parsed JSON document, whatever it is.
      system_id: the one that was asked for.
      defaults: the settings that stand where the reply has none.
      plain_passwords: False: a password has to be a hash.

    Raises:
      BadReply: there is no valid account of that name in it.
    """
    if not isinstance(body, dict):
        raise BadReply("the reply is no JSON object")
    try:
        reply = _CONVERTER.structure({k: v for k, v in body.items() if v is not None}, _Reply)
    except ClassValidationError as error:
        # Not chained: the causes carry values.
        raise BadReply(_complaint(error)) from None
    if reply.system_id != system_id:
        raise BadReply("systemId is not the one asked for")
    if not (plain_passwords or is_hash(reply.password)):
        raise BadReply("password is no bcrypt, argon2 or scrypt hash, as production wants it")
    networks = reply.smpp_ip_whitelist
    if networks is None:
        networks = reply.allowed_ips
    settings = {
        name: value
        for name, field in _SETTINGS.items()
        if (value := getattr(reply, field)) is not None
    }
    return attrs.evolve(
        defaults,
        system_id=reply.system_id,
        password=reply.password,
        api_key=reply.api_key,
        allowed_ips=defaults.allowed_ips if networks is None else networks,
        **settings,
    )


def _complaint(error: ClassValidationError) -> str:
    """Name the fields that are at fault."""
    faults, _others = error.group_exceptions()
    words = []
    for fault, note in faults:
        name, _, expected = _FIELDS[note.name]
        is_missing = isinstance(fault, KeyError)
        words.append(f"{name} is missing" if is_missing else f"{name} is not {expected}")
    return ", ".join(words)
