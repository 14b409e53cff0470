from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest

from otpblue_trio.config import Account, Config, Limits, Listen
from otpblue_trio.config.model import settings_of
from otpblue_trio.config.structuring import SECTIONS

# The names and defaults that operators, tests and tools have agreed upon.
AGREED = """
environment = "development"
[listen]
tls   = ["0.0.0.0:2776", "[::]:2776"]
plain = []
admin = "127.0.0.1:8080"
proxy_protocol_from = []
[tls]
certificate = "var/tls/cert.pem"
private_key = "var/tls/key.pem"
minimum_version = "1.2"
client_certificates = "required"
client_ca = ""
[limits]
max_connections = 1000
max_connections_per_address = 50
pre_bind_timeout = "30s"
inactivity_timeout = "90s"
max_session_duration = "24h"
drain_timeout = "20s"
max_pdu_octets = 65536
max_in_flight_per_session = 500
max_in_flight_per_account = 2000
bind_failures_before_block = 10
bind_block_duration = "15m"
bind_failure_decay = "10m"
[platform]
kind = "simulator"
url = "https://api.otpblue.com/imsg/api/v1.1/otp/send/"
regions_url = "https://api.otpblue.com/imsg/api/v1/otp/available-regions/"
history_url = "https://api.otpblue.com/imsg/api/v1/otp/history/requests/"
timeout = "10s"
max_connections = 2000
ca_file = ""
regions_refresh = "1h"
regions_api_key = ""
duplicate_window = "5s"
[simulator]
latency = "120ms"
jitter = "40ms"
[store]
path = "var/otpblue.db"
receipt_ttl = "24h"
cdr_retention = "30d"
number_privacy = "mask"
on_failure = "continue"
[directory]
ttl = "30m"
timeout = "5s"
[log]
level = "info"
format = "auto"
[defaults]
enabled = true
tps = 50
max_sessions = 10
allowed_ips = []
client_certificate_names = []
client_certificate_fingerprints = []
default_sender = "OTP"
long_sender = "truncate"
language = "auto"
default_language = "en"
default_region = ""
regions = []
default_alphabet = "gsm"
code_patterns = []
allow_send_text = false
failure_mode = "immediate"
message_id_format = "platform"
"""


def _agreed() -> list[Any]:
    table = tomllib.loads(AGREED)
    sections = {"": {"environment": table.pop("environment")}} | table
    return [
        pytest.param(section, key, value, id=f"{section}.{key}")
        for section, settings in sections.items()
        for key, value in settings.items()
    ]


@pytest.mark.parametrize(("section", "key", "value"), _agreed())
def test_names_and_defaults_are_those_agreed_upon(section: str, key: str, value: object) -> None:
    cl = {"": Config, "defaults": Account}.get(section) or SECTIONS[section]
    default = attrs.fields_dict(cl)[key].default
    assert settings_of(cl)[key].kind.write(default) == value


@pytest.mark.parametrize("section", [*SECTIONS.values(), Account])
def test_every_field_of_a_section_is_a_setting_with_a_comment(section: type) -> None:
    settings = settings_of(section)
    assert list(settings) == [field.name for field in attrs.fields(section)]
    for setting in settings.values():
        assert setting.comment.endswith(".")


def test_every_field_of_the_whole_is_a_setting_a_section_or_not_in_the_file() -> None:
    sections = [field.name for field in attrs.fields(Config) if "section" in field.metadata]
    assert sections == [*SECTIONS, "defaults", "accounts"]
    others = {field.name for field in attrs.fields(Config)} - set(sections)
    assert others - set(settings_of(Config)) == {"base_dir", "warnings"}


def test_a_configuration_can_be_made_without_a_file() -> None:
    account = Account(system_id="demo", password="pw", api_key="k")
    config = Config(listen=Listen(tls=()), limits=Limits(max_connections=3), accounts=(account,))
    assert config.accounts == (account,)
    assert config.base_dir == Path()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Config().limits.max_connections = 5  # type: ignore[misc]
