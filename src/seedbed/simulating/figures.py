# SPDX-License-Identifier: Apache-2.0
"""What is measured in a simulated network while time passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from seedbed.node.policy.arrays import Ints
    from seedbed.simulating.network import Network

SAFE = 3
"""Copies online, from which on a unit counts as safe."""
LOOK_EVERY_H = 6.0
HERD_WATCHED_H = 168.0
UNSAFE_AFTER_H = 48.0
"""A new unit that is not safe by then is one that never was."""


@dataclass(slots=True)
class Series:
    """Looked at every six hours, from the day on which the HTTP mirrors are gone."""

    days: list[float] = field(default_factory=list)
    units_short: list[float] = field(default_factory=list)
    """Share of the units with fewer than three copies online."""
    bytes_short: list[float] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    """Units of which there is no copy anywhere."""


@dataclass(slots=True)
class Herd:
    """Units that lost all copies but one at a time, and what the nodes made of it."""

    victims: Ints
    began_h: float
    copied_before: Ints
    crowd: Ints
    """The most holders and fetchers that each had at a time."""
    healed_h: dict[int, float] = field(default_factory=dict)
    """Unit -> hours until three copies were online."""
    copies_moved: float = 0.0
    """For each victim, within a week."""


class Figures:
    """Filled by a look after each step.

    Args:
        network: What is looked at.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.series = Series()
        self.herd: Herd | None = None
        self.new_h: list[float] = []
        """Hours from publication to three copies online, of each new unit."""
        self.measured_from_h = 0.0
        self.moved_before_bytes = self.moved_for_room_before_bytes = 0.0
        self._waiting: dict[int, float] = {}
        self._known = int((network.units.published_h < 0).sum())

    def look(self) -> None:
        """After each step."""
        network = self.network
        self._look_at_new()
        self._look_at_herd()
        is_time = network.now_h % LOOK_EVERY_H < network.scenario.tick_h
        if is_time and network.now_h >= network.scenario.mirrors_end_d * 24:
            self._look_at_all()

    def herd_began(self, victims: Ints) -> None:
        """These units lost all copies but one just now."""
        network = self.network
        self.herd = Herd(victims, network.now_h, network.copied[victims].copy(), np.zeros(len(victims), np.int64))

    def never_safe(self) -> int:
        """New units that were not safe after two days."""
        return sum(self.network.now_h - at_h > UNSAFE_AFTER_H for at_h in self._waiting.values())

    def _look_at_all(self) -> None:
        network, series = self.network, self.series
        if not series.days:
            self.measured_from_h = network.now_h
            self.moved_before_bytes, self.moved_for_room_before_bytes = (
                network.moved_bytes,
                network.moved_for_room_bytes,
            )
        count = network.published
        short, sizes = network.online[:count] < SAFE, network.units.sizes_bytes[:count]
        series.days.append(network.now_h / 24)
        series.units_short.append(float(short.mean()))
        series.bytes_short.append(float(sizes[short].sum() / sizes.sum()))
        series.lost.append(int(((network.existing == 0) & ~network.is_mirrored)[:count].sum()))

    def _look_at_new(self) -> None:
        network = self.network
        for unit in range(self._known, network.published):
            self._waiting[unit] = float(network.units.published_h[unit])
        self._known = network.published
        for unit in [one for one in self._waiting if network.online[one] >= SAFE]:
            self.new_h.append(network.now_h - self._waiting.pop(unit))

    def _look_at_herd(self) -> None:
        herd, network = self.herd, self.network
        if herd is None or network.now_h - herd.began_h > HERD_WATCHED_H:
            return
        online = network.online[herd.victims]
        herd.crowd = np.maximum(herd.crowd, online + network.fetching[herd.victims])
        herd.copies_moved = float((network.copied[herd.victims] - herd.copied_before).mean())
        for unit in herd.victims[online >= SAFE].tolist():
            herd.healed_h.setdefault(unit, network.now_h - herd.began_h)
