# SPDX-License-Identifier: Apache-2.0
"""What a node does next, from what it knows: the policy, applied to its own view (pure; chance is passed in)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seedbed.node.policy import dropping, lottery, others, planning
from seedbed.node.policy.census import shortage
from seedbed.node.policy.rules import DEFAULT, Rules

if TYPE_CHECKING:
    from collections.abc import Collection

    from seedbed.node.choosing.view import View
    from seedbed.node.policy.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Means:
    """What a node may use now."""

    key: int
    """Its own: see :func:`seedbed.node.policy.lottery.key_of`."""
    free_bytes: float
    """Negative when the budget was lowered."""
    plan_bytes: float
    online_bytes: float
    """Its budget times its uptime."""
    may_add: bool = True
    may_drop: bool = True
    space: lottery.Space | None = None
    """All nodes' budgets, where somebody tells; needs are sampled without."""


@dataclass(frozen=True, slots=True)
class Add:
    """A unit to fetch."""

    id: str
    short: float
    """Copies that it lacks."""
    copies: float
    fetching: float
    """Nodes that had announced that they fetch it."""
    room: tuple[str, ...]
    """Units to give up for it, first."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A unit to give up because the budget was lowered."""

    id: str
    surplus: float
    """Copies above its target that are left."""


@dataclass(frozen=True, slots=True)
class Plan:
    """In the order in which it is to be done."""

    adds: tuple[Add, ...] = ()
    drops: tuple[Drop, ...] = ()


def decide(
    view: View,
    held: Collection[str],
    busy: Collection[str],
    means: Means,
    chance: np.random.Generator,
    *,
    rules: Rules = DEFAULT,
) -> Plan:
    """Plan.

    Args:
        view: All units, with numbers of now.
        held: Ids of what the node holds.
        busy: Ids of what it fetches or is about to give up.
        means: What it may use.
        chance: For what is drawn once a plan.
        rules: The policy's.
    """
    mine = view.of_ids(held)
    room = _room(view, mine, means, chance, rules)
    if means.free_bytes < 0:
        return Plan(drops=tuple(_drops(view, room, -means.free_bytes)))
    if not means.may_add:
        return Plan()
    units, drawn = _answered(view, np.concatenate([mine, view.of_ids(busy)]), means, chance, rules)
    steps = planning.plan(
        view.census, units, drawn, planning.Own(means.free_bytes, means.plan_bytes, room), rules
    )  # fmt: skip
    short = lacking(view, rules)
    return Plan(tuple(_add(view, step, float(short[step.unit])) for step in steps))


def lacking(view: View, rules: Rules = DEFAULT) -> Floats:
    """Copies that each unit lacks now."""
    census = view.census
    return shortage(census.targets, census.copies, census.mean, census.fetching, rules)


def _room(view: View, mine: Ints, means: Means, chance: np.random.Generator, rules: Rules) -> dropping.Room:
    if not means.may_drop:
        mine = mine[:0]
    over, ready = dropping.ready(view.census, mine, chance.random(len(mine), np.float32), rules)
    return dropping.Room(mine[ready], over[ready], view.census.sizes_bytes[mine[ready]], rules)


def _drops(view: View, room: dropping.Room, needed_bytes: float) -> list[Drop]:
    """One after the other, the safest first, as far as it is safe."""
    found: list[Drop] = []
    while needed_bytes > 0 and (units := room.give_up(1, 0)):
        for unit in units:
            found.append(Drop(view.units[unit].id, float(dropping.surplus(view.census, np.array([unit]))[0])))
            needed_bytes -= float(view.census.sizes_bytes[unit])
    return found


def _answered(view: View, own: Ints, means: Means, chance: np.random.Generator, rules: Rules) -> tuple[Ints, Floats]:
    """Needs that this node takes up, and its lot for each."""
    census = view.census
    short = lacking(view, rules)
    wanted = short > rules.act_above
    wanted[own] = False
    needy = np.flatnonzero(wanted)
    if means.space is None:
        if len(needy) > others.SAMPLED:
            needy = chance.choice(needy, others.SAMPLED, replace=False)
        return needy, chance.random(len(needy), np.float32)
    drawn = lottery.lots(census.keys[needy], means.key)
    pulls = lottery.pull(short[needy], census.needed_h[needy], means.space.able_bytes(census.sizes_bytes[needy]), rules)
    eager = lottery.eagerness(means.free_bytes / max(means.online_bytes, 1))
    mine = lottery.answers(drawn, pulls, means.online_bytes * eager)
    return needy[mine], drawn[mine]


def _add(view: View, step: planning.Step, short: float) -> Add:
    room, census = tuple(view.units[unit].id for unit in step.room), view.census
    fetching = float(census.fetching[step.unit])
    return Add(view.units[step.unit].id, short, float(census.copies[step.unit]), fetching, room)
