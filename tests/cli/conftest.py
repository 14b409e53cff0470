"""The command line, in this process where it can be and as a process where it must."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import bcrypt
import click.testing
import pytest

from otpblue_trio.cli import main
from otpblue_trio.store import NumberPrivacy
from otpblue_trio.store.database import Database, Job
from otpblue_trio.store.schema import cdr_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from otpblue_trio.store import CdrEntry

PROGRAM = str(Path(sys.executable).with_name("otpblue-trio"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, so that messages name files alone."""
    monkeypatch.chdir(tmp_path)
    for name in ("OTPBLUE_PASSWORD", "OTPBLUE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Callable[..., click.testing.Result]:
    """Run a command in this process; anything but an exit code is a failure of the test."""

    def run(
        *arguments: str, stdin: str | bytes = "", env: dict[str, str] | None = None
    ) -> click.testing.Result:
        result = click.testing.CliRunner().invoke(main, arguments, input=stdin, env=env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def start(folder: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start the program as a process in the folder."""

    def start(*arguments: str | bytes, **options: object) -> subprocess.Popen[str]:
        settings: dict[str, object] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "cwd": folder,
            "env": {**os.environ, "OTPBLUE_PASSWORD": "secret"},
        }
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # noqa: S603
            [PROGRAM, *arguments], **(settings | options)
        )

    return start


@pytest.fixture
def config(folder: Path) -> Path:
    """A configuration with one account, `demo`, and an accounts file that is not there yet."""
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    path = folder / "config.toml"
    path.write_text(
        f"""\
accounts_file = "accounts.toml"  # kept as it is

[listen]
tls = []
plain = ["127.0.0.1:0"]
admin = ""

[store]
path = ""

[[accounts]]
system_id = "demo"
password = "{hashed}"
api_key = "demo-key"
"""
    )
    path.chmod(0o600)
    return path


def write_cdrs(path: Path, *cdrs: CdrEntry, privacy: NumberPrivacy = NumberPrivacy.FULL) -> None:
    """Write records into a database as a gateway does."""
    database = Database(
        path,
        receipt_ttl=3600.0,
        cdr_retention=1e6,
        number_privacy=privacy,
        survives_power_loss=False,
    )
    job = Job()
    job.cdrs = [cdr_row(None, cdr) for cdr in cdrs]
    database.perform(job)
    database.close()
    assert not job.trouble
