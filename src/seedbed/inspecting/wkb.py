# SPDX-License-Identifier: Apache-2.0
"""The extent of geometries in WKB (OGC 06-103r4, 8; also the EWKB of PostGIS), without building them."""

from __future__ import annotations

import struct

import numpy as np

_Z, _M, _SRID = 0x80000000, 0x40000000, 0x20000000
_POINT, _LINE, _POLYGON = 1, 2, 3
_MULTI = frozenset((4, 5, 6, 7))
MAX_DEPTH = 16
"""Collections within collections: more is not data."""


class Extent:
    """Collects the box around geometries."""

    def __init__(self) -> None:
        self._low = np.full(2, np.inf)
        self._high = np.full(2, -np.inf)

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in the geometries' own units; None when there is no point."""
        if not np.isfinite(self._low).all():
            return None
        return float(self._low[0]), float(self._low[1]), float(self._high[0]), float(self._high[1])

    def add(self, geometry: bytes) -> bool:
        """Take one geometry; False if it is not one that we know."""
        try:
            self._geometry(memoryview(geometry), 0, 0)
        except (struct.error, ValueError):
            return False
        return True

    def _geometry(self, data: memoryview, at: int, depth: int) -> int:
        """Take the geometry at an offset; returns the offset after it."""
        if depth > MAX_DEPTH:
            raise ValueError("collections within collections")
        order = "<" if data[at : at + 1].tobytes() == b"\1" else ">"
        (code,) = struct.unpack_from(order + "I", data, at + 1)
        at += 9 if code & _SRID else 5
        kind = code & 0xFFFF
        width = 2 + bool(code & _Z) + bool(code & _M) + (0, 1, 1, 2)[min(kind // 1000, 3)]
        kind %= 1000
        if kind == _POINT:
            return self._points(data, at, 1, (order, width))
        if kind not in {_LINE, _POLYGON} | _MULTI:
            raise ValueError(f"geometry type {kind}")
        (count,) = struct.unpack_from(order + "I", data, at)
        at += 4
        if kind == _LINE:
            return self._points(data, at, count, (order, width))
        for _ in range(count):
            if kind == _POLYGON:
                (length,) = struct.unpack_from(order + "I", data, at)
                at = self._points(data, at + 4, length, (order, width))
            else:
                at = self._geometry(data, at, depth + 1)
        return at

    def _points(self, data: memoryview, at: int, count: int, form: tuple[str, int]) -> int:
        order, width = form
        if count:
            numbers = np.frombuffer(data, order + "f8", count * width, at).reshape(count, width)[:, :2]
            numbers = numbers[np.isfinite(numbers).all(axis=1)]  # an empty point is a pair of NaN
            if len(numbers):
                self._low = np.minimum(self._low, numbers.min(axis=0))
                self._high = np.maximum(self._high, numbers.max(axis=0))
        return at + count * width * 8
