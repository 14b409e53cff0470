"""The octets of one send over HTTP/1.1, and the address they go to.

The head of a request differs between two messages of one account only in its Content-Length, so it
is made once for each API key and kept. Everything that gets into a head is checked on its way in:
no octet of an address or a key can end a header line.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import attrs

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.upstream.outcomes import request_body

if TYPE_CHECKING:
    from otpblue_trio.policy.types import IpAddress, SendRequest

__all__ = ["ApiKeyError", "PlatformUrl", "RequestEncoder", "parse_platform_url"]

_MAX_HEADS = 10_000
"""Heads kept at once, about 200 octets each; taken from nowhere, well above the accounts seen."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_API_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?")


class ApiKeyError(OtpBlueError):
    """An API key that no HTTP header can carry."""


@attrs.frozen
class PlatformUrl:
    """Where requests go: the parts of an `http` or `https` address."""

    is_tls: bool
    host: str
    """A host name or an IP address, without brackets."""
    port: int
    target: str
    """Path and query, as they stand in the request line."""

    @property
    def ip_address(self) -> IpAddress | None:
        """The host as an address when it is one literally, else None: a name to be resolved."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """The value of the Host header; a default port is left out (RFC 9110, 7.2)."""
        host = f"[{self.host}]" if isinstance(self.ip_address, IPv6Address) else self.host
        default = _DEFAULT_PORTS["https" if self.is_tls else "http"]
        return host if self.port == default else f"{host}:{self.port}"


def parse_platform_url(url: str) -> PlatformUrl:
    """Take the address of the platform apart.

    Raises:
      ValueError: not `http://` or `https://`, no host, an impossible port, a user name or a
        fragment, or a character outside printable ASCII (write other names in their `xn--` form).
    """
    # urlsplit drops tabs and line ends silently: look at the address before it does.
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise ValueError("platform url: a character outside printable ASCII")
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("platform url: must begin with http:// or https://")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("platform url: neither a user name nor a fragment can be sent")
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port is None:
        port = _DEFAULT_PORTS[parts.scheme]
    if not 1 <= port <= 65535:
        raise ValueError("platform url: the port must be 1 to 65535")
    if not _is_host(host):
        raise ValueError("platform url: no usable host name or address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return PlatformUrl(parts.scheme == "https", host, port, target)


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return _HOST_NAME.fullmatch(host) is not None
    return "%" not in host  # a zone is of this machine, it cannot be told to the platform


class RequestEncoder:
    """Makes the octets of requests; keeps the heads of the API keys it has seen.

    Args:
      url: where the requests go.
    """

    def __init__(self, url: PlatformUrl) -> None:
        self._before_key = (
            f"POST {url.target} HTTP/1.1\r\nHost: {url.authority}\r\nAuthorization: "
        ).encode("ascii")
        self._heads: dict[str, bytes] = {}

    def encode(self, request: SendRequest) -> bytes:
        """Return head and body of one request, fit to be written in one piece.

        Raises:
          ApiKeyError: the key is empty, longer than 1,024 characters, begins or ends with a space
            or has a character outside printable ASCII.
        """
        head = self._heads.get(request.api_key)
        if head is None:
            head = self._head(request.api_key)
        body = request_body(request)
        return b"%b%d\r\n\r\n%b" % (head, len(body), body)

    def _head(self, api_key: str) -> bytes:
        if not _API_KEY.fullmatch(api_key):
            raise ApiKeyError(f"API key of {len(api_key)} characters cannot be sent in a header")
        if len(self._heads) >= _MAX_HEADS:
            self._heads.clear()
        head = self._heads[api_key] = (
            self._before_key
            + api_key.encode("ascii")
            + b"\r\nContent-Type: application/json\r\nAccept: application/json"
            b"\r\nUser-Agent: otpblue-trio\r\nContent-Length: "
        )
        return head
