"""Arguments and options that several commands share."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from otpblue_trio.config import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ACCOUNT",
    "AS_CSV",
    "AS_JSON",
    "CONFIG",
    "CONFIG_OPTION",
    "UNTIL",
    "duration",
    "now",
    "since",
    "text",
]

_CommandT = TypeVar("_CommandT", bound="Callable[..., object]")

_DEFAULT = Path("config.toml")

CONFIG = click.argument("config", type=click.Path(path_type=Path), default=_DEFAULT)
"""The configuration as the command's only argument."""

CONFIG_OPTION = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    default=_DEFAULT,
    show_default=True,
    help="The gateway's configuration.",
)
"""The configuration of a command that has other arguments."""


def since(default: str | None = None) -> Callable[[_CommandT], _CommandT]:
    """Return the option `--since`, in seconds since 1970.

    Args:
      default: an age; None: from the beginning on.
    """
    return click.option(
        "--since",
        callback=_moment,
        default=default,
        show_default=default is not None,
        metavar="AGE|TIME",
        help='From then on: "30m", "2h", "7d" ago, or a time such as 2026-11-27T03:00 (UTC unless '
        "it says otherwise).",
    )


def duration(ctx: click.Context, parameter: click.Parameter, value: str) -> float:
    """Turn an option written like a duration of config.toml, or as a number, into seconds."""
    del ctx, parameter
    try:
        return parse_duration(_number_or_text(value))
    except ValueError as error:
        msg = f'{value!r} is not a duration such as "500ms", "15s" or 15'
        raise click.BadParameter(msg) from error


def _number_or_text(value: str) -> float | str:
    try:
        return float(value)
    except ValueError:
        return value


def _moment(ctx: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Turn an option written like a duration, for so long ago, or a time into seconds since 1970.

    A time without a zone is in UTC.
    """
    del ctx, parameter
    if value is None:
        return None
    with suppress(ValueError):
        return now() - parse_duration(value)
    try:
        written = datetime.fromisoformat(value)
        return (written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        msg = f'{value!r} is neither an age such as "2h" nor a time such as 2026-11-27T03:00'
        raise click.BadParameter(msg) from error


def now() -> float:
    """Return the time in seconds since 1970."""
    # Commands that need no gateway do not wait for it to be imported.
    from otpblue_trio.app import epoch_seconds

    return epoch_seconds()


UNTIL = click.option(
    "--until", callback=_moment, metavar="AGE|TIME", help="Up to then; left out: to now."
)
"""The end of a time, in seconds since 1970."""


def text(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Take an option as it is; one that is not UTF-8 stands in no record."""
    del ctx, parameter
    try:
        (value or "").encode()
    except UnicodeEncodeError as error:
        raise click.BadParameter("it is not valid UTF-8") from error
    return value


ACCOUNT = click.option(
    "--account", callback=text, metavar="SYSTEM_ID", help="Only of this account."
)
"""Records of one account."""

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
AS_CSV = click.option(
    "--csv", "as_csv", is_flag=True, help="Comma-separated values under a line of names."
)
