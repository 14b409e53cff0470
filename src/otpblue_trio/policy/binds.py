"""Who may try to bind: blocked addresses, allowed networks, the limits of the bind's fields.

Theory of operation of `BindGate`. Every attempt counts as a failure when it begins, before the
password is looked at, and a success takes that one attempt back. So however many binds an address
sends at once, no more passwords are tried than the block allows; and an attacker who has one good
account gets no failure forgiven by using it. When the failures of the last `failure_decay` seconds
reach the threshold, the address is blocked for `block_duration` and then begins anew.

Memory is bounded. Addresses that are merely counted are forgotten first, the longest unused one
first; a blocked one only when every remembered address is blocked, and then the one whose block
ends first. To be forgotten that way takes `max_addresses` other addresses with a block each, that
is more guesses than the forgotten address gets anew.

An IPv6 address counts with its whole /64, which is what one subscriber has.

Basis: integration guide, "Authentication & IP Security".
"""

from __future__ import annotations

import math
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING

from otpblue_trio.policy.verdicts import Reason
from otpblue_trio.smpp import MAX_SYSTEM_ID_CHARACTERS

if TYPE_CHECKING:
    from otpblue_trio.policy.types import IpAddress, IpNetwork

__all__ = [
    "BindGate",
    "address_is_allowed",
    "check_bind_fields",
    "plain_address",
    "subject_of",
]

_MAX_PASSWORD_CHARACTERS = 64
"""More than SMPP 3.4 has (`smpp.MAX_PASSWORD_CHARACTERS`): users ask for it."""
_MAX_SYSTEM_TYPE_CHARACTERS = 12
_MAX_ADDRESS_RANGE_CHARACTERS = 40

_HOST_BITS = 64
"""Of an IPv6 address: what a subscriber chooses."""
_ABOVE_IPV4 = 1 << 32
_MAPPED_BITS = 96


class _Record:
    """What one address has done."""

    __slots__ = ("blocked_until", "failures", "undecided")

    def __init__(self) -> None:
        self.failures: list[float] = []
        self.undecided = 0
        self.blocked_until = -math.inf


class BindGate:
    """Counts failed binds per address and blocks addresses; one for the gateway.

    Call `is_blocked`, and if it says no, `attempt` without an await in between; then, once the
    check is done, exactly one of `succeeded` and `failed`. An attempt that is never decided stays
    a failure.

    Addresses are given as what they count as, see `subject_of`.

    Args:
      failures_before_block: this many failures block; at least 1.
      block_duration: seconds.
      failure_decay: seconds after which a failure is forgotten.
      max_addresses: how many addresses are remembered; at least 1.

    Raises:
      ValueError: a count below 1 or a negative duration.
    """

    def __init__(
        self,
        *,
        failures_before_block: int,
        block_duration: float,
        failure_decay: float,
        max_addresses: int = 10_000,
    ) -> None:
        if failures_before_block < 1 or max_addresses < 1:
            raise ValueError("failures_before_block and max_addresses must be 1 or more")
        if block_duration < 0 or failure_decay < 0:
            raise ValueError("block_duration and failure_decay must be 0 or more")
        self._threshold = failures_before_block
        self._block_duration = block_duration
        self._failure_decay = failure_decay
        self._max_addresses = max_addresses
        # In the order of the last attempt. A record is in one of the two.
        self._counted: dict[int, _Record] = {}
        self._blocked: dict[int, _Record] = {}

    def __len__(self) -> int:
        return len(self._counted) + len(self._blocked)

    def is_blocked(self, subject: int, now: float) -> bool:
        """Tell whether an address may not try now. Attempts not yet decided count as failures."""
        record = self._blocked.get(subject)
        if record is None:
            return False
        if now < record.blocked_until:
            return True
        del self._blocked[subject]
        return False

    def is_undecided(self, subject: int, now: float) -> bool:
        """Tell whether a block hangs on attempts whose checks have not ended.

        Twenty good sessions that reconnect at once look like twenty guesses until their passwords
        are checked. Where this is True, a bind may wait for `is_blocked` to say no instead of
        being refused.
        """
        record = self._blocked.get(subject)
        return (
            record is not None
            and now < record.blocked_until
            and len(record.failures) - record.undecided < self._threshold
        )

    def attempt(self, subject: int, now: float) -> None:
        """Count an attempt, as a failure, before it is checked."""
        if self.is_blocked(subject, now):
            return
        record = self._counted.pop(subject, None)
        if record is None:
            self._make_room(now)
            record = _Record()
        else:
            self._forget_old_failures(record, now)
        record.failures.append(now)
        record.undecided += 1
        if len(record.failures) >= self._threshold:
            record.blocked_until = now + self._block_duration
            self._blocked[subject] = record
        else:
            self._counted[subject] = record

    def succeeded(self, subject: int, now: float) -> None:
        """Take back one attempt: its password was right. It forgives nothing else."""
        record = self._decide(subject)
        if record is None:
            return
        # Which of several attempts at once it was makes no difference that anyone could use.
        record.failures.pop()
        if self._blocked.pop(subject, None) is not None:
            record.blocked_until = -math.inf
            self._counted[subject] = record
        self._forget_old_failures(record, now)
        if not record.failures:
            del self._counted[subject]

    def failed(self, subject: int) -> None:
        """Let an attempt stand as a failure: its check has ended, or was given up."""
        self._decide(subject)

    def _decide(self, subject: int) -> _Record | None:
        """Count one attempt as decided; None when there is none any more."""
        record = self._counted.get(subject) or self._blocked.get(subject)
        if record is None or not record.undecided:
            return None
        record.undecided -= 1
        return record

    def _forget_old_failures(self, record: _Record, now: float) -> None:
        record.failures = [at for at in record.failures if now - at < self._failure_decay]
        record.undecided = min(record.undecided, len(record.failures))

    def _make_room(self, now: float) -> None:
        """Forget whom there is nothing to remember of; then, if need be, one more."""
        if len(self) < self._max_addresses:
            return
        # In both, the first ones are over first.
        while self._blocked:
            subject, record = next(iter(self._blocked.items()))
            if record.blocked_until > now:
                break
            del self._blocked[subject]
        while self._counted:
            subject, record = next(iter(self._counted.items()))
            if now - record.failures[-1] < self._failure_decay:
                break
            del self._counted[subject]
        if len(self) >= self._max_addresses:
            victims = self._counted or self._blocked
            del victims[next(iter(victims))]


def plain_address(address: IpAddress) -> IpAddress:
    """Return an address that is the same however it came: `::ffff:192.0.2.1` is `192.0.2.1`."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def address_is_allowed(address: IpAddress, networks: tuple[IpNetwork, ...]) -> bool:
    """Tell whether an address is in one of the networks; no networks: any address is.

    An IPv4 address is the same whether it stands alone or as `::ffff:192.0.2.1`, on both sides.
    """
    if not networks:
        return True
    plain = plain_address(address)
    return any(plain in _unmapped_network(network) for network in networks)


def check_bind_fields(
    system_id: str, password: str, system_type: str, address_range: str
) -> Reason | None:
    """Return why the fields of a bind cannot be used, or None.

    The limits are those of SMPP 3.4, 4.1.1 less the NUL, and 64 characters for the password.
    """
    if len(system_id) > MAX_SYSTEM_ID_CHARACTERS or len(password) > _MAX_PASSWORD_CHARACTERS:
        return Reason.BAD_CREDENTIALS
    if (
        len(system_type) > _MAX_SYSTEM_TYPE_CHARACTERS
        or len(address_range) > _MAX_ADDRESS_RANGE_CHARACTERS
    ):
        return Reason.BAD_BIND_FIELD
    return None


def _unmapped_network(network: IpNetwork) -> IpNetwork:
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def subject_of(address: IpAddress) -> int:
    """Return what an address counts as: a number for itself, or for its IPv6 /64.

    A /64 is what one subscriber has; an IPv4 address is the same however it is written.
    """
    address = plain_address(address)
    if isinstance(address, IPv4Address):
        return int(address)
    return _ABOVE_IPV4 + (int(address) >> _HOST_BITS)
