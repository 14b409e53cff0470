from __future__ import annotations

import pytest

from otpblue_trio.config import ListenAddress, parse_listen_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("0.0.0.0:2776", "0.0.0.0", 2776),  # noqa: S104
        ("[::]:2776", "::", 2776),
        ("[fe80::1%eth0]:1", "fe80::1%eth0", 1),
        ("localhost:0", "localhost", 0),
        ("smpp-1.example.com:65535", "smpp-1.example.com", 65535),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    address = parse_listen_address(text)
    assert address == ListenAddress(host, port)
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "2776", ":2776", "localhost", "localhost:", "localhost:x", "localhost:65536",
        "localhost:-1", "::1:2776", "[::1]", "[::1]2776", "[localhost]:1", "a b:1", "a:1\n", "a:٣",
        "tcp://a:1",
    ],
)  # fmt: skip
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        parse_listen_address(text)
