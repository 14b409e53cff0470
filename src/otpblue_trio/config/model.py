"""The settings as frozen values: what `config.toml` means once it is read.

Each field's metadata holds a `Setting`: the comment for the operator and the `Kind` that says what
the value must be. The loader, the error texts, the starter configuration and the shipped
config.toml all read it from there, so that each fact about a setting stands once.

Durations are seconds. Paths are absolute when the path given to `load_config` was. Everything has
a default, so an embedder writes `Config(accounts=(...))`; values made in Python are not checked
again.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from otpblue_trio.config.accounts import ACCOUNT_SETTINGS, NO_ACCOUNT
from otpblue_trio.config.addresses import ListenAddress
from otpblue_trio.config.choices import (
    ClientCertificates,
    Environment,
    LogFormat,
    LogLevel,
    NumberPrivacy,
    PlatformKind,
    StoreFailure,
    TlsVersion,
)
from otpblue_trio.config.kinds import choice, optional_path
from otpblue_trio.config.services import Directory, Log, Platform, Policy, Simulator, Store
from otpblue_trio.config.serving import Limits, Listen, Tls
from otpblue_trio.config.values import Setting, about, setting_of
from otpblue_trio.policy.types import Account

__all__ = [
    "Account",
    "ClientCertificates",
    "Config",
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
    "Simulator",
    "Store",
    "StoreFailure",
    "Tls",
    "TlsVersion",
    "settings_of",
]


def _section(comment: str) -> dict[str, object]:
    return {"section": comment}


@attrs.frozen(kw_only=True)
class Config:
    """The whole configuration."""

    environment: Environment = attrs.field(
        default=Environment.DEVELOPMENT,
        metadata=about(
            '"production" refuses development certificates, plain passwords, the simulator and '
            "http:// addresses.",
            choice(Environment),
        ),
    )
    accounts_file: Path | None = attrs.field(
        default=None,
        metadata=about(
            "A second file with [[accounts]], which the `account` commands write.",
            optional_path("an accounts file", must_exist=False),
            example="accounts.toml",
            is_live=True,
        ),
    )
    listen: Listen = attrs.field(
        factory=Listen, metadata=_section("Where connections are accepted.")
    )
    tls: Tls | None = attrs.field(
        default=None,
        metadata=_section(
            "The server's certificate. Without this section a development certificate is made "
            "under var/. SIGHUP reads the files again."
        ),
    )
    limits: Limits = attrs.field(
        factory=Limits, metadata=_section("Bounds on connections, sessions and PDUs.")
    )
    platform: Platform = attrs.field(
        factory=Platform, metadata=_section("The platform that delivers the messages.")
    )
    simulator: Simulator = attrs.field(
        factory=Simulator,
        metadata=_section(
            "The simulated platform. The outcome follows the destination's last four digits: "
            "0150 has no iMessage, 0720 no capacity, and so on."
        ),
    )
    policy: Policy = attrs.field(
        factory=Policy, metadata=_section("How decisions about messages are made.")
    )
    store: Store = attrs.field(
        factory=Store,
        metadata=_section("Receipts that wait for a receiver, and records of messages (CDRs)."),
    )
    directory: Directory | None = attrs.field(
        default=None,
        metadata=_section(
            "The back office's account directory. Without this section only the accounts "
            "configured here exist; with it those come first."
        ),
    )
    log: Log = attrs.field(factory=Log, metadata=_section("The log on standard error."))
    defaults: Account = attrs.field(
        default=NO_ACCOUNT,
        metadata=_section(
            "Account settings for every account that does not set them itself, those of the "
            "directory included: every key of [[accounts]] but system_id, password and api_key."
        ),
    )
    """`[defaults]` as an account without name, password and key; the directory's accounts are
    made from it with `attrs.evolve`."""
    accounts: tuple[Account, ...] = attrs.field(
        default=(), metadata=_section("One SMPP account; repeat the section for each.")
    )
    """Those of `[[accounts]]`, then those of `accounts_file`; `defaults` are merged in."""
    base_dir: Path = Path()
    """The folder of config.toml; relative paths start here."""
    warnings: tuple[str, ...] = ()
    """One line for each thing that is no error and should be known; never a secret."""


def settings_of(section: type) -> dict[str, Setting]:
    """Return the settings of one settings class, or of `Account`, by name, in file order."""
    if section is Account:
        return dict(ACCOUNT_SETTINGS)
    found = {field.name: setting_of(field) for field in attrs.fields(section)}
    return {name: setting for name, setting in found.items() if setting is not None}
