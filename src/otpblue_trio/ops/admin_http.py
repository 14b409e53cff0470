"""What the admin port answers: from a request's head to an answer, without I/O.

The port is plain HTTP without a login, on the loopback address unless the operator says otherwise,
and it shows counts only. Browsers are the one way in that needs a guard: a page from anywhere may
open a WebSocket to 127.0.0.1, so the feed is refused to pages that were not served from this port,
and to those that reached it through a foreign host name (DNS rebinding).
"""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import attrs
import h11

from otpblue_trio.ops.exposition import CONTENT_TYPE
from otpblue_trio.ops.metrics import Readiness

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["AdminPages", "Answer", "FeedUpgrade", "encode_answer", "status_answer"]

_TEXT = "text/plain; charset=utf-8"
_INDEX = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>otpblue-trio</title>
<h1>otpblue-trio</h1>
<ul>
<li><a href="/healthz">/healthz</a>: the event loop answers
<li><a href="/readyz">/readyz</a>: binds are accepted
<li><a href="/metrics">/metrics</a>: counts, in the Prometheus text format
<li>/feed: the main counts once a second, as JSON over a WebSocket
</ul>
</html>
"""
_ALWAYS = [
    (b"Cache-Control", b"no-store"),
    (b"Content-Security-Policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"X-Content-Type-Options", b"nosniff"),
]
_METHODS = (b"GET", b"HEAD")
_PATHS = (b"/", b"/healthz", b"/readyz", b"/metrics", b"/feed")


@attrs.frozen
class Answer:
    """An HTTP response before it is framed."""

    status: int
    body: bytes
    content_type: str = _TEXT
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Those that are special to this answer."""


@attrs.frozen
class FeedUpgrade:
    """The request is a sound WebSocket handshake for the feed."""

    key: bytes
    """Sec-WebSocket-Key, 24 characters."""


def status_answer(status: int, *headers: tuple[bytes, bytes]) -> Answer:
    """Return an answer whose body is the status in words."""
    return Answer(status, f"{_phrase(status)}\n".encode(), headers=headers)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def encode_answer(
    connection: h11.Connection, answer: Answer, *, with_body: bool, close: bool
) -> bytes:
    """Return an answer's octets and move the connection on.

    Args:
      connection: a server's, with a request to answer, or broken by one.
      answer: what to say.
      with_body: False for HEAD; the length is told all the same.
      close: True to tell the client that this was the last.
    """
    headers = [
        (b"Content-Type", answer.content_type.encode()),
        (b"Content-Length", str(len(answer.body)).encode()),
        *_ALWAYS,
        *answer.headers,
    ]
    if close:
        headers.append((b"Connection", b"close"))
    head = h11.Response(
        status_code=answer.status, headers=headers, reason=_phrase(answer.status).encode()
    )
    octets = connection.send(head) or b""
    if with_body:
        octets += connection.send(h11.Data(data=answer.body)) or b""
    return octets + (connection.send(h11.EndOfMessage()) or b"")


class AdminPages:
    """Finds the answer to a request."""

    def __init__(
        self,
        *,
        render_metrics: Callable[[], bytes],
        readiness: Callable[[], Readiness],
        feed_has_room: Callable[[], bool],
        allowed_hosts: Collection[str] = (),
    ) -> None:
        """Name the sources of what is shown.

        Args:
          render_metrics: returns the metrics page.
          readiness: whether binds are accepted.
          feed_has_room: whether the feed takes one more client.
          allowed_hosts: host names, besides IP addresses and `localhost`, under which browsers may
            open the feed.
        """
        self._render_metrics = render_metrics
        self._readiness = readiness
        self._feed_has_room = feed_has_room
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)

    def answer(self, request: h11.Request) -> Answer | FeedUpgrade:
        """Return what to say to a request, or that it opens the feed."""
        path = request.target.partition(b"?")[0]
        if path not in _PATHS:
            return status_answer(404)
        if request.method not in _METHODS:
            return status_answer(405, (b"Allow", b", ".join(_METHODS)))
        if path == b"/healthz":
            return Answer(200, b"ok\n")
        if path == b"/readyz":
            readiness = self._readiness()
            status = 200 if readiness is Readiness.READY else 503
            return Answer(status, f"{readiness.value}\n".encode())
        if path == b"/metrics":
            return Answer(200, self._render_metrics(), CONTENT_TYPE)
        if path == b"/":
            return Answer(200, _INDEX, "text/html; charset=utf-8")
        return self._feed(request)

    def _feed(self, request: h11.Request) -> Answer | FeedUpgrade:
        headers = dict(request.headers)
        if request.method != b"GET" or headers.get(b"upgrade", b"").lower() != b"websocket":
            return status_answer(426, (b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"))
        origin = headers.get(b"origin")
        if origin is not None and not self._is_own(origin, headers.get(b"host", b"")):
            return status_answer(403)
        if headers.get(b"sec-websocket-version") != b"13":
            return status_answer(426, (b"Sec-WebSocket-Version", b"13"))
        tokens = headers.get(b"connection", b"").lower().replace(b" ", b"").split(b",")
        key = headers.get(b"sec-websocket-key", b"")
        if b"upgrade" not in tokens or len(key) != 24 or request.http_version != b"1.1":
            return status_answer(400)
        if not self._feed_has_room():
            return status_answer(503)
        return FeedUpgrade(key)

    def _is_own(self, origin: bytes, host: bytes) -> bool:
        """Return whether a page of this origin came from this port under a trusted name."""
        try:
            parts = urlsplit(origin.decode("ascii").lower())
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or parts.netloc != host.decode("latin-1").lower():
            return False
        name = parts.hostname or ""
        if name == "localhost" or name in self._allowed_hosts:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True
