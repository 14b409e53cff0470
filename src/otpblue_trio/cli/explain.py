"""`otpblue-trio explain`: what the gateway finds in a message, and why."""

from __future__ import annotations

import json
import sys

import click

from otpblue_trio.policy import CodeFinder, CodeFound

__all__ = ["explain"]


@click.command()
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

    Exit code 1 when there is no code to send.
    """
    finder = CodeFinder()
    if jsonl:
        ctx.exit(_explain_lines(finder))
    if text is None:
        raise click.UsageError("give a TEXT, or --jsonl with lines on standard input")
    explanation = finder.explain(text)
    click.echo(explanation.render())
    if not isinstance(explanation.result, CodeFound):
        ctx.exit(1)


def _explain_lines(finder: CodeFinder) -> int:
    """Answer every line; a line that is no message is told on standard error and fails the run."""
    exit_code = 0
    for number, line in enumerate(sys.stdin.buffer, 1):
        if not line.strip():
            continue
        try:
            message = json.loads(line)
            identity, text = message["id"], message["text"]
        except (ValueError, KeyError, TypeError):
            text = None
        if not isinstance(text, str):
            click.echo(f'line {number}: expected {{"id": ..., "text": "..."}}', err=True)
            exit_code = 1
            continue
        found = finder.find(text)
        answer: dict[str, object] = {"id": identity, "code": None, "reason": ""}
        if isinstance(found, CodeFound):
            answer["code"] = found.code
            answer["reason"] = "found"
        else:
            answer["reason"] = found.reason.value
        click.echo(json.dumps(answer))
    return exit_code
