# SPDX-License-Identifier: Apache-2.0
"""Nodes that come, go and die, and what follows for every unit: how many copies there are, and how many are seen."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from seedbed.node.policy.census import independent
from seedbed.node.policy.rules import DEFAULT, Rules
from seedbed.simulating.world import Fetch, Node, Units, make_budgets, make_units, new_node, time_online_h

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seedbed.node.policy.arrays import Flags, Floats, Ints
    from seedbed.simulating.scenario import Scenario


MIRRORED_H = 30 * 24
"""A dataset that is published during the simulation has an HTTP mirror for so long."""


class Network:
    """The truth, and what a tracker shows of it.

    Args:
        scenario: What is simulated.
        chance: From the scenario's seed.
    """

    def __init__(self, scenario: Scenario, chance: np.random.Generator) -> None:
        self.scenario = scenario
        self.chance = chance
        self.now_h = 0.0
        self.units: Units = make_units(scenario, chance)
        count = len(self.units.keys)
        self.online = np.zeros(count, np.int32)
        """Copies that are online: the truth."""
        self.existing = np.zeros(count, np.int32)
        """Copies of living nodes, also of those that are away."""
        self.listed = np.zeros(count, np.int32)
        """Copies that the tracker names, of nodes that were proved to be honest."""
        self.claimed = np.zeros(count, np.int32)
        """Copies that the tracker names, of nodes that nobody has proved yet; without liars."""
        self.lies = 0
        """Liars that were not found out: each is named for every unit."""
        self.fetching = np.zeros(count, np.int32)
        """Nodes that have announced that they fetch."""
        self.moved_bytes = self.moved_for_room_bytes = 0.0
        self.has = np.zeros((scenario.nodes, count), np.bool_)
        """Which node holds, fetches or withholds which unit."""
        self.copied = np.zeros(count, np.int32)
        """How often each unit was fetched."""
        self._timers: list[tuple[float, int, Callable[[Node, float], None], Node]] = []
        self._tickets = 0
        self.nodes: list[Node] = []
        self.busy: dict[int, Node] = {}
        """Nodes that have something to fetch, by number."""
        for budget_bytes in make_budgets(scenario, chance):
            self._join(len(self.nodes), float(budget_bytes), 0.0)
            self.nodes[-1].is_proven = not self.nodes[-1].is_liar  # the first nodes know each other

    @property
    def published(self) -> int:
        """So many units there are by now; they are sorted by when they were published."""
        return int(np.searchsorted(self.units.published_h, self.now_h, side="right"))

    @property
    def is_mirrored(self) -> Flags:
        """Whether each unit has an HTTP mirror still."""
        published_h = self.units.published_h
        until_h = np.where(published_h < 0, self.scenario.mirrors_end_d * 24, published_h + MIRRORED_H)
        return np.asarray(self.now_h < until_h)

    def shown(self, units: Ints | slice = slice(None), rules: Rules = DEFAULT) -> Floats:
        """Copies of units, as every honest node counts them."""
        return independent(self.listed[units], self.claimed[units] + self.lies, rules)

    def has_source(self, unit: int) -> bool:
        """Whether somebody who is online has it: a node, or an HTTP mirror while there are any."""
        published_h = self.units.published_h[unit]
        until_h = self.scenario.mirrors_end_d * 24 if published_h < 0 else published_h + MIRRORED_H
        return bool(self.online[unit]) or self.now_h < until_h

    def pass_time(self, hours: float) -> None:
        """Let nodes come, go, die and fetch."""
        self.now_h += hours
        while self._timers and self._timers[0][0] <= self.now_h:
            at_h, _, act, node = heapq.heappop(self._timers)
            if not node.is_dead or act == self._vanish:
                act(node, at_h)
        for node in list(self.busy.values()):
            if node.is_online:
                self._fetch(node, hours)

    def start(self, node: Node, fetch: Fetch) -> None:
        """A node announces that it fetches a unit."""
        node.queue.append(fetch)
        self.busy[node.number] = node
        self.has[node.number, fetch.unit] = True
        node.used_bytes += self.units.sizes_bytes[fetch.unit]
        node.planned_bytes += fetch.left_bytes
        self.fetching[fetch.unit] += node.is_listed

    def cancel(self, node: Node, fetch: Fetch) -> None:
        """A node gives up a fetch."""
        self._leave_queue(node, fetch)
        self.has[node.number, fetch.unit] = False
        node.used_bytes -= self.units.sizes_bytes[fetch.unit]
        self.fetching[fetch.unit] -= node.is_listed

    def withhold(self, node: Node, unit: int) -> None:
        """A node announces a unit no longer, and has it still."""
        node.held.remove(unit)
        self.online[unit] -= node.is_online
        self._named(node)[unit] -= node.is_listed

    def offer(self, node: Node, unit: int) -> None:
        """A node announces a unit that it has."""
        node.held.add(unit)
        self.online[unit] += node.is_online
        self._named(node)[unit] += node.is_listed

    def delete(self, node: Node, unit: int) -> None:
        """A unit that was withheld is gone from a node."""
        self.existing[unit] -= 1
        self.has[node.number, unit] = False
        node.used_bytes -= self.units.sizes_bytes[unit]

    def die(self, node: Node, at_h: float) -> None:
        """A node is gone for good with all it had; another joins. The tracker notices later."""
        if node.is_online:
            self._leave(node, at_h)
        node.is_dead = True
        self.lies -= node.is_liar and not node.is_proven
        self.existing[node.held.items] -= 1
        for unit in (unit for fetch in node.queue for unit in fetch.room):
            self.existing[unit] -= 1
        self.has[node.number] = False
        self.busy.pop(node.number, None)
        self._join(node.number, node.budget_bytes, at_h)

    def lose(self, units: Iterable[int]) -> None:
        """All copies of some units are gone, but one that is online, each."""
        wanted, spared = set(units), set[int]()
        for index in self.chance.permutation(len(self.nodes)):
            node = self.nodes[index]
            for unit in sorted(wanted.intersection(node.held.items.tolist())):
                if node.is_online and unit not in spared:
                    spared.add(unit)
                    continue
                self.withhold(node, unit)
                self.delete(node, unit)

    def _join(self, number: int, budget_bytes: float, at_h: float) -> None:
        node = new_node(number, budget_bytes, at_h, self.scenario, self.chance)
        if number < len(self.nodes):
            self.nodes[number] = node
        else:
            self.nodes.append(node)
        self.lies += node.is_liar
        self._later(node.dies_h, self.die, node)
        self._later(at_h + self.chance.exponential(self.scenario.proof_h), self._prove, node)
        self._later(at_h + time_online_h(node, self.scenario, self.chance), self._leave, node)

    def _later(self, at_h: float, act: Callable[[Node, float], None], node: Node) -> None:
        self._tickets += 1
        heapq.heappush(self._timers, (at_h, self._tickets, act, node))

    def _leave(self, node: Node, at_h: float) -> None:
        node.is_online = False
        node.left_h = at_h
        self.online[node.held.items] -= 1
        self._later(at_h + self.scenario.tracker_lag_h, self._vanish, node)
        self._later(at_h + self.chance.exponential(self.scenario.away_h), self._return, node)

    def _prove(self, node: Node, _at_h: float) -> None:
        """Somebody fetches a block from a node: what it holds counts from now on; what a liar claims, no longer."""
        if node.is_liar:
            self.lies -= 1
        elif node.is_listed and not node.is_proven:
            self.claimed[node.held.items] -= 1
            self.listed[node.held.items] += 1
        node.is_proven = True

    def _named(self, node: Node) -> Ints:
        """Where the tracker's numbers of a node are counted."""
        return self.listed if node.is_proven else self.claimed

    def _vanish(self, node: Node, at_h: float) -> None:
        """The tracker forgets a node that has been silent; one that came back in time is not forgotten."""
        if node.is_listed and not node.is_online and at_h - node.left_h >= self.scenario.tracker_lag_h - 1e-6:
            node.is_listed = False
            self._named(node)[node.held.items] -= 1
            for fetch in node.queue:
                self.fetching[fetch.unit] -= 1

    def _return(self, node: Node, at_h: float) -> None:
        node.is_online = True
        self.online[node.held.items] += 1
        if not node.is_listed:
            node.is_listed = True
            self._named(node)[node.held.items] += 1
            for fetch in node.queue:
                self.fetching[fetch.unit] += 1
        self._later(at_h + time_online_h(node, self.scenario, self.chance), self._leave, node)

    def _fetch(self, node: Node, hours: float) -> None:
        """A line of so many bytes an hour, one unit after the other; what has no source now is passed over."""
        line_bytes = node.rate_bytes_h * hours
        for fetch in list(node.queue):
            if fetch.room or not self.has_source(fetch.unit):
                continue
            got_bytes = min(line_bytes, fetch.left_bytes)
            fetch.left_bytes -= got_bytes
            node.planned_bytes -= got_bytes
            line_bytes -= got_bytes
            self.moved_bytes += got_bytes
            self.moved_for_room_bytes += got_bytes if fetch.ready_h else 0
            if fetch.left_bytes <= 0:
                self._finish(node, fetch)
            if line_bytes <= 0:
                return

    def _leave_queue(self, node: Node, fetch: Fetch) -> None:
        node.queue.remove(fetch)
        node.planned_bytes -= fetch.left_bytes
        if not node.queue:
            del self.busy[node.number]

    def _finish(self, node: Node, fetch: Fetch) -> None:
        self._leave_queue(node, fetch)
        self.fetching[fetch.unit] -= node.is_listed
        self.existing[fetch.unit] += 1
        self.copied[fetch.unit] += 1
        self.offer(node, fetch.unit)
