# SPDX-License-Identifier: Apache-2.0
"""Versions, files and numbers as the API's JSON values (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.catalog import cite
from seedbed.catalog.stac.links import bare_magnet
from seedbed.catalog.stac.times import to_text
from seedbed.health import risk
from seedbed.portal.faces import addresses
from seedbed.portal.index.entry import Entry, row_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from seedbed.catalog.model import FileRow, Release
    from seedbed.health.current import Health
    from seedbed.health.history import Day
    from seedbed.portal.settings import Settings


def moment(value: dt.datetime | None) -> str | None:
    """RFC 3339, or null."""
    return to_text(value) if value else None


def short(settings: Settings, entry: Entry, health: Health | None) -> dict[str, Any]:
    """A version in a list."""
    return {
        "id": entry.id, "dataset": entry.dataset, "version": entry.version, "title": entry.title,
        "summary": entry.summary, "collection": entry.collection, "license": entry.license, "doi": entry.doi,
        "infohash": entry.info_hash, "size_bytes": entry.size_bytes, "file_count": entry.file_count,
        "mirror_count": entry.mirror_count, "threat": entry.threat, "status": entry.status,
        "is_latest": entry.is_latest, "published": to_text(entry.published), "updated": to_text(entry.updated),
        "bbox": list(entry.bbox) if entry.bbox else None, "keywords": list(entry.keywords),
        "health": health_short(health) if health else None, "links": _links(settings, entry),
    }  # fmt: skip


def _links(settings: Settings, entry: Entry) -> dict[str, str]:
    """Where more is; a withdrawn version leads only to what is said of it."""
    base = f"{settings.public_url}/api/v1{addresses.version_path(entry.dataset, entry.version)}"
    own = base.replace(f"/datasets/{entry.dataset}/", f"/datasets/{entry.dataset}/versions/", 1)
    found = {"self": own, "page": addresses.version_url(settings, entry)}
    if entry.status == "withdrawn":
        return found
    return found | {
        "files": f"{own}/files",
        "health": f"{own}/health",
        "torrent": addresses.torrent_url(settings, entry),
        "stac": addresses.version_url(settings, entry, ".stac.json"),
    }


def version(settings: Settings, release: Release, health: Health | None) -> dict[str, Any]:
    """All of a version; a withdrawn one has its reason, and neither torrent nor mirrors."""
    is_there = release.status != "withdrawn"
    return short(settings, entry_of(release), health) | {
        "description": release.description,
        "status_reason": release.status_reason,
        "language": release.language,
        "translations": [
            {"language": one.language, "title": one.title, "description": one.description}
            for one in release.translations
        ],
        "providers": [{"name": one.name, "roles": list(one.roles), "url": one.url} for one in release.providers],
        "citation": cite.cite(release),
        "license_url": release.license_url,
        "concept_doi": release.concept_doi,
        "predecessor": release.predecessor,
        "successor": release.successor,
        "created": to_text(release.created),
        "start": moment(release.start_datetime or release.datetime),
        "end": moment(release.end_datetime or release.datetime),
        "torrent": _torrent(settings, release) if is_there else None,
        "mirrors": [
            {"key": one.key, "name": one.name, "href": one.href, "layout": one.layout} for one in release.mirrors
        ]
        if is_there
        else [],
    }


def entry_of(release: Release) -> Entry:
    """A release as lists show it."""
    return Entry.of_row(row_of(release, ""))  # type: ignore[arg-type]  # a mapping by column, as a row is


def _torrent(settings: Settings, release: Release) -> dict[str, Any]:
    facts = release.torrent
    return {
        "name": facts.name, "piece_length": facts.piece_length, "infohash_v1": facts.info_hash_v1,
        "infohash_v2": facts.info_hash_v2, "sha256": facts.sha256, "length": facts.length,
        "magnet": facts.magnet or bare_magnet(facts), "web_seeds": list(facts.web_seeds),
        "trackers": list(facts.trackers), "url": addresses.torrent_url(settings, release),
    }  # fmt: skip


def file(release: Release, row: FileRow) -> dict[str, Any]:
    """A file, with where it is on the web."""
    return {
        "path": row.path, "size_bytes": row.size_bytes, "sha256": row.sha256, "md5": row.md5,
        "pieces_root": row.pieces_root, "media_type": row.media_type, "offset_bytes": row.offset_bytes,
        "urls": list(addresses.file_urls(release, row)),
    }  # fmt: skip


def health_short(one: Health) -> dict[str, Any]:
    """The two numbers, and what follows from them."""
    return {
        "word": one.word, "peers": one.copies.peers, "good_mirrors": one.copies.good_mirrors,
        "unknown_mirrors": one.copies.unknown_mirrors, "bad_mirrors": one.bad_mirrors, "fetching": one.fetching,
        "risk": round(risk.risk(one.copies), 6), "counted_at": moment(one.at),
    }  # fmt: skip


def health(one: Health, days: Sequence[Day]) -> dict[str, Any]:
    """The same with where it comes from, and how it was."""
    copies = one.copies
    return {"id": one.id} | health_short(one) | {
        "proved": copies.proved, "unproved": copies.unproved, "countries": copies.countries,
        "has_registry": copies.has_registry, "mirrors_at": moment(one.mirrors_at),
        "history": [{"day": each.day.isoformat(), "peers": each.peers, "mirrors": each.mirrors} for each in days],
    }  # fmt: skip
