"""Charts as SVG text: lines over time and bars, light and dark, without any resource from outside.

Every chart is a `Panel`, a body of known height. `inline` makes an element for an HTML page of it
(the page brings `STYLE`), `standalone` a file of one or more panels. Values appear when the pointer
rests on the chart. Nothing here knows what it draws; texts are escaped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "STYLE",
    "Bar",
    "Mark",
    "Panel",
    "Series",
    "bars",
    "columns",
    "inline",
    "lines",
    "number",
    "standalone",
]

WIDTH = 520
HEIGHT = 230
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 52, 28
LEGEND_LINE = 16
MOST_POINTS = 300
CHARACTER, CAPITAL = 6.6, 8.4  # about what one takes at this font size

STYLE = """
.chart{--ink:#1f2937;--soft:#6b7280;--grid:#e5e7eb;--c0:#2563eb;--c1:#ea580c;--c2:#059669;
--c3:#db2777;--c4:#7c3aed;--grave:#dc2626;--paper:#fff;
font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){.chart{--ink:#e5e7eb;--soft:#9ca3af;--grid:#374151;
--c0:#60a5fa;--c1:#fb923c;--c2:#34d399;--c3:#f472b6;--c4:#a78bfa;--grave:#f87171;--paper:#111827}}
.chart .paper{fill:var(--paper)}.chart text{fill:var(--soft)}
.chart .title{fill:var(--ink);font-weight:600;font-size:14px}.chart .value{fill:var(--ink)}
.chart .grid{stroke:var(--grid);stroke-width:1;fill:none}
.chart .mark{stroke:var(--soft);stroke-dasharray:3 3;fill:none}
.chart .grave{stroke:var(--grave);stroke-dasharray:none}
.chart .line{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.chart .hit{fill:transparent}.chart .hit:hover{fill:var(--soft);fill-opacity:.14}
.chart .l0{stroke:var(--c0)}.chart .l1{stroke:var(--c1)}.chart .l2{stroke:var(--c2)}
.chart .l3{stroke:var(--c3)}.chart .l4{stroke:var(--c4)}
.chart .f0{fill:var(--c0)}.chart .f1{fill:var(--c1)}.chart .f2{fill:var(--c2)}
.chart .f3{fill:var(--c3)}.chart .f4{fill:var(--c4)}
"""


@attrs.frozen
class Series:
    """One line: points in the order of x; a y of NaN is a gap."""

    name: str
    points: Sequence[tuple[float, float]]


@attrs.frozen
class Mark:
    """Something that happened at one x."""

    x: float
    name: str
    is_grave: bool = False
    """Drawn in red."""


@attrs.frozen
class Bar:
    """One bar: a name, a value for each series."""

    name: str
    values: Sequence[float]


@attrs.frozen
class Panel:
    """The body of one chart, `WIDTH` wide."""

    body: str = attrs.field(repr=False)
    height: float
    title: str


def inline(panel: Panel) -> str:
    """Return a panel as an element for an HTML page that contains `STYLE`."""
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {panel.height:g}" role="img" '
        f'aria-label="{escape(panel.title)}">{panel.body}</svg>'
    )


def standalone(panels: Sequence[Panel]) -> str:
    """Return one SVG file with panels side by side, two in a row."""
    rows = [panels[at : at + 2] for at in range(0, len(panels), 2)]
    placed, top = [], 0.0
    for row in rows:
        for column, panel in enumerate(row):
            placed.append(f'<g transform="translate({column * WIDTH} {top:g})">{panel.body}</g>')
        top += max(panel.height for panel in row)
    width = WIDTH * max((len(row) for row in rows), default=1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 {width} {top:g}" '
        f'width="{width}" height="{top:g}"><style>{STYLE}</style>'
        f'<rect class="paper" width="{width}" height="{top:g}"/>{"".join(placed)}</svg>\n'
    )


def lines(
    title: str,
    series: Sequence[Series],
    *,
    unit: str = "",
    marks: Sequence[Mark] = (),
    logarithmic: bool = False,
    from_zero: bool = True,
) -> Panel:
    """Return a chart of lines over seconds.

    Args:
      title: what is shown.
      series: at most five.
      unit: of the values.
      marks: dashed vertical lines.
      logarithmic: the y axis; values of 0 and below are then left out.
      from_zero: the linear y axis begins at 0, else below the least value.
    """
    drawn = [Series(one.name, _thinned(one.points)) for one in series]
    values = [
        y for one in drawn for _, y in one.points if math.isfinite(y) and (y > 0 or not logarithmic)
    ]
    last = max((x for one in drawn for x, _ in one.points), default=1.0) or 1.0
    ticks = _log_ticks(values) if logarithmic else _ticks(values, from_zero=from_zero)
    low, high = ticks[0], ticks[-1]
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at_x(x: float) -> float:
        return LEFT + (right - LEFT) * x / last

    def at_y(y: float) -> float:
        if logarithmic:
            share = (math.log(y) - math.log(low)) / (math.log(high) - math.log(low))
        else:
            share = (y - low) / (high - low)
        return bottom - (bottom - TOP) * min(max(share, 0.0), 1.0)

    parts = []
    for tick in ticks:
        parts.append(f'<path class="grid" d="M{LEFT} {at_y(tick):.1f}H{right}"/>')
        parts.append(_text(LEFT - 6, at_y(tick) + 4, number(tick), "end"))
    parts += [_text(at_x(at), bottom + 18, _time(at), "middle") for at in _time_ticks(last)]
    parts += [
        f'<path class="mark{" grave" if mark.is_grave else ""}" '
        f'd="M{at_x(mark.x):.1f} {TOP}V{bottom}">'
        f"<title>{escape(mark.name)}</title></path>"
        for mark in marks
    ]
    for index, one in enumerate(drawn):
        path = _path(one.points, at_x, at_y, positive=logarithmic)
        parts.append(f'<path class="line l{index % 5}" d="{path}"/>')
    parts += _hits(drawn, at_x, bottom, unit)
    return _headed(title, unit, [one.name for one in drawn], "".join(parts), HEIGHT)


def columns(title: str, names: Sequence[str], data: Sequence[Bar], *, unit: str = "") -> Panel:
    """Return a chart of upright bars, side by side where there are several series.

    Args:
      title: what is shown.
      names: of the series.
      data: from left to right; every one has a value for each series.
      unit: of the values.
    """
    ticks = _ticks([value for bar in data for value in bar.values], from_zero=True)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for tick in ticks:
        y = bottom - (bottom - TOP) * tick / ticks[-1]
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>')
        parts.append(_text(LEFT - 6, y + 4, number(tick), "end"))
    slot = (right - LEFT) / max(len(data), 1)
    every = math.ceil(max((len(bar.name) for bar in data), default=1) * CHARACTER / slot + 0.2)
    for place, bar in enumerate(data):
        left = LEFT + place * slot
        wide = slot * 0.86 / max(len(bar.values), 1)
        for index, value in enumerate(bar.values):
            high = (bottom - TOP) * value / ticks[-1]
            parts.append(
                f'<rect class="f{index % 5}" x="{left + slot * 0.07 + index * wide:.1f}" '
                f'y="{bottom - high:.1f}" width="{wide:.1f}" height="{high:.1f}" rx="1">'
                f"<title>{escape(bar.name)}: {number(value)} {escape(unit)}</title></rect>"
            )
        if place % every == 0:
            parts.append(_text(left + slot / 2, bottom + 18, bar.name, "middle"))
    return _headed(title, unit, names, "".join(parts), HEIGHT)


def bars(title: str, names: Sequence[str], data: Sequence[Bar], *, unit: str = "") -> Panel:
    """Return a chart of lying bars with their values, one row for each name and series."""
    row, gap = 18, 8
    most = max((value for bar in data for value in bar.values), default=1.0) or 1.0
    label = min(max((_width(bar.name) for bar in data), default=20) + 16, WIDTH * 0.5)
    room = WIDTH - RIGHT - label - 64
    parts = []
    top = TOP - (0 if len(names) > 1 else 16)
    for bar in data:
        middle = top + row * len(bar.values) / 2
        parts.append(_text(label - 8, middle + 4, bar.name, "end"))
        for index, value in enumerate(bar.values):
            long = max(room * value / most, 1.0 if value else 0.0)
            parts.append(
                f'<rect class="f{index % 5}" x="{label:.1f}" y="{top + 2:.1f}" '
                f'width="{long:.1f}" height="{row - 4}" rx="2"/>'
            )
            parts.append(_text(label + long + 6, top + 13, number(value), "start", "value"))
            top += row
        top += gap
    return _headed(title, unit, names, "".join(parts), top + 8)


# ---------------------------------------------------------------------- pieces


def _title(title: str, unit: str) -> str:
    shown = f'{escape(title)}<tspan font-weight="400">{escape(f", {unit}" if unit else "")}</tspan>'
    return f'<text class="title" x="12" y="20">{shown}</text>'


def _headed(title: str, unit: str, names: Sequence[str], body: str, height: float) -> Panel:
    """Return a panel with its title and legend; what is below moves down for a long legend."""
    parts, x, y = [_title(title, unit)], 12.0, 0.0
    for index, name in enumerate(names if len(names) > 1 else ()):
        wide = 33 + _width(name)
        if x > 12.0 and x + wide > WIDTH:
            x, y = 12.0, y + LEGEND_LINE
        parts.append(
            f'<rect class="f{index % 5}" x="{x:.1f}" y="{31 + y:.1f}" '
            'width="10" height="10" rx="2"/>'
        )
        parts.append(_text(x + 15, 40 + y, name, "start"))
        x += wide
    parts.append(f'<g transform="translate(0 {y:g})">{body}</g>' if y else body)
    return Panel("".join(parts), height + y, title)


def _width(text: str) -> float:
    return sum(CAPITAL if one.isupper() or one == "_" else CHARACTER for one in text)


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _path(
    points: Iterable[tuple[float, float]],
    at_x: Callable[[float], float],
    at_y: Callable[[float], float],
    *,
    positive: bool,
) -> str:
    parts, pen = [], "M"
    for x, y in points:
        if not math.isfinite(y) or (positive and y <= 0):
            pen = "M"
            continue
        parts.append(f"{pen}{at_x(x):.1f} {at_y(y):.1f}")
        pen = "L"
    return "".join(parts)


def _hits(
    series: Sequence[Series], at_x: Callable[[float], float], bottom: float, unit: str
) -> list[str]:
    """Return invisible columns that tell the values under the pointer."""
    told: dict[float, list[str]] = {}
    for one in series:
        for x, y in one.points:
            if math.isfinite(y):
                told.setdefault(x, []).append(f"{one.name} {number(y)} {unit}".strip())
    places = sorted(told)
    width = (WIDTH - LEFT - RIGHT) / max(len(places), 1)
    return [
        f'<rect class="hit" x="{max(at_x(x) - width / 2, LEFT):.1f}" y="{TOP}" '
        f'width="{width:.1f}" height="{bottom - TOP}">'
        f"<title>{escape(_time(x))}: {escape(', '.join(told[x]))}</title></rect>"
        for x in places
    ]


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return at most `MOST_POINTS`: of neighbours the one with the largest value stays."""
    group = math.ceil(len(points) / MOST_POINTS) or 1
    if group == 1:
        return list(points)
    return [
        max(points[at : at + group], key=lambda point: (math.isfinite(point[1]), point[1]))
        for at in range(0, len(points), group)
    ]


def _step(span: float, most: int) -> float:
    rough = span / most
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(one * power for one in (1, 2, 5, 10) if one * power >= rough * 0.999999)


def _ticks(values: Sequence[float], *, from_zero: bool) -> list[float]:
    high = max(values, default=1.0)
    low = 0.0 if from_zero else min(values, default=0.0)
    if high <= low:
        high = low + (abs(low) * 0.1 or 1.0)
    step = _step(high - low, 4)
    first = math.floor(low / step)
    return [at * step for at in range(first, math.ceil(high / step - 1e-9) + 1)]


def _log_ticks(values: Sequence[float]) -> list[float]:
    low, high = min(values, default=0.1), max(values, default=1.0)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    digits = (1, 2, 5) if last - first <= 2 else (1,)
    grid = [digit * 10.0**power for power in range(first, last + 1) for digit in digits]
    lowest = max(one for one in grid if one <= low * 1.000001)
    highest = min(one for one in [*grid, grid[-1] * 10] if one > lowest and one >= high * 0.999999)
    return [one for one in [*grid, grid[-1] * 10] if lowest <= one <= highest]


def _time_ticks(last: float) -> list[float]:
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
    step = next((one for one in steps if last / one <= 6), last / 6)
    return [at * step for at in range(int(last / step + 1e-9) + 1)]


def _time(seconds: float) -> str:
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g} min"
    return f"{seconds:.4g} s"


def number(value: float) -> str:
    """Return a number in at most about five characters."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= factor:
            scale = 1e3 if letter == "k" else factor
            return f"{value / scale:.3g}{letter}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
