"""The shipped load test finds nothing wrong with the gateway."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.clients

LIMIT = 60.0
MESSAGES = 48  # less than the account's burst of a second, so that none is throttled


def test_every_answer_of_a_load_is_accounted_for(
    pytestconfig: pytest.Config,
    gateway_folder: Path,
    gateway_ports: dict[str, int],
    certificate: Path,
) -> None:
    # An account of its own: the rate of the first one is for the conversations.
    account = tomllib.loads((gateway_folder / "config.toml").read_text())["accounts"][1]
    ended = subprocess.run(  # noqa: S603 - a program of this project
        [
            sys.executable,
            str(pytestconfig.rootpath / "scripts" / "loadtest.py"),
            *("--host=localhost", f"--port={gateway_ports['tls']}", "--tls"),
            f"--ca={certificate}",
            *(f"--system-id={account['system_id']}", f"--password={account['password']}"),
            *(
                "--sessions=3",
                "--window=8",
                f"--messages={MESSAGES}",
                "--mix=delivered=75,no_imessage=25",
            ),
            *("--json", "--quiet"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    result = json.loads(ended.stdout)
    assert result["faults"] == {}
    assert set(result["statuses"]) == {"ESME_ROK", "ESME_RSUBMITFAIL"}
    assert result["answered"] == MESSAGES
    assert result["receipts"] == result["statuses"]["ESME_ROK"]
