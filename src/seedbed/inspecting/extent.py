# SPDX-License-Identifier: Apache-2.0
"""Boxes on the globe: from numbers that may be anything to a box that is right, or a word why there is none.

RFC 7946, 5.2: a box that crosses the antimeridian has its west east of its east. Here a box crosses only when it
would otherwise span more than half of the world for nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from seedbed.inspecting.inspected import BBox

ROUNDING_DEG = 1e-6
"""Vector data may pass a pole by so much: the rounding of 32-bit coordinates."""
PIXEL_DEG = 1.0
"""A raster may: its first pixel's centre is at the pole, and its edge half a pixel beyond."""
HALF_WORLD_DEG = 180.0
_DENSE = 21
"""Points on each edge of a box that is carried to another coordinate system: edges become curves."""
_DIGITS = 9
"""A tenth of a millimetre; beyond that, projections give noise that differs from machine to machine."""


def on_globe(bounds: Sequence[float], *, tolerance_deg: float = ROUNDING_DEG) -> tuple[BBox | None, str]:
    """A box in degrees, checked.

    Args:
        bounds: West, south, east, north; longitudes from -180 or from 0.
        tolerance_deg: How far beyond the poles or the antimeridian counts as there.

    Returns:
        The box, and nothing to say; or None, and what is wrong.
    """
    west, south, east, north = (round(float(number), _DIGITS) for number in bounds)
    if not all(map(math.isfinite, (west, south, east, north))):
        return None, "its extent is not a number"
    if max(abs(south), abs(north)) > 90 + tolerance_deg:
        swapped = max(abs(west), abs(east)) <= 90 and max(abs(south), abs(north)) <= 180 + tolerance_deg
        why = "; longitude and latitude may be swapped" if swapped else ""
        return None, f"expected latitudes from -90 to 90, got {south:g} to {north:g}{why}"
    if west < -180 - tolerance_deg or east > 360 + tolerance_deg:
        return None, f"expected longitudes from -180 to 180, got {west:g} to {east:g}"
    if south > north:
        return None, f"its south ({south:g}) is north of its north ({north:g})"
    west, east = _from_minus_180(west, east, tolerance_deg)
    return (west, max(south, -90.0), east, min(north, 90.0)), ""


def carried_to_globe(
    bounds: Sequence[float], crs: Any, *, tolerance_deg: float = ROUNDING_DEG
) -> tuple[BBox | None, str]:
    """A box in any coordinate system as one in degrees.

    Args:
        bounds: Left, bottom, right, top, in the system's units.
        crs: Anything that names a system: ``EPSG:32618``, WKT, PROJJSON, a rasterio ``CRS``.
        tolerance_deg: As in :func:`on_globe`.

    Returns:
        As :func:`on_globe`.
    """
    import rasterio.crs  # noqa: PLC0415  # GDAL: 100 ms that other files need not pay
    import rasterio.errors  # noqa: PLC0415
    import rasterio.warp  # noqa: PLC0415

    if not all(math.isfinite(number) for number in bounds):
        return None, "its extent is not a number"
    try:
        system = rasterio.crs.CRS.from_user_input(crs)
        if system.is_geographic:
            return on_globe(bounds, tolerance_deg=tolerance_deg)
        moved = rasterio.warp.transform_bounds(system, "OGC:CRS84", *bounds, densify_pts=_DENSE)
    except rasterio.errors.RasterioError as error:
        return None, f"its extent cannot be carried to longitude and latitude: {error}"
    return on_globe(moved, tolerance_deg=PIXEL_DEG)


def union(boxes: Sequence[BBox]) -> BBox | None:
    """The box around boxes; None around none."""
    if not boxes:
        return None
    south, north = min(box[1] for box in boxes), max(box[3] for box in boxes)
    spans = sorted(span for box in boxes for span in _cut_at_antimeridian(box[0], box[2]))
    west, east = spans[0][0], max(span[1] for span in spans)
    widest, reached = (0.0, west, east), spans[0][1]
    for start, stop in spans[1:]:
        if start - reached > widest[0]:
            widest = (start - reached, start, reached)
        reached = max(reached, stop)
    crosses = widest[0] > HALF_WORLD_DEG or (any(box[0] > box[2] for box in boxes) and widest[0] > 0)
    return (widest[1], south, widest[2], north) if crosses else (west, south, east, north)


def _cut_at_antimeridian(west: float, east: float) -> tuple[tuple[float, float], ...]:
    return ((west, east),) if west <= east else ((west, 180.0), (-180.0, east))


def _from_minus_180(west: float, east: float, tolerance_deg: float) -> tuple[float, float]:
    """Longitudes that count from 0 to 360, as climate models do, counted from -180."""
    if east <= 180 + tolerance_deg:
        return max(west, -180.0), min(east, 180.0)
    if east - west >= 360 - tolerance_deg:
        return -180.0, 180.0
    return (west - 360 if west > 180 else west), east - 360
