# SPDX-License-Identifier: Apache-2.0
"""What a tracker tells of itself to programs, Prometheus among them (pure). No address is in any of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from seedbed.tracker.udp_door import FORM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.tracker.swarm import Count
    from seedbed.tracker.tracker import Tracker

MAX_ROWS = 1_000
"""In /stats.json: the largest; of all there is /scrape.parquet."""
HEADS = (
    "up_s", "listed", "swarms", "peers", "seeds", "leechers", "announces", "scrapes", "connects", "refused", "dropped",
)  # fmt: skip


def totals(tracker: Tracker, rows: Mapping[str, Count], listed: int, up_s: int) -> dict[str, int]:
    """Numbers of the whole tracker.

    Args:
        tracker: Whose.
        rows: Its datasets (:mod:`.datasets`).
        listed: Info-hashes that are served; 0 for all.
        up_s: Seconds since the start.
    """
    own = {"swarms": len(tracker.swarms), "peers": tracker.swarms.peers, **asdict(tracker.totals)}
    return {
        "up_s": up_s,
        "listed": listed,
        "seeds": sum(one.seeds for one in rows.values()),
        "leechers": sum(one.leechers for one in rows.values()),
        **{name: count + tracker.others.total(name) for name, count in own.items()},
    }


def as_json(whole: Mapping[str, int], rows: Mapping[str, Count]) -> bytes:
    """For programs."""
    datasets = {name: one._asdict() for name, one in largest(rows)[:MAX_ROWS]}
    return json.dumps({**whole, "form": FORM, "datasets": datasets}, ensure_ascii=False, indent=1).encode()


def as_metrics(whole: Mapping[str, int]) -> bytes:
    """Prometheus text format 0.0.4; totals only, for a label a dataset would be too many."""
    lines = []
    for name in HEADS:
        kind = "gauge" if name in _GAUGES else "counter"
        full = f"seedbed_tracker_{name}" + ("" if kind == "gauge" else "_total")
        lines += [f"# TYPE {full} {kind}", f"{full} {whole[name]}"]
    return ("\n".join(lines) + "\n").encode()


def history_as_json(name: str, now: Mapping[str, Any], points: list[tuple[int, int, int, int]]) -> bytes:
    """A dataset's history for programs: the newest numbers, and times in seconds since 1970 with theirs."""
    rows = [{"at": at, "seeds": seeds, "completed": done, "leechers": others} for at, seeds, done, others in points]
    return json.dumps({"dataset": name, **now, "history": rows}, ensure_ascii=False).encode()


def largest(rows: Mapping[str, Count]) -> list[tuple[str, Count]]:
    """Those with most peers first."""
    return sorted(rows.items(), key=lambda row: (-(row[1].seeds + row[1].leechers), row[0]))


_GAUGES = frozenset(("up_s", "listed", "swarms", "peers", "seeds", "leechers"))
