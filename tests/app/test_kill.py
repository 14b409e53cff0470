"""A gateway that is killed over and over: whoever was told ESME_ROK gets the receipt.

The program itself runs as a process, on the shipped config.toml with free ports. Each generation is
loaded and killed without a warning; the last one has to come up with every receipt that is owed.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import tomllib
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest
import tomli_w
import trio

from otpblue_trio.smpp import CommandStatus, SubmitSmResp, parse_receipt
from otpblue_trio.store import read_cdrs
from otpblue_trio.testing import Esme, EsmeClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("OTPBLUE_KILLS", "3"))
"""How often the gateway is killed."""
SESSIONS = 4
SUBMITTERS = 8
"""Messages at once on each session."""


@attrs.define
class Books:
    """What was promised and what came, over all generations."""

    login: tuple[str, str]
    codes: itertools.count[int] = attrs.field(factory=lambda: itertools.count(100_000))
    promised: set[str] = attrs.field(factory=set)
    received: set[str] = attrs.field(factory=set)
    news: trio.Event = attrs.field(factory=trio.Event)

    @property
    def owed(self) -> set[str]:
        return self.promised - self.received

    def note(self, message_id: str, where: set[str]) -> None:
        where.add(message_id)
        self.news.set()
        self.news = trio.Event()

    async def wait_for_promises(self, count: int) -> None:
        while len(self.promised) < count:
            await self.news.wait()

    async def wait_until_nothing_is_owed(self) -> None:
        while self.owed:
            await self.news.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the shipped config.toml on free ports."""
    settings = tomllib.loads((ROOT / "config.toml").read_text())
    settings["listen"] = {"tls": [], "plain": ["127.0.0.1:0"], "admin": ""}
    settings["simulator"] = {"latency": "5ms", "jitter": "5ms"}
    settings["limits"] = {"max_connections": 100}  # whatever this machine allows
    settings["accounts"][0]["tps"] = "unlimited"
    (tmp_path / "config.toml").write_text(tomli_w.dumps(settings))
    return tmp_path


@pytest.fixture
def books(folder: Path) -> Books:
    """Return empty books for the first account."""
    account = tomllib.loads((folder / "config.toml").read_text())["accounts"][0]
    return Books((account["system_id"], account["password"]))


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[trio.Process, int]]:
    """Run the gateway; yield it and its port. What still runs at the end is killed."""
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


async def connect(port: int, books: Books, nursery: trio.Nursery) -> Esme:
    """Bind an ESME that keeps the books."""
    esme = Esme(await trio.open_tcp_stream("127.0.0.1", port))
    await nursery.start(esme.run)
    assert (await esme.bind_transceiver(*books.login)).command_status == CommandStatus.ESME_ROK

    async def receive() -> None:
        while True:
            try:
                receipt = await esme.receipt()
            except EsmeClosed:
                return
            books.note(parse_receipt(receipt.short_message)["id"], books.received)

    nursery.start_soon(receive)
    return esme


async def submit_for_ever(esme: Esme, books: Books) -> None:
    """Submit one message after the other until the connection is lost."""
    while True:
        try:
            response = await esme.submit_sm("14155552671", f"Your code is {next(books.codes)}")
        except EsmeClosed:
            return
        assert isinstance(response, SubmitSmResp)
        assert response.command_status == CommandStatus.ESME_ROK
        assert response.message_id not in books.promised
        books.note(response.message_id or "", books.promised)


async def test_every_promised_receipt_comes_though_the_gateway_is_killed(
    folder: Path, books: Books
) -> None:
    for generation in range(KILLS):
        words = len(books.promised) + random.Random(generation).randrange(200, 600)
        async with running(folder) as (process, port), trio.open_nursery() as nursery:
            for _ in range(SESSIONS):
                esme = await connect(port, books, nursery)
                for _ in range(SUBMITTERS):
                    nursery.start_soon(submit_for_ever, esme, books)
            with trio.fail_after(60):
                await books.wait_for_promises(words)
            process.send_signal(signal.SIGKILL)
    async with running(folder) as (_, port), trio.open_nursery() as nursery:
        await connect(port, books, nursery)
        with trio.move_on_after(30):
            await books.wait_until_nothing_is_owed()
        nursery.cancel_scope.cancel()
    assert books.owed == set()
    records = read_cdrs(folder / "var" / "otpblue.db", since=0, until=1e12, limit=10_000_000)
    assert books.promised <= {cdr.message_id for cdr in records}
    assert not any("14155552671" in cdr.destination for cdr in records)


async def test_receipts_that_wait_outlive_a_stop_and_a_start(folder: Path, books: Books) -> None:
    async with running(folder) as (process, port), trio.open_nursery() as nursery:
        esme = Esme(await trio.open_tcp_stream("127.0.0.1", port))
        await nursery.start(esme.run)
        await esme.bind_transmitter(*books.login)
        for code in range(20):
            response = await esme.submit_sm("14155552671", f"Your code is {code:06}")
            assert isinstance(response, SubmitSmResp)
            books.note(response.message_id or "", books.promised)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    async with running(folder) as (process, port), trio.open_nursery() as nursery:
        esme = await connect(port, books, nursery)
        with trio.move_on_after(30):
            await books.wait_until_nothing_is_owed()
        assert books.owed == set()
        await esme.unbind()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    async with running(folder) as (_, port), trio.open_nursery() as nursery:
        again = attrs.evolve(books, received=set())
        esme = await connect(port, again, nursery)
        response = await esme.submit_sm("14155552671", "Your code is 482910")
        assert isinstance(response, SubmitSmResp)
        while not again.received:
            await again.news.wait()
        # Those of the runs before were acknowledged: the new one's is the first.
        assert again.received == {response.message_id}
        nursery.cancel_scope.cancel()
