# SPDX-License-Identifier: Apache-2.0
"""The tracker's pages for people: all datasets, with a search; and how one fared over time. No script (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode

from seedbed.tracker.numbers import HEADS
from seedbed.tracker.plot import plot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from seedbed.tracker.swarm import Count

ROWS = 100
"""On one page."""
MAX_QUERY_BYTES = 1_000
RANGES = {7: "7 days", 31: "a month", 400: "a year"}
_SORTS: dict[str, Callable[[tuple[str, Count]], tuple[object, ...]]] = {
    "peers": lambda row: (-row[1].seeds - row[1].leechers, row[0]),
    "name": lambda row: (row[0],),
    "seeds": lambda row: (-row[1].seeds, row[0]),
    "fewest": lambda row: (row[1].seeds, -row[1].leechers, row[0]),
    "leechers": lambda row: (-row[1].leechers, row[0]),
    "completed": lambda row: (-row[1].completed, row[0]),
}


@dataclass(frozen=True, slots=True)
class View:
    """What part of the table is asked for."""

    words: str = ""
    sort: str = "peers"
    page: int = 1

    @classmethod
    def of(cls, query: bytes) -> View:
        """Read a query; what is not understood is passed over."""
        said = parse_qs(query[:MAX_QUERY_BYTES].decode("ascii", "replace"), errors="replace")
        first = {name: values[0] for name, values in said.items()}
        page, sort = first.get("page", "1"), first.get("sort", "peers")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
        return cls(first.get("q", "").strip()[:200], sort if sort in _SORTS else "peers", max(number, 1))

    def link(self, **other: str | int) -> str:
        """The address of another part."""
        said = {"q": self.words, "sort": self.sort, "page": self.page, **other}
        usual = {"q": "", "sort": "peers", "page": 1}
        return "?" + escape(urlencode({name: value for name, value in said.items() if value != usual[name]}))


def stats_page(whole: Mapping[str, int], rows: Mapping[str, Count], view: View) -> bytes:
    """All datasets."""
    words = view.words.casefold().split()
    found = [row for row in rows.items() if all(word in row[0].casefold() for word in words)]
    found.sort(key=_SORTS[view.sort])
    pages = max(-(-len(found) // ROWS), 1)
    at = min(view.page, pages)
    shown = found[(at - 1) * ROWS : at * ROWS]
    heads = "".join(f"<li>{_NAMES.get(name, name)}: <b>{_head(name, whole[name])}</b></li>" for name in HEADS)
    body = (
        f"<h1>Tracker</h1><ul>{heads}</ul>{_form(view)}<p>{len(found):,} of {len(rows):,} datasets"
        f"{_steps(view, at, pages)}</p><table><thead><tr>{_columns(view)}</tr></thead>"
        f"<tbody>{_rows(shown)}</tbody></table>"
        "<p>For programs: <a href=/stats.json>stats.json</a>, <a href=/metrics>metrics</a>, "
        "<a href=/scrape.parquet>scrape.parquet</a></p>"
    )
    return _page("Tracker", body)


def history_page(name: str, now: Count, points: Sequence[tuple[int, int, int, int]], days: int) -> bytes:
    """How one dataset fared.

    Args:
        name: Its id.
        now: Its numbers now.
        points: Time, seeds, completed, leechers; the oldest first.
        days: How far back they go.
    """
    ranges = " · ".join(
        f"<b>{text}</b>" if one == days else f'<a href="?days={one}">{text}</a>' for one, text in RANGES.items()
    )
    figures = "<p>Nothing is known yet: numbers are noted once an hour.</p>"
    if points:
        times, seeds, completed, leechers = zip(*points, strict=True)
        figures = (
            '<p><span class="key seeds"></span>seeds <span class="key leechers"></span>leechers</p>'
            + plot(times, {"leechers": leechers, "seeds": seeds}, "seeds and leechers over time")
            + '<p><span class="key completed"></span>completed</p>'
            + plot(times, {"completed": completed}, "completed downloads over time")
        )
    body = (
        f'<p><a href="/stats">Tracker</a></p><h1>{escape(name)}</h1><ul><li>seeds: <b>{now.seeds:,}</b></li>'
        f"<li>leechers: <b>{now.leechers:,}</b></li><li>completed: <b>{now.completed:,}</b></li></ul>"
        f'<p>{ranges}</p>{figures}<p>For programs: <a href="/stats/{_quoted(name)}.json?days={days}">JSON</a></p>'
    )
    return _page(name, body)


def days_of(query: bytes) -> int:
    """How far back is asked for: one of :data:`RANGES`."""
    text = parse_qs(query[:MAX_QUERY_BYTES].decode("ascii", "replace")).get("days", ["31"])[0]
    return next((one for one in RANGES if str(one) == text), 31)


def _form(view: View) -> str:
    kept = f'<input type="hidden" name="sort" value="{view.sort}">' if view.sort != "peers" else ""
    return (
        f'<form action="/stats"><input type="search" name="q" value="{escape(view.words)}" '
        f'aria-label="Words in the name" placeholder="Words in the name">{kept}<button>Search</button></form>'
    )


def _columns(view: View) -> str:
    def link(sort: str, text: str) -> str:
        return text if view.sort == sort else f'<a href="{view.link(sort=sort, page=1)}">{text}</a>'

    few = link("fewest", "fewest")
    return (
        f"<th>{link('name', 'Dataset')}</th><th>{link('seeds', 'Seeds')} <small>{few}</small></th>"
        f"<th>{link('leechers', 'Leechers')}</th><th>{link('completed', 'Completed')}</th>"
    )


def _rows(shown: Sequence[tuple[str, Count]]) -> str:
    return "".join(
        f'<tr><td><a href="/stats/{_quoted(name)}">{escape(name)}</a></td><td>{one.seeds:,}</td>'
        f"<td>{one.leechers:,}</td><td>{one.completed:,}</td></tr>"
        for name, one in shown
    )


def _steps(view: View, at: int, pages: int) -> str:
    if pages == 1:
        return ""
    before = f' <a href="{view.link(page=at - 1)}">before</a>' if at > 1 else ""
    after = f' <a href="{view.link(page=at + 1)}">next</a>' if at < pages else ""
    return f", page {at:,} of {pages:,}{before}{after}"


def _head(name: str, value: int) -> str:
    if name != "up_s":
        return f"{value:,}"
    return f"{value // 86_400} d {value % 86_400 // 3_600} h" if value >= 86_400 else f"{value / 3_600:.1f} h"


def _quoted(name: str) -> str:
    return quote(name, safe="@")


def _page(title: str, body: str) -> bytes:
    return _PAGE.replace("TITLE", escape(title), 1).replace("BODY", body, 1).encode()


_NAMES = {"up_s": "up", "refused": "refused announces", "dropped": "dropped datagrams"}
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<title>TITLE</title><style>
:root{--seeds:#0a7a3d;--leechers:#b35900;--completed:#2b5fc2;--back:#fff;--text:#1b1b1b;--line:#8884;--link:#0b57d0}
@media(prefers-color-scheme:dark){:root{--seeds:#4fd18b;--leechers:#ffab5c;--completed:#8ab4f8;--back:#121212;
--text:#e6e6e6;--link:#8ab4f8}}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;background:var(--back);
color:var(--text)}a{color:var(--link)}h1{overflow-wrap:anywhere}
ul{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:0 1rem;padding:0;list-style:none}
form{display:flex;gap:.5rem;margin:1rem 0}input[type=search]{flex:1;min-width:0}input,button{font:inherit;
padding:.3rem .6rem}table{border-collapse:collapse;width:100%}
td,th{padding:.3rem .4rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
td:first-child,th:first-child{text-align:left;overflow-wrap:anywhere}small{font-weight:normal}
svg{width:100%;height:auto;max-height:60vh}svg path{fill:none;stroke-width:2;stroke-linejoin:round;
stroke-linecap:round}svg text{font-size:12px;fill:currentColor;opacity:.75}svg .grid{stroke:var(--line);stroke-width:1}
svg .seeds{stroke:var(--seeds)}svg .leechers{stroke:var(--leechers)}svg .completed{stroke:var(--completed)}
.key{display:inline-block;width:1em;height:.25em;margin:0 .3em .25em 0}.key+.key{margin-left:1em}
.key.seeds{background:var(--seeds)}.key.leechers{background:var(--leechers);margin-left:1em}
.key.completed{background:var(--completed)}
@media(max-width:30rem){body{font-size:14px}th{font-size:.85em}td,th{padding:.3rem .2rem}svg text{font-size:22px}}
</style></head><body>BODY</body></html>
"""
