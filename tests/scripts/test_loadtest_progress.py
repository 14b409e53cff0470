"""How far a load test is, on terminals of any width and on none."""

from __future__ import annotations

import argparse
import io
import math
from typing import TYPE_CHECKING

import pytest
import trio
from loadtest_books import Tally
from loadtest_progress import progress_line, progress_words, share_done, show_progress

if TYPE_CHECKING:
    from trio.testing import MockClock


@pytest.mark.parametrize(
    ("messages", "seconds", "compare", "answered", "passed", "share"),
    [
        (1000, math.inf, "alternate", 500, 3.0, 0.25),
        (None, 10.0, "alternate", 5, 5.0, 0.25),
        (None, 10.0, "parallel", 5, 5.0, 0.5),
        (1000, 10.0, "parallel", 1000, 9.0, 0.9),
        (10, math.inf, "parallel", 99, 1.0, 1.0),
    ],
)
def test_share_done(
    messages: int | None, seconds: float, compare: str, answered: int, passed: float, share: float
) -> None:
    options = argparse.Namespace(
        targets=["a", "b"], messages=messages, seconds=seconds, compare=compare
    )
    assert share_done(options, answered, passed) == share


WORDS = progress_words(0.25, 100, 1000, 900, [0.001] * 99 + [0.05], 0.25, 5.0)


def test_progress_line_tells_where_the_run_is() -> None:
    assert progress_line(0.25, WORDS) == (
        "[#######.....................]  25% 1,000 answered, 100 in flight, 900 receipts, "
        "400/s, p99 1 ms, 15 s left"
    )


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (120, progress_line(0.25, WORDS)),
        (
            100,
            "[#####...............]  25% 1,000 answered, 100 in flight, 900 receipts, 400/s, "
            "p99 1 ms, 15 s left",
        ),
        (80, "25% 1,000 answered, 100 in flight, 900 receipts, 400/s, p99 1 ms, 15 s left"),
        (20, "25% 1,000 answered,"),
    ],
)
def test_progress_line_never_reaches_the_last_column(columns: int, line: str) -> None:
    assert progress_line(0.25, WORDS, columns) == line
    assert len(line) < columns


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("term", "is_drawn"), [("xterm", True), ("dumb", False)])
async def test_line_is_drawn_over_only_where_the_terminal_can(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, term: str, is_drawn: bool
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "80")
    options = argparse.Namespace(
        quiet=False, targets=["a"], messages=10, seconds=math.inf, compare="alternate"
    )
    with trio.move_on_after(11):
        await show_progress(options, [Tally(sent=3, answered=1, given_up=1)])
    shown = terminal.getvalue()
    assert "1 in flight" in shown
    assert ("\r" in shown) is is_drawn
    assert ("\x1b" in shown) is is_drawn
    assert shown.endswith("\n") is not is_drawn
