"""Result pages: one self-contained HTML file of tiles, charts and tables.

Nothing is loaded from anywhere, and no script runs. It follows the reader's light or dark theme,
and reads on a phone as well as on paper.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import attrs
from charts import STYLE, Panel, inline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Section", "Tile", "chart", "grid", "note", "page", "table"]

_CSS = """
:root{color-scheme:light dark;--bg:#f3f4f6;--card:#fff;--ink:#111827;--soft:#6b7280;--edge:#e5e7eb;
--good:#047857;--bad:#b91c1c;--goodbg:#d1fae5;--badbg:#fee2e2}
@media (prefers-color-scheme:dark){:root{--bg:#030712;--card:#111827;--ink:#f3f4f6;--soft:#9ca3af;
--edge:#1f2937;--good:#6ee7b7;--bad:#fca5a5;--goodbg:#064e3b;--badbg:#7f1d1d}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 16px 48px}
header{display:flex;flex-wrap:wrap;gap:8px 16px;align-items:center;margin-bottom:18px}
h1{font-size:24px;line-height:1.2;margin:0;letter-spacing:-.01em}
h2{font-size:16px;margin:28px 0 10px}
.when{color:var(--soft);flex-basis:100%}
.badge{font-weight:600;font-size:13px;padding:3px 12px;border-radius:99px}
.badge.good{color:var(--good);background:var(--goodbg)}
.badge.bad{color:var(--bad);background:var(--badbg)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(148px,1fr));gap:12px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:12px}
.tile,.card{background:var(--card);border:1px solid var(--edge);border-radius:10px}
.tile{padding:12px 16px}.card{padding:8px;overflow-x:auto}
.tile b{display:block;font-size:23px;line-height:1.3;font-variant-numeric:tabular-nums;
letter-spacing:-.02em}
.tile span{color:var(--soft);font-size:13px;display:block;overflow-wrap:anywhere}
.tile.bad b{color:var(--bad)}
svg{display:block;width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:6px 12px;border-bottom:1px solid var(--edge);white-space:nowrap}
tr:last-child td{border-bottom:0}
th{color:var(--soft);font-weight:500;font-size:13px}
th:first-child,td:first-child{text-align:left;white-space:normal}
td.good{color:var(--good)}td.bad{color:var(--bad);font-weight:600}
pre{margin:0;padding:8px;white-space:pre-wrap;overflow-wrap:anywhere;
font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace}
.note{color:var(--soft);font-size:13px;margin:8px 4px}
@media (max-width:520px){main{padding:16px 10px}h1{font-size:20px}th,td{padding:6px 8px;
white-space:normal}
.chart{font-size:14px}}
@media print{body{background:#fff}.card,.tile{break-inside:avoid}}
"""


_NEWS = {True: ' class="good"', False: ' class="bad"', None: ""}


@attrs.frozen
class Tile:
    """One large figure."""

    name: str
    value: str
    note: str = ""
    is_bad: bool = False


@attrs.frozen
class Section:
    """A heading and what is below it, as HTML."""

    heading: str
    html: str = attrs.field(repr=False)


def chart(panel: Panel) -> str:
    """Return a chart as a card."""
    return f'<div class="card">{inline(panel)}</div>'


def grid(cards: Iterable[str]) -> str:
    """Return cards side by side, as many as there is room for."""
    return f'<div class="grid">{"".join(cards)}</div>'


def note(text: str) -> str:
    """Return a line that explains what is above it."""
    return f'<p class="note">{escape(text)}</p>'


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    good: Sequence[Sequence[bool | None]] = (),
) -> str:
    """Return a table.

    Args:
      head: the columns' names; none are shown when empty.
      rows: cells as text.
      good: for each row, whether its last cells are good news; None: neither. Empty: no news.
    """
    parts = []
    if head:
        parts.append(f"<tr>{''.join(f'<th>{escape(one)}</th>' for one in head)}</tr>")
    for at, row in enumerate(rows):
        told = good[at] if good else ()
        news = [None] * (len(row) - len(told)) + list(told)
        cells = [
            f"<td{_NEWS[is_good]}>{escape(cell)}</td>"
            for cell, is_good in zip(row, news, strict=True)
        ]
        parts.append(f"<tr>{''.join(cells)}</tr>")
    return f'<div class="card"><table>{"".join(parts)}</table></div>'


def page(
    title: str,
    *,
    when: str,
    passed: bool,
    tiles: Sequence[Tile],
    sections: Sequence[Section],
    facts: Sequence[tuple[str, str]],
) -> str:
    """Return a whole page.

    Args:
      title: what was done.
      when: the date and the like, below the title.
      passed: the badge beside it.
      tiles: the figures to be seen first.
      sections: everything else.
      facts: name and text, such as the command and the versions, at the end.
    """
    badge = '<span class="badge good">passed</span>' if passed else (
        '<span class="badge bad">failed</span>'
    )  # fmt: skip
    shown = "".join(
        f'<div class="tile{" bad" if one.is_bad else ""}"><span>{escape(one.name)}</span>'
        f"<b>{escape(one.value)}</b><span>{escape(one.note)}</span></div>"
        for one in tiles
    )
    body = "".join(f"<h2>{escape(one.heading)}</h2>{one.html}" for one in sections)
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td><pre>{escape(text)}</pre></td></tr>"
        for name, text in facts
    )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{escape(title)}</title><style>{_CSS}{STYLE}
.facts td{{text-align:left}}.facts td:first-child{{color:var(--soft);width:1%;white-space:nowrap}}
.card .chart{{--paper:transparent}}</style></head>
<body><main><header><h1>{escape(title)}</h1>{badge}<div class="when">{escape(when)}</div></header>
<div class="tiles">{shown}</div>{body}
<h2>How it was made</h2><div class="card facts"><table>{rows}</table></div>
</main></body></html>
"""
