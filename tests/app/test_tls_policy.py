"""The TLS policy in real handshakes over TCP, with Python's client and with `openssl s_client`.

What each suite and version comes to in memory is in test_tls.py; here is the whole program.
"""

from __future__ import annotations

import contextlib
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import trio
import trustme

from otpblue_trio.runtime.observer import ConnectionClosed
from otpblue_trio.smpp import BindTransceiver, encode

# The classes are conftest's, which no test may import.
Serving = Callable[[], AbstractAsyncContextManager[Any]]

NUMBER = "14155552671"
TEXT = "Your code is 482910"
V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(autouse=True)
def _rsa(certified: Any) -> None:
    """Serve with an RSA key, so that no suite is refused for want of a fitting one."""
    made = certified.ca.issue_cert("localhost", key_type=trustme.KeyType.RSA)
    made.private_key_pem.write_to_path(str(certified.folder / "key.pem"))
    chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
    (certified.folder / "cert.pem").write_bytes(chain)


def at_version(certified: Any, version: ssl.TLSVersion) -> ssl.SSLContext:
    context: ssl.SSLContext = certified.client()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


async def why_it_failed(running: Any, client: ssl.SSLContext, count: int = 1) -> str:
    """Connect in vain and return what the gateway says of it."""
    with pytest.raises(trio.BrokenResourceError):
        await running.connect(tls=client)
    closed = await running.log.recorder.wait_for(ConnectionClosed, count)
    assert closed.reason == "tls_failed"
    detail: str = closed.detail
    return detail


# ---------------------------------------------------------------------- versions


@pytest.mark.parametrize("version", [V1_2, V1_3])
async def test_a_message_goes_through_over_tls_1_2_and_1_3(
    serving: Serving, certified: Any, version: ssl.TLSVersion
) -> None:
    async with serving() as running:
        esme = await running.bound(tls=at_version(certified, version))
        assert esme._stream.version() == version.name.replace("_", ".")
        assert (await esme.submit_sm(NUMBER, TEXT)).command_status == 0


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tls_1_1_and_1_0_are_refused(serving: Serving, certified: Any) -> None:
    async with serving() as running:
        for count, version in enumerate((ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1), 1):
            detail = await why_it_failed(running, at_version(certified, version), count)
            assert detail == "UNSUPPORTED_PROTOCOL"


async def test_a_reload_raises_the_minimum_version_for_new_connections(
    config: Any, serving: Serving, certified: Any
) -> None:
    async with serving() as running:
        old = await running.bound(tls=at_version(certified, V1_2))
        config.append('minimum_version = "1.3"')
        await running.reload()
        detail = await why_it_failed(running, at_version(certified, V1_2))
        assert detail == "UNSUPPORTED_PROTOCOL"
        await running.bound(tls=at_version(certified, V1_3))
        assert (await old.submit_sm(NUMBER, TEXT)).command_status == 0


# ---------------------------------------------------------------------- what clients offer


@pytest.mark.parametrize("suite", ["AES256-GCM-SHA384", "ECDHE-RSA-AES256-SHA384", "AES128-SHA"])
async def test_a_weak_suite_gets_no_session(serving: Serving, certified: Any, suite: str) -> None:
    client = at_version(certified, V1_2)
    client.set_ciphers(f"{suite}:@SECLEVEL=0")
    async with serving() as running:
        assert await why_it_failed(running, client) == "NO_SHARED_CIPHER"


@pytest.mark.parametrize("name", ["localhost", "another.example", None])
@pytest.mark.parametrize("version", [V1_2, V1_3])
async def test_names_and_protocols_that_a_client_asks_for_do_no_harm(
    serving: Serving, certified: Any, version: ssl.TLSVersion, name: str | None
) -> None:
    client = at_version(certified, version)
    client.set_alpn_protocols(["h2", "http/1.1", "smpp"])
    client.check_hostname = False
    async with serving() as running:
        tcp = await trio.open_tcp_stream("127.0.0.1", running.port("tls"))
        stream = trio.SSLStream(tcp, client, server_hostname=name, https_compatible=True)
        async with stream:
            await stream.send_all(encode(BindTransceiver(system_id="acme", password="secret")))
            answer = bytes(await stream.receive_some())
            assert answer[4:12] == b"\x80\0\0\x09\0\0\0\0"
            assert stream.selected_alpn_protocol() is None


@pytest.mark.parametrize("version", [V1_2, V1_3])
async def test_a_session_ticket_is_taken_until_a_reload(
    serving: Serving, certified: Any, version: ssl.TLSVersion
) -> None:
    client = at_version(certified, version)
    kept: list[ssl.SSLSession] = []

    async def is_resumed(running: Any) -> bool:
        tcp = await trio.open_tcp_stream("127.0.0.1", running.port("tls"))
        stream = trio.SSLStream(tcp, client, server_hostname="localhost", https_compatible=True)
        if kept:
            # Trio has no public way to offer a session.
            stream._ssl_object.session = kept[0]
        async with stream:
            await stream.send_all(encode(BindTransceiver(system_id="acme", password="secret")))
            answer = bytes(await stream.receive_some())
            assert answer[4:12] == b"\x80\0\0\x09\0\0\0\0"
            kept[:] = [stream.session]
            return bool(stream.session_reused)

    async with serving() as running:
        assert not await is_resumed(running)
        assert await is_resumed(running)
        await running.reload()
        assert not await is_resumed(running)


# ---------------------------------------------------------------------- another maker's client


Client = Callable[..., Awaitable[str]]


@pytest.fixture
def s_client(certified: Any) -> Client:
    """Connect with `openssl s_client` and return what it prints."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("NOT RUN: there is no `openssl` command on this machine")
    authority = certified.folder / "ca.pem"
    certified.ca.cert_pem.write_to_path(str(authority))

    async def run(running: Any, *options: str, say: bytes = b"Q\n") -> str:
        where = f"127.0.0.1:{running.port('tls')}"
        process = await trio.lowlevel.open_process(
            [openssl, "s_client", "-connect", where, "-CAfile", str(authority), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        told = b""
        try:
            # Its input stays open: at the end of that it would hang up.
            with contextlib.suppress(trio.BrokenResourceError):
                await process.stdin.send_all(say)
            async for octets in process.stdout:
                told += octets
        finally:
            process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
                await process.stdin.aclose()
                await process.stdout.aclose()
        return told.decode()

    return run


@pytest.mark.parametrize(("option", "version"), [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
async def test_openssl_gets_tls_1_2_and_1_3_without_compression(
    serving: Serving, s_client: Client, option: str, version: str
) -> None:
    async with serving() as running:
        told = await s_client(running, option)
        assert f"New, {version}, Cipher is " in told
        assert "Verify return code: 0 (ok)" in told
        assert "Compression: NONE" in told


@pytest.mark.parametrize(
    "options",
    [
        ("-tls1",),
        ("-tls1_1",),
        ("-tls1_2", "-cipher", "kRSA:@SECLEVEL=0"),
        ("-tls1_2", "-cipher", "DHE:@SECLEVEL=0"),
        ("-tls1_2", "-cipher", "SHA1:SHA256:SHA384:!AESGCM:!CHACHA20:@SECLEVEL=0"),
        ("-tls1_2", "-cipher", "eNULL:aNULL:@SECLEVEL=0"),
    ],
    ids=" ".join,
)
async def test_openssl_gets_no_weak_session(
    serving: Serving, s_client: Client, options: tuple[str, ...]
) -> None:
    if "-cipher" not in options:
        options = (*options, "-cipher", "ALL:@SECLEVEL=0")
    async with serving() as running:
        assert "New, (NONE), Cipher is (NONE)" in await s_client(running, *options)
        closed = await running.log.recorder.wait_for(ConnectionClosed)
        assert closed.detail in ("UNSUPPORTED_PROTOCOL", "NO_SHARED_CIPHER")


async def test_a_renegotiation_is_refused(serving: Serving, s_client: Client) -> None:
    async with serving() as running:
        told = await s_client(running, "-tls1_2", say=b"R\n")
        assert "New, TLSv1.2, Cipher is " in told
        assert "RENEGOTIATING" in told
        assert "no renegotiation" in told
