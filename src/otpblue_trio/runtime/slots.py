"""The caps on connections: so many over all listeners, and so many of one address."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Generic, TypeVar

import trio

from otpblue_trio.policy.binds import address_is_allowed, subject_of
from otpblue_trio.runtime.observer import ConnectionRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from otpblue_trio.policy.types import IpAddress
    from otpblue_trio.runtime.protocols import GatewayLimits

__all__ = ["ConnectionSlots"]

_HolderT = TypeVar("_HolderT")


class ConnectionSlots(Generic[_HolderT]):
    """The connections that hold a slot; its length is their number, and one may go through them.

    Nothing here waits: a peer that is refused will try again, and would do so in a queue as well.

    Args:
      limits: the caps, and the networks that the cap per address does not bind.
    """

    def __init__(self, limits: GatewayLimits) -> None:
        self._limits = limits
        self._limiter = trio.CapacityLimiter(limits.max_connections)
        self._held: dict[_HolderT, int | None] = {}
        """With the address that each counts under; None where none does, and until it is told."""
        self._of_address: Counter[int] = Counter()
        """Connections of each address that the cap per address binds."""

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[_HolderT]:
        return iter(self._held)

    def take(self, connection: _HolderT) -> ConnectionRefusal | None:
        """Take a slot, or return why there is none; whoever has taken one gives it back."""
        try:
            self._limiter.acquire_on_behalf_of_nowait(connection)
        except trio.WouldBlock:
            return ConnectionRefusal.GLOBAL_CAP
        self._held[connection] = None
        return None

    def count_address(self, connection: _HolderT, address: IpAddress) -> ConnectionRefusal | None:
        """Count a connection under its address, or return why it may not stay.

        Args:
          connection: holds a slot, and keeps it either way; counted once at most.
          address: where it comes from.
        """
        uncapped = self._limits.uncapped_networks
        if uncapped and address_is_allowed(address, uncapped):
            return None
        subject = subject_of(address)
        if self._of_address[subject] >= self._limits.max_connections_per_address:
            return ConnectionRefusal.ADDRESS_CAP
        self._of_address[subject] += 1
        self._held[connection] = subject
        return None

    def give_back(self, connection: _HolderT) -> None:
        """Give back a slot, and what counts under its address."""
        self._limiter.release_on_behalf_of(connection)
        subject = self._held.pop(connection)
        if subject is not None:
            self._of_address[subject] -= 1
            if not self._of_address[subject]:
                del self._of_address[subject]
