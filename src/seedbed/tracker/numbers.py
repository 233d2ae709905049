# SPDX-License-Identifier: Apache-2.0
"""What a tracker tells of itself: for people, for programs, for Prometheus (pure). No address is in any of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.tracker.swarm import Count
    from seedbed.tracker.tracker import Tracker

MAX_ROWS = 1_000
"""On the page for people: the largest swarms."""


def facts(tracker: Tracker, names: Mapping[bytes, str], up_s: int) -> dict[str, Any]:
    """All numbers.

    Args:
        tracker: Whose.
        names: Info-hash -> id of the version; what is not in it is shown by its hash.
        up_s: Seconds since the start.
    """
    rows = [(names.get(info_hash, info_hash.hex()), swarm.count) for info_hash, swarm in tracker.swarms.each()]
    datasets = _by_name(rows)
    return {
        "up_s": up_s,
        "listed": len(names),
        "swarms": len(tracker.swarms),
        "peers": tracker.swarms.peers,
        "seeds": sum(one.seeds for one in datasets.values()),
        "leechers": sum(one.leechers for one in datasets.values()),
        **asdict(tracker.totals),
        "datasets": {name: one._asdict() for name, one in sorted(datasets.items(), key=_largest)[:MAX_ROWS]},
    }


def as_json(found: Mapping[str, Any]) -> bytes:
    """For programs."""
    return json.dumps(found, ensure_ascii=False, indent=1).encode()


def as_page(found: Mapping[str, Any]) -> bytes:
    """For people."""
    heads = "".join(f"<li>{name.replace('_', ' ')}: <b>{found[name]:,}</b></li>" for name in _HEADS)
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{one['seeds']:,}</td><td>{one['leechers']:,}</td><td>{one['completed']:,}</td></tr>"
        for name, one in found["datasets"].items()
    )
    return _PAGE.replace("HEADS", heads).replace("ROWS", rows).encode()


def as_metrics(found: Mapping[str, Any]) -> bytes:
    """Prometheus text format 0.0.4; totals only, for a label a dataset would be too many."""
    lines = []
    for name in _HEADS:
        kind = "gauge" if name in _GAUGES else "counter"
        full = f"seedbed_tracker_{name}" + ("" if kind == "gauge" else "_total")
        lines += [f"# TYPE {full} {kind}", f"{full} {found[name]}"]
    return ("\n".join(lines) + "\n").encode()


def _by_name(rows: list[tuple[str, Count]]) -> dict[str, Count]:
    """The two swarms of a hybrid are one dataset: the numbers of the larger one, since most peers are in both."""
    found: dict[str, Count] = {}
    for name, count in rows:
        before = found.get(name)
        found[name] = count if before is None else max(before, count, key=lambda one: one.seeds + one.leechers)
    return found


def _largest(row: tuple[str, Count]) -> tuple[int, str]:
    return -(row[1].seeds + row[1].leechers), row[0]


_GAUGES = frozenset(("up_s", "listed", "swarms", "peers", "seeds", "leechers"))
_HEADS = (
    "up_s", "listed", "swarms", "peers", "seeds", "leechers", "announces", "scrapes", "connects", "refused", "dropped",
)  # fmt: skip
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tracker</title><style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}
ul{columns:3;padding:0;list-style:none}table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;
text-align:right;border-bottom:1px solid #8884}td:first-child,th:first-child{text-align:left}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}}</style><h1>Tracker</h1><ul>HEADS</ul>
<table><tr><th>Dataset</th><th>Seeds</th><th>Leechers</th><th>Completed</th></tr>ROWS</table></html>
"""
