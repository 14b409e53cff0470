"""Charts are well-formed SVG and pages need nothing from anywhere."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import pytest
from charts import (
    CHARACTER,
    WIDTH,
    Bar,
    Mark,
    Panel,
    Series,
    bars,
    columns,
    inline,
    lines,
    number,
    standalone,
)
from pages import Section, Tile, chart, grid, note, page, table

LINES = lines(
    "Rate <of> & kind",
    [
        Series("a", [(0.0, 1.0), (1.0, math.nan), (2.0, 4.0), (3.0, 2.0)]),
        Series("b", [(float(x), x * 1e-3) for x in range(2000)]),
    ],
    unit="ms",
    marks=[Mark(1.5, "kill <9>")],
)
PANELS = [
    LINES,
    lines("nothing", []),
    lines("zeros", [Series("z", [(0.0, 0.0)])]),
    lines("log", [Series("l", [(0.0, 0.0), (1.0, 0.2), (2.0, 1500.0)])], logarithmic=True),
    lines("high up", [Series("h", [(0.0, 1e6), (9.0, 1.1e6)])], from_zero=False),
    columns("columns", ["x", "y"], [Bar("1-2", [1, 2]), Bar("2-5", [0, 4])]),
    columns("none", ["x"], []),
    bars("bars", ["x"], [Bar("ESME_ROK", [10]), Bar("<", [0])]),
    bars("none", [], []),
]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_chart_is_well_formed_and_draws_no_number_that_is_none(panel: Panel) -> None:
    ET.fromstring(inline(panel))  # noqa: S314 - our own
    assert "nan" not in panel.body.replace("none", "")
    assert "inf" not in panel.body


def test_gap_in_a_line_is_a_gap() -> None:
    path = re.findall(r'class="line l0" d="([^"]*)"', LINES.body)[0]
    assert path.count("M") == 2


def test_long_line_is_thinned() -> None:
    path = re.findall(r'class="line l1" d="([^"]*)"', LINES.body)[0]
    assert 150 <= path.count("L") <= 300


def test_peak_survives_the_thinning() -> None:
    points = [(float(x), 1.0) for x in range(3000)]
    points[1234] = (1234.0, 77.0)
    assert "77" in lines("peak", [Series("p", points)]).body


def test_legend_goes_on_below_when_it_is_too_long_for_one_line() -> None:
    names = [f"tcp://gateway-{place}.example:33054" for place in range(4)]
    for panel in (
        lines("long", [Series(name, [(0.0, 1.0)]) for name in names]),
        columns("long", names, [Bar("1", [1, 2, 3, 4])]),
        bars("long", names, [Bar("ESME_ROK", [1, 2, 3, 4])]),
    ):
        body = ET.fromstring(inline(panel))  # noqa: S314 - our own
        text = {one.text: one.attrib for one in body.iter("text")}
        ends = [float(text[name]["x"]) + CHARACTER * len(name) for name in names]
        assert max(ends) <= WIDTH
        assert len({text[name]["y"] for name in names}) == 2
    short = lines("long", [Series(name, [(0.0, 1.0)]) for name in "abcd"])
    assert lines("long", [Series(name, [(0.0, 1.0)]) for name in names]).height > short.height


def test_each_cell_of_a_table_has_its_own_news() -> None:
    html = table(["", "a", "b"], [["x", "1", "2"]], [[False, True]])
    assert '<td>x</td><td class="bad">1</td><td class="good">2</td>' in html


def test_file_of_charts_needs_nothing_from_outside() -> None:
    svg = standalone(PANELS)
    ET.fromstring(svg)  # noqa: S314 - our own
    assert svg.replace("http://www.w3.org/2000/svg", "").count("http") == 0
    assert "prefers-color-scheme:dark" in svg


def test_page_needs_nothing_from_outside_and_escapes_what_it_shows() -> None:
    html = page(
        "Load <test>",
        when="today & now",
        passed=False,
        tiles=[Tile("lost", "<1>", is_bad=True)],
        sections=[
            Section("Charts", grid(map(chart, PANELS)) + note("a < b")),
            Section("Table", table(["a", "b"], [["<x>", "1"], ["y", "2"]], [[True], [None]])),
        ],
        facts=[("command", "run --x '<y>'")],
    )
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)=|url\(|@import|http", html)
    assert "Load &lt;test&gt;" in html
    assert "&lt;1&gt;" in html
    assert "&lt;x&gt;" in html
    assert 'name="viewport"' in html
    assert '<span class="badge bad">failed</span>' in html


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (0.1234, "0.123"),
        (999, "999"),
        (1234, "1234"),
        (12345, "12.3k"),
        (5e6, "5M"),
        (2e9, "2G"),
    ],
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert number(value) == shown
