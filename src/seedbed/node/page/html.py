# SPDX-License-Identifier: Apache-2.0
"""The page: what the node protects, does and has done, in its owner's language; no script (pure)."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import TYPE_CHECKING, Any

from seedbed.node.page.texts import named, number, scale, share, size, text
from seedbed.node.telling.words import reason
from seedbed.tracker.plot import plot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLLECTIONS, LARGE, FETCHES, ONLY, EVENTS = 30, 15, 15, 30, 25
POINTS = 200
"""Shown at most; the whole is in ``/status.json``. With the longest names the page stays below 50 kB."""
_NAME = 60
"""Characters of a name that are shown."""


def page(
    facts: Mapping[str, Any], events: Sequence[Mapping[str, Any]], points: Sequence[tuple[int, int]], lang: str
) -> bytes:
    """All of it.

    Args:
        facts: As :meth:`seedbed.node.control.desk.Desk.status` gives them.
        events: What happened, the newest first.
        points: Time and bytes held, the oldest first.
        lang: One of :data:`seedbed.node.telling.words.LANGUAGES`.
    """
    parts = [
        *_notes(facts, lang), _protects(facts, lang), _large(facts["large"], lang), _figures(facts, lang),
        _budget(facts, lang), _plot(points, lang), _now(facts["units"], lang), _only(facts["units"], lang),
        _events(events, lang),
        f'<p>{named("programs", lang)}<a href="/status.json">status.json</a>, <a href="/metrics">metrics</a></p>',
    ]  # fmt: skip
    title = f"{named('title', lang)}{_short(facts['catalog'])}"
    head, tail = _PAGE.replace("LANG", lang, 1).split("BODY")  # names of others never meet a placeholder
    return (head.replace("TITLE", escape(title), 2) + "".join(parts) + tail).encode()


def _notes(facts: Mapping[str, Any], lang: str) -> Iterable[str]:
    if facts["is_paused"]:
        yield f'<p class="note">{text("paused", lang)}</p>'
    if facts["hours"]:
        yield f'<p class="note">{escape(text("hours", lang, hours=", ".join(facts["hours"])))}</p>'
    for name, said in (("warning", facts["warning"]), ("trouble", facts["now"]["trouble"])):
        if said:
            yield f'<p class="note bad">{named(name, lang)}{escape(said[:500])}</p>'


def _protects(facts: Mapping[str, Any], lang: str) -> str:
    rows = facts["collections"]
    if not rows:
        return f"<h2>{text('protects', lang)}</h2><p>{text('nothing', lang)}</p>"
    first = rows[0]
    last = text("only-copy", lang, count=number(first["only_here"], lang)) if first["only_here"] else ""
    said = text(
        "protect-one", lang, share=share(first["percent"], lang), collection=_short(first["collection"]),
        held=number(first["held"], lang), of=number(first["of"], lang), last=last,
    )  # fmt: skip
    heads = [text(name, lang) for name in ("collection", "datasets", "bytes", "share", "only")]
    cells = [
        (_short(row["collection"]), f"{number(row['held'], lang)} / {number(row['of'], lang)}",
         f"{size(row['held_bytes'], lang)} / {size(row['bytes'], lang)}", row["percent"],
         number(row["only_here"], lang) if row["only_here"] else "")
        for row in rows[:COLLECTIONS]
    ]  # fmt: skip
    more = _more(len(rows) - COLLECTIONS, lang)
    return f"<h2>{text('protects', lang)}</h2><p>{escape(said)}</p>{_table(heads, cells, lang)}{more}"


def _large(rows: Sequence[Mapping[str, Any]], lang: str) -> str:
    if not rows:
        return ""
    heads = [text(name, lang) for name in ("dataset", "parts", "bytes", "share", "only")]
    cells = [
        (_short(row["id"]), f"{number(row['held'], lang)} / {number(row['of'], lang)}",
         f"{size(row['held_bytes'], lang)} / {size(row['bytes'], lang)}", row["percent"],
         number(row["only_here"], lang) if row["only_here"] else "")
        for row in rows[:LARGE]
    ]  # fmt: skip
    return f"<h2>{text('in-parts', lang)}</h2>{_table(heads, cells, lang)}{_more(len(rows) - LARGE, lang)}"


def _figures(facts: Mapping[str, Any], lang: str) -> str:
    now = facts["now"]
    figures = {stage: number(facts[stage], lang) for stage in ("held", "fetching", "leaving")}
    figures |= {"sent": size(now["sent_bytes"], lang), "received": size(now["received_bytes"], lang)}
    figures["last-round"] = _moment(now["last_round_s"]) if now["last_round_s"] else text("never", lang)
    items = "".join(f"<li>{named(name, lang)}<b>{escape(value)}</b></li>" for name, value in figures.items())
    return f"<h2>{text('now', lang)}</h2><ul>{items}</ul>"


def _budget(facts: Mapping[str, Any], lang: str) -> str:
    used, given = facts["held_bytes"], facts["storage_bytes"]
    said = text("of-given", lang, used=size(used, lang), given=size(given, lang))
    shown = f"<h2>{text('budget', lang)}</h2><p>{_bar(100 * used / max(given, 1))} {said}</p>"
    if facts["monthly_bytes"]:
        used, given = facts["traffic_bytes"], facts["monthly_bytes"]
        said = text("month", lang, used=size(used, lang), given=size(given, lang))
        shown += f"<p>{_bar(100 * used / given)} {said}</p>"
    return shown


def _plot(points: Sequence[tuple[int, int]], lang: str) -> str:
    if len(points) < 2:
        return ""
    step = -(-len(points) // POINTS)
    times, values = zip(*points[::-1][::step][::-1], strict=True)  # the newest one is among them
    by, unit = scale(max(values), lang)
    label = f"{text('held-over-time', lang)} ({unit})"
    return f"<h2>{escape(label)}</h2>{plot(times, {'held': [one / by for one in values]}, escape(label))}"


def _now(units: Sequence[Mapping[str, Any]], lang: str) -> str:
    fetches = [unit for unit in units if unit["stage"] == "fetching"]
    if not fetches:
        return ""
    heads = [text(name, lang) for name in ("dataset", "bytes", "progress", "speed")]
    cells = []
    for unit in fetches[:FETCHES]:
        now = unit["now"]
        done = 100 * now["bytes_done"] / now["bytes_total"] if now.get("bytes_total") else 0.0
        speed = f"{size(now['bytes_per_s'], lang)}/s" if now.get("bytes_per_s") else ""
        cells.append((_short(unit["id"]), size(unit["size_bytes"], lang), done, speed))
    return f"<h2>{text('fetching', lang)}</h2>{_table(heads, cells, lang)}{_more(len(fetches) - FETCHES, lang)}"


def _only(units: Sequence[Mapping[str, Any]], lang: str) -> str:
    only = [unit for unit in units if unit["is_only_copy"]]
    if not only:
        return ""
    items = "".join(
        f"<li>{escape(_short(unit['id']))} <small>{size(unit['size_bytes'], lang)}</small></li>" for unit in only[:ONLY]
    )
    return f"<h2>{text('only-copies', lang)}</h2><ul>{items}</ul>{_more(len(only) - ONLY, lang)}"


def _events(events: Sequence[Mapping[str, Any]], lang: str) -> str:
    if not events:
        return ""
    rows = "".join(
        f"<tr><td>{_moment(event['at_s'])}</td><td>{escape(_short(event['id']))}</td>"
        f"<td>{escape(reason(event['what'], event['facts'], lang)[:160])}</td></tr>"
        for event in events[:EVENTS]
    )
    return f'<h2>{text("events", lang)}</h2><table class="log"><tbody>{rows}</tbody></table>'


def _table(heads: Sequence[str], cells: Iterable[Sequence[str | float]], lang: str) -> str:
    """A number among the cells is a share of a hundred, and gets a bar."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell) if isinstance(cell, str) else _shared(cell, lang)}</td>" for cell in row)
        + "</tr>"
        for row in cells
    )  # fmt: skip
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _shared(percent: float, lang: str) -> str:
    return f"{_bar(percent)} {escape(share(percent, lang))}"


def _bar(percent: float) -> str:
    """Drawn, for without scripts nothing else has a colour of ours."""
    width = min(max(percent, 0.0), 100.0)
    return (
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="all" width="100" height="10"/><rect class="part" width="{width:.1f}" height="10"/></svg>'
    )


def _more(count: int, lang: str) -> str:
    return f"<p>{text('and-more', lang, count=number(count, lang))}</p>" if count > 0 else ""


def _moment(at_s: int) -> str:
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


_PAGE = """<!doctype html><html lang="LANG"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="60"><title>TITLE</title><style>
:root{--held:#0a7a3d;--bad:#a3200d;--back:#fff;--text:#1b1b1b;--line:#8884;--link:#0b57d0;--soft:#8882}
@media(prefers-color-scheme:dark){:root{--held:#4fd18b;--bad:#ff8a75;--back:#121212;--text:#e6e6e6;--link:#8ab4f8}}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;background:var(--back);
color:var(--text)}a{color:var(--link)}h1{overflow-wrap:anywhere;font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}
ul{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:0 1rem;padding:0;list-style:none}
li{overflow-wrap:anywhere}th{hyphens:auto}table{border-collapse:collapse;width:100%}
td,th{padding:.3rem .4rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
td:first-child,th:first-child{text-align:left;overflow-wrap:break-word;max-width:22rem}
.log td{text-align:left}.log td:nth-child(2){min-width:7rem;overflow-wrap:anywhere}
.log td:first-child{white-space:nowrap;opacity:.75}
.note{border-left:.3rem solid var(--held);background:var(--soft);padding:.4rem .8rem}.bad{border-color:var(--bad)}
.bar{width:5rem;height:.6rem;vertical-align:middle}.bar .all{fill:var(--line)}.bar .part{fill:var(--held)}
svg[role]{width:100%;height:auto}svg text{font-size:14px;fill:currentColor}
svg path{fill:none;stroke-width:2}svg .grid{stroke:var(--line);stroke-width:1}svg .held{stroke:var(--held)}
@media(max-width:40rem){body{font-size:15px}td,th{padding:.3rem .2rem}.bar{width:2rem}
td:first-child{max-width:9rem}svg text{font-size:22px}
.log tr{display:block;border-bottom:1px solid var(--line)}.log td{display:block;border:0;padding:.1rem .2rem}}
</style></head><body><h1>TITLE</h1>BODY</body></html>
"""
