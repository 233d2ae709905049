# SPDX-License-Identifier: Apache-2.0
"""Pages about all datasets together: at risk, recent, collections, and the state of the commons."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from seedbed.health import risk
from seedbed.portal.datasets.health import worst_first
from seedbed.portal.index.query import Query
from seedbed.portal.portal import portal_of
from seedbed.portal.web import plots
from seedbed.portal.web.pages import language_of
from seedbed.publishing import countries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.health.current import Health
    from seedbed.portal.datasets.nodes import Nodes
    from seedbed.portal.portal import Portal

ROWS = 100
"""Of the lists."""
NEEDY = frozenset(("lost", "last copy", "at risk", "thin"))
"""Words of health that call for copies."""
MOST_COPIES = 8
"""The last bar means so many or more."""


def at_risk(request: Request) -> Response:
    """What may be lost first: few copies, and sources that are going."""
    portal = portal_of(request)
    known = portal.health.all()
    needy = [one for one in worst_first(known) if one.word in NEEDY][:ROWS]
    entries = {one.id: one for one in portal.shelf.entries(one.id for one in needy)}
    rows = [(entries[one.id], one, risk.score(one.copies)) for one in needy if one.id in entries]
    threatened = portal.shelf.search(Query(threat="at-risk", limit=ROWS)).entries
    gone = portal.shelf.search(Query(threat="gone", limit=ROWS)).entries
    return portal.pages.render(
        request, "commons/at_risk.html", rows=rows, threatened=threatened, gone=gone, is_known=bool(known)
    )


def recent(request: Request) -> Response:
    """New versions, the newest first."""
    portal = portal_of(request)
    hits = portal.shelf.search(Query(order="recent", all_versions=True, limit=ROWS))
    return portal.pages.render(request, "commons/recent.html", entries=hits.entries)


def collections(request: Request) -> Response:
    """All collections, with how much is in each."""
    portal = portal_of(request)
    counts = {
        row["collection"]: row
        for row in portal.shelf.facts(
            "select collection, count(*) as n, sum(size_bytes) as size_bytes from entries "
            "where is_latest = 1 and status <> 'withdrawn' group by collection"
        )
    }
    return portal.pages.render(
        request, "commons/collections.html", collections=portal.shelf.site.collections, counts=counts
    )


def commons(request: Request) -> Response:
    """How it stands with everything: bytes, copies, nodes by country."""
    portal = portal_of(request)
    say = portal.pages.words.say
    language = language_of(request)
    known = portal.health.all()
    nodes = portal.nodes.now()
    grown = _growth(portal)
    return portal.pages.render(
        request, "commons/commons.html", totals=totals(portal), nodes=nodes, is_known=bool(known),
        words=Counter(one.word for one in known.values()), order=risk.WORDS,
        copies=plots.bars(_copies(known), say("commons.copies-plot", language)) if known else "",
        growth=plots.over_time(*grown, say("commons.growth-plot", language)) if grown else "",
        earth=plots.dots_on_earth(_dots(nodes), say("commons.nodes-plot", language)) if nodes else "",
        serial=portal.shelf.site.serial, join_link=portal.shelf.join_link,
    )  # fmt: skip


def totals(portal: Portal) -> Mapping[str, Any]:
    """Over everything that is not withdrawn."""
    row = portal.shelf.facts(
        "select count(*) as versions, count(distinct dataset) as datasets, coalesce(sum(size_bytes), 0) as size_bytes, "
        "coalesce(sum(file_count), 0) as files, coalesce(sum(doi <> ''), 0) as dois from entries "
        "where status <> 'withdrawn'"
    )[0]
    return dict(row)


def _growth(portal: Portal) -> tuple[list[int], dict[str, list[float]]] | None:
    """Gigabytes in the catalogue over time; None for fewer than two days."""
    rows = portal.shelf.facts(
        "select cast(published_s / 86400 as integer) * 86400 as day, sum(size_bytes) as size_bytes from entries "
        "where status <> 'withdrawn' group by day order by day"
    )
    if len(rows) < 2:
        return None
    sums, total = list[float](), 0.0
    for row in rows:
        total += row["size_bytes"] / 1e9
        sums.append(total)
    return [row["day"] for row in rows], {"": sums}


def _copies(known: Mapping[str, Health]) -> list[tuple[str, int]]:
    """How many versions have how many copies, peers and good mirrors together."""
    counts = Counter(min(one.copies.peers + one.copies.good_mirrors, MOST_COPIES) for one in known.values())
    names = [*map(str, range(MOST_COPIES)), f"{MOST_COPIES}+"]
    return [(name, counts[at]) for at, name in enumerate(names)]


def _dots(nodes: Nodes | None) -> list[tuple[float, float, int, str]]:
    found = []
    for code, number in (nodes.countries if nodes else {}).items():
        box = countries.extent(code)
        if box:
            west, south, east, north = box
            middle = (west + east) / 2 if west <= east else ((west + east + 360) / 2 + 180) % 360 - 180
            found.append((middle, (south + north) / 2, number, code))
    return found
