"""`init`: a first configuration that can be served at once."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.policy import verify_password

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from click.testing import Result


def printed(result: Result, key: str) -> str:
    """Return what stands behind `key:` in the output."""
    [line] = [line for line in result.stdout.splitlines() if line.startswith(f"{key}:")]
    return line.split()[1]


def test_what_it_writes_is_for_its_owner_alone(run: Callable[..., Result], folder: Path) -> None:
    assert run("init").exit_code == 0
    assert stat.S_IMODE((folder / "config.toml").stat().st_mode) == 0o600


def test_what_it_writes_passes_check(run: Callable[..., Result]) -> None:
    run("init", "new.toml", "--system-id", "acme")
    assert run("check", "new.toml").stdout == "new.toml: ok, 1 account\n"


def test_the_real_platform_needs_its_key(run: Callable[..., Result]) -> None:
    assert "OTPBLUE_API_KEY" in run("init", "--platform", "http").stdout
    assert run("check").exit_code == 2
    assert run("check", env={"OTPBLUE_API_KEY": "key"}).exit_code == 0


def test_the_password_printed_is_the_one_that_is_hashed(
    run: Callable[..., Result], folder: Path
) -> None:
    result = run("init")
    [account] = tomllib.loads((folder / "config.toml").read_text())["accounts"]
    password = printed(result, "password")
    assert account["system_id"] == printed(result, "system_id") == "demo"
    assert len(password) == 8
    assert password not in (folder / "config.toml").read_text()
    assert verify_password(account["password"], password)


def test_two_runs_make_two_passwords(run: Callable[..., Result]) -> None:
    passwords = {printed(run("init", f"{name}.toml"), "password") for name in "ab"}
    assert len(passwords) == 2


def test_a_file_that_is_there_is_kept(run: Callable[..., Result], folder: Path) -> None:
    (folder / "config.toml").write_text("precious")
    result = run("init")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "otpblue-trio: config.toml is there already; --force overwrites it\n"
    assert (folder / "config.toml").read_text() == "precious"


def test_force_overwrites(run: Callable[..., Result], folder: Path) -> None:
    (folder / "config.toml").write_text("old")
    assert run("init", "--force").exit_code == 0
    assert run("check").exit_code == 0


def test_a_place_that_cannot_be_written_is_named(run: Callable[..., Result], folder: Path) -> None:
    (folder / "file").write_text("")
    result = run("init", "file/config.toml")
    assert result.exit_code == 1
    assert result.stderr.startswith("otpblue-trio: cannot write file/config.toml: ")


@pytest.mark.parametrize("system_id", ["", "sixteen-letters-", "ümlaut", "two\nlines"])
def test_a_name_that_smpp_cannot_carry_is_refused(
    run: Callable[..., Result], folder: Path, system_id: str
) -> None:
    result = run("init", "--system-id", system_id)
    assert result.exit_code == 2
    assert "1 to 15 printable ASCII characters" in result.stderr
    assert not (folder / "config.toml").exists()


def test_ctrl_c_leaves_nothing_behind(
    run: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(password: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("otpblue_trio.cli.init.hash_password", interrupted)
    result = run("init")
    assert (result.exit_code, result.stderr.strip()) == (1, "Aborted!")
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_a_password_that_nobody_has_seen_leaves_nothing_behind(
    start: Callable[..., subprocess.Popen[str]], folder: Path
) -> None:
    with open("/dev/full", "w") as full, start("init", stdout=full) as process:
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "No space left on device" in stderr
    assert list(folder.iterdir()) == []
