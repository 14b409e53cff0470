"""The benchmarks' own parts; no speed is tested here."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli_w

from otpblue_trio.config import load_config
from otpblue_trio.smpp import (
    DeliverSm,
    Framer,
    SubmitSm,
    SubmitSmResp,
    TlvTag,
    decode,
    encode,
    parse_receipt,
)

if TYPE_CHECKING:
    from types import ModuleType

BENCH = Path(__file__).parents[2] / "bench"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


run = load("run")
responder = load("responder")
threads = load("threads")


def test_the_configuration_that_is_measured_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_text(tomli_w.dumps(run.settings(18080)))
    config = load_config(path, env={})
    assert config.accounts[0].system_id == "bench"
    assert config.store.path is not None


def test_the_bare_responder_answers_with_a_response_and_its_receipt() -> None:
    message = SubmitSm(
        sequence_number=7,
        source_addr_ton=5,
        source_addr="MyBank",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr="14155552671",
        short_message=b"Your code is 482910",
    )
    framer = Framer(65536)
    framer.feed(responder.answer(responder.SUBMIT_SM, 7, encode(message)))
    response, receipt = (decode(framer.next_frame() or b"") for _ in range(2))
    assert isinstance(response, SubmitSmResp)
    assert isinstance(receipt, DeliverSm)
    assert response.sequence_number == 7
    assert (receipt.source_addr, receipt.destination_addr) == ("14155552671", "MyBank")
    assert parse_receipt(receipt.short_message)["id"] == response.message_id
    told = receipt.tlv(TlvTag.RECEIPTED_MESSAGE_ID)
    assert told == (response.message_id or "").encode() + b"\0"


def loader_says(**changes: object) -> str:
    said = {
        "ok": True,
        "resp": 10,
        "cycles": 0,
        "per_s": 100.0,
        "latency_us": {"p50": 1000.0, "p99": 2000.0, "max": 3000.0},
        "cpu": {"server": {"us_each": 55.5}},
    }
    return "loading\n" + json.dumps(said | changes) + "\n"


def test_a_result_shows_its_goal_its_ratio_and_its_latency() -> None:
    result = run.read_result(run.ROWS[0], loader_says())
    result.bare = 5.55
    result.fastest = 50.0
    assert result.is_met
    row = run.table([result]).splitlines()[-1]
    assert row == (
        "| 10 sessions x window 16 | 60 µs | 55.5 µs | 50.0 µs | 5.5 µs | 10.0 | 100 "
        "| 1.0 / 2.0 | yes |"
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [({"ok": False}, "faults"), ({"cpu": {"server": {"us_each": 60.1}}}, "")],
)
def test_a_wrong_answer_or_a_slow_one_does_not_meet_the_goal(
    changes: dict[str, object], fault: str
) -> None:
    result = run.read_result(run.ROWS[0], loader_says(**changes))
    assert not result.is_met
    assert result.right is (not fault)
    assert fault in "".join(result.faults)


def test_slices_are_told_by_their_median_and_the_fastest() -> None:
    slices = [
        run.read_result(run.ROWS[0], loader_says(cpu={"server": {"us_each": each}}, per_s=each))
        for each in (70.0, 50.0, 61.0)
    ]
    result = run.joined(slices)
    assert (result.value, result.fastest, result.per_second) == (61.0, 50.0, 61.0)
    assert result.latency_ms == {"p50": 1.0, "p99": 2.0, "max": 3.0}
    assert not result.is_met


def test_one_wrong_slice_makes_the_row_wrong() -> None:
    slices = [run.read_result(run.ROWS[0], loader_says(ok=ok)) for ok in (True, False)]
    assert not run.joined(slices).right
    assert len(run.joined(slices).faults) == 1


def test_time_of_threads_is_told_for_a_message_over_all_slices() -> None:
    slices = [run.read_result(run.ROWS[0], loader_says()) for _ in range(2)]
    for each in slices:
        each.spent = threads.Split(first=0.0005, kernel=0.0002, others=0.00001)
    lines = run.threads_table([run.joined(slices)]).splitlines()
    assert lines[2:] == ["| 10 sessions x window 16 | 50.0 | 20.0 | 1.0 |"]


def test_rows_without_messages_have_no_time_of_threads() -> None:
    held = run.read_result(run.ROWS[6], loader_says(resp=0))
    assert len(run.threads_table([held]).splitlines()) == 2


def test_time_of_other_threads_is_not_taken_for_the_first_ones() -> None:
    before = threads.split_of(os.getpid())

    def work() -> None:
        # Until the kernel's clock has counted it; no time is waited for.
        while (threads.split_of(os.getpid()) - before).others < 0.05:
            sum(range(10_000))

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    spent = threads.split_of(os.getpid()) - before
    assert spent.others >= 0.05
    assert 0 <= spent.kernel <= spent.first < spent.others


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--slices=0"], "'0' is not a whole number from 1 to 1000"),
        (["--slices=2.5"], "'2.5' is not a whole number"),
        (["--seconds=0"], "'0' is not a number from 1 to 3600"),
        (["--seconds=-1"], "'-1' is not a number"),
        (["--seconds=1", "--slices=100"], "each is to last 0.1 seconds at least"),
    ],
)
def test_load_that_cannot_be_measured_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        run.parse_arguments(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(("option", "code"), [("--help", 0), ("--rounds=3", 2)])
def test_stages_run_only_without_options(option: str, code: int) -> None:
    ended = subprocess.run(  # noqa: S603 - a program of this project
        [sys.executable, str(BENCH / "stages.py"), option],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code
    assert "µs" not in ended.stdout
    assert "usage: stages.py [-h]" in ended.stdout + ended.stderr


def test_what_callgrind_counted_is_told_for_one_message() -> None:
    counts_of = load("instructions").counts_of
    said = "version: 1\nevents: Ir Dr I1mr D1mr\nfn=(1)\n0 5\ntotals: 4000 2000 10\n"
    assert counts_of(said) == {"Ir": 2.0, "Dr": 1.0, "I1mr": 0.005, "D1mr": 0.0}
    assert counts_of("events: Ir\n\nsummary: 0\n") == {}
