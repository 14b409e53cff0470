from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.ops.process import read_process

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_figures_of_the_running_process_are_plausible() -> None:
    figures = read_process()
    assert figures is not None
    assert figures.resident_octets > 1_000_000
    assert figures.virtual_octets >= figures.resident_octets
    assert figures.open_fds >= 3
    assert figures.threads >= 1
    assert figures.cpu > 0


def test_program_name_with_parentheses_and_spaces_is_no_trap(tmp_path: Path) -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    after_name = ["S", *["0"] * 10, str(3 * ticks), str(ticks), *["0"] * 4, "7", "0",
                  str(10 * ticks), "8192", "2", "0"]  # fmt: skip
    (tmp_path / "self" / "fd").mkdir(parents=True)
    (tmp_path / "self" / "fd" / "0").touch()
    (tmp_path / "self" / "stat").write_text("1 (a) S 9 (b) " + " ".join(after_name))
    (tmp_path / "stat").write_text("cpu 1 2\nbtime 1000\nprocesses 5\n")
    figures = read_process(tmp_path)
    assert figures is not None
    assert (figures.cpu, figures.start_time, figures.threads) == (4.0, 1010.0, 7)
    assert figures.virtual_octets == 8192
    assert figures.resident_octets == 2 * os.sysconf("SC_PAGE_SIZE")
    assert figures.open_fds == 1


def test_system_without_proc_has_no_figures(tmp_path: Path) -> None:
    assert read_process(tmp_path / "absent") is None
