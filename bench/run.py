"""Measure the gateway's CPU time per message, load by load, beside a bare responder's.

    bench/run.py                         every row, as a table (Markdown)
    bench/run.py --rows flat tls paced   some of them
    bench/run.py --seconds 10 --json     longer, and as JSON

It compiles the load generator and the platform stub of `bench/tools` (needs a C compiler and
OpenSSL's headers), and then for each row starts a fresh stub, gateway and loader: the gateway
alone on one core, the other two on another. The gateway does its whole job at its defaults:
number check, code, HTTP call, receipt, metrics, log, store. Only limits that the load would meet
are raised. The bare responder (`responder.py`) carries the same load, in turns with the gateway.

A row is right when every message was answered once and owed receipts came once, in order, with the
right addresses (the loader looks), and the platform got the right code for each number (the stub
looks). CPU time is the process's own, of all its threads. On a machine that is shared the same work
takes up to twice as long while somebody else uses the caches or the other half of a core, for
seconds on end; so each load is given in slices, and the table shows the median of the slices and
the fastest one, which comes nearest to a machine of one's own. The ratio is that of the medians.
A second table has the threads that spent the time (`threads.py`), over all slices.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import math
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

# As a script this begins with its own folder on the path, not with the one around it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.threads import NOTHING, Split, split_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).resolve().parent
TOOLS = HERE / "tools"
LATENCIES = ("p50", "p99", "max")
SETTLE = 3.0
"""Seconds between `ready` and the load: the phone tables are checked meanwhile."""


LEAST_SLICE = 0.1
"""Seconds; a shorter one would hardly hold an answer."""


@dataclass(frozen=True)
class Row:
    """One load, and what it is meant to stay below."""

    name: str
    title: str
    goal: float
    unit: str = "us"
    load: tuple[str, ...] = ()
    tls: bool = False
    platform_ms: int = 0
    bare: bool = True
    """Whether the bare responder can carry it, too."""


_FLAT_OUT = ("--sessions", "10", "--window", "16")
_PACED = ("--mode", "open", "--rate", "1000", "--sessions", "10", "--window", "200")
_MANY = ("--sessions", "100", "--window", "100")
_IDLE = ("--mode", "idle", "--sessions", "1000")
_BINDS = ("--mode", "bind", "--sessions", "8")

ROWS = (
    Row("flat", "10 sessions x window 16", 60, load=_FLAT_OUT),
    Row("tls", "the same over TLS", 60, load=_FLAT_OUT, tls=True, bare=False),
    Row("one", "1 session x window 1", 200, load=("--sessions", "1", "--window", "1")),
    Row("ten", "10 sessions x window 1", 110, load=("--sessions", "10", "--window", "1")),
    Row("paced", "paced 1,000/s, platform 300 ms", 250, load=_PACED, platform_ms=300),
    Row("many", "100 x window 100, platform 300 ms", 90, load=_MANY, platform_ms=300),
    Row("idle", "1,000 idle sessions", 20, "KiB", _IDLE),
    Row("idle-tls", "1,000 idle sessions, TLS", 60, "KiB", _IDLE, tls=True, bare=False),
    Row("bind", "bind and unbind", 300, load=_BINDS),
    Row("bind-tls", "bind and unbind, TLS", 1000, load=_BINDS, tls=True, bare=False),
    Row("start", "start to ready", 1.5, "s", bare=False),
)


@dataclass
class Result:
    """What one row gave."""

    row: Row
    value: float
    fastest: float | None = None
    """Of several slices; `value` is then their median, as are the rate and the latencies."""
    bare: float | None = None
    right: bool = True
    per_second: float | None = None
    latency_ms: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    spent: Split = NOTHING
    """CPU seconds of `steps`, thread by thread."""
    steps: int = 0
    """Messages, or binds."""

    @property
    def is_met(self) -> bool:
        """True when it is right and stays below its goal."""
        return self.value <= self.row.goal and self.right


class Bench:
    """The programs and the folder of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cores = sorted(os.sched_getaffinity(0))
        self.program = [str(Path(sys.executable).with_name("otpblue-trio"))]

    def pinned(self, core: int, *command: str) -> list[str]:
        """Return a command that runs on the first core (0: the gateway's) or on the last one."""
        return ["taskset", "-c", str(self.cores[0] if core == 0 else self.cores[-1]), *command]

    def build(self) -> None:
        """Compile the tools."""
        compiler = shutil.which("cc") or sys.exit("bench: no C compiler (cc)")
        for name, libraries in (("smppblast", ("-lssl", "-lcrypto", "-lm")), ("apistub", ())):
            source = str(TOOLS / f"{name}.c")
            subprocess.run(
                [compiler, "-O2", "-o", str(self.folder / name), source, *libraries], check=True
            )

    def measure(self, row: Row, seconds: float, slices: int) -> Result:
        """Run one row; idle sessions are held once, whatever the number of slices."""
        if row.name == "start":
            return Result(row, min(self.start_to_ready() for _ in range(3)))
        if row.unit == "KiB":
            slices = 1
        ours: list[Result] = []
        bare: list[Result] = []
        with contextlib.ExitStack() as stack:
            stub_port = stack.enter_context(self.stub(row))
            process, ports, _ = stack.enter_context(self.gateway(stub_port))
            responder = stack.enter_context(self.responder()) if row.bare else None
            time.sleep(SETTLE)
            port = ports["tls" if row.tls else "plain"]
            for seed in range(1, slices + 1):
                if responder is not None:
                    bare.append(self.load(row, *responder, seconds / slices, seed))
                ours.append(self.load(row, process, port, seconds / slices, seed))
            result = joined(ours)
            result.bare = joined(bare).value if bare else None
            if result.per_second is not None:
                self.ask_stub(stub_port, result)
        return result

    def loader(self, row: Row, port: int) -> list[str]:
        """Return the command that loads a server; for how long is left to say."""
        return [
            str(self.folder / "smppblast"),
            *("--port", str(port), "--system-id", "bench", "--password", "secret"),
            *("--prefixes", str(TOOLS / "prefixes.txt"), "--dlr", "1"),
            *row.load,
            *(["--tls"] if row.tls else []),
        ]

    def load(
        self, row: Row, process: subprocess.Popen[str], port: int, seconds: float, seed: int
    ) -> Result:
        """Load a server and read what the loader says.

        Each seed gives other messages: the same ones again would be taken for sent twice.
        """
        command = [
            *self.loader(row, port),
            *("--seconds", str(seconds), "--seed", str(seed), "--cpu", f"server:{process.pid}"),
        ]
        if row.unit == "KiB":
            return self.hold(row, process, command, seconds)
        before = split_of(process.pid)
        done = subprocess.run(self.pinned(1, *command), capture_output=True, text=True, check=False)
        result = read_result(row, done.stdout)
        result.spent = split_of(process.pid) - before
        return result

    def hold(
        self, row: Row, process: subprocess.Popen[str], command: list[str], seconds: float
    ) -> Result:
        """Measure the memory of idle sessions while the loader holds them."""
        before = resident_kib(process.pid)
        with subprocess.Popen(
            self.pinned(1, *command, "--enquire", "2"), stdout=subprocess.PIPE, text=True
        ) as loader:
            time.sleep(seconds * 0.8)
            held = resident_kib(process.pid)
            stdout, _ = loader.communicate()
        result = read_result(row, stdout)
        result.value = (held - before) / 1000
        return result

    @contextlib.contextmanager
    def stub(self, row: Row) -> Iterator[int]:
        """Run the platform stub."""
        port = free_port()
        command = [str(self.folder / "apistub"), str(port), "--latency", str(row.platform_ms)]
        with running(self.pinned(1, *command)):
            wait_for(port)
            yield port

    @contextlib.contextmanager
    def gateway(
        self, stub_port: int
    ) -> Iterator[tuple[subprocess.Popen[str], dict[str, int], float]]:
        """Run the gateway with its defaults; gives its ports and how long it took to be ready."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "bench.toml").write_text(tomli_w.dumps(settings(stub_port)))
        command = self.pinned(0, *self.program, "serve", str(folder / "bench.toml"))
        began = time.perf_counter()
        with (
            (folder / "log").open("w") as log,
            running(command, log) as process,
        ):
            ports: dict[str, int] = {}
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("ready"):
                    break
                if found := re.fullmatch(r"listening (\w+) \S*:(\d+)\s*", line):
                    ports[found[1]] = int(found[2])
            else:
                sys.exit(f"bench: the gateway did not start:\n{(folder / 'log').read_text()}")
            yield process, ports, time.perf_counter() - began

    @contextlib.contextmanager
    def responder(self) -> Iterator[tuple[subprocess.Popen[str], int]]:
        """Run the bare responder."""
        port = free_port()
        command = self.pinned(0, sys.executable, str(HERE / "responder.py"), str(port))
        with running(command) as process:
            assert process.stdout is not None
            process.stdout.readline()
            yield process, port

    def start_to_ready(self) -> float:
        """Return the seconds from the start of the process to its `ready`."""
        with self.gateway(free_port()) as (_, _, seconds):
            return seconds

    def ask_stub(self, port: int, result: Result) -> None:
        """Let the stub say whether codes and numbers were right."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats") as answer:
            stats = json.load(answer)
        for name in ("bad_body", "wrong_code"):
            if stats[name]:
                result.right = False
                result.faults.append(f"{name}: {stats[name]}")


def settings(stub_port: int) -> dict[str, Any]:
    """Return the configuration: the defaults, with the limits raised that the load would meet."""
    return {
        "environment": "development",
        "listen": {"tls": ["127.0.0.1:0"], "plain": ["127.0.0.1:0"], "admin": "127.0.0.1:0"},
        "limits": {
            "max_connections": 2000,
            "max_connections_per_address": 2000,
            "max_in_flight_per_account": 20_000,
        },
        "platform": {
            "kind": "http",
            "url": f"http://127.0.0.1:{stub_port}/imsg/api/v1.1/otp/send/",
            "regions_refresh": "0s",
        },
        "store": {"path": "bench.db"},
        "defaults": {"tps": "unlimited", "max_sessions": 2000},
        "accounts": [{"system_id": "bench", "password": "secret", "api_key": "bench-key"}],
    }


def read_result(row: Row, stdout: str) -> Result:
    """Read the loader's last line."""
    said = json.loads(stdout.strip().splitlines()[-1])
    result = Result(row, said["cpu"]["server"]["us_each"], right=said["ok"])
    result.steps = said["resp"] or said["cycles"]
    if said["resp"]:
        result.per_second = said["per_s"]
        latency = said["latency_us"]
        result.latency_ms = {name: latency[name] / 1000 for name in LATENCIES}
    if not said["ok"]:
        result.faults.append("the loader counted faults: " + stdout.strip().splitlines()[-1])
    return result


def joined(slices: list[Result]) -> Result:
    """Return one result for the slices of a load."""
    result = Result(
        slices[0].row,
        statistics.median(each.value for each in slices),
        right=all(each.right for each in slices),
        faults=[fault for each in slices for fault in each.faults],
        spent=sum((each.spent for each in slices), NOTHING),
        steps=sum(each.steps for each in slices),
    )
    if len(slices) > 1:
        result.fastest = min(each.value for each in slices)
    rates = [each.per_second for each in slices if each.per_second is not None]
    if rates:
        result.per_second = statistics.median(rates)
        result.latency_ms = {
            name: statistics.median(each.latency_ms[name] for each in slices if each.latency_ms)
            for name in LATENCIES
        }
    return result


@contextlib.contextmanager
def running(
    command: list[str], stderr: Any = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[str]]:
    """Run a program until the end of the block."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def free_port() -> int:
    """Return a port that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Return when somebody listens."""
    for _ in range(500):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    sys.exit(f"bench: nobody listens on {port}")


def resident_kib(pid: int) -> int:
    """Return the resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index] # always there


def about() -> str:
    """Return what was measured, with what, where and when."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    pyproject = tomllib.loads((HERE.parent / "pyproject.toml").read_text())
    return (
        f"otpblue-trio {pyproject['project']['version']}, Python {platform.python_version()}, "
        f"Trio {version('trio')}, {cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, "
        f"{datetime.date.today().isoformat()}"  # noqa: DTZ011 - a date for people
    )


def table(results: list[Result]) -> str:
    """Return the results as a Markdown table."""
    lines = [
        "| load | goal | median | fastest | bare responder | ratio | per second | p50 / p99 ms "
        "| right |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        row = result.row
        unit = {"us": "µs", "KiB": "KiB each", "s": "s"}[row.unit]
        cells = [row.title, f"{row.goal:g} {unit}", f"{result.value:.1f} {unit}"]
        cells.append(f"{result.fastest:.1f} {unit}" if result.fastest is not None else "")
        if result.bare:
            cells += [f"{result.bare:.1f} {unit}", f"{result.value / result.bare:.1f}"]
        else:
            cells += ["", ""]
        cells.append(f"{result.per_second:,.0f}" if result.per_second else "")
        latency = result.latency_ms
        cells.append(f"{latency['p50']:.1f} / {latency['p99']:.1f}" if latency else "")
        cells.append("yes" if result.right else "NO")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def threads_table(results: list[Result]) -> str:
    """Return as a Markdown table which threads spent the microseconds of a message or a bind."""
    lines = [
        "| µs of one message | event loop's thread | of it in the kernel | other threads |",
        "|---|---|---|---|",
    ]
    for result in results:
        if result.steps:
            spent = (result.spent.first, result.spent.kernel, result.spent.others)
            cells = [f"{1e6 * seconds / result.steps:.1f}" for seconds in spent]
            lines.append(f"| {result.row.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    """Return what reads an option's number, from `low` to `high`."""

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            noun = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {noun} from {low:g} to {high:g}")
        return value

    return parse


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options; ends the program with 2 when they are wrong."""
    parser = argparse.ArgumentParser(description="Measure CPU time per message.")
    parser.add_argument(
        "--rows",
        nargs="+",
        choices=[row.name for row in ROWS],
        metavar="ROW",
        default=[row.name for row in ROWS],
        help=" ".join(r.name for r in ROWS),
    )
    parser.add_argument(
        "--seconds",
        type=number(float, 1, 3600),
        default=16.0,
        help="of load in each row (%(default)g)",
    )
    parser.add_argument(
        "--slices",
        type=number(int, 1, 1000),
        default=8,
        help=f"that a row's load is given in, of {LEAST_SLICE:g} seconds at least (%(default)d)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    if options.seconds / options.slices < LEAST_SLICE:
        parser.error(f"--slices: each is to last {LEAST_SLICE:g} seconds at least")
    return options


def main() -> int:
    """Run the rows that were asked for; 1 when an answer was wrong, whatever the speed."""
    options = parse_arguments()
    results = []
    with tempfile.TemporaryDirectory(prefix="otpblue-bench-") as folder:
        bench = Bench(Path(folder))
        bench.build()
        for row in ROWS:
            if row.name in options.rows:
                print(f"{row.name} ...", file=sys.stderr, flush=True)
                results.append(bench.measure(row, options.seconds, options.slices))
    if options.json:
        print(
            json.dumps(
                {
                    "about": about(),
                    "rows": [
                        {
                            "name": r.row.name,
                            "goal": r.row.goal,
                            "value": round(r.value, 2),
                            "fastest": r.fastest,
                            "unit": r.row.unit,
                            "bare": r.bare,
                            "right": r.right,
                            "per_second": r.per_second,
                            "latency_ms": r.latency_ms,
                            "steps": r.steps,
                            "cpu_seconds": asdict(r.spent),
                            "is_met": r.is_met,
                        }
                        for r in results
                    ],
                },
                indent=2,
            )
        )
    else:
        print(f"{about()}\n\n{table(results)}\n\n{threads_table(results)}")
    for result in results:
        for fault in result.faults:
            print(f"{result.row.name}: {fault}", file=sys.stderr)
    return 0 if all(result.right for result in results) else 1


if __name__ == "__main__":
    raise SystemExit(main())
