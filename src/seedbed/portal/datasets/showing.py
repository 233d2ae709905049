# SPDX-License-Identifier: Apache-2.0
"""The page of a dataset, of one of its versions, and of its files."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse

from seedbed.catalog import cite
from seedbed.catalog.model import WORLD
from seedbed.errors import NotFoundError
from seedbed.portal.datasets import differences, ways
from seedbed.portal.faces import schema_org, signposting
from seedbed.portal.index.shelf import ref_id
from seedbed.portal.portal import portal_of
from seedbed.portal.previews import drawing
from seedbed.portal.web import plots
from seedbed.portal.web.pages import language_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.catalog.model import FileRow, Release
    from seedbed.health.history import Day
    from seedbed.portal.portal import Portal

FILES = 200
"""On a page of files."""
FIRST_FILES = 12
"""On the page of a version."""
BROWSER_WORDS = ("connecting", "progress", "done", "failed", "large")
"""What the download within the page says."""
CHANGES = 12
"""Paths of each kind that are named."""


def dataset(request: Request) -> Response:
    """A dataset: its newest version."""
    portal = portal_of(request)
    return _page(request, portal, portal.shelf.newest(request.path_params["dataset"]))


def version(request: Request) -> Response:
    """One version; the newest has the dataset's own address too, and search engines are told which one counts."""
    portal = portal_of(request)
    names = request.path_params
    return _page(request, portal, portal.shelf.release(ref_id(names["dataset"], names["version"])))


def by_hash(request: Request) -> Response:
    """The version with an info-hash."""
    found = portal_of(request).shelf.by_hash(request.path_params["info_hash"])
    name, _, number = found.partition("@")
    return RedirectResponse(f"/datasets/{name}/{number}", 302)


def files(request: Request) -> Response:
    """All files of a version, page by page, or those whose path has some letters."""
    portal = portal_of(request)
    names, asked = request.path_params, request.query_params
    release = portal.shelf.release(ref_id(names["dataset"], names["version"]))
    words = asked.get("q", "")[:200].casefold()
    rows = [row for row in portal.shelf.files(release.id) if words in row.path.casefold()]
    text = asked.get("page", "1")
    last = max(-(-len(rows) // FILES), 1)
    page = min(int(text), last) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else 1
    shown = rows[(page - 1) * FILES : page * FILES]
    return portal.pages.render(
        request, "dataset/files.html", release=release, rows=_with_urls(portal, release, shown), total=len(rows),
        page=page, pages=last, words=asked.get("q", "")[:200],
    )  # fmt: skip


def preview(request: Request) -> Response:
    """A look inside: a piece of a page; empty where nothing can be shown."""
    portal = portal_of(request)
    names = request.path_params
    release = portal.shelf.release(ref_id(names["dataset"], names["version"]))
    is_shown = release.status != "withdrawn"
    found = portal.previews.of(release, portal.shelf.files(release.id)) if is_shown else {}
    return portal.pages.render(
        request, "dataset/preview.html", headers={"Cache-Control": "public, max-age=300"}, preview=found,
        shapes=drawing.path(found.get("lines", ()), "shape"), paths=drawing.path(found.get("lines", ()), "path"),
        points=drawing.points(found.get("lines", ())),
    )  # fmt: skip


def _page(request: Request, portal: Portal, release: Release) -> Response:
    versions = portal.shelf.versions(release.dataset)
    rows = portal.shelf.files(release.id)
    language = language_of(request)
    known = {one.language.partition("-")[0]: one for one in release.translations}
    described = schema_org.in_html(schema_org.dataset(portal, release, rows))
    links = {"Link": signposting.header(portal.settings, release, rows), "Vary": "Accept, Accept-Language, Cookie"}
    said = known.get(language, release)
    return portal.pages.render(
        request, "dataset/dataset.html", headers=links, json_ld=described,
        release=release, title=said.title, description=said.description or release.description, versions=versions,
        rows=_with_urls(portal, release, rows[:FIRST_FILES]), file_count=len(rows) or release.file_count,
        changes=_changes(portal, release, versions, rows), many=CHANGES,
        copies=ways.copies(release, portal.health.audits(release.id)), health=portal.health.of(release.id),
        history=_history(portal.health.days(release.id), portal.pages.words.say("dataset.history-plot", language)),
        earth=_earth(release, portal.pages.words.say("dataset.place-plot", language)),
        citation=cite.cite(release), snippets=ways.snippets(release, portal.shelf.join_link),
        torrent_url=f"{portal.settings.files_url}/v/{release.dataset}/{release.version}.torrent",
        facts=_facts(release), is_newest=release.latest,
        browser_words={name: portal.pages.words.say(f"dataset.browser-{name}", language) for name in BROWSER_WORDS},
    )  # fmt: skip


def _with_urls(portal: Portal, release: Release, rows: Sequence[FileRow]) -> list[tuple[FileRow, str]]:
    return [(row, ways.file_url(portal.settings.files_url, release, row)) for row in rows]


def _changes(
    portal: Portal, release: Release, versions: Sequence[Release], rows: Sequence[FileRow]
) -> differences.Differences | None:
    """What this version changed of the one before; None for the first."""
    before = next((one for one in versions if one.version == release.predecessor), None)
    return differences.compare(portal.shelf.files(before.id), rows) if before else None


def _history(days: Sequence[Day], label: str) -> Any:
    times = [int(dt.datetime.combine(one.day, dt.time(), dt.UTC).timestamp()) for one in days]
    lines = {"": [one.peers for one in days], "second": [one.mirrors or 0 for one in days]}
    return plots.over_time(times, lines, label)


def _earth(release: Release, label: str) -> Any:
    return None if release.geometry_default or release.bbox == WORLD else plots.boxes_on_earth([release.bbox], label)


def _facts(release: Release) -> dict[str, Any]:
    """What is shown only where it is there."""
    contents = release.contents
    return {
        "columns": contents.columns[:60], "more_columns": max(len(contents.columns) - 60, 0),
        "row_count": contents.row_count, "shape": contents.shape, "proj_code": contents.proj_code,
    }  # fmt: skip


def collection(request: Request) -> Response:
    """One collection: what it is, and its newest datasets."""
    portal = portal_of(request)
    name = request.path_params["collection"]
    found = next((one for one in portal.shelf.site.collections if one.id == name), None)
    if found is None:
        raise NotFoundError(f"{name}: there is no such collection", hint="All of them stand at /collections.")
    query = dict(request.query_params) | {"collection": name}
    address = request.url.replace(path="/datasets", query="").include_query_params(**query)
    return RedirectResponse(f"{address.path}?{address.query}", 302)
