"""The configuration: `config.toml` to frozen settings, and back.

`load_config` reads a file and tells every problem of it at once; `Config` and the classes of its
sections are what it gives.
"""

from otpblue_trio.config.accounts_file import read_accounts_table, write_accounts
from otpblue_trio.config.addresses import ListenAddress, parse_listen_address
from otpblue_trio.config.certificates import (
    SERVER_CIPHERS,
    CertificateError,
    development_certificate,
    load_authorities,
    load_pair,
)
from otpblue_trio.config.durations import format_duration, parse_duration
from otpblue_trio.config.load import load_config
from otpblue_trio.config.model import (
    ClientCertificates,
    Config,
    Directory,
    Environment,
    Limits,
    Listen,
    Log,
    LogFormat,
    LogLevel,
    NumberPrivacy,
    Platform,
    PlatformKind,
    Policy,
    Simulator,
    Store,
    StoreFailure,
    Tls,
    TlsVersion,
)
from otpblue_trio.config.problems import ConfigError, Problem
from otpblue_trio.config.reload import changes_needing_restart
from otpblue_trio.config.starter import shipped_config, starter_config
from otpblue_trio.policy.types import Account

__all__ = [
    "SERVER_CIPHERS",
    "Account",
    "CertificateError",
    "ClientCertificates",
    "Config",
    "ConfigError",
    "Directory",
    "Environment",
    "Limits",
    "Listen",
    "ListenAddress",
    "Log",
    "LogFormat",
    "LogLevel",
    "NumberPrivacy",
    "Platform",
    "PlatformKind",
    "Policy",
    "Problem",
    "Simulator",
    "Store",
    "StoreFailure",
    "Tls",
    "TlsVersion",
    "changes_needing_restart",
    "development_certificate",
    "format_duration",
    "load_authorities",
    "load_config",
    "load_pair",
    "parse_duration",
    "parse_listen_address",
    "read_accounts_table",
    "shipped_config",
    "starter_config",
    "write_accounts",
]
