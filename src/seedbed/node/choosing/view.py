# SPDX-License-Identifier: Apache-2.0
"""What a node can choose from: the catalogue's units, with what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.node.giving.gift import Gift, refusal, too_large
from seedbed.node.policy import targets
from seedbed.node.policy.census import Census

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from seedbed.catalog.model import Release
    from seedbed.node.choosing.units import Cutter, Unit
    from seedbed.node.policy.arrays import Ints


@dataclass(slots=True)
class View:
    """Units side by side; a unit's number is its place."""

    units: list[Unit]
    census: Census
    numbers: dict[str, int]
    """Id -> number."""
    refused: dict[str, tuple[str, dict[str, Any]]]
    """A version's id -> why the node does not take it, of versions of which no units are here."""

    @classmethod
    def of(
        cls,
        releases: Iterable[Release],
        cutter: Cutter,
        gift: Gift,
        known: Mapping[str, tuple[float, float, float, float]],
        online_capacity_bytes: float = 0.0,
        *,
        refuses: Callable[[Release], tuple[str, dict[str, Any]] | None] = lambda _: None,
    ) -> View:
        """Read a catalogue. Blocks as long as the cutter does.

        Args:
            releases: All of them.
            cutter: Makes units of them.
            gift: What the volunteer wants.
            known: What was known of each unit before: :meth:`seedbed.node.state.State.numbers`.
            online_capacity_bytes: Of all nodes, where it is known.
            refuses: Why whoever serves here cannot take a version.
        """
        taken: list[Unit] = []
        refused: dict[str, tuple[str, dict[str, Any]]] = {}
        for release in releases:
            if why := refusal(gift, release) or refuses(release) or _cannot_hold(gift, release, cutter):
                refused[release.id] = why
            elif units := list(cutter.units([release])):
                taken += units
            else:
                refused[release.id] = "uncut", {}
        sizes = np.array([max(unit.size_bytes, 1) for unit in taken], np.int64)
        keys = np.array([unit.key for unit in taken], np.uint64)
        wanted = targets.affordable(sizes, online_capacity_bytes)
        census = Census.of(keys, sizes, wanted)
        for number, unit in enumerate(taken):
            if before := known.get(unit.id):
                census.copies[number], census.mean[number] = before[0], before[1]
                census.fetching[number], census.needed_h[number] = before[2], before[3]
        return cls(taken, census, {unit.id: number for number, unit in enumerate(taken)}, refused)

    def of_ids(self, ids: Iterable[str]) -> Ints:
        """Numbers of units; ids that are no units here are left out."""
        return np.array([self.numbers[one] for one in ids if one in self.numbers], np.int64)

    def rows(self) -> list[tuple[str, float, float, float, float]]:
        """What is known of each unit, to be kept."""
        census = self.census
        columns = (census.copies, census.mean, census.fetching, census.needed_h)
        return [
            (unit.id, *values)
            for unit, values in zip(self.units, zip(*(one.tolist() for one in columns), strict=True), strict=True)
        ]


def _cannot_hold(gift: Gift, release: Release, cutter: Cutter) -> tuple[str, dict[str, Any]] | None:
    """Of a folder the torrent alone says how large its files are; it is asked only where that could matter."""
    if too_large(gift, release.size_bytes) is None:
        return None
    return too_large(gift, cutter.largest_file_bytes(release))
