# SPDX-License-Identifier: Apache-2.0
"""A simulation in a dozen numbers (pure), and the numbers that the policy is to reach."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.simulating.figures import Figures

GB = 1e9


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of it. Infinite hours: it did not happen while it was watched."""

    units_short: float
    """Percent of units with fewer than three copies online, mean over time."""
    worst_day: float
    """The same, of the worst day."""
    bytes_short: float
    """Percent of bytes."""
    lost: int
    """Units of which no copy is left."""
    moved_gb: float
    """Per node and day."""
    moved_for_room: float
    """Percent of these: fetched into room that was made by dropping something."""
    new_h: float
    """Hours from publication to three copies, median."""
    new_late_h: float
    """The same, of the slowest twentieth."""
    healed_h: float
    """Hours until units that lost all copies but one have three, median."""
    healed_late_h: float
    crowd: int
    """The most nodes that held or fetched such a unit at a time."""
    copies_moved: float
    """For each such unit, within a week."""
    fill: tuple[int, ...]
    """Percent of budgets in use, from the smallest quarter of nodes to the largest."""


BARS: dict[str, float] = {
    "units_short": 0.12, "worst_day": 1.0, "bytes_short": 2.0, "lost": 0, "moved_gb": 8.0, "moved_for_room": 25.0,
    "new_h": 2.0, "new_late_h": 6.0, "healed_h": 2.0, "healed_late_h": 12.0, "crowd": 15, "copies_moved": 7.0,
}  # fmt: skip
"""At most, in the reference network with honest nodes."""
LEAST_EVEN_FILL = 15
"""Points between the fullest and the emptiest quarter."""
WORDS = {
    "units_short": "units with < 3 copies online, %", "worst_day": "  on the worst day, %",
    "bytes_short": "bytes with < 3 copies online, %", "lost": "units lost", "moved_gb": "moved per node and day, GB",
    "moved_for_room": "  of it by swapping, %", "new_h": "new unit to 3 copies, hours (median)",
    "new_late_h": "  slowest twentieth", "healed_h": "all copies but one lost: back to 3, hours (median)",
    "healed_late_h": "  slowest twentieth", "crowd": "  most holders and fetchers",
    "copies_moved": "  copies moved each",
    "fill": "budgets in use, smallest to largest nodes, %",
}  # fmt: skip
"""For people."""


def of(figures: Figures) -> Summary:
    """Sum up a simulation that has ended."""
    network, series, herd = figures.network, figures.series, figures.herd
    days = max((network.now_h - figures.measured_from_h) / 24, 1e-9)
    moved_bytes = network.moved_bytes - figures.moved_before_bytes
    new_h = [*figures.new_h, *[math.inf] * figures.never_safe()]
    healed_h = [*herd.healed_h.values(), *[math.inf] * (len(herd.victims) - len(herd.healed_h))] if herd else []
    return Summary(
        units_short=100 * _mean(series.units_short), worst_day=100 * _worst_day(series.days, series.units_short),
        bytes_short=100 * _mean(series.bytes_short), lost=max(series.lost, default=0),
        moved_gb=moved_bytes / GB / network.scenario.nodes / days,
        moved_for_room=100 * (network.moved_for_room_bytes - figures.moved_for_room_before_bytes) / max(moved_bytes, 1),
        new_h=_at(new_h, 0.5), new_late_h=_at(new_h, 0.95), healed_h=_at(healed_h, 0.5),
        healed_late_h=_at(healed_h, 0.95), crowd=int(herd.crowd.max()) if herd else 0,
        copies_moved=herd.copies_moved if herd else math.nan, fill=_fill(figures),
    )  # fmt: skip


def missed(summary: Summary) -> list[str]:
    """The names of bars that are not reached."""
    over = [name for name, most in BARS.items() if getattr(summary, name) > most]
    return over + ["fill"] * (max(summary.fill) - min(summary.fill) > LEAST_EVEN_FILL)


def rows(summary: Summary) -> list[tuple[str, str]]:
    """Words and value of each number."""
    return [(WORDS[one.name], text(getattr(summary, one.name))) for one in fields(summary)]


def as_json(summary: Summary) -> dict[str, object]:
    """For programs; what never happened is null."""
    found = {one.name: getattr(summary, one.name) for one in fields(summary)}
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in found.items()
    }


def text(value: float | tuple[int, ...]) -> str:
    """A number for people."""
    if isinstance(value, tuple):
        return "/".join(map(str, value))
    if isinstance(value, int):
        return f"{value:,}"
    if math.isnan(value):
        return "-"
    return "never" if math.isinf(value) else f"{value:.3g}"


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan


def _worst_day(days: Sequence[float], shares: Sequence[float]) -> float:
    by_day: dict[int, list[float]] = {}
    for day, share in zip(days, shares, strict=True):
        by_day.setdefault(int(day), []).append(share)
    return max(map(_mean, by_day.values()), default=math.nan)


def _at(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else math.nan


def _fill(figures: Figures) -> tuple[int, ...]:
    nodes = sorted((node for node in figures.network.nodes if not node.is_liar), key=lambda node: node.budget_bytes)
    quarters = [nodes[len(nodes) * at // 4 : len(nodes) * (at + 1) // 4] for at in range(4)]
    return tuple(
        round(100 * sum(node.used_bytes for node in some) / max(sum(node.budget_bytes for node in some), 1))
        for some in quarters
    )
