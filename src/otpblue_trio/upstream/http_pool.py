"""The connections of one client: which there are, which is next, which must go.

Resting connections stand in the order in which they came to rest. The one that came last is used
first, so under falling load the others rest long enough to be closed, and the first in line is
always the one whose rest ends first. Attempts to connect stand in the order in which they began.
As all of a kind get the same time, looking at the first of each line is all that expiry takes, and
taking one out of the middle costs no search.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

import attrs

from otpblue_trio.upstream.http_addresses import Address
from otpblue_trio.upstream.http_connection import Connection, reason_of

__all__ = ["ConnectFailure", "ConnectionPool", "Opener", "PoolLimits"]

_OURS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})
"""What this machine lacks; it says nothing about the platform."""

_MAX_CONNECTING = 128
"""Attempts at once. A burst must not turn into a thousand TLS handshakes (about 1 ms of CPU each)
that nobody needs any more when they are done; tried with 1,000 requests at once."""


@attrs.frozen(kw_only=True)
class PoolLimits:
    """How many connections, and for how long; times in seconds, all above 0."""

    max_connections: int
    """Established ones and attempts together."""
    connect_timeout: float
    """For one address, TLS handshake included."""
    idle_lifetime: float
    """Rest after which a connection is closed."""
    max_age: float
    """Age at which a connection is not used again once its answer is there."""


@attrs.frozen
class ConnectFailure:
    """Why no attempt to connect could begin."""

    detail: str
    """For the log."""
    is_ours: bool
    """This machine has no descriptor or port left, or no memory."""


Opener = Callable[[Address, Sequence[Address], float], Connection]
"""Begins an attempt: address, fallbacks, now; raises OSError when it fails at once."""


class ConnectionPool:
    """Keeps the connections; its owner decides what they are for.

    Args:
      open_connection: begins an attempt.
      limits: numbers and times.
    """

    def __init__(self, open_connection: Opener, limits: PoolLimits) -> None:
        self._open_connection = open_connection
        self._limits = limits
        self._all: set[Connection] = set()
        self._resting: dict[Connection, None] = {}
        self._connecting: dict[Connection, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def take(self) -> Connection | None:
        """Return a resting connection that is fit for a request, the last used one first."""
        resting = self._resting
        while resting:
            connection, _ = resting.popitem()
            if connection.is_fit():
                return connection
        return None

    def rest(self, connection: Connection, now: float) -> None:
        """Keep an established connection for later."""
        connection.since = now
        connection.is_fresh = False
        self._resting[connection] = None

    def is_aged(self, connection: Connection, now: float) -> bool:
        """True when a connection should not carry another request."""
        return now - connection.opened_at >= self._limits.max_age

    def wants_attempt(self, waiting: int) -> bool:
        """Whether so many waiting requests call for another attempt to connect."""
        return (
            len(self._connecting) < min(waiting, _MAX_CONNECTING)
            and len(self._all) < self._limits.max_connections
        )

    def connect(self, addresses: Sequence[Address], now: float) -> ConnectFailure | None:
        """Begin an attempt at the first address that does not fail at once.

        Args:
          addresses: one at least.
          now: Trio time.

        Returns:
          Why the last address failed when all of them did.
        """
        failure = None
        for index, address in enumerate(addresses):
            try:
                connection = self._open_connection(address, addresses[index + 1 :], now)
            except OSError as error:
                failure = ConnectFailure(f"{address}: {reason_of(error)}", error.errno in _OURS)
            else:
                self._all.add(connection)
                self._connecting[connection] = None
                return None
        return failure

    def established(self, connection: Connection) -> None:
        """Take note that an attempt came through."""
        del self._connecting[connection]

    def forget(self, connection: Connection) -> None:
        """Take a closed connection out."""
        self._all.discard(connection)
        self._resting.pop(connection, None)
        self._connecting.pop(connection, None)

    def expire(self, now: float) -> float:
        """End what has rested or tried too long; return when to look again.

        An attempt that ends here tells its owner so.
        """
        limits = self._limits
        for connection in _overdue(self._resting, limits.idle_lifetime, now):
            connection.close()
            self.forget(connection)
        for connection in _overdue(self._connecting, limits.connect_timeout, now):
            connection.give_up(f"no connection within {limits.connect_timeout:g} s")
        return min(
            _first_since(self._resting, now) + limits.idle_lifetime,
            _first_since(self._connecting, now) + limits.connect_timeout,
        )

    def close(self) -> None:
        """Close everything; nobody is told."""
        for connection in self._all:
            connection.close()
        for line in (self._all, self._resting, self._connecting):
            line.clear()


def _overdue(line: Iterable[Connection], time: float, now: float) -> list[Connection]:
    """Return those of a line that have stood in it for so long."""
    return list(takewhile(lambda connection: connection.since + time <= now, line))


def _first_since(line: Iterable[Connection], default: float) -> float:
    for connection in line:
        return connection.since
    return default
