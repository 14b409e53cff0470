"""The settings of the side that clients see: listeners, certificates, limits."""

from __future__ import annotations

from pathlib import Path

import attrs

from otpblue_trio.config.addresses import ListenAddress
from otpblue_trio.config.choices import ClientCertificates, TlsVersion
from otpblue_trio.config.kinds import (
    ADDRESSES,
    ADMIN_ADDRESS,
    NETWORK,
    array_of,
    choice,
    duration,
    existing_file,
    optional_path,
    whole_number,
)
from otpblue_trio.config.values import about
from otpblue_trio.policy.types import IpNetwork

__all__ = [
    "Limits",
    "Listen",
    "Tls",
]


@attrs.frozen(kw_only=True)
class Listen:
    """Where connections are accepted."""

    tls: tuple[ListenAddress, ...] = attrs.field(
        default=(ListenAddress("0.0.0.0", 2776), ListenAddress("::", 2776)),  # noqa: S104  a server's listeners are for all
        metadata=about(
            "SMPP over TLS. Port 0 takes a free port; the real one is printed and logged.",
            ADDRESSES,
        ),
    )
    plain: tuple[ListenAddress, ...] = attrs.field(
        default=(),
        metadata=about(
            "SMPP without TLS, for test environments only: passwords and codes travel readable.",
            ADDRESSES,
            example=["127.0.0.1:2775"],
        ),
    )
    admin: ListenAddress | None = attrs.field(
        default=ListenAddress("127.0.0.1", 8080),
        metadata=about(
            'Health, readiness, metrics and a live feed over HTTP; "" turns it off.', ADMIN_ADDRESS
        ),
    )
    proxy_protocol_from: tuple[IpNetwork, ...] = attrs.field(
        default=(),
        metadata=about(
            "Load balancers whose PROXY protocol header (version 1 or 2) is believed.",
            array_of(NETWORK, "an array of IP networks"),
            example=["10.0.0.0/8"],
        ),
    )


@attrs.frozen(kw_only=True)
class Tls:
    """The server's certificate, and what is asked of clients."""

    certificate: Path = attrs.field(
        default=Path("var/tls/cert.pem"),
        metadata=about(
            "PEM file with the server's certificate and then its intermediates.",
            existing_file("a certificate file"),
            is_live=True,
        ),
    )
    private_key: Path = attrs.field(
        default=Path("var/tls/key.pem"),
        metadata=about(
            "PEM file with the certificate's private key, not encrypted. ECDSA keys make the "
            "cheapest handshakes.",
            existing_file("a private key file", holds_secret=True),
            is_live=True,
        ),
    )
    minimum_version: TlsVersion = attrs.field(
        default=TlsVersion.TLS_1_2,
        metadata=about("The oldest TLS version accepted.", choice(TlsVersion), is_live=True),
    )
    client_ca: Path | None = attrs.field(
        default=None,
        metadata=about(
            "PEM file with certificate authorities that client certificates are verified with.",
            optional_path("a CA file", must_exist=True),
            is_live=True,
        ),
    )
    client_certificates: ClientCertificates = attrs.field(
        default=ClientCertificates.REQUIRED,
        metadata=about(
            'With client_ca: "required" lets no client in without a certificate of one of the '
            'authorities; "optional" leaves it to the accounts (client_certificate_names).',
            choice(ClientCertificates),
            is_live=True,
        ),
    )


@attrs.frozen(kw_only=True)
class Limits:
    """Bounds on connections, sessions and PDUs."""

    max_connections: int = attrs.field(
        default=1000,
        metadata=about(
            "SMPP connections at once over all listeners; one more is closed at once.",
            whole_number(1, 1_000_000),
        ),
    )
    max_connections_per_address: int = attrs.field(
        default=50,
        metadata=about(
            "SMPP connections at once from one IP address; an IPv6 address counts with its whole "
            "/64.",
            whole_number(1, 1_000_000),
        ),
    )
    uncapped_networks: tuple[IpNetwork, ...] = attrs.field(
        default=(),
        metadata=about(
            "Networks that max_connections_per_address does not bind, such as those of an "
            "aggregator with many sessions behind one address.",
            array_of(NETWORK, "an array of IP networks"),
            example=["198.51.100.0/24"],
        ),
    )
    pre_bind_timeout: float = attrs.field(
        default=30.0,
        metadata=about(
            "From the connection to the answered bind, TLS handshake included.",
            duration("10ms", "1h"),
        ),
    )
    inactivity_timeout: float = attrs.field(
        default=90.0,
        metadata=about(
            "A session that sends neither enquire_link nor submit_sm for so long is closed.",
            duration("10ms", "24h"),
        ),
    )
    max_session_duration: float = attrs.field(
        default=86_400.0,
        metadata=about(
            "A session is closed after this time even when it is busy.", duration("10ms", "365d")
        ),
    )
    drain_timeout: float = attrs.field(
        default=20.0,
        metadata=about(
            "When the gateway stops: time for outstanding answers and receipts. Keep it below "
            "the service manager's stop timeout.",
            duration("10ms", "1h", zero=True),
        ),
    )
    max_pdu_octets: int = attrs.field(
        default=65_536,
        metadata=about(
            "The longest PDU read, header included, in octets; a longer one ends the connection.",
            whole_number(1024, 1_048_576),
        ),
    )
    pdu_read_timeout: float = attrs.field(
        default=10.0,
        metadata=about(
            "A PDU that has begun to arrive must be complete within this time.",
            duration("10ms", "1h"),
        ),
    )
    write_timeout: float = attrs.field(
        default=30.0,
        metadata=about(
            "A peer that does not read what is sent to it is disconnected after this time.",
            duration("10ms", "1h"),
        ),
    )
    max_in_flight_per_session: int = attrs.field(
        default=500,
        metadata=about(
            "Messages of one session that wait for the platform; one more is throttled.",
            whole_number(1, 100_000),
        ),
    )
    max_in_flight_per_account: int = attrs.field(
        default=2000,
        metadata=about("The same over all sessions of an account.", whole_number(1, 1_000_000)),
    )
    max_in_flight: int = attrs.field(
        default=20_000,
        metadata=about(
            "The same over all accounts: the gateway's memory is bounded by it.",
            whole_number(1, 1_000_000),
        ),
    )
    receipt_window: int = attrs.field(
        default=100,
        metadata=about(
            "Delivery receipts sent to one session and not yet acknowledged.",
            whole_number(1, 10_000),
        ),
    )
    receipt_timeout: float = attrs.field(
        default=60.0,
        metadata=about(
            "A receipt not acknowledged within this time is sent again.", duration("10ms", "1h")
        ),
    )
    bind_failures_before_block: int = attrs.field(
        default=10,
        metadata=about(
            "Wrong passwords from one IP address that block it.", whole_number(1, 10_000)
        ),
    )
    bind_block_duration: float = attrs.field(
        default=900.0,
        metadata=about("How long such an address stays blocked.", duration("10ms", "30d")),
    )
    bind_failure_decay: float = attrs.field(
        default=600.0,
        metadata=about(
            "Each of an address's failures is forgotten after this time, by itself.",
            duration("10ms", "30d"),
        ),
    )
