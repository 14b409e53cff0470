"""The Prometheus text format, version 0.0.4, and the histogram that it shows.

The samples of one metric stand together below its HELP and TYPE lines. Label sets are made once
and kept as text by those who have many samples, because joining prepared strings is what makes a
page of several thousand lines cost about a millisecond.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CONTENT_TYPE", "Exposition", "Histogram", "escape_label", "label_set"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def escape_label(value: str) -> str:
    """Return a label's value with backslash, double quote and line feed escaped."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def label_set(labels: Mapping[str, str]) -> str:
    """Return labels as they stand after a metric's name, e.g. `{mode="receiver"}`."""
    if not labels:
        return ""
    inner = ",".join(f'{name}="{escape_label(value)}"' for name, value in labels.items())
    return f"{{{inner}}}"


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(int(value))  # a bool too
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)


class Exposition:
    """Collects samples, metric by metric, into one page."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.names: set[str] = set()
        """Whole names of the metrics begun so far."""
        self._lines: list[str] = []

    def family(self, name: str, kind: str, help_text: str, *, prefix: str | None = None) -> str:
        """Begin a metric and return its whole name.

        Args:
          name: the name without prefix.
          kind: `counter`, `gauge` or `histogram`.
          help_text: one sentence for the reader of the page.
          prefix: another prefix than the page's own.

        Raises:
          ValueError: the page has a metric of this name.
        """
        whole = (self._prefix if prefix is None else prefix) + name
        if whole in self.names:
            raise ValueError(f"metric {whole} twice on one page")
        self.names.add(whole)
        shown = help_text.replace("\\", "\\\\").replace("\n", "\\n")
        self._lines.append(f"# HELP {whole} {shown}\n# TYPE {whole} {kind}\n")
        return whole

    def sample(self, name: str, value: float, labels: str = "") -> None:
        """Add one sample of the metric that `family` named; `labels` as `label_set` returns it."""
        self._lines.append(f"{name}{labels} {_number(value)}\n")

    def single(self, name: str, kind: str, help_text: str, value: float) -> None:
        """Add a metric that has one sample without labels."""
        self.sample(self.family(name, kind, help_text), value)

    def by_label(
        self, name: str, kind: str, help_text: str, label: str, values: Mapping[str, float]
    ) -> None:
        """Add a metric with one sample for each value of one label."""
        whole = self.family(name, kind, help_text)
        for key, value in values.items():
            self.sample(whole, value, label_set({label: key}))

    def histogram(self, name: str, histogram: Histogram, inner_labels: str) -> None:
        """Add one histogram's buckets, sum and count; `inner_labels` without braces, not empty."""
        lines = self._lines
        for edge, below in zip(histogram.edges, accumulate(histogram.counts), strict=True):
            lines.append(f'{name}_bucket{{{inner_labels},le="{edge}"}} {below}\n')
        lines.append(f"{name}_sum{{{inner_labels}}} {_number(histogram.total)}\n")
        lines.append(f"{name}_count{{{inner_labels}}} {sum(histogram.counts)}\n")

    def render(self) -> bytes:
        """Return the page."""
        return "".join(self._lines).encode()


class Histogram:
    """Counts observations by the bucket they fall in."""

    __slots__ = ("bounds", "counts", "edges", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        """Upper bounds, ascending, inclusive; one more bucket takes what is above the last."""
        self.edges = (*(_number(float(bound)) for bound in self.bounds), "+Inf")
        """The bounds as the page shows them."""
        self.counts = [0] * len(self.edges)
        """Observations by bucket, not cumulated."""
        self.total = 0.0
        """The sum of all observations."""

    @property
    def count(self) -> int:
        """The number of observations."""
        return sum(self.counts)

    def observe(self, value: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
