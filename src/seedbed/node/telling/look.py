# SPDX-License-Identifier: Apache-2.0
"""What a node knows and would do, for people and programs: nothing is changed by looking."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.catalog import versions
from seedbed.node.choosing import deciding
from seedbed.node.choosing.booking import Booking
from seedbed.node.choosing.units import version_of
from seedbed.node.choosing.view import View
from seedbed.node.giving.restraint import LINE
from seedbed.node.giving.traffic import kept
from seedbed.node.policy.rules import DEFAULT
from seedbed.node.telling import coverage
from seedbed.node.trusting.believing import space_of_text
from seedbed.node.trusting.uptime import Uptime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.catalog.model import Release
    from seedbed.node.choosing.units import Cutter
    from seedbed.node.disk.places import Places
    from seedbed.node.disk.store import Place
    from seedbed.node.giving.gift import Gift
    from seedbed.node.parts import Listed
    from seedbed.node.policy.lottery import Space
    from seedbed.node.state import Held, State


@dataclass(frozen=True, slots=True)
class Ground:
    """What the whole catalogue says; it changes with a round only, and takes a while for a million datasets."""

    view: View
    collections: Mapping[str, tuple[int, int]]
    """Name -> versions and bytes that the catalogue has in it; withdrawn ones are not counted."""
    of: Mapping[str, str]
    """Id -> its collection."""
    parts: Mapping[str, tuple[int, int]]
    """Version -> parts and bytes that it has, of all that are cut."""
    space: Space | None
    """What all nodes give together; None when that is not known."""


@dataclass(frozen=True, slots=True)
class Look:
    """From the node's own files alone: nobody is asked."""

    gift: Gift
    listed: Listed
    state: State
    key: int
    cutter: Cutter
    place: Place | Places
    """Where the data lies."""
    refuses: Callable[[Release], tuple[str, dict[str, Any]] | None] = lambda _: None
    """See :class:`seedbed.node.parts.Parts`."""

    def ground(self) -> Ground:
        """All units, with the numbers of the node's last round."""
        space = space_of_text(self.state.get("space"))
        given_bytes = space.total_bytes if space else 0.0
        view = View.of(
            self.listed.releases, self.cutter, self.gift, self.state.numbers(), given_bytes, refuses=self.refuses
        )  # fmt: skip
        counts: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for release in self.listed.releases:
            if release.status != "withdrawn":
                counts[release.collection] += 1
                sizes[release.collection] += release.size_bytes
        of = {release.id: release.collection for release in self.listed.releases}
        collections = {name: (counts[name], sizes[name]) for name in counts}
        return Ground(view, collections, of, coverage.parts_of(view.units), space)

    def status(self, ground: Ground | None = None) -> dict[str, Any]:
        """What is held, and what that protects.

        Args:
            ground: What was looked through before, for whoever asks often.
        """
        ground = ground or self.ground()
        units = self.state.units()
        rows = [self._row(unit, ground) for unit in units.values()]
        held = [row for row in rows if row["stage"] == "held"]
        catalog_bytes = sum(size for _, size in ground.collections.values())
        held_bytes = sum(row["size_bytes"] for row in held)
        return {
            "catalog": self.gift.catalog, "folder": self.gift.folder, "storage_bytes": self.gift.storage_bytes,
            "hours": list(self.gift.hours), "monthly_bytes": self.gift.monthly_bytes, "traffic_bytes": self._traffic(),
            "folders": self._folders(units), "line": json.loads(self.state.get(LINE) or "{}"),
            "is_paused": self.gift.is_paused, "warning": self.listed.warning, "is_running": False,
            **{stage: sum(unit.stage == stage for unit in units.values()) for stage in ("held", "fetching", "leaving")},
            "held_bytes": held_bytes, "booked_bytes": Booking.of(units).booked_bytes, "catalog_bytes": catalog_bytes,
            "coverage_percent": 100 * held_bytes / max(catalog_bytes, 1),
            "only_here": sum(row["is_only_copy"] for row in held),
            "collections": coverage.collections(held, ground.collections),
            "large": coverage.large(rows, ground.parts), "units": rows,
        }  # fmt: skip

    def _folders(self, units: Mapping[str, Held]) -> list[dict[str, Any]]:
        """Each that is given, with what lies there."""
        found = []
        for folder, share_bytes in self.gift.shares.items():
            mine = [one for one in units.values() if str(self.place.of(one.id).folder) == folder]
            found.append({
                "folder": folder, "storage_bytes": share_bytes, "away": self.place.away.get(Path(folder), ""),
                "held": sum(one.stage == "held" for one in mine),
                "held_bytes": sum(one.size_bytes for one in mine if one.stage == "held"),
            })  # fmt: skip
        return found

    def _traffic(self) -> int:
        """Of this month, as it was written down last."""
        month = kept(self.state)
        return month.used_bytes if month else 0

    def plan(self) -> dict[str, Any]:
        """What it would do next, if the numbers of its last round held."""
        ground, units = self.ground(), self.state.units()
        booking, view = Booking.of(units), ground.view
        free = self.place.free_bytes(units, self.gift, DEFAULT)
        online_bytes = self.gift.storage_bytes * Uptime.read(self.state.get("uptime")).share
        means = deciding.Means(self.key, free, free, online_bytes, space=ground.space)
        held = self.place.crowded(booking.held, self.gift, units, DEFAULT) if free < 0 else booking.held
        found = deciding.decide(view, held, booking.busy, means, np.random.default_rng(self.key))
        sizes = {item: int(view.census.sizes_bytes[number]) for item, number in view.numbers.items()}
        return {
            "adds": [{**asdict(add), "size_bytes": sizes[add.id]} for add in found.adds],
            "drops": [asdict(drop) for drop in found.drops],
        }

    def why(self, item: str) -> dict[str, Any] | None:
        """Why a version is held or not; None when the catalogue does not list it.

        Args:
            item: A version, a part of one, or a dataset: then its newest version is meant.
        """
        if "@" not in item and (
            newest := versions.newest([one for one in self.listed.releases if one.dataset == item])
        ):
            item = newest.id
        return self._why(item)

    def _why(self, item: str) -> dict[str, Any] | None:
        view, units = self.ground().view, self.state.units()
        if parts := [unit.id for unit in view.units if unit.part and unit.release.id == item]:
            return {"id": item, **self._why_in_parts(view, parts, units)}
        unit, events = units.get(item), [asdict(event) for event in self.state.events(item)]
        if (refused := view.refused.get(version_of(item))) is not None:
            name, facts = refused
        elif (number := view.numbers.get(item)) is not None:
            name, facts = self._need(view, number)
        else:
            return None
        stage = unit.stage if unit else "not here"
        return {"id": item, "stage": stage, "reason": name, "facts": facts, "events": events}

    def _why_in_parts(self, view: View, parts: list[str], units: Mapping[str, Held]) -> dict[str, Any]:
        """Of a version that is cut: what is here, and how its rarest part stands."""
        numbers, census = view.of_ids(parts), view.census
        rarest = numbers[int(np.argmin(census.copies[numbers]))]
        here = {one: units[one].stage for one in parts if one in units}
        facts = {
            "held": sum(stage == "held" for stage in here.values()), "of": len(parts),
            "copies": float(census.copies[rarest]), "target": float(census.targets[rarest]),
        }  # fmt: skip
        events = [asdict(event) for one in here for event in self.state.events(one, limit=5)]
        events.sort(key=lambda event: -event["at_s"])
        stage = f"{facts['held']} of {len(parts)} parts held"
        return {"stage": stage, "reason": "in-parts", "facts": facts, "parts": here, "events": events[:50]}

    @staticmethod
    def _row(unit: Held, ground: Ground) -> dict[str, Any]:
        """A unit that the catalogue lists no more has no numbers: whether others hold it is not known.

        One that was fetched since the last round was not counted yet, and is one copy all the same.
        """
        number, census = ground.view.numbers.get(unit.id), ground.view.census
        copies = max(float(census.copies[number]), float(unit.stage == "held")) if number is not None else 0.0
        return {
            **asdict(unit), "collection": ground.of.get(version_of(unit.id), ""), "copies": copies,
            "target": float(census.targets[number]) if number is not None else 0.0,
            "is_only_copy": unit.stage == "held" and number is not None and copies <= 1,
        }  # fmt: skip

    def _need(self, view: View, number: int) -> tuple[str, dict[str, Any]]:
        census = view.census
        facts = {
            "copies": float(census.copies[number]), "target": float(census.targets[number]),
            "fetching": float(census.fetching[number]), "size_bytes": int(census.sizes_bytes[number]),
        }  # fmt: skip
        if census.sizes_bytes[number] > self.gift.storage_bytes:
            return "too-large", facts
        return "needed" if deciding.lacking(view)[number] > DEFAULT.act_above else "safe", facts
