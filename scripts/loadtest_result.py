"""The result of a load test: what JSON can hold, from the tallies, and as text for people."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Any

from loadtest_books import FAULTS
from loadtest_comparison import caveats, compare

from otpblue_trio.smpp import status_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest_books import Tally

__all__ = ["RANKS", "as_text", "has_faults", "percentiles", "report"]

RANKS = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
SERIES_RANKS = ("p50", "p99", "max")
STEPS = (1, 2, 5, 10, 20, 50, 100, 300, 600, 3000, 6000, 36_000)
"""Of a series, in tenths of a second."""
MOST_POINTS = 120
"""Of a series; the longer the run the longer the steps."""

# Milliseconds, six to a decade: upper ends of the histogram's columns.
EDGES = [
    float(f"{digit}e{power}") for power in range(-2, 6) for digit in (1, 1.5, 2, 3, 5, 7)
]  # fmt: skip

# A result is what JSON can say.
Result = dict[str, Any]


def percentiles(latencies: Sequence[float]) -> dict[str, float]:
    """Return p50, p90, p99, p99.9 and the maximum in milliseconds, by nearest rank."""
    ordered = sorted(latencies)
    if not ordered:
        return {}
    return {name: _ranked(ordered, share) for name, share in RANKS.items()}


def _ranked(ordered: Sequence[float], share: float) -> float:
    return round(ordered[math.ceil(share * len(ordered)) - 1] * 1000, 3)


def report(
    tally: Tally, *, mode: str, target: str, sessions: int = 1, rate: float | None = None
) -> Result:
    """Return what was seen of one target. Latencies are milliseconds.

    Args:
      tally: what was seen.
      mode: `submit`, `bind` or `idle`.
      target: its name.
      sessions: how many were bound at once.
      rate: messages or cycles a second that were due; None: flat out.
    """
    duration = tally.duration if tally.answered else 0.0
    result = {
        "target": target,
        "mode": mode,
        "rate": rate,
        "sent": tally.sent,
        "answered": tally.answered,
        "receipts": tally.receipts,
        "seconds": round(duration, 3),
        "per_second": round(tally.answered / duration, 1) if duration else 0.0,
        "response_ms": percentiles(tally.response_latency),
        "receipt_ms": percentiles(tally.receipt_latency),
        "phases_ms": {name: percentiles(taken) for name, taken in tally.phases.items()},
        "largest_lag_ms": round(tally.largest_lag * 1000, 3),
        "omitted": tally.omitted,
        "loader_cpu_share": _share(tally.cpu_of_loader, tally.load_time),
        "accepted_share": _accepted_share(tally) if mode != "idle" else None,
        "statuses": {status_name(one): n for one, n in sorted(tally.statuses.items())},
        "kinds": {
            kind: {status_name(one): n for one, n in sorted(statuses.items())}
            for kind, statuses in sorted(tally.kinds.items())
        },
        **{group: sum(tally.faults[one] for one in names) for group, names in FAULTS.items()},
        "troubles": _troubles(tally),
        "fault_count": sum(tally.faults.values()),
        "faults": {name: n for name, n in sorted(tally.faults.items()) if n},
        "histogram": _histogram(tally.response_latency),
        "series": _series(tally),
    }
    if tally.cpu_is_unknown:
        result["cpu"] = None
    elif tally.cpu:
        result["cpu"] = {
            "seconds": round(tally.cpu, 3),
            "share": _share(tally.cpu, tally.load_time),
            "us_each": round(tally.cpu / tally.answered * 1e6, 1) if tally.answered else None,
        }
    if tally.memory and mode == "idle":
        result["memory"] = {
            "octets": tally.memory,
            "kib_each": round(tally.memory / 1024 / sessions, 1),
        }
    return result


def _troubles(tally: Tally) -> list[str]:
    if not tally.omitted:
        return tally.troubles
    slow = (
        f"this program was too slow for the rate: {tally.omitted} messages that were due were not "
        "sent"
    )
    return [*tally.troubles, slow]


def _share(seconds: float, duration: float) -> float:
    return round(seconds / duration, 3) if duration else 0.0


def _accepted_share(tally: Tally) -> float | None:
    answered = sum(tally.statuses.values())
    return round(tally.statuses[0] / answered, 4) if answered else None


def _histogram(latencies: Sequence[float]) -> list[dict[str, float]]:
    """Return columns from the least to the largest latency: up to how many ms, how many."""
    counts = Counter(bisect_left(EDGES, one * 1000) for one in latencies)
    if not counts:
        return []
    edges = [*EDGES, math.ceil(max(latencies) * 1000)]
    return [
        {"to_ms": edges[place], "count": counts[place]}
        for place in range(min(counts), max(counts) + 1)
    ]


def _series(tally: Tally) -> dict[str, Any]:
    """Return what happened over time, in even steps."""
    last = int(max(tally.response_at, default=0.0) * 10)
    tenths = 1 + max([last, *tally.sent_in, *tally.receipts_in])
    step = next((one for one in STEPS if tenths / one <= MOST_POINTS), STEPS[-1])
    steps = math.ceil(tenths / step)
    latencies = [array("d") for _ in range(steps)]
    for at, latency in zip(tally.response_at, tally.response_latency, strict=True):
        latencies[int(at * 10) // step].append(latency)
    ordered = [sorted(one) for one in latencies]
    return {
        "step_seconds": step / 10,
        "sent": _in_steps(tally.sent_in, step, steps),
        "answered": [len(one) for one in ordered],
        "receipts": _in_steps(tally.receipts_in, step, steps),
        **{
            f"{name}_ms": [_ranked(one, RANKS[name]) if one else None for one in ordered]
            for name in SERIES_RANKS
        },
    }


def _in_steps(counts: Counter[int], step: int, steps: int) -> list[int]:
    summed = [0] * steps
    for tenth, count in counts.items():
        summed[tenth // step] += count
    return summed


def has_faults(results: Sequence[Result]) -> bool:
    """Tell whether anything was wrong with one of them."""
    return any(result["faults"] for result in results)


# ---------------------------------------------------------------------- as text


def as_text(results: Sequence[Result], *, seed: int | None, was_interrupted: bool = False) -> str:
    """Return results for people to read, one below the other, then side by side."""
    parts = [_one_as_text(result, with_name=len(results) > 1) for result in results]
    if len(results) > 1:
        parts.append(_comparison_as_text(results))
    if seed is not None:
        parts.append(f"seed       {seed}")
    if was_interrupted:
        parts.append("interrupted: the run ended before its time")
    return "\n\n".join(parts)


_NOUNS = {
    "submit": ("messages", "answered"),
    "bind": ("cycles", "complete"),
    "idle": ("enquire_links", "answered"),
}


def _one_as_text(result: Result, *, with_name: bool) -> str:
    noun, done = _NOUNS[result["mode"]]

    def latency(ranks: dict[str, float]) -> str:
        return ", ".join(f"{rank} {value:.4g}" for rank, value in ranks.items()) or "none"

    lines = [f"target     {result['target']}"] if with_name else []
    receipts = f", {result['receipts']} receipts" if result["mode"] == "submit" else ""
    lines += [
        f"{noun:10} {result['sent']} sent, {result['answered']} {done}{receipts}",
        f"throughput {result['per_second']}/s over {result['seconds']} s",
        f"response   {latency(result['response_ms'])} ms",
    ]
    if result["receipts"]:
        lines.append(f"receipt    {latency(result['receipt_ms'])} ms")
    lines += [f"{name:10} {latency(ranks)} ms" for name, ranks in result["phases_ms"].items()]
    if result.get("cpu", 0) is None:
        lines.append("server CPU unknown")
    elif "cpu" in result:
        cpu = result["cpu"]
        lines.append(
            f"server CPU {cpu['us_each']} us each, {cpu['seconds']} s, {cpu['share']:.0%} of a core"
        )
    if "memory" in result:
        lines.append(f"memory     {result['memory']['kib_each']} KiB for each session")
    lines.append(f"loader CPU {result['loader_cpu_share']:.0%} of a core")
    if result["loader_cpu_share"] > 0.9:
        lines.append("           this program was the bottleneck: throughput is its own")
    if result["rate"]:
        lines.append(f"lag        this program was up to {result['largest_lag_ms']:.4g} ms late")
    lines += [f"trouble    {one}" for one in result["troubles"]]
    lines += [
        "status     " + ", ".join(f"{name} {n}" for name, n in result["statuses"].items()),
        "accounts   " + ", ".join(f"{name.replace('_', ' ')} {result[name]}" for name in FAULTS),
    ]
    if len(result["kinds"]) > 1:
        for kind, statuses in result["kinds"].items():
            told = ", ".join(f"{name} {n}" for name, n in statuses.items())
            lines.append(f"  {kind:14} {told}")
    if result["faults"]:
        told = ", ".join(f"{name} {n}" for name, n in result["faults"].items())
        lines.append(f"faults     {told}")
    return "\n".join(lines + _histogram_as_text(result["histogram"]))


def _histogram_as_text(columns: Sequence[dict[str, float]]) -> list[str]:
    total = sum(column["count"] for column in columns)
    most = max((column["count"] for column in columns), default=0)
    lines = ["", "response, ms     share"] if columns else []
    for column in columns:
        long = round(column["count"] / most * 320)
        bar = "█" * (long // 8) + ("", *"▏▎▍▌▋▊▉")[long % 8]
        share = column["count"] / total
        lines.append(f"  <= {column['to_ms']:<8g} {share:8.3%} {bar}".rstrip())
    return lines


def _comparison_as_text(results: Sequence[Result]) -> str:
    width = max(12, *(len(result["target"]) + 2 for result in results))
    names = "".join(f"{result['target']:>{width}}" for result in results)
    lines = [f"{'side by side':22}{names}"]
    for row in compare(results):
        shown = "".join(f"{value:>{width}.5g}" for value in row["values"])
        ratios = "  ".join(f"x {ratio:.2f}" for ratio in row["ratios"][1:] if ratio is not None)
        lines.append(f"{row['measure']:22}{shown}   {ratios}".rstrip())
    lines += caveats(results)
    return "\n".join(lines)
