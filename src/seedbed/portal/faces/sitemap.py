# SPDX-License-Identifier: Apache-2.0
"""Sitemaps (sitemaps.org 0.9): an index and parts, each dataset's page with the day that it changed; robots.txt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

from seedbed.errors import NotFoundError
from seedbed.portal.faces import addresses
from seedbed.portal.faces.texts import of_unix, xml
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from seedbed.portal.portal import Portal

PART = 50_000
"""Addresses in one file: the most that the standard allows; some 6 MB, under its 50 MB."""
_XMLNS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PAGES = ("/", "/datasets", "/at-risk", "/recent", "/commons", "/machines")


def index(request: Request) -> Response:
    """``/sitemap.xml``: which parts there are."""
    portal = portal_of(request)
    rows = portal.shelf.facts(
        f"select (n - 1) / {PART} as part, max(updated_s) as last from "  # noqa: S608  # a number of ours
        "(select row_number() over (order by dataset) as n, updated_s from entries "
        "where is_latest = 1 and status <> 'withdrawn') group by part order by part"
    )
    parts = [(portal.url(f"/sitemap-{row['part']}.xml"), row["last"]) for row in rows]
    urls = "".join(_one("sitemap", url, last) for url, last in parts or [(portal.url("/sitemap-0.xml"), None)])
    return _xml(f'<sitemapindex xmlns="{_XMLNS}">{urls}</sitemapindex>')


def part(request: Request) -> Response:
    """``/sitemap-N.xml``.

    Raises:
        NotFoundError: there is no such part.
    """
    portal, number = portal_of(request), int(request.path_params["part"])
    rows = portal.shelf.facts(
        "select dataset, updated_s from entries where is_latest = 1 and status <> 'withdrawn' "
        "order by dataset limit ? offset ?",
        [PART, min(number, 10_000) * PART],
    )
    if number and not rows:
        raise NotFoundError(f"sitemap-{number}.xml: there is no such part", hint="/sitemap.xml lists them.")
    urls = [_one("url", portal.url(path), None) for path in _PAGES] if not number else []
    urls += [_one("url", addresses.dataset_url(portal.settings, row["dataset"]), row["updated_s"]) for row in rows]
    return _xml(f'<urlset xmlns="{_XMLNS}">{"".join(urls)}</urlset>')


def robots(request: Request) -> Response:
    """``/robots.txt``: pages are for all; searches without end, forms and personal pages are not for crawlers."""
    return PlainTextResponse(robots_text(portal_of(request)))


def robots_text(portal: Portal) -> str:
    """The file."""
    closed = ("/account", "/login", "/review", "/give", "/upload", "/report", "/datasets?", "/generate_torrents")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), "Crawl-delay: 1", ""]
    return "\n".join([*lines, f"Sitemap: {portal.url('/sitemap.xml')}", ""])


def _one(kind: str, url: str, changed_s: float | None) -> str:
    day = f"<lastmod>{of_unix(changed_s)}</lastmod>" if changed_s is not None else ""
    return f"<{kind}><loc>{xml(url)}</loc>{day}</{kind}>"


def _xml(body: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n', media_type="application/xml")
