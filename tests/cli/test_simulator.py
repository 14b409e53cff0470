"""`simulator`: the platform's stand-in as a process."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from click.testing import Result


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_stop(
    start: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    with start("simulator", "--port=0", "--latency=0", "--jitter=0s") as process:
        assert process.stdout is not None
        kind, protocol, address = process.stdout.readline().split()
        assert (kind, protocol) == ("listening", "http")
        with urllib.request.urlopen(f"http://{address}/simulator/requests") as answer:
            assert json.load(answer) == []
        process.send_signal(number)
        _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (0, "")


def test_a_port_that_is_taken_is_named(run: Callable[..., Result]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = run("simulator", f"--port={port}")
    assert result.exit_code == 1
    expected = f"otpblue-trio: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert result.stderr == expected


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "x" * 300])
def test_a_host_that_is_not_here_is_named(run: Callable[..., Result], host: str) -> None:
    result = run("simulator", "--port=0", f"--host={host}")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"otpblue-trio: cannot listen on {host}:0: ")


@pytest.mark.parametrize("option", ["--latency=soon", "--jitter=-1", "--port=70000"])
def test_wrong_options_are_wrong_usage(run: Callable[..., Result], option: str) -> None:
    assert run("simulator", option).exit_code == 2
