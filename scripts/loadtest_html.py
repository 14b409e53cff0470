"""The report of a load test as one HTML page, from its results alone."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from charts import Bar, Panel, Series, bars, columns, lines, number
from loadtest_books import FAULTS
from loadtest_comparison import caveats, compare
from loadtest_result import RANKS, has_faults
from pages import Section, Tile, chart, grid, note, page, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest_result import Result

__all__ = ["as_html"]

_TITLES = {"submit": "Load test", "bind": "Bind storm", "idle": "Idle sessions"}
_NOUNS = {"submit": "messages", "bind": "cycles", "idle": "enquire_links"}


def as_html(
    results: Sequence[Result],
    *,
    date: str,
    command: str,
    seed: int | None,
    interrupted: bool,
    versions: dict[str, str],
) -> str:
    """Return the page.

    Args:
      results: of `loadtest_result.report`, one for each target.
      date: of the run.
      command: without the password.
      seed: of the numbers and codes; None: there were none.
      interrupted: whether it ended before its time.
      versions: what the run was made with.
    """
    mode = results[0]["mode"]
    names = [result["target"] for result in results]
    sections = []
    if len(results) > 1:
        sections.append(Section("Side by side", _comparison(results)))
    sections.append(Section("Over time", grid(map(chart, _over_time(results)))))
    sections.append(Section("Latency", _latency(results)))
    kinds = [_kinds(result) for result in results if len(result["kinds"]) > 1]
    sections.append(Section("Answers", grid([chart(_answers(results)), *kinds])))
    sections.append(Section("Accounts", _accounts(results)))
    tiles_of = _tiles if len(results) == 1 else _tiles_beside
    return page(
        f"{_TITLES[mode]}: {' against '.join(names)}",
        when=f"{date}, interrupted" if interrupted else date,
        passed=not has_faults(results),
        tiles=list(itertools.chain.from_iterable(map(tiles_of, results))),
        sections=sections,
        facts=[
            ("command", command),
            *([] if seed is None else [("seed", str(seed))]),
            *versions.items(),
        ],
    )


def _tiles(result: Result) -> list[Tile]:
    """Return the figures of the only target."""
    ranks = result["response_ms"]
    faults = sum(result[group] for group in FAULTS)
    done = f"of {result['sent']:,} in {result['seconds']:g} s"
    return [
        Tile(_NOUNS[result["mode"]], f"{result['answered']:,}", done),
        Tile("throughput", f"{result['per_second']:,.0f}/s", "answered"),
        Tile("p50", _ms(ranks.get("p50")), "response"),
        Tile("p99", _ms(ranks.get("p99")), f"max {_ms(ranks.get('max'))}"),
        Tile("faults", str(faults), "lost, duplicate, out of order", is_bad=bool(faults)),
        _cpu_tile(result),
    ]


def _tiles_beside(result: Result) -> list[Tile]:
    """Return the figures of one target among several."""
    faults = sum(result[group] for group in FAULTS)
    p99 = _ms(result["response_ms"].get("p99"))
    done = f"{faults} faults" if faults else f"{result['answered']:,} answered"
    return [
        Tile(result["target"], f"{result['per_second']:,.0f}/s", done, is_bad=bool(faults)),
        Tile(result["target"], p99, "response p99"),
        *([_cpu_tile(result)] if result.get("cpu") else []),
    ]


def _cpu_tile(result: Result) -> Tile:
    if "memory" in result:
        memory = result["memory"]
        return Tile("server memory", f"{memory['kib_each']:,.1f} KiB", "for each session")
    if not result.get("cpu"):
        return Tile("loader CPU", f"{result['loader_cpu_share']:.0%}", "of a core")
    cpu = result["cpu"]
    each = "-" if cpu["us_each"] is None else f"{cpu['us_each']:.0f} µs"
    return Tile("server CPU", each, f"each; {cpu['share']:.0%} of a core")


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{number(value)} ms"


def _points(result: Result, key: str) -> list[tuple[float, float]]:
    """Return a series as it is drawn: counts as rates."""
    series = result["series"]
    step, values = series["step_seconds"], series[key]
    if not key.endswith("_ms"):
        # The last step is cut off by the end of the run and would look like a collapse.
        values = [value / step for value in (values[:-1] if len(values) > 3 else values)]
    return [
        (round((place + 0.5) * step, 3), math.nan if value is None else value)
        for place, value in enumerate(values)
    ]


def _over_time(results: Sequence[Result]) -> list[Panel]:
    if len(results) == 1:
        result = results[0]
        shown = ["sent", "answered", *(["receipts"] if result["receipts"] else [])]
        return [
            lines(
                "Throughput",
                [Series(name, _points(result, name)) for name in shown],
                unit="a second",
            ),
            lines(
                "Response time",
                [Series(name, _points(result, f"{name}_ms")) for name in ("p50", "p99", "max")],
                unit="ms",
                logarithmic=True,
            ),
        ]

    def each(title: str, key: str, unit: str, *, logarithmic: bool) -> Panel:
        series = [Series(result["target"], _points(result, key)) for result in results]
        return lines(title, series, unit=unit, logarithmic=logarithmic)

    return [
        each("Throughput", "answered", "a second", logarithmic=False),
        each("Response p50", "p50_ms", "ms", logarithmic=True),
        each("Response p99", "p99_ms", "ms", logarithmic=True),
        each("Response max", "max_ms", "ms", logarithmic=True),
    ]


def _latency(results: Sequence[Result]) -> str:
    counts = [{c["to_ms"]: c["count"] for c in result["histogram"]} for result in results]
    totals = [sum(one.values()) or 1 for one in counts]
    edges = sorted(set().union(*counts))
    histogram = columns(
        "Histogram of response times",
        [result["target"] for result in results],
        [
            Bar(
                f"{edge:g}",
                [one.get(edge, 0) / n * 100 for one, n in zip(counts, totals, strict=True)],
            )
            for edge in edges
        ],
        unit="% up to so many ms",
    )
    rows = []
    for result in results:
        named = f"{result['target']}: " if len(results) > 1 else ""
        rows.append((f"{named}response", result["response_ms"]))
        if result["receipts"]:
            rows.append((f"{named}receipt", result["receipt_ms"]))
        rows += [(f"{named}{name}", ranks) for name, ranks in result["phases_ms"].items()]
    shown = table(
        ["ms", *RANKS],
        [[name, *(number(ranks[one]) if ranks else "-" for one in RANKS)] for name, ranks in rows],
    )
    return grid([chart(histogram), shown])


def _answers(results: Sequence[Result]) -> Panel:
    statuses = sorted(
        set().union(*(result["statuses"] for result in results)),
        key=lambda name: -results[0]["statuses"].get(name, 0),
    )
    names = [result["target"] for result in results]
    data = [Bar(name, [result["statuses"].get(name, 0) for result in results]) for name in statuses]
    return bars("Status mix", names, data)


def _kinds(result: Result) -> str:
    rows = [
        [kind, ", ".join(f"{name} {n:,}" for name, n in statuses.items())]
        for kind, statuses in result["kinds"].items()
    ]
    return table([f"kinds of messages, {result['target']}", "answers"], rows)


def _accounts(results: Sequence[Result]) -> str:
    rows, news = [], []
    for group, names in FAULTS.items():
        told = []
        for result in results:
            found = [
                f"{one.replace('_', ' ')} {n}"
                for one, n in result["faults"].items()
                if one in names
            ]
            told.append(", ".join(found) or "0")
        rows.append([group.replace("_", " "), *told])
        news.append([result[group] == 0 for result in results])
    text = (
        "Every submit_sm must get one submit_sm_resp; every accepted one that asked for it one "
        "receipt, behind its response, with its message_id and its addresses swapped."
    )
    notes = [text]
    notes += [f"{result['target']}: {one}" for result in results for one in result["troubles"]]
    shown = table(["", *(result["target"] for result in results)], rows, news)
    return shown + "".join(map(note, notes))


def _comparison(results: Sequence[Result]) -> str:
    rows: list[list[str]] = []
    news: list[list[bool | None]] = []
    for row in compare(results):
        shown = [f"x {one:.2f}" for one in row["ratios"][1:] if one is not None]
        rows.append([row["measure"], *map(_figure, row["values"]), " ".join(shown) or "-"])
        news.append([*row["is_better"], None])
    first = results[0]["target"]
    notes = ["Green: better than the first by more than 5 %; red: worse.", *caveats(results)]
    head = ["", *(result["target"] for result in results), f"to {first}"]
    return table(head, rows, news) + "".join(map(note, notes))


def _figure(value: Any) -> str:
    return f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"
