# SPDX-License-Identifier: Apache-2.0
"""A release as a STAC 1.1 item and back: ``from_item(to_item(release)) == release``.

What is unknown is left out, never written as null or as an empty text, so that an item and its row in a table (where
"absent" and "null" are one) say the same. ``datetime`` alone is null where the data describes a time range, because
STAC demands it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.catalog.stac import terms
from seedbed.catalog.stac.geometry import box_geometry
from seedbed.catalog.stac.item_reader import from_item
from seedbed.catalog.stac.links import assets, links
from seedbed.catalog.stac.times import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.catalog.model import Contents, Provider, Release, Translation

__all__ = ["extensions", "from_item", "properties", "to_item"]


def to_item(release: Release, *, root: str = "", latest: str = "", has_metalink: bool = False) -> dict[str, Any]:
    """Write a release as a STAC item.

    Args:
        release: What to write.
        root: What stands before paths of the catalogue: ``../../`` for the static items, the site's URL in the table.
        latest: The dataset's newest version, for the link ``latest-version`` of an older one; may be left out.
        has_metalink: Whether there is a Metalink beside the torrent, for the link ``alternate``. Rows of a table do not
            have it: its address follows from the info-hash.

    Returns:
        JSON values only. Mirrors after the main one come in the order of ``terms.MIRROR_KEYS``.
    """
    west, south, east, north = release.bbox
    return {
        "type": "Feature",
        "stac_version": terms.STAC_VERSION,
        "stac_extensions": list(extensions(release)),
        "id": release.id,
        "collection": release.collection,
        "geometry": box_geometry(release.bbox) if release.geometry is None else dict(release.geometry),
        "bbox": [west, south, east, north],
        "properties": _as_text(properties(release)),
        "links": list(links(release, root=root, latest=latest, has_metalink=has_metalink)),
        "assets": assets(release, root=root),
    }


def extensions(release: Release) -> Iterator[str]:
    """The extensions that an item uses."""
    yield from (terms.FILE, terms.VERSION, terms.TIMESTAMPS, terms.BT, terms.SEEDBED)
    uses = {
        terms.SCIENTIFIC: release.doi or release.citation,
        terms.ALTERNATE: len(release.mirrors) > 1 or any(one.name or one.layout for one in release.mirrors),
        terms.STORAGE: any(mirror.key in terms.STORAGE_SCHEMES for mirror in release.mirrors),
        terms.LANGUAGE: release.language,
        terms.TABLE: release.contents.columns,
        terms.PROJECTION: release.contents.proj_code or release.contents.shape or release.contents.transform,
    }
    for extension, is_used in uses.items():
        if is_used:
            yield extension


def properties(release: Release) -> dict[str, Any]:
    """The item's properties; moments are still ``datetime`` values, as a table stores them."""
    values = {**_common(release), **_standing(release), **_provenance(release), **_contents(release.contents)}
    known = {key: value for key, value in values.items() if value is not None and value not in ("", [])}
    return {"datetime": release.datetime, **known}


def _common(release: Release) -> dict[str, Any]:
    languages = sorted({one.language for one in release.translations} - {release.language})
    return {
        "start_datetime": release.start_datetime,
        "end_datetime": release.end_datetime,
        "title": release.title,
        "description": release.description,
        "keywords": list(release.keywords),
        "license": release.license,
        "providers": [_provider(one) for one in release.providers],
        "language": {"code": release.language} if release.language else None,
        "languages": [{"code": code} for code in languages] if release.language else [],
        "created": release.created,
        "updated": release.updated,
        "published": release.published,
        "sci:doi": release.doi,
        "sci:citation": release.citation,
    }


def _standing(release: Release) -> dict[str, Any]:
    torrent = release.torrent
    return {
        "version": release.version,
        "deprecated": release.status != "active",
        "bt:infohash_v1": torrent.info_hash_v1,
        "bt:infohash_v2": torrent.info_hash_v2,
        "bt:magnet": torrent.magnet,
        "seedbed:dataset": release.dataset,
        "seedbed:version_seq": release.version_seq,
        "seedbed:latest": release.latest,
        "seedbed:predecessor": release.predecessor,
        "seedbed:successor": release.successor,
        "seedbed:status": release.status,
        "seedbed:status_reason": release.status_reason,
        "seedbed:size_bytes": release.size_bytes,
        "seedbed:file_count": release.file_count,
        "seedbed:reused_files": release.reused_files,
        "seedbed:reused_bytes": release.reused_bytes,
    }


def _provenance(release: Release) -> dict[str, Any]:
    stores = {
        one.key: dict(terms.STORAGE_SCHEMES[one.key]) for one in release.mirrors if one.key in terms.STORAGE_SCHEMES
    }
    return {
        "seedbed:concept_doi": release.concept_doi,
        "seedbed:source_portal": release.source_portal,
        "seedbed:source_id": release.source_id,
        "seedbed:source_modified": release.source_modified,
        "seedbed:source_access": release.source_access,
        "seedbed:threat": release.threat,
        "seedbed:jurisdiction": release.jurisdiction,
        "seedbed:geometry_default": release.geometry_default,
        "seedbed:datetime_default": release.datetime_default,
        "seedbed:translations": [_translation(one) for one in release.translations],
        "storage:schemes": stores or None,
    }


def _contents(contents: Contents) -> dict[str, Any]:
    columns = [
        {
            key: value
            for key, value in (("name", one.name), ("type", one.type), ("description", one.description))
            if value
        }
        for one in contents.columns
    ]
    return {
        "table:columns": columns,
        "table:row_count": contents.row_count,
        "table:primary_geometry": contents.primary_geometry,
        "proj:code": contents.proj_code,
        "proj:shape": list(contents.shape),
        "proj:transform": list(contents.transform),
    }


def _provider(one: Provider) -> dict[str, Any]:
    return {
        "name": one.name,
        **({"roles": list(one.roles)} if one.roles else {}),
        **({"url": one.url} if one.url else {}),
    }


def _translation(one: Translation) -> dict[str, Any]:
    plain = {"language": one.language, "title": one.title}
    return {**plain, "description": one.description} if one.description else plain


def _as_text(values: dict[str, Any]) -> dict[str, Any]:
    """Moments in the form of RFC 3339, all else as it is."""
    return {key: to_text(value) if hasattr(value, "isoformat") else value for key, value in values.items()}
