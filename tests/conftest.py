"""Settings for every test, and what several of them need."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import trio
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# A deadline would measure the machine, not the code.
settings.register_profile("default", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=20)
settings.load_profile("default")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a shell: the programs that tests start would ignore it as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)


async def until(claim: Callable[[], bool]) -> None:
    """Let everybody else run until the claim holds; give up after many turns."""
    for _ in range(1_000_000):
        if claim():
            return
        await trio.lowlevel.checkpoint()
    raise AssertionError("it never came to hold")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 32 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("mounting a file system takes rights that this process does not have")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607
