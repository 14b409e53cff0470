#!/usr/bin/env python3
"""Fuzz guided by coverage, with atheris: `pip install -e '.[fuzz]'`.

    python fuzz/guided.py session -max_total_time=600

The first argument names the target, the others are libFuzzer's. What it finds worth keeping goes to
a folder of its own (`fuzz/found/TARGET`, not under version control); the committed corpus is read.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["otpblue_trio"]):
    from fuzz_targets import CORPUS, TARGETS


def main() -> None:
    """Run one target until libFuzzer ends or finds something."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: {sys.argv[0]} {{{'|'.join(TARGETS)}}} [options of libFuzzer]")
    name = sys.argv.pop(1)
    found = Path(__file__).parent / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    atheris.Setup([*sys.argv, str(found), str(CORPUS / name)], TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
