#!/usr/bin/env python3
"""Load a gateway with submit_sm over SMPP and account for every answer.

    scripts/loadtest.py --system-id demo --password demo-pw1 --tls --insecure --messages 1000
    scripts/loadtest.py --port 2775 --sessions 4 --window 16 --rate 500 --seconds 30 --json ...

Run it with the Python of the virtual environment that the gateway is installed in.

Without `--rate` every session keeps `--window` messages in flight (flat out). With `--rate`
messages fall due at fixed times over all sessions, whatever the gateway does, and latency counts
from the time a message was due, so a gateway that stalls cannot hide the queue it caused.

A run is right when each submit_sm got exactly one submit_sm_resp, and each accepted one, where
receipts were asked for, exactly one receipt: on the same session, after its response, with its
message_id and with the addresses swapped. Whatever else happens is counted as one of

- lost: a response or receipt that never came;
- duplicate: a second response, receipt or message_id;
- out of order: a receipt before its response, or a response to a sequence_number never sent;
- unexpected: anything else, such as a receipt for an unknown message, a connection closed.

An unbind at the end serves as a fence: what the gateway had to say was said before its answer.

Exit codes: 0 all accounted for; 1 something of the list above, or no bind; 2 usage.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import sys
from typing import TYPE_CHECKING, Any

import trio
from loadtest_books import FAULTS, Tally
from loadtest_session import Load, LoadError

from otpblue_trio.smpp import status_name

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

__all__ = ["main", "run"]

LINE_INTERVAL = 5.0  # seconds between progress lines that are not on a terminal


async def run(options: argparse.Namespace) -> Tally:
    """Make one run and return what was seen.

    Raises:
      LoadError: a session could not be bound; nothing was sent.
    """
    tally = Tally()
    load = Load(options, tally)
    await load.connect()
    async with trio.open_nursery() as nursery:
        for session in load.sessions:
            nursery.start_soon(session.read)
            nursery.start_soon(session.write)
            nursery.start_soon(session.keep_alive)
        nursery.start_soon(_show_progress, options, tally)
        await load.drive()
        async with trio.open_nursery() as unbinding:
            for session in load.sessions:
                unbinding.start_soon(session.unbind)
        nursery.cancel_scope.cancel()
    return tally


async def _show_progress(options: argparse.Namespace, tally: Tally) -> None:
    """Show how far the run is on standard error: a bar on a terminal, else a line now and then."""
    if options.quiet:
        return
    start = trio.current_time()
    on_terminal = sys.stderr.isatty()
    try:
        while True:
            await trio.sleep(0.2 if on_terminal else LINE_INTERVAL)
            passed = trio.current_time() - start
            share = max(
                tally.answered / options.messages if options.messages else 0.0,
                passed / options.seconds if options.seconds < math.inf else 0.0,
            )
            words = (
                f"{tally.answered} answered, {tally.sent - tally.answered} in flight, "
                f"{tally.receipts} receipts, {tally.answered / passed:.0f}/s"
            )
            if on_terminal:
                filled = round(min(share, 1.0) * 30)
                sys.stderr.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {words}\x1b[K")
            else:
                sys.stderr.write(f"{min(share, 1.0):4.0%} {words}\n")
            sys.stderr.flush()
    finally:
        if on_terminal:
            sys.stderr.write("\r\x1b[K")


def report(tally: Tally) -> dict[str, Any]:
    """Return the result of a run as it is printed with `--json`. Latencies are milliseconds."""
    duration = max(tally.last_answer - tally.first_due, 0.0) if tally.answered else 0.0
    return {
        "sent": tally.sent,
        "answered": tally.answered,
        "receipts": tally.receipts,
        "seconds": round(duration, 3),
        "per_second": round(tally.answered / duration, 1) if duration else 0.0,
        "response_ms": percentiles(tally.response_latency),
        "receipt_ms": percentiles(tally.receipt_latency),
        "largest_lag_ms": round(tally.largest_lag * 1000, 3),
        "statuses": {status_name(one): n for one, n in sorted(tally.statuses.items())},
        **{group: sum(tally.faults[one] for one in names) for group, names in FAULTS.items()},
        "faults": {name: n for name, n in sorted(tally.faults.items()) if n},
    }


def percentiles(latencies: array[float]) -> dict[str, float]:
    """Return p50, p90, p99, p99.9 and the maximum in milliseconds, by nearest rank."""
    ordered = sorted(latencies)
    if not ordered:
        return {}
    ranks = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    return {
        name: round(ordered[math.ceil(share * len(ordered)) - 1] * 1000, 3)
        for name, share in ranks.items()
    }


def as_text(result: dict[str, Any]) -> str:
    """Return a result for people to read."""

    def latency(name: str) -> str:
        ranks = result[f"{name}_ms"].items()
        return ", ".join(f"{rank} {value:.1f}" for rank, value in ranks) or "none"

    lines = [
        f"messages   {result['sent']} sent, {result['answered']} answered, "
        f"{result['receipts']} receipts",
        f"throughput {result['per_second']}/s over {result['seconds']} s",
        f"response   {latency('response')} ms",
        f"receipt    {latency('receipt')} ms",
        "status     " + ", ".join(f"{name} {n}" for name, n in result["statuses"].items()),
        "accounts   " + ", ".join(f"{name.replace('_', ' ')} {result[name]}" for name in FAULTS),
    ]
    if result["faults"]:
        lines.append(f"faults     {result['faults']}")
    return "\n".join(lines)


def _number(kind: Callable[[str], float], low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not from {low} to {high}")
        return value

    return parse


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options; ends the program with 2 when they are wrong."""
    parser = argparse.ArgumentParser(
        description="Load an SMPP gateway with submit_sm and account for every answer."
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="default: %(default)s")
    add("--port", type=_number(int, 1, 65535), help="default: 2776 with --tls, else 2775")
    add("--tls", action="store_true", help="connect with TLS")
    add("--ca", metavar="FILE", help="certificates to trust instead of the system's")
    add("--insecure", action="store_true", help="take any certificate")
    add("--system-id", default="demo", help="default: %(default)s")
    add("--password", default=os.environ.get("SMPP_PASSWORD"), help="default: $SMPP_PASSWORD")
    add("--sessions", type=_number(int, 1, 1000), default=1, help="default: %(default)s")
    add("--window", type=_number(int, 1, 10_000), default=16, help="unanswered submits a session")
    add("--rate", type=_number(float, 0.01, 100_000), help="messages a second; default: flat out")
    add("--messages", type=_number(int, 1, 10_000_000), help="default: 1000 without --seconds")
    add("--seconds", type=_number(float, 0.1, 3600), help="stop sending after this time")
    add("--patience", type=_number(float, 0.1, 600), default=20.0, metavar="SECONDS",
        help="wait so long for outstanding answers at the end; default: %(default)s")  # fmt: skip
    add("--receipts", action=argparse.BooleanOptionalAction, default=True,
        help="ask for delivery receipts; default: yes")  # fmt: skip
    add("--no-imessage-percent", type=_number(float, 0, 100), default=0.0, metavar="PERCENT",
        help="share of numbers without iMessage")  # fmt: skip
    add("--seed", type=_number(int, 0, 10**6), default=0, help="other numbers and codes")
    add("--json", action="store_true", help="print the result as JSON")
    add("--quiet", action="store_true", help="show no progress")
    options = parser.parse_args(arguments)
    if options.password is None:
        parser.error("--password or SMPP_PASSWORD is needed")
    if options.port is None:
        options.port = 2776 if options.tls else 2775
    if options.messages is None and options.seconds is None:
        options.messages = 1000
    if options.seconds is None:
        options.seconds = math.inf
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = parse_arguments(arguments)
    try:
        tally = trio.run(run, options)
    except LoadError as error:
        sys.stderr.write(f"loadtest: {error}\n")
        return 1
    result = report(tally)
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(result) if options.json else as_text(result))
    return 1 if result["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
