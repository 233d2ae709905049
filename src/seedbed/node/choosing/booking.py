# SPDX-License-Identifier: Apache-2.0
"""What of a budget is taken, and what is free: unfinished units count whole from the moment they are chosen (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.node.policy.rules import Rules
    from seedbed.node.state import Held


@dataclass(frozen=True, slots=True)
class Booking:
    """Of all units that a node has."""

    held: tuple[str, ...]
    """Ids."""
    busy: tuple[str, ...]
    """Ids of what it fetches, or is about to give up."""
    booked_bytes: int
    """Of what is held and fetched; what leaves frees its room for what comes in its place."""
    to_come_bytes: int
    """Of what is fetched: booked, and not all of it on the disk yet."""

    @classmethod
    def of(cls, units: Mapping[str, Held]) -> Booking:
        """Add up."""
        return cls(
            tuple(unit.id for unit in units.values() if unit.stage == "held"),
            tuple(unit.id for unit in units.values() if unit.stage != "held"),
            sum(unit.size_bytes for unit in units.values() if unit.stage != "leaving"),
            sum(unit.size_bytes for unit in units.values() if unit.stage == "fetching"),
        )

    def free_bytes(self, storage_bytes: int, room_bytes: int, rules: Rules) -> float:
        """Of the budget, no more than the disk has for what is still to come; negative when the budget was lowered.

        Args:
            storage_bytes: The budget.
            room_bytes: That the disk has for us: :meth:`seedbed.node.disk.store.Place.room_bytes`.
            rules: The policy's; they keep a share of the budget for what cannot be foreseen.
        """
        free = storage_bytes * (1 - rules.reserve_of_budget) - self.booked_bytes
        return min(free, max(room_bytes - self.to_come_bytes, 0)) if free > 0 else free
