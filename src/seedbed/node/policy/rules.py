# SPDX-License-Identifier: Apache-2.0
"""The numbers of the policy, each with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """What the simulator was run with; ``seedbed simulate`` shows what other numbers do."""

    fetching_counts: float = 1.0
    """Of a copy: a node that has announced that it fetches. Most of them finish; less, and one more fetches in vain."""
    unproven_counts: float = 0.3
    """Of a copy: a seed that nobody has proved to hold what it says."""
    unproven_at_most: float = 0.9
    """Copies that all unproven seeds of a unit count for together: who invents a thousand gains nothing."""
    act_above: float = 0.5
    """Copies short; below it, noise."""
    factor: float = 10.0
    """Nodes that answer a need of one copy, on average: more than one, for some are full or away."""
    doubling_h: float = 6.0
    """A need that lasts so much longer brings in twice as many."""
    max_doublings: float = 12.0
    mean_h: float = 30.0
    """Time in which the mean forgets: shorter, and a night's absence moves bytes; longer, and a loss is seen later."""
    few: float = 1.9
    """With so few copies now, the mean of the day is not asked: waiting could cost the last one. One proved copy, and
    any number of invented ones, are few."""
    floor: int = 3
    """Copies that are left to others when one is dropped, whatever the target."""
    swap_margin: float = 1.9
    """How much better the wanted unit must be than a dropped one, in copies: a smaller gain is not worth the bytes. As
    good as two: the mean of a day comes near a whole number and never reaches it."""
    rescue: float = 1.0
    """That much sooner something is swapped for a unit that has been below the floor for long: among few nodes that are
    full, one with four copies and one with two would stay so for ever."""
    rescue_after_h: float = 48.0
    max_plan_h: float = 24.0
    """Of own bandwidth that is planned at once: what comes later is planned with newer numbers."""
    max_considered: int = 1_000
    """Needs that one plan goes through, in their order; a full node could help few of more."""
    max_dropped_of_held: float = 0.1
    """Of the bytes held, a day."""
    cut_above_bytes: int = 1_000_000_000_000
    """A larger version is cut into parts, so that many nodes can hold a share of it."""
    part_bytes: int = 64_000_000_000
    """Of such a part, at most: hours on a home's line, and a tenth of what a usual node gives."""
    reserve_of_budget: float = 0.02
    """Left free of the disk budget."""


DEFAULT = Rules()
