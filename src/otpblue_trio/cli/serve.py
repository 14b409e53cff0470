"""`otpblue-trio serve`: the gateway."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

import click

from otpblue_trio.cli.parameters import CONFIG
from otpblue_trio.config import load_config
from otpblue_trio.errors import OtpBlueError

if TYPE_CHECKING:
    from pathlib import Path

    from otpblue_trio.config import Config

__all__ = ["serve"]


@click.command(short_help="Run the gateway.")
@CONFIG
def serve(config: Path) -> None:
    """Run the gateway on CONFIG (config.toml when left out).

    Prints one line per listener when it accepts, then "ready". SIGTERM and SIGINT drain, a second
    one stops at once; SIGHUP reads CONFIG, accounts and certificates again.
    """

    def load() -> Config:
        return load_config(config, env=os.environ)

    # Before the gateway is imported: a mistake in the file is told at once.
    settings = load()

    import trio

    from otpblue_trio import app
    from otpblue_trio.ops import LogFormat, configure_logging

    with open(os.devnull, "w") as nowhere:
        log = configure_logging(
            settings.log.level,
            LogFormat(settings.log.format),
            # None when the process was started with the stream closed.
            sys.stderr or nowhere,
            now=app.epoch_seconds,
        )
        with log:
            try:
                trio.run(
                    lambda: app.serve(
                        settings, log=log, reload=load, announce=sys.stdout or nowhere
                    )
                )
            except (OtpBlueError, OSError):
                raise
            except Exception as error:
                # Python's own report would quote what the gateway had in hand.
                logging.getLogger(__name__).critical("the gateway has failed", exc_info=error)
                sys.exit(1)
