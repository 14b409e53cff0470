from __future__ import annotations

import h11
import pytest

from otpblue_trio.ops.admin_http import AdminPages, Answer, FeedUpgrade, encode_answer
from otpblue_trio.ops.metrics import Readiness

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = {
    "Host": "127.0.0.1:8080",
    "Connection": "keep-alive, Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


def _pages(readiness: Readiness = Readiness.READY, *, has_room: bool = True) -> AdminPages:
    return AdminPages(
        render_metrics=lambda: b"page\n",
        readiness=lambda: readiness,
        feed_has_room=lambda: has_room,
        allowed_hosts=["Gateway.Example"],
    )


def _ask(
    target: str,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    pages: AdminPages | None = None,
) -> Answer | FeedUpgrade:
    headers = {"Host": "127.0.0.1:8080"} if headers is None else headers
    request = h11.Request(method=method, target=target, headers=list(headers.items()))
    return (pages or _pages()).answer(request)


def _answer(target: str, method: str = "GET", pages: AdminPages | None = None) -> Answer:
    found = _ask(target, method, pages=pages)
    assert isinstance(found, Answer)
    return found


def _feed_status(**changes: str | None) -> int:
    """Return the status of a handshake with changed headers, 101 when it is sound."""
    headers = dict(HANDSHAKE)
    for name, value in changes.items():
        header = name.replace("_", "-")
        if value is None:
            del headers[header]
        else:
            headers[header] = value
    found = _ask("/feed", headers=headers)
    return 101 if isinstance(found, FeedUpgrade) else found.status


def test_health_is_ok() -> None:
    answer = _answer("/healthz")
    assert (answer.status, answer.body) == (200, b"ok\n")


@pytest.mark.parametrize(
    ("readiness", "status", "body"),
    [
        (Readiness.READY, 200, b"ready\n"),
        (Readiness.STARTING, 503, b"starting\n"),
        (Readiness.DRAINING, 503, b"draining\n"),
    ],
)
def test_readiness_tells_its_reason(readiness: Readiness, status: int, body: bytes) -> None:
    answer = _answer("/readyz", pages=_pages(readiness))
    assert (answer.status, answer.body) == (status, body)


def test_health_does_not_depend_on_readiness() -> None:
    assert _answer("/healthz", pages=_pages(Readiness.DRAINING)).status == 200


def test_metrics_have_the_content_type_of_prometheus() -> None:
    answer = _answer("/metrics")
    assert answer.body == b"page\n"
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"


def test_index_names_every_page() -> None:
    answer = _answer("/")
    assert answer.content_type.startswith("text/html")
    for path in (b"/healthz", b"/readyz", b"/metrics", b"/feed"):
        assert path in answer.body


def test_query_is_ignored() -> None:
    assert _answer("/healthz?verbose=1").status == 200


@pytest.mark.parametrize("target", ["/nothing", "/healthz/", "//healthz", "/HEALTHZ", "*"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_paths_are_not_found(target: str, method: str) -> None:
    assert _answer(target, method).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("target", ["/", "/healthz", "/metrics", "/feed"])
def test_other_methods_are_told_which_are_allowed(method: str, target: str) -> None:
    answer = _answer(target, method)
    assert answer.status == 405
    assert answer.headers == ((b"Allow", b"GET, HEAD"),)


def test_sound_handshake_opens_the_feed() -> None:
    assert _ask("/feed", headers=HANDSHAKE) == FeedUpgrade(KEY.encode())


def test_feed_without_upgrade_says_what_is_required() -> None:
    answer = _answer("/feed")
    assert answer.status == 426
    assert (b"Upgrade", b"websocket") in answer.headers


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Upgrade": "h2c"}, 426),
        ({"Upgrade": None}, 426),
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Sec_WebSocket_Version": None}, 426),
        ({"Sec_WebSocket_Key": None}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Connection": "keep-alive"}, 400),
        ({"Connection": None}, 400),
    ],
)
def test_unsound_handshake_is_refused(changes: dict[str, str | None], status: int) -> None:
    assert _feed_status(**changes) == status


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        (None, "gateway.internal:8080", 101),  # no browser
        ("http://127.0.0.1:8080", "127.0.0.1:8080", 101),
        ("http://[::1]:8080", "[::1]:8080", 101),
        ("http://localhost:8080", "localhost:8080", 101),
        ("http://LocalHost:8080", "localhost:8080", 101),
        ("https://gateway.example", "gateway.example", 101),
        ("http://127.0.0.1:9999", "127.0.0.1:8080", 403),
        ("https://evil.example", "127.0.0.1:8080", 403),
        ("http://evil.example:8080", "evil.example:8080", 403),  # DNS rebinding
        ("http://gateway.example.evil.example", "gateway.example.evil.example", 403),
        ("null", "127.0.0.1:8080", 403),
        ("file://", "127.0.0.1:8080", 403),
        ("", "127.0.0.1:8080", 403),
        ("http://[", "127.0.0.1:8080", 403),
    ],
)
def test_feed_is_refused_to_foreign_pages(origin: str | None, host: str, status: int) -> None:
    headers = {**HANDSHAKE, "Host": host}
    if origin is not None:
        headers["Origin"] = origin
    found = _ask("/feed", headers=headers)
    assert (101 if isinstance(found, FeedUpgrade) else found.status) == status


def test_full_feed_is_unavailable() -> None:
    found = _ask("/feed", headers=HANDSHAKE, pages=_pages(has_room=False))
    assert isinstance(found, Answer)
    assert found.status == 503


def test_http_1_0_cannot_open_the_feed() -> None:
    request = h11.Request(
        method="GET", target="/feed", headers=list(HANDSHAKE.items()), http_version="1.0"
    )
    found = _pages().answer(request)
    assert isinstance(found, Answer)
    assert found.status == 400


def test_every_answer_carries_the_security_headers() -> None:
    octets = encode_answer(
        h11.Connection(h11.SERVER), Answer(200, b"x"), with_body=True, close=True
    )
    head = octets.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[0] == b"HTTP/1.1 200 OK"
    for header in (
        b"Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
        b"X-Content-Type-Options: nosniff",
        b"Referrer-Policy: no-referrer",
        b"Cross-Origin-Resource-Policy: same-origin",
        b"Cache-Control: no-store",
        b"Connection: close",
    ):
        assert header in head
