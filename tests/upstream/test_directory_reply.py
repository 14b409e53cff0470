"""One reply of the account directory."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Any

import attrs
import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.policy.types import Account, FailureMode
from otpblue_trio.upstream.directory_reply import BadReply, account_of_reply

PASSWORD = "$2b$12$abcdefghijklmnopqrstuv"
REPLY = {"systemId": "acme", "password": PASSWORD, "apiKey": "key-0123456789"}
DEFAULTS = Account(system_id="", password="", api_key="")


def read(**changes: object) -> Account:
    return account_of_reply({**REPLY, **changes}, "acme", DEFAULTS)


def test_smallest_reply_takes_the_defaults() -> None:
    assert read() == Account(system_id="acme", password=PASSWORD, api_key="key-0123456789")


def test_full_reply_is_read() -> None:
    account = read(
        defaultLanguage="de",
        maxTps=200,
        codePatterns=[r"PIN (\d+)", r"(\d{6})"],
        allowedIps=["192.0.2.7", "198.51.100.0/24", "2001:db8::/32"],
        allowSendText=True,
        enabled=False,
        failureMode="receipt_only",
    )
    assert account == Account(
        system_id="acme",
        password=PASSWORD,
        api_key="key-0123456789",
        default_language="de",
        tps=200.0,
        code_patterns=(r"PIN (\d+)", r"(\d{6})"),
        allowed_ips=(
            IPv4Network("192.0.2.7/32"),
            IPv4Network("198.51.100.0/24"),
            IPv6Network("2001:db8::/32"),
        ),
        allow_send_text=True,
        enabled=False,
        failure_mode=FailureMode.RECEIPT_ONLY,
    )


def test_operators_defaults_stand_where_the_reply_has_none() -> None:
    defaults = attrs.evolve(DEFAULTS, tps=5.0, default_sender="Acme", max_sessions=3)
    account = account_of_reply(REPLY, "acme", defaults)
    assert (account.tps, account.default_sender, account.max_sessions) == (5.0, "Acme", 3)
    account = account_of_reply({**REPLY, "maxTps": 7}, "acme", defaults)
    assert account.tps == 7.0


def test_smpp_whitelist_wins_over_allowed_ips() -> None:
    account = read(allowedIps=["192.0.2.1"], smppIpWhitelist=["198.51.100.1"])
    assert account.allowed_ips == (IPv4Network("198.51.100.1/32"),)


def test_null_whitelist_does_not_win() -> None:
    account = read(allowedIps=["192.0.2.1"], smppIpWhitelist=None)
    assert account.allowed_ips == (IPv4Network("192.0.2.1/32"),)


def test_host_bits_of_a_network_do_not_matter() -> None:
    assert read(allowedIps=["192.0.2.7/24"]).allowed_ips == (IPv4Network("192.0.2.0/24"),)


@pytest.mark.parametrize(
    ("value", "allowed"), [(True, True), (False, False), ("true", True), ("false", False)]
)
def test_send_text_may_be_a_boolean_or_its_name(value: object, allowed: bool) -> None:
    assert read(allowSendText=value).allow_send_text is allowed


def test_unknown_and_null_fields_are_ignored() -> None:
    assert read(_id="x", createdAt=None, maxTps=None, codePatterns=None) == read()


@pytest.mark.parametrize("rate", [1, 10_000])
def test_rate_at_its_bounds_is_taken(rate: int) -> None:
    assert read(maxTps=rate).tps == rate


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"systemId": "Acme"}, "systemId"),
        ({"systemId": None}, "systemId"),
        ({"systemId": 7}, "systemId"),
        ({"password": None}, "password"),
        ({"password": ""}, "password"),
        ({"password": 482910}, "password"),
        ({"apiKey": None}, "apiKey"),
        ({"apiKey": ""}, "apiKey"),
        ({"apiKey": "key\r\nX: y"}, "apiKey"),
        ({"apiKey": "key "}, "apiKey"),
        ({"apiKey": "k" * 1025}, "apiKey"),
        ({"defaultLanguage": "eng"}, "defaultLanguage"),
        ({"maxTps": 0}, "maxTps"),
        ({"maxTps": 10_001}, "maxTps"),
        ({"maxTps": 1.5}, "maxTps"),
        ({"maxTps": "50"}, "maxTps"),
        ({"maxTps": True}, "maxTps"),
        ({"codePatterns": "(\\d+)"}, "codePatterns"),
        ({"codePatterns": [7]}, "codePatterns"),
        ({"codePatterns": ["code (\\d+"]}, "codePatterns"),
        ({"allowedIps": "192.0.2.1"}, "allowedIps"),
        ({"allowedIps": ["192.0.2"]}, "allowedIps"),
        ({"allowedIps": [3221225985]}, "allowedIps"),
        ({"smppIpWhitelist": ["host.example"]}, "smppIpWhitelist"),
        ({"allowSendText": "yes"}, "allowSendText"),
        ({"allowSendText": 1}, "allowSendText"),
        ({"enabled": []}, "enabled"),
        ({"failureMode": "later"}, "failureMode"),
        ({"codePatterns": 101 * ["([0-9]{6})"]}, "codePatterns is not at most 100"),
        ({"allowedIps": 1001 * ["192.0.2.7"]}, "allowedIps is not at most 1000"),
    ],
)
def test_fault_in_a_field_spoils_the_reply_and_is_named(
    changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadReply, match=field):
        read(**changes)


def test_every_fault_is_named() -> None:
    with pytest.raises(BadReply, match="apiKey is missing, maxTps is not a whole number from 1"):
        read(apiKey=None, maxTps=0)


def test_plain_password_is_refused_where_hashes_are_wanted() -> None:
    reply = {"systemId": "acme", "password": "secret", "apiKey": "key"}
    with pytest.raises(BadReply, match="password is no bcrypt, argon2 or scrypt hash"):
        account_of_reply(reply, "acme", DEFAULTS, plain_passwords=False)
    hashed = {**reply, "password": bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()}
    assert account_of_reply(hashed, "acme", DEFAULTS, plain_passwords=False).system_id == "acme"


def test_message_tells_no_value() -> None:
    with pytest.raises(BadReply) as caught:
        read(apiKey="sëcret", maxTps="secret", allowedIps=["secret"], failureMode="secret")
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("body", [None, [], [REPLY], "text", 7])
def test_body_that_is_no_object_is_a_bad_reply(body: object) -> None:
    with pytest.raises(BadReply):
        account_of_reply(body, "acme", DEFAULTS)


_VALUES: st.SearchStrategy[object] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.lists(st.text(max_size=9) | st.integers(), max_size=2)
    | st.just({})
)
_NAMES = [
    "systemId",
    "password",
    "apiKey",
    "defaultLanguage",
    "maxTps",
    "codePatterns",
    "allowedIps",
    "smppIpWhitelist",
    "allowSendText",
    "enabled",
    "failureMode",
]


@given(st.dictionaries(st.sampled_from(_NAMES), _VALUES))
def test_any_object_gives_an_account_or_a_bad_reply(changes: dict[str, object]) -> None:
    try:
        account = read(**changes)
    except BadReply:
        return
    assert account.system_id == "acme"
    assert 1 <= account.tps <= 10_000
