"""docs/security.md names files and tests that are there, and no threat without a test."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text()
TESTS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
ENTRIES = [" ".join(entry.split()) for entry in re.findall(r"(?ms)^- (\*\*.+?)\n(?=- |\n)", PAGE)]
THREATS = [re.fullmatch(r"\*\*(.+?)\.\*\* (.+)\. In (.+); held by (.+)\.", one) for one in ENTRIES]


@pytest.mark.parametrize(("file", "name"), TESTS, ids=[name for _, name in TESTS])
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, functions)}


def test_every_threat_has_a_place_and_a_test() -> None:
    assert len(ENTRIES) == PAGE.count("- **") > 20
    for entry, threat in zip(ENTRIES, THREATS, strict=True):
        assert threat is not None, entry
        places = re.findall(r"`([\w./]+)`", threat[3])
        assert places, entry
        for place in places:
            found = (ROOT / "src" / "otpblue_trio" / place, ROOT / place)
            assert any(path.exists() for path in found), place
        assert re.search(r"`tests/[\w/]+\.py::\w+`", threat[4]), entry


def test_the_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("NOT RUN: there is no `systemd-analyze` command on this machine")
    [unit] = re.findall(r"(?ms)^```ini\n(.+?)^```", PAGE)
    file = tmp_path / "otpblue-trio.service"
    # Only the program is not where the page says.
    file.write_text(unit.replace("/opt/otpblue-trio/bin/otpblue-trio", "/bin/true"))
    ended = subprocess.run(  # noqa: S603
        [program, "verify", "--man=no", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert [line for line in ended.stderr.splitlines() if "otpblue-trio" in line] == []


def test_every_test_is_named_in_full() -> None:
    assert len(TESTS) == PAGE.count("::")
