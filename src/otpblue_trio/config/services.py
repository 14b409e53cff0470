"""The settings of what the gateway uses: platform, store, directory, log."""

from __future__ import annotations

from pathlib import Path

import attrs

from otpblue_trio.config.choices import (
    LogFormat,
    LogLevel,
    NumberPrivacy,
    PlatformKind,
    StoreFailure,
)
from otpblue_trio.config.kinds import (
    BOOLEAN,
    SECRET,
    URL,
    choice,
    duration,
    optional_path,
    secret,
    whole_number,
)
from otpblue_trio.config.values import about

__all__ = [
    "Directory",
    "Log",
    "Platform",
    "Policy",
    "Simulator",
    "Store",
]


@attrs.frozen(kw_only=True)
class Platform:
    """The platform that delivers the messages."""

    kind: PlatformKind = attrs.field(
        default=PlatformKind.SIMULATOR,
        metadata=about(
            '"http" is the real platform at `url`; "simulator" sends nothing to anybody.',
            choice(PlatformKind),
        ),
    )
    url: str = attrs.field(
        default="https://api.otpblue.com/imsg/api/v1.1/otp/send/",
        metadata=about("Where one message is sent; the last slash is part of it.", URL),
    )
    regions_url: str = attrs.field(
        default="https://api.otpblue.com/imsg/api/v1/otp/available-regions/",
        metadata=about("Where the regions open for sending are asked.", URL),
    )
    history_url: str = attrs.field(
        default="https://api.otpblue.com/imsg/api/v1/otp/history/requests/",
        metadata=about("Where `otpblue-trio reconcile` asks about past requests.", URL),
    )
    timeout: float = attrs.field(
        default=10.0,
        metadata=about(
            "The longest wait for the platform's answer to one message.", duration("10ms", "5m")
        ),
    )
    max_connections: int = attrs.field(
        default=2000,
        metadata=about(
            "Connections to the platform at once; each carries one message at a time.",
            whole_number(1, 100_000),
        ),
    )
    max_queue: int = attrs.field(
        default=10_000,
        metadata=about(
            "Messages that wait for a connection; one more is answered with a system error.",
            whole_number(1, 1_000_000),
        ),
    )
    ca_file: Path | None = attrs.field(
        default=None,
        metadata=about(
            "PEM file with the authority of the platform's certificate, where it is not a public "
            "one.",
            optional_path("a CA file", must_exist=True),
        ),
    )
    regions_refresh: float = attrs.field(
        default=3600.0,
        metadata=about(
            'How often the open regions are asked again; "0s": only the built-in list.',
            duration("1s", "30d", zero=True),
        ),
    )
    regions_api_key: str = attrs.field(
        default="",
        repr=False,
        metadata=about(
            "The key for that call; left out: the first account's.",
            secret(optional=True),
            example={"env": "OTPBLUE_REGIONS_KEY"},
        ),
    )
    duplicate_window: float = attrs.field(
        default=5.0,
        metadata=about(
            "A delivered message that comes again within this time gets the same answer and is "
            "not sent twice; 0 turns that off.",
            duration("10ms", "1h", zero=True),
        ),
    )


@attrs.frozen(kw_only=True)
class Simulator:
    """How the embedded simulator behaves; outcomes follow the destination's last four digits."""

    latency: float = attrs.field(
        default=0.12,
        metadata=about("How long an answer takes on average.", duration("1ms", "1h", zero=True)),
    )
    jitter: float = attrs.field(
        default=0.04,
        metadata=about(
            "How far a single answer may be from that.", duration("1ms", "1h", zero=True)
        ),
    )


@attrs.frozen(kw_only=True)
class Policy:
    """How decisions about messages are made."""

    fast_phone: bool = attrs.field(
        default=True,
        metadata=about(
            "Check phone numbers with tables made at start from the phonenumbers package, which "
            "is ten times faster; false asks the package itself for every number.",
            BOOLEAN,
        ),
    )


@attrs.frozen(kw_only=True)
class Store:
    """What survives a restart: receipts that wait, and records of what was done (CDRs)."""

    path: Path | None = attrs.field(
        default=Path("var/otpblue.db"),
        metadata=about(
            'The database file; "" keeps everything in memory only.',
            optional_path("a database file", must_exist=False),
        ),
    )
    receipt_ttl: float = attrs.field(
        default=86_400.0,
        metadata=about(
            "A receipt that nobody took is dropped after this time.", duration("1s", "365d")
        ),
    )
    cdr_retention: float = attrs.field(
        default=2_592_000.0,
        metadata=about("Records are deleted after this time.", duration("1s", "3650d")),
    )
    number_privacy: NumberPrivacy = attrs.field(
        default=NumberPrivacy.MASK,
        metadata=about(
            "How phone numbers stand in the records: without their last digits, as a hash, or "
            "whole.",
            choice(NumberPrivacy),
        ),
    )
    on_failure: StoreFailure = attrs.field(
        default=StoreFailure.CONTINUE,
        metadata=about(
            'While the store cannot be written: "continue" sends messages without records, '
            '"refuse" answers them with a system error.',
            choice(StoreFailure),
        ),
    )


@attrs.frozen(kw_only=True)
class Directory:
    """The back office's account directory, asked for accounts that are not configured here."""

    url: str = attrs.field(
        metadata=about("The directory's base URL.", URL, example="https://backend.example.com")
    )
    key: str = attrs.field(
        repr=False,
        metadata=about(
            "The key that the directory asks for.",
            SECRET,
            example={"env": "OTPBLUE_DIRECTORY_KEY"},
        ),
    )
    ttl: float = attrs.field(
        default=1800.0,
        metadata=about("How long an answer is kept.", duration("10ms", "30d")),
    )
    timeout: float = attrs.field(
        default=5.0,
        metadata=about("The longest wait for an answer.", duration("10ms", "5m")),
    )


@attrs.frozen(kw_only=True)
class Log:
    """The log on standard error."""

    level: LogLevel = attrs.field(
        default=LogLevel.INFO,
        metadata=about("The least severe lines written.", choice(LogLevel), is_live=True),
    )
    format: LogFormat = attrs.field(
        default=LogFormat.AUTO,
        metadata=about('"auto" is text on a terminal and JSON elsewhere.', choice(LogFormat)),
    )
