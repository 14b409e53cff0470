"""The load test as a command: what is printed and written, also when that fails."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import loadtest_command
import pytest
from loadtest_books import Tally

if TYPE_CHECKING:
    import argparse

    from loadtest_ending import Ending

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def _a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run be made without a target."""

    async def run(_options: argparse.Namespace, _ending: Ending) -> list[Tally]:
        tally = Tally()
        tally.begin_round(0.0)
        tally.went_out(0.0, 0.0)
        tally.came_back(0.0, 0.01)
        tally.end_round(1.0)
        return [tally]

    monkeypatch.setattr(loadtest_command, "run", run)


@pytest.mark.usefixtures("_a_run")
def test_result_is_printed_also_when_the_report_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)
    report = tmp_path / "load.html"
    assert loadtest_command.main(["--password=x", f"--report={report}"]) == 1
    printed = capsys.readouterr()
    assert "1 sent, 1 answered" in printed.out
    assert printed.err == f"loadtest: --report {report}: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
@pytest.mark.usefixtures("_a_run")
def test_full_disk_is_told_in_one_line_and_does_not_cost_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "load.html"
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code = loadtest_command.main(["--password=x", f"--report={report}"])
    assert code == 1
    assert capsys.readouterr().err == (
        "loadtest: the result could not be printed: No space left on device\n"
    )
    assert "<html" in report.read_text()


@pytest.mark.usefixtures("_a_run")
def test_output_without_the_letters_of_the_bars_shows_the_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="ascii"))
    assert loadtest_command.main(["--password=x"]) == 0
    assert re.search(rb"<= 10 +100.000% \?+\n", printed.getvalue())


def test_python_without_the_gateway_is_told_which_one_to_use() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(  # noqa: S603 - a program of this project
        [sys.executable, "-S", str(SCRIPTS / "loadtest.py"), "--help"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert ended.returncode == 1
    assert re.fullmatch(r"loadtest: \w+ is not installed for this Python: .*\n", ended.stderr)
