"""Which TLS client certificate an account is bound to.

The TLS layer has verified by then that the certificate comes from an authority the operator trusts,
that it is valid now, and that the client holds its key. What is left is whether it is one that this
account may use: certificates of one authority must not open each other's accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from otpblue_trio.policy.types import Account

__all__ = ["ClientCertificate", "certificate_is_accepted", "requires_certificate"]


@attrs.frozen
class ClientCertificate:
    """What is known of a verified client certificate."""

    names: frozenset[str]
    """Common name and DNS subject alternative names, in lower case; wildcards stand for nothing."""
    fingerprint: str
    """SHA-256 of the whole certificate (DER), 64 hexadecimal digits in lower case."""


def requires_certificate(account: Account) -> bool:
    """Tell whether an account is bound to client certificates: it names at least one."""
    return bool(account.client_certificate_names or account.client_certificate_fingerprints)


def certificate_is_accepted(certificate: ClientCertificate | None, account: Account) -> bool:
    """Tell whether a connection may bind as an account, as far as its certificate goes.

    Args:
      certificate: the one the client showed; None without TLS, or when it showed none.
      account: one that names no certificate takes any client.
    """
    if not requires_certificate(account):
        return True
    return certificate is not None and (
        certificate.fingerprint in account.client_certificate_fingerprints
        or not certificate.names.isdisjoint(account.client_certificate_names)
    )
