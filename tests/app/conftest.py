"""A whole `serve` in this process: real ports, real signals, files in a folder of its own."""

from __future__ import annotations

import io
import os
import re
import signal
import ssl
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import bcrypt
import pytest
import trio
import trustme

from otpblue_trio.app import epoch_seconds, serve
from otpblue_trio.config import Config, load_config
from otpblue_trio.esme import secured
from otpblue_trio.ops import LogWriter
from otpblue_trio.runtime.observer import Notice
from otpblue_trio.testing import Esme, EventRecorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from otpblue_trio.runtime.observer import Event

PASSWORD = "secret"


class RecordingLog(LogWriter):
    """A log that keeps the events it is told, too."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), now=epoch_seconds)
        self.recorder = EventRecorder()

    def observe(self, event: Event, /) -> None:
        super().observe(event)
        self.recorder.observe(event)


class Announced(io.StringIO):
    """Takes what `serve` prints."""

    def __init__(self) -> None:
        super().__init__()
        self.is_ready = trio.Event()

    def write(self, text: str, /) -> int:
        if "ready" in text:
            self.is_ready.set()
        return super().write(text)


@attrs.frozen
class ConfigFile:
    """A config.toml to be changed, in async tests too."""

    path: Path

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.path.parent

    def replace(self, old: str, new: str) -> None:
        """Replace a text, which must be there, wherever it is."""
        text = self.path.read_text()
        assert old in text
        self.path.write_text(text.replace(old, new))

    def append(self, text: str) -> None:
        """Add something at the end."""
        self.path.write_text(f"{self.path.read_text()}\n{text}\n")

    def remove_account(self) -> None:
        """Take the account out, up to the next section."""
        before, _, rest = self.path.read_text().partition("[[accounts]]")
        self.path.write_text(before + rest[rest.index("\n[") :])

    def load(self) -> Config:
        """Load it, without environment variables."""
        return load_config(self.path, env={})


@attrs.define
class Serving:
    """A gateway that runs.

    Attributes:
      printed: what it printed.
      log: told its events.
    """

    printed: Announced
    log: RecordingLog
    nursery: trio.Nursery
    ended: trio.Event = attrs.field(factory=trio.Event)

    def port(self, kind: str) -> int:
        """Return the first port of a kind of listener."""
        for line in self.printed.getvalue().splitlines():
            if line.startswith(f"listening {kind} "):
                return int(line.rpartition(":")[2])
        raise KeyError(kind)

    def notices(self, level: str) -> list[str]:
        """Return the notices of a level so far."""
        return [
            event.text
            for event in self.log.recorder.events
            if isinstance(event, Notice) and event.level == level
        ]

    async def wait_for_notice(self, beginning: str) -> str:
        """Return the first notice that begins so, as soon as there is one."""
        count = 1
        while not (notice := await self.log.recorder.wait_for(Notice, count)).text.startswith(
            beginning
        ):
            count += 1
        return notice.text

    async def connect(self, *, tls: ssl.SSLContext | None = None) -> Esme:
        """Connect an ESME, over TLS when a context is given."""
        port = self.port("tls" if tls else "plain")
        stream: trio.abc.Stream = await trio.open_tcp_stream("127.0.0.1", port)
        if tls is not None:
            stream = await secured(stream, tls, "localhost")
        esme = Esme(stream)
        await self.nursery.start(esme.run)
        return esme

    async def bound(
        self,
        system_id: str = "acme",
        password: str = PASSWORD,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> Esme:
        """Connect an ESME and bind it."""
        esme = await self.connect(tls=tls)
        response = await esme.bind_transceiver(system_id, password)
        assert response.command_status == 0
        return esme

    async def reload(self) -> None:
        """Send this process SIGHUP and wait until the gateway has said what came of it."""
        recorder = self.log.recorder
        before = len(self.outcomes())
        os.kill(os.getpid(), signal.SIGHUP)
        while len(self.outcomes()) == before:
            await recorder.wait_for(Notice, sum(isinstance(e, Notice) for e in recorder.events) + 1)

    def outcomes(self) -> list[str]:
        """Return what was said of every reload."""
        return [
            event.text
            for event in self.log.recorder.events
            if isinstance(event, Notice) and event.text.startswith(("reloaded", "not reloaded"))
        ]


@pytest.fixture
def hashed() -> str:
    """The hash of `secret`, of the lowest cost there is."""
    return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()


@pytest.fixture
def config(tmp_path: Path, hashed: str) -> ConfigFile:
    """A configuration with a plain listener and one account, `acme`; change it at will."""
    path = tmp_path / "config.toml"
    path.write_text(
        f"""\
[listen]
tls = []
plain = ["127.0.0.1:0"]
admin = ""

[limits]
drain_timeout = "5s"

[simulator]
latency = 0
jitter = 0

[policy]
fast_phone = false

[store]
path = ""

[[accounts]]
system_id = "acme"
password = "{hashed}"
api_key = "key-of-acme"
tps = "unlimited"
"""
    )
    return ConfigFile(path)


@pytest.fixture
def announced() -> Announced:
    """Take what is printed."""
    return Announced()


@pytest.fixture
def log() -> Iterator[RecordingLog]:
    """Take what is logged."""
    with RecordingLog() as log:
        yield log


@pytest.fixture
def run_serve(config: ConfigFile) -> Callable[[Announced, RecordingLog], Awaitable[None]]:
    """Run `serve` on the configuration to its end."""

    async def run_serve(printed: Announced, log: RecordingLog) -> None:
        await serve(config.load(), log=log, reload=config.load, announce=printed)

    return run_serve


@pytest.fixture
def serving(
    run_serve: Callable[[Announced, RecordingLog], Awaitable[None]],
) -> Callable[[], AbstractAsyncContextManager[Serving]]:
    """Run `serve` on the configuration for the length of a `with` block."""

    @asynccontextmanager
    async def serving() -> AsyncIterator[Serving]:
        printed, log = Announced(), RecordingLog()
        with log:
            async with trio.open_nursery() as nursery:
                running = Serving(printed, log, nursery)

                async def run() -> None:
                    await run_serve(printed, log)
                    running.ended.set()

                nursery.start_soon(run)
                with trio.fail_after(30):
                    await printed.is_ready.wait()
                    yield running
                nursery.cancel_scope.cancel()

    return serving


@attrs.frozen
class Certified:
    """An authority and a way to make certificates of it."""

    ca: trustme.CA
    folder: Path

    def write(self, name: str) -> None:
        """Write a certificate and its key for localhost to `cert.pem` and `key.pem`."""
        made = self.ca.issue_cert("localhost", "127.0.0.1", common_name=name)
        chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
        (self.folder / "cert.pem").write_bytes(chain)
        (self.folder / "key.pem").write_bytes(made.private_key_pem.bytes())
        (self.folder / "key.pem").chmod(0o600)

    def client(self) -> ssl.SSLContext:
        """Return a context that trusts this authority alone."""
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context


@pytest.fixture
def certified(tmp_path: Path, config: ConfigFile) -> Certified:
    """Give the configuration a TLS listener with a certificate of an authority."""
    certified = Certified(trustme.CA(), tmp_path)
    certified.write("first")
    config.replace("tls = []", 'tls = ["127.0.0.1:0"]')
    config.append('[tls]\ncertificate = "cert.pem"\nprivate_key = "key.pem"')
    return certified


@attrs.define
class Program:
    """The program as a process, and what it has said."""

    process: trio.Process
    nursery: trio.Nursery
    said: dict[str, bytearray]
    news: trio.Event = attrs.field(factory=trio.Event)

    async def listen(self, name: str, pipe: trio.abc.ReceiveStream) -> None:
        """Gather what it says on one of its outputs."""
        async for octets in pipe:
            self.said[name] += octets
            self.news.set()
            self.news = trio.Event()

    async def wait_for(self, text: str, name: str = "stderr", *, times: int = 1) -> None:
        """Wait until it has said something so often."""
        with trio.fail_after(30):
            while self.said[name].decode().count(text) < times:
                await self.news.wait()

    def port(self, kind: str) -> int:
        """Return the port of a listener."""
        [port] = re.findall(rf"listening {kind} .*:(\d+)", self.said["stdout"].decode())
        return int(port)

    async def connect(self, kind: str = "plain") -> trio.SocketStream:
        """Connect to a listener."""
        return await trio.open_tcp_stream("127.0.0.1", self.port(kind))

    async def say(self, octets: bytes, kind: str = "plain") -> bytes:
        """Say something on a connection of its own; return all that is answered."""
        stream = await self.connect(kind)
        async with stream:
            await stream.send_all(octets)
            await stream.send_eof()
            return b"".join([bytes(received) async for received in stream])

    async def bind(
        self, system_id: str, password: str = PASSWORD, *, tls: ssl.SSLContext | None = None
    ) -> tuple[Esme, int]:
        """Bind an ESME, or try to; returns what the bind was answered."""
        stream: trio.abc.Stream = await self.connect("tls" if tls else "plain")
        if tls is not None:
            stream = trio.SSLStream(stream, tls, server_hostname="localhost", https_compatible=True)
        esme = Esme(stream)
        await self.nursery.start(esme.run)
        return esme, (await esme.bind_transceiver(system_id, password)).command_status


@pytest.fixture
def program() -> Callable[[Path], AbstractAsyncContextManager[Program]]:
    """Run `serve` as a process on the config.toml of a folder; what still runs is killed."""

    @asynccontextmanager
    async def program(folder: Path) -> AsyncIterator[Program]:
        process = await trio.lowlevel.open_process(
            [str(Path(sys.executable).with_name("otpblue-trio")), "serve", "config.toml"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        async with trio.open_nursery() as nursery:
            run = Program(process, nursery, {"stdout": bytearray(), "stderr": bytearray()})
            nursery.start_soon(run.listen, "stdout", process.stdout)
            nursery.start_soon(run.listen, "stderr", process.stderr)
            try:
                await run.wait_for("ready\n", "stdout")
                yield run
            finally:
                process.kill()
                with trio.CancelScope(shield=True):
                    await process.wait()
                nursery.cancel_scope.cancel()

    return program
