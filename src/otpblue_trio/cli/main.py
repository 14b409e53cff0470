"""The `otpblue-trio` command: finds its sub-commands and turns errors into one line.

A sub-command is a module beside this one with a click command of the same name. It is imported
when it is asked for, so that `--version` does not wait for a gateway to be imported.
"""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module

import click

from otpblue_trio import __version__
from otpblue_trio.errors import OtpBlueError

__all__ = ["main"]

_COMMANDS = (
    *("serve", "check", "init", "account", "send", "simulator", "explain", "records"),
    "reconcile",
)


class _Commands(click.Group):
    """Imports a command when it is used, and says its errors in one line each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"otpblue_trio.cli.{cmd_name}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OtpBlueError as error:
            # Imported by whoever raised it; `--version` does without.
            from otpblue_trio.config import ConfigError

            if isinstance(error, ConfigError):
                for problem in error.problems:
                    click.echo(str(problem), err=True)
                ctx.exit(2)
            click.echo(f"otpblue-trio: {error}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            # The reader of a pipe has had enough; nothing is left to be flushed at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)
        except OSError as error:
            click.echo(f"otpblue-trio: {error}", err=True)
            ctx.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="otpblue-trio")
def main() -> None:
    """SMPP gateway that delivers one-time passwords as iMessages through OTP Blue.

    Exit codes: 0 done, 1 the operation failed, 2 usage or configuration error.
    """
    # A file name or a message may hold what the terminal's encoding has no letters for.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
