"""asks works on this Trio, and failures of several tasks get through anyio."""

from __future__ import annotations

import subprocess
import sys

import anyio
import pytest
import trio

from otpblue_trio.upstream.asks_compat import asks


async def fail_as(error: Exception) -> None:
    raise error


async def test_failures_of_several_tasks_reach_the_caller() -> None:
    with pytest.RaisesGroup(LookupError, ValueError):
        async with anyio.create_task_group() as group:
            group.start_soon(fail_as, LookupError())
            group.start_soon(fail_as, ValueError())


async def test_cancellation_reaches_the_caller_through_a_group(autojump_clock: object) -> None:
    with trio.move_on_after(1.0) as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(trio.sleep_forever)
            group.start_soon(trio.sleep_forever)
            await trio.sleep_forever()
    assert scope.cancelled_caught


async def test_refusal_of_every_address_is_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def two_addresses(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [
            (trio.socket.AF_INET, trio.socket.SOCK_STREAM, 6, "", (address, 1))
            for address in ("127.0.0.1", "127.0.0.2")
        ]

    monkeypatch.setattr("anyio._core._sockets.getaddrinfo", two_addresses)
    with pytest.raises(OSError, match="All connection attempts failed") as caught:
        await asks.get("http://two-addresses.example:1/", retries=0)
    assert isinstance(caught.value.__cause__, ExceptionGroup)
    assert len(caught.value.__cause__.exceptions) == 2


def test_import_is_quiet_under_warnings_as_errors() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import otpblue_trio.upstream.asks_compat"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
