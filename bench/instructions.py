"""Count the instructions of the gateway for one message, under valgrind.

    bench/instructions.py                      10 sessions x window 16
    bench/instructions.py --rows flat one      some loads of `run.py`

CPU time depends on who else uses the machine; this hardly does, so it shows what a change of one
percent does. It says nothing about the kernel, and counts misses of a simulated cache (32 KiB for
instructions and for data): each costs some ten cycles. Needs valgrind besides what `run.py` needs.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

# As a script this begins with its own folder on the path, not with the one around it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.run import ROWS, SETTLE, Bench

if TYPE_CHECKING:
    from bench.run import Row

WARM_UP = 1500
MESSAGES = 2000
CACHE = "32768,8,64"
LOADS = {row.name: row for row in ROWS if row.name in ("flat", "one", "ten")}


def count(bench: Bench, row: Row) -> list[dict[str, float]]:
    """Return what one message takes: instructions and misses, thread by thread."""
    files = Path(tempfile.mkdtemp(dir=bench.folder)) / "callgrind"
    bench.program = [
        *("valgrind", "--tool=callgrind", f"--callgrind-out-file={files}"),
        *("--instr-atstart=no", "--separate-threads=yes", "--cache-sim=yes"),
        *(f"--I1={CACHE}", f"--D1={CACHE}", sys.executable, bench.program[-1]),
    ]
    with bench.stub(row) as stub_port, bench.gateway(stub_port) as (process, ports, _):

        def load(messages: int) -> None:
            command = [*bench.loader(row, ports["plain"]), "--messages", str(messages)]
            subprocess.run(bench.pinned(1, *command), check=True, capture_output=True)

        def instrument(switch: str) -> None:
            command = ["callgrind_control", "-i", switch, str(process.pid)]
            subprocess.run(command, check=True, capture_output=True)

        time.sleep(SETTLE)
        load(WARM_UP)
        instrument("on")
        load(MESSAGES)
        instrument("off")
    found = (counts_of(path.read_text(errors="replace")) for path in sorted(files.parent.iterdir()))
    return [counts for counts in found if counts]


def counts_of(text: str) -> dict[str, float]:
    """Read what callgrind wrote of one thread; nothing where it has counted nothing."""
    events = re.search(r"^events: (.*)$", text, re.MULTILINE)
    totals = re.search(r"^totals: (.*)$", text, re.MULTILINE)
    if events is None or totals is None:
        return {}
    # Zeros at the end are left out.
    numbers = map(int, totals[1].split())
    counts = dict.fromkeys(events[1].split(), 0.0)
    counts.update(zip(counts, (number / MESSAGES for number in numbers), strict=False))
    return counts if counts["Ir"] >= 1 else {}


def main() -> int:
    """Count for the loads that were asked for."""
    parser = argparse.ArgumentParser(description="Count instructions per message.")
    parser.add_argument("--rows", nargs="+", choices=LOADS, default=["flat"])
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("bench: no valgrind")
    with tempfile.TemporaryDirectory(prefix="otpblue-bench-") as folder:
        bench = Bench(Path(folder))
        bench.build()
        for name in options.rows:
            print(f"{LOADS[name].title}, per message:")
            for number, found in enumerate(count(bench, LOADS[name])):
                thread = "event loop" if number == 0 else f"thread {number + 1}"
                print(
                    f"  {thread:12}{found['Ir']:12,.0f} instructions"
                    f"{found['I1mr']:10,.0f} misses of instructions"
                    f"{found['D1mr'] + found['D1mw']:10,.0f} of data"
                )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
