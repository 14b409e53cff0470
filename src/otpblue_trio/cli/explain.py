"""`otpblue-trio explain`: what the gateway finds in a message, and why."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from otpblue_trio.policy import CodeFinder, CodeFound

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["explain"]


@click.command(short_help="Show what is found in a message.")
@click.argument("text", required=False)
@click.option(
    "--jsonl",
    is_flag=True,
    help='Read lines {"id": ..., "text": ...} on standard input and write one line '
    '{"id": ..., "code": "482910" | null, "reason": ...} for each.',
)
@click.pass_context
def explain(ctx: click.Context, text: str | None, jsonl: bool) -> None:
    """Show which code is found in TEXT, what else was looked at, and why.

    Exit code 1 when there is no code to send; with --jsonl, when a line was no message.
    """
    finder = CodeFinder()
    if jsonl:
        if text is not None:
            raise click.UsageError("--jsonl reads standard input and takes no TEXT")
        lines = sys.stdin.buffer if sys.stdin is not None else ()
        ctx.exit(0 if _explain_lines(finder, lines) else 1)
    if text is None:
        raise click.UsageError("give a TEXT, or --jsonl with lines on standard input")
    explanation = finder.explain(text)
    click.echo(explanation.render())
    if not isinstance(explanation.result, CodeFound):
        ctx.exit(1)


def _explain_lines(finder: CodeFinder, lines: Iterable[bytes]) -> bool:
    """Answer every line that is a message; tell of the others, and return whether all were."""
    all_were = True
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        message = _message_in(line)
        if message is None:
            click.echo(f'line {number}: expected {{"id": ..., "text": "..."}}', err=True)
            all_were = False
            continue
        identity, text = message
        found = finder.find(text)
        if isinstance(found, CodeFound):
            answer = {"id": identity, "code": found.code, "reason": "found"}
        else:
            answer = {"id": identity, "code": None, "reason": found.reason.value}
        click.echo(json.dumps(answer))
    return all_were


def _message_in(line: bytes) -> tuple[object, str] | None:
    try:
        message = json.loads(line)
        identity, text = message["id"], message["text"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (identity, text) if isinstance(text, str) else None
