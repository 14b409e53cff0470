"""Integration guide, "Testing": the four steps, by commands of the product over real TLS.

The gateway is a process that runs the shipped config.toml on free ports; the steps are taken with
`otpblue-trio send`, and the keepalive, which that command has no use for, with an ESME.
"""

from __future__ import annotations

import re
import signal
import ssl
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest
import tomli_w
import trio

from otpblue_trio.esme import Esme, describe_status

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = str(Path(sys.executable).with_name("otpblue-trio"))
SHIPPED = Path(__file__).parents[2] / "config.toml"
LIMIT = 60.0  # for a machine that does much else; nothing here waits for it

IPHONE = "14155552671"
ANDROID = "14155550150"  # the simulator knows no iMessage there
TEXT = "Your code is 123456"


@attrs.frozen
class Running:
    """A gateway that accepts connections."""

    port: int
    certificate: Path
    system_id: str
    password: str

    def send(self, destination: str, *options: str, password: str = "") -> list[str]:
        """Run `otpblue-trio send`; return its lines, the exit code as the last one."""
        ended = subprocess.run(  # noqa: S603  the program under test
            [
                *(PROGRAM, "send", "--host", "localhost", "--port", str(self.port)),
                *("--ca", str(self.certificate), "--system-id", self.system_id),
                *("--from", "MyBank", *options, destination, TEXT),
            ],
            env={"OTPBLUE_PASSWORD": password or self.password, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return [*ended.stdout.splitlines(), *ended.stderr.splitlines(), f"exit {ended.returncode}"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Serve the shipped configuration on a free port, and stop it as a service manager would."""
    folder = tmp_path_factory.mktemp("testing-section")
    settings = tomllib.loads(SHIPPED.read_text())
    settings["listen"] |= {"tls": ["127.0.0.1:0"], "admin": "127.0.0.1:0"}
    (folder / "config.toml").write_text(tomli_w.dumps(settings))
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(  # noqa: S603  the program under test
            [PROGRAM, "serve", "config.toml"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        deadline = threading.Timer(LIMIT, process.kill)
        deadline.start()
        assert process.stdout is not None
        port = 0
        for line in process.stdout:
            if line.startswith("listening tls "):
                port = int(line.rpartition(":")[2])
            if line == "ready\n":
                break
        deadline.cancel()
        assert port, (folder / "log").read_text()
        try:
            yield Running(
                port,
                folder / "var" / "tls" / "development-cert.pem",
                settings["accounts"][0]["system_id"],
                settings["accounts"][0]["password"],
            )
            process.send_signal(signal.SIGTERM)
            assert process.wait(LIMIT) == 0
        finally:
            process.kill()


def test_1_the_smpp_connection_is_bound(gateway: Running) -> None:
    connected, bound, *_ = gateway.send(IPHONE)
    assert connected == f"connected to localhost:{gateway.port}, TLS"
    assert bound == "bind_transceiver_resp: 0x00 ESME_ROK (success)"


def test_1_with_a_wrong_password_the_command_says_what_to_check(gateway: Running) -> None:
    _, bound, *rest = gateway.send(IPHONE, password="wrong")
    assert bound == (
        "bind_transceiver_resp: 0x0E ESME_RINVPASWD"
        " (authentication failed: check system_id and password)"
    )
    assert rest[-1] == "exit 1"


def test_2_an_otp_to_the_own_number_is_delivered_with_a_receipt(gateway: Running) -> None:
    _, _, response, receipt, unbound, code = gateway.send(IPHONE)
    answered = re.fullmatch(
        r"submit_sm_resp: 0x00 ESME_ROK \(success\), message_id (\S+), after \d+ ms", response
    )
    assert answered is not None, response
    assert receipt == f"deliver_sm: receipt for message_id {answered[1]}: DELIVRD, err 000"
    assert unbound == "unbind_resp: 0x00 ESME_ROK (success)"
    assert code == "exit 0"


def test_2_without_registered_delivery_there_is_no_receipt(gateway: Running) -> None:
    lines = gateway.send("14155552672", "--no-receipt")
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "bind_transceiver_resp",
        "submit_sm_resp",
        "unbind_resp",
        "exit 0",
    ]


def test_3_a_number_without_imessage_tells_to_fail_over(gateway: Running) -> None:
    _, _, response, _, *rest = gateway.send(ANDROID)
    assert re.fullmatch(
        r"submit_sm_resp: 0x45 ESME_RSUBMITFAIL \(no iMessage: fail over to SMS\), after \d+ ms",
        response,
    )
    assert rest[-1] == "exit 1"


async def test_4_enquire_link_is_answered_with_0x00(gateway: Running) -> None:
    context = ssl.create_default_context(cafile=gateway.certificate)
    stream = await trio.open_ssl_over_tcp_stream(
        "localhost", gateway.port, ssl_context=context, https_compatible=True
    )
    await stream.do_handshake()
    async with Esme(stream) as esme, trio.open_nursery() as nursery:
        await nursery.start(esme.run)
        await esme.bind_transceiver(gateway.system_id, gateway.password)
        answer = await esme.enquire_link()
        assert describe_status(answer.command_status) == "0x00 ESME_ROK (success)"
        await esme.unbind()
        nursery.cancel_scope.cancel()
