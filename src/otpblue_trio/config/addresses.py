"""Addresses to listen on, as they stand in the configuration: `host:port`."""

from __future__ import annotations

import re

import attrs

__all__ = ["ListenAddress", "parse_listen_address"]

_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+(?:%[0-9A-Za-z_.-]+)?)\]:([0-9]{1,5})")
_NAMED = re.compile(r"([0-9A-Za-z_.-]+):([0-9]{1,5})")


@attrs.frozen
class ListenAddress:
    """A host and a port to listen on."""

    host: str
    """An IPv4 or IPv6 address or a host name; IPv6 without brackets."""
    port: int
    """0-65535; 0 takes a free port."""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen_address(text: str) -> ListenAddress:
    """Return the address that `host:port` or `[IPv6 address]:port` means.

    Raises:
      ValueError: the text is nothing of that kind, or the port is above 65535.
    """
    match = _BRACKETED.fullmatch(text) or _NAMED.fullmatch(text)
    if match is None or int(match[2]) > 65535:
        msg = "not an address to listen on"
        raise ValueError(msg)
    return ListenAddress(match[1], int(match[2]))
