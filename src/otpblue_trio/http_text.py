"""The texts that go into the head of an HTTP request, and the rules for them.

Pure, and below both the configuration and the clients: what `check` accepts a client can use.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import attrs

__all__ = ["MAX_HEADER_VALUE_CHARACTERS", "HttpUrl", "is_header_value", "parse_http_url"]

MAX_HEADER_VALUE_CHARACTERS = 1024
"""The longest value that is sent, far below the 8 KiB that common servers take for a whole head."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HEADER_VALUE = re.compile(
    rf"[\x21-\x7e](?:[\x20-\x7e]{{0,{MAX_HEADER_VALUE_CHARACTERS - 2}}}[\x21-\x7e])?"
)
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")


@attrs.frozen
class HttpUrl:
    """Where requests go: the parts of an `http` or `https` address."""

    is_tls: bool
    host: str
    """A host name, without the dot of a fully qualified one, or an IP address without brackets."""
    port: int
    target: str
    """Path and query, as they stand in the request line."""

    @property
    def ip_address(self) -> IPv4Address | IPv6Address | None:
        """The host as an address when it is one literally, else None: a name to be resolved."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """The value of the Host header; a default port is left out (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if isinstance(self.ip_address, IPv6Address) else self.host
        return host if self.port == _DEFAULT_PORTS[self._scheme] else f"{host}:{self.port}"

    @property
    def _scheme(self) -> str:
        return "https" if self.is_tls else "http"

    def __str__(self) -> str:
        return f"{self._scheme}://{self.authority}{self.target}"


def is_header_value(text: str) -> bool:
    """Tell whether a text, such as an API key, can be the value of a header.

    That is 1 to 1,024 printable ASCII characters without a space at either end, which servers
    would drop (RFC 9110, 5.5).
    """
    return _HEADER_VALUE.fullmatch(text) is not None


def parse_http_url(url: str) -> HttpUrl:
    """Take an address apart.

    A host name may end with the dot of a fully qualified one; neither the Host header nor a
    certificate has it (RFC 6066, 3), so it is left out.

    Raises:
      ValueError: not `http://` or `https://`, no host, an impossible port, a user name or a
        fragment, or a character outside printable ASCII (write other names in their `xn--` form).
    """
    # urlsplit drops tabs and line ends silently: look at the address before it does.
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise ValueError("url: a character outside printable ASCII")
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("url: must begin with http:// or https://")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("url: neither a user name nor a fragment can be sent")
    host = (parts.hostname or "").removesuffix(".")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port is None:
        port = _DEFAULT_PORTS[parts.scheme]
    if not 1 <= port <= 65535:
        raise ValueError("url: the port must be 1 to 65535")
    if not _is_host(host):
        raise ValueError("url: no usable host name or address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return HttpUrl(parts.scheme == "https", host, port, target)


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return _HOST_NAME.fullmatch(host) is not None
    return "%" not in host  # a zone is of this machine, it cannot be told to another
