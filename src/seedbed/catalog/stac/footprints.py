# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a footprint: places that are not on earth, rings that are open or cross themselves (C31)."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, TypeAlias

from seedbed.catalog.findings import Finding
from seedbed.catalog.stac.geometry import positions, to_wkb
from seedbed.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seedbed.catalog.model import BBox

    Point: TypeAlias = tuple[float, float]
    Segment: TypeAlias = tuple[Point, Point]

MAX_VERTICES = 10_000
"""A footprint is for a map of the whole country; a coastline with every rock belongs into the data."""


def box_findings(bbox: BBox) -> Iterator[Finding]:
    """What is wrong with a box: west, south, east, north in degrees."""
    west, south, east, north = bbox
    if not all(math.isfinite(number) for number in bbox):
        yield Finding("bbox", f"expected four numbers, got {list(bbox)}", "C31")
    elif not (-180 <= west <= 180 and -180 <= east <= 180):
        yield Finding("bbox", f"expected west and east from -180 to 180 degrees, got {west} and {east}", "C31")
    elif not (-90 <= south <= 90 and -90 <= north <= 90):
        yield Finding("bbox", f"expected south and north from -90 to 90 degrees, got {south} and {north}", "C31")
    elif south > north:
        yield Finding("bbox", f"expected west,south,east,north: its south {south} is above its north {north}", "C31")


def geometry_findings(geometry: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with a GeoJSON geometry."""
    try:
        to_wkb(geometry)
        points = list(positions(geometry))
    except (FormatError, RecursionError) as error:
        yield Finding("geometry", str(error).removeprefix("geometry: "), "C31")
        return
    if not points:
        yield Finding("geometry", "it has no points", "C31")
    elif len(points) > MAX_VERTICES:
        yield Finding("geometry", f"expected at most {MAX_VERTICES:,} vertices, got {len(points):,}", "C31")
    elif outside := next((point for point in points if not _is_on_earth(point)), None):
        yield Finding("geometry", f"expected degrees, longitude first, got {list(outside)}", "C31")
    else:
        yield from _ring_findings(geometry)


def _is_on_earth(point: Sequence[float]) -> bool:
    return all(math.isfinite(number) for number in point) and abs(point[0]) <= 180 and abs(point[1]) <= 90


def _ring_findings(geometry: Mapping[str, Any]) -> Iterator[Finding]:
    for ring in _rings(geometry):
        if len(ring) < 4 or tuple(ring[0]) != tuple(ring[-1]):
            yield Finding("geometry", "a ring of a polygon does not end where it starts (RFC 7946, 3.1.6)", "C31")
        elif crosses_itself([(point[0], point[1]) for point in ring]):
            yield Finding("geometry", "a ring of a polygon crosses itself", "C31")


def _rings(geometry: Mapping[str, Any]) -> Iterator[Sequence[Sequence[float]]]:
    for part in geometry.get("geometries") or ():
        yield from _rings(part)
    if geometry["type"] == "Polygon":
        yield from geometry["coordinates"]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["coordinates"]:
            yield from polygon


def crosses_itself(ring: Sequence[Point]) -> bool:
    """Whether two sides of a closed ring cross; sides that share a corner, or only touch, do not.

    A sweep from west to east: each side is compared only with those that it overlaps in longitude.
    """
    sides = sorted(((min(a, b), max(a, b)) for a, b in itertools.pairwise(ring) if a != b), key=lambda s: s[0])
    active: list[Segment] = []
    for side in sides:
        active = [other for other in active if other[1][0] >= side[0][0]]
        if any(_cross(side, other) for other in active):
            return True
        active.append(side)
    return False


def _cross(one: Segment, other: Segment) -> bool:
    (a, b), (c, d) = one, other
    if max(c[1], d[1]) < min(a[1], b[1]) or min(c[1], d[1]) > max(a[1], b[1]):
        return False
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(a: Point, b: Point, c: Point) -> int:
    """1 to the left, -1 to the right, 0 straight on."""
    area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return (area > 0) - (area < 0)
