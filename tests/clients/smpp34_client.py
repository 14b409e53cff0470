"""The conversation of conftest.py with the PyPI package `smpp34`.

Reads one JSON object from standard input and prints one JSON object for each thing that happened.
The package sends enquire_link on a timer of its own that cannot be set, so none is seen here.
"""

from __future__ import annotations

import asyncio  # noqa: TID251 - this client runs on nothing else
import json
import os
import re
import sys
from typing import Any

import smpp34

TIMEOUT = 20.0
RECEIPTED_MESSAGE_ID = 0x001E
MESSAGE_STATE = 0x0427


def say(event: str, **details: Any) -> None:
    """Print one thing that happened."""
    sys.stdout.write(json.dumps({"event": event, **details}) + "\n")
    sys.stdout.flush()


def found(pattern: str, text: str) -> str:
    """Return the first group of a pattern, empty where it does not match."""
    match = re.search(pattern, text)
    return match[1] if match else ""


async def converse(task: dict[str, Any]) -> None:
    """Hold the conversation."""
    client = smpp34.Client(
        task["host"],
        task["port"],
        task["system_id"],
        task["password"],
        bind_type="TRX",
        tls=task["ca"] is not None,
    )
    session = await client.connect()
    say("bound", status=0)  # a refused bind raises

    async def submit(destination: str) -> None:
        response = await session.submit_sm(
            destination,
            task["text"].encode("ascii"),
            source_addr=task["sender"],
            source_addr_ton=5,
            dest_addr_ton=1,
            dest_addr_npi=1,
            registered_delivery=1,
        )
        say(
            "response",
            destination=destination,
            status=response.command_status,
            message_id=response.message_id or "",
        )

    await submit(task["delivered"])
    receipt = await session.next()
    if isinstance(receipt, smpp34.DeliverSmEvent):
        parameters = {tlv.tag: tlv for tlv in receipt.tlvs}
        text = receipt.short_message.decode("ascii")
        say(
            "receipt",
            message_id=parameters[RECEIPTED_MESSAGE_ID].as_string(),
            text_id=found(r"^id:(\S+)", text),
            stat=found(r"stat:(\S+)", text),
            message_state=parameters[MESSAGE_STATE].as_int(),
            esm_class=receipt.esm_class,
            source=receipt.source_addr,
            destination=receipt.destination_addr,
        )
    await submit(task["refused"])
    await session.unbind()
    if isinstance(await session.next(), smpp34.Disconnected):
        say("unbound", status=0)
    await client.stop()


def main() -> None:
    """Hold the conversation within the time limit."""
    task = json.load(sys.stdin)
    if task["ca"] is not None:
        # Read by the package's TLS layer instead of the system's certificates.
        os.environ["SSL_CERT_FILE"] = task["ca"]
    asyncio.run(asyncio.wait_for(converse(task), TIMEOUT))
    # The package's own threads outlive the event loop, and now and then one of them meets an
    # interpreter that is already half taken down, which ends the process with SIGSEGV.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
