"""What the store keeps: a record of each answered message, and receipts that are not done.

Codes and message texts have no field here, so they cannot be stored. Numbers are hidden in a repr.
"""

from __future__ import annotations

import attrs

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.hot import hot_frozen

__all__ = ["CdrEntry", "StoreError", "StoredReceipt"]


class StoreError(OtpBlueError):
    """The database must not be used, or could not be read; the message tells what to do."""


@hot_frozen
class CdrEntry:
    """One call detail record: what became of one submitted message."""

    time: float
    """Of the answer, in seconds since 1970."""
    system_id: str
    connection_id: int
    sequence_number: int
    destination: str = attrs.field(repr=False)
    """E.164 of what was sent, else as submitted. When read back: as it was kept."""
    region: str
    """ISO region, empty when the number was refused."""
    sender: str = attrs.field(repr=False)
    """The sender shown; one that is a number is kept in the way of the destination."""
    reason: str
    """A value of `policy.verdicts.Reason`."""
    command_status: int
    platform_code: int
    """The platform's error code or HTTP status, 0 where there was none."""
    message_id: str
    latency: float
    """Seconds from the read of the submit to its answer."""
    joined: bool
    """True when an identical message's outcome answered it and nothing was sent."""
    outcome_known: bool = True
    """False when the platform may have got the message and nobody knows what became of it."""


@hot_frozen
class StoredReceipt:
    """A delivery receipt that is owed to an ESME, with all that its deliver_sm needs."""

    receipt_id: int
    """From `Store.next_receipt_id`; 0: it cannot be kept."""
    system_id: str
    message_id: str
    source_addr_ton: int
    source_addr_npi: int
    source_addr: str = attrs.field(repr=False)
    """As it goes into the deliver_sm: the destination of the message."""
    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str = attrs.field(repr=False)
    """As it goes into the deliver_sm: the source of the message."""
    reason: str
    """A value of `policy.verdicts.Reason`."""
    receipt_error: str
    """`err`: three characters."""
    receipt_stat: str
    """`stat`: seven characters."""
    message_state: int
    submitted_at: float
    """In seconds since 1970."""
    done_at: float
    """In seconds since 1970; its lifetime begins here."""
    expires_at: float = 0.0
    """`done_at` plus the store's `receipt_ttl`: told by the store, not asked for by it."""
