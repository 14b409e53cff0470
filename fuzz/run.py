#!/usr/bin/env python3
"""Fuzz without a fuzzer: mutations of the corpus, the same for the same seed.

    python fuzz/run.py --iterations 20000 --seed 1
    python fuzz/run.py --target session --iterations 1000000

Every input of the corpus is run first, as it is. A finding is printed with the octets and the
number that gives it again (`--first N --iterations 1`), and ends the run with exit code 1; so does
an input that takes more than half a minute, with a traceback of where it is.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import traceback
from random import Random

from fuzz_mutation import mutated
from fuzz_targets import TARGETS, Target, corpus_of

_MOST_SECONDS = 30


def main(arguments: list[str] | None = None) -> int:
    """Run as asked on the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--iterations", type=int, default=10_000, help="over all targets")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first mutation's number")
    parser.add_argument("--target", choices=[*TARGETS], action="append", help="default: all")
    options = parser.parse_args(arguments)
    chosen = {name: TARGETS[name] for name in options.target or TARGETS}
    shares = sum(target.share for target in chosen.values())
    for name, target in chosen.items():
        iterations = -(-options.iterations * target.share // shares)
        mutations = range(options.first, options.first + iterations)
        found = _fuzz(name, target, options.seed, mutations, is_watched=arguments is None)
        if found:
            print(found, file=sys.stderr)
            return 1
        print(f"{name}: {len(corpus_of(name))} inputs and {iterations} mutations, no finding")
    return 0


def _fuzz(name: str, target: Target, seed: int, mutations: range, *, is_watched: bool) -> str:
    """Run one target; returns what was found, or nothing."""
    corpus = corpus_of(name)
    for octets in corpus:
        if found := _run(target, octets, is_watched):
            return f"{name}: corpus: {octets.hex()}\n{found}"
    for number in mutations:
        # From the number alone, so that any single one can be run again.
        octets = mutated(corpus, target, Random(f"{name} {seed} {number}"))
        if found := _run(target, octets, is_watched):
            return f"{name}: --seed {seed} --first {number}: {octets.hex()}\n{found}"
    return ""


def _run(target: Target, octets: bytes, is_watched: bool) -> str:
    """Run a target on one input; returns the traceback of what came out of it."""
    if is_watched:
        faulthandler.dump_traceback_later(_MOST_SECONDS, exit=True)
    try:
        target.run(octets)
    except Exception:
        return traceback.format_exc()
    finally:
        if is_watched:
            faulthandler.cancel_dump_traceback_later()
    return ""


if __name__ == "__main__":
    sys.exit(main())
