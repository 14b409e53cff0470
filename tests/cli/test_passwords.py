"""Secrets that are typed: on a terminal, unseen."""

from __future__ import annotations

import os
import pty
import tomllib
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.cli.passwords import new_password
from otpblue_trio.smpp import MAX_PASSWORD_CHARACTERS

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal: the end that a person types on, and the end that a program sees."""
    person, program = pty.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def read_until(terminal: int, text: str) -> str:
    shown = ""
    while text not in shown:
        shown += os.read(terminal, 4096).decode()
    return shown


def test_made_passwords_fit_the_protocol_and_differ() -> None:
    passwords = {new_password() for _ in range(100)}
    assert len(passwords) == 100
    assert {len(password) for password in passwords} == {MAX_PASSWORD_CHARACTERS}
    assert all(password.isascii() and password.isalnum() for password in passwords)


def test_a_typed_key_is_stored_and_not_shown(
    start: Callable[..., subprocess.Popen[str]], config: Path, terminal: tuple[int, int]
) -> None:
    person, program = terminal
    with start(
        "account", "add", "acme", stdin=program, stderr=program, start_new_session=True
    ) as process:
        shown = read_until(person, "Platform key: ")
        os.write(person, b"typed-key\n")
        stdout, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    [account] = tomllib.loads((config.parent / "accounts.toml").read_text())["accounts"]
    assert account["api_key"] == "typed-key"
    assert "typed-key" not in shown + stdout


def test_ctrl_c_at_the_prompt_ends_it_without_a_traceback(
    start: Callable[..., subprocess.Popen[str]], config: Path, terminal: tuple[int, int]
) -> None:
    person, program = terminal
    with start(
        "account", "add", "acme", stdin=program, stderr=program, start_new_session=True
    ) as process:
        read_until(person, "Platform key: ")
        process.send_signal(2)
        assert process.wait(timeout=30) == 1
    assert "Traceback" not in read_until(person, "Aborted!")
    assert not (config.parent / "accounts.toml").exists()
