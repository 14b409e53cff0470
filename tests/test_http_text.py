"""What an address and the value of a header may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otpblue_trio.http_text import HttpUrl, is_header_value, parse_http_url


@pytest.mark.parametrize(
    ("url", "parts", "authority"),
    [
        ("https://api.test/send/", HttpUrl(True, "api.test", 443, "/send/"), "api.test"),
        ("http://api.test", HttpUrl(False, "api.test", 80, "/"), "api.test"),
        ("http://api.test:443/x", HttpUrl(False, "api.test", 443, "/x"), "api.test:443"),
        ("https://api.test:443/x", HttpUrl(True, "api.test", 443, "/x"), "api.test"),
        ("http://10.0.0.1:8080/a?b=c", HttpUrl(False, "10.0.0.1", 8080, "/a?b=c"), None),
        ("http://[::1]:8080/", HttpUrl(False, "::1", 8080, "/"), "[::1]:8080"),
        ("https://[2001:db8::1]/", HttpUrl(True, "2001:db8::1", 443, "/"), "[2001:db8::1]"),
        ("https://Api.Test./x", HttpUrl(True, "api.test", 443, "/x"), "api.test"),
        ("http://api.test.:8080/", HttpUrl(False, "api.test", 8080, "/"), "api.test:8080"),
    ],
)
def test_address_is_taken_apart(url: str, parts: HttpUrl, authority: str | None) -> None:
    parsed = parse_http_url(url)
    assert parsed == parts
    assert parsed.authority == authority or authority is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.otpblue.com/send/",
        "ftp://api.otpblue.com/",
        "http://",
        "http:///send/",
        "http://user:password@api.test/",
        "http://api.test/#part",
        "http://api.test:0/",
        "http://api.test:65536/",
        "http://api.test:eighty/",
        "http://api test/",
        "http://api.test/a b",
        "http://api.test/\r\nX: y",
        "http://api.test/\t",
        "http://bücher.test/",
        "http://-api.test/",
        "http://api..test/",
        "http://api.test../",
        "http://./",
        f"http://{'a' * 64}.test/",
        f"http://{'.'.join(['a' * 63] * 4)}/",
        "http://[::1/",
        "http://[::zz]/",
        "http://[fe80::1%25eth0]/",
        "http://a,b/",
    ],
)
def test_unusable_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^url: |IPv6|netloc"):
        parse_http_url(url)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://api.test/send/?a=b", "https://api.test/send/?a=b"),
        ("HTTPS://Api.Test.:443", "https://api.test/"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
    ],
)
def test_address_is_written_without_what_says_nothing(url: str, written: str) -> None:
    assert str(parse_http_url(url)) == written


@given(st.text())
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    try:
        parse_http_url("http://" + text)
    except ValueError:
        return
    assert text.isascii()


@pytest.mark.parametrize("text", ["k", "k" * 1024, "Bearer k", "!~"])
def test_printable_ascii_is_the_value_of_a_header(text: str) -> None:
    assert is_header_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        " s3cret",
        "s3cret ",
        "a\r\nX: y",
        "a\nb",
        "a\rb",
        "a\n",
        "a\tb",
        "a\0b",
        "a\x7fb",
        "schlüssel",
        "к",
        "k" * 1025,
    ],
)
def test_other_text_is_no_value_of_a_header(text: str) -> None:
    assert not is_header_value(text)
