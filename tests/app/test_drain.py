"""SIGHUP and SIGTERM drop no result of a message that the platform has.

The reloads run in this process, with real signals. The stop runs on a process of its own, under
load, against a platform that counts what it is asked: every send of it must be accounted for.
"""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import tomli_w
import trio
import trio.testing

from otpblue_trio.smpp import CommandStatus, Pdu, SubmitSmResp, parse_receipt
from otpblue_trio.store import read_cdrs
from otpblue_trio.testing import Esme, EsmeClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# The classes are conftest's, which no test may import.
Serving = Callable[[], AbstractAsyncContextManager[Any]]

NUMBER = "14155552671"
MESSAGES = 5


# ---------------------------------------------------------------------- SIGHUP


async def reload_in_flight(running: Any, esme: Esme) -> list[Pdu]:
    """Reload while messages are with the platform; returns their responses."""
    responses: list[Pdu] = []

    async def submit(code: int) -> None:
        responses.append(await esme.submit_sm(NUMBER, f"Your code is {code}"))

    async with trio.open_nursery() as nursery:
        for code in range(1000, 1000 + MESSAGES):
            nursery.start_soon(submit, code)
        await trio.testing.wait_all_tasks_blocked()
        # Sent behind the messages, and so answered behind them: they are in flight.
        await esme.enquire_link()
        assert not responses
        await running.reload()
        assert not responses
    return responses


@pytest.mark.parametrize("change", ["removed", "disabled"])
async def test_a_reload_without_the_account_lets_its_messages_finish(
    change: str, config: Any, serving: Serving
) -> None:
    config.replace("latency = 0", 'latency = "2s"')
    async with serving() as running:
        esme = await running.bound()
        if change == "removed":
            config.replace('system_id = "acme"', 'system_id = "another"')
        else:
            config.append("enabled = false")
        responses = await reload_in_flight(running, esme)
        assert [pdu.command_status for pdu in responses] == [CommandStatus.ESME_ROK] * MESSAGES
        for _ in range(MESSAGES):
            assert (await esme.receipt()).short_message
        await esme.wait_closed()
        assert esme.unbind_received


async def test_a_reload_of_the_certificate_touches_no_message_in_flight(
    config: Any, serving: Serving, certified: Any
) -> None:
    config.replace("latency = 0", 'latency = "2s"')
    async with serving() as running:
        esme = await running.bound(tls=certified.client())
        certified.write("second")
        responses = await reload_in_flight(running, esme)
        assert running.outcomes() == ["reloaded: 1 accounts"]
        assert [pdu.command_status for pdu in responses] == [CommandStatus.ESME_ROK] * MESSAGES
        assert (await esme.enquire_link()).command_status == CommandStatus.ESME_ROK
        assert not esme.unbind_received


# ---------------------------------------------------------------------- SIGTERM under load


@attrs.define
class CountingPlatform:
    """A platform that delivers everything after a while and keeps the codes it was asked to send.

    Attributes:
      asked: how often each code.
    """

    asked: Counter[str] = attrs.field(factory=Counter)
    news: trio.Event = attrs.field(factory=trio.Event)

    async def serve(self, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> None:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        task_status.started(listener.socket.getsockname()[1])
        await trio.serve_listeners(self._talk, [listener])

    async def _talk(self, stream: trio.SocketStream) -> None:
        octets = b""
        async for more in stream:
            octets += bytes(more)
            _, end, body = octets.partition(b"\r\n\r\n")
            if not end or not body.endswith(b"}"):
                continue
            octets = b""
            code = json.loads(body)["code"]
            self.asked[code] += 1
            self.news.set()
            self.news = trio.Event()
            await trio.sleep(0.1)
            answer = json.dumps({"success": True, "message_id": f"id-{code}"}).encode()
            await stream.send_all(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer)
            )

    async def wait_for(self, count: int) -> None:
        while len(self.asked) < count:
            await self.news.wait()


@asynccontextmanager
async def running_process(folder: Path) -> AsyncIterator[tuple[trio.Process, int]]:
    """Run the program; yield it and the port of its plain listener."""
    with (folder / "gateway.log").open("a") as log:
        process = await trio.lowlevel.open_process(
            [str(Path(sys.executable).with_name("otpblue-trio")), "serve", "config.toml"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    try:
        printed = b""
        with trio.fail_after(60):
            while b"ready" not in printed:
                octets = await process.stdout.receive_some()
                assert octets, (folder / "gateway.log").read_text()[-2000:]
                printed += octets
        [port] = [line.rpartition(b":")[2] for line in printed.split(b"\n") if b"plain" in line]
        yield process, int(port)
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            await process.stdout.aclose()


def write_config(folder: Path, platform_port: int) -> None:
    config = {
        "listen": {"tls": [], "plain": ["127.0.0.1:0"], "admin": ""},
        "policy": {"fast_phone": False},
        "platform": {
            "kind": "http",
            "url": f"http://127.0.0.1:{platform_port}/send/",
            "regions_refresh": 0,
        },
        "accounts": [
            {"system_id": "acme", "password": "secret-1", "api_key": "k", "tps": "unlimited"}
        ],
    }
    (folder / "config.toml").write_text(tomli_w.dumps(config))


@attrs.define
class Books:
    """What was submitted and what came back, over both runs."""

    codes: itertools.count[int] = attrs.field(factory=lambda: itertools.count(100_000))
    answered: dict[str, SubmitSmResp] = attrs.field(factory=dict)
    abandoned: set[str] = attrs.field(factory=set)
    """Codes of the client that dies."""
    receipts: set[str] = attrs.field(factory=set)
    news: trio.Event = attrs.field(factory=trio.Event)

    async def submit_for_ever(self, esme: Esme, dies: bool) -> None:
        """Submit one message after the other until the connection is lost."""
        while True:
            code = str(next(self.codes))
            if dies:
                self.abandoned.add(code)
            try:
                response = await esme.submit_sm(NUMBER, f"Your code is {code}")
            except EsmeClosed:
                return
            assert isinstance(response, SubmitSmResp)
            self.answered[code] = response

    async def take_receipts(self, esme: Esme) -> None:
        """Keep the receipts that come until the connection is lost."""
        while True:
            try:
                receipt = await esme.receipt()
            except EsmeClosed:
                return
            self.receipts.add(parse_receipt(receipt.short_message)["id"])
            self.news.set()
            self.news = trio.Event()

    def statuses(self) -> set[int]:
        """Return every status but success."""
        return {pdu.command_status for pdu in self.answered.values()} - {CommandStatus.ESME_ROK}

    @property
    def delivered(self) -> set[str]:
        """Codes of which an ESME was told that they were delivered."""
        return {code for code, pdu in self.answered.items() if pdu.command_status == 0}


async def bind(port: int, nursery: trio.Nursery, books: Books) -> Esme:
    """Bind an ESME that takes receipts."""
    esme = Esme(await trio.open_tcp_stream("127.0.0.1", port))
    await nursery.start(esme.run)
    assert (await esme.bind_transceiver("acme", "secret-1")).command_status == 0
    nursery.start_soon(books.take_receipts, esme)
    return esme


async def load_and_stop(folder: Path, platform: CountingPlatform, books: Books, count: int) -> None:
    """Load a process, let one client die, and send SIGTERM in the middle of it."""
    async with running_process(folder) as (process, port), trio.open_nursery() as nursery:
        sessions = [await bind(port, nursery, books) for _ in range(5)]
        for esme in sessions:
            for _ in range(16):
                nursery.start_soon(books.submit_for_ever, esme, esme is sessions[0])
        await platform.wait_for(count)
        await sessions[0].aclose()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def take_what_is_owed(folder: Path, books: Books, owed: set[str]) -> None:
    """Run once more and take the receipts that are left."""
    async with running_process(folder) as (_, port), trio.open_nursery() as nursery:
        esme = await bind(port, nursery, books)
        with trio.move_on_after(30):
            while not owed <= books.receipts:
                await books.news.wait()
        await esme.unbind()
        await esme.wait_closed()


@pytest.mark.parametrize("count", [300, 700])
async def test_sigterm_under_load_accounts_for_every_send(count: int, tmp_path: Path) -> None:
    platform = CountingPlatform()
    books = Books()
    async with trio.open_nursery() as nursery:
        write_config(tmp_path, await nursery.start(platform.serve))
        with trio.fail_after(120):
            await load_and_stop(tmp_path, platform, books, count)
            sent = set(platform.asked)
            owed = {f"id-{code}" for code in sent}
            await take_what_is_owed(tmp_path, books, owed)
        nursery.cancel_scope.cancel()
    assert len(sent) >= count
    assert set(platform.asked.values()) == {1}
    # Told to its ESME, unless that was gone; what was not sent was refused.
    assert books.delivered <= sent
    assert sent - books.delivered <= books.abandoned
    assert books.statuses() <= {CommandStatus.ESME_RSYSERR, CommandStatus.ESME_RINVBNDSTS}
    # On record, each once.
    records = read_cdrs(tmp_path / "var" / "otpblue.db", since=0, until=1e12, limit=1_000_000)
    recorded = Counter(cdr.message_id for cdr in records if cdr.command_status == 0)
    assert recorded == Counter(owed)
    # And its receipt has come, then or with the next run.
    assert books.receipts == owed
