"""A release comes out the same wherever and whenever it is built, and runs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from otpblue_trio import __version__

ROOT = Path(__file__).parents[2]
TIMESTAMP = 1_700_000_000


def run(
    *command: str | Path, cwd: Path, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - programs of this project
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=check,
    )


def export(to: Path) -> Path:
    """Copy what git knows of the project."""
    for name in run("git", "ls-files", cwd=ROOT).stdout.splitlines():
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    return to


def build(folder: Path, umask: str, zone: str, hash_seed: str) -> Path:
    """Build the release in a folder and return where its files are."""
    source = export(folder / "source")
    command = f'umask {umask} && exec "$0" "$@"'
    program = source / "scripts" / "release_files.py"
    run(
        "sh", "-c", command, sys.executable, program, source, folder / "dist",
        cwd=folder, SOURCE_DATE_EPOCH=str(TIMESTAMP), TZ=zone, PYTHONHASHSEED=hash_seed,
    )  # fmt: skip
    return folder / "dist"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("first"), "022", "UTC", "0")


def octets(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_two_builds_are_the_same_to_the_octet(release: Path, tmp_path: Path) -> None:
    again = build(tmp_path, "077", "Asia/Tokyo", "7")
    assert octets(again) == octets(release)


def test_a_release_is_an_sdist_a_wheel_a_list_of_components_and_their_sums(release: Path) -> None:
    base = f"otpblue_trio-{__version__}"
    files = {f"{base}.tar.gz", f"{base}-py3-none-any.whl", f"otpblue-trio-{__version__}.cdx.json"}
    assert {file.name for file in release.iterdir()} == {*files, "SHA256SUMS"}
    sums = {
        f"{hashlib.sha256((release / name).read_bytes()).hexdigest()}  {name}" for name in files
    }
    assert set((release / "SHA256SUMS").read_text().splitlines()) == sums


def test_the_files_tell_nothing_of_the_machine_and_the_hour(release: Path) -> None:
    [sdist] = release.glob("*.tar.gz")
    with tarfile.open(sdist) as packed:
        members = packed.getmembers()
    assert {(one.mtime, one.uid, one.gid, one.uname) for one in members} == {(TIMESTAMP, 0, 0, "")}
    [wheel] = release.glob("*.whl")
    with zipfile.ZipFile(wheel) as zipped:
        assert {one.date_time for one in zipped.infolist()} == {(2023, 11, 14, 22, 13, 20)}
        assert {one.external_attr >> 16 & 0o777 for one in zipped.infolist()} <= {0o644, 0o664}


def test_the_list_of_components_is_what_is_served(release: Path) -> None:
    [file] = release.glob("*.cdx.json")
    bill = json.loads(file.read_text())
    lock = (ROOT / "requirements" / "serve.lock").read_text()
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == __version__
    assert len(bill["components"]) == lock.count("==") - lock.count("python_version ==") > 20
    assert all(f"{one['name']}=={one['version']}" in lock for one in bill["components"])


def test_the_wheel_runs_from_an_empty_environment(release: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv, cwd=tmp_path)
    [wheel] = release.glob("*.whl")
    [packages] = venv.glob("lib/python*/site-packages")
    run(
        sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet",
        "--target", packages, wheel, cwd=tmp_path,
    )  # fmt: skip
    # Its dependencies alone are this environment's, which comes later on the path.
    here = {str(Path(path)) for path in sys.path if path.endswith("site-packages")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(here)))
    code = "import sys, otpblue_trio.cli as c; print(c.__file__); c.main(['--version'])"
    told = run(venv / "bin" / "python", "-c", code, cwd=tmp_path, PYTHONPATH="").stdout
    assert told.splitlines()[0].startswith(str(packages))
    assert told.splitlines()[1] == f"otpblue-trio, version {__version__}"


# ---------------------------------------------------------------------- scripts/release


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A commit of nothing but scripts."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for command in (
        ("init", "--quiet"),
        ("add", "."),
        ("-c", "user.name=n", "-c", "user.email=e", "commit", "--quiet", "--message", "one"),
    ):
        run("git", *command, cwd=tmp_path)
    return tmp_path


def test_changes_that_are_not_committed_are_no_release(repository: Path) -> None:
    (repository / "scripts" / "serve").write_text("changed")
    ended = run(repository / "scripts" / "release", cwd=repository, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "a release is a commit's" in ended.stderr


def test_a_folder_with_files_in_it_is_left_alone(repository: Path) -> None:
    (repository / "dist").mkdir()
    (repository / "dist" / "old").touch()
    ended = run(repository / "scripts" / "release", cwd=repository, check=False)
    assert ended.returncode == 1
    assert "dist is not empty" in ended.stderr


@pytest.mark.parametrize("arguments", [("--what",), ("a", "b")])
def test_wrong_usage_is_told(repository: Path, arguments: tuple[str, ...]) -> None:
    ended = run(repository / "scripts" / "release", *arguments, cwd=repository, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("usage: ")
