"""The words that settings choose among."""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "ClientCertificates",
    "Environment",
    "LogFormat",
    "LogLevel",
    "NumberPrivacy",
    "PlatformKind",
    "StoreFailure",
    "TlsVersion",
]


class Environment(StrEnum):
    """What the gateway is run for; production refuses what only suits a test."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class TlsVersion(StrEnum):
    """The oldest TLS version that a client may use."""

    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


class ClientCertificates(StrEnum):
    """Whom a certificate is demanded of, where there is an authority to verify it with."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class PlatformKind(StrEnum):
    """What messages are handed to."""

    SIMULATOR = "simulator"
    HTTP = "http"


class NumberPrivacy(StrEnum):
    """How phone numbers stand in the records that are kept."""

    MASK = "mask"
    HASH = "hash"
    FULL = "full"


class StoreFailure(StrEnum):
    """What happens to messages while the store cannot be written."""

    CONTINUE = "continue"
    REFUSE = "refuse"


class LogLevel(StrEnum):
    """The least severe log lines that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line is written; AUTO is text on a terminal and JSON elsewhere."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"
