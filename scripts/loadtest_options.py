"""The command line of the load test."""

from __future__ import annotations

import argparse
import math
import os
import shlex
import ssl
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest_link import Target, parse_target, tls_context
from loadtest_messages import DELIVERED, KINDS, parse_mix

from otpblue_trio.app import wall_clock
from otpblue_trio.smpp import BindTransceiver, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["parse_arguments"]

MOST_TARGETS = 4
WINDOW = 16
ROUNDS = 4
ENQUIRE_INTERVAL = 30.0

# What means something in some modes only, and what it is there when it is not given.
_OF_MODES: dict[str, tuple[tuple[str, ...], object]] = {
    "window": (("submit",), WINDOW),
    "receipts": (("submit",), True),
    "mix": (("submit",), None),
    "seed": (("submit",), None),
    "rate": (("submit", "bind"), None),
    "messages": (("submit", "bind"), None),
    "enquire_interval": (("idle",), ENQUIRE_INTERVAL),
}

PASSWORD = "--password"  # noqa: S105 - an option's name


def _number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            noun = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {noun} from {low} to {high}")
        return value

    return parse


def _mix(text: str) -> dict[str, float]:
    try:
        return parse_mix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


_KINDS = textwrap.fill(
    f"Kinds of messages for --mix: {', '.join(KINDS)}. The platform of the gateway must be its "
    "simulator for those that are more than a mistake in the message.",
    width=80,
)


def _parser(about: str) -> argparse.ArgumentParser:
    # No abbreviations: the password must be found in the command to be left out of reports.
    parser = argparse.ArgumentParser(
        description="Load SMPP gateways and account for every answer.",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"{_KINDS}\n\n{about}",
    )
    add = parser.add_argument_group("where to").add_argument
    add("--host", help="default: 127.0.0.1")
    add("--port", type=_number(int, 1, 65535), help="default: 2776 with --tls, else 2775")
    add("--target", action="append", metavar="HOST:PORT",
        help="instead of --host and --port, with tls:// or tcp:// before it where --tls does not "
        "say; IPv6 addresses stand in brackets; more than one are compared")  # fmt: skip
    add("--tls", action="store_true", help="connect with TLS")
    add("--ca", metavar="FILE", help="certificates to trust instead of the system's")
    add("--insecure", action="store_true", help="take any certificate")
    add("--system-id", default="demo", help="default: %(default)s")
    add(PASSWORD, default=os.environ.get("SMPP_PASSWORD") or None, help="default: $SMPP_PASSWORD")
    add = parser.add_argument_group("what load").add_argument
    add("--mode", choices=("submit", "bind", "idle"), default="submit",
        help="messages (default); cycles of connect, bind, unbind; idle sessions")  # fmt: skip
    add("--sessions", type=_number(int, 1, 20_000), default=1,
        help="sessions, or bind cycles, at once; default: %(default)s")  # fmt: skip
    add("--window", type=_number(int, 1, 10_000),
        help=f"unanswered submits a session; default: {WINDOW}")  # fmt: skip
    add("--rate", type=_number(float, 0.01, 100_000),
        help="messages or bind cycles a second, come what may; default: flat out")  # fmt: skip
    add("--messages", type=_number(int, 1, 10_000_000),
        help="messages or bind cycles; default: 1000 without --seconds")  # fmt: skip
    add("--seconds", type=_number(float, 0.1, 86_400), help="stop sending after this time")
    add("--patience", type=_number(float, 0.1, 600), default=20.0, metavar="SECONDS",
        help="wait so long for a bind, and at the end for outstanding answers; "
        "default: %(default)s")  # fmt: skip
    add("--receipts", action=argparse.BooleanOptionalAction,
        help="ask for delivery receipts; default: yes")  # fmt: skip
    add("--mix", type=_mix, metavar="KIND=WEIGHT,...",
        help="kinds of messages, e.g. delivered=40,no_imessage=55,no_capacity=5; then a status "
        "that a kind cannot get is a fault")  # fmt: skip
    add("--enquire-interval", type=_number(float, 0.1, 3600), metavar="SECONDS",
        help=f"between an idle session's enquire_links; default: {ENQUIRE_INTERVAL:g}")  # fmt: skip
    add("--seed", type=_number(int, 0, 10**6),
        help="of the numbers and codes; default: from the clock, since a gateway takes messages "
        "that it has just had for sent again")  # fmt: skip
    add = parser.add_argument_group("several targets").add_argument
    add("--compare", choices=("alternate", "parallel"),
        help="load them in turn (default) or at once; each gets the whole load")  # fmt: skip
    add("--rounds", type=_number(int, 1, 1000),
        help=f"turns of each target, the order changes each time; default: {ROUNDS}")  # fmt: skip
    add = parser.add_argument_group("what to show").add_argument
    add("--cpu-of", action="append", default=[], type=_number(int, 1, 2**31), metavar="PID",
        help="process of the target, for its CPU time, and with idle sessions its memory; "
        "once for each target, in order")  # fmt: skip
    add("--json", action="store_true", help="print the result as JSON")
    add("--report", type=Path, metavar="FILE", help="write an HTML page as well")
    add("--quiet", action="store_true", help="show no progress")
    return parser


def parse_arguments(
    arguments: Sequence[str] | None = None, *, about: str = ""
) -> argparse.Namespace:
    """Return the options; ends the program with 2 when they are wrong.

    Beside the options themselves: `targets`, `judges_statuses`, and `command`, which is what was
    typed without the password. `seed` is None where no messages are sent.

    Args:
      arguments: those of the command line when None.
      about: stands at the end of --help.
    """
    parser = _parser(about)
    options = parser.parse_args(arguments)
    try:
        _complete(options)
    except ValueError as error:
        parser.error(str(error))
    options.command = _command(sys.argv[1:] if arguments is None else arguments)
    return options


def _complete(options: argparse.Namespace) -> None:
    """Check options against each other and fill in what was not given.

    Raises:
      ValueError: tells what is wrong.
    """
    if options.password is None:
        raise ValueError("--password or SMPP_PASSWORD is needed")
    _check_login(options)
    for name, (modes, default) in _OF_MODES.items():
        if getattr(options, name) is None:
            setattr(options, name, default)
        elif options.mode not in modes:
            raise ValueError(f"--{name.replace('_', '-')} means nothing with --mode {options.mode}")
    if options.mode == "idle" and options.seconds is None:
        raise ValueError("--mode idle needs --seconds")
    if options.messages is None and options.seconds is None:
        options.messages = 1000
    if options.seconds is None:
        options.seconds = math.inf
    options.targets = _targets(options)
    _check_trust(options)
    _complete_comparison(options)
    if options.report is not None:
        _check_report(options.report)
    if options.mode == "submit" and options.seed is None:
        options.seed = int(wall_clock().timestamp() * 1000) % 10**6
    options.judges_statuses = options.mix is not None
    options.mix = options.mix or DELIVERED


def _check_login(options: argparse.Namespace) -> None:
    try:
        encode(
            BindTransceiver(
                sequence_number=1, system_id=options.system_id, password=options.password
            )
        )
    except ValueError as error:
        raise ValueError(f"such a bind cannot be sent: {error}") from None


def _check_trust(options: argparse.Namespace) -> None:
    if not any(target.tls for target in options.targets):
        if options.ca is not None or options.insecure:
            raise ValueError("--ca and --insecure mean nothing without TLS")
        return
    try:
        tls_context(options)
    except ssl.SSLError:
        raise ValueError(f"--ca {options.ca}: there is no PEM certificate in it") from None
    except OSError as error:
        raise ValueError(f"--ca {options.ca}: {error.strerror}") from None


def _complete_comparison(options: argparse.Namespace) -> None:
    if len(options.targets) == 1:
        if options.compare is not None or options.rounds is not None:
            raise ValueError("--compare and --rounds mean nothing with one target")
    elif options.compare == "parallel" and options.rounds is not None:
        raise ValueError("--rounds means nothing with --compare parallel")
    options.compare = options.compare or "alternate"
    options.rounds = options.rounds or ROUNDS
    if options.cpu_of and len(options.cpu_of) != len(options.targets):
        raise ValueError("--cpu-of is needed once for each target")
    if len(set(options.cpu_of)) < len(options.cpu_of) and options.compare == "parallel":
        raise ValueError(
            "--cpu-of: the time of one process cannot be told apart with parallel loads"
        )


def _check_report(report: Path) -> None:
    """See before the run whether its report can be written."""
    if report.is_dir():
        raise ValueError(f"--report {report}: is a directory")
    if not report.parent.is_dir():
        raise ValueError(f"--report {report}: there is no directory {report.parent}")
    if not os.access(report if report.exists() else report.parent, os.W_OK):
        raise ValueError(f"--report {report}: may not be written")


def _targets(options: argparse.Namespace) -> list[Target]:
    if not options.target:
        host = options.host or "127.0.0.1"
        port = options.port or (2776 if options.tls else 2775)
        name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return [Target(name, host, port, options.tls)]
    if options.port or options.host:
        raise ValueError("--target stands instead of --host and --port")
    if len(options.target) > MOST_TARGETS:
        raise ValueError(f"--target: at most {MOST_TARGETS}")
    try:
        return [parse_target(text, tls=options.tls) for text in options.target]
    except ValueError as error:
        raise ValueError(f"--target: {error}") from None


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
