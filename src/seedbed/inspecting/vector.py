# SPDX-License-Identifier: Apache-2.0
"""GeoJSON, GeoPackage, Shapefile, FlatGeobuf: read by GDAL, one layer after the other, never as a whole."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pyogrio
from pyogrio.errors import DataSourceError

from seedbed.inspecting import extent
from seedbed.inspecting.inspected import MAX_COLUMNS, Column, Inspected
from seedbed.inspecting.points import PointExtent

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from seedbed.inspecting.inspected import BBox

MAX_LAYERS = 100
"""Layers of one file that are looked into."""
MAX_FEATURES = 500_000
"""Features that are looked at one by one to see whether they lie on both sides of the antimeridian."""
_TYPES = {
    "OFTInteger": "integer",
    "OFTInteger64": "integer",
    "OFTReal": "number",
    "OFTDate": "date",
    "OFTTime": "time",
    "OFTDateTime": "datetime",
    "OFTBinary": "binary",
    "OFTIntegerList": "array",
    "OFTInteger64List": "array",
    "OFTRealList": "array",
    "OFTStringList": "array",
}


_BEGINNINGS = {
    ".fgb": (b"fgb",),
    ".gpkg": (b"SQLite format 3\0",),
    ".shp": (b"\x00\x00\x27\x0a",),
}
_WITH_LAYERS = frozenset((".gpkg",))
"""Asking for their names costs GeoJSON a whole reading of the file."""
HEAD_BYTES = 256
_JSON_BEGINNINGS = (b"{", b"\x1e", b"\xef\xbb\xbf")
"""An object, RFC 8142's record separator, or a byte order mark."""


def inspect_vector(path: Path) -> Inspected:
    """Layers, columns, rows, coordinate system and extent."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not begins_well(path.suffix, head):
        return Inspected(remarks=("it is empty, or not what its name says",))
    return read_vector(str(path), path.suffix)


def read_vector(place: str, suffix: str) -> Inspected:
    """What GDAL reads at a place, which may be within an archive (``/vsizip/…``); its beginning was checked.

    Args:
        place: Path in GDAL's own file systems.
        suffix: Of the file's name: ``.shp``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL's doubts about a field's width are not the reader's
        try:
            return _inspect(place, has_layers=suffix.lower() in _WITH_LAYERS)
        except DataSourceError as error:
            return Inspected(remarks=(f"it cannot be read: {_first_line(error)}",))


def begins_well(suffix: str, head: bytes) -> bool:
    """Whether a file begins as its name says.

    GDAL goes by content alone, and some of its formats are recipes that make it fetch URLs: whoever puts one into a
    folder of data under the name of a GeoJSON shall not make the publisher's machine ask for anything.

    Args:
        suffix: Of the file's name.
        head: Its first :data:`HEAD_BYTES`.
    """
    return head.lstrip(b" \t\r\n").startswith(_BEGINNINGS.get(suffix.lower(), _JSON_BEGINNINGS))


def _inspect(path: str, *, has_layers: bool) -> Inspected:
    names: list[str | None] = [str(name) for name, _ in pyogrio.list_layers(path)] if has_layers else [None]
    layers = [_layer(path, name) for name in names[:MAX_LAYERS]]
    boxes, remarks = [], []
    for name, layer in zip(names, layers, strict=False):
        box, odd = _extent(path, name, layer)
        boxes += [box] if box else []
        remarks += [f"layer {name!r}: {odd}" if len(layers) > 1 else odd] if odd else []
    if len(names) > MAX_LAYERS:
        remarks.append(f"{len(names):,} layers; the first {MAX_LAYERS} were read")
    kinds = {str(layer["geometry_type"] or "Unknown").removeprefix("3D ") for layer in layers} - {"Unknown"}
    codes = {_code(layer) for layer in layers if layer["geometry_type"]}
    only = layers[0] if len(layers) == 1 else None
    return Inspected(
        bbox=extent.union(boxes),
        geometry_kinds=tuple(sorted(kinds)),
        primary_geometry=(only["geometry_name"] or "geometry") if only and only["geometry_type"] else "",
        columns=_columns(only) if only else (),
        row_count=int(only["features"]) if only and only["features"] >= 0 else None,
        proj_code=codes.pop() if len(codes) == 1 else "",
        remarks=tuple(remarks),
    )


def _layer(path: str, name: str | None) -> dict[str, Any]:
    found: dict[str, Any] = pyogrio.read_info(path, layer=name, force_feature_count=True, force_total_bounds=True)
    return found


def _extent(path: str, name: str | None, layer: dict[str, Any]) -> tuple[BBox | None, str]:
    if not layer["geometry_type"]:
        return None, ""
    if not layer["features"]:
        return None, "it has no features"
    if layer["total_bounds"] is None:
        return None, "none of its features has a geometry"
    crs = layer["crs"] or _crs_of_format(layer)
    if not crs:
        return None, "it has no coordinate system, so its extent is not known"
    box, odd = extent.carried_to_globe(layer["total_bounds"], crs)
    if box and _may_cross(box) and layer["features"] <= MAX_FEATURES and crs in {"EPSG:4326", "OGC:CRS84"}:
        box = _crossing(path, name) or box
    return box, odd


def _may_cross(box: BBox) -> bool:
    return box[2] - box[0] > extent.HALF_WORLD_DEG


def _crossing(path: str, name: str | None) -> BBox | None:
    """The box of features that lie on both sides of the antimeridian; None when they lie elsewhere too."""
    _, bounds = pyogrio.read_bounds(path, layer=name)
    points = PointExtent()
    west, south, east, north = bounds
    if ((west < 0) & (east >= 0)).any():
        return None
    points.add(west, south)
    points.add(east, north)
    return points.result()[0]


def _columns(layer: dict[str, Any]) -> tuple[Column, ...]:
    pairs = zip(layer["fields"], layer["ogr_types"], layer["ogr_subtypes"], strict=True)
    columns = [Column(str(name), _type(kind, subtype)) for name, kind, subtype in pairs]
    geometry = [Column(layer["geometry_name"] or "geometry", "geometry")] if layer["geometry_type"] else []
    return (*columns, *geometry)[:MAX_COLUMNS]


def _type(kind: str, subtype: str) -> str:
    if subtype == "OFSTBoolean":
        return "boolean"
    return "object" if subtype == "OFSTJSON" else _TYPES.get(kind, "string")


def _crs_of_format(layer: dict[str, Any]) -> str:
    """GeoJSON has one coordinate system, and GDAL does not name it for text sequences (RFC 7946, 4; RFC 8142)."""
    return "OGC:CRS84" if layer["driver"] in {"GeoJSON", "GeoJSONSeq"} else ""


def _code(layer: dict[str, Any]) -> str:
    crs = str(layer["crs"] or _crs_of_format(layer))
    return crs if len(crs) <= 32 and ":" in crs else ""


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].partition("; It might")[0].partition(" Set SHAPE_")[0][:200]
