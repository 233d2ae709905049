# SPDX-License-Identifier: Apache-2.0
"""Who answers the readings of the JSON API."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from seedbed.errors import InputError
from seedbed.health.current import Health
from seedbed.health.risk import Copies
from seedbed.portal.datasets.asked import asked
from seedbed.portal.datasets.health import worst_first
from seedbed.portal.faces.addresses import version_path
from seedbed.portal.faces.answers import as_json, streamed
from seedbed.portal.faces.api import documents
from seedbed.portal.faces.finding import available, ids_of, item_id
from seedbed.portal.faces.lists import tables
from seedbed.portal.faces.texts import of_unix
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.requests import Request

    from seedbed.catalog.model import FileRow, Release
    from seedbed.portal.portal import Portal

DEFAULT_LIMIT, MAX_LIMIT = 20, 500
FILES_LIMIT, MAX_FILES_LIMIT = 1_000, 10_000
MAX_PAGE = 100_000
FILE_FIELDS = ("path", "size_bytes", "sha256", "md5", "pieces_root", "media_type", "offset_bytes", "urls")


def datasets(request: Request) -> Response:
    """The search, with the parameters of the page."""
    portal, given = portal_of(request), request.query_params
    limit, page = number(given, "limit", DEFAULT_LIMIT, MAX_LIMIT), number(given, "page", 1, MAX_PAGE)
    meant = asked({key: value for key, value in given.items() if key != "page"})
    every = given.get("versions", "") or "newest"
    if every not in ("newest", "all"):
        raise InputError(f"versions: expected newest or all, got {every[:40]!r}")
    query = replace(meant, limit=limit, offset=(page - 1) * limit, all_versions=every == "all")
    hits, known = portal.shelf.search(query), portal.health.all()
    shown = [documents.short(portal.settings, one, known.get(one.id)) for one in hits.entries]
    return _paged(request, {"datasets": shown}, hits.total, page, limit)


def dataset(request: Request) -> Response:
    """One dataset: its newest version in full, and all its versions."""
    portal = portal_of(request)
    newest, known = portal.shelf.newest(request.path_params["dataset"]), portal.health.all()
    versions = _versions(portal, newest.dataset)
    full = documents.version(portal.settings, newest, known.get(newest.id))
    return as_json({"dataset": newest.dataset, "newest": full, "versions": versions})


def versions(request: Request) -> Response:
    """The versions of a dataset, the newest first; withdrawn ones are among them, with that status."""
    portal = portal_of(request)
    newest = portal.shelf.newest(request.path_params["dataset"])
    return as_json({"dataset": newest.dataset, "versions": _versions(portal, newest.dataset)})


def _versions(portal: Portal, dataset: str) -> list[dict[str, Any]]:
    known = portal.health.all()
    return [
        documents.short(portal.settings, documents.entry_of(one), known.get(one.id))
        for one in portal.shelf.versions(dataset)
    ]


def version(request: Request) -> Response:
    """One version; a withdrawn one is told with its reason."""
    portal = portal_of(request)
    release = _release(request, portal)
    return as_json(documents.version(portal.settings, release, portal.health.of(release.id)))


def files(request: Request) -> Response:
    """A version's files in the order of the torrent: a page, or all of them line by line."""
    portal, given = portal_of(request), request.query_params
    release = available(_release(request, portal))
    rows, form = portal.shelf.files(release.id), given.get("format", "") or "json"
    if form in ("ndjson", "csv"):
        return _all_files(release, rows, form)
    if form != "json":
        raise InputError(f"format: expected json, ndjson or csv, got {form[:40]!r}")
    limit, after = number(given, "limit", FILES_LIMIT, MAX_FILES_LIMIT), number(given, "after", 0, 10**9, least=0)
    shown = [documents.file(release, row) for row in rows[after : after + limit]]
    following = after + limit if after + limit < len(rows) else None
    links = {"Link": f'<{_with(request, after=following)}>; rel="next"'} if following else {}
    found = {"id": release.id, "files": shown, "total": len(rows), "after": after, "next": following}
    return as_json(found, headers=links)


def _all_files(release: Release, rows: Sequence[FileRow], form: str) -> Response:
    def lines() -> Iterator[str]:
        for row in rows:
            yield json.dumps(documents.file(release, row), ensure_ascii=False, separators=(",", ":")) + "\n"

    def table() -> Iterator[str]:
        return tables.lines(FILE_FIELDS, (documents.file(release, row) for row in rows))

    made, media_type = (table(), "text/csv; charset=utf-8") if form == "csv" else (lines(), "application/x-ndjson")
    return streamed(made, media_type)


def health(request: Request) -> Response:
    """How well a version is kept, and how it was; ``unknown`` where nobody has counted."""
    portal = portal_of(request)
    release = available(_release(request, portal))
    found = portal.health.of(release.id) or Health(
        release.id, Copies(unknown_mirrors=len(release.mirrors)), is_told=False
    )
    return as_json(documents.health(found, portal.health.days(release.id)))


def worst(request: Request) -> Response:
    """Versions that were looked at, the worst first."""
    portal, given = portal_of(request), request.query_params
    limit, page = number(given, "limit", DEFAULT_LIMIT, MAX_LIMIT), number(given, "page", 1, MAX_PAGE)
    health = portal.health.all()
    known = portal.shelf.derived("worst", health, lambda: _worst(portal, health))
    some = known[(page - 1) * limit : page * limit]
    shown = [
        {"id": one.id, "title": one.title, "size_bytes": one.size_bytes,
         "health": documents.health_short(health[one.id])}
        for one in portal.shelf.entries(some)
    ]  # fmt: skip
    return _paged(request, {"versions": shown}, len(known), page, limit)


def _worst(portal: Portal, health: Mapping[str, Health]) -> list[str]:
    there = set(ids_of(portal.shelf.facts("select id from entries where status <> 'withdrawn'")))
    return [one.id for one in worst_first(health) if one.id in there]


def collections(request: Request) -> Response:
    """All collections, with what is in them."""
    portal = portal_of(request)
    rows = portal.shelf.facts(
        "select collection, sum(is_latest) as datasets, count(*) as versions, sum(size_bytes) as size_bytes "
        "from entries where status <> 'withdrawn' group by collection"
    )
    known = {row["collection"]: row for row in rows}
    return as_json(
        {"collections": [_collection(portal, one, known.get(one.id)) for one in portal.shelf.site.collections]}
    )


def _collection(portal: Portal, one: Any, row: Any) -> dict[str, Any]:
    counts = {name: int(row[name]) if row else 0 for name in ("datasets", "versions", "size_bytes")}
    links = {
        "page": portal.url(f"/collections/{one.id}"),
        "feed": portal.url(f"/rss/collection/{one.id}.rss"),
        "table": portal.url(f"/collection/{one.id}.csv"),
        "stac": portal.url(f"/stac/collections/{one.id}"),
    }
    return {"id": one.id, "title": one.title, "description": one.description, **counts, "links": links}


def stats(request: Request) -> Response:
    """Numbers of the whole catalogue."""
    portal = portal_of(request)
    row = portal.shelf.facts(
        "select count(distinct dataset) as datasets, count(*) as versions, sum(size_bytes) as size_bytes, "
        "sum(file_count) as file_count, max(updated_s) as updated_s from entries where status <> 'withdrawn'"
    )[0]
    gone = portal.shelf.facts("select count(*) as n from entries where status = 'withdrawn'")[0]["n"]
    threats = portal.shelf.facts(
        "select threat, count(*) as n from entries where status <> 'withdrawn' and is_latest = 1 group by threat"
    )
    words: dict[str, int] = {}
    for one in portal.health.all().values():
        words[one.word] = words.get(one.word, 0) + 1
    site = portal.shelf.site
    return as_json({
        "catalog": site.id, "title": site.title, "serial": site.serial, "datasets": row["datasets"],
        "versions": row["versions"], "withdrawn": gone, "size_bytes": row["size_bytes"] or 0,
        "file_count": row["file_count"] or 0, "updated": of_unix(row["updated_s"]) if row["versions"] else None,
        "words": words, "threats": {one["threat"] or "unknown": one["n"] for one in threats},
    })  # fmt: skip


def by_hash(request: Request) -> Response:
    """The version with an info-hash: sent on to it."""
    portal = portal_of(request)
    name, _, version = portal.shelf.by_hash(request.path_params["info_hash"]).rpartition("@")
    path = version_path(name, version).replace(f"/datasets/{name}/", f"/datasets/{name}/versions/", 1)
    return RedirectResponse(portal.url(f"/api/v1{path}"), 302)


def _release(request: Request, portal: Portal) -> Release:
    return portal.shelf.release(item_id(request.path_params["dataset"], request.path_params["version"]))


def number(given: Mapping[str, str], name: str, usual: int, most: int, *, least: int = 1) -> int:
    """A whole number of an address.

    Raises:
        InputError: it is none, or outside its limits.
    """
    text = given.get(name, "")
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 10 or not least <= int(text) <= most:
        raise InputError(f"{name}: expected a number from {least} to {most:,}, got {text[:40]!r}")
    return int(text)


def _paged(request: Request, values: dict[str, Any], total: int, page: int, limit: int) -> Response:
    """A page with its neighbours in the header ``Link`` (RFC 8288)."""
    pages = max(-(-total // limit), 1)
    near = {"first": 1, "prev": page - 1, "next": page + 1, "last": pages}
    links = [f'<{_with(request, page=n)}>; rel="{rel}"' for rel, n in near.items() if 1 <= n <= pages]
    return as_json({**values, "total": total, "page": page, "pages": pages}, headers={"Link": ", ".join(links)})


def _with(request: Request, **changed: Any) -> str:
    """This address with other values."""
    values = {**request.query_params, **{key: str(value) for key, value in changed.items()}}
    return portal_of(request).url(f"{request.url.path}?{urlencode(values)}")
