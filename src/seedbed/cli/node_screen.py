# SPDX-License-Identifier: Apache-2.0
"""How a node stands, as text: what it protects, what it does, and a line for each dataset."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Any

from seedbed.cli import output
from seedbed.cli.columns import Column, lines
from seedbed.node.telling.words import language, reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COLLECTIONS = 5
_ORDER = {"fetching": 0, "leaving": 1, "held": 2}
_DOING = {"torrent": "looking", "checking": "checking", "fetching": "fetching", "saving": "saving"}


def screen(facts: Mapping[str, Any], *, width: int = 0, rows: int = 0) -> list[str]:
    """All of it.

    Args:
        facts: As ``seedbed node status --json`` gives them.
        width: Characters of a line; 0 for as many as it takes.
        rows: Lines at most; 0 for a line for every dataset.
    """
    head = [part for line in _sentences(facts) for part in _wrapped(line, width)]
    units = sorted(facts["units"], key=_rank)
    room = max(rows - len(head) - 3, 1) if rows else len(units)
    table = lines(_columns(units[:room]), width) if units else ["Nothing is held yet."]
    more = len(units) - room
    tail = [f"and {more:,} more; --json lists all"] if more > 0 else []
    return [*head, "", *table, *tail]


def protection(facts: Mapping[str, Any]) -> list[str]:
    """What it protects, collection by collection."""
    found = []
    for one in facts["collections"][:_COLLECTIONS]:
        only = one["only_here"]
        last = f", the only copy of {_count(only)}{' or parts' if one['parts'] else ''}" if only else ""
        held = f"{one['held']:,} of {_count(one['of'])}"
        found.append(f"You protect {_percent(one['percent'])} of {output.plain(one['collection'])} ({held}){last}.")
    for one in facts["large"][:_COLLECTIONS]:
        last = f", the only copy of {one['only_here']:,} parts" if one["only_here"] else ""
        held = f"{_percent(one['percent'])} of {output.plain(one['id'])}"
        found.append(f"You protect {held} ({one['held']:,} of {one['of']:,} parts){last}.")
    more = len(facts["collections"]) - _COLLECTIONS
    return found + ([f"And something of {more:,} more collections."] if more > 0 else [])


def _folder(facts: Mapping[str, Any]) -> str:
    used = f"{output.size(facts['held_bytes'])} of {output.size(facts['storage_bytes'])} in {facts['folder']}"
    return used + (f": AWAY, nothing of it is served ({facts['away']})" if facts.get("away") else "")


def _head(facts: Mapping[str, Any]) -> list[str]:
    now = facts.get("now", {})
    counts = f"{facts['held']:,} held, {facts['fetching']:,} being fetched, {facts['leaving']:,} being given up"
    found = [f"{facts['catalog']}: {counts}", *map(_folder, facts.get("folders") or [facts])]
    if facts["is_running"] and "sent_bytes" in now:
        speeds = [one["now"].get("bytes_per_s", 0) for one in facts["units"] if one["now"].get("doing") == "serving"]
        down = [one["now"].get("bytes_per_s", 0) for one in facts["units"] if one["now"].get("doing") == "fetching"]
        found.append(
            f"Up {_speed(sum(speeds))} ({output.size(now['sent_bytes'])} since the start), "
            f"down {_speed(sum(down))} ({output.size(now['received_bytes'])})"
        )
    if facts["monthly_bytes"]:
        of_given = f"{output.size(facts['traffic_bytes'])} of {output.size(facts['monthly_bytes'])}"
        found.append(f"{of_given} traffic this month")
    found += [f"Hours: {', '.join(facts['hours'])}; silent outside of them"] if facts["hours"] else []
    line = facts.get("line", {})
    if facts["is_running"] and line and line["reason"] != "line-free":
        found.append(f"Now: {reason(line['reason'], line['facts'], language(os.environ))}.")
    if not facts["is_running"]:
        found.append("No node is at work here: nothing is served. 'seedbed node run' starts it.")
    if facts["is_paused"]:
        found.append("Paused: nothing new is fetched, and nothing is dropped. 'seedbed node resume' goes on.")
    found += [f"Warning: {output.plain(facts['warning'])}"] if facts["warning"] else []
    return found + ([f"Trouble: {output.plain(now['trouble'])}"] if now.get("trouble") else [])


def _columns(units: Sequence[Mapping[str, Any]]) -> list[Column]:
    return [
        Column("Dataset", [unit["id"] for unit in units]),
        Column("Now", [_doing(unit) for unit in units]),
        Column("Size", [output.size(unit["size_bytes"]) for unit in units], "right", 2),
        Column("Copies", [_copies(unit) for unit in units], "right", 1),
        Column("Peers", [_peers(unit) for unit in units], "right", 4),
        Column("Speed", [_speed(unit.get("now", {}).get("bytes_per_s", 0)) for unit in units], "right", 3),
        Column("Sent", [_sent(unit) for unit in units], "right", 5),
    ]


def _sentences(facts: Mapping[str, Any]) -> list[str]:
    protects = protection(facts)
    return [*_head(facts), *(["", *protects] if protects else [])]


def _wrapped(line: str, width: int) -> list[str]:
    """Sentences are never cut: what they end with is what matters."""
    return textwrap.wrap(line, max(width, 20), subsequent_indent="  ") or [""] if width else [line]


def _doing(unit: Mapping[str, Any]) -> str:
    now = unit.get("now", {})
    if now.get("error"):
        return "trouble"
    if unit["stage"] == "leaving":
        return "leaving"
    if unit["stage"] == "held":
        if now.get("doing") == "serving":
            return "serving"
        return "held" if unit["verified_s"] else "proving"
    if not now:
        return "waiting"
    done = now["bytes_done"] / now["bytes_total"] if now["bytes_total"] else 0
    words = _DOING.get(now["doing"], now["doing"])
    return f"{words} {100 * done:3.0f} %" if now["bytes_total"] else words


def _copies(unit: Mapping[str, Any]) -> str:
    """Of a dataset that is nowhere else a mark is set: it is what a person looks for."""
    if not unit["target"]:
        return "?"
    return f"{unit['copies']:.0f}/{unit['target']:.0f}" + ("!" if unit["is_only_copy"] else "")


def _peers(unit: Mapping[str, Any]) -> str:
    """Peers, and the HTTP mirrors that a fetch uses."""
    now = unit.get("now", {})
    mirrors = f"+{now['mirrors']}" if now.get("mirrors") else ""
    return f"{now['peers']:,}{mirrors}" if "peers" in now else ""


def _sent(unit: Mapping[str, Any]) -> str:
    found = unit.get("now", {}).get("sent_bytes")
    return "" if found is None else output.size(found)


def _speed(bytes_per_s: float) -> str:
    return f"{output.size(bytes_per_s)}/s" if bytes_per_s else "-"


def _percent(percent: float) -> str:
    """As many digits as it takes to be more than nothing."""
    if percent >= 99.95:
        return "all" if percent >= 100 else "99.9 %"
    return f"{percent:.1f} %" if percent >= 0.1 else "less than 0.1 %"


def _count(number: int) -> str:
    return f"{number:,} dataset" if number == 1 else f"{number:,} datasets"


def _rank(unit: Mapping[str, Any]) -> tuple[int, int, int, str]:
    """What moves first, then what is nowhere else, then what sends most."""
    now = unit.get("now", {})
    return _ORDER.get(unit["stage"], 3), not unit["is_only_copy"], -int(now.get("sent_bytes", 0) or 0), unit["id"]
