# SPDX-License-Identifier: Apache-2.0
"""Columns of the tables, and how they are laid out in a Parquet file.

STAC GeoParquet 1.1: one row is one item, its properties are columns of their own; GeoParquet 1.1: ``geometry`` in
well-known binary with the column ``bbox`` as its covering. The order of rows and the filters below are what makes a
look-up among a million rows read a hundredth of the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from seedbed.catalog.stac import terms

TEXT, FLAG, NUMBER, REAL = pa.string(), pa.bool_(), pa.int64(), pa.float64()
MOMENT = pa.timestamp("us", tz="UTC")
TEXTS = pa.list_(TEXT)


def _struct(**fields: pa.DataType) -> pa.StructType:
    return pa.struct([(name.replace("__", ":"), type_) for name, type_ in fields.items()])


_PLACE = {"href": TEXT, "alternate__name": TEXT, "seedbed__layout": TEXT}
_MIRRORS = pa.struct(
    [
        (key, _struct(**_PLACE, **({"storage__refs": TEXTS} if key in terms.STORAGE_SCHEMES else {})))
        for key in terms.MIRROR_KEYS
    ]
)
_ASSET = {"href": TEXT, "type": TEXT, "roles": TEXTS}
_FILE = {**_ASSET, "file__size": NUMBER, "file__checksum": TEXT}
_BANDS = pa.list_(_struct(data_type=TEXT))
_DATA = _struct(
    **_FILE, bands=_BANDS, seedbed__mirror=TEXT, alternate__name=TEXT, storage__refs=TEXTS, alternate=_MIRRORS
)
_TORRENT = _struct(
    **_FILE,
    bt__name=TEXT,
    bt__piece_length=NUMBER,
    bt__infohash_v1=TEXT,
    bt__infohash_v2=TEXT,
    bt__webseeds=TEXTS,
    bt__trackers=TEXTS,
)
_ASSETS = pa.struct(
    [
        (key, {"data": _DATA, "package": _DATA, "torrent": _TORRENT}.get(key, _struct(**_ASSET)))
        for key in terms.ASSET_KEYS
    ]
)

CATALOG = pa.schema(
    {
        "type": TEXT,
        "stac_version": TEXT,
        "stac_extensions": TEXTS,
        "id": TEXT,
        "collection": TEXT,
        "seedbed:dataset": TEXT,
        "version": TEXT,
        "seedbed:version_seq": NUMBER,
        "seedbed:latest": FLAG,
        "geometry": pa.binary(),
        "bbox": _struct(xmin=REAL, ymin=REAL, xmax=REAL, ymax=REAL),
        "datetime": MOMENT,
        "start_datetime": MOMENT,
        "end_datetime": MOMENT,
        "title": TEXT,
        "description": TEXT,
        "keywords": TEXTS,
        "license": TEXT,
        "providers": pa.list_(_struct(name=TEXT, roles=TEXTS, url=TEXT)),
        "language": _struct(code=TEXT),
        "languages": pa.list_(_struct(code=TEXT)),
        "created": MOMENT,
        "updated": MOMENT,
        "published": MOMENT,
        "deprecated": FLAG,
        "sci:doi": TEXT,
        "sci:citation": TEXT,
        "bt:infohash_v1": TEXT,
        "bt:infohash_v2": TEXT,
        "bt:magnet": TEXT,
        "seedbed:predecessor": TEXT,
        "seedbed:successor": TEXT,
        "seedbed:status": TEXT,
        "seedbed:status_reason": TEXT,
        "seedbed:size_bytes": NUMBER,
        "seedbed:file_count": NUMBER,
        "seedbed:reused_files": NUMBER,
        "seedbed:reused_bytes": NUMBER,
        "seedbed:concept_doi": TEXT,
        "seedbed:source_portal": TEXT,
        "seedbed:source_id": TEXT,
        "seedbed:source_modified": MOMENT,
        "seedbed:source_access": TEXT,
        "seedbed:threat": TEXT,
        "seedbed:jurisdiction": TEXT,
        "seedbed:geometry_default": FLAG,
        "seedbed:datetime_default": FLAG,
        "seedbed:translations": pa.list_(_struct(language=TEXT, title=TEXT, description=TEXT)),
        "storage:schemes": pa.struct(
            [(key, _struct(type=TEXT, platform=TEXT, title=TEXT)) for key in terms.STORAGE_SCHEMES]
        ),
        "table:columns": pa.list_(_struct(name=TEXT, type=TEXT, description=TEXT)),
        "table:row_count": NUMBER,
        "table:primary_geometry": TEXT,
        "proj:code": TEXT,
        "proj:shape": pa.list_(NUMBER),
        "proj:transform": pa.list_(REAL),
        "links": pa.list_(_struct(rel=TEXT, href=TEXT, type=TEXT)),
        "assets": _ASSETS,
    }
)

LATER = frozenset(
    path
    for asset in ("assets.data", "assets.package")
    for path in (
        *(f"{asset}.alternate.{key}.seedbed:layout" for key in terms.MIRROR_KEYS),
        *(f"{asset}.alternate.{key}" for key in terms.MIRROR_KEYS if key[-1].isdigit()),
    )
)
"""Columns that catalogues of before November 2026 lack. They are read as if there were nothing in them."""

FILES = pa.schema(
    {
        "item_id": TEXT,
        "path": TEXT,
        "size_bytes": NUMBER,
        "sha256": TEXT,
        "md5": TEXT,
        "pieces_root": TEXT,
        "media_type": TEXT,
        "torrent_infohash": TEXT,
        "offset_bytes": NUMBER,
    }
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table becomes a Parquet file."""

    schema: pa.Schema
    order: tuple[str, ...]
    """Columns that the rows are sorted by."""
    group_rows: int
    """Rows of a row group: what is read at least, and what is held in memory at most."""
    filtered: tuple[str, ...]
    """Columns with bloom filters: looked up by value, but not what the rows are sorted by."""
    unique: frozenset[str]
    """Columns whose values hardly ever come again: a dictionary of them would only cost."""
    measured: tuple[str, ...]
    """Columns with smallest and largest values. Of the others (random hashes, long texts) they would tell nothing."""


CATALOG_LAYOUT = Layout(
    schema=CATALOG,
    order=("seedbed:dataset", "seedbed:version_seq"),
    group_rows=20_000,
    filtered=("id", "seedbed:dataset", "sci:doi", "bt:infohash_v1", "bt:infohash_v2"),
    unique=frozenset(
        (
            "id", "geometry", "bbox.xmin", "bbox.ymin", "bbox.xmax", "bbox.ymax", "title", "description", "sci:doi",
            "sci:citation", "bt:infohash_v1", "bt:infohash_v2", "bt:magnet", "seedbed:concept_doi", "seedbed:source_id",
            "seedbed:size_bytes", "links.list.element.href", "assets.data.href", "assets.data.file:size",
            "assets.data.file:checksum", "assets.package.href", "assets.package.file:size", "assets.torrent.href",
            "assets.torrent.file:size", "assets.torrent.file:checksum", "assets.torrent.bt:infohash_v1",
            "assets.torrent.bt:infohash_v2", "assets.torrent.bt:name", "assets.metadata.href",
        )
    ),
    measured=(
        "id", "collection", "seedbed:dataset", "seedbed:version_seq", "seedbed:latest", "bbox.xmin", "bbox.ymin",
        "bbox.xmax", "bbox.ymax", "datetime", "start_datetime", "end_datetime", "license", "created", "updated",
        "published", "deprecated", "seedbed:status", "seedbed:size_bytes", "seedbed:threat", "seedbed:jurisdiction",
    ),
)  # fmt: skip

FILES_LAYOUT = Layout(
    schema=FILES,
    order=("item_id", "offset_bytes", "path"),
    group_rows=100_000,
    filtered=("item_id", "sha256", "md5", "pieces_root"),
    unique=frozenset(("path", "size_bytes", "sha256", "md5", "pieces_root", "offset_bytes")),
    measured=("item_id", "size_bytes", "media_type"),
)


def columns(schema: pa.Schema) -> list[str]:
    """Paths that select exactly a schema's columns from a file that may have more, also inside of structs."""
    return [path.partition(".list.")[0] for path in leaves(schema)]


def leaves(schema: pa.Schema) -> list[str]:
    """Paths of a schema's leaf columns, as Parquet names them."""
    return [path for field in schema for path in _leaves(field.name, field.type)]


def _leaves(path: str, type_: pa.DataType) -> list[str]:
    if pa.types.is_struct(type_):
        return [leaf for child in type_ for leaf in _leaves(f"{path}.{child.name}", child.type)]
    if pa.types.is_list(type_):
        return _leaves(f"{path}.list.element", type_.value_type)
    return [path]
