# SPDX-License-Identifier: Apache-2.0
"""Parquet and GeoParquet 1.1: schema and extent from the footer where it has them, else from the columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from seedbed.inspecting import wkb
from seedbed.inspecting.extent import carried_to_globe, on_globe
from seedbed.inspecting.inspected import MAX_COLUMNS, Column, Inspected
from seedbed.inspecting.meanings import needs_fractions, period, point_columns, time_column
from seedbed.inspecting.points import PointExtent

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from seedbed.inspecting.inspected import BBox

_BATCH_ROWS = 1 << 16
MAX_GEOMETRIES = 2_000_000
"""Geometries that are walked through for an extent that the footer does not tell: some ten seconds."""


def inspect_parquet(path: Path) -> Inspected:
    """Columns, rows, coordinate system, extent and times."""
    with pq.ParquetFile(path) as file:
        schema = file.schema_arrow
        names, types = schema.names[:MAX_COLUMNS], [_type(field.type) for field in schema][:MAX_COLUMNS]
        geo = _geo(schema.metadata or {})
        primary = str(geo.get("primary_column", "")) if geo else ""
        if primary in names:
            types[names.index(primary)] = "geometry"
            bbox, odd = _geo_extent(file, geo["columns"][primary], primary)
        else:
            bbox, odd = _point_extent(file, names, types)
        start, end = _times(file, names, types) or (None, None)
        column = geo["columns"][primary] if primary in names else {}
        return Inspected(
            bbox=bbox,
            geometry_kinds=_kinds(column) if column else (("Point",) if bbox else ()),
            primary_geometry=primary if column else "",
            columns=tuple(map(Column, names, types)),
            row_count=file.metadata.num_rows,
            proj_code=_proj_code(column) if column else "",
            start=start,
            end=end,
            remarks=(odd,) if odd else (),
        )


def _geo(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    """The GeoParquet metadata, if it has the form that it must have; else nothing."""
    try:
        geo = json.loads(metadata.get(b"geo", b"{}"))
        columns = geo["columns"]
        return geo if isinstance(columns[geo["primary_column"]], dict) else {}
    except (ValueError, KeyError, TypeError):
        return {}


def _geo_extent(file: pq.ParquetFile, column: dict[str, Any], primary: str) -> tuple[BBox | None, str]:
    crs = column.get("crs", "OGC:CRS84")
    if crs is None:
        return None, "it has no coordinate system"
    bounds: Any = column.get("bbox")
    if not _is_box(bounds):
        bounds, odd = _walked(file, column, primary)
        if bounds is None:
            return None, odd
    flat = bounds if len(bounds) == 4 else (bounds[0], bounds[1], bounds[3], bounds[4])
    if _proj_code(column) in {"OGC:CRS84", "EPSG:4326"}:
        return on_globe(flat)
    return carried_to_globe(flat, json.dumps(crs) if isinstance(crs, dict) else crs)


def _is_box(value: object) -> bool:
    return isinstance(value, list) and len(value) in {4, 6} and all(isinstance(one, int | float) for one in value)


def _walked(file: pq.ParquetFile, column: dict[str, Any], primary: str) -> tuple[Any, str]:
    """The extent from the geometries themselves."""
    if column.get("encoding") != "WKB" or not pa.types.is_binary(file.schema_arrow.field(primary).type):
        return None, "its footer tells no extent"
    if file.metadata.num_rows > MAX_GEOMETRIES:
        return None, f"its footer tells no extent, and more than {MAX_GEOMETRIES:,} geometries are too many to read"
    extent = wkb.Extent()
    for batch in file.iter_batches(_BATCH_ROWS, columns=[primary]):
        for value in batch.column(0):
            if value.is_valid and not extent.add(value.as_py()):
                return None, "a geometry of it cannot be read"
    return (extent.bounds, "") if extent.bounds else (None, "it has no geometries")


def _point_extent(file: pq.ParquetFile, names: list[str], types: list[str]) -> tuple[BBox | None, str]:
    pair = point_columns(names, types)
    if pair is None or not file.metadata.num_rows:
        return None, ""
    if any(needs_fractions(names[index]) and types[index] != "number" for index in pair):
        return None, ""
    points = PointExtent()
    longitude, latitude = (names[index] for index in pair)
    for batch in file.iter_batches(_BATCH_ROWS, columns=[longitude, latitude]):
        columns = {name: pc.cast(batch.column(name), pa.float64()) for name in (longitude, latitude)}
        points.add(*(columns[name].to_numpy(zero_copy_only=False) for name in (longitude, latitude)))
    return points.result()


def _times(file: pq.ParquetFile, names: list[str], types: list[str]) -> tuple[datetime, datetime] | None:
    index = time_column(names)
    if index is None or types[index] not in {"integer", "date", "datetime"}:
        return None
    low: Any = None
    high: Any = None
    for batch in file.iter_batches(_BATCH_ROWS, columns=[names[index]]):
        column = batch.column(0)
        if types[index] == "datetime":  # nanoseconds have no place in Python's times
            column = pc.cast(column, pa.timestamp("us", column.type.tz), safe=False)
        found = pc.min_max(column)
        if found["min"].is_valid:
            least, most = found["min"].as_py(), found["max"].as_py()
            low, high = (least if low is None else min(low, least)), (most if high is None else max(high, most))
    return period(types[index], (low, high))


def _kinds(column: dict[str, Any]) -> tuple[str, ...]:
    kinds = column.get("geometry_types")
    return tuple(kind for kind in kinds if isinstance(kind, str)) if isinstance(kinds, list) else ()


def _proj_code(column: dict[str, Any]) -> str:
    """Authority and code; GeoParquet's default is OGC:CRS84."""
    crs = column.get("crs", "OGC:CRS84")
    if isinstance(crs, str):
        return crs
    name = crs.get("id") if isinstance(crs, dict) else None
    return (
        f"{name['authority']}:{name['code']}" if isinstance(name, dict) and {"authority", "code"} <= set(name) else ""
    )


def _type(kind: Any) -> str:
    """A type of Data Package v2 for a type of Arrow's."""
    is_ = pa.types
    tests = (
        (is_.is_boolean, "boolean"),
        (is_.is_integer, "integer"),
        (lambda one: is_.is_floating(one) or is_.is_decimal(one), "number"),
        (is_.is_date, "date"),
        (is_.is_timestamp, "datetime"),
        (is_.is_time, "time"),
        (lambda one: is_.is_binary(one) or is_.is_large_binary(one), "binary"),
        (lambda one: is_.is_list(one) or is_.is_large_list(one) or is_.is_fixed_size_list(one), "array"),
        (lambda one: is_.is_struct(one) or is_.is_map(one), "object"),
        (is_.is_dictionary, "string"),
    )
    return next((name for test, name in tests if test(kind)), "string")
