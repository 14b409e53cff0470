"""The checks of scripts/audit.

Each check tells what is wrong and what it could not check: two different things, and the second is
no success. That holds above all for vulnerabilities, where a database that knows nothing and one
that cannot be reached look like good news: so a release with a known vulnerability is asked for as
well, and has to be found.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from packaging.markers import Marker
from packaging.utils import NormalizedName, canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ALLOWED_LICENCES", "Findings", "Pin", "main", "read_lock"]

ROOT = Path(__file__).parents[1]
TIME_LIMIT = 300.0
"""Seconds for one program that is asked."""

CANARY = ("h11", "0.14.0", "CVE-2025-43859")
"""A release, and a vulnerability that every database has known since 2025."""

ALLOWED_LICENCES = frozenset(
    {
        "Apache-2.0",
        "Apache-2.0 OR BSD-2-Clause",
        "Apache-2.0 OR BSD-3-Clause",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "MIT OR Apache-2.0",
        "MPL-2.0",
        "MPL-2.0 AND (Apache-2.0 OR MIT)",
        "PSF-2.0",
    }
)
"""Expressions as packages give them. A new one is added here by somebody who has read it."""

ALLOWED_FOR_TESTS = ALLOWED_LICENCES | {"LGPL-3.0"}
"""Tools of the tests come with nothing that is given away."""

LOCKS = {
    ROOT / "requirements" / "build.lock": ALLOWED_LICENCES,
    ROOT / "requirements" / "serve.lock": ALLOWED_LICENCES,
    ROOT / "requirements" / "test.lock": ALLOWED_FOR_TESTS,
}

# What packages say that give no expression: a free text, or a classifier's last part.
_SPELLINGS = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0",
    "MIT License": "MIT",
    "MIT OR Apache License 2.0": "MIT OR Apache-2.0",
    "MIT -or- Apache License 2.0": "MIT OR Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_PIN = re.compile(r"([A-Za-z0-9._-]+)==([^ \\;]+)(?: ; ([^\\]+?))? ?\\?$")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?: \\)?$")


@attrs.frozen
class Pin:
    """One locked package."""

    name: str
    version: str
    marker: str
    """Where it is needed; empty: everywhere."""
    hashes: int
    """How many files it may be installed from."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def is_needed_here(self) -> bool:
        """False for what only another Python or another system needs."""
        return not self.marker or Marker(self.marker).evaluate()

    @property
    def key(self) -> NormalizedName:
        """The name as every spelling of it."""
        return canonicalize_name(self.name)


@attrs.frozen
class Findings:
    """What checks have found."""

    wrong: list[str] = attrs.field(factory=list)
    unchecked: list[str] = attrs.field(factory=list)


def read_lock(path: Path) -> list[Pin]:
    """Return the packages of a lock file.

    Raises:
      ValueError: a line that is neither a pinned package nor one of its hashes.
    """
    pins: list[Pin] = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not line.startswith(" ") and (match := _PIN.match(text)):
            pins.append(Pin(match[1], match[2], match[3] or "", 0))
        elif line.startswith(" ") and pins and _HASH.match(text):
            pins[-1] = attrs.evolve(pins[-1], hashes=pins[-1].hashes + 1)
        else:
            msg = f"{path}:{number}: neither a pinned package nor a SHA-256 hash: {text}"
            raise ValueError(msg)
    return pins


def check_hashes(pins: Iterable[Pin]) -> Findings:
    """Find packages that could be replaced by any file of their name."""
    return Findings(wrong=[f"{pin} has no hash" for pin in pins if not pin.hashes])


def licence_of(name: str) -> str:
    """Return the licence of an installed package, as an SPDX expression where it can be told.

    Raises:
      metadata.PackageNotFoundError: it is not installed.
    """
    about = metadata.metadata(name).json
    said = str(about.get("license_expression") or about.get("license") or "")
    if not said or "\n" in said or len(said) > 60:  # none, or the licence's whole text
        classifiers = about.get("classifier", [])
        ends = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: ")]
        said = " and ".join(end for end in ends if end != "OSI Approved")
    return _SPELLINGS.get(said, said)


def check_licences(pins: Iterable[Pin], allowed: frozenset[str] = ALLOWED_LICENCES) -> Findings:
    """Find packages whose licence nobody has allowed."""
    found = Findings()
    for pin in pins:
        try:
            licence = licence_of(pin.name)
        except metadata.PackageNotFoundError:
            if pin.is_needed_here:
                found.unchecked.append(f"{pin} is not installed: its licence cannot be read")
            continue
        if licence not in allowed:
            found.wrong.append(f"{pin} has a licence that is not allowed: {licence or 'none told'}")
    return found


def check_releases(lock: Path, python: Path) -> Findings:
    """Ask the package registry for every file, by its hash, and find releases taken back.

    Args:
      lock: the lock file.
      python: one whose pip is new enough to tell. It looks at the packages of this Python.
    """
    command = [
        *(str(python), "-m", "pip", "--python", sys.executable, "install", "--quiet"),
        *("--disable-pip-version-check", "--no-input"),
        *("--dry-run", "--ignore-installed", "--no-deps", "--no-build-isolation"),
        *("--require-hashes", "--report", "-", "--requirement", str(lock)),
    ]
    report = _json_from(command)
    if not isinstance(report, dict):
        return Findings(unchecked=[f"{lock.name}: the package registry gave no answer ({report})"])
    told = {canonicalize_name(one["metadata"]["name"]): one for one in report["install"]}
    found = Findings()
    for pin in filter(lambda pin: pin.is_needed_here, read_lock(lock)):
        if "is_yanked" not in told.get(pin.key, {}):
            found.unchecked.append(f"{pin}: the package registry tells nothing of it")
        elif told[pin.key]["is_yanked"]:
            found.wrong.append(f"{pin} was taken back")
    return found


def check_vulnerabilities(
    lock: Path, pip_audit: Path, ignored: Sequence[str] = (), canary: tuple[str, str, str] = CANARY
) -> Findings:
    """Ask a vulnerability database for every package, and for one that has to be found."""
    if not pip_audit.exists():
        return Findings(unchecked=["pip-audit is not there: no vulnerability database was asked"])
    name, version, vulnerability = canary
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder) / "canary.txt"
        known.write_text(f"{name}=={version}\n")
        told = _audited(pip_audit, known)
    if isinstance(told, str) or vulnerability not in _identifiers(told.get(name, [])):
        why = told if isinstance(told, str) else f"it does not know {vulnerability}"
        return Findings(
            unchecked=[f"{lock.name}: the vulnerability database could not be asked ({why})"]
        )
    told = _audited(pip_audit, lock)
    if isinstance(told, str):
        return Findings(
            unchecked=[f"{lock.name}: the vulnerability database could not be asked ({told})"]
        )
    found = Findings()
    for pin in read_lock(lock):
        vulnerabilities = told.get(pin.key)
        if vulnerabilities is None:
            if pin.is_needed_here:
                found.unchecked.append(f"{pin} is not known to the vulnerability database")
            continue
        for one in vulnerabilities:
            if _identifiers([one]).isdisjoint(ignored):
                fixed = ", ".join(one.get("fix_versions", [])) or "no version"
                found.wrong.append(f"{pin} has {one['id']}, mended in {fixed}")
    return found


def _audited(pip_audit: Path, requirements: Path) -> dict[str, list[dict[str, Any]]] | str:
    """Return each package's vulnerabilities, or why there is no answer."""
    options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json")
    report = _json_from([str(pip_audit), *options, "--requirement", str(requirements)])
    if not isinstance(report, dict):
        return report
    # A package that was skipped has no list of vulnerabilities.
    return {
        canonicalize_name(one["name"]): one["vulns"]
        for one in report["dependencies"]
        if "vulns" in one
    }


def _identifiers(vulnerabilities: Iterable[dict[str, Any]]) -> set[str]:
    return {name for one in vulnerabilities for name in (one["id"], *one.get("aliases", ()))}


def _json_from(command: Sequence[str]) -> dict[str, Any] | str:
    """Return the JSON object that a program prints, or what it said instead."""
    try:
        ended = subprocess.run(  # noqa: S603  programs of ours
            command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    try:
        answer = json.loads(ended.stdout)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    said = ended.stderr.strip().splitlines() or ["nothing"]
    return f"it ended with {ended.returncode} and said: {said[-1][:200]}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks and return the exit code."""
    parser = argparse.ArgumentParser(description="Check the locked packages.")
    parser.add_argument("--offline", action="store_true", help="hashes and licences alone")
    parser.add_argument("--ignore-vuln", action="append", default=[], metavar="ID")
    parser.add_argument("--tools", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    total = Findings()
    for lock, allowed in LOCKS.items():
        pins = read_lock(lock)
        checks = {"hashes": check_hashes(pins), "licences": check_licences(pins, allowed)}
        if not options.offline:
            programs = options.tools / "bin"
            checks["releases"] = check_releases(lock, programs / "python")
            checks["vulnerabilities"] = check_vulnerabilities(
                lock, programs / "pip-audit", options.ignore_vuln
            )
        for name, found in checks.items():
            state = "WRONG" if found.wrong else "NOT CHECKED" if found.unchecked else "ok"
            print(f"{lock.name}: {len(pins)} packages, {name}: {state}")
            total.wrong.extend(found.wrong)
            total.unchecked.extend(found.unchecked)
    for title, lines in (("WRONG", total.wrong), ("NOT CHECKED", total.unchecked)):
        for line in dict.fromkeys(lines):
            print(f"{title}: {line}")
    if total.wrong:
        return 1
    if total.unchecked:
        print("audit: NOT everything could be checked; this is no clean result")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
