"""The load test as a command: from the arguments to what is printed and written."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import trio
from loadtest_comparison import compare
from loadtest_ending import Ending
from loadtest_html import as_html
from loadtest_link import LoadError
from loadtest_options import parse_arguments
from loadtest_result import as_text, has_faults, report
from loadtest_run import run
from versions import versions

from otpblue_trio.app import wall_clock
from otpblue_trio.app.descriptors import allow_descriptors

if TYPE_CHECKING:
    import argparse

    from loadtest_books import Tally

__all__ = ["main"]

INTERRUPTED = 130  # as shells say it: 128 and SIGINT


def main(arguments: list[str] | None = None, *, about: str = "") -> int:
    """Run the command; return its exit code.

    Args:
      arguments: those of the command line when None.
      about: stands at the end of --help.
    """
    options = parse_arguments(arguments, about=about)
    allow_descriptors(options.sessions * len(options.targets))
    date = f"{wall_clock():%Y-%m-%d %H:%M} UTC"
    ending = Ending()
    try:
        tallies = trio.run(run, options, ending)
        return _tell(options, tallies, date, was_interrupted=ending.is_asked)
    except LoadError as error:
        return _complain(error)
    except KeyboardInterrupt:  # before or after the run, which takes it for itself
        return INTERRUPTED


def _complain(problem: object) -> int:
    sys.stderr.write(f"loadtest: {problem}\n")
    return 1


def _tell(
    options: argparse.Namespace, tallies: list[Tally], date: str, *, was_interrupted: bool
) -> int:
    """Print and write the result; return the exit code."""
    results = [
        report(
            tally,
            mode=options.mode,
            target=target.name,
            sessions=options.sessions,
            rate=options.rate,
        )
        for tally, target in zip(tallies, options.targets, strict=True)
    ]
    about: dict[str, Any] = {
        "date": date,
        "command": options.command,
        "seed": options.seed,
        "interrupted": was_interrupted,
        "versions": versions(),
    }
    printed: dict[str, Any] = {**about}
    if len(results) == 1:
        printed |= results[0]
    else:
        printed |= {"targets": results, "comparison": compare(results)}
    code = INTERRUPTED if was_interrupted else int(has_faults(results))
    text = (
        json.dumps(printed)
        if options.json
        else as_text(results, seed=options.seed, was_interrupted=was_interrupted)
    )
    try:
        _print(text)
    except OSError as error:
        code = _complain(f"the result could not be printed: {error.strerror}")
    if options.report is not None:
        try:
            options.report.write_text(as_html(results, **about), encoding="utf-8")
        except OSError as error:
            code = _complain(f"--report {options.report}: {error.strerror}")
    return code


def _print(text: str) -> None:
    """Print, whatever letters the other side knows; nobody there is no error.

    Raises:
      OSError: it could not be written, such as to a full disk.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "replace").decode(encoding), flush=True)
    except OSError as error:
        # What is left in the buffer would be tried once more at the exit.
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise
