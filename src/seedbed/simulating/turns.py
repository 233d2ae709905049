# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is: each node decides once an interval, give or take a quarter, so that they do not act in step."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from seedbed.node.policy.rules import DEFAULT, Rules

if TYPE_CHECKING:
    from seedbed.simulating.network import Network
    from seedbed.simulating.world import Node


class Turns:
    """The next turn of each node's place."""

    def __init__(self, network: Network, rules: Rules = DEFAULT) -> None:
        self._network = network
        self._rules = rules
        every_h = network.scenario.decide_every_h
        self._next = [(network.chance.random() * every_h, node.number) for node in network.nodes]
        heapq.heapify(self._next)

    def due(self) -> list[Node]:
        """Nodes that decide by now, in the order of time; who is away, or busy for half a day, misses the turn."""
        network, found = self._network, []
        while self._next[0][0] <= network.now_h:
            at_h, number = self._next[0]
            every_h = network.scenario.decide_every_h * (0.75 + 0.5 * network.chance.random())
            heapq.heapreplace(self._next, (at_h + every_h, number))
            node = network.nodes[number]
            if node.is_online and not node.is_liar and self.plan_bytes(node) > 0:
                found.append(node)
        return found

    def plan_bytes(self, node: Node) -> float:
        """Bytes that a node may plan; none before half of what it planned is there."""
        most_bytes = node.rate_bytes_h * self._rules.max_plan_h
        return most_bytes - node.planned_bytes if node.planned_bytes < most_bytes / 2 else 0.0

    def limit_bytes(self, node: Node) -> float:
        """Bytes of its budget that it may use."""
        return node.budget_bytes * (1 - self._rules.reserve_of_budget)

    def free_bytes(self, node: Node) -> float:
        """Those that are neither held nor planned."""
        return self.limit_bytes(node) - node.used_bytes
