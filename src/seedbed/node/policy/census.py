# SPDX-License-Identifier: Apache-2.0
"""What is known of every unit: how many copies there are, and how many are wanted (pure).

Units are numbered from 0; each array has a value for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seedbed.node.policy.rules import DEFAULT, Rules

if TYPE_CHECKING:
    from seedbed.node.policy.arrays import Floats, Ints, Keys, Numbers


@dataclass(slots=True)
class Census:
    """All units."""

    keys: Keys
    """64 bits that name the unit everywhere: see :func:`seedbed.node.policy.lottery.key_of`."""
    sizes_bytes: Ints
    targets: Floats
    """Copies wanted."""
    copies: Floats
    """Independent copies online when last asked."""
    mean: Floats
    """The same, mean of the last day: a node that is away for the night is no loss."""
    fetching: Floats
    """Nodes that have announced that they fetch it."""
    needed_h: Floats
    """For how long it has been short, in hours; 0 when it is not."""

    @classmethod
    def of(cls, keys: Keys, sizes_bytes: Ints, targets: Floats) -> Census:
        """Units of which nothing is known yet."""
        empty = np.zeros(len(keys), np.float32)
        return cls(keys, sizes_bytes, targets, empty, empty.copy(), empty.copy(), empty.copy())

    def observe(self, copies: Numbers, fetching: Numbers, passed_h: float, rules: Rules = DEFAULT) -> Floats:
        """Take in new numbers.

        Args:
            copies: Online now.
            fetching: Announced now.
            passed_h: Hours since the last time.
            rules: The policy's.

        Returns:
            How many copies each unit is short now.
        """
        self.copies = np.asarray(copies, np.float32)
        self.fetching = np.asarray(fetching, np.float32)
        self.mean += (self.copies - self.mean) * np.float32(1 - np.exp(-passed_h / rules.mean_h))
        short = shortage(self.targets, self.copies, self.mean, self.fetching, rules)
        self.needed_h = np.where(short > rules.act_above, self.needed_h + np.float32(passed_h), np.float32(0))
        return short


def independent(proven: Numbers, unproven: Numbers, rules: Rules = DEFAULT) -> Floats:
    """Copies that are counted, of seeds that proved that they hold a unit and of others that only say so.

    To invent seeds of a rare unit is the cheapest attack on such a network: it would switch off its repair.
    """
    return np.asarray(proven + np.minimum(rules.unproven_counts * unproven, rules.unproven_at_most), np.float32)


def shortage(targets: Floats, copies: Floats, mean: Floats, fetching: Floats, rules: Rules = DEFAULT) -> Floats:
    """Copies that each unit lacks; negative for a surplus.

    The larger of now and the day's mean is counted, so that a night's absence moves no bytes; with very few copies
    only now counts.
    """
    counted = np.where(copies <= rules.few, copies, np.maximum(copies, mean))
    return targets - counted - rules.fetching_counts * fetching
