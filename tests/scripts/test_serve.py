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
