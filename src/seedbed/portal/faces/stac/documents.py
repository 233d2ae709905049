# SPDX-License-Identifier: Apache-2.0
"""STAC documents as the API gives them: the catalogue's own items and collections, with links that lead to the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from seedbed.catalog.model import WORLD
from seedbed.catalog.stac import terms
from seedbed.portal.faces import addresses
from seedbed.portal.faces.texts import of_unix
from seedbed.portal.index.entry import EVER_S

if TYPE_CHECKING:
    from seedbed.catalog.model import Collection
    from seedbed.portal.portal import Portal

CONFORMS_TO = (
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#sort",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#fields",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/item-search#fields",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
_OPENAPI = "application/vnd.oai.openapi+json;version=3.1"
_KEPT = {"license", "cite-as", "alternate"}
_VERSIONS = {"predecessor-version", "successor-version", "latest-version"}


def root_url(portal: Portal, path: str = "") -> str:
    """An address of the STAC API."""
    return portal.url(f"/stac/{path}")


def link(rel: str, href: str, media_type: str = terms.JSON_TYPE, **more: Any) -> dict[str, Any]:
    """One link."""
    return {"rel": rel, "href": href, "type": media_type, **more}


def own_item(portal: Portal, item: dict[str, Any]) -> dict[str, Any]:
    """An item of the catalogue as one of this API.

    Args:
        portal: Whose addresses.
        item: As the catalogue has it.
    """
    collection, dataset = item["collection"], item["properties"]["seedbed:dataset"]
    of_collection = root_url(portal, f"collections/{quote(collection)}")
    links = [
        link("self", f"{of_collection}/items/{quote(item['id'], safe='@')}", terms.GEOJSON_TYPE),
        link("root", root_url(portal)),
        link("parent", of_collection),
        link("collection", of_collection),
        link("alternate", addresses.dataset_url(portal.settings, dataset), "text/html"),
    ]
    for one in item["links"]:
        if one["rel"] in _VERSIONS:
            version = unquote(one["href"].rpartition("/")[2].removesuffix(".json"))
            href = f"{of_collection}/items/{quote(dataset)}@{quote(version, safe='')}"
            links.append(link(one["rel"], href, terms.GEOJSON_TYPE))
        elif one["rel"] in _KEPT:
            links.append(one)
    assets = {
        key: {**asset, "href": addresses.whole(portal.settings, asset["href"])} for key, asset in item["assets"].items()
    }
    return {**item, "links": links, "assets": assets}


def landing(portal: Portal) -> dict[str, Any]:
    """``/stac/``: a catalogue with its conformance classes."""
    site, root = portal.shelf.site, root_url(portal)
    search = root_url(portal, "search")
    collections = [
        link("child", root_url(portal, f"collections/{quote(one.id)}"), title=one.title) for one in site.collections
    ]
    return {
        "type": "Catalog",
        "stac_version": terms.STAC_VERSION,
        "stac_extensions": [],
        "id": site.id,
        "title": site.title or portal.settings.title,
        "description": (site.description or "Open datasets, each with all its versions.")
        + " Searches by a geometry (intersects) find items by the boxes around both.",
        "conformsTo": list(CONFORMS_TO),
        "links": [
            link("self", root),
            link("root", root),
            link("conformance", root_url(portal, "conformance")),
            link("data", root_url(portal, "collections")),
            link("search", search, terms.GEOJSON_TYPE, method="GET"),
            link("search", search, terms.GEOJSON_TYPE, method="POST"),
            link("service-desc", portal.url("/api/v1/openapi.json"), _OPENAPI),
            link("service-doc", portal.url("/machines"), "text/html"),
            link("alternate", addresses.catalog_url(portal.settings, "catalog.json")),
            *collections,
        ],
    }


def collection(portal: Portal, one: Collection) -> dict[str, Any]:
    """A collection, its extent as its items say now."""
    own = root_url(portal, f"collections/{quote(one.id)}")
    bbox, interval, licenses = _extent(portal, one.id)
    return {
        "type": "Collection",
        "stac_version": terms.STAC_VERSION,
        "stac_extensions": [],
        "id": one.id,
        "title": one.title,
        "description": one.description or one.title or one.id,
        "license": licenses[0] if len(licenses) == 1 else "other",
        "extent": {"spatial": {"bbox": [bbox]}, "temporal": {"interval": [interval]}},
        "links": [
            link("self", own),
            link("root", root_url(portal)),
            link("parent", root_url(portal)),
            link("items", f"{own}/items", terms.GEOJSON_TYPE),
            link("alternate", addresses.collection_url(portal.settings, one.id), "text/html"),
        ],
        "assets": {
            "items": {
                "href": addresses.catalog_url(portal.settings, "catalog.parquet"), "type": terms.PARQUET_TYPE,
                "roles": ["collection-mirror"], "title": "All items, one row each",
            }
        },
    }  # fmt: skip


def _extent(portal: Portal, collection_id: str) -> tuple[list[float], list[str | None], list[str]]:
    rows = portal.shelf.facts(
        "select count(*) as n, min(west) as west, min(south) as south, max(east) as east, max(north) as north, "
        "max(west > east) as crosses, min(start_s) as start_s, max(end_s) as end_s, "
        "group_concat(distinct license) as l "
        "from entries where status <> 'withdrawn' and collection = ?",
        [collection_id],
    )
    row = rows[0]
    if not row["n"]:
        return list(WORLD), [None, None], []
    west, east = (-180.0, 180.0) if row["crosses"] else (row["west"], row["east"])
    start, end = row["start_s"], row["end_s"]
    span = [of_unix(start) if start > -EVER_S else None, of_unix(end) if end < EVER_S else None]
    return [west, row["south"], east, row["north"]], span, [one for one in row["l"].split(",") if one]
