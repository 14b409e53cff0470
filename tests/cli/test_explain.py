"""`explain`: the code of a message, or of many."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result


def test_a_code_is_shown(run: Callable[..., Result]) -> None:
    result = run("explain", "Your code is 482910")
    assert result.exit_code == 0
    assert "482910" in result.stdout


def test_no_code_exits_with_one(run: Callable[..., Result]) -> None:
    result = run("explain", "Hello")
    assert result.exit_code == 1
    assert result.stdout.startswith("no code")


def test_every_line_is_answered_in_order(run: Callable[..., Result]) -> None:
    messages: list[dict[str, object]] = [
        {"id": 7, "text": "Your code is 482910"},
        {"id": "b", "text": "Hello"},
        {"id": None, "text": "رمز التحقق الخاص بك هو ٤٨٢٩١٠"},
        {"id": {"deep": [1]}, "text": "ваш код: 1234 ✓", "more": True},
    ]
    result = run("explain", "--jsonl", stdin="\n".join(map(json.dumps, messages)))
    assert result.exit_code == 0
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [7, "b", None, {"deep": [1]}]
    assert [answer["code"] for answer in answers] == ["482910", None, "482910", "1234"]
    assert [answer["reason"] for answer in answers] == ["found", "none", "found", "found"]


def test_unescaped_unicode_is_read(run: Callable[..., Result]) -> None:
    line = json.dumps({"id": 1, "text": "您的验证码是 482910"}, ensure_ascii=False)
    result = run("explain", "--jsonl", stdin=line)
    assert json.loads(result.stdout)["code"] == "482910"


@pytest.mark.parametrize("stdin", ["", "\n", "  \n\n"])
def test_nothing_in_gives_nothing_out(run: Callable[..., Result], stdin: str) -> None:
    result = run("explain", "--jsonl", stdin=stdin)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "line",
    [
        b"no json",
        b"\xff\xfe",
        b"7",
        b"null",
        b'"text"',
        b"[]",
        b'{"id": 1}',
        b'{"text": "code 482910"}',
        b'{"id": 1, "text": 482910}',
        b'{"id": 1, "text": null}',
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5_000 + b', "text": "code 482910"}',
    ],
)
def test_a_line_that_is_no_message_is_told_and_the_rest_answered(
    run: Callable[..., Result], line: bytes
) -> None:
    good = b'{"id": 2, "text": "code 482910"}'
    result = run("explain", "--jsonl", stdin=b"\n".join([good, line, good]))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == 'line 2: expected {"id": ..., "text": "..."}\n'


def test_half_a_character_is_no_reason_to_stop(run: Callable[..., Result]) -> None:
    result = run("explain", "--jsonl", stdin=r'{"id": "\ud83d", "text": "\ud83d code 482910"}')
    assert json.loads(result.stdout) == {"id": "\ud83d", "code": "482910", "reason": "found"}


@pytest.mark.parametrize("arguments", [[], ["--jsonl", "text"]])
def test_exactly_one_kind_of_input_is_needed(
    run: Callable[..., Result], arguments: list[str]
) -> None:
    assert run("explain", *arguments).exit_code == 2
