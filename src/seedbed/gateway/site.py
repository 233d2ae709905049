# SPDX-License-Identifier: Apache-2.0
"""From a request to an answer: what each area of the gateway serves. Runs in threads; opens files, sends nothing."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.errors import SeedbedError, SourceError
from seedbed.gateway import beside, listing, metrics, replies
from seedbed.gateway.folders import Entry, open_below
from seedbed.gateway.media_types import UNKNOWN, media_type
from seedbed.gateway.places import Places, are_names
from seedbed.gateway.replies import FOREVER, SHORTLY, Content, Reply
from seedbed.gateway.request import Request, prefers_json
from seedbed.gateway.routes import Route, find_route, path_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seedbed.catalog.model import FileRow
    from seedbed.gateway.facts import Facts, VersionFacts
    from seedbed.gateway.places import Found
    from seedbed.gateway.replies import Header

_HASHED = re.compile(r"([0-9a-f]{64})\..+", re.ASCII)
_NUMBERED = re.compile(r"[0-9]+\.(root|snapshot|targets)\.json", re.ASCII)
_READABLE = ("GET", "HEAD")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Site:
    """What is served."""

    places: Places
    facts: Facts
    catalog: Path | None
    metrics: metrics.Metrics
    public_url: str = ""
    """Where the public reaches us, without a slash at the end; empty: where the client says that it does."""

    def answer(self, request: Request) -> Reply:
        """The answer; its handle is the caller's to close."""
        if request.method == "OPTIONS":
            return replies.preflight()
        if request.method not in _READABLE:
            return replies.refusal(request, 405, "only GET, HEAD and OPTIONS", ("Allow", "GET, HEAD, OPTIONS"))
        route = find_route(request.path)
        try:
            found = self._find(request, route) if route else None
        except OSError as error:
            return replies.refusal(request, 503, f"it cannot be read: {error.strerror}", ("Retry-After", "10"))
        except SourceError as error:
            return self._failed(request, error)
        except SeedbedError:  # a catalogue that is damaged, or taken away
            log.exception("catalogue cannot be asked")
            return replies.refusal(request, 503, "the catalogue cannot be read", ("Retry-After", "10"))
        return found or replies.refusal(request, 404, "there is no such file", ("Cache-Control", "public, max-age=10"))

    def _failed(self, request: Request, error: SourceError) -> Reply:
        log.warning("mirror failed error=%s", error)
        self.metrics.mirror_failures += 1
        return replies.of_failure(request, error)

    def _find(self, request: Request, route: Route) -> Reply | None:
        match route.area:
            case "":
                return self._home(request)
            case "metrics":
                plain = not route.parts and not route.is_folder
                text = self.metrics.text().encode()
                return replies.of_text(request, 200, text, metrics.MEDIA_TYPE) if plain else None
            case "catalog":
                return self._catalog(request, route)
            case "latest":
                return self._latest(request, route)
            case "v" if self.catalog and (asked := beside.find(route, self.facts)):
                return self._beside(request, asked, self.catalog)
            case _:
                return self._version(request, route)

    def _home(self, request: Request) -> Reply:
        areas = ["v", *(["catalog"] if self.catalog else [])]
        return _listed(request, Route("", is_folder=True), [Entry(name, is_folder=True) for name in sorted(areas)])

    def _catalog(self, request: Request, route: Route) -> Reply | None:
        opened = open_below(self.catalog, route.parts) if self.catalog else None
        if not opened:
            return None
        if opened.is_folder or route.is_folder:
            return _folder(request, route, opened)
        name = route.parts[-1]
        hashed = _HASHED.fullmatch(name)
        sha256 = hashed[1] if hashed else ""
        is_fixed = hashed or (route.parts[0] == "metadata" and _NUMBERED.fullmatch(name))
        cache, etag = FOREVER if is_fixed else SHORTLY, f'"{sha256 or opened.mark}"'
        content = Content(opened.handle, opened.size_bytes, etag, media_type(name), cache, sha256)
        return replies.of_file(request, content)

    def _latest(self, request: Request, route: Route) -> Reply | None:
        if not route.parts or not are_names(route.parts[0]):
            return None
        dataset, *inner = route.parts
        version = self.facts.newest(dataset)
        if not version:
            return None
        slash = "/" if route.is_folder or not inner else ""
        return replies.redirect(request, 307, path_of(("v", dataset, version, *inner)) + slash, SHORTLY)

    def _beside(self, request: Request, asked: beside.Beside, catalog: Path) -> Reply | None:
        if asked.release.status == "withdrawn":
            return _withdrawn(request, asked.release.status_reason)
        base = self.public_url or beside.base_url(request.headers)
        data, kind = beside.render(asked, base, has_data=bool(self.places.roots))
        if asked.ending != "torrent":
            headers = ("Cache-Control", SHORTLY), ("Vary", "Host")
            return replies.of_text(request, 200, data, kind, *headers) if data and base else None
        torrent = asked.release.torrent
        opened = open_below(catalog, paths.torrent(torrent.best_hex).split("/"))
        if not opened:
            return None
        etag, cache = f'"{torrent.sha256 or opened.mark}"', SHORTLY
        return replies.of_file(request, Content(opened.handle, opened.size_bytes, etag, kind, cache, torrent.sha256))

    def _version(self, request: Request, route: Route) -> Reply | None:
        if not _may_be(route.parts) or (route.area == "webseed" and len(route.parts) < 3):
            return None
        if len(route.parts) < 2:
            found = self.places.versions(route.parts[0]) if route.parts else self.places.datasets()
            return _listed(request, route, found) if found or not route.parts else None
        if route.pad_bytes is not None:
            return _pad(request, route.pad_bytes)
        known = self.facts.version(route.parts[0], route.parts[1])
        if known and known.withdrawn:
            return _withdrawn(request, known.withdrawn)
        if route.area == "webseed":
            return self._file(request, route, route.parts[2:], known)
        return self._below_name(request, route, known)

    def _below_name(self, request: Request, route: Route, known: VersionFacts | None) -> Reply | None:
        """A file of ``/v/…``, whose path leaves the torrent's name out where that is a folder's."""
        dataset, version, *inner = route.parts
        name, is_single = (known.name, known.is_single_file) if known else self._name(dataset, version)
        if is_single and not inner:
            listed = [one for one in self.places.contents(dataset, version) if one.name == name]
            return _listed(request, route, listed) if listed else None
        if not name or (is_single and inner != [name]):
            return None
        return self._file(request, route, inner if is_single else [name, *inner], known)

    def _name(self, dataset: str, version: str) -> tuple[str, bool]:
        """The torrent's name, and whether it is a file; empty when the folder does not say it."""
        found = self.places.contents(dataset, version)
        return (found[0].name, not found[0].is_folder) if len(found) == 1 else ("", False)

    def _file(self, request: Request, route: Route, parts: Sequence[str], known: VersionFacts | None) -> Reply | None:
        """A file or folder by its path from the torrent's name on."""
        if known and parts[0] != known.name:
            return None
        row = known.files.get("/".join(parts if known.is_single_file else parts[1:])) if known else None
        opened = self.places.open(route.parts[0], route.parts[1], parts, is_file=bool(row) if known else None)
        if not opened:
            return None
        if opened.is_folder or route.is_folder:
            return _folder(request, route, opened)
        if row and row.size_bytes != opened.size_bytes:  # a copy that is not whole, or another file
            opened.close()
            return None
        more = beside.links(route) if row and self.catalog and route.area == "v" else ()
        return replies.of_file(request, _content(opened, parts[-1], row, more))


def _withdrawn(request: Request, why: str) -> Reply:
    """What the catalogue has withdrawn is served no longer, though it may still lie here."""
    return replies.refusal(request, 410, f"it was withdrawn: {why}", ("Cache-Control", SHORTLY))


def _may_be(parts: Sequence[str]) -> bool:
    """Whether a dataset and version, as far as they are given, can be called so."""
    return not parts or are_names(*parts[:2])


def _content(opened: Found, name: str, row: FileRow | None, more: tuple[Header, ...]) -> Content:
    hashes = (row.sha256, f"root-{row.pieces_root}" if row.pieces_root else "") if row else ("", "")
    known = next(filter(None, hashes), "")
    kind = media_type(name, row.media_type if row else "")
    cache = FOREVER if row else SHORTLY
    etag = f'"{known or opened.mark}"'
    return Content(opened.handle, opened.size_bytes, etag, kind, cache, hashes[0], opened.remote, more)


def _pad(request: Request, size_bytes: int) -> Reply:
    return replies.of_file(request, Content(None, size_bytes, f'"pad-{size_bytes}"', UNKNOWN, FOREVER))


def _folder(request: Request, route: Route, opened: Found) -> Reply | None:
    try:
        return _listed(request, route, opened.entries()) if opened.is_folder else None
    finally:
        opened.close()


def _listed(request: Request, route: Route, found: list[Entry]) -> Reply:
    if not route.is_folder:
        return replies.redirect(request, 308, route.url(as_folder=True), SHORTLY)
    path = "/".join(("", *filter(None, (route.area, *route.parts)), ""))
    more = (("Cache-Control", SHORTLY), ("Vary", "Accept"))
    if prefers_json(request.headers.get("accept", "")):
        return replies.of_text(request, 200, listing.as_json(path, found), "application/json", *more)
    page = listing.as_page(path, found, has_parent=bool(route.area))
    return replies.of_text(request, 200, page, "text/html; charset=utf-8", *more)
