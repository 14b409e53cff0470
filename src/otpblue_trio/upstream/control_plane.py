"""GET of JSON documents: the account directory, the open regions, the request history.

Rare calls, so each has its own connection (asks sends `Connection: close`). Never used for sends.

asks is kept on a short lead here: no redirects, which would carry the key elsewhere; no retries; no
compressed bodies; a bound on the body; our own Host header, as asks cuts an IPv6 literal's at its
first colon. Whatever it raises leaves as `ControlPlaneError`.
"""

from __future__ import annotations

import os
import socket
import ssl
from typing import TYPE_CHECKING, Protocol

import attrs
import orjson
import trio

from otpblue_trio.errors import OtpBlueError
from otpblue_trio.http_text import is_header_value, parse_http_url
from otpblue_trio.upstream.http_tls import make_ssl_context

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ControlPlane", "ControlPlaneError", "GetJson", "JsonAnswer"]


class ControlPlaneError(OtpBlueError):
    """A call of the control plane brought no usable answer."""


@attrs.frozen
class JsonAnswer:
    """A complete HTTP answer."""

    status: int
    body: object = attrs.field(repr=False)
    """The parsed JSON document; None where the body is none."""


class GetJson(Protocol):
    """What the clients of the control plane need: `ControlPlane.get_json`, or a stand-in for it."""

    async def __call__(
        self, url: str, *, api_key: str, params: Mapping[str, str] | None = None
    ) -> JsonAnswer:
        """Fetch one JSON document; raise ControlPlaneError where no answer comes."""


class ControlPlane:
    """Fetches JSON documents over HTTP and HTTPS.

    Args:
      timeout: seconds for one call, all of it: waiting for a slot, name look-up, connection, TLS,
        answer.
      ssl_context: verifies `https` servers; None: the system's authorities.
      max_octets: the longest body that is accepted.
      max_calls: how many calls at once; more of them wait.
    """

    def __init__(
        self,
        *,
        timeout: float = 5.0,
        ssl_context: ssl.SSLContext | None = None,
        max_octets: int = 4 * 1024 * 1024,
        max_calls: int = 50,
    ) -> None:
        self._timeout = timeout
        self._max_octets = max_octets
        self._calls = trio.CapacityLimiter(max_calls)
        self._ssl_context = ssl_context or make_ssl_context(None)
        # Not with this module: it changes Trio for the whole process, and who needs another client
        # of the platform only should not have that.
        from otpblue_trio.upstream.asks_compat import asks

        self._get = asks.get

    async def get_json(
        self, url: str, *, api_key: str, params: Mapping[str, str] | None = None
    ) -> JsonAnswer:
        """Fetch one JSON document.

        Cancelling closes the connection; nothing else is lost.

        Args:
          url: `http://` or `https://`, without credentials.
          api_key: goes bare into the `Authorization` header.
          params: the query.

        Returns:
          The answer, whatever its status; redirects are not followed.

        Raises:
          ControlPlaneError: no complete answer in time, or one that breaks a bound. The message
            names host and reason; neither key nor query.
        """
        try:
            address = parse_http_url(url)
        except ValueError as error:
            raise ControlPlaneError("a URL of the control plane is no http address") from error
        host = address.authority
        if not is_header_value(api_key):
            # Refused here: h11's own complaint would quote the key.
            raise ControlPlaneError(f"{host}: the key is nothing that a header can carry")
        received = bytearray()

        async def receive(data: bytes) -> None:
            if len(received) + len(data) > self._max_octets:
                raise _TooLargeError
            received.extend(data)

        try:
            with trio.fail_after(self._timeout):
                async with self._calls:
                    response = await self._get(
                        str(address),
                        params=dict(params or {}),
                        headers={
                            "Host": host,
                            "Authorization": api_key,
                            "Accept": "application/json",
                            "Accept-Encoding": "identity",
                            "User-Agent": "otpblue-trio",
                        },
                        callback=receive,
                        retries=0,
                        follow_redirects=False,
                        ssl_context=self._ssl_context,
                    )
        except trio.TooSlowError as error:
            raise ControlPlaneError(f"{host}: no answer within {self._timeout:g} s") from error
        except _TooLargeError as error:
            raise ControlPlaneError(
                f"{host}: the answer is longer than {self._max_octets} octets"
            ) from error
        except Exception as error:
            # asks lets through whatever its parsers and anyio raise: KeyError and ValueError from
            # odd headers as well as OSError. No list of them would be complete.
            raise ControlPlaneError(f"{host}: {_reason(error)}") from error
        return JsonAnswer(response.status_code, _parsed(bytes(received)))


class _TooLargeError(Exception):
    """The body passed its bound; only to leave asks."""


def _reason(error: Exception) -> str:
    """Return what went wrong, from types and the system's own words alone."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason}"
    if isinstance(error, socket.gaierror):
        return str(error.strerror)
    # anyio wraps the refusal of a single address once more.
    for each in (error.__cause__, error):
        if isinstance(each, OSError) and each.errno is not None:
            return os.strerror(each.errno)
    return f"no valid answer ({type(error).__name__})"


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
