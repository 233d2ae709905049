# SPDX-License-Identifier: Apache-2.0
"""What a catalogue says of itself, in Parquet's key-value metadata: ``geo``, ``stac-geoparquet``, ``seedbed``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from seedbed.catalog.model import WORLD, Collection, Site
from seedbed.catalog.stac.collection import to_collection
from seedbed.errors import CatalogError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

Extent: TypeAlias = tuple[float, float, float, float, "dt.datetime | None", "dt.datetime | None"]

STAC_GEOPARQUET_VERSION = "1.1.0"
MAX_SITE_BYTES = 1 << 20
"""Of the JSON text of a site: some thousand collections."""
_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    "columns": {
        "geometry": {
            "encoding": "WKB",
            "geometry_types": [],
            "covering": {"bbox": {key: ["bbox", key] for key in ("xmin", "ymin", "xmax", "ymax")}},
        },
    },
}
"""Without ``crs`` the coordinates are OGC:CRS84; an empty list of types means "any"."""


@dataclass(slots=True)
class Extents:
    """The box and the time around each collection's items, gathered while rows pass by."""

    of: dict[str, Extent] = field(default_factory=dict)

    def add(self, table: pa.Table) -> None:
        """Take some rows into account."""
        box = table["bbox"].combine_chunks()
        crosses = pc.greater(box.field("xmin"), box.field("xmax"))  # the antimeridian: then it is the world's width
        narrow = pa.table(
            {
                "collection": table["collection"],
                "west": pc.if_else(crosses, WORLD[0], box.field("xmin")),
                "south": box.field("ymin"),
                "east": pc.if_else(crosses, WORLD[2], box.field("xmax")),
                "north": box.field("ymax"),
                "start": pc.coalesce(table["start_datetime"], table["datetime"]),
                "end": pc.coalesce(table["end_datetime"], table["datetime"]),
            }
        )
        wanted = [
            ("west", "min"),
            ("south", "min"),
            ("east", "max"),
            ("north", "max"),
            ("start", "min"),
            ("end", "max"),
        ]
        for row in narrow.group_by("collection").aggregate(wanted).to_pylist():
            new: Extent = tuple(row[f"{name}_{how}"] for name, how in wanted)
            self.of[row["collection"]] = _around(self.of.get(row["collection"]), new)


def _around(one: Extent | None, other: Extent) -> Extent:
    if one is None:
        return other
    starts = [moment for moment in (one[4], other[4]) if moment]
    ends = [moment for moment in (one[5], other[5]) if moment]
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
        min(starts, default=None),
        max(ends, default=None),
    )


def describe(site: Site, extents: Extents) -> dict[str, str]:
    """The key-value metadata of ``catalog.parquet``: always the same text for the same catalogue."""
    collections = {}
    for one in site.collections:
        west, south, east, north, start, end = extents.of.get(one.id, (*WORLD, None, None))
        document = to_collection(one, root=site.url, bbox=(west, south, east, north), interval=(start, end))
        collections[one.id] = document
    return {
        "geo": _json(_GEO),
        "stac-geoparquet": _json({"version": STAC_GEOPARQUET_VERSION, "collections": collections}),
        "seedbed": _json({key: value for key, value in asdict(site).items() if key != "tracker" or value}),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def site_of(metadata: Mapping[bytes, bytes] | None) -> Site:
    """What a catalogue says of itself.

    Raises:
        CatalogError: rule ``C25``: it says nothing, or not in this form.
    """
    text = (metadata or {}).get(b"seedbed", b"")
    try:
        values = json.loads(text[: MAX_SITE_BYTES + 1])
        collections = tuple(Collection(**_texts(one, Collection)) for one in values["collections"])
        plain = _texts({key: value for key, value in values.items() if key not in {"serial", "collections"}}, Site)
        return Site(**plain, serial=_serial(values["serial"]), collections=collections)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CatalogError(
            f"catalogue: its file does not say what catalogue it is (metadata 'seedbed'): {error!r:.200}", rule="C25"
        ) from error


def _serial(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError(f"serial {value!r:.40}")
    return value


def _texts(values: Mapping[str, Any], form: type[Site | Collection]) -> dict[str, str]:
    """Those values that the form has; all must be texts."""
    names = {one.name for one in fields(form)}
    known = {key: value for key, value in values.items() if key in names}
    if any(not isinstance(value, str) for value in known.values()):
        raise ValueError("a value is not a text")
    return known
