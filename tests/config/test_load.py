from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otpblue_trio.config import (
    Account,
    Config,
    ConfigError,
    Directory,
    Environment,
    Limits,
    ListenAddress,
    LogLevel,
    NumberPrivacy,
    PlatformKind,
    TlsVersion,
    load_config,
)
from otpblue_trio.policy.types import Alphabet, LongSender

Load = Callable[[str], Config]
Complain = Callable[[str], list[str]]

DEMO = '[[accounts]]\nsystem_id = "demo"\npassword = "pw"\napi_key = "k"\n'

# What settings expect, and some of what is found.
UNSET = "the environment variable NONE to be set"
NOT_A_PATTERN = "one that cannot be used (has no group 1 to take the code from)"
ENVIRONMENT = '"development" or "production"'
EXISTS = "a setting that exists"
ARRAY = "an array of addresses to listen on"
COUNT = "a whole number from 1 to 1000000"
OCTETS = "a whole number from 1024 to 1048576"
TO_1H = 'a duration from "10ms" to "1h"'
TO_24H = 'a duration from "10ms" to "24h"'
ADDRESS = 'an address and port such as "0.0.0.0:2776" or "[::]:2776"'
NETWORK = 'an IP address or network such as "192.0.2.7" or "2001:db8::/32"'
URL = 'a URL that begins with "https://" or "http://"'
KEY = "1 to 1024 printable ASCII characters without a space at either end"
REGION = 'an ISO 3166-1 alpha-2 region such as "US"'
PATTERN = "a regular expression (RE2) with a group"
CERTIFICATE = "the path of a certificate file"
TPS = 'a number from 0 to 10000 or "unlimited"'
NAME = "1 to 15 printable ASCII characters"
PASSWORD = "1 to 512 printable ASCII characters"
CERTIFICATE_NAME = "a name of 1 to 253 printable characters"
SENDER = "1 to 16 printable ASCII characters"
TEMPLATE = "one of bg da de en es fi fr in is it ja kr ms nl no pl pt ro ru sv tr uk vi zh"
BOOLEAN = "true or false"

# A text, the setting it is wrong about, what that expects, and what is found.
ONE_LINE = [
    # The top level.
    ('environment = "staging"', "environment", ENVIRONMENT, '"staging"'),
    ("environment = 1", "environment", ENVIRONMENT, "1"),
    ("accounts_file = 5", "accounts_file", 'the path of an accounts file, or ""', "5"),
    (
        'enviroment = "production"',
        "enviroment",
        EXISTS,
        'an unknown one; did you mean "environment"?',
    ),
    ("tps = 5", "tps", EXISTS, "one of [[accounts]]"),
    ('base_dir = "."', "base_dir", EXISTS, "an unknown one"),
    ("listen = 5", "listen", "a table", "5"),
    ("tls = []", "tls", "a table", "an empty array"),
    ("defaults = 3", "defaults", "a table", "3"),
    ("accounts = 5", "accounts", "an array of tables, [[accounts]]", "5"),
    ("accounts = [5]", "accounts[0]", "a table", "5"),
    # Listeners.
    ('listen.tls = "0.0.0.0:2776"', "listen.tls", ARRAY, '"0.0.0.0:2776"'),
    ("listen.tls = [5]", "listen.tls[0]", ADDRESS, "5"),
    ('listen.tls = ["0.0.0.0"]', "listen.tls[0]", ADDRESS, '"0.0.0.0"'),
    ('listen.plain = ["127.0.0.1:65536"]', "listen.plain[0]", ADDRESS, '"127.0.0.1:65536"'),
    ('listen.admin = ":80"', "listen.admin", ADDRESS + ', or ""', '":80"'),
    (
        'listen.proxy_protocol_from = ["10.0.0.0/33"]',
        "listen.proxy_protocol_from[0]",
        NETWORK,
        '"10.0.0.0/33"',
    ),
    ("listen.max_pdu_octets = 5", "listen.max_pdu_octets", EXISTS, "one of [limits]"),
    (
        'listen.plain = ["a:5", "a:5"]',
        "listen.plain[1]",
        "an address that no other listener has",
        '"a:5"',
    ),
    # Limits.
    ("limits.max_connections = true", "limits.max_connections", COUNT, "true"),
    ("limits.max_connections = 0", "limits.max_connections", COUNT, "0"),
    ("limits.max_connections = 1_000_001", "limits.max_connections", COUNT, "1000001"),
    ('limits.max_connections = "5"', "limits.max_connections", COUNT, '"5"'),
    (
        f"limits.max_connections = {10**40}",
        "limits.max_connections",
        COUNT,
        "a number of more than 30 digits",
    ),
    ("limits.max_pdu_octets = 1023", "limits.max_pdu_octets", OCTETS, "1023"),
    ("limits.max_pdu_octets = 2e3", "limits.max_pdu_octets", OCTETS, "2000.0"),
    ('limits.pre_bind_timeout = "fast"', "limits.pre_bind_timeout", TO_1H, '"fast"'),
    ('limits.pre_bind_timeout = "9ms"', "limits.pre_bind_timeout", TO_1H, '"9ms"'),
    ("limits.pre_bind_timeout = 3600.5", "limits.pre_bind_timeout", TO_1H, "3600.5"),
    ("limits.pre_bind_timeout = 0", "limits.pre_bind_timeout", TO_1H, "0"),
    ("limits.inactivity_timeout = -1", "limits.inactivity_timeout", TO_24H, "-1"),
    ("limits.inactivity_timeout = nan", "limits.inactivity_timeout", TO_24H, "nan"),
    ("limits.inactivity_timeout = inf", "limits.inactivity_timeout", TO_24H, "inf"),
    ('limits.drain_timeout = "2h"', "limits.drain_timeout", "0 or " + TO_1H, '"2h"'),
    ("limits.drain_timeout = true", "limits.drain_timeout", "0 or " + TO_1H, "true"),
    ("limits.drain_timeout = 1979-05-27", "limits.drain_timeout", "0 or " + TO_1H, "1979-05-27"),
    (
        "limits.max_conections = 5",
        "limits.max_conections",
        EXISTS,
        'an unknown one; did you mean "max_connections"?',
    ),
    ('limits."a key" = 5', "limits.'a key'", EXISTS, "an unknown one"),
    # Platform.
    ('platform.kind = "https"', "platform.kind", '"simulator" or "http"', '"https"'),
    ('platform.url = "ftp://x"', "platform.url", URL, '"ftp://x"'),
    ('platform.url = "https://"', "platform.url", URL, '"https://"'),
    ('platform.url = "https://x:0/"', "platform.url", URL, '"https://x:0/"'),
    ('platform.url = "https://x:99999/"', "platform.url", URL, '"https://x:99999/"'),
    ('platform.url = "https://a b/"', "platform.url", URL, '"https://a b/"'),
    (
        'platform.regions_url = "https://user:pw@x/"',
        "platform.regions_url",
        URL,
        "one with a user name in it",
    ),
    ("platform.history_url = []", "platform.history_url", URL, "an empty array"),
    ("platform.timeout = [1]", "platform.timeout", 'a duration from "10ms" to "5m"', "an array"),
    (
        "platform.max_connections = 0",
        "platform.max_connections",
        "a whole number from 1 to 100000",
        "0",
    ),
    ("platform.max_queue = 0", "platform.max_queue", "a whole number from 1 to 1000000", "0"),
    (
        'platform.ca_file = "ca.pem"',
        "platform.ca_file",
        "the path of a CA file",
        "none at HERE/ca.pem",
    ),
    (
        'platform.regions_refresh = "0.5s"',
        "platform.regions_refresh",
        '0 or a duration from "1s" to "30d"',
        '"0.5s"',
    ),
    (
        'platform.regions_api_key = " ab"',
        "platform.regions_api_key",
        f'{KEY}, or ""',
        "a string of 3 characters",
    ),
    ("platform.duplicate_window = {}", "platform.duplicate_window", "0 or " + TO_1H, "a table"),
    # The other sections.
    (
        'simulator.latency = "0.5ms"',
        "simulator.latency",
        '0 or a duration from "1ms" to "1h"',
        '"0.5ms"',
    ),
    ("policy.fast_phone = 1", "policy.fast_phone", BOOLEAN, "1"),
    ("store.path = 5", "store.path", 'the path of a database file, or ""', "5"),
    ('store.number_privacy = "none"', "store.number_privacy", '"mask", "hash" or "full"', '"none"'),
    ('store.on_failure = ""', "store.on_failure", '"continue" or "refuse"', '""'),
    (
        'store.cdr_retention = "0s"',
        "store.cdr_retention",
        'a duration from "1s" to "3650d"',
        '"0s"',
    ),
    ('log.level = "trace"', "log.level", '"debug", "info", "warning" or "error"', '"trace"'),
    ("log.format = false", "log.format", '"auto", "json" or "text"', "false"),
    ('directory = { key = "k" }', "directory.url", URL, "nothing"),
    ('directory = { url = "https://x" }', "directory.key", KEY, "nothing"),
    (
        'tls = { certificate = "", private_key = "config.toml" }',
        "tls.certificate",
        CERTIFICATE,
        '""',
    ),
    (
        'tls = { certificate = "no.pem", private_key = "config.toml" }',
        "tls.certificate",
        CERTIFICATE,
        "none at HERE/no.pem",
    ),
    (
        'tls = { certificate = ".", private_key = "config.toml" }',
        "tls.certificate",
        CERTIFICATE,
        "one that cannot be read at HERE",
    ),
    # Values that stand elsewhere.
    ('environment = { env = "NONE" }', "environment", UNSET, "it unset"),
    (
        'environment = { env = "SPACED" }',
        "environment",
        ENVIRONMENT,
        "what the environment variable SPACED holds",
    ),
    ('environment = { envv = "X" }', "environment", ENVIRONMENT, "a table"),
    ("environment = { env = 5 }", "environment", ENVIRONMENT, "a table"),
    ('environment = { file = "none" }', "environment", "a readable file HERE/none", "none"),
    (
        'environment = { file = "." }',
        "environment",
        "a readable file HERE",
        "an error (Is a directory)",
    ),
    (
        'environment = { file = "a\\u0000b" }',
        "environment",
        "a path",
        "a text with a NUL character",
    ),
    (
        'environment = { file = "$CREDENTIALS_DIRECTORY/x" }',
        "environment",
        "the environment variable CREDENTIALS_DIRECTORY to be set",
        "it unset",
    ),
    (
        'environment = { file = "config.toml" }',
        "environment",
        ENVIRONMENT,
        "what the file config.toml holds",
    ),
    ('listen.tls = [{ env = "NONE" }]', "listen.tls[0]", UNSET, "it unset"),
]

# The same for the settings of an account.
OF_AN_ACCOUNT = [
    ('system_id = ""', "system_id", NAME, '""'),
    ('system_id = "sixteencharacter"', "system_id", NAME, '"sixteencharacter"'),
    ('system_id = "démo"', "system_id", NAME, '"démo"'),
    ('system_id = "a\\u0000"', "system_id", NAME, '"a\\u0000"'),
    ('password = ""', "password", PASSWORD, "an empty string"),
    ('password = "pässword"', "password", PASSWORD, "a string of 8 characters"),
    ("password = 12345678", "password", PASSWORD, "a value that is no string (int)"),
    ("password = ['x']", "password", PASSWORD, "an array"),
    ('api_key = ""', "api_key", KEY, "an empty string"),
    ('api_key = "a b c "', "api_key", KEY, "a string of 6 characters"),
    ('api_key = "a\\r\\nb"', "api_key", KEY, "a string of 4 characters"),
    (f'api_key = "{"k" * 1025}"', "api_key", KEY, "a string of 1025 characters"),
    ('api_key = { env = "SPACED" }', "api_key", KEY, "what the environment variable SPACED holds"),
    ('api_key = { env = "EMPTY" }', "api_key", KEY, "what the environment variable EMPTY holds"),
    ('enabled = "yes"', "enabled", BOOLEAN, '"yes"'),
    ('tps = "fast"', "tps", TPS, '"fast"'),
    ("tps = -0.1", "tps", TPS, "-0.1"),
    ("tps = 10000.5", "tps", TPS, "10000.5"),
    ("tps = nan", "tps", TPS, "nan"),
    ("tps = inf", "tps", TPS, "inf"),
    ("tps = true", "tps", TPS, "true"),
    ("max_sessions = 0", "max_sessions", "a whole number from 1 to 100000", "0"),
    (
        'allowed_ips = "10.0.0.1"',
        "allowed_ips",
        "an array of IP addresses and networks",
        '"10.0.0.1"',
    ),
    ('allowed_ips = ["10.0.0.1", "10.0.0"]', "allowed_ips[1]", NETWORK, '"10.0.0"'),
    ("client_certificate_names = [5]", "client_certificate_names[0]", CERTIFICATE_NAME, "5"),
    ('client_certificate_names = [""]', "client_certificate_names[0]", CERTIFICATE_NAME, '""'),
    (
        'client_certificate_names = ["a", "b\\n"]',
        "client_certificate_names[1]",
        CERTIFICATE_NAME,
        '"b\\n"',
    ),
    (
        f'client_certificate_fingerprints = ["{"ab" * 20}"]',
        "client_certificate_fingerprints[0]",
        "64 hexadecimal digits, with or without colons",
        f'"{"ab" * 20}"',
    ),
    ('default_sender = ""', "default_sender", SENDER, '""'),
    ('default_sender = "seventeenletters!"', "default_sender", SENDER, '"seventeenletters!"'),
    ('long_sender = "cut"', "long_sender", '"truncate", "default" or "reject"', '"cut"'),
    ('language = "ko"', "language", '"auto" or ' + TEMPLATE, '"ko"'),
    ('default_language = "auto"', "default_language", TEMPLATE, '"auto"'),
    ('default_region = "XX"', "default_region", REGION + ', or ""', '"XX"'),
    ('regions = ["US", "USA"]', "regions[1]", REGION, '"USA"'),
    (
        'default_alphabet = "gsm7"',
        "default_alphabet",
        '"gsm", "ascii", "latin1" or "utf8"',
        '"gsm7"',
    ),
    ('code_patterns = ["code: (\\\\d+)", "code"]', "code_patterns[1]", PATTERN, NOT_A_PATTERN),
    ("allow_send_text = 0", "allow_send_text", BOOLEAN, "0"),
    ('failure_mode = "receipt"', "failure_mode", '"immediate" or "receipt_only"', '"receipt"'),
    ('message_id_format = "uuid"', "message_id_format", '"platform" or "short"', '"uuid"'),
    ("maxTps = 5", "maxTps", EXISTS, "an unknown one"),
    ("tsp = 5", "tsp", EXISTS, 'an unknown one; did you mean "tps"?'),
]

GOOD_ACCOUNT = {"system_id": '"demo"', "password": '"pw"', "api_key": '"k"'}


@pytest.mark.parametrize(("text", "path", "expected", "found"), ONE_LINE)
def test_a_wrong_setting_is_named_with_its_line(
    text: str, path: str, expected: str, found: str, complain: Complain
) -> None:
    assert complain(f"# A comment.\n\n{text}\n") == [
        f"config.toml:3: {path}: expected {expected}, found {found}"
    ]


@pytest.mark.parametrize(("text", "path", "expected", "found"), OF_AN_ACCOUNT)
def test_a_wrong_account_setting_is_named_with_its_line(
    text: str, path: str, expected: str, found: str, complain: Complain
) -> None:
    key = text.partition(" = ")[0]
    others = [f"{name} = {value}" for name, value in GOOD_ACCOUNT.items() if name != key]
    lines = "\n".join(["[[accounts]]", *others, text])
    line = len(others) + 2
    assert complain(lines) == [
        f"config.toml:{line}: accounts[0].{path}: expected {expected}, found {found}"
    ]


@pytest.mark.parametrize(
    "text",
    [text for text, *_ in OF_AN_ACCOUNT if text.partition(" = ")[0] not in GOOD_ACCOUNT],
)
def test_a_wrong_default_is_told_once_and_not_for_each_account(
    text: str, complain: Complain
) -> None:
    (said,) = complain(f"[defaults]\n{text}\n{DEMO}")
    assert said.startswith("config.toml:2: defaults.")


# Settings at their limits, and what they mean.
AT_THE_LIMIT = [
    ("limits.max_connections = 1", "limits", "max_connections", 1),
    ("limits.max_connections = 1000000", "limits", "max_connections", 1_000_000),
    ("limits.max_pdu_octets = 1024", "limits", "max_pdu_octets", 1024),
    ("limits.max_pdu_octets = 1048576", "limits", "max_pdu_octets", 1_048_576),
    ('limits.pre_bind_timeout = "10ms"', "limits", "pre_bind_timeout", 0.01),
    ("limits.pre_bind_timeout = 0.01", "limits", "pre_bind_timeout", 0.01),
    ('limits.pre_bind_timeout = "1h"', "limits", "pre_bind_timeout", 3600.0),
    ("limits.drain_timeout = 0", "limits", "drain_timeout", 0.0),
    ('limits.drain_timeout = "0s"', "limits", "drain_timeout", 0.0),
    ("limits.bind_failures_before_block = 1", "limits", "bind_failures_before_block", 1),
    ("platform.max_queue = 1", "platform", "max_queue", 1),
    ('platform.regions_refresh = "0s"', "platform", "regions_refresh", 0.0),
    ('platform.regions_refresh = "1s"', "platform", "regions_refresh", 1.0),
    ('platform.regions_api_key = ""', "platform", "regions_api_key", ""),
    ('platform.ca_file = ""', "platform", "ca_file", None),
    ('platform.kind = "http"', "platform", "kind", PlatformKind.HTTP),
    ('store.path = ""', "store", "path", None),
    ('store.number_privacy = "full"', "store", "number_privacy", NumberPrivacy.FULL),
    ('log.level = "debug"', "log", "level", LogLevel.DEBUG),
    ('listen.admin = ""', "listen", "admin", None),
    ('listen.tls = ["[::1]:65535"]', "listen", "tls", (ListenAddress("::1", 65535),)),
    (
        'listen.plain = ["localhost:0", "localhost:0"]',
        "listen",
        "plain",
        (ListenAddress("localhost", 0),) * 2,
    ),
]


@pytest.mark.parametrize(("text", "section", "key", "meant"), AT_THE_LIMIT)
def test_a_value_at_the_limit_is_taken(
    text: str, section: str, key: str, meant: object, load: Load
) -> None:
    assert getattr(getattr(load(text), section), key) == meant


ACCOUNT_VALUES = [
    ('system_id = "fifteen letters"', "system_id", "fifteen letters"),
    ('system_id = "x"', "system_id", "x"),
    ('api_key = { env = "DEMO_API_KEY" }', "api_key", "key-from-the-environment"),
    (f'api_key = "{"k" * 1024}"', "api_key", "k" * 1024),
    ('api_key = "Bearer k"', "api_key", "Bearer k"),
    ("tps = 0", "tps", 0.0),
    ("tps = 0.5", "tps", 0.5),
    ("tps = 10_000", "tps", 10_000.0),
    ('tps = "unlimited"', "tps", math.inf),
    ('tps = { env = "TPS" }', "tps", math.inf),
    (
        'allowed_ips = ["192.0.2.7", "10.0.0.9/8"]',
        "allowed_ips",
        (ipaddress.ip_network("192.0.2.7/32"), ipaddress.ip_network("10.0.0.0/8")),
    ),
    ('default_sender = "sixteen-letters!"', "default_sender", "sixteen-letters!"),
    ('default_region = "us"', "default_region", "US"),
    ('regions = ["US", "GB", "US"]', "regions", frozenset({"US", "GB"})),
    ('language = "kr"', "language", "kr"),
    ('code_patterns = ["PIN=([0-9]+)"]', "code_patterns", ("PIN=([0-9]+)",)),
    ('long_sender = "reject"', "long_sender", LongSender.REJECT),
    ('default_alphabet = "latin1"', "default_alphabet", Alphabet.LATIN1),
    ("enabled = false", "enabled", False),
]


@pytest.mark.parametrize(("text", "key", "meant"), ACCOUNT_VALUES)
def test_an_account_setting_means_what_it_says(
    text: str, key: str, meant: object, load: Load
) -> None:
    others = [f"{name} = {value}" for name, value in GOOD_ACCOUNT.items() if name != key]
    config = load("\n".join(["[[accounts]]", *others, text]))
    assert getattr(config.accounts[0], key) == meant


def test_an_empty_file_gives_the_defaults(load: Load, folder: Path) -> None:
    config = load("")
    assert config.environment is Environment.DEVELOPMENT
    assert config.limits == Limits()
    assert config.listen.tls == (ListenAddress("0.0.0.0", 2776), ListenAddress("::", 2776))  # noqa: S104
    assert config.listen.admin == ListenAddress("127.0.0.1", 8080)
    assert config.tls is None
    assert config.directory is None
    assert config.accounts == ()
    assert config.base_dir == folder
    assert config.store.path == folder / "var/otpblue.db"


def test_all_problems_of_all_sections_are_told_at_once_in_file_order(complain: Complain) -> None:
    said = complain(
        'environment = "staging"\n'
        "[listen]\n"
        'tls = ["x"]\n'
        "[limits]\n"
        "max_connections = 0\n"
        'drain_timeout = "x"\n'
        "[log]\n"
        "colour = true\n"
        "[[accounts]]\n"
        'system_id = "demo"\n'
        "tps = -1\n"
        "[[accounts]]\n"
        'system_id = "demo"\n'
        'password = "pw"\n'
        'api_key = "k"\n'
        "max_sessions = 0\n"
    )
    assert [line.partition(": expected")[0] for line in said] == [
        "config.toml:1: environment",
        "config.toml:3: listen.tls[0]",
        "config.toml:5: limits.max_connections",
        "config.toml:6: limits.drain_timeout",
        "config.toml:8: log.colour",
        "config.toml:9: accounts[0].password",
        "config.toml:9: accounts[0].api_key",
        "config.toml:11: accounts[0].tps",
        "config.toml:13: accounts[1].system_id",
        "config.toml:16: accounts[1].max_sessions",
    ]


def test_an_account_inherits_what_it_does_not_set(load: Load) -> None:
    config = load(
        f'[defaults]\ntps = 5\ndefault_sender = "Shop"\n{DEMO}tps = 9\n'
        '[[accounts]]\nsystem_id = "two"\npassword = "pw"\napi_key = "k"\n'
    )
    demo, two = config.accounts
    assert (demo.tps, demo.default_sender) == (9.0, "Shop")
    assert (two.tps, two.default_sender) == (5.0, "Shop")


def test_defaults_are_kept_for_the_accounts_of_the_directory(load: Load) -> None:
    config = load('[defaults]\ndefault_sender = "Shop"\n')
    assert config.defaults == Account(system_id="", password="", api_key="", default_sender="Shop")


@pytest.mark.parametrize("key", ["system_id", "password", "api_key"])
def test_defaults_cannot_name_an_account(key: str, complain: Complain) -> None:
    assert complain(f'[defaults]\n{key} = "x"\n') == [
        f"config.toml:2: defaults.{key}: "
        "expected a setting that accounts can share, found one that each has alone"
    ]


def test_a_system_id_used_twice_is_told_with_both_places(complain: Complain) -> None:
    assert complain(DEMO + DEMO) == [
        "config.toml:6: accounts[1].system_id: "
        'expected a name that no other account has (config.toml:2 has it), found "demo"'
    ]


def test_tls_settings_are_read(load: Load, folder: Path, pem_pair: tuple[Path, Path]) -> None:
    certificate, key = pem_pair
    config = load(
        f'tls = {{ certificate = "{certificate.name}", private_key = "{key}", '
        f'minimum_version = "1.3", client_ca = "{certificate}" }}'
    )
    assert config.tls is not None
    assert config.tls.certificate == folder / certificate.name
    assert config.tls.minimum_version is TlsVersion.TLS_1_3
    assert config.tls.client_ca == certificate


def test_the_default_certificate_is_looked_for_beside_the_file(complain: Complain) -> None:
    assert complain("[tls]\n") == [
        "config.toml:1: tls.certificate: expected the path of a certificate file, "
        "found none at HERE/var/tls/cert.pem",
        "config.toml:1: tls.private_key: expected the path of a private key file, "
        "found none at HERE/var/tls/key.pem",
    ]


def test_the_directory_section_is_read(load: Load) -> None:
    config = load('[directory]\nurl = "https://x"\nkey = { env = "DEMO_API_KEY" }\nttl = "1m"\n')
    assert config.directory == Directory(
        url="https://x", key="key-from-the-environment", ttl=60.0, timeout=5.0
    )


# Values that stand elsewhere.


@pytest.mark.parametrize(
    ("content", "meant"), [("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret")]
)
def test_a_file_gives_its_text_without_the_last_line_end(
    content: str, meant: str, load: Load, folder: Path
) -> None:
    (folder / "key").write_text(content, newline="")
    config = load('[[accounts]]\nsystem_id = "a"\npassword = "p"\napi_key = { file = "key" }\n')
    assert config.accounts[0].api_key == meant


def test_only_one_line_end_is_taken_off_a_file(complain: Complain, folder: Path) -> None:
    (folder / "key").write_text("secret\n\n")
    (said,) = complain(
        '[[accounts]]\nsystem_id = "a"\npassword = "p"\napi_key = { file = "key" }\n'
    )
    assert said.endswith("found what the file key holds")


def test_the_credentials_directory_is_put_in(folder: Path) -> None:
    credentials = folder / "credentials"
    credentials.mkdir()
    (credentials / "api-key").write_text("from-systemd")
    path = folder / "config.toml"
    path.write_text(
        '[[accounts]]\nsystem_id = "a"\npassword = "p"\n'
        'api_key = { file = "$CREDENTIALS_DIRECTORY/api-key" }\n'
    )
    config = load_config(path, env={"CREDENTIALS_DIRECTORY": str(credentials)})
    assert config.accounts[0].api_key == "from-systemd"


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"\xff\n", "expected UTF-8 text in the file HERE/key, found other octets"),
        (b"x" * 65_537, "expected at most 65536 octets in the file HERE/key, found more"),
    ],
)
def test_a_file_that_is_no_short_text_is_refused(
    octets: bytes, said: str, complain: Complain, folder: Path
) -> None:
    (folder / "key").write_bytes(octets)
    lines = complain('directory = { url = "https://x", key = { file = "key" } }')
    assert lines == [f"config.toml:1: directory.key: {said}"]


def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(
    complain: Complain, folder: Path
) -> None:
    os.mkfifo(folder / "pipe")
    [line] = complain('directory = { url = "https://a.example", key = { file = "pipe" } }')
    assert line == "config.toml:1: directory.key: expected a readable file HERE/pipe, found a pipe"
    [line] = complain('accounts_file = "pipe"')
    assert line == "HERE/pipe: expected a readable file, found a pipe"


@settings(max_examples=30)
@given(secret=st.text(st.characters(codec="ascii")).map(lambda rest: f"sesame{rest}"))
def test_no_secret_shows_in_a_problem(
    secret: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import tomli_w

    folder = tmp_path_factory.mktemp("secret")
    account = {"system_id": "demo", "password": secret + "é", "api_key": secret + " "}
    table = {
        "platform": {"regions_api_key": secret + " "},
        "directory": {"url": "https://x", "key": {"env": "KEY"}},
        "accounts": [account],
    }
    path = folder / "c"
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={"KEY": secret + " "})
    told = "\n".join(problem.found for problem in caught.value.problems)
    assert len(caught.value.problems) == 4
    assert "sesame" not in told


def test_no_secret_shows_in_a_repr(load: Load) -> None:
    config = load(
        '[platform]\nregions_api_key = "sesame-1"\n'
        '[directory]\nurl = "https://x"\nkey = "sesame-2"\n'
        '[[accounts]]\nsystem_id = "a"\npassword = "sesame-3"\napi_key = "sesame-4"\n'
    )
    assert "sesame" not in repr(config)


# The accounts file.


def test_accounts_of_the_second_file_come_after_those_of_the_first(
    load: Load, folder: Path
) -> None:
    (folder / "accounts.toml").write_text(
        '[[accounts]]\nsystem_id = "two"\npassword = "p"\napi_key = "k"\ntps = 1\n'
    )
    config = load(f'accounts_file = "accounts.toml"\n[defaults]\nmax_sessions = 3\n{DEMO}')
    assert [account.system_id for account in config.accounts] == ["demo", "two"]
    assert [account.max_sessions for account in config.accounts] == [3, 3]


def test_problems_of_the_second_file_carry_its_name(complain: Complain, folder: Path) -> None:
    (folder / "accounts.toml").write_text(
        '[listen]\n\n[[accounts]]\nsystem_id = "demo"\npassword = "p"\ntps = "x"\n'
    )
    assert complain(f'accounts_file = "accounts.toml"\nlog.level = "x"\n{DEMO}') == [
        'config.toml:2: log.level: expected "debug", "info", "warning" or "error", found "x"',
        "HERE/accounts.toml:1: listen: expected a setting that exists, "
        "found one of the top of config.toml",
        f"HERE/accounts.toml:3: accounts[0].api_key: expected {KEY}, found nothing",
        "HERE/accounts.toml:4: accounts[0].system_id: "
        'expected a name that no other account has (config.toml:4 has it), found "demo"',
        "HERE/accounts.toml:6: accounts[0].tps: "
        'expected a number from 0 to 10000 or "unlimited", found "x"',
    ]


def test_a_broken_second_file_is_told_beside_the_problems_of_the_first(
    complain: Complain, folder: Path
) -> None:
    (folder / "accounts.toml").write_text("[[accounts]\n")
    first, second = complain('accounts_file = "accounts.toml"\nlog.level = "x"\n')
    assert first.startswith("config.toml:2: log.level")
    assert second.startswith("HERE/accounts.toml:1: expected valid TOML")


# Files that are no configuration at all.


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"a = 1\nb\n", "config.toml:2: expected valid TOML at column 2, "),
        (b"a = 1\na = 2\n", "config.toml:2: expected valid TOML at column 6, "),
        (b'x = """\nabc\n', "config.toml:3: expected valid TOML, "),
        (b"a = " + b"9" * 5000, "config.toml: expected valid TOML, "),
        (b"a = 1\n# caf\xe9\n", "config.toml:2: expected UTF-8 text, found the octet 0xe9"),
        (b"a = " + b"[" * 5000, "config.toml: expected arrays and tables of sensible depth, "),
    ],
)
def test_a_file_that_is_not_toml_is_told_with_its_line(
    octets: bytes, said: str, folder: Path
) -> None:
    path = Path("config.toml")
    path.write_bytes(octets)
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={})
    assert str(caught.value).startswith(said)
    assert len(caught.value.problems) == 1


def test_a_missing_file_is_told(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(Path("none.toml"), env={})
    assert str(caught.value) == (
        "none.toml: expected a readable file, found No such file or directory"
    )


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(folder: Path) -> None:
    path = Path("config.toml")
    path.write_bytes(b'\xef\xbb\xbf[log]\r\nlevel = "x"\r\n')
    with pytest.raises(ConfigError) as caught:
        load_config(path, env={})
    assert str(caught.value).startswith("config.toml:2: log.level: ")


# Warnings.


def test_a_file_without_remarks_has_no_warnings(load: Load, hashed: str) -> None:
    assert (
        load(f'[[accounts]]\nsystem_id = "a"\npassword = "{hashed}"\napi_key = "k"\n').warnings
        == ()
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_secret_that_others_may_read_gives_one_warning(
    mode: int, load: Load, folder: Path, hashed: str
) -> None:
    (folder / "key").write_text("secret")
    (folder / "key").chmod(mode)
    account = f'password = "{hashed}"\napi_key = {{ file = "key" }}\n'
    config = load(
        f'[[accounts]]\nsystem_id = "a"\n{account}[[accounts]]\nsystem_id = "b"\n{account}'
    )
    assert config.warnings == (
        f"{folder}/key: holds a secret, and its group or others may read it (mode {mode:04o}); "
        "chmod 600",
    )


def test_a_secret_that_only_its_owner_may_read_gives_no_warning(
    load: Load, folder: Path, hashed: str
) -> None:
    (folder / "key").write_text("secret")
    (folder / "key").chmod(0o400)
    config = load(
        f'[[accounts]]\nsystem_id = "a"\npassword = "{hashed}"\napi_key = {{ file = "key" }}\n'
    )
    assert config.warnings == ()


def test_an_accounts_file_that_is_not_there_yet_gives_a_warning(load: Load, folder: Path) -> None:
    config = load(f'\naccounts_file = "accounts.toml"\n{DEMO}')
    assert config.accounts_file == folder / "accounts.toml"
    assert config.warnings[0] == (
        f"config.toml:2: accounts_file: {folder}/accounts.toml is not there yet, "
        "so there are no accounts from it"
    )
