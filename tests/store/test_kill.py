from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from otpblue_trio.store import read_cdrs

_WRITER = Path(__file__).with_name("killed_writer.py")

_KILLS = int(os.environ.get("OTPBLUE_KILLS", "10"))
"""How many generations of the writer are killed, one after the other, over one database."""


@attrs.define
class _Generation:
    """What one writer said before it was killed."""

    pending: set[str]
    committed: set[str]
    done: set[str]
    other: list[str]


def _live_and_die(path: Path, generation: int, safety: str) -> _Generation:
    """Run a writer until it has said so many words, chosen at random, and kill it."""
    words = random.Random(generation).randrange(1, 3000)
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603
        [sys.executable, str(_WRITER), str(path), str(generation), safety], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        is_ready = False
        for line in writer.stdout:
            lines.append(line.decode())
            is_ready = is_ready or line.startswith(b"ready")
            words -= is_ready
            if words <= 0:
                break
        writer.kill()
        lines += [line.decode() for line in writer.stdout]
    said = _Generation(set(), set(), set(), [])
    kinds = {"pending": said.pending, "committed": said.committed, "done": said.done}
    for text in lines:
        word, _, message_id = text.strip().partition(" ")
        if word in kinds:
            kinds[word].add(message_id)
        elif word != "ready":
            said.other.append(text)
    return said


@pytest.mark.parametrize("safety", ["journal", "commit"])
def test_nothing_that_was_committed_is_lost_when_the_process_is_killed(
    tmp_path: Path, safety: str
) -> None:
    path = tmp_path / "otpblue.db"
    owed: set[str] = set()
    committed: set[str] = set()
    gone: set[str] = set()
    for generation in range(_KILLS + 1):
        said = _live_and_die(path, generation, safety)
        assert said.other == []
        # One that was done may be there again; one that was found gone may not.
        assert owed <= said.pending
        assert not said.pending & gone
        gone |= committed - said.pending
        # The opening brought in what the journal of the generation before had.
        records = [cdr.message_id for cdr in read_cdrs(path, since=0.0, until=1e12, limit=10**7)]
        assert committed <= set(records)
        assert len(records) == len(set(records))
        committed |= said.committed
        owed = (said.pending | said.committed) - said.done
