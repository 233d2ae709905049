# SPDX-License-Identifier: Apache-2.0
"""A release as a row and back: the item of ``catalog.stac`` with its properties lifted, and no nulls kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from seedbed.catalog.model import WORLD, BBox, FileRow
from seedbed.catalog.stac import terms
from seedbed.catalog.stac.footprints import MAX_VERTICES, box_findings
from seedbed.catalog.stac.geometry import box_geometry, box_wkb, from_wkb, to_wkb
from seedbed.catalog.stac.item import extensions, from_item, properties
from seedbed.catalog.stac.links import assets, links
from seedbed.catalog.stac.times import to_text
from seedbed.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.catalog.model import Release

_TOP = frozenset(("type", "stac_version", "stac_extensions", "id", "collection", "geometry", "bbox", "links", "assets"))
"""Columns that are not properties of the item."""
MAX_GEOMETRY_BYTES = MAX_VERTICES * 32
_FILE_FIELDS = tuple(field.name for field in fields(FileRow))


def to_row(release: Release, *, root: str) -> dict[str, Any]:
    """A release as a row of ``catalog.parquet``.

    Args:
        release: What to write.
        root: The site's URL, which stands before the paths of the catalogue; may be empty.
    """
    west, south, east, north = release.bbox
    return {
        "type": "Feature",
        "stac_version": terms.STAC_VERSION,
        "stac_extensions": list(extensions(release)),
        "id": release.id,
        "collection": release.collection,
        "geometry": box_wkb(release.bbox) if release.geometry is None else to_wkb(release.geometry),
        "bbox": {"xmin": west, "ymin": south, "xmax": east, "ymax": north},
        "links": list(links(release, root=root, latest="")),
        "assets": assets(release, root=root),
        **properties(release),
    }


def to_item(row: Mapping[str, Any]) -> dict[str, Any]:
    """The STAC item that a row is, as JSON values.

    A footprint that cannot be (C31) is passed over: the box stands for it, and the world for a box that cannot be.
    """
    known = {key: _plain(value) for key, value in row.items() if value is not None and key not in _TOP}
    box = _box(row["bbox"])
    return {
        **{key: _plain(row.get(key)) for key in ("type", "stac_version", "stac_extensions", "id", "collection")},
        "geometry": _footprint(row["geometry"], box),
        "bbox": list(box),
        "properties": {"datetime": None, **known},
        "links": _plain(row.get("links", [])),
        "assets": {key: _known_mirrors(asset) for key, asset in _plain(row["assets"]).items() if asset},
    }


def _known_mirrors(asset: dict[str, Any]) -> dict[str, Any]:
    """An asset without the mirrors of later times: readers pass over columns that they do not know."""
    others = asset.get("alternate", {})
    known = {key: place for key, place in others.items() if key in terms.MIRROR_KEYS}
    return {**asset, "alternate": known} if len(known) < len(others) else asset


def _box(value: Mapping[str, Any] | None) -> BBox:
    numbers = [(value or {}).get(key) for key in ("xmin", "ymin", "xmax", "ymax")]
    if any(not isinstance(number, float) for number in numbers):
        return WORLD
    west, south, east, north = (float(number or 0) for number in numbers)
    box = (west, south, east, north)
    return box if next(box_findings(box), None) is None else WORLD


def _footprint(value: object, box: BBox) -> dict[str, Any]:
    if isinstance(value, bytes) and len(value) <= MAX_GEOMETRY_BYTES:
        try:
            return from_wkb(value)
        except FormatError:
            pass
    return box_geometry(box)


def to_release(row: Mapping[str, Any]) -> Release:
    """The release that a row is.

    Raises:
        MetadataError: with every fault of form; never for a row that ``examine`` let pass.
    """
    return from_item(to_item(row))


def _plain(value: Any) -> Any:
    """The same without what is null, and with moments as text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_plain(inner) for inner in value if inner is not None]
    return to_text(value) if isinstance(value, dt.datetime) else value


def to_file_row(row: FileRow) -> dict[str, Any]:
    """A file as a row of ``files.parquet``; what is unknown is null."""
    return {name: None if (value := getattr(row, name)) == "" else value for name in _FILE_FIELDS}


def from_file_row(row: Mapping[str, Any]) -> FileRow:
    """The file that a row is."""
    return FileRow(**{name: row[name] for name in _FILE_FIELDS if row[name] is not None})
