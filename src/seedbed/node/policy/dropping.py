# SPDX-License-Identifier: Apache-2.0
"""What a full node may give up for something that needs it more, and never the last copies (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seedbed.node.policy.rules import DEFAULT, Rules

if TYPE_CHECKING:
    from seedbed.node.policy.arrays import Flags, Floats, Ints
    from seedbed.node.policy.census import Census


def surplus(census: Census, units: Ints) -> Floats:
    """Copies above the target that would be left without this node's own."""
    return np.minimum(census.copies[units], census.mean[units]) - 1 - census.targets[units]


def leaves_enough(census: Census, units: Ints, rules: Rules = DEFAULT) -> Flags:
    """Whether enough copies of others are online, whatever this node does."""
    return np.asarray(census.copies[units] - 1 >= np.maximum(census.targets[units], rules.floor))


def may_be_deleted(others: float, target: float, rules: Rules = DEFAULT) -> bool:
    """The last look, one announce interval after a unit was announced no longer.

    Args:
        others: Copies online that are not this node's.
        target: Copies wanted.
        rules: The policy's.
    """
    return others >= max(target, rules.floor)


def ready(census: Census, units: Ints, rolls: Floats, rules: Rules = DEFAULT) -> tuple[Floats, Flags]:
    """The surplus of held units, and which of them could go now.

    Each is ready with a chance of one in its surplus plus two only: all its holders see the same surplus, and all would
    go at once. The chance is drawn once for each plan.

    Args:
        census: What is known.
        units: Held units.
        rolls: A number of chance in [0, 1) for each of them.
        rules: The policy's.
    """
    over = surplus(census, units)
    return over, leaves_enough(census, units, rules) & (rolls * (np.maximum(over, 0) + 2) < 1)


class Room:
    """Units that a node could give up now, the safest first.

    Args:
        units: Those that are ready.
        over: The surplus of each.
        sizes_bytes: Their bytes.
        rules: The policy's.
    """

    def __init__(self, units: Ints, over: Floats, sizes_bytes: Ints, rules: Rules = DEFAULT) -> None:
        self._ready = units, over, sizes_bytes
        self._sorted: list[tuple[int, float, int]] | None = None
        self._margin = rules.swap_margin
        self.best = float(over.max()) if len(over) else float("-inf")
        """The surplus of the safest; minus infinity when nothing can go."""

    def give_up(self, needed_bytes: float, gain: float) -> list[int] | None:
        """Units to give up until so many bytes are free; None when there are not enough that may go.

        Args:
            needed_bytes: Bytes to free.
            gain: Copies that the wanted unit lacks, and more where it is in danger; with the surplus of what is given
                up it must reach the policy's margin.
        """
        if self._sorted is None:  # most plans come to nothing before this
            units, over, sizes_bytes = self._ready
            order = np.argsort(-over, kind="stable")
            self._sorted = list(
                zip(units[order].tolist(), over[order].tolist(), sizes_bytes[order].tolist(), strict=True)
            )
        freed_bytes, given = 0.0, list[int]()
        for unit, over_by, size_bytes in self._sorted:
            if freed_bytes >= needed_bytes or over_by + gain < self._margin:
                break
            given.append(unit)
            freed_bytes += size_bytes
        if freed_bytes < needed_bytes:
            return None
        del self._sorted[: len(given)]
        return given
