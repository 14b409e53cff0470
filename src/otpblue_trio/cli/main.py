"""The `otpblue-trio` command and its sub-commands."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import click

from otpblue_trio import __version__
from otpblue_trio.cli.explain import explain
from otpblue_trio.cli.send import send
from otpblue_trio.cli.simulator import simulator
from otpblue_trio.config import Config, ConfigError, PlatformKind, load_config, starter_config
from otpblue_trio.errors import OtpBlueError

__all__ = ["main"]

_PASSWORD_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # noqa: S105  without 0/o and 1/l
_CONFIG = click.argument("config", type=click.Path(path_type=Path), default=Path("config.toml"))


class _Commands(click.Group):
    """Turns the package's own exceptions into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            for problem in error.problems:
                click.echo(str(problem), err=True)
            ctx.exit(2)
        except OtpBlueError as error:
            click.echo(f"otpblue-trio: {error}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            # The reader of a pipe has had enough; nothing is left to be flushed at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="otpblue-trio")
def main() -> None:
    """SMPP gateway that delivers one-time passwords as iMessages through OTP Blue.

    Exit codes: 0 done, 1 the operation failed, 2 usage or configuration error.
    """


@main.command()
@_CONFIG
def serve(config: Path) -> None:
    """Run the gateway on CONFIG (config.toml when left out).

    Prints one line per listener when it accepts, then "ready". SIGTERM and SIGINT drain, a second
    one stops at once; SIGHUP reads CONFIG, accounts and certificates again.
    """
    import trio

    from otpblue_trio import app
    from otpblue_trio.ops import LogFormat, configure_logging

    settings = _load(config)
    log = configure_logging(
        settings.log.level, LogFormat(settings.log.format), sys.stderr, now=app.epoch_seconds
    )
    with log:
        trio.run(lambda: app.serve(settings, log=log, reload=lambda: _load(config)))


@main.command()
@_CONFIG
def check(config: Path) -> None:
    """Check CONFIG and tell everything that is wrong with it.

    Exit code 0 when `serve` would take it, 2 otherwise.
    """
    settings = _load(config)
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{config}: ok, {len(settings.accounts)} accounts")


@main.command()
@click.argument("config", type=click.Path(path_type=Path), default=Path("config.toml"))
@click.option("--system-id", default="demo", show_default=True, help="The first account's name.")
@click.option(
    "--platform",
    type=click.Choice([kind.value for kind in PlatformKind]),
    default=PlatformKind.SIMULATOR.value,
    show_default=True,
    help="What messages are handed to.",
)
@click.option("--force", is_flag=True, help="Overwrite CONFIG.")
def init(config: Path, system_id: str, platform: str, force: bool) -> None:
    """Write a commented starter configuration to CONFIG with a fresh random password.

    The password is printed once; the file holds only its hash.
    """
    from otpblue_trio.policy import hash_password

    if not 1 <= len(system_id) <= 15 or not system_id.isascii() or not system_id.isprintable():
        raise click.BadParameter("1 to 15 printable ASCII characters", param_hint="--system-id")
    # Eight characters, because SMPP 3.4 clients need not hold more.
    password = "".join(secrets.choice(_PASSWORD_LETTERS) for _ in range(8))
    text = starter_config(
        password_hash=hash_password(password),
        platform=PlatformKind(platform),
        system_id=system_id,
    )
    try:
        with config.open("w" if force else "x", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except FileExistsError:
        click.echo(f"{config} is there already; --force overwrites it", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"cannot write {config}: {error.strerror}", err=True)
        sys.exit(1)
    click.echo(f"wrote {config}")
    click.echo(f"system_id: {system_id}")
    click.echo(f"password:  {password}   (shown this once; the file holds its hash)")
    click.echo(f"next:      otpblue-trio serve {config}")


def _load(path: Path) -> Config:
    return load_config(path, env=os.environ)


for command in (send, simulator, explain):
    main.add_command(command)
