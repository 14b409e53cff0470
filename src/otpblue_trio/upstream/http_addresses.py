"""Where the platform's host name leads, kept fresh beside the traffic.

A name is resolved in the background once its answer is older than the refresh time; meanwhile, and
when a resolution fails, the last good answer is used. Connection attempts go through the addresses
in the resolver's order, beginning with the one that worked last, or behind the one that failed
last: a dead address costs one attempt, not one for each connection.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import attrs
import trio

if TYPE_CHECKING:
    from otpblue_trio.http_text import HttpUrl

__all__ = ["Address", "AddressBook"]

_RETRY_INTERVAL = 5.0
"""Seconds until a failed resolution is tried again while an older answer serves."""


@attrs.frozen
class Address:
    """One socket address to connect to."""

    family: int
    socket_address: tuple[str, int] | tuple[str, int, int, int]

    def __str__(self) -> str:
        return self.socket_address[0]


class AddressBook:
    """The addresses of one host.

    Args:
      url: whose host is looked up; a literal IP address never is.
      refresh: seconds after which an answer is looked up again, above 0.
    """

    def __init__(self, url: HttpUrl, *, refresh: float) -> None:
        self._host = url.host
        self._port = url.port
        self._refresh = refresh
        self._addresses: tuple[Address, ...] = ()
        self._first = 0
        self._due = 0.0
        self._is_literal = False
        literal = url.ip_address
        if literal is not None:
            self._is_literal = True
            if literal.version == 6:
                address = Address(socket.AF_INET6, (str(literal), url.port, 0, 0))
            else:
                address = Address(socket.AF_INET, (str(literal), url.port))
            self._addresses = (address,)

    def candidates(self) -> tuple[Address, ...]:
        """Return the known addresses in the order to try them; empty while none is known."""
        return self._addresses[self._first :] + self._addresses[: self._first]

    def is_due(self, now: float) -> bool:
        """True when the name should be looked up (again)."""
        return not self._is_literal and (not self._addresses or now >= self._due)

    def prefer(self, address: Address) -> None:
        """Begin with this address from now on; it is forgotten if no longer known."""
        if address in self._addresses:
            self._first = self._addresses.index(address)

    def avoid(self, address: Address) -> None:
        """Begin behind this address from now on, if it is the one to begin with."""
        if self._addresses and self._addresses[self._first] == address:
            self._first = (self._first + 1) % len(self._addresses)

    async def look_up(self) -> str:
        """Ask the resolver; return why that failed, or an empty string.

        The addresses known before stay in use when it fails. Cancelling changes nothing.
        """
        try:
            found = await trio.socket.getaddrinfo(
                self._host, self._port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
            )
        except (OSError, UnicodeError) as error:
            self._due = trio.current_time() + min(self._refresh, _RETRY_INTERVAL)
            return f"no address: {getattr(error, 'strerror', None) or 'name not usable'}"
        preferred = self._addresses[self._first] if self._addresses else None
        self._addresses = tuple(
            Address(family, where)  # type: ignore[arg-type]  # AF_INET and AF_INET6 only
            for family, _, _, _, where in found
        )
        self._due = trio.current_time() + self._refresh
        self._first = 0
        if preferred is not None:
            self.prefer(preferred)
        return "" if self._addresses else "no address: the resolver gave none"
