"""scripts/serve says in one line what it lacks."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SERVE = Path(__file__).parents[2] / "scripts" / "serve"


def serve(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run scripts/serve from a folder that is not the project's."""
    return subprocess.run(  # noqa: S603 - a program of this project
        [str(SERVE)],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_missing_python_is_named(tmp_path: Path) -> None:
    ended = serve(tmp_path, OTPBLUE_VENV=str(tmp_path / "venv"), OTPBLUE_PYTHON="no-such-python")
    assert ended.returncode == 1
    assert ended.stderr == "serve: no Python 3.11 or newer found (tried: no-such-python)\n"
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("python", ["", "#!/bin/sh\nexit 1\n"])
def test_folder_that_is_no_virtual_environment_is_left_alone(tmp_path: Path, python: str) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    if python:
        (venv / "bin" / "python").write_text(python)
        (venv / "bin" / "python").chmod(0o755)
    ended = serve(tmp_path, OTPBLUE_VENV=str(venv))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"serve: {venv} is no working virtual environment")
    assert [one.name for one in venv.iterdir()] == ["bin"]


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"slow": 1, "fast": 0}, "fast"),
        ({"fast": 0, "faster": 0}, "fast"),
        ({"slow": 1, "slower": 1}, "slow"),
    ],
)
def test_the_first_python_that_is_built_to_be_fast_is_chosen(
    tmp_path: Path, pythons: dict[str, int], chosen: str
) -> None:
    for name, status in pythons.items():
        # What is asked for on the command line holds; what comes as a program is the question.
        (tmp_path / name).write_text(f'#!/bin/sh\n[ "$1" = -c ] || exit {status}\n')
        (tmp_path / name).chmod(0o755)
    asked = subprocess.run(  # noqa: S603 - a program of this project
        ["/bin/bash", "-c", f". {SERVE.with_name('venv.sh')} && choose_python"],
        env={**os.environ, "OTPBLUE_PYTHON": " ".join(str(tmp_path / name) for name in pythons)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert asked.stdout == f"{tmp_path / chosen}\n"
