# SPDX-License-Identifier: Apache-2.0
"""What a node knows and would do, for people and programs: nothing is changed by looking."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.node import deciding
from seedbed.node.policy.rules import DEFAULT
from seedbed.node.traffic import kept
from seedbed.node.view import View

if TYPE_CHECKING:
    from seedbed.node.gift import Gift
    from seedbed.node.parts import Listed
    from seedbed.node.state import State
    from seedbed.node.units import Cutter

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Look:
    """From the node's own files alone: nobody is asked."""

    gift: Gift
    listed: Listed
    state: State
    key: int
    cutter: Cutter

    def view(self) -> View:
        """All units, with the numbers of the node's last round."""
        return View.of(self.listed.releases, self.cutter, self.gift, self.state.numbers())

    def status(self) -> dict[str, Any]:
        """What is held, and what that protects."""
        units, view = self.state.units(), self.view()
        held = [unit for unit in units.values() if unit.stage == "held"]
        catalog_bytes = sum(release.size_bytes for release in self.listed.releases)
        held_bytes = sum(unit.size_bytes for unit in held)
        copies = {one: float(view.census.copies[number]) for one, number in view.numbers.items() if one in units}
        return {
            "catalog": self.gift.catalog, "folder": self.gift.folder, "storage_bytes": self.gift.storage_bytes,
            "hours": list(self.gift.hours), "monthly_bytes": self.gift.monthly_bytes, "traffic_bytes": self._traffic(),
            "is_paused": self.gift.is_paused, "warning": self.listed.warning,
            **{stage: sum(unit.stage == stage for unit in units.values()) for stage in ("held", "fetching", "leaving")},
            "held_bytes": held_bytes, "catalog_bytes": catalog_bytes,
            "coverage_percent": 100 * held_bytes / max(catalog_bytes, 1),
            "only_here": sum(copies.get(unit.id, 0) <= 1 for unit in held),
            "units": [{**asdict(unit), "copies": copies.get(unit.id, 0.0)} for unit in units.values()],
        }  # fmt: skip

    def _traffic(self) -> int:
        """Of this month, as it was written down last."""
        month = kept(self.state)
        return month.used_bytes if month else 0

    def plan(self) -> dict[str, Any]:
        """What it would do next, if the numbers of its last round held."""
        units, view = self.state.units(), self.view()
        booked = sum(unit.size_bytes for unit in units.values() if unit.stage != "leaving")
        free = self.gift.storage_bytes * (1 - DEFAULT.reserve_of_budget) - booked
        means = deciding.Means(self.key, free, free, self.gift.storage_bytes)
        held = [unit.id for unit in units.values() if unit.stage == "held"]
        busy = [unit.id for unit in units.values() if unit.stage != "held"]
        found = deciding.decide(view, held, busy, means, np.random.default_rng(self.key))
        sizes = {unit.id: unit.size_bytes for unit in view.units}
        return {
            "adds": [{**asdict(add), "size_bytes": sizes[add.id]} for add in found.adds],
            "drops": [asdict(drop) for drop in found.drops],
        }

    def why(self, item: str) -> dict[str, Any] | None:
        """Why a version is held or not; None when the catalogue does not list it."""
        view, unit = self.view(), self.state.units().get(item)
        events = [asdict(event) for event in self.state.events(item)]
        if item in view.refused:
            name, facts = view.refused[item]
            name = "withdrawn-by-catalog" if name == "withdrawn" else name
        elif (number := view.numbers.get(item)) is not None:
            name, facts = self._need(view, number)
        else:
            return None
        return {"stage": unit.stage if unit else "not here", "reason": name, "facts": facts, "events": events}

    def _need(self, view: View, number: int) -> tuple[str, dict[str, Any]]:
        census = view.census
        facts = {
            "copies": float(census.copies[number]), "target": float(census.targets[number]),
            "fetching": float(census.fetching[number]), "size_bytes": int(census.sizes_bytes[number]),
        }  # fmt: skip
        if census.sizes_bytes[number] > self.gift.storage_bytes:
            return "too-large", facts
        return "needed" if deciding.lacking(view)[number] > DEFAULT.act_above else "safe", facts
