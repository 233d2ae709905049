# SPDX-License-Identifier: Apache-2.0
"""What belongs to a version, at tidy addresses: ``/datasets/DATASET/VERSION.torrent``, ``.magnet`` and more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from seedbed.catalog import cite, metalink, paths
from seedbed.catalog.stac.links import bare_magnet
from seedbed.errors import NotFoundError
from seedbed.portal.faces import addresses, signposting
from seedbed.portal.faces.answers import as_json
from seedbed.portal.faces.finding import asked_version, available
from seedbed.portal.faces.stac.documents import own_item
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request

    from seedbed.catalog.cite import Style
    from seedbed.catalog.model import Release
    from seedbed.portal.portal import Portal

_CITED = {
    "bibtex": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl": "application/vnd.citationstyles.csl+json",
    "text": "text/plain",
}


def torrent(request: Request) -> Response:
    """The .torrent, byte for byte as it was published."""
    portal = portal_of(request)
    return torrent_of(portal, asked_version(request, portal.shelf))


def torrent_of(portal: Portal, release: Release) -> Response:
    """A version's .torrent, to be saved under its name."""
    path = portal.shelf.torrent_file(available(release))
    return FileResponse(
        path, media_type="application/x-bittorrent", filename=f"{release.dataset}-{release.version}.torrent"
    )


def magnet(request: Request) -> Response:
    """The magnet link, as text."""
    release = asked_version(request, portal_of(request).shelf)
    return PlainTextResponse(magnet_of(release) + "\n")


def magnet_of(release: Release) -> str:
    """A version's magnet link: with trackers and web seeds where the catalogue has it so."""
    return release.torrent.magnet or bare_magnet(release.torrent)


def meta4(request: Request) -> Response:
    """The Metalink (RFC 5854).

    Raises:
        NotFoundError: no web server has the version, or it has too many files.
    """
    portal = portal_of(request)
    release = asked_version(request, portal.shelf)
    if not metalink.is_made(release):
        raise NotFoundError(
            f"{release.id}: there is no Metalink of it",
            hint="No web server has it, or it has too many files; use its torrent.",
        )
    body = metalink.render(
        release, portal.shelf.files(release.id), torrent_url=addresses.torrent_url(portal.settings, release)
    )
    return Response(body, media_type="application/metalink4+xml")


def citation(request: Request) -> Response:
    """``?style=text|bibtex|ris|csl``.

    Raises:
        RefusedError: no such style.
    """
    style = request.query_params.get("style", "text")
    if style not in _CITED:
        raise RefusedError(f"style: expected one of {', '.join(_CITED)}, got {style[:40]!r}", field="style")
    return cited(request, cast("Style", style))


def bibtex(request: Request) -> Response:
    """``.bib``."""
    return cited(request, "bibtex")


def ris(request: Request) -> Response:
    """``.ris``."""
    return cited(request, "ris")


def csl(request: Request) -> Response:
    """``.csl.json``."""
    return cited(request, "csl")


def cited(request: Request, style: Style) -> Response:
    """How a version is cited."""
    release = asked_version(request, portal_of(request).shelf)
    return Response(cite.cite(release, style) + "\n", media_type=f"{_CITED[style]}; charset=utf-8")


def datapackage(request: Request) -> Response:
    """The Data Package descriptor (v2) of the published catalogue.

    Raises:
        NotFoundError: the catalogue has none.
    """
    portal = portal_of(request)
    release = asked_version(request, portal.shelf)
    path = portal.shelf.folder / paths.datapackage(release.dataset, release.version)
    if not path.is_file():
        raise NotFoundError(f"{release.id}: there is no Data Package of it")
    return as_json(json.loads(path.read_bytes()))


def stac(request: Request) -> Response:
    """The STAC item."""
    portal = portal_of(request)
    release = asked_version(request, portal.shelf)
    return as_json(own_item(portal, portal.shelf.item(release.id)), "application/geo+json")


def linkset(request: Request) -> Response:
    """Typed links (RFC 9264)."""
    portal = portal_of(request)
    release = asked_version(request, portal.shelf)
    made = signposting.linkset(portal.settings, release, portal.shelf.files(release.id))
    return as_json(made, signposting.LINKSET_TYPE)


def by_hash(request: Request) -> Response:
    """``/download/INFOHASH.torrent``, as Academic Torrents has it."""
    portal = portal_of(request)
    return torrent_of(portal, portal.shelf.release(portal.shelf.by_hash(request.path_params["info_hash"])))


def details(request: Request) -> Response:
    """``/details/INFOHASH``, as Academic Torrents has it: the version's page."""
    portal = portal_of(request)
    release = portal.shelf.release(portal.shelf.by_hash(request.path_params["info_hash"]))
    return RedirectResponse(addresses.version_url(portal.settings, release), 302)
