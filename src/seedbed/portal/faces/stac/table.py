# SPDX-License-Identifier: Apache-2.0
"""The operations of the STAC API: rows as those of the JSON API."""

from __future__ import annotations

from seedbed.portal.faces.api import shapes
from seedbed.portal.faces.api.operations import JSON, Body, Operation, Parameter
from seedbed.portal.faces.stac import pages
from seedbed.portal.faces.stac.wanted import SORTABLE

_COLLECTION = Parameter("collection", "Of a collection.", shapes.TEXT, "path", "datasets")
_ITEM = Parameter("item", "Of an item: dataset@version.", shapes.TEXT, "path", "lakes@1")
_LIMIT = Parameter("limit", "How many; at most 1,000 are given.", {"type": "integer", "minimum": 1})
_COMMON = (
    Parameter("bbox", "Four numbers, or six: west,south,east,north.", shapes.TEXT, example="-114,53,-113,54"),
    Parameter("datetime", "A moment or an interval (RFC 3339), either end open by two dots.", shapes.TEXT),
    _LIMIT,
    Parameter("sortby", f"Names with + or - before them: {', '.join(SORTABLE)}.", shapes.TEXT, example="-published"),
    Parameter("fields", "Names that are wanted, or with - before them not wanted.", shapes.TEXT),
    Parameter("token", "Of a link to the next page.", shapes.TEXT),
)
_SEARCH = (
    Parameter("ids", "Ids of items, with commas between.", shapes.TEXT),
    Parameter("collections", "Ids of collections, with commas between.", shapes.TEXT),
    Parameter("intersects", "A GeoJSON geometry; its box is compared.", shapes.TEXT),
)
_GEOJSON = pages.GEOJSON
_BODY = {
    "type": "object",
    "properties": {
        "bbox": {"type": "array", "items": {"type": "number"}},
        "datetime": shapes.TEXT,
        "ids": shapes.many(shapes.TEXT),
        "collections": shapes.many(shapes.TEXT),
        "intersects": {"type": "object"},
        "limit": {"type": "integer", "minimum": 1},
        "sortby": shapes.many({"type": "object"}),
        "fields": {"type": "object"},
        "token": shapes.TEXT,
    },
}

OPERATIONS = (
    Operation("getStac", "/stac/", "The catalogue, and what can be asked.", "stac", pages.landing,
              gives={JSON: shapes.ref("StacObject")}, refusals=()),
    Operation("getConformance", "/stac/conformance", "Which classes are met.", "stac", pages.conformance,
              gives={JSON: {"type": "object", "required": ["conformsTo"]}}, refusals=()),
    Operation("getCollections", "/stac/collections", "All collections.", "stac", pages.collections,
              gives={JSON: shapes.ref("StacObject")}, refusals=()),
    Operation("getCollection", "/stac/collections/{collection}", "One collection.", "stac", pages.collection,
              parameters=(_COLLECTION,), gives={JSON: shapes.ref("StacObject")}, refusals=(404,)),
    Operation("getItems", "/stac/collections/{collection}/items", "The items of a collection.", "stac", pages.items,
              parameters=(_COLLECTION, *_COMMON), gives={_GEOJSON: shapes.ref("FeatureCollection")},
              refusals=(400, 404)),
    Operation("getItem", "/stac/collections/{collection}/items/{item}", "One item.", "stac", pages.item,
              parameters=(_COLLECTION, _ITEM), gives={_GEOJSON: shapes.ref("Feature")}, refusals=(404, 410)),
    Operation("searchItems", "/stac/search", "Search items.", "stac", pages.search_by_address,
              parameters=(*_SEARCH, *_COMMON), gives={_GEOJSON: shapes.ref("FeatureCollection")}, refusals=(400, 413)),
    Operation("searchItemsByBody", "/stac/search", "Search items, by a JSON body.", "stac", method="POST",
              takes=Body(JSON, _BODY), gives={_GEOJSON: shapes.ref("FeatureCollection")}, refusals=(400, 413)),
)  # fmt: skip
"""The search by POST has a route of its own: its body is read first."""
