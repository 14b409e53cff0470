"""Something to attack: the program in a process of its own, and a gateway in this one.

After every attack the same is asked of either: a clean client is served from bind to unbind, and
what the attack took (tasks, descriptors, memory) is given back. `Target.survives` asks it of the
process, `at_rest` of a gateway in memory.
"""

from __future__ import annotations

import gc
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest
import tomli_w
import trio
import trio.testing

from otpblue_trio.runtime.connection import Connection
from otpblue_trio.runtime.exchanges import Exchange, Waiter
from otpblue_trio.session import SmppSession
from otpblue_trio.smpp import CommandStatus, SubmitSmResp, parse_receipt
from otpblue_trio.testing import Esme, GatewayUnderTest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator

MEBIBYTE = 1 << 20
CLEAN_ADDRESS = "127.0.0.1"
"""Where the clean client comes from; attackers come from 127.0.0.2 and above."""
LOGIN = ("acme", "acme-pw1")


@attrs.frozen
class Figures:
    """What a process holds."""

    tasks: int
    descriptors: int
    resident_octets: int


@attrs.define
class Target:
    """The program, running on ports of its own with the simulated platform."""

    process: subprocess.Popen[bytes]
    folder: Path
    ports: dict[str, int]
    sent: int = 0
    """Messages of clean clients."""

    # ------------------------------------------------------------------ connecting

    def connect_socket(self, address: str = "127.0.0.2", listener: str = "plain") -> socket.socket:
        """Connect from one of the many addresses of this machine; a blocking socket."""
        return socket.create_connection(
            (CLEAN_ADDRESS, self.ports[listener]), timeout=30, source_address=(address, 0)
        )

    async def connect(
        self, address: str = "127.0.0.2", listener: str = "plain"
    ) -> trio.SocketStream:
        """Connect from an address."""
        return await trio.open_tcp_stream(
            CLEAN_ADDRESS, self.ports[listener], local_address=address
        )

    def client_tls(self) -> ssl.SSLContext:
        """Return a context that trusts the development certificate."""
        return ssl.create_default_context(
            cafile=str(self.folder / "var" / "tls" / "development-cert.pem")
        )

    # ------------------------------------------------------------------ what must hold

    async def serve_clean_client(self, *, tls: bool = False) -> None:
        """Bind, submit, get the receipt, unbind; all of it must work."""
        stream: trio.abc.Stream = await self.connect(CLEAN_ADDRESS, "tls" if tls else "plain")
        if tls:
            stream = trio.SSLStream(
                stream, self.client_tls(), server_hostname="localhost", https_compatible=True
            )
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery, Esme(stream) as esme:
                await nursery.start(esme.run)
                bound = await esme.bind_transceiver(*LOGIN)
                assert bound.command_status == CommandStatus.ESME_ROK
                self.sent += 1
                response = await esme.submit_sm("14155552671", f"Your code is {self.sent:06}")
                assert isinstance(response, SubmitSmResp)
                assert response.command_status == CommandStatus.ESME_ROK
                receipt = parse_receipt((await esme.receipt()).short_message)
                assert (receipt["id"], receipt["stat"]) == (response.message_id, "DELIVRD")
                assert (await esme.unbind()).command_status == CommandStatus.ESME_ROK
                await esme.wait_closed()

    async def metric(self, name: str) -> float:
        """Return one figure of the metrics page."""
        stream = await trio.open_tcp_stream(CLEAN_ADDRESS, self.ports["admin"])
        async with stream:
            await stream.send_all(
                b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            page = b""
            async for octets in stream:
                page += octets
        for line in page.decode().splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        raise KeyError(name)

    async def wait_for_metric(self, name: str, value: float) -> None:
        """Return when a figure of the metrics page is this."""
        with trio.fail_after(60):
            # A process is watched from outside: nobody tells.
            while await self.metric(name) != value:  # noqa: ASYNC110
                await trio.sleep(0.05)

    def resident_octets(self) -> int:
        """Return the process's memory."""
        statm = Path(f"/proc/{self.process.pid}/statm").read_text()
        return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    async def figures(self) -> Figures:
        """Measure the process."""
        tasks = int(await self.metric("otpblue_smpp_tasks"))
        descriptors = len(os.listdir(f"/proc/{self.process.pid}/fd"))
        return Figures(tasks, descriptors, self.resident_octets())

    async def survives(
        self,
        attack: Callable[[], Awaitable[None]],
        *,
        most_growth: int = 16 * MEBIBYTE,
        most_peak: int = 64 * MEBIBYTE,
    ) -> None:
        """Run an attack twice; the process must serve as before and hold no more than before.

        The first run fills what is filled once: caches, pools, the allocator's arenas. The growth
        is that of the second run; its limit leaves room for garbage that Python has not collected
        yet, and none for what an attack of this size would leak. The peak is that of both.
        """
        await self.serve_clean_client()
        await self.serve_clean_client(tls=True)
        before = await self._base()
        peak = before.resident_octets
        settled = before
        for _ in range(2):
            settled = await self._settled(before)
            with trio.fail_after(120):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._attack, attack, nursery.cancel_scope)
                    while True:
                        peak = max(peak, self.resident_octets())
                        await trio.sleep(0.02)
        after = await self._settled(before)
        await self.serve_clean_client(tls=True)
        assert self.process.poll() is None
        assert peak - before.resident_octets < most_peak
        assert after.resident_octets - settled.resident_octets < most_growth

    async def _attack(
        self, attack: Callable[[], Awaitable[None]], watching: trio.CancelScope
    ) -> None:
        await attack()
        watching.cancel()

    async def _base(self) -> Figures:
        """Return the figures of the process when it is at rest, which it soon is."""
        figures = await self.figures()
        while True:
            await trio.sleep(0.1)
            last, figures = figures, await self.figures()
            if (last.tasks, last.descriptors) == (figures.tasks, figures.descriptors):
                return figures

    async def _settled(self, before: Figures) -> Figures:
        """Serve a clean client and wait until nothing is held that was not held before."""
        await self.serve_clean_client()
        figures = await self.figures()
        with trio.move_on_after(60):
            # The process is watched from outside: nobody tells when it is done.
            while figures.tasks > before.tasks or figures.descriptors > before.descriptors:
                await trio.sleep(0.05)
                figures = await self.figures()
        assert figures.tasks <= before.tasks
        assert figures.descriptors <= before.descriptors
        return figures


_UNBOUNDED = {"tps": "unlimited", "max_sessions": 1000}


def _start(folder: Path, settings: dict[str, dict[str, object]]) -> Target:
    config: dict[str, object] = {
        "listen": {"tls": ["127.0.0.1:0"], "plain": ["127.0.0.1:0"], "admin": "127.0.0.1:0"},
        "simulator": {"latency": "5ms", "jitter": "5ms"},
        "policy": {"fast_phone": False},
        "accounts": [
            {"system_id": LOGIN[0], "password": LOGIN[1], "api_key": "k", **_UNBOUNDED},
            {"system_id": "mallory", "password": "mallory1", "api_key": "m", **_UNBOUNDED},
        ],
        **settings,
    }
    (folder / "config.toml").write_text(tomli_w.dumps(config))
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - a program of this project
            [str(Path(sys.executable).with_name("otpblue-trio")), "serve", "config.toml"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    ports: dict[str, int] = {}
    assert process.stdout is not None
    while (line := process.stdout.readline()) != b"ready\n":
        assert line, (folder / "gateway.log").read_text()[-2000:]
        _, kind, address = line.decode().split()
        ports[kind] = int(address.rpartition(":")[2])
    return Target(process, folder, ports)


@pytest.fixture(scope="module")
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """The program, with the module's `SETTINGS` over those of a test; one for all its attacks."""
    settings = getattr(request.module, "SETTINGS", {})
    target = _start(tmp_path_factory.mktemp("target"), settings)
    yield target
    assert target.process.poll() is None
    target.process.terminate()
    assert target.process.wait(30) == 0
    assert target.process.stdout is not None
    target.process.stdout.close()
    log = (target.folder / "gateway.log").read_text()
    errors = [line for line in log.splitlines() if '"level":"error"' in line or "traceback" in line]
    assert len(errors) <= getattr(request.module, "MOST_ERRORS", 0), errors[:3]


# ---------------------------------------------------------------------- a gateway in memory

AtRest = Callable[[GatewayUnderTest], AbstractAsyncContextManager[None]]

_OWNED = (Connection, SmppSession, Waiter, Exchange)


def owned() -> int:
    """Count the objects that belong to connections and messages."""
    gc.collect()
    return sum(isinstance(one, _OWNED) for one in gc.get_objects())


@asynccontextmanager
async def _at_rest(gateway: GatewayUnderTest) -> AsyncIterator[None]:
    await serve_in_memory(gateway, "100000")
    tasks = trio.lowlevel.current_statistics().tasks_living
    descriptors = len(os.listdir("/proc/self/fd"))
    objects = owned()
    yield
    await trio.testing.wait_all_tasks_blocked()
    await serve_in_memory(gateway, "100001")
    assert gateway.gateway.connections == 0
    assert gateway.gateway.in_flight == 0
    assert gateway.gateway.waiting_receipts == 0
    assert trio.lowlevel.current_statistics().tasks_living == tasks
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert owned() == objects, [type(one) for one in gc.get_objects() if isinstance(one, _OWNED)]


@pytest.fixture
def at_rest() -> AtRest:
    """Open a block in which a gateway is attacked; behind it nothing of the attack may be left."""
    return _at_rest


async def serve_in_memory(gateway: GatewayUnderTest, code: str) -> None:
    """Serve one clean client from bind to unbind."""
    esme = await gateway.bound(address="203.0.113.1")
    response = await esme.submit_sm("14155552671", f"Your code is {code}")
    assert response.command_status == CommandStatus.ESME_ROK
    await esme.receipt()
    assert (await esme.unbind()).command_status == CommandStatus.ESME_ROK
    await esme.wait_closed()
    # Until nothing more is remembered of the message, and nothing looks after it.
    await trio.sleep(10)
    await trio.testing.wait_all_tasks_blocked()
