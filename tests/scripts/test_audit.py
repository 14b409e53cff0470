"""The audit finds what is wrong, and never takes silence for good news."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
HASH = f"--hash=sha256:{'a' * 64}"
CANARY = {
    "name": "h11",
    "version": "0.14.0",
    "vulns": [{"id": "X-1", "aliases": ["CVE-2025-43859"]}],
}


@pytest.fixture(scope="module")
def audit() -> Any:
    sys.path.insert(0, str(SCRIPTS))
    yield importlib.import_module("audit_locks")
    sys.path.remove(str(SCRIPTS))


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "some.lock"
    path.write_text(f"# made\ntrio==0.31.0 \\\n    {HASH}\n    # via it\n")
    return path


def program(folder: Path, for_the_lock: object, for_the_canary: object = CANARY) -> Path:
    """Return a pip-audit that says so; a text is printed as an error."""

    def prints(answer: object) -> str:
        if isinstance(answer, str):
            return f"sys.exit({answer!r})"
        return f"print({json.dumps({'dependencies': [answer]})!r})"

    path = folder / "pip-audit"
    path.write_text(
        f"#!{sys.executable}\nimport sys\nif sys.argv[-1].endswith('canary.txt'):\n"
        f"    {prints(for_the_canary)}\nelse:\n    {prints(for_the_lock)}\n"
    )
    path.chmod(0o755)
    return path


def trio_has(*vulnerabilities: object) -> dict[str, object]:
    return {"name": "trio", "version": "0.31.0", "vulns": list(vulnerabilities)}


# ---------------------------------------------------------------------- vulnerabilities


def test_a_database_that_finds_nothing_but_what_it_must_is_good_news(
    audit: Any, lock: Path, tmp_path: Path
) -> None:
    found = audit.check_vulnerabilities(lock, program(tmp_path, trio_has()))
    assert found == audit.Findings()


def test_a_vulnerability_is_wrong(audit: Any, lock: Path, tmp_path: Path) -> None:
    one = {"id": "GHSA-1", "aliases": ["CVE-1"], "fix_versions": ["0.32"]}
    pip_audit = program(tmp_path, trio_has(one))
    found = audit.check_vulnerabilities(lock, pip_audit)
    assert found.wrong == ["trio 0.31.0 has GHSA-1, mended in 0.32"]
    assert audit.check_vulnerabilities(lock, pip_audit, ["CVE-1"]) == audit.Findings()


@pytest.mark.parametrize(
    ("for_the_lock", "for_the_canary", "why"),
    [
        (trio_has(), {**CANARY, "vulns": []}, "it does not know CVE-2025-43859"),
        (trio_has(), {"name": "h11", "skip_reason": "not found"}, "it does not know"),
        (trio_has(), "no route to host", "it ended with 1 and said: no route to host"),
        ("no route to host", CANARY, "it ended with 1 and said: no route to host"),
        (
            {"name": "trio", "skip_reason": "x"},
            CANARY,
            "is not known to the vulnerability database",
        ),
    ],
)
def test_a_database_that_does_not_answer_is_no_good_news(
    audit: Any, lock: Path, tmp_path: Path, for_the_lock: object, for_the_canary: object, why: str
) -> None:
    pip_audit = program(tmp_path, for_the_lock, for_the_canary)
    found = audit.check_vulnerabilities(lock, pip_audit)
    assert found.wrong == []
    [told] = found.unchecked
    assert why in told


def test_a_tool_that_is_not_there_is_told(audit: Any, lock: Path, tmp_path: Path) -> None:
    found = audit.check_vulnerabilities(lock, tmp_path / "gone")
    assert found.unchecked == ["pip-audit is not there: no vulnerability database was asked"]


# ---------------------------------------------------------------------- releases


def registry(folder: Path, answer: object) -> Path:
    """Return a Python whose pip says this."""
    python = folder / "python"
    python.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize(
    ("install", "wrong", "unchecked"),
    [
        ([{"metadata": {"name": "Trio"}, "is_yanked": False}], [], []),
        ([{"metadata": {"name": "trio"}, "is_yanked": True}], ["trio 0.31.0 was taken back"], []),
        ([], [], ["trio 0.31.0: the package registry tells nothing of it"]),
    ],
)
def test_a_release_that_was_taken_back_is_wrong(
    audit: Any, lock: Path, tmp_path: Path, install: object, wrong: list[str], unchecked: list[str]
) -> None:
    python = registry(tmp_path, {"install": install})
    assert audit.check_releases(lock, python) == audit.Findings(wrong, unchecked)


def test_a_registry_that_does_not_answer_is_told(audit: Any, lock: Path, tmp_path: Path) -> None:
    [told] = audit.check_releases(lock, registry(tmp_path, [])).unchecked
    assert told.startswith("some.lock: the package registry gave no answer")


# ---------------------------------------------------------------------- locks and licences


def test_a_package_without_a_hash_is_wrong(audit: Any, lock: Path) -> None:
    lock.write_text(f"trio==0.31.0\nattrs==25.1.0 \\\n    {HASH}\n")
    assert audit.check_hashes(audit.read_lock(lock)).wrong == ["trio 0.31.0 has no hash"]


@pytest.mark.parametrize(
    "line", ["trio>=0.31", "--index-url x", "trio @ file:///x", "    --hash=md5:1"]
)
def test_a_line_that_locks_nothing_is_refused(audit: Any, lock: Path, line: str) -> None:
    lock.write_text(f"{line}\n")
    with pytest.raises(ValueError, match="neither a pinned package nor a SHA-256 hash"):
        audit.read_lock(lock)


def test_a_licence_that_nobody_allowed_is_wrong(audit: Any, lock: Path) -> None:
    pins = audit.read_lock(lock)
    assert audit.check_licences(pins) == audit.Findings()
    [told] = audit.check_licences(pins, frozenset({"MIT-0"})).wrong
    assert told == "trio 0.31.0 has a licence that is not allowed: MIT OR Apache-2.0"


@pytest.mark.parametrize(("marker", "told"), [("", 1), (' ; python_version < "3"', 0)])
def test_a_licence_that_cannot_be_read_is_told(
    audit: Any, lock: Path, marker: str, told: int
) -> None:
    lock.write_text(f"no-such-package==1.0{marker} \\\n    {HASH}\n")
    assert len(audit.check_licences(audit.read_lock(lock)).unchecked) == told


def test_the_project_s_own_locks_are_in_order(
    audit: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(["--offline", "--tools", str(tmp_path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.rpartition(": ")[2] for line in said] == ["ok"] * 6


def test_what_could_not_be_checked_is_no_success(
    audit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "check_releases", lambda lock, python: audit.Findings())
    assert audit.main(["--tools", str(tmp_path)]) == 3
    assert "NOT everything could be checked" in capsys.readouterr().out
