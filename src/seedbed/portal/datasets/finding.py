# SPDX-License-Identifier: Apache-2.0
"""The start page and the search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.portal.datasets.asked import asked, links
from seedbed.portal.datasets.commons import NEEDY, totals
from seedbed.portal.index.query import Query
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

NEWEST = 6
"""On the start page."""


def start(request: Request) -> Response:
    """What this is, a search, what is new."""
    portal = portal_of(request)
    newest = portal.shelf.search(Query(limit=NEWEST, order="recent"))
    known = portal.health.all()
    needy = sum(one.word in NEEDY for one in known.values()) if known else None
    return portal.pages.render(
        request,
        "browse/start.html",
        newest=newest.entries,
        totals=totals(portal),
        nodes=portal.nodes.now(),
        needy=needy,
    )


def search(request: Request) -> Response:
    """Hits with facets; the list alone where a script asks for it (``part=hits``)."""
    portal = portal_of(request)
    query = asked(request.query_params)
    hits = portal.shelf.search(query, facets=True)
    template = "browse/hits.html" if request.query_params.get("part") == "hits" else "browse/search.html"
    shown = links(request, query, hits.total)
    about = next((one for one in portal.shelf.site.collections if one.id == query.collection), None)
    return portal.pages.render(request, template, query=query, hits=hits, links=shown, about=about)
