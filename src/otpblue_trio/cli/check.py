"""`otpblue-trio check`: everything that is wrong with a configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from otpblue_trio.cli.parameters import CONFIG
from otpblue_trio.config import load_config

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check"]


@click.command(short_help="Tell what is wrong with a configuration.")
@CONFIG
def check(config: Path) -> None:
    """Check CONFIG (config.toml when left out) and tell everything that is wrong with it.

    Exit code 0 when `serve` would take it, 2 otherwise. Warnings do not count.
    """
    settings = load_config(config, env=os.environ)
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)
    count = len(settings.accounts)
    click.echo(f"{config}: ok, {count} {'account' if count == 1 else 'accounts'}")
