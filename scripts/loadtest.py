#!/usr/bin/env python3
r"""Load a gateway over SMPP and account for every answer; or several, side by side.

    scripts/loadtest.py --system-id demo --tls --insecure --rate 40 --messages 1000
    scripts/loadtest.py --sessions 4 --window 16 --seconds 30 --report load.html
    scripts/loadtest.py --mix delivered=40,no_imessage=55,no_capacity=5 --cpu-of PID
    scripts/loadtest.py --mode bind --sessions 8 --seconds 10
    scripts/loadtest.py --mode idle --sessions 500 --seconds 120
    scripts/loadtest.py --target tcp://127.0.0.1:2775 --target tls://127.0.0.1:2776 --insecure \
        --seconds 20

Run it with the Python of the virtual environment that the gateway is installed in. The password is
best given in SMPP_PASSWORD.

The first command runs against `scripts/serve` as it is. The others need more than an account gets
by default: 50 messages a second (`tps`), beyond which the gateway answers ESME_RTHROTTLED, and 10
sessions (`max_sessions`); more than 50 connections from one address need
`limits.max_connections_per_address`, and TCP without TLS needs `listen.plain`.

Without `--rate` every session keeps `--window` messages in flight (flat out). With `--rate`
messages fall due at fixed times over all sessions, whatever the gateway does, and latency counts
from the time a message was due, so a gateway that stalls cannot hide the queue it caused. When this
program itself was too slow for the rate, it says how many messages it did not send.

A run is right when each submit_sm got exactly one submit_sm_resp, and each accepted one, where
receipts were asked for, exactly one receipt, with its message_id and with the addresses swapped:
behind the response when it comes on the same session, and as well on another, which a gateway
turns to when the first one is slow. Whatever else happens is counted as one of

- lost: a response or receipt that never came, or a message or bind cycle that was due and could
  not be sent;
- duplicate: a second response, receipt or message_id;
- out of order: a receipt before its response, or a response to a sequence_number never sent;
- unexpected: anything else, such as a receipt for an unknown message, a connection closed, or
  with `--mix` a status that this kind of message cannot get.

An unbind at the end serves as a fence: what the gateway had to say was said before its answer.

Every run sends other numbers and codes, and so does each of several targets: a gateway takes
messages that it delivered a moment ago for sent again, and answers them from memory. `--seed`
repeats a run; wait for `platform.duplicate_window` to pass first.

Ctrl-C ends a run early: nothing more is sent, what is outstanding is waited for briefly, and the
result is told. A second one drops the sessions.

Exit codes: 0 all accounted for; 1 something of the list above, no bind, or a result that could not
be written; 2 usage; 130 interrupted.
"""

from __future__ import annotations

import sys

try:
    from loadtest_command import main
except ModuleNotFoundError as error:
    if str(error.name).startswith("loadtest_"):
        raise
    sys.exit(
        f"loadtest: {error.name} is not installed for this Python: run it with that of the virtual "
        "environment that the gateway is installed in, such as .venv/bin/python"
    )

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main(about=__doc__))
