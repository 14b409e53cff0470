"""The command itself: help, version, and errors in one line."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from otpblue_trio import __version__
from otpblue_trio.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

COMMANDS = ["serve", "check", "init", "account", "send", "simulator", "explain", "records"]
ACCOUNT_COMMANDS = ["add", "list", "disable", "enable", "passwd", "remove"]


def test_the_version_is_the_package_s(run: Callable[..., Result]) -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"otpblue-trio, version {__version__}\n")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_command(run: Callable[..., Result], option: str) -> None:
    result = run(option)
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.stdout


def test_no_line_of_help_is_cut_off(run: Callable[..., Result]) -> None:
    for arguments in (["--help"], ["account", "--help"]):
        assert "..." not in run(*arguments).stdout.split("Commands:")[1]


@pytest.mark.parametrize(
    "arguments", [[command] for command in COMMANDS] + [["account", c] for c in ACCOUNT_COMMANDS]
)
def test_every_command_has_help(run: Callable[..., Result], arguments: list[str]) -> None:
    for option in ("-h", "--help"):
        result = run(*arguments, option)
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: main {' '.join(arguments)} ")


def test_every_option_is_explained() -> None:
    def walk(command: click.Command, ctx: click.Context) -> list[str]:
        silent = [
            f"{command.name} {option.opts[0]}"
            for option in command.params
            if isinstance(option, click.Option) and not option.help
        ]
        if isinstance(command, click.Group):
            for name in command.list_commands(ctx):
                inner = command.get_command(ctx, name)
                assert inner is not None
                silent += walk(inner, click.Context(inner, parent=ctx))
        return silent

    assert walk(main, click.Context(main)) == []


@pytest.mark.parametrize(
    "arguments", [[], ["bogus"], ["check", "a", "b"], ["serve", "--bogus"], ["account", "bogus"]]
)
def test_wrong_usage_exits_with_two(run: Callable[..., Result], arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage:" in result.stderr


def test_the_version_does_not_wait_for_a_gateway_to_be_imported() -> None:
    program = (
        "import sys; from otpblue_trio.cli import main; main(['--version'], standalone_mode=False);"
        "print(sorted({'trio', 'cattrs', 'otpblue_trio.policy'} & set(sys.modules)))"
    )
    ended = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["serve", "check"])
@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b"\xff"), "the octet 0xff"),
        (lambda path: path.write_text("a = ["), "an error"),
    ],
    ids=["missing", "directory", "not text", "not TOML"],
)
def test_a_configuration_that_cannot_be_read_exits_with_two(
    run: Callable[..., Result],
    folder: Path,
    command: str,
    make: Callable[[Path], object],
    found: str,
) -> None:
    make(folder / "wrong.toml")
    result = run(command, "wrong.toml")
    assert result.exit_code == 2
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("wrong.toml")
    assert found in line


def test_arguments_that_are_no_text_are_told_of(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    with start("check", b"\xff.toml") as process:
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 2
    assert stderr == "\\udcff.toml: expected a readable file, found No such file or directory\n"


def test_a_reader_that_leaves_early_is_no_error_to_tell(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    with start("explain", "--jsonl", stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, stderr = process.communicate('{"id": 1, "text": "code 482910"}\n' * 3, timeout=30)
    assert (process.returncode, stderr) == (1, "")
