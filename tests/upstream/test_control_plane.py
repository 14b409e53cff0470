"""JSON documents over real loopback connections."""

from __future__ import annotations

import ssl
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import pytest
import trio
import trustme

from otpblue_trio.testing import tls_pair
from otpblue_trio.upstream import (
    ControlPlane,
    ControlPlaneError,
    JsonAnswer,
    SimulatorSite,
    make_ssl_context,
    serve_simulator,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DIRECTORY = "/imsg/api/v1/smpp/auth/"


def make_site() -> SimulatorSite:
    return SimulatorSite(
        random=Random(1),
        wall_clock=lambda: datetime(2025, 11, 1, tzinfo=UTC),
        accounts={"acme": {"systemId": "acme"}, "a b&c=+%#é/?": {"odd": True}},
        directory_key="secret-key",
    )


@asynccontextmanager
async def simulator(ssl_context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve the simulated platform and yield its address."""
    scheme = "http" if ssl_context is None else "https"
    async with trio.open_nursery() as nursery:
        host, port = await nursery.start(
            partial(serve_simulator, make_site(), host="127.0.0.1", port=0, ssl_context=ssl_context)
        )
        yield f"{scheme}://{host}:{port}"
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def answering(octets: bytes, seen: list[bytes] | None = None) -> AsyncIterator[str]:
    """Serve connections that get these octets for any request, then an end; yield the address."""

    async def handle(stream: trio.SocketStream) -> None:
        async with stream:
            request = b""
            while b"\r\n\r\n" not in request:
                request += await stream.receive_some()
            if seen is not None:
                seen.append(request)
            await stream.send_all(octets)

    async with trio.open_nursery() as nursery:
        [listener] = await nursery.start(
            partial(trio.serve_tcp, handle, 0, host="127.0.0.1"),
        )
        yield f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


async def fetch(url: str, control_plane: ControlPlane | None = None) -> JsonAnswer:
    return await (control_plane or ControlPlane()).get_json(
        url, api_key="secret-key", params={"system_id": "acme"}
    )


async def complaint(url: str, control_plane: ControlPlane | None = None) -> str:
    """Return the message of the failure, which must not tell secrets."""
    with pytest.raises(ControlPlaneError) as caught:
        await fetch(url, control_plane)
    assert "secret-key" not in str(caught.value)
    assert "acme" not in str(caught.value)
    return str(caught.value)


async def test_document_is_fetched_with_key_and_query() -> None:
    async with simulator() as address:
        assert await fetch(address + DIRECTORY) == JsonAnswer(200, {"systemId": "acme"})


async def test_query_carries_any_character() -> None:
    async with simulator() as address:
        answer = await ControlPlane().get_json(
            address + DIRECTORY, api_key="secret-key", params={"system_id": "a b&c=+%#é/?"}
        )
    assert answer.body == {"odd": True}


async def test_other_status_is_an_answer() -> None:
    async with simulator() as address:
        answer = await ControlPlane().get_json(
            address + DIRECTORY, api_key="secret-key", params={"system_id": "other"}
        )
    assert answer.status == 404


async def test_trailing_slash_arrives() -> None:
    seen: list[bytes] = []
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", seen) as address:
        await fetch(address + "/path/")
        await ControlPlane().get_json(address + "/path/", api_key="k")
    assert seen[0].startswith(b"GET /path/?system_id=acme HTTP/1.1\r\n")
    assert seen[1].startswith(b"GET /path/ HTTP/1.1\r\n")


async def test_host_header_names_host_and_port() -> None:
    seen: list[bytes] = []
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", seen) as address:
        await fetch(address)
    host = address.removeprefix("http://").encode()
    assert b"\r\nHost: " + host + b"\r\n" in seen[0]


async def test_dot_at_the_end_of_a_host_name_is_in_no_header() -> None:
    seen: list[bytes] = []
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", seen) as address:
        port = address.rpartition(":")[2]
        assert (await fetch(f"http://localhost.:{port}/")).status == 200
    assert f"\r\nHost: localhost:{port}\r\n".encode() in seen[0]


async def test_ipv6_literal_is_an_address() -> None:
    seen: list[bytes] = []

    async def handle(stream: trio.SocketStream) -> None:
        async with stream:
            seen.append(bytes(await stream.receive_some()))
            await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    async with trio.open_nursery() as nursery:
        try:
            listeners = await trio.open_tcp_listeners(0, host="::1")
        except OSError:
            pytest.skip("no IPv6 on this machine")
        port = listeners[0].socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, handle, listeners)
        assert (await fetch(f"http://[::1]:{port}/")).status == 200
        nursery.cancel_scope.cancel()
    assert f"\r\nHost: [::1]:{port}\r\n".encode() in seen[0]


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n<html>",
    ],
)
async def test_body_that_is_no_json_is_none(octets: bytes) -> None:
    async with answering(octets) as address:
        assert (await fetch(address)).body is None


async def test_chunked_body_is_read() -> None:
    octets = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
    async with answering(octets) as address:
        assert await fetch(address) == JsonAnswer(200, {})


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: odd\r\nContent-Length: 2\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
async def test_answer_that_is_no_http_is_a_failure(octets: bytes) -> None:
    async with answering(octets) as address:
        assert "no valid answer" in await complaint(address)


@pytest.mark.parametrize(
    "octets",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_redirect_is_not_followed(octets: bytes) -> None:
    seen: list[bytes] = []
    async with answering(octets, seen) as address:
        assert (await fetch(address)).status == 302
    assert len(seen) == 1


@pytest.mark.parametrize(("max_octets", "fits"), [(19, False), (20, True), (21, True)])
async def test_body_is_bounded(max_octets: int, fits: bool) -> None:
    octets = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b'"' + b"x" * 18 + b'"'
    async with answering(octets) as address:
        control_plane = ControlPlane(max_octets=max_octets)
        if fits:
            assert (await fetch(address, control_plane)).body == "x" * 18
        else:
            assert f"longer than {max_octets} octets" in await complaint(address, control_plane)


async def test_silence_ends_with_the_time_out(autojump_clock: object) -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    assert "no answer within 5 s" in await complaint(f"http://127.0.0.1:{port}/")
    await listeners[0].aclose()


async def test_refused_connection_is_told_in_the_systems_words() -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    await listeners[0].aclose()
    assert await complaint(f"http://127.0.0.1:{port}/") == f"127.0.0.1:{port}: Connection refused"


def test_asks_and_its_changes_to_trio_come_with_the_first_client_only() -> None:
    program = """
import sys, trio
import otpblue_trio.upstream
print("asks" in sys.modules, "anyio" in sys.modules, hasattr(trio, "MultiError"))
otpblue_trio.upstream.ControlPlane()
print("asks" in sys.modules)
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603
    assert done.stdout.decode().splitlines() == ["False False False", "True"]


async def test_own_authority_is_trusted(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    async with simulator(context) as address:
        answer = await fetch(
            address + DIRECTORY, ControlPlane(ssl_context=make_ssl_context(str(ca_file)))
        )
    assert answer.status == 200


async def test_other_authority_is_not_trusted() -> None:
    server, _ = tls_pair("127.0.0.1")
    async with simulator(server) as address:
        assert "certificate" in await complaint(address + DIRECTORY)


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "127.0.0.1", "http://", "http://user:pw@127.0.0.1/", "http://[::1/"],
)
async def test_url_must_be_a_plain_http_address(url: str) -> None:
    assert "pw" not in await complaint(url)


@pytest.mark.parametrize("key", ["", "secret\r\nX: y", "sëcret", " secret", "secret ", "s" * 1025])
async def test_key_that_no_header_carries_is_refused_unsent(key: str) -> None:
    with pytest.raises(ControlPlaneError, match="nothing that a header can carry") as caught:
        await ControlPlane().get_json("http://127.0.0.1:1/", api_key=key)
    assert "cret" not in str(caught.value)
    assert caught.value.__context__ is None


async def test_call_above_the_bound_waits_for_a_slot() -> None:
    answers: list[JsonAnswer] = []
    async with simulator() as address:
        control_plane = ControlPlane(max_calls=1)

        async def call() -> None:
            answers.append(await fetch(address + DIRECTORY, control_plane))

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(call)
    assert [answer.status for answer in answers] == [200] * 5
