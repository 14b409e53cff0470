"""The processes of the soak, the gateway and its platform, and what can be measured of them."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import orjson
import tomli_w
import trio
from soak_client import Login

__all__ = [
    "API_KEY",
    "ROUGH",
    "STEADY",
    "STORM",
    "GatewayProcess",
    "PlatformProcess",
    "Reading",
    "http_get",
]

STEADY = Login("steady", "steady-1")
ROUGH = Login("rough", "rough-1")
STORM = Login("storm", "storm-1")
API_KEY = "soak-key"

PRE_BIND = 8.0
PLATFORM_TIMEOUT = 4.0
WRITE_TIMEOUT = 5.0

_START_LIMIT = 60.0
_HTTP_LIMIT = 30.0
_PAGE_OCTETS = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_METRIC = re.compile(r"^otpblue_smpp_(\w+) ([0-9.e+]+)$", re.MULTILINE)


@attrs.frozen
class Reading:
    """What one look at the gateway showed."""

    rss: int
    """Octets of resident memory."""
    descriptors: int
    threads: int
    cpu: float
    """Seconds of processor time since the process began."""
    in_flight: int
    receipts_waiting: int
    connections: int


async def http_get(port: int, path: str) -> bytes:
    """Return the body of a GET on 127.0.0.1.

    Raises:
      OSError, trio.BrokenResourceError, trio.TooSlowError: nobody answers.
    """
    with trio.fail_after(_HTTP_LIMIT):
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            octets = b"".join([bytes(more) async for more in stream])
    return octets.partition(b"\r\n\r\n")[2]


async def _printed(process: trio.Process, last: bytes) -> list[str]:
    """Return the lines that a process prints up to the one that begins with `last`.

    Raises:
      RuntimeError: it ended before.
    """
    assert process.stdout is not None  # noqa: S101 - for mypy
    printed = b""
    with trio.fail_after(_START_LIMIT):
        while not re.search(rb"^%b.*\n" % last, printed, re.MULTILINE):
            octets = await process.stdout.receive_some()
            if not octets:
                raise RuntimeError("the process ended instead of starting")
            printed += octets
    return printed.decode().splitlines()


class PlatformProcess:
    """The platform at fault, in a process of its own."""

    def __init__(self) -> None:
        self.port = 0
        self._process: trio.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it listens."""
        self._process = await trio.lowlevel.open_process(
            [sys.executable, str(Path(__file__).with_name("soak_platform.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        [line] = await _printed(self._process, b"listening")
        self.port = int(line.rpartition(" ")[2])

    async def outage(self, seconds: float) -> None:
        """Answer nobody for a while."""
        await http_get(self.port, f"/soak/outage/{seconds}")

    async def summary(self) -> dict[str, int]:
        """Return its counts."""
        counts: dict[str, int] = orjson.loads(await http_get(self.port, "/soak/summary"))
        return counts

    async def sends(self) -> list[tuple[str, int]]:
        """Return each number that it was asked to send to, and how often."""
        text = (await http_get(self.port, "/soak/sends")).decode()
        return [(number, int(count)) for number, count in map(str.split, text.splitlines())]

    async def stop(self) -> None:
        """End it."""
        await _end(self._process)


class GatewayProcess:
    """The gateway, as an operator would run it.

    Attributes:
      is_up: True between its `ready` and its end.
      kills: how often it was killed.
    """

    def __init__(self, folder: Path, platform_port: int) -> None:
        self.is_up = False
        self.kills = 0
        self._folder = folder
        self._process: trio.Process | None = None
        self._up = trio.Event()
        self._ports: dict[str, int] = {}
        self._tls: ssl.SSLContext | None = None
        self._settings = _settings(platform_port)
        self.configure(1)

    # ------------------------------------------------------------------ configuration

    def configure(self, revision: int) -> None:
        """Write the configuration; every revision differs a little from the one before."""
        self._settings["accounts"][1]["tps"] = 9000 + revision % 100
        self._write(tomli_w.dumps(self._settings))

    def spoil(self) -> None:
        """Write a configuration that must be refused."""
        self._write("[listen]\nplain = 7\n")

    def _write(self, text: str) -> None:
        # Replaced as a whole, as a deployment does; SIGHUP may be on its way.
        fresh = self._folder / "config.toml.new"
        fresh.write_text(text)
        fresh.replace(self._folder / "config.toml")

    # ------------------------------------------------------------------ life

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        with (self._folder / "gateway.log").open("ab") as log:
            self._process = await trio.lowlevel.open_process(
                [str(Path(sys.executable).with_name("otpblue-trio")), "serve", "config.toml"],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        for line in (await _printed(self._process, b"ready"))[:-1]:
            _, kind, address = line.split(" ", 2)
            self._ports[kind] = int(address.rpartition(":")[2])
        certificate = self._folder / "var" / "tls" / "development-cert.pem"
        self._tls = ssl.create_default_context(cafile=str(certificate))
        self.is_up = True
        self._up.set()

    async def wait_until_up(self) -> None:
        """Return when it accepts connections."""
        # Waiting lets others run, and the gateway may be killed meanwhile.
        while not self.is_up:
            await self._up.wait()

    @property
    def has_died(self) -> bool:
        """True when it ended without being asked to."""
        return self.is_up and self._process is not None and self._process.poll() is not None

    async def kill(self) -> None:
        """Kill it without a warning."""
        self._down()
        self.kills += 1
        await _end(self._process)

    async def stop(self, limit: float) -> int | None:
        """Ask it to end; return its exit code, None when it had to be killed."""
        self._down()
        if self._process is None:
            return None
        self._process.send_signal(signal.SIGTERM)
        with trio.move_on_after(limit):
            return await self._process.wait()
        await _end(self._process)
        return None

    async def end(self) -> None:
        """Make sure that it does not run."""
        await _end(self._process)

    def _down(self) -> None:
        self.is_up = False
        self._up = trio.Event()

    def hang_up(self) -> None:
        """Ask it to read its configuration again."""
        if self.is_up and self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    # ------------------------------------------------------------------ where it is, how it is

    @property
    def plain(self) -> int:
        """The port without TLS."""
        return self._ports["plain"]

    @property
    def tls(self) -> int:
        """The port with TLS."""
        return self._ports["tls"]

    @property
    def tls_context(self) -> ssl.SSLContext:
        """Trusts its certificate."""
        assert self._tls is not None  # noqa: S101 - for mypy
        return self._tls

    async def read(self) -> Reading:
        """Look at it.

        Raises:
          OSError, trio.BrokenResourceError, trio.TooSlowError: it is not there.
        """
        assert self._process is not None  # noqa: S101 - for mypy
        page = (await http_get(self._ports["admin"], "/metrics")).decode()
        shown = {name: int(float(value)) for name, value in _METRIC.findall(page)}
        proc = Path("/proc") / str(self._process.pid)
        fields = (proc / "stat").read_text().rpartition(")")[2].split()
        return Reading(
            rss=int(fields[21]) * _PAGE_OCTETS,
            descriptors=len(list((proc / "fd").iterdir())),
            threads=int(fields[17]),
            cpu=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
            in_flight=shown["messages_in_flight"],
            receipts_waiting=shown["receipts_waiting"],
            connections=shown["connections_open"],
        )

    @property
    def database(self) -> Path:
        """Its store."""
        return self._folder / "var" / "otpblue.db"

    @property
    def log(self) -> Path:
        """What it logged, over all its lives."""
        return self._folder / "gateway.log"


async def _end(process: trio.Process | None) -> None:
    if process is not None:
        with trio.CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    await trio.aclose_forcefully(pipe)


# The value is what TOML can say.
def _settings(platform_port: int) -> dict[str, Any]:
    platform = f"http://127.0.0.1:{platform_port}/imsg/api/v1.1/otp/send/"
    common = {"api_key": API_KEY, "max_sessions": 100}
    return {
        "listen": {"tls": ["127.0.0.1:0"], "plain": ["127.0.0.1:0"], "admin": "127.0.0.1:0"},
        # Shorter than the defaults, so that every deadline is met often.
        "limits": {
            "pre_bind_timeout": f"{PRE_BIND:g}s",
            "write_timeout": f"{WRITE_TIMEOUT:g}s",
            "bind_block_duration": "20s",
            "max_connections_per_address": 200,
        },
        "platform": {
            "kind": "http",
            "url": platform,
            "timeout": f"{PLATFORM_TIMEOUT:g}s",
            "regions_refresh": 0,
        },
        "log": {"format": "json"},
        "accounts": [
            {"system_id": one.system_id, "password": one.password, "tps": tps, **common}
            for one, tps in ((STEADY, "unlimited"), (ROUGH, 9000), (STORM, "unlimited"))
        ],
    }
