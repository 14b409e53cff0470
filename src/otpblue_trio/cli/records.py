"""`otpblue-trio records`: what became of messages, out of the store."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from otpblue_trio.cli.parameters import ACCOUNT, AS_CSV, AS_JSON, CONFIG, UNTIL, now, since, text
from otpblue_trio.cli.record_text import (
    csv_lines,
    fields_of,
    json_line,
    store_path,
    table,
    time_text,
)
from otpblue_trio.config import load_config
from otpblue_trio.policy import Reason
from otpblue_trio.store import CdrQuery, find_cdrs, find_key, kept_spellings

if TYPE_CHECKING:
    from otpblue_trio.store import CdrEntry

__all__ = ["records"]

_SHOWN_BY_DEFAULT = 100
_TITLES = (
    *("time (UTC)", "account", "number", "region", "sender", "reason"),
    *("status", "code", "ms", "message_id", "note"),
)
_MOST_FOUND = 10**15
_MOST_SHOWN = 10_000
"""A table is in memory as a whole, on a machine that has a gateway to run."""


@click.command(short_help="Show what became of messages.")
@CONFIG
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    help="Read this database, such as a backup, and no configuration.",
)
@since()
@UNTIL
@ACCOUNT
@click.option(
    "--number",
    callback=text,
    help="Only to this number, with its country code; or as it stands in the records.",
)
@click.option(
    "--message-id",
    callback=text,
    help="Only of this message, as the response and the receipt name it.",
)
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in Reason]),
    metavar="REASON",
    help="Only with this reason, such as no_imessage.",
)
@click.option(
    "--unknown",
    is_flag=True,
    help="Only those of which nobody knows whether they were delivered: no usable answer came.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, _MOST_FOUND),
    help=f"Only the newest so many; of a table {_SHOWN_BY_DEFAULT} when left out.",
)
@AS_JSON
@AS_CSV
@click.pass_context
def records(
    ctx: click.Context,
    config: Path,
    database: Path | None,
    since: float | None,
    until: float | None,
    account: str | None,
    number: str | None,
    message_id: str | None,
    reason: str | None,
    unknown: bool,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Show the records of messages, oldest first, while the gateway runs or without it.

    CONFIG (config.toml when left out) says where the store is. Numbers are shown as
    store.number_privacy let them be kept: a masked one stands for ten thousand.

    "outcome unknown" means: the platform may have got the message and gave no usable answer. The
    sender was answered 0x08; whether the phone has the message, `otpblue-trio reconcile` asks.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    path = database or store_path(ctx, config, load_config(config, env=os.environ))
    query = CdrQuery(
        since=float("-inf") if since is None else since,
        until=now() if until is None else until,
        system_id=account,
        destinations=None if number is None else kept_spellings(number, find_key(path)),
        message_id=message_id,
        reason=reason,
        only_unknown=unknown,
    )
    if as_json or as_csv:
        with closing(find_cdrs(path, query, newest=limit)) as found:
            fields = map(fields_of, found)
            for line in csv_lines(fields) if as_csv else map(json_line, fields):
                click.echo(line, nl=False)
        return
    limit = limit or _SHOWN_BY_DEFAULT
    if limit > _MOST_SHOWN:
        raise click.UsageError(f"a table has {_MOST_SHOWN} lines at most: use --csv or --json")
    # One more than is shown tells whether there are others.
    found_all = list(find_cdrs(path, query, newest=limit + 1))
    if not found_all:
        click.echo("no records", err=True)
        return
    for line in table(_TITLES, map(_row, found_all[-limit:])):
        click.echo(line)
    if len(found_all) > limit:
        click.echo(f"the newest {limit}; others with --limit, --since or --until", err=True)


def _row(cdr: CdrEntry) -> tuple[str, ...]:
    notes = []
    if not cdr.outcome_known:
        notes.append("outcome unknown")
    if cdr.joined:
        notes.append("joined")
    return (
        time_text(cdr.time),
        cdr.system_id,
        cdr.destination,
        cdr.region,
        cdr.sender,
        cdr.reason,
        f"0x{cdr.command_status:02X}",
        str(cdr.platform_code or ""),
        f"{1000 * cdr.latency:.0f}",
        cdr.message_id,
        ", ".join(notes),
    )
