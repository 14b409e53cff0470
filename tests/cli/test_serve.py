"""`serve` as a process: what it prints, and how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result


def read_until_ready(process: subprocess.Popen[str]) -> list[str]:
    """Return what is printed before `ready`."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        if line == "ready\n":
            return lines
        lines.append(line.rstrip())
    raise AssertionError(process.stderr and process.stderr.read())


def test_it_prints_its_ports_and_drains_on_sigterm(
    start: Callable[..., subprocess.Popen[str]], config: Path
) -> None:
    config.write_text(config.read_text().replace('admin = ""', 'admin = "127.0.0.1:0"'))
    with start("serve") as process:
        lines = read_until_ready(process)
        ports = {}
        for line in lines:
            word, kind, address = line.split()
            assert word == "listening"
            ports[kind] = int(address.rpartition(":")[2])
        assert ports.keys() == {"plain", "admin"}
        for port in ports.values():
            socket.create_connection(("127.0.0.1", port)).close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_nobody_need_read_what_it_prints(
    start: Callable[..., subprocess.Popen[str]], config: Path
) -> None:
    with start("serve", stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        # The log says it as well.
        for line in process.stderr:
            if "ready" in line or "started" in line:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def test_an_address_that_is_taken_is_named(run: Callable[..., Result], config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        config.write_text(config.read_text().replace("127.0.0.1:0", address))
        result = run("serve")
    assert (result.exit_code, result.stdout) == (1, "")
    last = result.stderr.splitlines()[-1]
    assert last == f"otpblue-trio: cannot listen on {address}: Address already in use"


@pytest.mark.parametrize("place", ["192.0.2.1:0", "no.such.host.invalid:2775"])
def test_an_address_that_is_not_here_is_named(
    run: Callable[..., Result], config: Path, place: str
) -> None:
    config.write_text(config.read_text().replace("127.0.0.1:0", place))
    result = run("serve")
    assert result.exit_code in (1, 2)
    assert place in result.stderr.splitlines()[-1]


def test_a_failure_of_the_whole_is_logged_without_what_it_had_in_hand(
    run: Callable[..., Result], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Made elsewhere than it is raised: a traceback shows the line that raised.
    errors = ExceptionGroup("two", [ValueError("hunter2"), KeyError("hunter2")])

    async def fail(*_: object, **__: object) -> None:
        raise errors

    monkeypatch.setattr("otpblue_trio.app.serve", fail)
    result = run("serve")
    assert result.exit_code == 1
    assert "the gateway has failed" in result.stderr
    assert "ValueError" in result.stderr
    assert "hunter2" not in result.output


def test_no_address_at_all_is_told(run: Callable[..., Result], config: Path) -> None:
    config.write_text(config.read_text().replace('"127.0.0.1:0"', ""))
    result = run("serve")
    assert result.exit_code == 1
    assert "there is no address to listen on" in result.stderr.splitlines()[-1]


def test_a_folder_that_takes_no_certificate_is_named(
    run: Callable[..., Result], config: Path
) -> None:
    config.write_text(config.read_text().replace("tls = []", 'tls = ["127.0.0.1:0"]'))
    (config.parent / "var").write_text("in the way")
    result = run("serve")
    assert result.exit_code == 1
    expected = "otpblue-trio: cannot make a development certificate in "
    assert result.stderr.splitlines()[-1].startswith(expected)
