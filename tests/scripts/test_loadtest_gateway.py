"""The load test against a real gateway: every mode, every kind of message, reports, comparisons."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import tomli_w
from loadtest_messages import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = Path(__file__).parents[2] / "scripts"
PASSWORD = "hush-pw1"
LIMIT = 60.0
REFUSED = "127.0.0.1:{port}: session 1: bind refused: ESME_RINVPASWD"
SIMULATED_MS = 3  # what the simulator takes at least


@attrs.frozen
class Running:
    """A gateway that runs as a process on its simulator."""

    pid: int
    plain: int
    tls: int
    certificate: Path


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run one for the tests of this module."""
    folder = tmp_path_factory.mktemp("gateway")
    settings = {
        "listen": {"tls": ["127.0.0.1:0"], "plain": ["127.0.0.1:0"], "admin": ""},
        "limits": {"max_connections": 100, "max_connections_per_address": 100},
        "simulator": {"latency": "5ms", "jitter": "2ms"},
        "platform": {"timeout": "500ms"},
        "accounts": [
            {
                "system_id": "demo",
                "password": PASSWORD,
                "api_key": "key",
                "tps": "unlimited",
                "max_sessions": 100,
            }
        ],
    }
    (folder / "config.toml").write_text(tomli_w.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - a program of this project
            [str(Path(sys.executable).with_name("otpblue-trio")), "serve", "config.toml"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    ports = {}
    try:
        for line in process.stdout:
            if line == "ready\n":
                break
            _, kind, address = line.split()
            ports[kind] = int(address.rpartition(":")[2])
        certificate = folder / "var" / "tls" / "development-cert.pem"
        yield Running(process.pid, ports["plain"], ports["tls"], certificate)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def load(*options: object) -> dict[str, Any]:
    """Run the load test, which must pass; return what it printed as JSON."""
    ended = subprocess.run(  # noqa: S603 - a program of this project
        [
            *(sys.executable, str(SCRIPTS / "loadtest.py"), "--password", PASSWORD),
            *("--json", "--quiet", *map(str, options)),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert ended.stderr == ""
    result: dict[str, Any] = json.loads(ended.stdout)
    faults = [result["faults"]] if "faults" in result else [t["faults"] for t in result["targets"]]
    assert not any(faults), faults
    assert ended.returncode == 0
    assert PASSWORD not in ended.stdout
    return result


def test_every_kind_of_message_gets_its_status(gateway: Running) -> None:
    # The platform's circuit breaker stays closed: good answers come in between.
    mix = ",".join(f"{kind}={20 if kind in {'delivered', 'no_imessage'} else 2}" for kind in KINDS)
    result = load("--port", gateway.plain, "--mix", mix, "--messages=400", "--window=100")
    assert set(result["kinds"]) == set(KINDS)
    assert result["kinds"]["no_imessage"].keys() == {"ESME_RSUBMITFAIL"}
    assert result["kinds"]["no_code"].keys() == {"ESME_RINVMSGLEN"}
    assert result["kinds"]["invalid_number"].keys() == {"ESME_RINVDSTADR"}
    assert result["kinds"]["delivered"]["ESME_ROK"] > 50
    assert sum(map(sum, (one.values() for one in result["kinds"].values()))) == 400
    assert result["receipts"] == result["statuses"]["ESME_ROK"]


def test_report_over_tls_holds_the_run_and_no_secret(gateway: Running, tmp_path: Path) -> None:
    report = tmp_path / "load.html"
    result = load(
        *("--host=localhost", "--port", gateway.tls, "--tls", "--ca", gateway.certificate),
        *("--sessions=2", "--rate=200", "--messages=60", "--report", report),
    )
    assert result["answered"] == result["receipts"] == 60
    page = report.read_text()
    assert page.count("<svg") >= 4
    assert "--rate=200" in page
    assert f"<pre>{result['seed']}</pre>" in page
    assert PASSWORD not in page
    assert not re.findall(r"<script|(?:src|href)=|url\(|@import", page)


def test_bind_storm_tells_cycles_and_their_parts(gateway: Running, tmp_path: Path) -> None:
    report = tmp_path / "bind.html"
    result = load(
        *("--target", f"tls://127.0.0.1:{gateway.tls}", "--insecure", "--mode=bind"),
        *("--sessions=4", "--messages=40", "--report", report),
    )
    assert (result["sent"], result["answered"]) == (40, 40)
    assert result["statuses"] == {"ESME_ROK": 40}
    assert set(result["phases_ms"]) == {"connect", "bind", "unbind"}
    assert "Bind storm" in report.read_text()


def test_idle_sessions_are_kept_alive(gateway: Running, tmp_path: Path) -> None:
    report = tmp_path / "idle.html"
    result = load(
        *("--port", gateway.plain, "--mode=idle", "--sessions=5", "--seconds=1.1"),
        *("--enquire-interval=0.25", "--report", report),
    )
    assert 15 <= result["sent"] == result["answered"] <= 25
    assert result["statuses"] == {"ESME_ROK": 5}
    assert "Idle sessions" in report.read_text()


@pytest.mark.parametrize("compare", ["alternate", "parallel"])
def test_two_targets_get_the_same_load_and_are_compared(
    gateway: Running, tmp_path: Path, compare: str
) -> None:
    report = tmp_path / "two.html"
    plain, tls = f"tcp://127.0.0.1:{gateway.plain}", f"tls://127.0.0.1:{gateway.tls}"
    result = load(
        *("--target", plain, "--target", tls, "--insecure", "--messages=50"),
        *("--compare", compare, *(["--rounds=3"] if compare == "alternate" else [])),
        *("--mix=delivered=1,no_imessage=1", "--report", report),
    )
    first, second = result["targets"]
    assert (first["target"], second["target"]) == (plain, tls)
    assert first["answered"] == second["answered"] == 50
    assert first["statuses"] == second["statuses"]
    # A repeated message would be answered out of the gateway's memory, at once.
    assert min(first["response_ms"]["p50"], second["response_ms"]["p50"]) >= SIMULATED_MS
    assert {"per second", "response p99, ms"} <= {one["measure"] for one in result["comparison"]}
    page = report.read_text()
    assert "Side by side" in page
    assert plain in page
    assert tls in page


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_cpu_time_of_the_server_is_told_for_each_message(gateway: Running) -> None:
    result = load("--port", gateway.plain, "--messages=600", "--cpu-of", gateway.pid)
    assert 5 < result["cpu"]["us_each"] < 20_000
    assert result["loader_cpu_share"] > 0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--password=wrong"], REFUSED),
        (["--password", PASSWORD, "--cpu-of=4194305"], "--cpu-of: there is no process 4194305"),
        (
            ["--password=wrong", "--mode=bind"],
            REFUSED,
        ),
    ],
    ids=["password", "process", "bind mode"],
)
def test_run_that_cannot_be_made_is_told_in_one_line(
    gateway: Running, options: list[str], complaint: str
) -> None:
    command = [sys.executable, str(SCRIPTS / "loadtest.py"), f"--port={gateway.plain}", "--quiet"]
    ended = subprocess.run(  # noqa: S603 - a program of this project
        [*command, *options], capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"loadtest: {complaint.format(port=gateway.plain)}")
    assert ended.stderr.count("\n") == 1
