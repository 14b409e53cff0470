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
import math
import os
import platform
import random
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import trio
from charts import standalone
from soak_actors import Field, act, carry_load
from soak_gateway import GatewayProcess, PlatformProcess, Reading
from soak_ledger import Ledger
from soak_report import Check, Sample, html_of, judge_memory, panels_of, text_of

import otpblue_trio
from otpblue_trio.app import wall_clock
from otpblue_trio.smpp import CommandStatus, status_name
from otpblue_trio.store import read_cdrs

if TYPE_CHECKING:
    from datetime import datetime

    from soak_client import Client

__all__ = ["main", "run"]

SETTLE_LIMIT = 90.0
"""Seconds for the last answers and receipts; one of a lost session may pause and try again."""
BASE_LIMIT = 60.0
"""Seconds for connections that say nothing, and for threads that wait for work, to end."""
STOP_LIMIT = 40.0
UNBIND_LIMIT = 30.0
SPARE_DESCRIPTORS = 8
SPARE_THREADS = 8
"""The gateway's thread pool keeps threads for a while."""


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
        soak = _Soak(options, ledger, stub, gateway)
        await soak.run()
        ended = await gateway.stop(STOP_LIMIT)
        checks = await _judge(soak, ended, began_at)
        return _result(options, soak, checks, began_at, await stub.summary())
    finally:
        if gateway is not None:
            await gateway.end()
        await stub.stop()


class _Soak:
    """One run: load, faults, samples."""

    def __init__(
        self,
        options: argparse.Namespace,
        ledger: Ledger,
        stub: PlatformProcess,
        gateway: GatewayProcess,
    ) -> None:
        self.ledger = ledger
        self.stub = stub
        self.gateway = gateway
        self.samples: list[Sample] = []
        self.base: Reading | None = None
        self.last: Reading | None = None
        self.is_at_base = False
        """Nothing was left over at the end."""
        self.field: Field | None = None
        self._options = options
        self._sampling = trio.CancelScope()
        self._receipts = 0
        self._submitted = 0

    async def run(self) -> None:
        """Run from the first connection to the last."""
        options = self._options
        seconds = options.minutes * 60
        self.base = await self.gateway.read()
        async with trio.open_nursery() as nursery:
            self.field = field = Field(
                gateway=self.gateway,
                platform=self.stub,
                ledger=self.ledger,
                nursery=nursery,
                chance=random.Random(options.seed),  # noqa: S311 - a run that can be repeated
                pause=min(max(seconds / 60, 0.5), 6.0),
                began=trio.current_time(),
            )
            nursery.start_soon(self._sample)
            nursery.start_soon(carry_load, field, options.rate)
            nursery.start_soon(self._kill, seconds)
            nursery.start_soon(self._show_progress, seconds)
            async with trio.open_nursery() as acting:
                acting.start_soon(act, field, options.minutes)
                with trio.move_on_after(seconds):
                    await field.over.wait()
                field.over.set()
            await self._settle(field)
            nursery.cancel_scope.cancel()

    async def _settle(self, field: Field) -> None:
        """Wait for what is outstanding, let everybody go, and see what is left."""
        with trio.move_on_after(SETTLE_LIMIT):
            while not await self._is_settled():  # noqa: ASYNC110 - another process
                await trio.sleep(0.2)
        self._sampling.cancel()
        async with trio.open_nursery() as nursery:
            for client in list(field.steady):
                nursery.start_soon(self._unbind, client)
        self.ledger.close()
        if self.gateway.has_died:
            self.ledger.problem("gateway_died")
            return
        with trio.move_on_after(BASE_LIMIT):
            while not await self._is_at_base():  # noqa: ASYNC110 - another process
                await trio.sleep(1.0)
            self.is_at_base = True

    async def _is_settled(self) -> bool:
        """Tell whether nothing is waited for, receipts that nobody here knows of included."""
        if not self.ledger.is_settled or self.gateway.has_died:
            return self.gateway.has_died
        now = await self.gateway.read()
        return not now.in_flight and not now.receipts_waiting

    async def _unbind(self, client: Client) -> None:
        if not await client.unbind(UNBIND_LIMIT):
            self.ledger.problem("unbind_without_end")

    async def _is_at_base(self) -> bool:
        """Look at the gateway; its resting connections to the platform are no leftovers."""
        assert self.base is not None  # noqa: S101 - for mypy
        resting = (await self.stub.summary())["connections"] - 1
        now = await self.gateway.read()
        self.last = attrs.evolve(now, descriptors=now.descriptors - resting)
        return (
            self.last.descriptors <= self.base.descriptors + SPARE_DESCRIPTORS
            and now.threads <= self.base.threads + SPARE_THREADS
            and not now.in_flight
            and not now.receipts_waiting
            and not now.connections
        )

    # ------------------------------------------------------------------ beside the load

    async def _kill(self, seconds: float) -> None:
        """Kill the gateway a few times in the first half, so that the last life is a long one."""
        assert self.field is not None  # noqa: S101 - for mypy
        field = self.field
        for count in range(self._options.kills):
            await trio.sleep_until(
                field.began + seconds * (0.1 + 0.4 * count / self._options.kills)
            )
            async with field.configuring:
                self.ledger.killed(trio.current_time())
                field.mark("kill -9")
                await self.gateway.kill()
                await self.gateway.start()

    async def _sample(self) -> None:
        assert self.field is not None  # noqa: S101 - for mypy
        interval = self._options.interval
        with self._sampling:
            await self._sample_every(interval, self.field)

    async def _sample_every(self, interval: float, field: Field) -> None:
        while True:
            await trio.sleep(interval)
            if self.gateway.has_died:
                field.over.set()
                return
            kills = self.gateway.kills
            try:
                reading = await self.gateway.read()
            except (OSError, trio.BrokenResourceError, trio.TooSlowError, KeyError):
                if self.gateway.is_up and kills == self.gateway.kills:
                    self.ledger.problem("admin_port_silent")
                continue
            self.samples.append(self._sample_of(reading, kills, interval))

    def _sample_of(self, reading: Reading, kills: int, interval: float) -> Sample:
        assert self.field is not None  # noqa: S101 - for mypy
        ledger = self.ledger
        latencies = sorted(ledger.take_latencies())
        submitted, receipts = ledger.submitted_count, ledger.receipts
        fresh = submitted - self._submitted, receipts - self._receipts
        self._submitted, self._receipts = submitted, receipts
        return Sample(
            second=round(trio.current_time() - self.field.began, 1),
            life=kills,
            rss=reading.rss,
            descriptors=reading.descriptors,
            threads=reading.threads,
            in_flight=reading.in_flight,
            receipts_waiting=reading.receipts_waiting,
            connections=reading.connections,
            cpu=reading.cpu,
            submitted_per_second=round(fresh[0] / interval, 1),
            receipts_per_second=round(fresh[1] / interval, 1),
            p50_ms=_rank(latencies, 0.5),
            p99_ms=_rank(latencies, 0.99),
        )

    async def _show_progress(self, seconds: float) -> None:
        """Show how far the run is on standard error, now and then."""
        assert self.field is not None  # noqa: S101 - for mypy
        if self._options.quiet:
            return
        pause = 1.0 if sys.stderr.isatty() else 30.0
        while True:
            await trio.sleep(pause)
            passed = trio.current_time() - self.field.began
            share = min(passed / seconds, 1.0)
            bar = "#" * round(share * 30)
            ledger = self.ledger
            line = (
                f"[{bar:.<30}] {share:4.0%} {ledger.submitted_count} submitted, "
                f"{ledger.unanswered} in flight, {ledger.owed} receipts owed, "
                f"{ledger.problems.total()} problems"
            )
            sys.stderr.write(f"\r{line}\x1b[K" if pause == 1.0 else f"{line}\n")
            sys.stderr.flush()


def _rank(ordered: list[float], share: float) -> float:
    """Return a percentile in milliseconds by nearest rank; NaN of nothing."""
    if not ordered:
        return math.nan
    return round(ordered[math.ceil(share * len(ordered)) - 1] * 1000, 2)


# ---------------------------------------------------------------------- the judgement


async def _judge(soak: _Soak, ended: int | None, began_at: datetime) -> list[Check]:
    ledger, field = soak.ledger, soak.field
    assert field is not None  # noqa: S101 - for mypy
    assert soak.base is not None  # noqa: S101 - for mypy
    ledger.compare_sends(await soak.stub.sends())
    stub = await soak.stub.summary()
    ledger.problem("wrong_code", stub["wrong_codes"])
    ledger.problem("malformed_send", stub["malformed"])
    ledger.compare_records(_recorded_ids(soak.gateway.database, began_at))
    problems = ledger.problems

    def none_of(name: str, *kinds: str) -> Check:
        count = sum(problems[kind] for kind in kinds)
        return Check(name, str(count), not count)

    known = ("lost_response", "lost_receipt", "duplicate_response", "duplicate_receipt")
    sends = ("sent_twice", "wrong_code", "sent_to_unknown_number", "accepted_but_not_sent")
    others = set(problems) - {*known, *sends, "wrong_status", "missing_record"}
    base, last = soak.base, soak.last
    return [
        none_of("responses lost", "lost_response"),
        none_of("receipts lost", "lost_receipt"),
        none_of("responses twice", "duplicate_response"),
        none_of("receipts twice, where no session was lost", "duplicate_receipt"),
        none_of("messages sent twice", "sent_twice"),
        none_of("wrong code or number sent", "wrong_code", "sent_to_unknown_number"),
        none_of("accepted and not sent", "accepted_but_not_sent"),
        none_of("answers that are not the platform's", "wrong_status"),
        none_of("accepted and without a record", "missing_record"),
        none_of("anything else", *others),
        judge_memory(soak.samples),
        Check(
            "files, threads, connections and messages back at base",
            f"{base.descriptors} files and {base.threads} threads at first, "
            f"{last.descriptors} and {last.threads} at last"
            if last
            else "nobody there",
            soak.is_at_base,
        ),
        Check("exit code after SIGTERM", str(ended), ended == 0),
    ]


def _recorded_ids(database: Path, began_at: datetime) -> set[int]:
    """Return the hash of the message_id of every record with success, a minute at a time."""
    found: set[int] = set()
    since, until = began_at.timestamp() - 60, wall_clock().timestamp() + 60
    while since < until:
        found.update(
            hash(cdr.message_id)
            for cdr in read_cdrs(database, since=since, until=since + 60, limit=10_000_000)
            if cdr.command_status == CommandStatus.ESME_ROK
        )
        since += 60
    return found


def _result(
    options: argparse.Namespace,
    soak: _Soak,
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
        "versions": _versions(),
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


def _versions() -> dict[str, str]:
    return {
        "otpblue-trio": otpblue_trio.__version__,
        "Python": platform.python_version(),
        "Trio": trio.__version__,
        "system": f"{platform.system()} {platform.release()}, {os.cpu_count()} cores",
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
