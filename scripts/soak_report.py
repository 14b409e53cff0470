"""What a soak found: the judgement, and the pages that show it."""

from __future__ import annotations

import itertools
import math
import statistics
from typing import TYPE_CHECKING, Any

import attrs
from charts import Bar, Mark, Panel, Series, bars, lines
from pages import Section, Tile, chart, grid, note, page, table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Check", "Sample", "growth", "html_of", "judge_memory", "panels_of", "text_of"]

MIB = 1024 * 1024
WARM_UP = 300.0
"""Seconds after a start in which memory may grow: caches, windows and arenas fill."""
LEAST_SPAN = 300.0
"""Seconds behind the warm-up that a judgement of the memory needs."""
MOST_GROWTH = 0.05
"""By how much of its size memory may grow over the judged time and still be called flat."""


@attrs.frozen
class Sample:
    """One look at the gateway; rates are those since the look before."""

    second: float
    life: int
    """How often the gateway had been killed before."""
    rss: int
    descriptors: int
    threads: int
    in_flight: int
    receipts_waiting: int
    connections: int
    cpu: float
    """Processor seconds of this life."""
    submitted_per_second: float
    receipts_per_second: float
    p50_ms: float
    p99_ms: float
    """Response times of messages that meet no fault; NaN where there was none."""


@attrs.frozen
class Check:
    """One thing that had to hold."""

    name: str
    found: str
    passed: bool | None
    """None: the run was too short to tell."""


def growth(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of points by Theil and Sen: the median of all slopes between two.

    A few outliers, a burst or a lull, do not move it. 0 for fewer than two points.
    """
    step = math.ceil(len(points) / 400) or 1
    slopes = [
        (b[1] - a[1]) / (b[0] - a[0])
        for a, b in itertools.combinations(points[::step], 2)
        if b[0] > a[0]
    ]
    return statistics.median(slopes) if slopes else 0.0


def judge_memory(samples: Sequence[Sample]) -> Check:
    """Judge whether memory is flat behind the warm-up of the longest life of the gateway."""
    name = "resident memory is flat"
    lives = itertools.groupby(samples, key=lambda sample: sample.life)
    longest = max((list(life) for _, life in lives), key=_span, default=[])
    judged = [one for one in longest if one.second - longest[0].second >= WARM_UP]
    if _span(judged) < LEAST_SPAN:
        return Check(name, f"not judged: needs {WARM_UP + LEAST_SPAN:.0f} s without a kill", None)
    slope = growth([(one.second, one.rss) for one in judged])
    size = statistics.median(one.rss for one in judged)
    grown = slope * _span(judged)
    found = (
        f"{grown / MIB:+.1f} MiB over {_span(judged) / 60:.0f} min at {size / MIB:.0f} MiB "
        f"({slope * 3600 / MIB:+.1f} MiB an hour; allowed: {MOST_GROWTH:.0%} of the size)"
    )
    return Check(name, found, grown <= MOST_GROWTH * size)


def _span(samples: Sequence[Sample]) -> float:
    return samples[-1].second - samples[0].second if samples else 0.0


# The result is what JSON can say.
def text_of(result: dict[str, Any]) -> str:
    """Return a result for people to read."""
    counts = result["counts"]
    lines_ = [
        f"{result['minutes']:g} minutes, {counts['submitted']} messages, "
        f"{counts['receipts']} receipts, {result['kills']} kills",
        *(
            f"{_word(check['passed']):10} {check['name']}: {check['found']}"
            for check in result["checks"]
        ),
    ]
    if result["problems"]:
        lines_.append(f"problems   {result['problems']}")
    lines_.append("PASSED" if result["passed"] else "FAILED")
    return "\n".join(lines_)


def _word(passed: bool | None) -> str:
    return {True: "ok", False: "FAILED", None: "not judged"}[passed]


def panels_of(result: dict[str, Any]) -> list[Panel]:
    """Return the charts of a result."""
    samples = result["samples"]
    marks = [
        Mark(mark["second"], mark["name"], mark["name"].startswith("kill"))
        for mark in result["marks"]
    ]

    def series(name: str, key: str, scale: float = 1.0) -> Series:
        return Series(
            name,
            [
                (one["second"], math.nan if one[key] is None else one[key] * scale)
                for one in samples
            ],
        )

    return [
        lines(
            "Messages and receipts",
            [
                series("submitted", "submitted_per_second"),
                series("receipts", "receipts_per_second"),
            ],
            unit="a second",
            marks=marks,
        ),
        lines(
            "Response time without a fault",
            [series("p50", "p50_ms"), series("p99", "p99_ms")],
            unit="ms",
            marks=marks,
            logarithmic=True,
        ),
        lines("Resident memory", [series("RSS", "rss", 1 / MIB)], unit="MiB", marks=marks),
        lines(
            "Open files and connections",
            [series("file descriptors", "descriptors"), series("SMPP connections", "connections")],
            marks=marks,
        ),
        lines(
            "Waiting",
            [
                series("messages in flight", "in_flight"),
                series("receipts waiting", "receipts_waiting"),
            ],
            marks=marks,
        ),
        lines("Threads", [series("threads", "threads")], marks=marks),
    ]


def html_of(result: dict[str, Any]) -> str:
    """Return the page of a result."""
    counts, checks = result["counts"], result["checks"]
    tiles = [
        Tile("messages", f"{counts['submitted']:,}", f"{result['rate']:g}/s steady and the rest"),
        Tile("receipts", f"{counts['receipts']:,}", f"{counts['repeated_receipts']} repeated"),
        Tile("lost", str(result["lost"]), "responses and receipts", bool(result["lost"])),
        Tile("sent twice", str(result["duplicate"]), "to anybody", bool(result["duplicate"])),
        Tile("kill -9", str(result["kills"]), f"{counts['abandoned']} responses lost with it"),
        Tile("faults provoked", f"{sum(result['done'].values()):,}", "by clients and operator"),
    ]
    sections = [
        Section(
            "Over time",
            grid(map(chart, panels_of(result)))
            + note("Red: kill -9 and a new start. Dashed: the platform is down for a moment."),
        ),
        Section(
            "Checks",
            table(
                ["", "found", ""],
                [[one["name"], one["found"], _word(one["passed"])] for one in checks],
                [[one["passed"]] for one in checks],
            ),
        ),
        Section(
            "Answers and misbehaviour",
            grid(
                [
                    chart(bars("Answers", [], _bars(result["statuses"]), unit="messages")),
                    chart(bars("What was done to it", [], _bars(result["done"]), unit="times")),
                ]
            ),
        ),
    ]
    return page(
        "Soak of otpblue-trio",
        when=f"{result['date']}, {result['minutes']:g} minutes",
        passed=result["passed"],
        tiles=tiles,
        sections=sections,
        facts=[("command", result["command"]), *result["versions"].items()],
    )


def _bars(counts: dict[str, int]) -> list[Bar]:
    largest = sorted(counts.items(), key=lambda item: -item[1])
    return [Bar(name.replace("_", " ") if name.islower() else name, [n]) for name, n in largest]
