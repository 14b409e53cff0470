"""The soak runs, finds a gateway that keeps its promises, and would tell one that does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import attrs
import pytest
import trio
from soak_actors import one_loss
from soak_judge import log_tells_error, log_tells_secret
from soak_report import LEAST_SPAN, MIB, WARM_UP, Sample, growth, judge_memory

if TYPE_CHECKING:
    from collections.abc import Callable


SCRIPTS = Path(__file__).parents[2] / "scripts"
LIMIT = 150.0


def test_short_soak_with_a_kill_loses_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(  # noqa: S603 - a program of this project
        [
            *(sys.executable, str(SCRIPTS / "soak.py"), "--minutes=0.12", "--rate=60"),
            *("--quiet", "--kills=1", "--interval=0.5", f"--output={tmp_path}", "--keep", "--json"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert ended.stderr == ""
    result = json.loads(ended.stdout)
    assert result["problems"] == {}
    assert [one for one in result["checks"] if one["passed"] is False] == []
    assert ended.returncode == 0
    assert result["passed"]
    assert (result["kills"], result["lost"], result["duplicate"]) == (1, 0, 0)
    assert result["counts"]["receipts"] >= result["statuses"]["ESME_ROK"] > 20
    assert result["counts"]["platform_numbers"] <= result["counts"]["submitted"]
    assert {"reset", "half_close", "malformed_bound", "wrong_password"} <= set(result["done"])
    ET.parse(tmp_path / "soak.svg")  # noqa: S314 - our own
    page = (tmp_path / "soak.html").read_text()
    assert "passed" in page
    assert "steady-1" not in page


START = Sample(
    second=0.0,
    life=0,
    rss=80 * MIB,
    descriptors=20,
    threads=4,
    in_flight=0,
    receipts_waiting=0,
    connections=0,
    cpu=0.0,
    submitted_per_second=0.0,
    receipts_per_second=0.0,
    p50_ms=1.0,
    p99_ms=1.0,
)


def samples(size: Callable[[float], float], until: float, life: int = 0) -> list[Sample]:
    """Return a look every five seconds; `size` gives MiB."""
    return [
        attrs.evolve(START, second=second, life=life, rss=int(size(second) * MIB))
        for second in range(0, int(until), 5)
    ]


LONG = WARM_UP + 2 * LEAST_SPAN


@pytest.mark.parametrize(
    ("size", "is_flat"),
    [
        (lambda _: 80.0, True),
        (lambda second: 80.0 + min(second, WARM_UP) / 10, True),
        (lambda second: 80.0 + (30.0 if second % 100 == 0 else 0.0), True),
        (lambda second: 80.0 + second / 200, True),
        (lambda second: 80.0 + second / 100, False),
        (lambda second: 80.0 * 1.001 ** (second / 5), False),
    ],
    ids=["constant", "grows while warming up", "bursts", "4 %", "8 %", "exponential"],
)
def test_memory_is_flat_behind_the_warm_up(size: Callable[[float], float], is_flat: bool) -> None:
    assert judge_memory(samples(size, LONG)).passed is is_flat


def test_short_run_is_not_called_flat() -> None:
    assert judge_memory(samples(lambda _: 80.0, WARM_UP + LEAST_SPAN)).passed is None
    assert judge_memory([]).passed is None


def test_memory_of_the_longest_life_is_judged() -> None:
    first = samples(lambda second: 80.0 + second, 100.0)
    second = samples(lambda _: 90.0, LONG, life=1)
    assert judge_memory([*first, *second]).passed is True


def test_growth_is_the_median_slope() -> None:
    assert growth([(x, 2.0 * x) for x in range(50)]) == pytest.approx(2.0)
    assert growth([(x, 500.0 if x == 25 else 2.0 * x) for x in range(50)]) == pytest.approx(2.0)
    assert growth([(0.0, 1.0)]) == 0.0


def test_wrong_option_is_told(tmp_path: Path) -> None:
    command: list[Any] = [sys.executable, str(SCRIPTS / "soak.py"), "--minutes=0"]
    ended = subprocess.run(  # noqa: S603 - a program of this project
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert "--minutes is not from 0.1 to 1440" in ended.stderr


@pytest.mark.parametrize(
    ("line", "is_error", "tells"),
    [
        ('{"level":"info","message":"stopped","destination":"1201500****"}', False, False),
        ('{"level":"warning","message":"bind refused","peer":"127.0.0.1:34567"}', False, False),
        ('{"level":"error","message":"not reloaded: config.toml:2: found 7"}', False, False),
        ('{"level":"error","message":"the store: disk full"}', True, False),
        ("Traceback (most recent call last):", True, False),
        ('{"level":"info","message":"delivered","destination":"14155552671"}', False, True),
        ('{"level":"info","message":"bound","password":"steady-1"}', False, True),
        ('{"level":"info","message":"sent","key":"soak-key"}', False, True),
    ],
)
def test_log_that_tells_too_much_is_found(line: str, is_error: bool, tells: bool) -> None:
    assert log_tells_error(line.encode()) is is_error
    assert log_tells_secret(line.encode()) is tells


async def test_connections_that_are_lost_together_count_as_one_loss() -> None:
    async def lose() -> None:
        raise trio.BrokenResourceError

    async def lose_some() -> None:
        async with one_loss(), trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(lose)

    with pytest.raises(trio.BrokenResourceError):
        await lose_some()
