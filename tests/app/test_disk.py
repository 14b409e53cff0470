"""What a disk can do to a running gateway: it says so, keeps answering, and loses no receipt.

Each calamity comes over a gateway under load, stays for a while, and is mended.
"""

from __future__ import annotations

import itertools
import os
import random
import resource
import signal
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    closing,
    contextmanager,
    suppress,
)
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trio

from otpblue_trio.runtime.observer import Accident, ConnectionTrouble
from otpblue_trio.smpp import CommandStatus, SubmitSmResp, parse_receipt
from otpblue_trio.store import read_cdrs
from otpblue_trio.store.journal import read_journal

if TYPE_CHECKING:
    from otpblue_trio.testing import Esme

# The classes are conftest's, which no test may import.
Serving = Callable[[], AbstractAsyncContextManager[Any]]
Calamity = Callable[[Path], AbstractContextManager[None]]

NUMBER = "14155552671"
ROK = CommandStatus.ESME_ROK
RSYSERR = CommandStatus.ESME_RSYSERR


# ---------------------------------------------------------------------- calamities


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """No room on the file system; it is a small one of its own."""
    filler = path.parent / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
    assert os.statvfs(path.parent).f_bavail == 0
    yield
    filler.unlink()


@contextmanager
def files_that_cannot_grow(path: Path) -> Iterator[None]:
    """No room as far as this process is concerned; takes no rights."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(file.stat().st_size for file in path.parent.glob("otpblue.db*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(largest, 4096), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def moved_folder(path: Path) -> Iterator[None]:
    """The folder is not where it was, and something else is."""
    away = path.parent.rename(path.parent.with_name("away"))
    path.parent.write_text("in the way")
    yield
    path.parent.unlink()
    away.rename(path.parent)


@contextmanager
def deleted_database(path: Path) -> Iterator[None]:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink()
    yield


@contextmanager
def replaced_database(path: Path) -> Iterator[None]:
    """Somebody puts an empty file in its place."""
    other = path.with_name("other")
    other.write_bytes(b"")
    other.rename(path)
    yield


@contextmanager
def foreign_database(path: Path) -> Iterator[None]:
    """Somebody puts another program's database in its place, and takes it away again."""
    other = path.with_name("other")
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE theirs (words TEXT)")
    octets = other.read_bytes()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink()
    other.rename(path)
    yield
    assert path.read_bytes() == octets
    path.unlink()


@contextmanager
def noisy_pages(path: Path) -> Iterator[None]:
    """The database is full of noise behind its first page."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        # What another program writes takes the pages out of the writer's memory.
        other.execute("INSERT INTO probe VALUES (zeroblob(10000))")
        other.execute("DELETE FROM probe")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    overwrite(path, 4096)
    yield


@contextmanager
def noisy_log(path: Path) -> Iterator[None]:
    overwrite(path.with_name("otpblue.db-wal"), 0)
    yield


@contextmanager
def emptied_log(path: Path) -> Iterator[None]:
    os.truncate(path.with_name("otpblue.db-wal"), 0)
    yield


def overwrite(path: Path, start: int) -> None:
    """Overwrite a file with noise in place, from some octet on."""
    with path.open("r+b", buffering=0) as file:
        octets = path.stat().st_size - start
        file.seek(start)
        file.write(random.Random(1).randbytes(octets))


# ---------------------------------------------------------------------- the load


async def submit(esme: Esme, codes: Iterable[int]) -> list[SubmitSmResp]:
    """Submit a message for each code, ten at once, and return the responses."""
    responses: list[SubmitSmResp] = []
    waiting = iter(codes)

    async def submit_some() -> None:
        for code in waiting:
            response = await esme.submit_sm(NUMBER, f"Your code is {code}")
            assert isinstance(response, SubmitSmResp)
            responses.append(response)

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(submit_some)
    return responses


def promised(responses: list[SubmitSmResp]) -> set[str]:
    """Return the message ids, once all of them are good."""
    assert {response.command_status for response in responses} == {ROK}
    return {response.message_id or "" for response in responses}


def kept(path: Path) -> set[str]:
    """Return the message ids of the receipts that the next run would find."""
    journal = {str(row[2]) for row in read_journal(path).receipts.values()}
    with closing(sqlite3.connect(path)) as connection:
        return journal | {row[0] for row in connection.execute("SELECT message_id FROM receipts")}


async def transmitter(running: Any) -> Esme:
    esme: Esme = await running.connect()
    assert (await esme.bind_transmitter("acme", "secret")).command_status == ROK
    return esme


async def status_of(port: int, path: str) -> int:
    stream = await trio.open_tcp_stream("127.0.0.1", port)
    async with stream:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        await stream.send_all(request.encode())
        return int((await stream.receive_some(4096)).split()[1])


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store look at its files more often than once a minute."""
    monkeypatch.setattr("otpblue_trio.store.writer._SWEEP_PERIOD", 0.2)
    monkeypatch.setattr("otpblue_trio.store.writer._RETRY_PERIOD", 0.1)


def with_store(config: Any, folder: Path | None = None) -> Path:
    """Give the configuration a store; return where."""
    path: Path = (folder or config.folder / "var") / "otpblue.db"
    config.replace('path = ""', f'path = "{path}"')
    config.replace('admin = ""', 'admin = "127.0.0.1:0"')
    return path


async def live_through(running: Any, path: Path, calamity: Calamity) -> None:
    codes = itertools.count(100_000)
    esme = await transmitter(running)
    owed = promised(await submit(esme, islice(codes, 300)))
    with calamity(path):
        while not running.notices("error"):
            owed |= promised(await submit(esme, islice(codes, 100)))
        owed |= promised(await submit(esme, islice(codes, 300)))
        assert await status_of(running.port("admin"), "/readyz") == 200
        assert await status_of(running.port("admin"), "/healthz") == 200
    await running.wait_for_notice("the store can be written again")
    # What is kept again goes with the next commits, a few hundred with each.
    while kept(path) != owed:
        owed |= promised(await submit(esme, islice(codes, 1)))
    receiver = await running.bound()
    came = [parse_receipt((await receiver.receipt()).short_message)["id"] for _ in owed]
    assert set(came) == owed
    events = running.log.recorder.events
    assert not [e for e in events if isinstance(e, ConnectionTrouble | Accident)]


# ---------------------------------------------------------------------- the tests


async def test_a_file_system_that_fills_up(
    config: Any, serving: Serving, hurried: None, small_disk: Path
) -> None:
    path = with_store(config, small_disk)
    async with serving() as running:
        await live_through(running, path, full_disk)


@pytest.mark.parametrize(
    "calamity",
    [
        files_that_cannot_grow,
        moved_folder,
        deleted_database,
        replaced_database,
        foreign_database,
        noisy_pages,
    ],
)
async def test_a_calamity_is_said_and_lived_through_and_costs_no_receipt(
    config: Any, serving: Serving, hurried: None, calamity: Calamity
) -> None:
    path = with_store(config)
    async with serving() as running:
        await live_through(running, path, calamity)
    for file in path.parent.iterdir():
        assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file


@pytest.mark.parametrize("damage", [noisy_log, emptied_log])
async def test_damage_to_the_log_stops_neither_the_gateway_nor_its_next_start(
    config: Any, serving: Serving, hurried: None, damage: Calamity
) -> None:
    """SQLite reads its log again when it has to, perhaps not before the next start."""
    path = with_store(config)
    for _ in range(2):
        async with serving() as running:
            esme = await transmitter(running)
            promised(await submit(esme, range(100_000, 100_300)))
            with damage(path):
                promised(await submit(esme, range(200_000, 200_300)))
            os.kill(os.getpid(), signal.SIGTERM)
            await running.ended.wait()
    async with serving() as running:
        esme = await transmitter(running)
        [message_id] = promised(await submit(esme, [300_000]))
        assert message_id in kept(path)


async def test_a_log_that_was_damaged_after_a_kill_costs_what_was_in_it_and_nothing_else(
    config: Any, serving: Serving
) -> None:
    path = with_store(config)
    async with serving() as running:
        esme = await transmitter(running)
        first = promised(await submit(esme, range(100_000, 100_100)))
    async with serving() as running:
        esme = await transmitter(running)
        promised(await submit(esme, range(200_000, 200_100)))
        left = [(file, file.read_bytes()) for file in path.parent.glob("otpblue.db*")]
    for file, octets in left:
        # As a kill would have left them, but for the log.
        file.write_bytes(octets)
    overwrite(path.with_name("otpblue.db-wal"), 0)
    async with serving() as running:
        receiver = await running.bound()
        came = {parse_receipt((await receiver.receipt()).short_message)["id"] for _ in first}
        assert came == first
        promised(await submit(receiver, range(300_000, 300_100)))


@pytest.mark.parametrize("on_failure", ["continue", "refuse"])
async def test_a_file_system_that_is_full_at_the_start(
    config: Any, serving: Serving, hurried: None, small_disk: Path, on_failure: str
) -> None:
    path = with_store(config, small_disk)
    config.replace("[store]", f'[store]\non_failure = "{on_failure}"')
    codes = itertools.count(100_000)
    with full_disk(path):
        async with serving() as running:
            await running.wait_for_notice("the store: ")
            esme = await transmitter(running)
            assert await status_of(running.port("admin"), "/readyz") == 200
            statuses = {each.command_status for each in await submit(esme, islice(codes, 100))}
            assert statuses == {ROK if on_failure == "continue" else RSYSERR}
    async with serving() as running:
        esme = await transmitter(running)
        assert promised(await submit(esme, islice(codes, 100))) <= kept(path)


async def test_what_is_refused_while_the_disk_is_full_leaves_no_receipt(
    config: Any, serving: Serving, hurried: None, small_disk: Path
) -> None:
    path = with_store(config, small_disk)
    config.replace("[store]", '[store]\non_failure = "refuse"')
    codes = itertools.count(100_000)
    async with serving() as running:
        esme = await transmitter(running)
        owed = promised(await submit(esme, islice(codes, 300)))
        with full_disk(path):
            statuses: set[int] = {ROK}
            while RSYSERR not in statuses:
                responses = await submit(esme, islice(codes, 100))
                statuses = {response.command_status for response in responses}
                assert statuses <= {ROK, RSYSERR}
                owed |= {each.message_id or "" for each in responses} - {""}
        await running.wait_for_notice("the store can be written again")
        while kept(path) != owed:
            responses = await submit(esme, islice(codes, 1))
            owed |= {each.message_id or "" for each in responses} - {""}
        records = read_cdrs(path, since=0, until=1e12, limit=100_000)
    assert owed <= {cdr.message_id for cdr in records}
