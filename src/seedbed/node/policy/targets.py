# SPDX-License-Identifier: Apache-2.0
"""How many copies a unit should have (pure).

Minimising the units that are short under one space budget gives small ones more copies: their safety is almost free,
and a large one that is a copy safer costs as much as hundreds of small ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seedbed.node.policy.arrays import Floats, Ints

LEAST, MOST = 3, 6
"""Copies of a large unit. Three are wanted also where there is no room for three: as many units get them as can."""
UNKNOWN = 3
"""When nobody tells how much space the network has."""
USED_OF_CAPACITY = 0.9
"""The rest is for what is new, and for what moves."""
_SMALL_BYTES = 16e9
_PER_DECADE = 0.8
"""Copies more for each tenth of the size. With 1.5 slightly fewer units are short, and a tenth more bytes move."""
_MOST_MORE = 6
_BASES = np.arange(MOST, LEAST - _MOST_MORE, -0.25)
"""Tried in this order. Where all units are small, the base is less than the least: their extra copies make it up."""


def affordable(sizes_bytes: Ints, online_capacity_bytes: float) -> Floats:
    """Copies wanted of each unit, as many as the network has room for; of each three, where nobody knows.

    Args:
        sizes_bytes: Bytes of each unit.
        online_capacity_bytes: Budgets of all nodes, each times its uptime; 0 when unknown.
    """
    if online_capacity_bytes <= 0:
        return np.full(len(sizes_bytes), UNKNOWN, np.float32)
    room = USED_OF_CAPACITY * online_capacity_bytes
    for base_copies in _BASES:
        wanted = np.maximum(targets(sizes_bytes, base_copies), LEAST)
        if float((wanted * sizes_bytes).sum()) <= room:
            return wanted
    return np.full(len(sizes_bytes), LEAST, np.float32)


def targets(sizes_bytes: Ints, base_copies: float) -> Floats:
    """Copies wanted of each unit: the base, and up to six more for small ones.

    Args:
        sizes_bytes: Bytes of each unit.
        base_copies: Of a large unit.
    """
    decades = np.log10(_SMALL_BYTES / np.maximum(sizes_bytes, 1))
    more = np.clip(np.round(_PER_DECADE * decades), 0, _MOST_MORE)
    return np.asarray(base_copies + more, np.float32)
