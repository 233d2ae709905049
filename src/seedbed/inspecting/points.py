# SPDX-License-Identifier: Apache-2.0
"""The extent of points that pass by in batches: what is out of range is counted and left out, not believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from seedbed.inspecting.extent import HALF_WORLD_DEG, on_globe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seedbed.inspecting.inspected import BBox

_MOST_BAD = 0.01
"""Share of points out of range up to which the rest are taken for what they say: typing errors, not another system."""


class PointExtent:
    """Collects longitudes and latitudes in degrees; bounded memory."""

    def __init__(self) -> None:
        self._good = 0
        self._bad = 0
        self._bad_but_swapped = 0
        self._south, self._north = np.inf, -np.inf
        self._west, self._east = np.inf, -np.inf
        self._least_positive, self._greatest_negative = np.inf, -np.inf

    def add(self, longitudes: NDArray[np.float64], latitudes: NDArray[np.float64]) -> None:
        """Take points; pairs with a NaN are no points."""
        there = np.isfinite(longitudes) & np.isfinite(latitudes)
        lon, lat = longitudes[there], latitudes[there]
        good = (np.abs(lat) <= 90) & (lon >= -180) & (lon <= 360)
        self._bad += int((~good).sum())
        self._bad_but_swapped += int((~good & (np.abs(lon) <= 90) & (np.abs(lat) <= 180)).sum())
        lon, lat = lon[good], lat[good]
        if not len(lon):
            return
        self._good += len(lon)
        self._south, self._north = min(self._south, lat.min()), max(self._north, lat.max())
        self._west, self._east = min(self._west, lon.min()), max(self._east, lon.max())
        self._least_positive = min(self._least_positive, lon[lon >= 0].min(initial=np.inf))
        self._greatest_negative = max(self._greatest_negative, lon[lon < 0].max(initial=-np.inf))

    def result(self) -> tuple[BBox | None, str]:
        """The box and what is odd; None when there is no point or the numbers are not degrees."""
        total = self._good + self._bad
        if not total:
            return None, "no row has both a longitude and a latitude"
        if self._bad > _MOST_BAD * total:
            swapped = self._bad_but_swapped == self._bad
            why = "; longitude and latitude may be swapped" if swapped else ""
            return None, f"{self._bad:,} of {total:,} points are out of the range of degrees{why}"
        box, odd = on_globe((self._west, self._south, self._east, self._north))
        if box and self._crosses():
            box = (float(self._least_positive), box[1], float(self._greatest_negative), box[3])
        if self._bad and not odd:
            odd = f"{self._bad:,} of {total:,} points are out of the range of degrees and are left out of the extent"
        return box, odd

    def _crosses(self) -> bool:
        """Whether the points are on both sides of the antimeridian, and nowhere near Greenwich."""
        both = np.isfinite(self._least_positive) and np.isfinite(self._greatest_negative)
        return bool(both and self._east <= 180 and self._least_positive - self._greatest_negative > HALF_WORLD_DEG)
