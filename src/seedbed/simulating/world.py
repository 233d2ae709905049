# SPDX-License-Identifier: Apache-2.0
"""Who and what there is: units, nodes, and which node holds what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from seedbed.simulating.scenario import UPTIMES

if TYPE_CHECKING:
    from seedbed.node.policy.arrays import Floats, Ints, Keys
    from seedbed.simulating.scenario import Scenario

SPREAD_OF_SIZES, SPREAD_OF_BUDGETS = 2.45, 1.5
"""Of the logarithms: the median dataset is a twentieth of the mean, the median budget a third."""
LARGEST_BYTES, LARGEST_BUDGET_BYTES, LEAST_BUDGET_BYTES = 1e13, 5e13, 2e10
CUT_ABOVE_BYTES, PART_BYTES = 1e12, 64e9
"""A dataset larger than that is kept in parts."""
MBIT_B_S = 125_000
HOUR_S = 3_600


class Bag:
    """Whole numbers, each once; those that come and go keep the memory."""

    __slots__ = ("_count", "_items")

    def __init__(self) -> None:
        self._items = np.empty(16, np.int32)
        self._count = 0

    @property
    def items(self) -> Ints:
        """A view, good until the next change."""
        return self._items[: self._count]

    def add(self, item: int) -> None:
        """Take one in."""
        if self._count == len(self._items):
            self._items = np.resize(self._items, 2 * self._count)
        self._items[self._count] = item
        self._count += 1

    def remove(self, item: int) -> None:
        """Let one go; the last takes its place."""
        at = int(np.flatnonzero(self.items == item)[0])
        self._count -= 1
        self._items[at] = self._items[self._count]

    def __contains__(self, item: int) -> bool:
        return bool((self.items == item).any())


@dataclass(slots=True, eq=False)
class Fetch:
    """A unit that a node has announced and is to fetch."""

    unit: int
    left_bytes: float
    room: list[int] = field(default_factory=list)
    """Units that the node gives up for it and announces no longer, but has still."""
    ready_h: float = 0.0
    """When these are looked at again, and deleted if enough others hold them; 0 where nothing is given up."""


@dataclass(slots=True, eq=False)
class Node:
    """One volunteer."""

    number: int
    key: int
    budget_bytes: float
    rate_bytes_h: float
    uptime: float
    dies_h: float
    is_liar: bool = False
    is_dead: bool = False
    is_proven: bool = False
    """Whether anybody has fetched from it and found it honest; or, of a liar, has found it out."""
    is_online: bool = True
    left_h: float = 0.0
    """When it went away last."""
    is_listed: bool = True
    """Whether the tracker names it; somewhat longer than it is online."""
    planned_bytes: float = 0.0
    """Of its queue: what is still to come."""
    used_bytes: float = 0.0
    """What it holds and what it has planned."""
    held: Bag = field(default_factory=Bag)
    queue: list[Fetch] = field(default_factory=list)


@dataclass(slots=True)
class Units:
    """What there is to keep, side by side."""

    keys: Keys
    sizes_bytes: Ints
    published_h: Floats


def make_units(scenario: Scenario, chance: np.random.Generator) -> Units:
    """Datasets, cut where they are very large; those published later at the end, by time."""
    later = int(scenario.published_per_day * scenario.days / 2)
    raw = chance.lognormal(0, SPREAD_OF_SIZES, scenario.datasets + later)
    sizes = np.minimum(raw * scenario.catalog_bytes / raw[: scenario.datasets].sum(), LARGEST_BYTES)
    begun = np.full(scenario.datasets, -1.0)
    hours = np.sort(chance.uniform(scenario.days * 12, scenario.days * 24, later))
    first, first_h = _cut(sizes[: scenario.datasets], begun)
    more, more_h = _cut(sizes[scenario.datasets :], hours)
    all_sizes = np.maximum(np.concatenate([first, more]), 1).astype(np.int64)
    keys = chance.integers(0, 2**63, len(all_sizes), dtype=np.int64).astype(np.uint64)
    return Units(keys, all_sizes, np.concatenate([first_h, more_h]))


def _cut(sizes: Floats, hours: Floats) -> tuple[Floats, Floats]:
    counts = np.where(sizes > CUT_ABOVE_BYTES, np.ceil(sizes / PART_BYTES), 1).astype(int)
    return np.repeat(sizes / counts, counts), np.repeat(hours, counts)


def make_budgets(scenario: Scenario, chance: np.random.Generator) -> Floats:
    """Budgets of all nodes; together the space that the scenario asks for."""
    raw = np.exp(chance.normal(0, SPREAD_OF_BUDGETS, scenario.nodes))
    wanted = scenario.space_ratio * scenario.catalog_bytes
    budgets = raw * wanted / raw.sum()
    for _ in range(8):  # what is cut at the ends is spread over the others
        budgets = np.clip(budgets * wanted / budgets.sum(), LEAST_BUDGET_BYTES, LARGEST_BUDGET_BYTES)
    return np.asarray(budgets)


def new_node(number: int, budget_bytes: float, now_h: float, scenario: Scenario, chance: np.random.Generator) -> Node:
    """A node that joins, empty. Those who give much space have a fast line."""
    share = chance.random()
    uptime = next(up for part, up in _shares() if share < part)
    rate = (20 + 80 * chance.random() + 200 * min(budget_bytes / 4e12, 4)) * MBIT_B_S * HOUR_S
    return Node(
        number, int(chance.integers(0, 2**63)), budget_bytes, rate, uptime,
        dies_h=now_h + chance.exponential(scenario.life_d * 24), is_liar=bool(chance.random() < scenario.liars),
    )  # fmt: skip


def time_online_h(node: Node, scenario: Scenario, chance: np.random.Generator) -> float:
    """Until it goes away for some hours."""
    return float(chance.exponential(scenario.away_h * node.uptime / (1 - node.uptime)))


def _shares() -> list[tuple[float, float]]:
    total, found = 0.0, []
    for part, uptime in UPTIMES:
        total += part
        found.append((total + 1e-9, uptime))
    return found
