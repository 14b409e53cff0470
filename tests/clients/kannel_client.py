"""The conversation of conftest.py with Kannel: bearerbox, smsbox and their HTTP interfaces.

Reads one JSON object from standard input and prints one JSON object for each thing that happened.

A message goes in as an HTTP request to smsbox, and what became of it comes back as requests to
its `dlr-url`, which this program serves: type 8 when the submit was accepted, 16 when it was
refused, 1 when the receipt came that says delivered. What HTTP does not show (bind, enquire_link,
unbind, the receipt's own fields) is read from the PDUs that bearerbox prints at its debug level.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMEOUT = 20.0
ACCEPTED, REFUSED, DELIVERED = "8", "16", "1"

Happenings = queue.Queue[tuple[str, dict[str, str]]]


def say(event: str, **details: Any) -> None:
    """Print one thing that happened."""
    sys.stdout.write(json.dumps({"event": event, **details}) + "\n")
    sys.stdout.flush()


def found(pattern: str, text: str) -> str:
    """Return the first group of a pattern, empty where it does not match."""
    match = re.search(pattern, text)
    return match[1] if match else ""


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on; Kannel cannot be told to find its own."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in held]


def configuration(task: dict[str, Any], admin: int, boxes: int, sendsms: int) -> str:
    """Return Kannel's configuration; a blank line ends a group."""
    trusted = "" if task["ca"] is None else f"ssl-trusted-ca-file = {task['ca']}\n"
    return f"""\
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {task["password"]}
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
dlr-storage = internal
log-level = 0
{trusted}
group = smsc
smsc = smpp
smsc-id = otpblue
host = {task["host"]}
port = {task["port"]}
use-ssl = {"false" if task["ca"] is None else "true"}
transceiver-mode = true
smsc-username = {task["system_id"]}
smsc-password = {task["password"]}
system-type = ""
enquire-link-interval = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
sendsms-interface = 127.0.0.1
log-level = 0

group = sendsms-user
username = tester
password = tester
max-messages = 1
"""


@contextlib.contextmanager
def report_listener(happenings: Happenings) -> Iterator[int]:
    """Serve the dlr-url on a free port, which is yielded."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
            happenings.put(("report", {name: values[0] for name, values in query.items()}))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Keep quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def running(
    program: str, config: Path, on_line: Callable[[str], None]
) -> Iterator[subprocess.Popen[str]]:
    """Run one of Kannel's programs and hand over every line it logs; SIGTERM at the end."""
    with subprocess.Popen(  # noqa: S603 - the program is a constant
        [program, str(config)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:

        def read() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                on_line(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
            reader.join()


def pdu_collector(happenings: Happenings) -> Callable[[str], None]:
    """Return what turns bearerbox's log lines into PDUs: name to text, `type_name` among them."""
    pdu: dict[str, str] = {}

    def on_line(line: str) -> None:
        sys.stderr.write(line)
        if re.search(r"SMPP PDU 0x\w+ dump:", line):
            pdu.clear()
        elif "SMPP PDU dump ends" in line:
            happenings.put(("pdu", dict(pdu)))
        elif match := re.search(r"DEBUG:   (\w+): (.*)", line):
            pdu[match[1]] = match[2].strip('"')

    return on_line


def main() -> None:
    """Hold the conversation."""
    task = json.load(sys.stdin)
    happenings: Happenings = queue.Queue()
    boxes_ready: queue.Queue[str] = queue.Queue()

    def on_smsbox_line(line: str) -> None:
        sys.stderr.write(line)
        # Its heartbeat starts last. A request that comes before smsbox has noted its connection
        # to bearerbox, which is after it has logged it, ends the program.
        if "heartbeat_thread" in line:
            boxes_ready.put(line)

    # Reports come over connections of their own, so in any order: what is not waited for is kept.
    kept: list[tuple[str, dict[str, str]]] = []

    def wait_for(kind: str, wanted: Callable[[dict[str, str]], bool]) -> dict[str, str]:
        while True:
            for position, (what, details) in enumerate(kept):
                if what == kind and wanted(details):
                    del kept[position]
                    return details
            kept.append(happenings.get(timeout=TIMEOUT))

    def pdu(name: str) -> dict[str, str]:
        return wait_for("pdu", lambda details: details.get("type_name") == name)

    def number(text: str) -> int:
        return int(text.split(" ")[0])

    def submit(destination: str) -> None:
        reports = {"type": "%d", "id": "%F", "answer": "%A", "of": destination}
        query = {
            "username": "tester",
            "password": "tester",
            "from": task["sender"],
            "to": f"+{destination}",
            "text": task["text"],
            "dlr-mask": "31",
            "dlr-url": f"http://127.0.0.1:{reports_port}/?" + urlencode(reports, safe="%"),
        }
        connection = HTTPConnection("127.0.0.1", sendsms, timeout=TIMEOUT)
        connection.request("GET", "/cgi-bin/sendsms?" + urlencode(query))
        answer = connection.getresponse().read().decode("ascii", "replace")
        connection.close()
        if not answer.startswith("0: Accepted"):
            raise SystemExit(f"smsbox answered {answer!r}")
        report = wait_for(
            "report", lambda one: one["of"] == destination and one["type"] in {ACCEPTED, REFUSED}
        )
        status = found(r"^NACK/0x([0-9a-fA-F]{8})/", report["answer"])
        say(
            "response",
            destination=destination,
            status=int(status, 16) if report["type"] == REFUSED else 0,
            message_id=report["id"],
        )

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        reports_port = stack.enter_context(report_listener(happenings))
        admin, boxes, sendsms = free_ports(3)
        config = folder / "kannel.conf"
        config.write_text(configuration(task, admin, boxes, sendsms))

        with running("bearerbox", config, pdu_collector(happenings)):
            say("bound", status=number(pdu("bind_transceiver_resp")["command_status"]))
            with running("smsbox", config, on_smsbox_line):
                boxes_ready.get(timeout=TIMEOUT)
                submit(task["delivered"])
                report = wait_for("report", lambda one: one["type"] == DELIVERED)
                receipt = pdu("deliver_sm")
                say(
                    "receipt",
                    message_id=report["id"],
                    text_id=found(r"^id:(\S+)", report["answer"]),
                    stat=found(r"stat:(\S+)", report["answer"]),
                    message_state=number(receipt["message_state"]),
                    esm_class=number(receipt["esm_class"]),
                    source=receipt["source_addr"],
                    destination=receipt["destination_addr"],
                )
                submit(task["refused"])
                status = number(pdu("enquire_link_resp")["command_status"])
                say("enquire_link", status=status)
        say("unbound", status=number(pdu("unbind_resp")["command_status"]))


if __name__ == "__main__":
    main()
