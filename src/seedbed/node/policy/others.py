# SPDX-License-Identifier: Apache-2.0
"""How other programs choose, for comparison (pure). They rank all units alike for every node, and look once.

``collect`` is smartnode-transmission of 2023, ``at-2026`` its revival; ``greedy`` takes whatever is rarest, as people
do by hand from a list of seeders. ``powd`` is ours without the lottery: each node looks at some needs that chance picks
(power of d choices, Mitzenmacher 2001), for networks of which nobody knows the capacity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.node.policy.arrays import Flags, Floats, Ints
    from seedbed.node.policy.census import Census

SAMPLED = 70
"""Needs that ``powd`` looks at: so many hashes fit into one scrape."""
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Other:
    """A policy that ranks."""

    rank: Callable[[Census, Floats], Floats]
    """From what is known, and how often each unit was completed, to a number: the highest comes first."""
    fits: Callable[[Ints, float], Flags]
    """Sizes, and free bytes: which of them it would add."""
    evicts: bool = False
    """Whether a full node gives up what has the most copies."""
    starts_anywhere: bool = False
    """Whether each node begins at another place of the list: its keeper chose other collections."""


def _by_list(census: Census, _completed: Floats) -> Floats:
    return -np.arange(len(census.keys), dtype=np.float32)


def _by_priority(census: Census, completed: Floats) -> Floats:
    scarcity = 100 / (1 + census.copies)
    demand = 1 + np.log10(1 + completed) + census.fetching
    return np.asarray(scarcity * demand / np.sqrt(1 + census.sizes_bytes / 2**40), np.float32)


def _by_rarity(census: Census, _completed: Floats) -> Floats:
    return np.asarray(-census.copies - np.log10(np.maximum(census.sizes_bytes, 1)) / 100, np.float32)


OTHERS = {
    "collect": Other(
        _by_list, lambda sizes_bytes, free_bytes: np.asarray(2 * sizes_bytes < free_bytes), starts_anywhere=True
    ),
    "at-2026": Other(
        _by_priority,
        lambda sizes_bytes, free_bytes: np.asarray(
            (sizes_bytes < free_bytes - 50 * _GIB) & (sizes_bytes < 2000 * _GIB)
        ),
    ),
    "greedy": Other(_by_rarity, lambda sizes_bytes, free_bytes: np.asarray(sizes_bytes < free_bytes), evicts=True),
}
"""By name."""
