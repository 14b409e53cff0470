"""What the files of a store tell of people: no code, no text, and no number for too long."""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
import trio

if TYPE_CHECKING:
    from pathlib import Path

    from otpblue_trio.testing import Esme

# The class is conftest's, which no test may import.
Serving = Callable[[], AbstractAsyncContextManager[Any]]

WORDS = "Kennwort fuer dich"
"""Stands in every message."""
CODES = itertools.count(7_300_000_000)
"""Of ten digits: no id in a file looks like one by accident."""


def number(at: int) -> str:
    """Return a number of somebody else for each message."""
    return f"1415555{2000 + at}"


def octets(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def holders(folder: Path, secrets: list[str]) -> set[str]:
    """Return the names of the files in which any of the texts stands.

    Not as digits of a longer number: seventeen of those of a time can look like any code.
    """
    alternatives = "|".join(map(re.escape, secrets))
    pattern = re.compile(rf"(?<![\d.])(?:{alternatives})(?!\d)".encode())
    return {name for name, content in octets(folder).items() if pattern.search(content)}


async def submit(esme: Esme, codes: list[int]) -> None:
    async def submit_some(some: list[int]) -> None:
        for code in some:
            at = code % 1000
            await esme.submit_sm(number(at), f"{WORDS}: your code is {code}", source="MyBank")

    async with trio.open_nursery() as nursery:
        for start in range(10):
            nursery.start_soon(submit_some, codes[start::10])


@pytest.mark.parametrize("privacy", ["mask", "hash", "full"])
async def test_no_code_and_no_text_is_ever_in_a_file_and_numbers_are_as_long_as_they_must(
    config: Any, serving: Serving, privacy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otpblue_trio.store.writer._SWEEP_PERIOD", 0.1)
    config.replace('path = ""', f'path = "var/otpblue.db"\nnumber_privacy = "{privacy}"')
    folder = config.folder / "var"
    codes = list(islice(CODES, 400))
    never = [WORDS, "your code", *map(str, codes), "key-of-acme", "$2b$"]
    numbers = [number(code % 1000) for code in codes]
    async with serving() as running:
        transmitter = await running.connect()
        await transmitter.bind_transmitter("acme", "secret")
        for half in (codes[:200], codes[200:]):
            await submit(transmitter, half)
            assert holders(folder, never) == set()
        # The receipts wait: they hold whole numbers, because the ESME must get them.
        assert holders(folder, numbers)
        receiver = await running.bound()
        for _ in codes:
            await receiver.receipt()
        if privacy != "full":
            # Done and swept, with the gateway still running.
            while holders(folder, numbers):  # noqa: ASYNC110 - no event tells of a sweep
                await trio.sleep(0.05)
        assert holders(folder, never) == set()
    assert holders(folder, never) == set()
    assert bool(holders(folder, numbers)) == (privacy == "full")
    with closing(sqlite3.connect(folder / "otpblue.db")) as connection:
        assert connection.execute("SELECT count(*) FROM cdrs").fetchone() == (400,)
        assert connection.execute("SELECT count(*) FROM receipts").fetchone() == (0,)
