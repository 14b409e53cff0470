"""A gateway that is killed over and over: whoever was told ESME_ROK gets the receipt.

The program itself runs as a process, on the shipped config.toml with free ports. Each generation is
killed without a warning at a moment chosen by chance: while it starts, while it hands out receipts
of those before it, or under load. The last one has to come up with every receipt that is owed.

Two gateways live such lives side by side, because a start is mostly waiting: one with the embedded
simulator, one with the HTTP client against a stub that outlives them all and counts what it sees.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import tomllib
from collections import Counter
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import tomli_w
import trio

from otpblue_trio.app import wall_clock
from otpblue_trio.smpp import CommandStatus, SubmitSmResp, parse_receipt
from otpblue_trio.store import read_cdrs
from otpblue_trio.testing import Esme, EsmeClosed
from otpblue_trio.upstream import SimulatorSite, serve_simulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("OTPBLUE_KILLS", "50"))
"""How often gateways are killed, all together."""
SESSIONS = 4
SUBMITTERS = 8
"""Messages at once on each session."""
NUMBER = "14155552671"


@attrs.define
class Books:
    """What was promised and what came, over all generations of one gateway."""

    folder: Path
    login: tuple[str, str]
    # Ten digits: no id or time in a file looks like one by accident.
    codes: itertools.count[int] = attrs.field(factory=lambda: itertools.count(7_300_000_000))
    promised: dict[str, int] = attrs.field(factory=dict)
    """message_id to code."""
    received: set[str] = attrs.field(factory=set)
    news: trio.Event = attrs.field(factory=trio.Event)
    pieces_of_news: int = 0
    most_owed: int = 0

    @property
    def owed(self) -> set[str]:
        return self.promised.keys() - self.received

    def note_promise(self, message_id: str, code: int) -> None:
        assert message_id not in self.promised
        self.promised[message_id] = code
        self._tell()

    def note_receipt(self, message_id: str) -> None:
        self.received.add(message_id)
        self._tell()

    def _tell(self) -> None:
        self.pieces_of_news += 1
        self.news.set()
        self.news = trio.Event()

    async def wait_for_news(self, count: int) -> None:
        wanted = self.pieces_of_news + count
        while self.pieces_of_news < wanted:
            await self.news.wait()

    async def wait_until_nothing_is_owed(self) -> None:
        while self.owed:
            await self.news.wait()


def new_books(folder: Path, **sections: dict[str, Any]) -> Books:
    """Make a folder with the shipped config.toml on free ports; return its empty books."""
    folder.mkdir(exist_ok=True)
    settings = tomllib.loads((ROOT / "config.toml").read_text())
    settings["listen"] = {"tls": [], "plain": ["127.0.0.1:0"], "admin": ""}
    settings["simulator"] = {"latency": "5ms", "jitter": "5ms"}
    settings["limits"] = {"max_connections": 100}  # whatever this machine allows
    settings["accounts"][0]["tps"] = "unlimited"
    settings |= sections
    (folder / "config.toml").write_text(tomli_w.dumps(settings))
    account = settings["accounts"][0]
    return Books(folder, (account["system_id"], account["password"]))


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[trio.Process]:
    """Start the gateway; what still runs at the end is killed."""
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
        yield process
    finally:
        process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            await process.stdout.aclose()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[trio.Process, int]]:
    """Start the gateway; yield it and its port once it is ready."""
    async with started(folder) as process:
        assert process.stdout is not None
        printed = b""
        with trio.fail_after(60):
            while b"ready" not in printed:
                octets = await process.stdout.receive_some()
                assert octets, (folder / "gateway.log").read_text()[-2000:]
                printed += octets
        [port] = [line.rpartition(b":")[2] for line in printed.split(b"\n") if b"plain" in line]
        yield process, int(port)


async def connect(
    port: int,
    books: Books,
    nursery: trio.Nursery,
    *,
    receives: bool = True,
    chance: random.Random | None = None,
) -> Esme:
    """Bind an ESME that keeps the books.

    Args:
      port: of the gateway.
      books: kept.
      nursery: for its tasks.
      receives: False: it submits only, and its receipts are for others.
      chance: which receipts it does not acknowledge; without it there are none.
    """
    esme = Esme(await trio.open_tcp_stream("127.0.0.1", port), acknowledge=False)
    await nursery.start(esme.run)
    bind = esme.bind_transceiver if receives else esme.bind_transmitter
    assert (await bind(*books.login)).command_status == CommandStatus.ESME_ROK

    async def receive() -> None:
        try:
            while True:
                receipt = await esme.receipt()
                books.note_receipt(parse_receipt(receipt.short_message)["id"])
                if chance is None or chance.random() < 0.8:
                    await esme.acknowledge(receipt)
        except (EsmeClosed, trio.BrokenResourceError, trio.ClosedResourceError):
            return

    nursery.start_soon(receive)
    return esme


async def submit_for_ever(esme: Esme, books: Books) -> None:
    """Submit one message after the other until the connection is lost."""
    while True:
        code = next(books.codes)
        try:
            response = await esme.submit_sm(NUMBER, f"Your code is {code}")
        except (EsmeClosed, trio.BrokenResourceError, trio.ClosedResourceError):
            return
        assert isinstance(response, SubmitSmResp)
        assert response.command_status == CommandStatus.ESME_ROK
        books.note_promise(response.message_id or "", code)


async def live_and_die(books: Books, chance: random.Random) -> None:
    """Start a gateway and kill it at some moment of its life."""
    if chance.random() < 0.2:
        async with started(books.folder) as process:
            # It is ready after some 0.7 s. No event tells of the moments before.
            await trio.sleep(chance.uniform(0.2, 0.8))
            process.send_signal(signal.SIGKILL)
        return
    pieces_of_news = chance.choice((chance.randrange(30), chance.randrange(30, 500)))
    async with running(books.folder) as (process, port), trio.open_nursery() as nursery:

        async def use() -> None:
            """Bind one session after the other; the first ones get what is owed."""
            try:
                for _ in range(SESSIONS):
                    receives = chance.random() < 0.5
                    esme = await connect(port, books, nursery, receives=receives, chance=chance)
                    for _ in range(SUBMITTERS):
                        nursery.start_soon(submit_for_ever, esme, books)
            except (EsmeClosed, trio.BrokenResourceError, trio.ClosedResourceError, OSError):
                return

        nursery.start_soon(use)
        with trio.fail_after(60):
            await books.wait_for_news(pieces_of_news)
        process.send_signal(signal.SIGKILL)
        books.most_owed = max(books.most_owed, len(books.owed))


async def collect(books: Books) -> None:
    """Start a gateway, take every receipt that is owed, and stop it."""
    async with running(books.folder) as (process, port), trio.open_nursery() as nursery:
        esme = await connect(port, books, nursery)
        with trio.move_on_after(30):
            await books.wait_until_nothing_is_owed()
        # There may be more: what was received by those who did not acknowledge it.
        await esme.enquire_link()
        await esme.unbind()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
        nursery.cancel_scope.cancel()


async def test_every_promised_receipt_comes_and_nothing_is_sent_twice_though_gateways_are_killed(
    tmp_path: Path,
) -> None:
    site = SimulatorSite(
        random=random.Random(1),
        wall_clock=wall_clock,
        latency=0.005,
        jitter=0.005,
        keep=10_000_000,
    )
    async with trio.open_nursery() as nursery:
        serve = partial(serve_simulator, site, host="127.0.0.1", port=0)
        host, port = await nursery.start(serve)
        url = f"http://{host}:{port}/imsg/api/v1.1/otp/send/"
        every = [
            new_books(tmp_path / "simulator"),
            new_books(tmp_path / "http", platform={"kind": "http", "url": url}),
        ]

        async def live(books: Books, kills: int) -> None:
            chance = random.Random(f"{books.folder.name} {kills}")
            for _ in range(kills):
                await live_and_die(books, chance)
            await collect(books)

        async with trio.open_nursery() as lives:
            for number, books in enumerate(every):
                lives.start_soon(live, books, (KILLS + number) // 2)
        nursery.cancel_scope.cancel()
    for books in every:
        assert books.owed == set()
        # Else this has shown nothing.
        assert books.most_owed > 0
        assert len(books.promised) > 2 * KILLS
        path = books.folder / "var" / "otpblue.db"
        records = read_cdrs(path, since=0, until=1e12, limit=10_000_000)
        assert books.promised.keys() <= {cdr.message_id for cdr in records}
    seen = Counter(send.fields.code for send in site.records)
    assert set(seen.values()) == {1}
    told = {send.message_id: int(send.fields.code) for send in site.records}
    assert every[1].promised.items() <= told.items()


async def test_receipts_that_wait_outlive_a_stop_and_a_start(tmp_path: Path) -> None:
    books = new_books(tmp_path)
    async with running(tmp_path) as (process, port), trio.open_nursery() as nursery:
        esme = await connect(port, books, nursery, receives=False)
        for code in range(20):
            response = await esme.submit_sm(NUMBER, f"Your code is {code:06}")
            assert isinstance(response, SubmitSmResp)
            books.note_promise(response.message_id or "", code)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    await collect(books)
    assert books.owed == set()
    async with running(tmp_path) as (_, port), trio.open_nursery() as nursery:
        again = attrs.evolve(books, received=set())
        esme = await connect(port, again, nursery)
        response = await esme.submit_sm(NUMBER, "Your code is 482910")
        assert isinstance(response, SubmitSmResp)
        while not again.received:
            await again.news.wait()
        # Those of the runs before were acknowledged: the new one's is the first.
        assert again.received == {response.message_id}
        nursery.cancel_scope.cancel()
