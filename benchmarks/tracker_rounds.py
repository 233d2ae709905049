# SPDX-License-Identifier: Apache-2.0
"""Trackers in turns under the same load: what each answered for a second of its processor time, as a table.

The load shares the machine with the tracker, and with whoever else is at work on it. So the rate that is seen says
little; the answers for each second of the tracker's own processor time say more, and their ratio in one round most.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tracker_servers import Server


@dataclass(frozen=True, slots=True)
class Answered:
    """What a load saw."""

    answered: int
    lost: int
    seconds: float
    """By the clock on the wall."""
    cpu_s: float
    """Of the tracker, while the load ran."""
    answer_bytes: float = 0.0
    """Of one answer's body, on average."""

    @property
    def for_a_cpu_second(self) -> float:
        """Answers."""
        return self.answered / max(self.cpu_s, 1e-9)


def compared(title: str, servers: Sequence[Server], load: Callable[[Server, int], Answered], rounds: int) -> list[str]:
    """A table, ours (the first) and the ratios to it.

    Args:
        title: Over the table.
        servers: All at work; who is first changes with each round.
        load: Called with one of them and the number of the round, which decides about chance.
        rounds: How many.
    """
    found: dict[str, list[Answered]] = {server.name: [] for server in servers}
    for number in range(rounds):
        at = number % len(servers)
        for server in (*servers[at:], *servers[:at]):
            seen = load(server, number)
            found[server.name].append(seen)
            print(f"{title}: {number + 1}/{rounds} {server.name}: {seen.for_a_cpu_second:,.0f}/CPU-s", flush=True)
    return [f"### {title}", "", *_table(found), ""]


def _table(found: dict[str, list[Answered]]) -> list[str]:
    ours = next(iter(found.values()))
    rows = [
        "| tracker | answered a CPU-second | by the clock, a second | lost | bytes of an answer | ours / this |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in found.items():
        own = [run.for_a_cpu_second for run in runs]
        ratio = statistics.median(a.for_a_cpu_second / b.for_a_cpu_second for a, b in zip(ours, runs, strict=True))
        wall = statistics.median(run.answered / run.seconds for run in runs)
        bytes_ = statistics.median(run.answer_bytes for run in runs)
        lost = sum(run.lost for run in runs)
        cells = (f"{statistics.median(own):,.0f}", f"{wall:,.0f}", f"{lost:,}", f"{bytes_:,.0f}", f"{ratio:.2f}")
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return rows
