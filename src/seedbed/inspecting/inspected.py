# SPDX-License-Identifier: Apache-2.0
"""What was read from one file, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

BBox: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees (OGC:CRS84); west > east crosses the antimeridian (RFC 7946, 5.2)."""

MAX_COLUMNS = 1_000
"""Columns that are told; a table with more is a matrix, and a list of its columns helps nobody."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    """A type of Data Package v2 (``integer number boolean date datetime time string object array``), or ``geometry``,
    ``binary``."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a file says of itself. Whatever could not be read is empty, and ``remarks`` say why."""

    media_type: str = ""
    """Empty when the file's name tells nothing."""
    bbox: BBox | None = None
    geometry_kinds: tuple[str, ...] = ()
    """Such as ``Point``; empty when there are none or they are not known."""
    primary_geometry: str = ""
    """Name of the column with the geometry."""
    columns: tuple[Column, ...] = ()
    """At most :data:`MAX_COLUMNS`."""
    row_count: int | None = None
    delimiter: str = ""
    """Between the cells of a text table."""
    encoding: str = ""
    """Of a text table, as IANA names it."""
    decimal_comma: bool = False
    """Whether some of a text table's numbers are written with a comma."""
    proj_code: str = ""
    """The data's own coordinate system, such as ``EPSG:32618``."""
    shape: tuple[int, ...] = ()
    """Height and width in pixels."""
    transform: tuple[float, ...] = ()
    """Six numbers from pixel to coordinate, row by row (STAC projection extension)."""
    band_types: tuple[str, ...] = ()
    """One for each band, such as ``uint8``."""
    zooms: tuple[int, ...] = ()
    """First and last zoom of map tiles."""
    tile_type: str = ""
    """Of map tiles: ``mvt``, ``png`` …"""
    start: datetime | None = None
    """First moment that the data speaks of, if it plainly says so. UTC."""
    end: datetime | None = None
    """Last moment. UTC."""
    remarks: tuple[str, ...] = ()
    """What is odd or could not be read, for people; without the file's name."""
