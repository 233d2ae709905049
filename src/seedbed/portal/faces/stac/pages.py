# SPDX-License-Identifier: Apache-2.0
"""The addresses of the STAC API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool

from seedbed.errors import InputError, NotFoundError
from seedbed.portal.faces.answers import CORS, as_json
from seedbed.portal.faces.finding import available, items_of
from seedbed.portal.faces.stac import documents
from seedbed.portal.faces.stac.search import Page, chosen, search
from seedbed.portal.faces.stac.wanted import NAMES, of_address, wanted
from seedbed.portal.portal import portal_of
from seedbed.portal.web.failures import RefusedError, answer_to

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.catalog.model import Collection
    from seedbed.portal.faces.stac.wanted import Wanted
    from seedbed.portal.portal import Portal

GEOJSON = "application/geo+json"
MAX_BODY_BYTES = 1_000_000


def landing(request: Request) -> Response:
    """``/stac/``."""
    return as_json(documents.landing(portal_of(request)))


def conformance(_request: Request) -> Response:
    """``/stac/conformance``."""
    return as_json({"conformsTo": list(documents.CONFORMS_TO)})


def collections(request: Request) -> Response:
    """``/stac/collections``."""
    portal = portal_of(request)
    found = [documents.collection(portal, one) for one in portal.shelf.site.collections]
    links = [
        documents.link("self", documents.root_url(portal, "collections")),
        documents.link("root", documents.root_url(portal)),
    ]
    return as_json({"collections": found, "links": links, "numberMatched": len(found), "numberReturned": len(found)})


def collection(request: Request) -> Response:
    """``/stac/collections/{collection}``."""
    portal = portal_of(request)
    return as_json(documents.collection(portal, _collection(request, portal)))


def items(request: Request) -> Response:
    """``/stac/collections/{collection}/items``."""
    portal = portal_of(request)
    asked = of_address(request.query_params)
    asked = {key: value for key, value in asked.items() if key not in ("ids", "collections", "intersects")}
    own = documents.root_url(portal, f"collections/{_collection(request, portal).id}/items")
    meant = wanted({**asked, "collections": [request.path_params["collection"]]})
    return _found(portal, meant, own, _own_parameters(request))


def item(request: Request) -> Response:
    """``/stac/collections/{collection}/items/{item}``; 410 when it is withdrawn."""
    portal, item_id = portal_of(request), request.path_params["item"]
    available(portal.shelf.release(item_id))
    found = portal.shelf.item(item_id)
    if found["collection"] != request.path_params["collection"]:
        raise NotFoundError(f"{item_id}: there is no such item in this collection")
    return as_json(documents.own_item(portal, found), GEOJSON)


def search_by_address(request: Request) -> Response:
    """``GET /stac/search``."""
    portal = portal_of(request)
    meant = wanted(of_address(request.query_params))
    return _found(portal, meant, documents.root_url(portal, "search"), _own_parameters(request))


async def search_by_body(request: Request) -> Response:
    """``POST /stac/search``; nothing is changed by it, so no session is looked at."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            break
    return await run_in_threadpool(_search_by, request, bytes(body))


def _search_by(request: Request, body: bytes) -> Response:
    try:
        made = _answer(portal_of(request), body)
    except InputError as error:
        made = answer_to(request, error, as_json=True)
    made.headers.update(CORS)
    return made


def _answer(portal: Portal, body: bytes) -> Response:
    if len(body) > MAX_BODY_BYTES:
        raise RefusedError(f"this search is longer than {MAX_BODY_BYTES:,} bytes", status=413)
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise InputError(f"expected JSON: {str(error)[:80]}") from error
    if not isinstance(given, dict):
        raise InputError("expected a JSON object with bbox, datetime, ids, collections, intersects or limit")
    meant, own = wanted(given), documents.root_url(portal, "search")
    page = search(portal.shelf, meant)
    links = [documents.link("root", documents.root_url(portal)), documents.link("self", own, GEOJSON)]
    if page.next_token:
        following = {**given, "token": page.next_token}
        links.append(documents.link("next", own, GEOJSON, method="POST", body=following, merge=False))
    return _features(portal, meant, page, links)


def _found(portal: Portal, meant: Wanted, own: str, parameters: dict[str, str]) -> Response:
    page = search(portal.shelf, meant)
    links = [documents.link("root", documents.root_url(portal)), documents.link("self", _at(own, parameters), GEOJSON)]
    if page.next_token:
        links.append(documents.link("next", _at(own, {**parameters, "token": page.next_token}), GEOJSON, method="GET"))
    return _features(portal, meant, page, links)


def _features(portal: Portal, meant: Wanted, page: Page, links: list[dict[str, Any]]) -> Response:
    features = [
        chosen(documents.own_item(portal, one), meant.include, meant.exclude)
        for one in items_of(portal.shelf, page.ids)
    ]
    found = {"type": "FeatureCollection", "features": features, "links": links}
    return as_json({**found, "numberMatched": page.matched, "numberReturned": len(features)}, GEOJSON)


def _own_parameters(request: Request) -> dict[str, str]:
    return {name: request.query_params[name] for name in NAMES if name in request.query_params}


def _at(url: str, parameters: dict[str, str]) -> str:
    return f"{url}?{urlencode(parameters)}" if parameters else url


def _collection(request: Request, portal: Portal) -> Collection:
    asked = request.path_params["collection"]
    found = next((one for one in portal.shelf.site.collections if one.id == asked), None)
    if found is None:
        raise NotFoundError(f"{asked}: there is no such collection", hint="/stac/collections lists them.")
    return found
