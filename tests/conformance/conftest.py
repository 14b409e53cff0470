"""The program itself as a process, on free ports of this machine, with files of its own.

And what several tests of a gateway in memory need.
"""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import tomli_w
import trio
import trustme

from otpblue_trio.testing import BareEsme

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from otpblue_trio.testing import GatewayUnderTest

AUTHORITY = trustme.CA()


async def ask(gateway: GatewayUnderTest, submit: bytes) -> bytes:
    """Return the answer to a message, on a link that stays."""
    esme = await gateway.bare_bound()
    response = await esme.ask(submit)
    assert await esme.is_alive()
    await esme.aclose()
    return response


@attrs.frozen
class Running:
    """A gateway that runs as a process.

    Attributes:
      process: the process.
      folder: its files: config.toml, cert.pem, key.pem, gateway.log.
      ports: by kind of listener: plain, tls, admin.
      settings: what stands in config.toml; change it and call `write`.
    """

    process: trio.Process
    folder: Path
    ports: dict[str, int]
    settings: dict[str, Any]
    streams: list[trio.SocketStream] = attrs.field(factory=list)

    async def stream(self, kind: str = "plain", address: str = "127.0.0.1") -> trio.SocketStream:
        """Connect from one of this machine's own addresses; closed at the end."""
        port = self.ports[kind]
        stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=address)
        self.streams.append(stream)
        return stream

    async def bare(self, address: str = "127.0.0.1") -> BareEsme:
        """Connect an ESME that is not bound."""
        return BareEsme(await self.stream(address=address))

    async def bare_bound(self, address: str = "127.0.0.1") -> BareEsme:
        """Connect an ESME and bind it as `acme`."""
        esme = await self.bare(address)
        await esme.bind()
        return esme

    async def secured(self, context: ssl.SSLContext) -> BareEsme:
        """Connect an ESME over TLS; its handshake is done."""
        stream = trio.SSLStream(
            await self.stream("tls"), context, server_hostname="localhost", https_compatible=True
        )
        await stream.do_handshake()
        return BareEsme(stream)

    async def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a page of the admin port."""
        async with await self.stream("admin") as stream:
            request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            await stream.send_all(request.encode())
            octets = b""
            while more := await stream.receive_some():
                octets += more
        head, _, body = octets.decode().partition("\r\n\r\n")
        return int(head.split()[1]), body

    async def sample(self, beginning: str) -> float:
        """Return the sum of the metrics whose line begins so."""
        _, body = await self.get("/metrics")
        return sum(
            float(line.rpartition(" ")[2])
            for line in body.splitlines()
            if line.startswith(beginning)
        )

    async def until(self, beginning: str, value: float) -> None:
        """Return when the metrics whose line begins so have that sum."""
        with trio.fail_after(60):
            while await self.sample(beginning) != value:  # noqa: ASYNC110  no event crosses processes
                await trio.sleep(0.02)

    def log(self) -> str:
        """Return what has been logged."""
        return (self.folder / "gateway.log").read_text()

    def open_files(self) -> int:
        """Return how many files and sockets the process holds."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def write(self) -> None:
        """Write config.toml."""
        (self.folder / "config.toml").write_text(tomli_w.dumps(self.settings))

    def write_certificate(self, name: str) -> None:
        """Write a certificate for localhost, and its key."""
        write_certificate(self.folder, name)

    async def reload(self) -> None:
        """Send SIGHUP and wait until the log says what came of it."""
        before = self.log().count("reloaded")
        self.process.send_signal(signal.SIGHUP)
        with trio.fail_after(60):
            while self.log().count("reloaded") == before:  # noqa: ASYNC110  likewise
                await trio.sleep(0.01)


def write_certificate(folder: Path, name: str) -> None:
    """Write a certificate for localhost, and its key."""
    made = AUTHORITY.issue_cert("localhost", common_name=name)
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    (folder / "key.pem").write_bytes(made.private_key_pem.bytes())
    (folder / "key.pem").chmod(0o600)


def client_context() -> ssl.SSLContext:
    """Return a client's side of TLS that trusts the certificates above."""
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


@pytest.fixture
def trusting() -> ssl.SSLContext:
    """A client's side of TLS that trusts the gateway's certificates and no others."""
    return client_context()


@pytest.fixture
def running(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Running]]:
    """Run a gateway for the length of a `with` block; settings are put over those below."""
    account = {"password": "secret", "tps": "unlimited", "max_sessions": 100}
    defaults: dict[str, Any] = {
        "environment": "development",
        "listen": {
            "tls": ["127.0.0.1:0"],
            "plain": ["127.0.0.1:0"],
            "admin": "127.0.0.1:0",
        },
        "tls": {"certificate": "cert.pem", "private_key": "key.pem"},
        "simulator": {"latency": 0, "jitter": 0},
        "policy": {"fast_phone": False},
        "limits": {"max_connections": 100},
        "log": {"format": "json"},
        "accounts": [
            {"system_id": "acme", "api_key": "sim-key-acme-0001", **account},
            {"system_id": "other", "api_key": "sim-key-other-002", **account},
        ],
    }

    @asynccontextmanager
    async def running(**settings: dict[str, Any]) -> AsyncIterator[Running]:
        merged = {
            name: value | settings.get(name, {}) if isinstance(value, dict) else value
            for name, value in defaults.items()
        }
        write_certificate(tmp_path, "first")
        (tmp_path / "config.toml").write_text(tomli_w.dumps(merged))
        with (tmp_path / "gateway.log").open("w") as log:
            process = await trio.lowlevel.open_process(
                [str(Path(sys.executable).with_name("otpblue-trio")), "serve", "config.toml"],
                cwd=tmp_path,
                env={name: os.environ[name] for name in os.environ if "PROXY" not in name.upper()},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert process.stdout is not None
        try:
            with trio.fail_after(120):
                printed = b""
                while b"ready" not in printed:
                    octets = await process.stdout.receive_some()
                    assert octets, (tmp_path / "gateway.log").read_text()[-2000:]
                    printed += octets
                ports = {
                    line.split()[1].decode(): int(line.rpartition(b":")[2])
                    for line in printed.splitlines()
                    if line.startswith(b"listening")
                }
                gateway = Running(process, tmp_path, ports, merged)
                try:
                    yield gateway
                finally:
                    for stream in gateway.streams:
                        await trio.aclose_forcefully(stream)
        finally:
            if process.returncode is None:
                process.kill()
            with trio.CancelScope(shield=True):
                await process.wait()
                await process.stdout.aclose()

    return running
