"""The gateway as a process of its own, and SMPP clients of other makers that talk to it.

Each client is a program beside this file that holds the same conversation and prints what it saw,
one JSON object a line: bind, a message that is delivered with its receipt, a message that is
refused, enquire_link, unbind. The gateway runs the shipped config.toml, on free ports and with a
faster simulator, in an empty folder. A client that this machine lacks is skipped by name; with
OTPBLUE_REQUIRE_CLIENTS=1, as in CI, it fails.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli_w

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

START_LIMIT = 60.0
STOP_LIMIT = 30.0
CLIENT_LIMIT = 30.0

SENDER = "MyBank"
DELIVERED = "14155552671"
REFUSED = "14155550150"  # the simulator knows no iMessage there
CODES = itertools.count(731_900_001)  # nine digits: nothing else in a log looks like them

COMMANDS = {
    "npm smpp": ["node", str(HERE / "node_client.mjs")],
    "smpplib": [sys.executable, str(HERE / "smpplib_client.py")],
    "smpp34": [sys.executable, str(HERE / "smpp34_client.py")],
    "kannel": [sys.executable, str(HERE / "kannel_client.py")],
}


def is_installed(client: str) -> bool:
    if client == "npm smpp":
        return shutil.which("node") is not None and (HERE / "node_modules" / "smpp").is_dir()
    if client == "kannel":
        return shutil.which("bearerbox") is not None and shutil.which("smsbox") is not None
    return importlib.util.find_spec(client) is not None


@pytest.fixture(scope="session")
def lacks() -> Callable[[str], None]:
    """Skip, or fail where every client is required, because of what this machine cannot do."""

    def lacks(what: str) -> None:
        if os.environ.get("OTPBLUE_REQUIRE_CLIENTS") == "1":
            pytest.fail(what)
        pytest.skip(what)

    return lacks


@pytest.fixture(scope="session")
def gateway_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the config.toml that the gateway runs from."""
    folder = tmp_path_factory.mktemp("gateway")
    settings = tomllib.loads((ROOT / "config.toml").read_text())
    settings["listen"] = {"tls": ["127.0.0.1:0"], "plain": ["127.0.0.1:0"], "admin": "127.0.0.1:0"}
    settings["simulator"] = {"latency": "5ms", "jitter": "2ms"}
    settings.pop("tls", None)  # the gateway makes itself a development certificate
    (folder / "config.toml").write_text(tomli_w.dumps(settings))
    return folder


@pytest.fixture(scope="session")
def login(gateway_folder: Path) -> tuple[str, str]:
    """Return system_id and password of the first account."""
    account = tomllib.loads((gateway_folder / "config.toml").read_text())["accounts"][0]
    return account["system_id"], account["password"]


@pytest.fixture(scope="session")
def gateway_ports(gateway_folder: Path, login: tuple[str, str]) -> Iterator[dict[str, int]]:
    """Run the gateway; yield the port of each listener by its name (`tls`, `plain`, `admin`).

    At the end it must drain and exit 0 upon SIGTERM, and must have written no code, no
    whole phone number and no password.
    """
    command = [str(Path(sys.executable).with_name("otpblue-trio")), "serve"]
    log = gateway_folder / "gateway.log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(  # noqa: S603 - the program under test
            [*command, str(gateway_folder / "config.toml")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        printed: queue.Queue[str] = queue.Queue()
        everything: list[str] = []

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                everything.append(line)
                printed.put(line)
            printed.put("")

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield ports_printed(printed, log)
            process.send_signal(signal.SIGTERM)
            status = process.wait(STOP_LIMIT)
        finally:
            process.kill()
            reader.join()
    written = "".join(everything) + log.read_text()
    assert status == 0, written[-2000:]
    sent_codes = range(731_900_001, next(CODES))
    secrets = [*map(str, sent_codes), login[1], DELIVERED, REFUSED]
    assert [secret for secret in secrets if secret in written] == []


def ports_printed(printed: queue.Queue[str], log: Path) -> dict[str, int]:
    """Read what `serve` prints until it is ready."""
    ports: dict[str, int] = {}
    while True:
        line = printed.get(timeout=START_LIMIT)
        match line.split():
            case ["listening", name, address]:
                ports[name] = int(address.rpartition(":")[2])
            case ["ready"]:
                return ports
            case []:
                pytest.fail(f"the gateway ended before it was ready: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def certificate(gateway_folder: Path, gateway_ports: dict[str, int]) -> Path:
    """Return the development certificate that the running gateway made; clients trust it."""
    (certificate,) = (gateway_folder / "var" / "tls").glob("*cert.pem")
    return certificate


@pytest.fixture(scope="session")
def hold_conversation(
    certificate: Path,
    gateway_ports: dict[str, int],
    login: tuple[str, str],
    lacks: Callable[[str], None],
) -> Callable[[str, str], list[dict[str, Any]]]:
    """Return the function that runs one client over `tls` or `plain` and returns what it saw."""

    def hold_conversation(client: str, transport: str) -> list[dict[str, Any]]:
        if not is_installed(client):
            lacks(f"{client} is not installed")
        task = {
            # The certificate's name, so that clients which compare it have something to compare.
            "host": "localhost" if transport == "tls" else "127.0.0.1",
            "port": gateway_ports[transport],
            "ca": str(certificate) if transport == "tls" else None,
            "system_id": login[0],
            "password": login[1],
            "sender": SENDER,
            "delivered": DELIVERED,
            "refused": REFUSED,
            "text": f"Your verification code is {next(CODES)}. Do not share it.",
        }
        ended = subprocess.run(  # noqa: S603 - one of the constants above
            COMMANDS[client],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=CLIENT_LIMIT,
            check=False,
        )
        assert ended.returncode == 0, f"{client}: {ended.stdout}\n{ended.stderr[-4000:]}"
        return [json.loads(line) for line in ended.stdout.splitlines()]

    return hold_conversation


@pytest.fixture(scope="session")
def numbers() -> dict[str, str]:
    """Return the numbers and the sender of every conversation."""
    return {"delivered": DELIVERED, "refused": REFUSED, "sender": SENDER}
