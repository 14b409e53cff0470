"""`send` against gateways that serve, that refuse, and that are none."""

from __future__ import annotations

import queue
import signal
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest
import trio
import trustme

from otpblue_trio.config import Limits
from otpblue_trio.policy import (
    Admission,
    CodeFinder,
    Delivered,
    FailureMode,
    NumberReader,
    Outcome,
    Refused,
    SendRequest,
)
from otpblue_trio.runtime import Endpoint, Gateway, open_listeners
from otpblue_trio.runtime.observer import ObserverGroup
from otpblue_trio.testing import FakePlatform, FixedAccounts, InlineVerifier, account

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from click.testing import Result

NUMBER = "14155552671"
NO_IMESSAGE = "14155550150"
PASSWORD = "secret"
TEXT = "Your code is 482910"


@attrs.frozen
class Served:
    """A gateway that runs in another thread."""

    tls: int
    plain: int
    ca: Path
    authority: trustme.CA


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    ca = trustme.CA()
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    ca.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    started: queue.Queue[tuple[int, int, Callable[[], None]]] = queue.Queue()

    def answer(request: SendRequest) -> Outcome:
        return Refused(150) if request.contact.endswith("0150") else Delivered("m-1")

    async def serve() -> None:
        gateway = Gateway(
            limits=Limits(),
            accounts=FixedAccounts(
                [
                    account("acme"),
                    account("later", failure_mode=FailureMode.RECEIPT_ONLY),
                    account("bound", client_certificate_names=("smpp.bound.example",)),
                ]
            ),
            admission=Admission(NumberReader(fast=False), CodeFinder()),
            platform=FakePlatform(answer=answer),
            verifier=InlineVerifier(),
            observer=ObserverGroup(()),
            wall_clock=datetime(2026, 2, 12, 14, 30, tzinfo=UTC).timestamp,
            duplicate_window=0,
        )
        [(tls_address, tls)] = await open_listeners("127.0.0.1", 0)
        [(plain_address, plain)] = await open_listeners("127.0.0.1", 0)
        endpoints = [
            Endpoint("tls", tls_address, tls, lambda: context),
            Endpoint("plain", plain_address, plain),
        ]
        token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:
            await nursery.start(gateway.serve, endpoints)
            ports = [int(endpoint.address.rpartition(":")[2]) for endpoint in endpoints]
            started.put((ports[0], ports[1], lambda: token.run_sync_soon(gateway.stop)))

    thread = threading.Thread(target=trio.run, args=(serve,))
    thread.start()
    tls, plain, stop = started.get(timeout=30)
    yield Served(tls, plain, ca_file, ca)
    stop()
    thread.join()


@pytest.fixture
def send(run: Callable[..., Result], gateway: Served) -> Callable[..., Result]:
    """Send through the gateway over TLS as `acme`; options that come later win."""

    def send(destination: str, text: str, *options: str, password: str = PASSWORD) -> Result:
        return run(
            "send",
            destination,
            text,
            f"--port={gateway.tls}",
            f"--ca={gateway.ca}",
            "--system-id=acme",
            *options,
            env={"OTPBLUE_PASSWORD": password},
        )

    return send


@contextmanager
def server(talk: Callable[[socket.socket], object]) -> Iterator[int]:
    """Accept one connection on a port of its own and do something with it."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def read_to_the_end(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def only_line(text: str) -> str:
    [line] = text.splitlines()
    return line


@pytest.mark.parametrize("octets", [254, 255, 512])
def test_a_text_as_long_as_the_guide_allows_is_sent(
    send: Callable[..., Result], octets: int
) -> None:
    assert send(NUMBER, TEXT.ljust(octets, ".")).exit_code == 0


def test_a_text_above_the_guides_limit_gets_the_gateways_answer(
    send: Callable[..., Result],
) -> None:
    result = send(NUMBER, TEXT.ljust(513, "."))
    assert result.exit_code == 1
    assert "submit_sm_resp: 0x01 ESME_RINVMSGLEN" in result.stdout


def test_a_delivered_message_is_told_with_its_receipt(send: Callable[..., Result]) -> None:
    result = send(NUMBER, TEXT, "--from", "MyBank")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("connected to 127.0.0.1:")
    assert lines[0].endswith(", TLS")
    assert lines[1] == "bind_transceiver_resp: 0x00 ESME_ROK (success)"
    assert lines[2].startswith("submit_sm_resp: 0x00 ESME_ROK (success), message_id m-1, after ")
    assert lines[3] == "deliver_sm: receipt for message_id m-1: DELIVRD, err 000"
    assert lines[4] == "unbind_resp: 0x00 ESME_ROK (success)"


def test_a_message_may_go_without_tls_and_without_a_receipt(
    send: Callable[..., Result], gateway: Served
) -> None:
    result = send(NUMBER, TEXT, "--plain", f"--port={gateway.plain}", "--no-receipt")
    assert result.exit_code == 0
    assert ", without TLS\n" in result.stdout
    assert "deliver_sm" not in result.stdout


def test_a_message_that_is_not_latin_is_sent(send: Callable[..., Result]) -> None:
    assert send(NUMBER, "您的验证码是 482910").exit_code == 0


def test_no_imessage_says_what_to_do(send: Callable[..., Result]) -> None:
    result = send(NO_IMESSAGE, TEXT)
    assert result.exit_code == 1
    assert "submit_sm_resp: 0x45 ESME_RSUBMITFAIL (no iMessage: fail over to SMS)" in result.stdout
    assert result.stderr == "otpblue-trio: not delivered\n"


def test_a_failure_that_only_the_receipt_tells_fails_too(send: Callable[..., Result]) -> None:
    result = send(NO_IMESSAGE, TEXT, "--system-id=later")
    assert "submit_sm_resp: 0x00" in result.stdout
    assert "UNDELIV" in result.stdout
    assert (result.exit_code, result.stderr) == (1, "otpblue-trio: not delivered\n")


def test_a_wrong_password_is_told(send: Callable[..., Result]) -> None:
    result = send(NUMBER, TEXT, password="wrong")
    assert "bind_transceiver_resp: 0x0E ESME_RINVPASWD (authentication failed" in result.stdout
    assert (result.exit_code, result.stderr) == (1, "otpblue-trio: not bound\n")


def test_a_certificate_that_is_not_trusted_is_told_in_one_line(
    send: Callable[..., Result], gateway: Served, folder: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    result = send(NUMBER, TEXT, "--ca=other.pem")
    assert (result.exit_code, result.stdout) == (1, "")
    assert only_line(result.stderr).startswith(
        f"otpblue-trio: cannot connect to 127.0.0.1:{gateway.tls}: its certificate is not accepted"
    )


def test_a_certificate_of_one_s_own_can_be_shown(
    send: Callable[..., Result], gateway: Served, folder: Path
) -> None:
    gateway.authority.issue_cert("smpp.bound.example").private_key_and_cert_chain_pem.write_to_path(
        "own.pem"
    )
    assert send(NUMBER, TEXT, "--system-id=bound", "--certificate=own.pem").exit_code == 0
    without = send(NUMBER, TEXT, "--system-id=bound")
    assert "bind_transceiver_resp: 0x0D ESME_RBINDFAIL" in without.stdout
    assert without.exit_code == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--certificate=nothing.pem",), "not a PEM certificate and its unencrypted PEM key"),
        (("--private-key=nothing.pem",), "--private-key is nothing without --certificate"),
        (("--certificate=nothing.pem", "--plain"), "--certificate and --plain exclude each other"),
    ],
)
def test_a_certificate_that_cannot_be_shown_is_wrong_usage(
    options: tuple[str, ...], said: str, send: Callable[..., Result], folder: Path
) -> None:
    (folder / "nothing.pem").write_text("nothing")
    result = send(NUMBER, TEXT, *options)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_certificate_may_go_unverified(send: Callable[..., Result], folder: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(folder / "other.pem"))
    assert send(NUMBER, TEXT, "--ca=other.pem", "--insecure").exit_code == 0


def test_tls_towards_a_plain_port_is_told(send: Callable[..., Result]) -> None:
    with server(lambda connection: connection.sendall(b"220 mail.example ESMTP\r\n")) as port:
        result = send(NUMBER, TEXT, f"--port={port}")
    assert result.exit_code == 1
    assert "no TLS there" in only_line(result.stderr)
    assert "--plain" in result.stderr


def test_a_refused_connection_is_told(send: Callable[..., Result]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = send(NUMBER, TEXT, f"--port={port}")
    assert result.exit_code == 1
    expected = f"otpblue-trio: cannot connect to 127.0.0.1:{port}: Connection refused\n"
    assert result.stderr == expected


@pytest.mark.parametrize("host", ["", ".x", "x" * 300, "[::1"])
def test_a_host_that_is_none_is_told(send: Callable[..., Result], host: str) -> None:
    result = send(NUMBER, TEXT, f"--host={host}")
    assert result.exit_code == 1
    assert only_line(result.stderr).startswith("otpblue-trio: cannot connect to ")


@pytest.mark.parametrize(
    "greeting",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\4", b"\0\0\0\x10\x12\x34\x56\x78" + bytes(8)],
    ids=["HTTP", "short PDU", "unknown command"],
)
def test_a_server_of_another_kind_is_told_in_one_line(
    send: Callable[..., Result], greeting: bytes
) -> None:
    with server(lambda connection: connection.sendall(greeting)) as port:
        result = send(NUMBER, TEXT, "--plain", f"--port={port}")
    assert result.exit_code == 1
    assert only_line(result.stderr).startswith("otpblue-trio: ")


def test_a_server_that_hangs_up_is_told(send: Callable[..., Result]) -> None:
    with server(lambda connection: connection.recv(16)) as port:
        result = send(NUMBER, TEXT, "--plain", f"--port={port}")
    assert result.exit_code == 1
    assert "closed the connection" in only_line(result.stderr)


@pytest.mark.parametrize(
    ("options", "awaited"),
    [(["--plain"], "bind_transceiver_resp"), ([], "TLS handshake")],
    ids=["plain", "TLS"],
)
def test_a_server_that_says_nothing_is_given_up(
    send: Callable[..., Result], options: list[str], awaited: str
) -> None:
    with server(read_to_the_end) as port:
        result = send(NUMBER, TEXT, *options, f"--port={port}", "--timeout=100ms")
    expected = f"otpblue-trio: no {awaited} within 0.1 seconds\n"
    assert (result.exit_code, result.stderr) == (1, expected)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["1" * 30, TEXT], "destination_addr has 30 characters"),
        (["日本", TEXT], "destination_addr"),
        ([NUMBER, "x" * 66_000], "tag 1060 with 66000 octets"),
        ([NUMBER, "\udcff"], "not valid Unicode"),
        ([NUMBER, TEXT, "--from=" + "x" * 40], "source_addr has 40 characters"),
        ([NUMBER, TEXT, "--system-id=" + "x" * 16], "system_id has 16 characters"),
        ([NUMBER, TEXT, "--timeout=soon"], "'soon' is not a duration"),
        ([NUMBER, TEXT, "--timeout=nan"], "'nan' is not a duration"),
        ([NUMBER, TEXT, "--port=0"], "0 is not in the range"),
        ([NUMBER, TEXT, "--ca=missing.pem"], "does not exist"),
    ],
)
def test_what_cannot_be_sent_is_wrong_usage(
    send: Callable[..., Result], arguments: list[str], complaint: str
) -> None:
    result = send(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert complaint in result.stderr


def test_a_ca_file_without_certificates_is_wrong_usage(
    send: Callable[..., Result], folder: Path
) -> None:
    (folder / "empty.pem").write_text("")
    result = send(NUMBER, TEXT, "--ca=empty.pem")
    assert result.exit_code == 2
    assert "no certificates can be read from empty.pem" in result.stderr


def test_a_password_that_cannot_be_asked_for_is_told(run: Callable[..., Result]) -> None:
    result = run("send", NUMBER, TEXT, "--system-id=acme")
    assert result.exit_code == 2
    assert "there is no terminal to ask for the password on: set OTPBLUE_PASSWORD" in result.stderr


def test_ctrl_c_ends_it_without_a_traceback(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    connected = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(16)  # the bind has begun
        connected.set()
        read_to_the_end(connection)

    with server(talk) as port:
        arguments = ["send", NUMBER, TEXT, "--plain", f"--port={port}", "--system-id=acme"]
        with start(*arguments) as process:
            assert connected.wait(timeout=30)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert stderr.strip() == "Aborted!"


def test_neither_code_nor_password_is_in_the_output(send: Callable[..., Result]) -> None:
    for result in (send(NUMBER, TEXT), send(NUMBER, "x" * 300 + TEXT), send("x" * 30, TEXT)):
        assert "482910" not in result.output
        assert PASSWORD not in result.output
