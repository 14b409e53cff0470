"""`otpblue-trio reconcile`: the platform's word on messages whose outcome is unknown."""

from __future__ import annotations

import os
import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import click
import trio

from otpblue_trio.cli.parameters import ACCOUNT, AS_CSV, AS_JSON, CONFIG, UNTIL, now, since
from otpblue_trio.cli.record_text import (
    csv_lines,
    fields_of,
    json_line,
    store_path,
    table,
    time_text,
)
from otpblue_trio.config import load_config
from otpblue_trio.store import CdrQuery, find_cdrs

if TYPE_CHECKING:
    from pathlib import Path

    from otpblue_trio.app import Fate
    from otpblue_trio.store import CdrEntry

__all__ = ["reconcile"]

_MOST = 10_000
"""Messages of one run, all of which are in memory."""
_TITLES = ("time (UTC)", "account", "number", "region", "sender", "reason", "ms", "history")
_NOT_ASKED = "not asked"


@click.command(short_help="Ask the platform about messages whose outcome is unknown.")
@CONFIG
@since("24h")
@UNTIL
@ACCOUNT
@AS_JSON
@AS_CSV
@click.pass_context
def reconcile(
    ctx: click.Context,
    config: Path,
    since: float,
    until: float | None,
    account: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Ask the platform what became of messages whose outcome is unknown.

    These are the records that `records --unknown` shows: the platform may have got the message and
    gave no usable answer, so the sender was answered 0x08. This reads the platform's history of
    requests (platform.history_url) with the accounts' keys, finds what no other record accounts
    for, and tells for each message: delivered, failed with the platform's code, absent (the
    platform never took it), or unclear (several requests fit). Nothing is sent and no record is
    changed.

    CONFIG (config.toml when left out) says where the store, the platform and the accounts are. The
    history comes by whole days, so a busy account takes a while.

    Exit code 1 when an account's history could not be had.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv exclude each other")
    settings = load_config(config, env=os.environ)
    path = store_path(ctx, config, settings)
    query = CdrQuery(
        since=since,
        until=now() if until is None else until,
        system_id=account,
        only_unknown=True,
    )
    unknown = list(find_cdrs(path, query, newest=_MOST + 1))
    if not unknown:
        click.echo("no messages with an unknown outcome", err=True)
        return
    if len(unknown) > _MOST:
        raise click.UsageError(f"more than {_MOST} messages: narrow --since and --until")

    from otpblue_trio.app import reconcile as ask

    progress = _Progress()
    asking = partial(
        ask, settings, path, unknown, on_trouble=progress.trouble, on_page=progress.page
    )
    fates = trio.run(asking)
    progress.clear()
    if as_json or as_csv:
        fields = (fields_of(cdr) | _fields(fate) for cdr, fate in zip(unknown, fates, strict=True))
        for text in csv_lines(fields) if as_csv else map(json_line, fields):
            click.echo(text, nl=False)
    else:
        for line in table(_TITLES, map(_row, unknown, fates)):
            click.echo(line)
        counts = Counter(_NOT_ASKED if fate is None else fate.finding.value for fate in fates)
        counted = ", ".join(f"{count} {finding}" for finding, count in counts.most_common())
        click.echo(f"{len(unknown)} with an unknown outcome: {counted}", err=True)
    if None in fates:
        ctx.exit(1)


class _Progress:
    """What is told on standard error while the history is read."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()

    def trouble(self, text: str) -> None:
        self.clear()
        click.echo(f"otpblue-trio: {text}", err=True)

    def page(self, number: int, pages: int) -> None:
        if self._is_terminal:
            click.echo(f"\r\x1b[Kpage {number} of {pages}", nl=False, err=True)

    def clear(self) -> None:
        if self._is_terminal:
            click.echo("\r\x1b[K", nl=False, err=True)


def _fields(fate: Fate | None) -> dict[str, str | int | float | bool]:
    return {
        "history": _NOT_ASKED if fate is None else fate.finding.value,
        "history_code": fate.code if fate is not None else 0,
        "history_id": fate.message_id if fate is not None else "",
        "history_fitting": fate.fitting if fate is not None else 0,
    }


def _row(cdr: CdrEntry, fate: Fate | None) -> tuple[str, ...]:
    return (
        time_text(cdr.time),
        cdr.system_id,
        cdr.destination,
        cdr.region,
        cdr.sender,
        cdr.reason,
        f"{1000 * cdr.latency:.0f}",
        _said(fate),
    )


def _said(fate: Fate | None) -> str:
    if fate is None:
        return _NOT_ASKED
    if fate.code:
        return f"{fate.finding.value} {fate.code}"
    if fate.message_id:
        return f"{fate.finding.value} {fate.message_id}"
    if fate.fitting:
        return f"{fate.finding.value}, {fate.fitting} fitting"
    return fate.finding.value
