"""The conversation of conftest.py with the PyPI package `smpplib`.

Reads one JSON object from standard input and prints one JSON object for each thing that happened.
"""

from __future__ import annotations

import json
import re
import ssl
import sys
from typing import Any

from smpplib.client import Client
from smpplib.smpp import make_pdu

TIMEOUT = 20.0


def say(event: str, **details: Any) -> None:
    """Print one thing that happened."""
    sys.stdout.write(json.dumps({"event": event, **details}) + "\n")
    sys.stdout.flush()


def message_text(value: bytes | str | None) -> str:
    """Return a field of the package as text without its terminator."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else value.decode("latin-1")
    return text.rstrip("\0")


def found(pattern: str, text: str) -> str:
    """Return the first group of a pattern, empty where it does not match."""
    match = re.search(pattern, text)
    return match[1] if match else ""


def main() -> None:
    """Hold the conversation."""
    task = json.load(sys.stdin)
    context = None
    if task["ca"] is not None:
        context = ssl.create_default_context(cafile=task["ca"])
        # The package names no host to its TLS layer; the certificate itself is still verified.
        context.check_hostname = False
    client = Client(
        task["host"],
        task["port"],
        timeout=TIMEOUT,
        ssl_context=context,
        allow_unknown_opt_params=True,
    )
    client.connect()
    bound = client.bind_transceiver(system_id=task["system_id"], password=task["password"])
    say("bound", status=bound.status)

    receipts: list[Any] = []

    def on_receipt(pdu: Any) -> None:
        receipts.append(pdu)
        text = message_text(pdu.short_message)
        say(
            "receipt",
            message_id=message_text(pdu.receipted_message_id),
            text_id=found(r"^id:(\S+)", text),
            stat=found(r"stat:(\S+)", text),
            message_state=pdu.message_state,
            esm_class=pdu.esm_class,
            source=message_text(pdu.source_addr),
            destination=message_text(pdu.destination_addr),
        )

    responses: list[Any] = []
    client.set_message_received_handler(on_receipt)
    client.set_message_sent_handler(lambda pdu: responses.append(pdu))
    # An error response goes to this handler and, unless it raises, to the one above as well.
    client.set_error_pdu_handler(lambda pdu: None)

    def submit(destination: str) -> None:
        del responses[:]
        client.send_message(
            source_addr_ton=5,
            source_addr_npi=0,
            source_addr=task["sender"],
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr=destination,
            registered_delivery=1,
            short_message=task["text"].encode("ascii"),
        )
        while not responses:
            client.read_once(auto_send_enquire_link=False)
        say(
            "response",
            destination=destination,
            status=responses[0].status,
            message_id=message_text(getattr(responses[0], "message_id", None)),
        )

    submit(task["delivered"])
    while not receipts:
        client.read_once(auto_send_enquire_link=False)
    submit(task["refused"])

    client.send_pdu(make_pdu("enquire_link", client=client))
    answer = client.read_pdu()
    if answer.command == "enquire_link_resp":
        say("enquire_link", status=answer.status)
    answer = client.unbind()
    if answer.command == "unbind_resp":
        say("unbound", status=answer.status)
    client.disconnect()


if __name__ == "__main__":
    main()
