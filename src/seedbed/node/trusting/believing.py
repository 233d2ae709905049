# SPDX-License-Identifier: Apache-2.0
"""How many copies are believed, of seeds that trackers name and leases that registries have proved (pure)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seedbed.node.policy import lottery
from seedbed.node.policy.census import independent
from seedbed.node.policy.rules import DEFAULT, Rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.health.leases.report import Answer, Report
    from seedbed.node.choosing.units import Unit
    from seedbed.node.policy.arrays import Flags, Floats, Ints, Keys

OLDEST_S = 2 * 3_600
"""A report that was made before that, or as long after now, is none: the registry, or a clock, stands still."""
BLIND_ROUNDS = 2.0
"""So long a registry has time to prove the first node."""
LISTENING_ROUNDS = 1.5
"""A registry that has been listening for less knows few leases yet: each node refreshes its own once a round."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What one registry told last."""

    report: Report
    held: Keys
    """Of our own lease that it has: units that we said we hold, ascending; none where it has no lease of ours."""
    fetching: Keys
    """The same, of those that we said we fetch."""
    answer: Answer | None = None
    """What it said to that lease."""
    waited_s: float = 0.0
    """For how long it has known that we hold something, and has not proved us."""

    def is_good(self, now_s: int, round_s: float) -> bool:
        """Whether nodes are to be counted by it.

        One that has proved nobody, and not even us, reaches no node; to believe it would be to count nobody.

        Args:
            now_s: Seconds since 1970.
            round_s: Between two rounds of a node.
        """
        report = self.report
        is_listening = report.at_s - report.since_s >= LISTENING_ROUNDS * round_s
        is_blind = not report.proved_nodes and self.waited_s > BLIND_ROUNDS * round_s
        return abs(now_s - report.at_s) <= OLDEST_S and is_listening and not is_blind


@dataclass(frozen=True, slots=True)
class Believed:
    """Side by side, as the units that were asked for."""

    copies: Floats
    unproved: Floats
    """Seeds that nobody has proved."""
    fetching: Floats


@dataclass(frozen=True, slots=True)
class Belief:
    """What counts as a copy now.

    Args:
        told: By registries that are good; without any, every seed that trackers name is believed.
        doubted: Ids of units whose listed seeds were asked for a piece, and none gave it.
    """

    told: tuple[Told, ...] = ()
    doubted: frozenset[str] = frozenset()
    rules: Rules = DEFAULT

    def of(self, units: Sequence[Unit], seeds: Floats, leechers: Floats) -> Believed:
        """Judge.

        Args:
            units: What is asked for.
            seeds: That trackers name, without us; of a part, of the whole version.
            leechers: The same; 0 for a part.
        """
        if not self.told:
            doubted = np.array([unit.id in self.doubted for unit in units], np.bool_)
            proved = np.where(doubted, 0, seeds).astype(np.float32)
            return Believed(independent(proved, seeds - proved, self.rules), seeds, leechers)
        keys = np.array([unit.key for unit in units], np.uint64)
        is_part = np.array([bool(unit.part) for unit in units], np.bool_)
        found = [_by_one(one, keys, seeds, is_part) for one in self.told]
        copies = [independent(proved, unproved, self.rules) for proved, unproved, _ in found]
        return Believed(
            np.maximum.reduce(copies), np.minimum.reduce([unproved for _, unproved, _ in found]),
            np.maximum.reduce([leechers, *(fetching for _, _, fetching in found)]),
        )  # fmt: skip

    @property
    def space(self) -> lottery.Space | None:
        """How much all nodes give; None where nobody tells."""
        spaces = [space_of(one.report) for one in self.told]
        best = max(spaces, key=lambda one: one.total_bytes, default=None)
        return best if best and best.total_bytes > 0 else None


def space_of(report: Report) -> lottery.Space:
    """A published histogram, as the lottery takes it: of each size of node, all that are as large or larger."""
    online = report.online_bytes.astype(np.float64)
    return lottery.Space(report.sizes_bytes.astype(np.float64), online[::-1].cumsum()[::-1])


def space_text(space: lottery.Space | None) -> str:
    """As it is remembered; empty for none."""
    if space is None:
        return ""
    return json.dumps([space.budgets_bytes.tolist(), space.online_bytes.tolist()])


def space_of_text(text: str) -> lottery.Space | None:
    """What was remembered; None for nothing, and for what is damaged."""
    try:
        budgets, online = (np.array(one, np.float64) for one in json.loads(text))
    except (ValueError, TypeError):
        return None
    is_sound = budgets.ndim == online.ndim == 1 and len(budgets) == len(online) > 0
    return lottery.Space(budgets, online) if is_sound and np.isfinite(budgets).all() and (online > 0).all() else None


def _by_one(told: Told, keys: Keys, seeds: Floats, is_part: Flags) -> tuple[Floats, Floats, Floats]:
    """Independent proved copies, unproved ones, and fetchers, by one registry; all without us.

    Of a whole version no more are proved than trackers name: who left them serves nobody. Trackers do not tell who has
    which part: there the leases of nodes that were not proved stand beside the seeds of the whole.
    """
    report, rows = told.report, told.report.rows_of(keys)
    holders, proved, copies, fetching = (
        _at(one, rows) for one in (report.holders, report.proved, report.independent, report.fetching)
    )
    if told.answer:
        at, is_own = _among(told.held, keys)
        holders -= is_own
        proved = np.where(is_own, _at(told.answer.proved, at), proved)
        copies = np.where(is_own, _at(told.answer.independent, at), copies)
        fetching -= _among(told.fetching, keys)[1]
    whole = np.maximum(seeds - proved, 0)
    unproved = np.where(is_part, seeds + np.maximum(holders - proved, 0), whole)
    counted = np.where(is_part, copies, np.minimum(copies, seeds))
    return counted.astype(np.float32), unproved.astype(np.float32), np.maximum(fetching, 0).astype(np.float32)


def _at(values: Ints | Keys, rows: Ints) -> Floats:
    """The values in these rows; 0 where there is none."""
    if not len(values):
        return np.zeros(len(rows), np.float32)
    return np.where(rows >= 0, values[rows], 0).astype(np.float32)


def _among(some: Keys, keys: Keys) -> tuple[Ints, Flags]:
    """Where each key stands among some that ascend, -1 for nowhere; and whether it does."""
    if not len(some):
        return np.full(len(keys), -1, np.int64), np.zeros(len(keys), np.bool_)
    at = np.minimum(np.searchsorted(some, keys), len(some) - 1)
    is_there = some[at] == keys
    return np.where(is_there, at, -1), is_there
