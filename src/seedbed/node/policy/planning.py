# SPDX-License-Identifier: Apache-2.0
"""From the needs that a node answers to what it does next (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seedbed.node.policy.census import shortage
from seedbed.node.policy.rules import DEFAULT, Rules

if TYPE_CHECKING:
    from seedbed.node.policy.arrays import Floats, Ints
    from seedbed.node.policy.census import Census
    from seedbed.node.policy.dropping import Room


@dataclass(frozen=True, slots=True)
class Own:
    """What a node may use."""

    free_bytes: float
    """Of its budget, after everything held and planned; negative when the budget was lowered."""
    plan_bytes: float
    """Bytes that it may plan now."""
    room: Room
    """What it could give up."""


class Step(NamedTuple):
    """A unit to announce and fetch."""

    unit: int
    room: tuple[int, ...]
    """Held units to give up for it, first."""


def plan(census: Census, units: Ints, drawn: Floats, own: Own, rules: Rules = DEFAULT) -> list[Step]:
    """Take up needs: those with the fewest copies first, among equals by the node's own lot, so that nodes differ.

    Args:
        census: What is known, with numbers of this moment for the units in question: others may have announced
            themselves since the needs were worked out, and then a need is passed over.
        units: Needs that this node answers; none that it holds or fetches already.
        drawn: Its lot for each of them.
        own: What it has.
        rules: The policy's.
    """
    copies = census.copies[units]
    short = shortage(census.targets[units], copies, census.mean[units], census.fetching[units], rules)
    is_lasting = (census.needed_h[units] >= rules.rescue_after_h) & (census.mean[units] < rules.floor - rules.act_above)
    gain = short + rules.rescue * is_lasting
    has_hope = (census.sizes_bytes[units] <= own.free_bytes) | (gain + own.room.best >= rules.swap_margin)
    ready = np.flatnonzero((short > rules.act_above) & has_hope)
    if not len(ready):
        return []
    order = ready[np.lexsort((drawn[ready], np.round(copies[ready])))][: rules.max_considered]
    free_bytes, plan_bytes = own.free_bytes, own.plan_bytes
    steps: list[Step] = []
    for unit, better, size_bytes in zip(
        units[order].tolist(), gain[order].tolist(), census.sizes_bytes[units[order]].tolist(), strict=True
    ):
        if plan_bytes <= 0:
            break
        if size_bytes > plan_bytes and steps:
            continue
        given = own.room.give_up(size_bytes - free_bytes, better) if size_bytes > free_bytes else []
        if given is None:
            continue
        steps.append(Step(unit, tuple(given)))
        free_bytes += float(census.sizes_bytes[given].sum()) - size_bytes if given else -size_bytes
        plan_bytes -= size_bytes
    return steps
