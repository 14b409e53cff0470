#!/usr/bin/env python3
"""Run a gateway for a long time under load and every fault there is, and see that nothing is lost.

    scripts/soak.py                                     half an hour
    scripts/soak.py --minutes 5 --rate 100 --kills 2    shorter, and with kill -9

Run it with the Python of the virtual environment that the gateway is installed in. It starts the
gateway as a process of its own, with a configuration made for the run and a platform that is often
at fault, both on free ports of this machine, and stops them at the end. The load is steady; beside
it clients vanish, half-close, read slowly or never, send malformed PDUs, guess passwords, bind in
storms and stay silent; the operator reloads; the platform is down now and then; with `--kills` the
gateway is killed and started again.

The run has passed when

- every submit_sm on a connection that was not lost got exactly one response, the right one;
- every message accepted got its receipt: exactly once where no session was lost and the gateway
  not killed, else at least once;
- the platform was asked for each message at most once, with the right code for its number;
- every message accepted has a record in the store;
- clean clients were always let in, and no session ended that should not;
- memory is flat, and files, threads and messages in flight are back at their base at the end.

It writes `soak.json`, `soak.html` and `soak.svg` into the folder of `--output`.
Exit codes: 0 passed; 1 something of that does not hold; 2 usage.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import trio
from charts import standalone
from soak_gateway import GatewayProcess, PlatformProcess
from soak_judge import judge
from soak_ledger import Ledger
from soak_report import Check, html_of, panels_of, text_of
from soak_run import Soak
from versions import versions

from otpblue_trio.app import wall_clock
from otpblue_trio.smpp import status_name

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["main", "run"]

STOP_LIMIT = 40.0


async def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Make a run in an empty folder and return its result, which JSON can hold."""
    ledger = Ledger()
    stub = PlatformProcess()
    gateway: GatewayProcess | None = None
    began_at = wall_clock()
    try:
        await stub.start()
        gateway = GatewayProcess(folder, stub.port)
        await gateway.start()
        soak = Soak(options, ledger, stub, gateway)
        await soak.run()
        ended = await gateway.stop(STOP_LIMIT)
        checks = await judge(soak, ended, began_at)
        return _result(options, soak, checks, began_at, await stub.summary())
    finally:
        if gateway is not None:
            await gateway.end()
        await stub.stop()


def _result(
    options: argparse.Namespace,
    soak: Soak,
    checks: list[Check],
    began_at: datetime,
    stub: dict[str, int],
) -> dict[str, Any]:
    ledger, field = soak.ledger, soak.field
    assert field is not None  # noqa: S101 - for mypy
    problems = ledger.problems
    return {
        "passed": all(check.passed is not False for check in checks),
        "date": f"{began_at:%Y-%m-%d %H:%M} UTC",
        "command": options.command,
        "versions": versions(),
        "minutes": options.minutes,
        "rate": options.rate,
        "kills": soak.gateway.kills,
        "lost": problems["lost_response"] + problems["lost_receipt"],
        "duplicate": problems["sent_twice"],
        "counts": {
            "submitted": ledger.submitted_count,
            "receipts": ledger.receipts,
            "repeated_receipts": ledger.repeated_receipts,
            "abandoned": ledger.abandoned,
            "receipts_of_abandoned": ledger.receipts_of_abandoned,
            **{f"platform_{name}": count for name, count in stub.items() if name != "connections"},
        },
        "statuses": {status_name(one): n for one, n in sorted(ledger.statuses.items())},
        "done": dict(sorted(field.done.items())),
        "problems": {name: n for name, n in sorted(problems.items()) if n},
        "checks": [attrs.asdict(check) for check in checks],
        "marks": [{"second": round(at, 1), "name": name} for at, name in field.marks],
        "samples": [
            {k: None if v != v else v for k, v in attrs.asdict(sample).items()}
            for sample in soak.samples
        ],
    }


# ---------------------------------------------------------------------- the command


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options; ends the program with 2 when they are wrong."""
    parser = argparse.ArgumentParser(
        description="Run a gateway under load and every fault there is; see that nothing is lost."
    )
    add = parser.add_argument
    add("--minutes", type=float, default=30.0, help="how long; default: %(default)g")
    add("--rate", type=float, default=250.0, help="steady messages a second; default: %(default)g")
    add("--kills", type=int, default=0, help="how often the gateway is killed; default: never")
    add("--interval", type=float, default=5.0, metavar="SECONDS", help="between two looks at it")
    add("--seed", type=int, default=0, help="other moments for the faults")
    add("--output", type=Path, default=Path("soak-result"), metavar="FOLDER",
        help="where the result goes; default: %(default)s")  # fmt: skip
    add("--keep", action="store_true", help="keep configuration, log and database in --output")
    add("--json", action="store_true", help="print the result as JSON")
    add("--quiet", action="store_true", help="show no progress")
    options = parser.parse_args(arguments)
    for name, low, high in (
        *(("minutes", 0.1, 1440), ("rate", 1, 5000), ("kills", 0, 1000), ("interval", 0.1, 60)),
    ):
        if not low <= getattr(options, name) <= high:
            parser.error(f"--{name} is not from {low} to {high}")
    given = sys.argv[1:] if arguments is None else arguments
    options.command = shlex.join(["scripts/soak.py", *given])
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = parse_arguments(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="otpblue-soak-") as name:
        result = trio.run(run, options, Path(name))
        if options.keep:
            shutil.copytree(name, options.output / "run", dirs_exist_ok=True)
    (options.output / "soak.json").write_text(json.dumps(result, indent=1))
    (options.output / "soak.html").write_text(html_of(result))
    (options.output / "soak.svg").write_text(standalone(panels_of(result)))
    print(json.dumps(result) if options.json else text_of(result))
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
