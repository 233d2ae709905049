# SPDX-License-Identifier: Apache-2.0
"""Footprints: GeoJSON (RFC 7946) to well-known binary (OGC 06-103r4, 8.2) and back, and the boxes around them.

Well-known binary is what GeoParquet stores. It comes from strangers: every count is checked against the bytes that are
left before anything is made of it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from seedbed.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seedbed.catalog.model import BBox

_KINDS = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection")
_CODES = {name: code for code, name in enumerate(_KINDS, start=1)}
_Z = 1000
"""Added to the code of a geometry with heights (ISO form)."""
MAX_DEPTH = 8
"""Collections inside collections; an honest footprint has none."""
_BOX = struct.Struct("<BIII10d")


def box_geometry(bbox: BBox) -> dict[str, Any]:
    """The footprint that is the box itself.

    Returns:
        A polygon, counter-clockwise; a point or line where the box has no area; two polygons where it crosses the
        antimeridian (RFC 7946, 3.1.9).
    """
    west, south, east, north = bbox
    if west > east:
        return {"type": "MultiPolygon", "coordinates": [[_ring(west, south, 180.0, north)],
                                                        [_ring(-180.0, south, east, north)]]}  # fmt: skip
    if west == east and south == north:
        return {"type": "Point", "coordinates": [west, south]}
    if west == east or south == north:
        return {"type": "LineString", "coordinates": [[west, south], [east, north]]}
    return {"type": "Polygon", "coordinates": [_ring(west, south, east, north)]}


def _ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def box_wkb(bbox: BBox) -> bytes:
    """As :func:`box_geometry`, in well-known binary; by far the most frequent footprint, so in one step."""
    west, south, east, north = bbox
    if west < east and south < north:
        return _BOX.pack(1, 3, 1, 5, west, south, east, south, east, north, west, north, west, south)
    return to_wkb(box_geometry(bbox))


def bounds(geometry: Mapping[str, Any]) -> BBox | None:
    """The box around a GeoJSON geometry, as its numbers say; None when it has no point.

    Parts on both sides of the antimeridian give a box around the world: who wants better says so by a box.
    """
    points = list(positions(geometry))
    if not points:
        return None
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return (min(xs), min(ys), max(xs), max(ys))


def positions(geometry: Mapping[str, Any]) -> Iterator[Sequence[float]]:
    """Every vertex of a GeoJSON geometry."""
    for part in geometry.get("geometries") or ():
        yield from positions(part)
    yield from _leaves(geometry.get("coordinates") or ())


def _leaves(coordinates: Sequence[Any]) -> Iterator[Sequence[float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates
        return
    for part in coordinates:
        yield from _leaves(part)


def to_wkb(geometry: Mapping[str, Any]) -> bytes:
    """GeoJSON to well-known binary, little-endian, ISO form.

    Raises:
        FormatError: it is not a GeoJSON geometry.
    """
    try:
        size = max((len(point) for point in positions(geometry)), default=2)
        if size not in {2, 3}:
            raise FormatError(f"geometry: expected positions of 2 or 3 numbers, got {size}")
        return _write(geometry, size)
    except (KeyError, TypeError, ValueError, struct.error, RecursionError) as error:
        raise FormatError(f"geometry: it is not a GeoJSON geometry: {error}") from error


def _write(geometry: Mapping[str, Any], size: int) -> bytes:
    kind = geometry["type"]
    code = _CODES[kind] + (_Z if size == 3 else 0)
    head = struct.pack("<BI", 1, code)
    if kind == "GeometryCollection":
        parts = geometry["geometries"]
        return head + struct.pack("<I", len(parts)) + b"".join(_write(part, size) for part in parts)
    coordinates = geometry["coordinates"]
    if kind.startswith("Multi"):
        single = {"type": kind.removeprefix("Multi")}
        parts = [_write({**single, "coordinates": part}, size) for part in coordinates]
        return head + struct.pack("<I", len(parts)) + b"".join(parts)
    if kind == "Polygon":
        return head + struct.pack("<I", len(coordinates)) + b"".join(_line(ring, size) for ring in coordinates)
    return head + (_line(coordinates, size) if kind == "LineString" else struct.pack(f"<{size}d", *coordinates))


def _line(points: Sequence[Sequence[float]], size: int) -> bytes:
    return struct.pack("<I", len(points)) + b"".join(struct.pack(f"<{size}d", *point) for point in points)


def from_wkb(data: bytes) -> dict[str, Any]:
    """Well-known binary (ISO form, any byte order) to GeoJSON.

    Raises:
        FormatError: it is something else.
    """
    reader = _Reader(data)
    try:
        geometry = reader.geometry(0)
    except struct.error as error:
        raise FormatError("geometry: the well-known binary is cut short") from error
    if reader.at != len(data):
        raise FormatError("geometry: there is more after the well-known binary")
    return geometry


class _Reader:
    """Walks through well-known binary."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def geometry(self, depth: int) -> dict[str, Any]:
        """One geometry with its parts."""
        order = {0: ">", 1: "<"}.get(self._take("B")[0])
        if order is None or depth > MAX_DEPTH:
            raise FormatError("geometry: it is not well-known binary, or nested too deeply")
        heights, code = divmod(self._take(order + "I")[0], _Z)
        if heights not in {0, 1} or not 1 <= code <= len(_KINDS):
            raise FormatError(f"geometry: expected one of {', '.join(_KINDS)}, got code {heights * _Z + code}")
        kind, size = _KINDS[code - 1], 2 + heights
        if kind == "Point":
            return {"type": kind, "coordinates": list(self._take(f"{order}{size}d"))}
        if kind == "LineString":
            return {"type": kind, "coordinates": self._line(order, size)}
        if kind == "Polygon":
            rings = range(self._count(order, 4))
            return {"type": kind, "coordinates": [self._line(order, size) for _ in rings]}
        parts = [self.geometry(depth + 1) for _ in range(self._count(order, 9))]
        if kind == "GeometryCollection":
            return {"type": kind, "geometries": parts}
        if any(part["type"] != kind.removeprefix("Multi") for part in parts):
            raise FormatError(f"geometry: a {kind} holds something else")
        return {"type": kind, "coordinates": [part["coordinates"] for part in parts]}

    def _line(self, order: str, size: int) -> list[list[float]]:
        count = self._count(order, 8 * size)
        numbers = self._take(f"{order}{count * size}d")
        return [list(numbers[at : at + size]) for at in range(0, len(numbers), size)]

    def _count(self, order: str, least_bytes: int) -> int:
        """How many parts follow; each takes some bytes, so a count that lies is refused before it costs memory."""
        count: int = self._take(order + "I")[0]
        if count * least_bytes > len(self.data) - self.at:
            raise FormatError(f"geometry: it says {count:,} parts, and there are no bytes for them")
        return count

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form if form[0] in "<>" else "<" + form, self.data, self.at)
        self.at += struct.calcsize(form if form[0] in "<>" else "<" + form)
        return values
