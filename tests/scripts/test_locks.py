"""The lock files say which files are right, never where to fetch them."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
NPM_LOCK = ROOT / "tests" / "clients" / "package-lock.json"

A_PLACE = re.compile(
    r"://|--(extra-)?index|--find-links|--trusted-host|\.(org|com|net|io)\b|(^|\s)/"
)
PINNED = re.compile(r"[\w.-]+==[\w.]+ (; [^\\]+)?\\\n +--hash=sha256:[0-9a-f]{64}")


def pins(lock: Path) -> dict[str, str]:
    """Return each package's requirement line, by its normalized name."""
    lines = [line for line in lock.read_text().splitlines() if re.match(r"[a-zA-Z0-9]", line)]
    return {normalized(re.split(r"[ =\[;]", line)[0]): line.split("\\")[0] for line in lines}


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements: list[str]) -> set[str]:
    return {normalized(re.split(r"[ <>=~!;\[]", one)[0]) for one in requirements}


def test_there_is_a_lock_for_building_serving_and_testing() -> None:
    assert [lock.name for lock in LOCKS] == ["build.lock", "serve.lock", "test.lock"]


@pytest.mark.parametrize("lock", [*LOCKS, NPM_LOCK], ids=lambda lock: lock.name)
def test_lock_names_no_host_and_no_local_path(lock: Path) -> None:
    lines = [
        line
        for line in lock.read_text().splitlines()
        # Where an author takes donations is no place to fetch from.
        if '"url": "https://opencollective.com/' not in line
    ]
    assert [line for line in lines if A_PLACE.search(line)] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_locked_package_has_one_version_and_hashes(lock: Path) -> None:
    for entry in re.split(r"\n(?=[a-zA-Z0-9])", lock.read_text())[1:]:
        assert PINNED.match(entry), entry


def test_every_npm_package_has_a_hash() -> None:
    packages = json.loads(NPM_LOCK.read_text())["packages"]
    del packages[""]  # this project itself
    assert packages
    assert all(
        "integrity" in package and "resolved" not in package for package in packages.values()
    )


def test_locks_hold_what_the_project_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    build, serve, test = map(pins, LOCKS)
    assert names(project["build-system"]["requires"]) <= build.keys()
    assert names(project["project"]["dependencies"]) <= serve.keys()
    assert names(project["project"]["optional-dependencies"]["test"]) <= test.keys()


def test_tests_run_with_the_versions_that_are_served() -> None:
    _, serve, test = map(pins, LOCKS)
    assert serve.items() <= test.items()
