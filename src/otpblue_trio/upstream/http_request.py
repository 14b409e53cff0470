"""The octets of one send over HTTP/1.1.

The head of a request differs between two messages of one account only in its Content-Length, so it
is made once for each API key and kept. Everything that gets into a head is checked on its way in:
no octet of an address or a key can end a header line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.http_text import is_header_value
from otpblue_trio.upstream.outcomes import request_body

if TYPE_CHECKING:
    from otpblue_trio.http_text import HttpUrl
    from otpblue_trio.policy.types import SendRequest

__all__ = ["ApiKeyError", "RequestEncoder"]

_MAX_HEADS = 10_000
"""Heads kept at once, about 200 octets each; taken from nowhere, well above the accounts seen."""


class ApiKeyError(OtpBlueError):
    """An API key that no HTTP header can carry."""


class RequestEncoder:
    """Makes the octets of requests; keeps the heads of the API keys it has seen.

    Args:
      url: where the requests go.
    """

    def __init__(self, url: HttpUrl) -> None:
        self._before_key = (
            f"POST {url.target} HTTP/1.1\r\nHost: {url.authority}\r\nAuthorization: "
        ).encode("ascii")
        self._heads: dict[str, bytes] = {}

    def encode(self, request: SendRequest) -> bytes:
        """Return head and body of one request, fit to be written in one piece.

        Raises:
          ApiKeyError: the key is not what `http_text.is_header_value` takes.
        """
        head = self._heads.get(request.api_key)
        if head is None:
            head = self._head(request.api_key)
        body = request_body(request)
        return b"%b%d\r\n\r\n%b" % (head, len(body), body)

    def _head(self, api_key: str) -> bytes:
        if not is_header_value(api_key):
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
