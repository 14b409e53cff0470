#!/usr/bin/env python3
"""Load a gateway over SMPP and account for every answer; or several, side by side.

    scripts/loadtest.py --system-id demo --tls --insecure --messages 1000
    scripts/loadtest.py --sessions 4 --window 16 --rate 500 --seconds 30 --report load.html
    scripts/loadtest.py --mix delivered=40,no_imessage=55,no_capacity=5 --cpu-of PID
    scripts/loadtest.py --mode bind --sessions 8 --seconds 10
    scripts/loadtest.py --mode idle --sessions 500 --seconds 120
    scripts/loadtest.py --target tcp://127.0.0.1:2775 --target tls://127.0.0.1:2776 --seconds 20

Run it with the Python of the virtual environment that the gateway is installed in. The password is
best given in SMPP_PASSWORD.

Without `--rate` every session keeps `--window` messages in flight (flat out). With `--rate`
messages fall due at fixed times over all sessions, whatever the gateway does, and latency counts
from the time a message was due, so a gateway that stalls cannot hide the queue it caused.

A run is right when each submit_sm got exactly one submit_sm_resp, and each accepted one, where
receipts were asked for, exactly one receipt: on the same session, after its response, with its
message_id and with the addresses swapped. Whatever else happens is counted as one of

- lost: a response or receipt that never came;
- duplicate: a second response, receipt or message_id;
- out of order: a receipt before its response, or a response to a sequence_number never sent;
- unexpected: anything else, such as a receipt for an unknown message, a connection closed, or
  with `--mix` a status that this kind of message cannot get.

An unbind at the end serves as a fence: what the gateway had to say was said before its answer.

Exit codes: 0 all accounted for; 1 something of the list above, or no bind; 2 usage.
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
    sys.exit(main())
