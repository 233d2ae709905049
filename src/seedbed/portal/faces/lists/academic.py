# SPDX-License-Identifier: Apache-2.0
"""The shapes of Academic Torrents: ``/database.xml`` and ``/collection/NAME.csv``, so that its tools work here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.errors import NotFoundError
from seedbed.portal.faces import addresses
from seedbed.portal.faces.answers import streamed
from seedbed.portal.faces.lists import tables
from seedbed.portal.faces.texts import xml
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.portal import Portal

HEADER = (
    "TYPE", "NAME", "INFOHASH", "SIZEBYTES", "MIRRORS", "DOWNLOADERS", "TIMESCOMPLETED", "DATEADDED", "DATEMODIFIED",
)  # fmt: skip
"""Exactly; its smartnode reads by these names."""
STEP = 1_000


def database(request: Request) -> Response:
    """``/database.xml``: everything, as RSS items with title, category, infohash, guid, link, description and size."""
    portal = portal_of(request)
    return streamed(_database(portal), "application/xml")


def _database(portal: Portal) -> Iterator[str]:
    title, url = xml(portal.settings.title), xml(portal.url("/"))
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n<channel>\n<title>{title}</title>\n'
    yield f"<link>{url}</link>\n<description>{title}</description>\n"
    for row in _rows(portal, "summary, title, dataset, version"):
        info_hash = row["info_hash_v1"] or row["info_hash_v2"]
        own = portal.url(addresses.version_path(row["dataset"], row["version"]))
        yield (
            f"<item>\n<title>{xml(row['title'])}</title>\n<category>Dataset</category>\n<infohash>{info_hash}</infohash>\n"
            f"<guid>{xml(portal.url('/download/' + info_hash + '.torrent'))}</guid>\n<link>{xml(own)}</link>\n"
            f"<description>{xml(row['summary'])}</description>\n<size>{row['size_bytes']}</size>\n</item>\n"
        )
    yield "</channel>\n</rss>\n"


def collection(request: Request) -> Response:
    """``/collection/NAME.csv``.

    Raises:
        NotFoundError: there is no such collection.
    """
    portal, name = portal_of(request), request.path_params["name"]
    if name not in {one.id for one in portal.shelf.site.collections}:
        raise NotFoundError(f"{name}: there is no such collection", hint="/api/v1/collections lists them.")
    return streamed(_collection(portal, name), "text/csv; charset=utf-8")


def _collection(portal: Portal, name: str) -> Iterator[str]:
    known = portal.health.all()
    yield tables.line(HEADER)
    for row in _rows(portal, "title, published_s, updated_s, collection", name):
        health = known.get(row["id"])
        peers, fetching = (health.copies.peers, health.fetching) if health else (0, 0)
        info_hash = row["info_hash_v1"] or row["info_hash_v2"]
        yield tables.line(
            ["Dataset", row["title"], info_hash, row["size_bytes"], peers, fetching, 0,
             int(row["published_s"]), int(row["updated_s"])]
        )  # fmt: skip


def _rows(portal: Portal, columns: str, collection: str = "") -> Iterator[Any]:
    """Of every version that is not withdrawn, by id, some at a time."""
    after = ""
    while True:
        rows = portal.shelf.facts(
            f"select id, info_hash_v1, info_hash_v2, size_bytes, {columns} from entries "  # noqa: S608  # names of ours
            "where status <> 'withdrawn' and id > ? and (? = '' or collection = ?) order by id limit ?",
            [after, collection, collection, STEP],
        )
        yield from rows
        if len(rows) < STEP:
            return
        after = rows[-1]["id"]
