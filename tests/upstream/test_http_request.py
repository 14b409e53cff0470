"""The octets of a request."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.http_text import parse_http_url
from otpblue_trio.policy.types import SendRequest
from otpblue_trio.upstream.http_request import ApiKeyError, RequestEncoder

URL = "https://api.otpblue.com/imsg/api/v1.1/otp/send/"


def request_with(api_key: str = "key-1", code: str = "482910") -> SendRequest:
    return SendRequest("acme", api_key, "+14155552671", "US", code, "", "MyBank", "en")


def encode(request: SendRequest, url: str = URL) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Return request line, headers and body."""
    head, _, body = RequestEncoder(parse_http_url(url)).encode(request).partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    return line, dict(header.split(b": ", 1) for header in headers), body


def test_request_is_the_call_that_the_platform_documents() -> None:
    line, headers, body = encode(request_with())
    assert line == b"POST /imsg/api/v1.1/otp/send/ HTTP/1.1"
    assert headers[b"Host"] == b"api.otpblue.com"
    assert headers[b"Authorization"] == b"key-1"
    assert headers[b"Content-Type"] == b"application/json"
    assert headers[b"Content-Length"] == str(len(body)).encode()
    assert orjson.loads(body) == {
        "contact": "+14155552671",
        "code": "482910",
        "sender": "MyBank",
        "language": "en",
        "source": "smpp",
    }


def test_two_messages_of_one_account_share_the_key_and_nothing_else() -> None:
    encoder = RequestEncoder(parse_http_url(URL))
    first = encoder.encode(request_with(code="1111"))
    second = encoder.encode(request_with(code="222222"))
    assert (first.count(b"key-1"), second.count(b"key-1")) == (1, 1)
    assert b"1111" not in second


def test_each_account_sends_its_own_key() -> None:
    encoder = RequestEncoder(parse_http_url(URL))
    for key in ("key-1", "key-2", "key-1"):
        assert b"\r\nAuthorization: %b\r\n" % key.encode() in encoder.encode(request_with(key))


@pytest.mark.parametrize("key", ["", " s3cret", "a\r\nX: y"])
def test_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(ApiKeyError) as refused:
        encode(request_with(key))
    assert not key or repr(key)[1:-1] not in str(refused.value)


@given(st.text())
def test_no_key_adds_a_line_to_the_head(key: str) -> None:
    try:
        _, headers, _ = encode(request_with(key))
    except ApiKeyError:
        return
    assert headers[b"Authorization"] == key.encode()
    assert len(headers) == 6


def test_more_keys_than_it_keeps_are_no_trouble() -> None:
    encoder = RequestEncoder(parse_http_url(URL))
    for number in [*range(10_050), 1]:
        octets = encoder.encode(request_with(f"key-{number}"))
        assert b"\r\nAuthorization: key-%d\r\n" % number in octets


@pytest.mark.parametrize("keys", [2, 3, 4])
def test_heads_of_many_keys_are_bounded_and_stay_right(
    keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.upstream.http_request._MAX_HEADS", 3)
    encoder = RequestEncoder(parse_http_url(URL))
    for _ in range(2):
        for number in range(keys):
            octets = encoder.encode(request_with(f"key-{number}"))
            assert f"\r\nAuthorization: key-{number}\r\n".encode() in octets
            assert len(encoder._heads) <= 3
