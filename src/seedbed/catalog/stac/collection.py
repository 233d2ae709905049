# SPDX-License-Identifier: Apache-2.0
"""Collections and the root catalogue as STAC 1.1 documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.catalog import paths
from seedbed.catalog.model import WORLD, BBox
from seedbed.catalog.stac import terms
from seedbed.catalog.stac.times import to_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from seedbed.catalog.model import Collection, Site


def to_collection(
    collection: Collection,
    *,
    root: str = "",
    bbox: BBox = WORLD,
    interval: tuple[dt.datetime | None, dt.datetime | None] = (None, None),
    item_paths: Iterable[str] = (),
) -> dict[str, Any]:
    """Write a group of datasets as a STAC collection.

    Args:
        collection: The group.
        root: What stands before paths of the catalogue: ``../`` for the static file.
        bbox: Box around all its items.
        interval: First and last moment that its items describe; None means open.
        item_paths: Paths of its items below the root, each becomes a link.

    Returns:
        JSON values; the asset ``items`` is the table itself (role ``collection-mirror`` of STAC GeoParquet).
    """
    own = root + paths.collection(collection.id)
    fixed = [_link("root", root + paths.STAC_ROOT), _link("parent", root + paths.STAC_ROOT)]
    return {
        "type": "Collection",
        "stac_version": terms.STAC_VERSION,
        "stac_extensions": [],
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "license": "other",
        "extent": {
            "spatial": {"bbox": [list(bbox)]},
            "temporal": {"interval": [[to_text(moment) if moment else None for moment in interval]]},
        },
        "links": [
            *([_link("self", own)] if "://" in root else []),
            *fixed,
            *({"rel": "item", "href": root + path, "type": terms.GEOJSON_TYPE} for path in item_paths),
        ],
        "assets": {
            "items": {
                "href": root + paths.CATALOG,
                "type": terms.PARQUET_TYPE,
                "roles": ["collection-mirror"],
                "title": "All items, one row each",
            },
        },
    }


def to_catalog(site: Site, *, root: str = "") -> dict[str, Any]:
    """Write the catalogue's root as a STAC catalog: ``catalog.json``."""
    own = [_link("self", root + paths.STAC_ROOT)] if "://" in root else []
    children = [_link("child", root + paths.collection(one.id)) for one in site.collections]
    return {
        "type": "Catalog",
        "stac_version": terms.STAC_VERSION,
        "id": site.id,
        "title": site.title or site.id,
        "description": site.description or "Open datasets, each with all its versions.",
        "links": [*own, _link("root", root + paths.STAC_ROOT), *children],
    }


def _link(rel: str, href: str) -> dict[str, Any]:
    return {"rel": rel, "href": href, "type": terms.JSON_TYPE}
