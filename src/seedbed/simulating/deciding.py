# SPDX-License-Identifier: Apache-2.0
"""Nodes decide: the real policy, asked for all nodes whose hour has come, one after the other as they would act.

What every node sees is the same, and is worked out once; the lots of all of them for all needs are one table. From
there on each node is asked alone, and sees what those before it have announced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seedbed.node.policy import dropping, lottery, others, planning, targets
from seedbed.node.policy.census import Census, shortage
from seedbed.node.policy.rules import DEFAULT, Rules
from seedbed.simulating.turns import Turns
from seedbed.simulating.world import Fetch

if TYPE_CHECKING:
    from seedbed.node.policy.arrays import Floats, Ints
    from seedbed.simulating.network import Network
    from seedbed.simulating.world import Node

_AT_ONCE = 64
"""Nodes that decide within the same minutes: what the first of them announce, the next ones see."""
_SPACE_EVERY_H = 6.0
_ROWS = 16_384
"""Needs in one table of lots: what fits into the processor's memory."""


class Deciding:
    """All nodes' decisions.

    Args:
        network: The truth, of which only what a tracker shows is looked at.
        rules: The policy's.
        samples: Needs are sampled, as where nobody knows the network's capacity.
    """

    def __init__(self, network: Network, rules: Rules = DEFAULT, *, samples: bool = False) -> None:
        self.network = network
        self._samples = samples
        self.rules = rules
        units = network.units
        wanted = np.zeros(len(units.keys), np.float32)
        self.census = Census.of(units.keys, units.sizes_bytes, wanted)
        self.space = lottery.Space.of(np.empty(0), np.empty(0))
        self._turns = Turns(network, rules)
        self._known = 0
        self._take_in_space()

    def decide(self, passed_h: float) -> None:
        """One step of time."""
        network = self.network
        if network.now_h % _SPACE_EVERY_H < passed_h or network.published != self._known:
            self._take_in_space()
        short = self.census.observe(network.shown(rules=self.rules), network.fetching, passed_h, self.rules)
        short[network.published :] = 0
        self._finish_drops()
        nodes = self._turns.due()
        needy = np.flatnonzero(short > self.rules.act_above)
        for at in range(0, len(nodes), _AT_ONCE):
            self._decide_some(nodes[at : at + _AT_ONCE], needy, short[needy])

    def _decide_some(self, nodes: list[Node], needy: Ints, short: Floats) -> None:
        """Nodes that decide within the same minutes; needs that others have taken up before are no needs any more."""
        network, census = self.network, self.census
        copies = network.shown(needy, self.rules)
        census.copies[needy], census.fetching[needy] = copies, network.fetching[needy]
        now_short = shortage(census.targets[needy], copies, census.mean[needy], census.fetching[needy], self.rules)
        still = now_short > self.rules.act_above
        needy, short = needy[still], short[still]
        if len(needy):
            answers = self._sampled(nodes, needy) if self._samples else self._answers(nodes, needy, short)
            for (node, units, drawn), room in zip(answers, self._rooms([one for one, *_ in answers]), strict=True):
                self._act(node, units, drawn, room)

    def _take_in_space(self) -> None:
        """The published histogram, of proved nodes: liars give nothing. Also how many copies there is room for."""
        nodes = [node for node in self.network.nodes if node.is_proven and not node.is_liar]
        budgets = np.array([node.budget_bytes for node in nodes]) * self.network.scenario.capacity_error
        self.space = lottery.Space.of(budgets, np.array([node.uptime for node in nodes]))
        self._known = self.network.published
        sizes = self.network.units.sizes_bytes[: self._known]
        self.census.targets[: len(sizes)] = targets.affordable(sizes, self.space.total_bytes)

    def _sampled(self, nodes: list[Node], needy: Ints) -> list[tuple[Node, Ints, Floats]]:
        """Each node looks at some needs that chance picks."""
        chance = self.network.chance
        count = min(others.SAMPLED, len(needy))
        picked = np.concatenate([chance.choice(needy, count, replace=False) for _ in nodes])
        columns = np.repeat(np.arange(len(nodes)), count)
        return self._by_node(nodes, picked, columns, chance.random(len(picked), np.float32))

    def _answers(self, nodes: list[Node], needy: Ints, short: Floats) -> list[tuple[Node, Ints, Floats]]:
        """Each node that answers some need, with the needs and its lots for them; in their order."""
        census, rules = self.census, self.rules
        pulls = lottery.pull(short, census.needed_h[needy], self.space.able_bytes(census.sizes_bytes[needy]), rules)
        keys = np.array([node.key for node in nodes], np.uint64)
        online = np.array([self._online_bytes(node) for node in nodes], np.float32)
        rows, columns, drawn = [], [], []
        for at in range(0, len(needy), _ROWS):
            part = slice(at, at + _ROWS)
            table = lottery.lots(census.keys[needy[part], None], keys[None, :])
            row, column = np.nonzero(lottery.answers(table, pulls[part, None].astype(np.float32), online[None, :]))
            rows.append(row + at)
            columns.append(column)
            drawn.append(table[row, column])
        return self._by_node(nodes, needy[np.concatenate(rows)], np.concatenate(columns), np.concatenate(drawn))

    def _online_bytes(self, node: Node) -> float:
        eager = lottery.eagerness(self._turns.free_bytes(node) / node.budget_bytes)
        return node.budget_bytes * node.uptime * eager

    def _by_node(self, nodes: list[Node], units: Ints, columns: Ints, drawn: Floats) -> list[tuple[Node, Ints, Floats]]:
        """Without units that a node has or could never hold."""
        numbers = np.array([node.number for node in nodes])
        limits = np.array([self._turns.limit_bytes(node) for node in nodes])
        can = ~self.network.has[numbers[columns], units] & (self.census.sizes_bytes[units] <= limits[columns])
        units, columns, drawn = units[can], columns[can], drawn[can]
        order = np.argsort(columns, kind="stable")
        units, columns, drawn = units[order], columns[order], drawn[order]
        bounds = np.searchsorted(columns, np.arange(len(nodes) + 1))
        return [
            (node, units[a:b], drawn[a:b])
            for node, a, b in zip(nodes, bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
            if b > a
        ]

    def _rooms(self, nodes: list[Node]) -> list[tuple[Ints, Floats]]:
        """What each node could give up now, and the surplus of each: asked for all of them at once."""
        if not nodes:
            return []
        held = np.concatenate([node.held.items for node in nodes])
        over, can_go = dropping.ready(self.census, held, self.network.chance.random(len(held), np.float32), self.rules)
        ends = np.cumsum([len(node.held.items) for node in nodes]).tolist()
        found = []
        for start, end in zip([0, *ends], ends, strict=False):
            at = np.flatnonzero(can_go[start:end]) + start
            found.append((held[at], over[at]))
        return found

    def _act(self, node: Node, units: Ints, drawn: Floats, room: tuple[Ints, Floats]) -> None:
        """A node plans, with the numbers of this moment, and announces what it will fetch."""
        network, census = self.network, self.census
        ready, over = room
        free_bytes = self._turns.free_bytes(node)
        if not len(ready):  # most nodes are full, and most have nothing to give up
            fits = census.sizes_bytes[units] <= free_bytes
            units, drawn = units[fits], drawn[fits]
            if not len(units):
                return
        census.fetching[units] = network.fetching[units]
        own = planning.Own(
            free_bytes, self._turns.plan_bytes(node), dropping.Room(ready, over, census.sizes_bytes[ready], self.rules)
        )
        for unit, given_up in planning.plan(census, units, drawn, own, self.rules):
            for given in given_up:
                network.withhold(node, given)
            due_h = network.now_h + network.scenario.tracker_lag_h if given_up else 0.0
            network.start(node, Fetch(unit, float(census.sizes_bytes[unit]), list(given_up), due_h))

    def _finish_drops(self) -> None:
        """What was announced no longer is looked at again, and deleted if others hold enough; else it stays."""
        network = self.network
        for node in list(network.busy.values()):
            for fetch in [one for one in node.queue if one.room and one.ready_h <= network.now_h and node.is_online]:
                self._finish_drop(node, fetch)

    def _finish_drop(self, node: Node, fetch: Fetch) -> None:
        network, census = self.network, self.census
        for unit in fetch.room:
            others = float(network.shown(np.array([unit]), self.rules)[0])
            if dropping.may_be_deleted(others, census.targets[unit], self.rules):
                network.delete(node, unit)
            else:
                network.offer(node, unit)
        fetch.room = []
        if node.used_bytes > node.budget_bytes:
            network.cancel(node, fetch)
