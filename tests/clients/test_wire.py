"""Wireshark's SMPP dissector reads what the gateway and other makers' clients say to each other."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import socket
import subprocess
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.clients

LIMIT = 30.0
KNOCKS = 150
FIELDS = [
    "tcp.stream",  # never empty, so a line comes for every segment
    "smpp.command_id",
    "smpp.message_id",
    "smpp.receipted_message_id",
    "_ws.malformed",
    "_ws.expert.group",
]
TCP_SEQUENCE = "33554432"  # the expert group of ordinary notes on connections opened and closed

NAMES = {
    0x80000000: "generic_nack",
    0x00000009: "bind_transceiver",
    0x80000009: "bind_transceiver_resp",
    0x00000004: "submit_sm",
    0x80000004: "submit_sm_resp",
    0x00000005: "deliver_sm",
    0x80000005: "deliver_sm_resp",
    0x00000006: "unbind",
    0x80000006: "unbind_resp",
    0x00000015: "enquire_link",
    0x80000015: "enquire_link_resp",
}
CONVERSATION = {
    "bind_transceiver": 1,
    "bind_transceiver_resp": 1,
    "submit_sm": 2,
    "submit_sm_resp": 2,
    "deliver_sm": 1,
    "deliver_sm_resp": 1,
    "unbind": 1,
    "unbind_resp": 1,
}

Segment = dict[str, list[str]]


class Capture:
    """The segments of one port, dissected as they pass."""

    def __init__(self, lines: queue.Queue[str], port: int) -> None:
        self.segments: list[Segment] = []
        self._lines = lines
        self._port = port

    def wait_until_it_captures(self) -> bool:
        """Knock at the port until a segment shows; False when the capture ended instead."""
        for _ in range(KNOCKS):
            socket.create_connection(("127.0.0.1", self._port), LIMIT).close()
            with contextlib.suppress(queue.Empty):
                return self._lines.get(timeout=LIMIT / KNOCKS) != ""
        pytest.fail("no segment was captured")

    def read_until(self, name: str) -> None:
        """Collect segments up to one with the named PDU."""
        while True:
            line = self._lines.get(timeout=LIMIT)
            assert line, "the capture ended early"
            columns = line.rstrip("\n").split("\t")
            segment = {
                field: column.split(",") if column else []
                for field, column in zip(FIELDS, columns, strict=True)
            }
            self.segments.append(segment)
            if name in pdu_names([segment]):
                return

    def values(self, field: str) -> list[str]:
        return [value for segment in self.segments for value in segment[field]]


def pdu_names(segments: list[Segment]) -> list[str]:
    ids = [int(value, 0) for segment in segments for value in segment["smpp.command_id"]]
    return [NAMES.get(command_id, hex(command_id)) for command_id in ids]


@pytest.fixture
def capture(
    gateway_ports: dict[str, int], tmp_path: Path, lacks: Callable[[str], None]
) -> Iterator[Capture]:
    """Capture and dissect the gateway's plain port on the loopback interface."""
    if shutil.which("tshark") is None:
        lacks("tshark is not installed")
    port = gateway_ports["plain"]
    command = ["tshark", "-i", "lo", "-f", f"tcp port {port}", "-d", f"tcp.port=={port},smpp"]
    command += ["-n", "-l", "-T", "fields"]
    for field in FIELDS:
        command += ["-e", field]
    errors = tmp_path / "tshark.log"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(  # noqa: S603 - a constant but for the port
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        ) as process,
    ):
        lines: queue.Queue[str] = queue.Queue()

        def read() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.put(line)
            lines.put("")

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            found = Capture(lines, port)
            if not found.wait_until_it_captures():
                lacks(f"tshark cannot capture: {errors.read_text()[-500:]}")
            yield found
        finally:
            process.terminate()
            process.wait(LIMIT)
            reader.join()


@pytest.fixture(params=["npm smpp", "smpplib", "smpp34", "kannel"])
def dissected(
    request: pytest.FixtureRequest,
    capture: Capture,
    hold_conversation: Callable[[str, str], list[dict[str, Any]]],
) -> Capture:
    """Return the capture of one client's whole conversation."""
    hold_conversation(request.param, "plain")
    capture.read_until("unbind_resp")
    return capture


def test_dissector_reads_every_pdu_and_finds_none_malformed(dissected: Capture) -> None:
    assert dissected.values("_ws.malformed") == []
    assert set(dissected.values("_ws.expert.group")) <= {TCP_SEQUENCE}

    counts = Counter(pdu_names(dissected.segments))
    # How often a link is checked is the client's affair; every check is answered.
    assert counts.pop("enquire_link", 0) == counts.pop("enquire_link_resp", 0)
    assert counts == CONVERSATION

    (message_id,) = dissected.values("smpp.message_id")
    assert dissected.values("smpp.receipted_message_id") == [message_id]


def test_dissector_reports_a_pdu_that_is_malformed(
    capture: Capture, gateway_ports: dict[str, int]
) -> None:
    bind_without_its_last_fields = bytes.fromhex("00000014 00000009 00000000 00000001") + b"demo"
    with socket.create_connection(("127.0.0.1", gateway_ports["plain"]), LIMIT) as connection:
        connection.sendall(bind_without_its_last_fields)
        # A client of another test may come back with a bind of its own.
        while not capture.values("_ws.malformed"):
            capture.read_until("bind_transceiver")
