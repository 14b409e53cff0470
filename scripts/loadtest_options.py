"""The command line of the load test."""

from __future__ import annotations

import argparse
import math
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest_link import Target, parse_target
from loadtest_messages import DELIVERED, KINDS, parse_mix

from otpblue_trio.app import wall_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["parse_arguments"]

MOST_TARGETS = 4
PASSWORD = "--password"  # noqa: S105 - an option's name


def _number(kind: Callable[[str], float], low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        value = kind(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not from {low} to {high}")
        return value

    return parse


def _mix(text: str) -> dict[str, float]:
    try:
        return parse_mix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    # No abbreviations: the password must be found in the command to be left out of reports.
    parser = argparse.ArgumentParser(
        description="Load SMPP gateways and account for every answer.",
        allow_abbrev=False,
        epilog=f"Kinds of messages for --mix: {', '.join(KINDS)}. The platform of the gateway must "
        "be its simulator for those that are more than a mistake in the message.",
    )
    add = parser.add_argument_group("where to").add_argument
    add("--host", default="127.0.0.1", help="default: %(default)s")
    add("--port", type=_number(int, 1, 65535), help="default: 2776 with --tls, else 2775")
    add("--target", action="append", metavar="[tls://]HOST:PORT",
        help="instead of --host and --port; more than one are compared")  # fmt: skip
    add("--tls", action="store_true", help="connect with TLS")
    add("--ca", metavar="FILE", help="certificates to trust instead of the system's")
    add("--insecure", action="store_true", help="take any certificate")
    add("--system-id", default="demo", help="default: %(default)s")
    add(PASSWORD, default=os.environ.get("SMPP_PASSWORD"), help="default: $SMPP_PASSWORD")
    add = parser.add_argument_group("what load").add_argument
    add("--mode", choices=("submit", "bind", "idle"), default="submit",
        help="messages (default); cycles of connect, bind, unbind; idle sessions")  # fmt: skip
    add("--sessions", type=_number(int, 1, 20_000), default=1,
        help="sessions, or bind cycles, at once; default: %(default)s")  # fmt: skip
    add("--window", type=_number(int, 1, 10_000), default=16, help="unanswered submits a session")
    add("--rate", type=_number(float, 0.01, 100_000),
        help="messages or bind cycles a second, come what may; default: flat out")  # fmt: skip
    add("--messages", type=_number(int, 1, 10_000_000),
        help="messages or bind cycles; default: 1000 without --seconds")  # fmt: skip
    add("--seconds", type=_number(float, 0.1, 86_400), help="stop sending after this time")
    add("--patience", type=_number(float, 0.1, 600), default=20.0, metavar="SECONDS",
        help="wait so long for outstanding answers at the end; default: %(default)s")  # fmt: skip
    add("--receipts", action=argparse.BooleanOptionalAction, default=True,
        help="ask for delivery receipts; default: yes")  # fmt: skip
    add("--mix", type=_mix, metavar="KIND=WEIGHT,...",
        help="kinds of messages, e.g. delivered=40,no_imessage=55,no_capacity=5; then a status "
        "that a kind cannot get is a fault")  # fmt: skip
    add("--enquire-interval", type=_number(float, 0.1, 3600), default=30.0, metavar="SECONDS",
        help="between two enquire_links of an idle session; default: %(default)s")  # fmt: skip
    add("--seed", type=_number(int, 0, 10**6),
        help="of the numbers and codes; default: from the clock, since a gateway takes messages "
        "that it has just had for sent again")  # fmt: skip
    add = parser.add_argument_group("several targets").add_argument
    add("--compare", choices=("alternate", "parallel"), default="alternate",
        help="load them in turn (default) or at once; each gets the whole load")  # fmt: skip
    add("--rounds", type=_number(int, 1, 1000), default=4,
        help="turns of each target, the order changes each time; default: %(default)s")  # fmt: skip
    add = parser.add_argument_group("what to show").add_argument
    add("--cpu-of", action="append", default=[], type=_number(int, 1, 2**31), metavar="PID",
        help="process of the target, for its CPU time, and with idle sessions its memory; "
        "once for each target, in order")  # fmt: skip
    add("--json", action="store_true", help="print the result as JSON")
    add("--report", type=Path, metavar="FILE", help="write an HTML page as well")
    add("--quiet", action="store_true", help="show no progress")
    return parser


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options; ends the program with 2 when they are wrong.

    Beside the options themselves: `targets`, `judges_statuses`, and `command`, which is what was
    typed without the password.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.password is None:
        parser.error("--password or SMPP_PASSWORD is needed")
    if options.target and options.port:
        parser.error("--target stands instead of --port")
    if options.messages is None and options.seconds is None:
        if options.mode == "idle":
            parser.error("--mode idle needs --seconds")
        options.messages = 1000
    if options.seconds is None:
        options.seconds = math.inf
    options.targets = _targets(parser, options)
    if options.cpu_of and len(options.cpu_of) != len(options.targets):
        parser.error("--cpu-of is needed once for each target")
    if len(set(options.cpu_of)) < len(options.cpu_of) and options.compare == "parallel":
        parser.error("--cpu-of: the time of one process cannot be told apart with parallel loads")
    if options.seed is None:
        options.seed = int(wall_clock().timestamp() * 1000) % 10**6
    options.judges_statuses = options.mix is not None
    options.mix = options.mix or DELIVERED
    options.command = _command(sys.argv[1:] if arguments is None else arguments)
    return options


def _targets(parser: argparse.ArgumentParser, options: argparse.Namespace) -> list[Target]:
    if not options.target:
        port = options.port or (2776 if options.tls else 2775)
        host = f"[{options.host}]" if ":" in options.host else options.host
        return [Target(f"{host}:{port}", options.host, port, options.tls)]
    try:
        targets = [parse_target(text, tls=options.tls) for text in options.target]
    except ValueError as error:
        parser.error(f"--target: {error}")
    if len(targets) > MOST_TARGETS:
        parser.error(f"--target: at most {MOST_TARGETS}")
    return targets


def _command(arguments: Sequence[str]) -> str:
    """Return the command with a password struck out."""
    shown: list[str] = []
    for argument in arguments:
        if shown and shown[-1] == PASSWORD:
            shown.append("***")
        elif argument.startswith(f"{PASSWORD}="):
            shown.append(f"{PASSWORD}=***")
        else:
            shown.append(argument)
    return shlex.join(["scripts/loadtest.py", *shown]).replace("'***'", "***").replace(
        f"'{PASSWORD}=***'", f"{PASSWORD}=***"
    )  # fmt: skip
