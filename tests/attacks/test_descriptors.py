"""More connections than the process may have files open."""

from __future__ import annotations

import contextlib
import os
import resource
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from tests.attacks.conftest import Target

MOST_ERRORS = 24
"""Lines about descriptors, of both listeners, in the seconds that this takes; Trio tries ten times
a second."""


async def test_a_process_without_descriptors_serves_again_when_there_are_some(
    target: Target,
) -> None:
    async def attack() -> None:
        open_now = len(os.listdir(f"/proc/{target.process.pid}/fd"))
        hard = resource.prlimit(target.process.pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(target.process.pid, resource.RLIMIT_NOFILE, (open_now + 20, hard))
        try:
            with contextlib.ExitStack() as open_sockets:
                for number in range(100):
                    open_sockets.enter_context(target.connect_socket(f"127.0.0.{2 + number}"))
                # The kernel has accepted them; the process has room for twenty.
                await trio.sleep(1)
                assert len(os.listdir(f"/proc/{target.process.pid}/fd")) == open_now + 20
            await target.serve_clean_client()
        finally:
            resource.prlimit(target.process.pid, resource.RLIMIT_NOFILE, (hard, hard))

    await target.survives(attack)
