"""The fuzz targets hold for the corpus and for its first mutations, and a defect would be found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import run
from fuzz_mutation import mutated, with_length
from fuzz_targets import TARGETS, Target, corpus_of

from otpblue_trio.session import BindRequested, SmppSession, SubmitReceived

ROOT = Path(__file__).parents[2]
ITERATIONS = {"config": 200}
"""Mutations of each target in every run of the tests; the others get some more."""


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_for_its_corpus_and_mutations(name: str) -> None:
    iterations = ITERATIONS.get(name, 2000)
    assert run.main(["--target", name, "--iterations", str(iterations), "--seed", "1"]) == 0


@pytest.mark.parametrize("name", TARGETS)
def test_every_corpus_has_inputs(name: str) -> None:
    assert len(corpus_of(name)) >= 5


def test_a_defect_is_told_with_what_repeats_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def planted(octets: bytes) -> None:
        if b"\xff\xff" in octets:
            raise ZeroDivisionError("planted")

    monkeypatch.setitem(TARGETS, "frames", Target(planted, has_frames=True))
    assert run.main(["--target", "frames", "--iterations", "2000"]) == 1
    told = capsys.readouterr().err
    assert "ZeroDivisionError: planted" in told
    number = told.split("--first ")[1].split(":")[0]
    octets = bytes.fromhex(told.split(f"--first {number}: ")[1].split("\n")[0])
    assert b"\xff\xff" in octets
    alone = ["--target", "frames", "--seed", "1", "--first", number, "--iterations", "1"]
    assert run.main(alone) == 1
    assert octets.hex() in capsys.readouterr().err


@pytest.mark.parametrize("name", TARGETS)
def test_mutations_are_the_same_for_the_same_seed_and_bounded(name: str) -> None:
    corpus, target = corpus_of(name), TARGETS[name]
    first = [mutated(corpus, target, Random(number)) for number in range(200)]
    assert first == [mutated(corpus, target, Random(number)) for number in range(200)]
    assert len(set(first)) > 150
    # The header of a last PDU that was made whole may come on top.
    assert max(map(len, first)) <= target.most_octets + 16


def test_many_mutations_get_as_far_as_a_bound_session_with_messages() -> None:
    """A fuzzer whose inputs all end at the door finds nothing behind it."""
    corpus, target = corpus_of("session"), TARGETS["session"]
    bound = messages = 0
    for number in range(500):
        session = SmppSession(system_id="FUZZ", max_pdu_octets=4096)
        for event in session.receive(mutated(corpus, target, Random(number))):
            if isinstance(event, BindRequested):
                session.accept_bind()
                bound += 1
            elif isinstance(event, SubmitReceived):
                messages += 1
            elif session.state.value == "open":
                break
    assert bound > 200
    assert messages > 200


def test_a_length_is_made_right() -> None:
    assert with_length(b"\xff" * 20) == b"\0\0\0\x14" + b"\xff" * 16


def test_the_runner_runs_as_a_program() -> None:
    command = [sys.executable, "fuzz/run.py", "--iterations", "100", "--target", "proxy"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - a program of this project
    assert "proxy: 8 inputs and 100 mutations, no finding" in ended.stdout
