# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas of what the API gives (JSON Schema 2020-12, as OpenAPI 3.1 has it)."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
FLAG: dict[str, Any] = {"type": "boolean"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
DAY: dict[str, Any] = {"type": "string", "format": "date"}
URL: dict[str, Any] = {"type": "string", "format": "uri"}
SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    """This, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: dict[str, Any]) -> dict[str, Any]:
    """A list of these."""
    return {"type": "array", "items": schema}


def one_of(*values: str) -> dict[str, Any]:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


def shape(**fields: dict[str, Any]) -> dict[str, Any]:
    """An object that has all of these."""
    return {"type": "object", "properties": fields, "required": list(fields)}


def ref(name: str) -> dict[str, Any]:
    """A schema of :data:`SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


WORDS = ("lost", "unknown", "last copy", "at risk", "thin", "safe")
_BOX = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
_SHORT = {
    "id": TEXT, "dataset": TEXT, "version": TEXT, "title": TEXT, "summary": TEXT, "collection": TEXT, "license": TEXT,
    "doi": TEXT, "infohash": TEXT, "size_bytes": COUNT, "file_count": COUNT, "mirror_count": COUNT, "threat": TEXT,
    "status": one_of("active", "deprecated", "withdrawn"), "is_latest": FLAG, "published": MOMENT, "updated": MOMENT,
    "bbox": maybe(_BOX), "keywords": many(TEXT), "health": maybe(ref("HealthShort")),
    "links": {"type": "object", "additionalProperties": URL},
}  # fmt: skip
_HEALTH = {
    "word": one_of(*WORDS), "peers": COUNT, "good_mirrors": COUNT, "unknown_mirrors": COUNT, "bad_mirrors": COUNT,
    "fetching": COUNT, "risk": SHARE, "counted_at": maybe(MOMENT),
}  # fmt: skip
_PAGE = {"total": COUNT, "page": {"type": "integer", "minimum": 1}, "pages": {"type": "integer", "minimum": 1}}
_TEXTS = {"type": "object", "additionalProperties": TEXT}

SCHEMAS: dict[str, dict[str, Any]] = {
    "Error": shape(error={**shape(status={"type": "integer"}, what=TEXT, where=TEXT, hint=TEXT)}),
    "HealthShort": shape(**_HEALTH),
    "Health": shape(
        id=TEXT, **_HEALTH, proved=COUNT, unproved=COUNT, countries=COUNT, has_registry=FLAG,
        mirrors_at=maybe(MOMENT), history=many(shape(day=DAY, peers=COUNT, mirrors=maybe(COUNT))),
    ),
    "VersionShort": shape(**_SHORT),
    "Version": shape(
        **_SHORT, description=TEXT, status_reason=TEXT, language=TEXT, translations=many(_TEXTS),
        providers=many(shape(name=TEXT, roles=many(TEXT), url=TEXT)), citation=TEXT, license_url=TEXT, concept_doi=TEXT,
        predecessor=TEXT, successor=TEXT, created=MOMENT, start=maybe(MOMENT), end=maybe(MOMENT),
        torrent=maybe(shape(
            name=TEXT, piece_length=COUNT, infohash_v1=TEXT, infohash_v2=TEXT, sha256=TEXT, length=COUNT, magnet=TEXT,
            web_seeds=many(TEXT), trackers=many(TEXT), url=URL,
        )),
        mirrors=many(shape(key=TEXT, name=TEXT, href=TEXT, layout=TEXT)),
    ),
    "Dataset": shape(dataset=TEXT, newest=ref("Version"), versions=many(ref("VersionShort"))),
    "Datasets": shape(datasets=many(ref("VersionShort")), **_PAGE),
    "Versions": shape(dataset=TEXT, versions=many(ref("VersionShort"))),
    "File": shape(
        path=TEXT, size_bytes=COUNT, sha256=TEXT, md5=TEXT, pieces_root=TEXT, media_type=TEXT, offset_bytes=COUNT,
        urls=many(TEXT),
    ),
    "Files": shape(id=TEXT, files=many(ref("File")), total=COUNT, after=COUNT, next=maybe(COUNT)),
    "Worst": shape(versions=many(shape(id=TEXT, title=TEXT, size_bytes=COUNT, health=ref("HealthShort"))), **_PAGE),
    "Collections": shape(collections=many(shape(
        id=TEXT, title=TEXT, description=TEXT, datasets=COUNT, versions=COUNT, size_bytes=COUNT,
        links={"type": "object", "additionalProperties": URL},
    ))),
    "Stats": shape(
        catalog=TEXT, title=TEXT, serial=COUNT, updated=maybe(MOMENT), datasets=COUNT, versions=COUNT, withdrawn=COUNT,
        size_bytes=COUNT, file_count=COUNT, words={"type": "object", "additionalProperties": COUNT},
        threats={"type": "object", "additionalProperties": COUNT},
    ),
    "Needed": many(shape(
        id=TEXT, display_name=TEXT, btih=TEXT, magnet_link=TEXT, url=URL, data_size=COUNT, torrent_size=COUNT,
        num_files=COUNT, seeders=maybe(COUNT), leechers=maybe(COUNT), reasons=many(TEXT),
    )),
    "Feature": {"type": "object", "required": ["type", "id", "links"]},
    "FeatureCollection": {
        "type": "object", "required": ["type", "features", "links", "numberMatched", "numberReturned"],
        "properties": {"type": {"const": "FeatureCollection"}, "features": many({"type": "object"})},
    },
    "StacObject": {"type": "object", "required": ["links"]},
}  # fmt: skip
