"""Where records are, and how they are shown: a table for people, JSON or CSV for machines."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from otpblue_trio.smpp import status_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from otpblue_trio.config import Config
    from otpblue_trio.store import CdrEntry

    Fields = Mapping[str, str | int | float | bool]

__all__ = ["csv_lines", "fields_of", "json_line", "printable", "store_path", "table", "time_text"]

_RIGHT = frozenset({"code", "ms"})


def store_path(ctx: click.Context, config: Path, settings: Config) -> Path:
    """Return where a configuration keeps records; ends the program with 2 where it keeps none."""
    path = settings.store.path
    if path is None:
        click.echo(f"{config}: store.path is empty: no records are kept", err=True)
        ctx.exit(2)
    return path


def fields_of(cdr: CdrEntry) -> dict[str, str | int | float | bool]:
    """Return a record under the names that the log has for the same."""
    return {
        "time": _written(cdr.time, "T") + "Z",
        "system_id": cdr.system_id,
        "connection": cdr.connection_id,
        "sequence_number": cdr.sequence_number,
        "destination": cdr.destination,
        "region": cdr.region,
        "sender": cdr.sender,
        "reason": cdr.reason,
        "status": status_name(cdr.command_status),
        "command_status": f"0x{cdr.command_status:08x}",
        "platform_code": cdr.platform_code,
        "message_id": cdr.message_id,
        "latency_ms": round(1000 * cdr.latency, 1),
        "joined": cdr.joined,
        "outcome": "known" if cdr.outcome_known else "unknown",
    }


def time_text(time: float) -> str:
    """Return a time in UTC as people read it."""
    return _written(time, " ")


def _written(time: float, between: str) -> str:
    moment = datetime.fromtimestamp(time, UTC).replace(tzinfo=None)
    return moment.isoformat(between, timespec="milliseconds")


def json_line(fields: Fields) -> str:
    """Return fields as one JSON object and a line feed."""
    return json.dumps(fields) + "\n"


def csv_lines(found: Iterable[Fields]) -> Iterator[str]:
    """Yield fields as comma-separated values, under a line of their names."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    wrote_names = False
    for fields in found:
        if not wrote_names:
            wrote_names = True
            writer.writerow(fields)
        writer.writerow(
            str(value).lower() if isinstance(value, bool) else value for value in fields.values()
        )
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table under its titles; numbers stand at the right of their column."""
    shown = [titles, *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        cells = (
            cell.rjust(width) if title in _RIGHT else cell.ljust(width)
            for title, cell, width in zip(titles, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def printable(text: str) -> str:
    """Return text that cannot move a terminal's cursor: somebody outside chose it."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
