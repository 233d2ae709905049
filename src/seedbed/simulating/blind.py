# SPDX-License-Identifier: Apache-2.0
"""Nodes that decide as other programs do: by one ranking for all, from numbers that are some hours old."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seedbed.node.policy.census import Census
from seedbed.simulating.turns import Turns
from seedbed.simulating.world import Fetch

if TYPE_CHECKING:
    from seedbed.node.policy.others import Other
    from seedbed.simulating.network import Network
    from seedbed.simulating.world import Node

LIST_EVERY_H = 6.0
"""A new list of seeders is published so often."""
_EVICT_MARGIN = 2


class Blind:
    """All nodes' decisions.

    Args:
        network: What a tracker shows of it is looked at.
        other: The policy.
    """

    def __init__(self, network: Network, other: Other) -> None:
        self._network = network
        self._other = other
        self._turns = Turns(network)
        units = network.units
        self._census = Census.of(units.keys, units.sizes_bytes, np.zeros(len(units.keys), np.float32))
        self._ranking = np.arange(network.published)

    def decide(self, passed_h: float) -> None:
        """One step of time."""
        network = self._network
        if network.now_h % LIST_EVERY_H < passed_h:
            self._census.copies = (network.listed + network.claimed + network.lies).astype(np.float32)
            self._census.fetching = network.fetching.astype(np.float32)
            rank = self._other.rank(self._census, network.copied.astype(np.float32))
            self._ranking = np.argsort(-rank[: network.published], kind="stable")
        for node in self._turns.due():
            self._act(node)

    def _act(self, node: Node) -> None:
        """Take from the top of the list whatever is new and fits."""
        free_bytes, plan_bytes = self._turns.free_bytes(node), self._turns.plan_bytes(node)
        sizes_bytes = self._census.sizes_bytes
        ranking = self._ranking
        if self._other.starts_anywhere:
            ranking = np.roll(ranking, node.key % len(ranking))
        new = ranking[~self._network.has[node.number, ranking]]
        if not self._other.evicts:
            new = new[self._other.fits(sizes_bytes[new], free_bytes)]
        for unit in new.tolist():
            size_bytes = float(sizes_bytes[unit])
            if plan_bytes <= 0 or (size_bytes > free_bytes and not self._other.evicts):
                return
            before_bytes, free_bytes = free_bytes, self._evict(node, unit, size_bytes, free_bytes)
            if size_bytes > free_bytes:
                return
            has_evicted = free_bytes > before_bytes
            free_bytes, plan_bytes = free_bytes - size_bytes, plan_bytes - size_bytes
            self._network.start(node, Fetch(unit, size_bytes, ready_h=self._network.now_h if has_evicted else 0.0))

    def _evict(self, node: Node, unit: int, size_bytes: float, free_bytes: float) -> float:
        """Give up at once what has the most copies, while it has more than what is wanted; the bytes that are free."""
        network, copies = self._network, self._census.copies
        while free_bytes < size_bytes and len(node.held.items) and self._other.evicts:
            held = node.held.items
            safest = int(held[np.argmax(copies[held])])
            if copies[safest] <= copies[unit] + _EVICT_MARGIN:
                break
            network.withhold(node, safest)
            network.delete(node, safest)
            free_bytes += float(self._census.sizes_bytes[safest])
        return free_bytes
