"""`otpblue-trio init`: a first configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from otpblue_trio.cli.parameters import CONFIG
from otpblue_trio.cli.passwords import new_password
from otpblue_trio.config import PlatformKind, starter_config
from otpblue_trio.config.files import write_secret_file
from otpblue_trio.errors import OtpBlueError
from otpblue_trio.policy import hash_password
from otpblue_trio.smpp import MAX_SYSTEM_ID_CHARACTERS

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["init"]


class _NotWritten(OtpBlueError):
    """There is no new configuration."""


@click.command(short_help="Write a starter configuration.")
@CONFIG
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

    The password is printed once; the file holds only its hash, and is for its owner alone.
    """
    if (
        not 1 <= len(system_id) <= MAX_SYSTEM_ID_CHARACTERS
        or not system_id.isascii()
        or not system_id.isprintable()
    ):
        raise click.BadParameter(
            f"1 to {MAX_SYSTEM_ID_CHARACTERS} printable ASCII characters", param_hint="--system-id"
        )
    if os.path.lexists(config) and not force:
        msg = f"{config} is there already; --force overwrites it"
        raise _NotWritten(msg)
    password = new_password()
    text = starter_config(
        password_hash=hash_password(password),
        platform=PlatformKind(platform),
        system_id=system_id,
    )
    try:
        write_secret_file(config, text.encode())
    except OSError as error:
        msg = f"cannot write {config}: {error.strerror or error}"
        raise _NotWritten(msg) from error
    try:
        click.echo(f"wrote {config}")
        click.echo(f"system_id: {system_id}")
        click.echo(f"password:  {password}   (shown this once; the file holds its hash)")
    except OSError:
        # Nobody has seen the password.
        config.unlink()
        raise
    if platform == PlatformKind.HTTP:
        click.echo("needed:    the platform's key in the environment variable OTPBLUE_API_KEY")
    click.echo(f"next:      otpblue-trio serve {config}")
