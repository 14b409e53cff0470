"""The results of several targets side by side: figures, ratios, and which is better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest_result import Result

__all__ = ["caveats", "compare"]

# name, where it stands, whether more is better
_MEASURES: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("accepted, share", ("accepted_share",), True),
    ("faults", ("fault_count",), False),
    ("per second", ("per_second",), True),
    ("response p50, ms", ("response_ms", "p50"), False),
    ("response p99, ms", ("response_ms", "p99"), False),
    ("response p99.9, ms", ("response_ms", "p99.9"), False),
    ("response max, ms", ("response_ms", "max"), False),
    ("receipt p50, ms", ("receipt_ms", "p50"), False),
    ("receipt p99, ms", ("receipt_ms", "p99"), False),
    ("server CPU each, us", ("cpu", "us_each"), False),
    ("memory each, KiB", ("memory", "kib_each"), False),
)
_OF_ANSWERS = ("accepted, share", "faults")
"""Measures of what was answered; the others tell at what cost."""

ALIKE = 0.05
"""Ratios that differ by less from 1 are no news."""


def compare(results: Sequence[Result]) -> list[dict[str, Any]]:
    """Return the measures of several targets side by side, with ratios to the first one's.

    Measures that one of them lacks are left out; so is the throughput where a rate was given, since
    that is what was sent and no figure of the target. Where a target accepted another share of the
    messages than the first, its speed is that of other work, and neither better nor worse.
    """
    rows = []
    accepted = [result["accepted_share"] for result in results]
    for name, path, more_is_better in _MEASURES:
        values = [_at(result, path) for result in results]
        if any(value is None for value in values) or (name == "per second" and _is_paced(results)):
            continue
        first = values[0]
        rows.append(
            {
                "measure": name,
                "more_is_better": more_is_better,
                "values": values,
                "ratios": [round(value / first, 3) if first else None for value in values],
                "is_better": [
                    _is_better(value, first, more_is_better=more_is_better)
                    if name in _OF_ANSWERS or _are_alike(share, accepted[0])
                    else None
                    for value, share in zip(values, accepted, strict=True)
                ],
            }
        )
    return rows


def caveats(results: Sequence[Result]) -> list[str]:
    """Return what to know before several targets are compared."""
    first, *others = results
    return [
        f"{other['target']} accepted another share of the messages than {first['target']}: its "
        "speed is that of other work."
        for other in others
        if not _are_alike(other["accepted_share"], first["accepted_share"])
    ]


def _is_paced(results: Sequence[Result]) -> bool:
    return any(result["rate"] or result["mode"] == "idle" for result in results)


def _are_alike(value: float | None, first: float | None) -> bool:
    return value == first or abs((value or 0) - (first or 0)) < ALIKE * (first or 0)


def _is_better(value: float, first: float, *, more_is_better: bool) -> bool | None:
    return None if _are_alike(value, first) else (value > first) is more_is_better


def _at(result: Result, path: Sequence[str]) -> Any:  # a number or nothing
    value: Any = result
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value
