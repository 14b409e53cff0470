"""Makes the files of a release from a source tree; scripts/release calls it.

    release_files.py SOURCE FOLDER

Two runs on the same source give the same octets. What setuptools leaves to chance is set: the
order, times, owners and modes in the sdist. The wheel is built from the unpacked sdist, so a file
that is missing there cannot be in the wheel. Needs a Python with setuptools, and SOURCE_DATE_EPOCH.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import sys
import tarfile
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from setuptools import build_meta

__all__ = ["bill_of_materials", "main", "normalised"]


def normalised(sdist: bytes, timestamp: int) -> bytes:
    """Return an sdist (.tar.gz) with its members in order and nothing of this machine in them."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(sdist)) as found,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as made,
    ):
        for member in sorted(found.getmembers(), key=lambda each: each.name):
            member.mtime = timestamp
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            made.addfile(member, found.extractfile(member) if member.isfile() else None)
    return gzip.compress(packed.getvalue(), mtime=timestamp)


def bill_of_materials(lock: str, name: str, version: str, timestamp: int) -> str:
    """Return what the release runs with, as CycloneDX 1.6 (JSON).

    Args:
      lock: the text of serve.lock.
      name: of the project.
      version: of the project.
      timestamp: seconds since 1970.
    """
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{package.lower()}@{locked}",
            "name": package,
            "version": locked,
            "purl": f"pkg:pypi/{package.lower()}@{locked}",
        }
        for package, locked in re.findall(r"(?m)^([\w.-]+)==([^ \\\n]+)", lock)
    ]
    root = {"type": "application", "bom-ref": name, "name": name, "version": version}
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(timestamp, UTC).isoformat(),
            "component": root,
        },
        "components": components,
        "dependencies": [{"ref": name, "dependsOn": [one["bom-ref"] for one in components]}],
    }
    return json.dumps(bill, indent=2) + "\n"


def main(source: Path, folder: Path) -> None:
    """Make the files of the release in an empty folder."""
    timestamp = int(os.environ["SOURCE_DATE_EPOCH"])
    os.umask(0o022)  # the modes of files that are made on the way are the wheel's
    folder.mkdir(parents=True)
    os.chdir(source)
    sdist = folder / build_meta.build_sdist(str(folder))
    sdist.write_bytes(normalised(sdist.read_bytes(), timestamp))
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(sdist) as packed:
            # It is our own; Python 3.11 before 3.11.4 knows no filters.
            filters = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            packed.extractall(scratch, **filters)  # type: ignore[arg-type]  # noqa: S202
        os.chdir(Path(scratch) / sdist.name.removesuffix(".tar.gz"))
        build_meta.build_wheel(str(folder))
        os.chdir(source)
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    lock = (source / "requirements" / "serve.lock").read_text()
    bill = bill_of_materials(lock, name, version, timestamp)
    (folder / f"{name}-{version}.cdx.json").write_text(bill)
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(folder.iterdir())
    ]
    (folder / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
