# SPDX-License-Identifier: Apache-2.0
"""The addresses of DCAT: the whole catalogue page by page, each dataset, each version."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route

from seedbed.errors import InputError
from seedbed.portal.faces import addresses
from seedbed.portal.faces.accepting import best
from seedbed.portal.faces.answers import streamed
from seedbed.portal.faces.dcat import describe
from seedbed.portal.faces.dcat.triples import About, Iri, text, whole
from seedbed.portal.faces.dcat.writers import FORMS
from seedbed.portal.faces.finding import asked_newest, asked_version, ids_of, releases_of
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.requests import Request
    from starlette.types import Scope

    from seedbed.portal.faces.dcat.triples import Triple
    from seedbed.portal.portal import Portal

PAGE = 500
"""Datasets on one page: some 2 MB."""
MAX_PAGE = 1_000_000


def catalog(request: Request, form: str) -> Response:
    """``/catalog.ttl``: the first page, or ``?page=N``; links to the others are in it (hydra) and in the header."""
    portal, page = portal_of(request), _page(request)
    rows = portal.shelf.facts(
        "select id, count(*) over () as total from entries where is_latest = 1 and status <> 'withdrawn' "
        "order by dataset limit ? offset ?",
        [PAGE, (page - 1) * PAGE],
    )
    total = int(rows[0]["total"]) if rows else _total(portal)
    pages = max(-(-total // PAGE), 1)
    around = {"first": 1, "previous": page - 1, "next": page + 1, "last": pages}
    links = {rel: _at(portal, form, n) for rel, n in around.items() if 1 <= n <= pages}
    known = ids_of(rows)
    triples = chain(
        _head(portal, known, links, total, _at(portal, form, page)),
        describe.services(portal.settings),
        _datasets(portal, known),
    )
    made = _written(form, triples)
    rels = {"previous": "prev"}
    made.headers["Link"] = ", ".join(f'<{url}>; rel="{rels.get(rel, rel)}"' for rel, url in links.items())
    return made


def _datasets(portal: Portal, known: list[str]) -> Iterator[Triple]:
    for release in releases_of(portal.shelf, known):
        yield from describe.dataset(portal.settings, release)


def _total(portal: Portal) -> int:
    return int(
        portal.shelf.facts("select count(*) as n from entries where is_latest = 1 and status <> 'withdrawn'")[0]["n"]
    )


def _head(portal: Portal, known: list[str], links: dict[str, str], total: int, own: str) -> Iterator[Triple]:
    site, settings = portal.shelf.site, portal.settings
    about = About(f"{settings.public_url}/#catalog", "dcat:Catalog")
    about.say("dct:title", text(site.title or settings.title))
    about.say("dct:description", text(site.description or site.title or settings.title))
    about.say("dct:identifier", text(site.id))
    about.say("foaf:homepage", Iri(f"{settings.public_url}/"))
    about.say("dcat:service", *(describe.service(settings, name) for name in ("files", "stac", "api")))
    names = (one.rpartition("@")[0] for one in known)
    about.say("dcat:dataset", *(Iri(addresses.dataset_url(settings, name)) for name in names))
    yield from about
    if len(links) > 2:
        view = About(own, "hydra:PagedCollection")
        view.say("rdf:type", Iri("http://www.w3.org/ns/hydra/core#PartialCollectionView"))
        view.say("hydra:totalItems", whole(total))
        view.say("hydra:itemsPerPage", whole(PAGE))
        for rel, url in links.items():
            view.say(f"hydra:{rel}Page", Iri(url))
            view.say(f"hydra:{rel}", Iri(url))
        yield from view


def dataset(request: Request, form: str) -> Response:
    """``/datasets/DATASET.ttl``: the dataset and all its versions that are not withdrawn."""
    portal = portal_of(request)
    newest = asked_newest(request, portal.shelf)
    versions = [one for one in portal.shelf.versions(newest.dataset) if one.status != "withdrawn"]
    described = [describe.version(portal.settings, one) for one in versions]
    about = describe.dataset(portal.settings, newest, versions)
    return _written(form, _once(chain(about, *described)))


def version(request: Request, form: str) -> Response:
    """``/datasets/DATASET/VERSION.ttl``."""
    portal = portal_of(request)
    release = asked_version(request, portal.shelf)
    return _written(form, describe.version(portal.settings, release))


def _once(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Each statement once: a dataset and its newest version share their distributions."""
    return iter(dict.fromkeys(triples))


def _written(form: str, triples: Iterable[Triple]) -> Response:
    media_type, write = FORMS[form]
    return streamed(write(triples), f"{media_type}; charset=utf-8" if "turtle" in media_type else media_type)


def _page(request: Request) -> int:
    given = request.query_params.get("page", "1")
    if not given.isascii() or not given.isdigit() or not 0 < int(given[:9]) <= MAX_PAGE:
        raise InputError(f"page: expected a number from 1, got {given[:40]!r}")
    return int(given)


def _at(portal: Portal, form: str, page: int) -> str:
    return portal.url(f"/catalog.{form}" + (f"?page={page}" if page > 1 else ""))


class Negotiated(Route):
    """The page of a dataset for those who would rather have data (RFC 9110, 12.5.1): they are sent on to it.

    Whoever accepts HTML as gladly gets the page: this route then does not fit, and the next one is asked.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, negotiate)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As :class:`Route`, for those only."""
        match, more = super().matches(scope)
        accept = next((value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"accept"), "")
        return (match, more) if match is Match.NONE or best(accept) else (Match.NONE, {})


def negotiate(request: Request) -> Response:
    """Where the data is that is accepted."""
    portal, suffix = portal_of(request), best(request.headers.get("accept", ""))
    dataset, version = request.path_params["dataset"], request.path_params.get("version", "")
    base = f"/datasets/{dataset}" + (f"/{version}" if version else "")
    if suffix == "json":
        url = f"/api/v1/datasets/{dataset}" + (f"/versions/{version}" if version else "")
    else:
        url = f"{base}.{suffix}"
    return RedirectResponse(portal.url(url), 303, headers={"Vary": "Accept"})
