# SPDX-License-Identifier: Apache-2.0
"""``/machines``: all feeds and interfaces on one page for people, with examples that can be copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.portal.faces import addresses
from seedbed.portal.faces.feeds.choices import SIZES
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.portal import Portal

_ONE = "/datasets/{dataset}/{version}"


@dataclass(frozen=True, slots=True)
class Door:
    """One address."""

    url: str
    shown: str
    """The same without our own host: phones are narrow."""
    meaning: str
    """A key of words."""
    is_pattern: bool = False
    """Whether it has parts to be filled in, and so is no link."""


def page(request: Request) -> Response:
    """The page."""
    portal = portal_of(request)
    return portal.pages.render(
        request, "faces/machines.html", groups=groups(portal), examples=_examples(portal),
        trackers=portal.settings.trackers, registry=portal.settings.registry_url, join_link=portal.shelf.join_link,
    )  # fmt: skip


def groups(portal: Portal) -> dict[str, list[Door]]:
    """Headings (keys of words) -> addresses."""
    shown = {
        "interfaces": (("/api/v1/datasets?q=", "api"), ("/api/v1/openapi.json", "openapi"), ("/stac/", "stac"),
                       ("/catalog.ttl", "dcat"), ("/catalog.jsonld", "dcat"), ("/sitemap.xml", "sitemap")),
        "feeds": (("/rss.xml", "rss-all"), ("/rss/at-risk.rss", "rss-at-risk"), ("/rss/fits/{size}.rss", "rss-fits"),
                  ("/rss/collection/{id}.rss", "rss-collection"), ("/rss/tag/{tag}.rss", "rss-tag"),
                  ("/rss/dataset/{dataset}.rss", "rss-dataset"), (f"/rss/size/lt/{SIZES[2]}.rss", "rss-size"),
                  ("/rss/threat/{threat}.rss", "rss-threat"), ("/rss/seeds/1-10.rss", "rss-seeds"),
                  ("/rss/seeds/unseeded.rss", "rss-seeds")),
        "lists": (("/generate_torrents?max_tb=1", "generate"),
                  ("/generate_torrents?max_tb=1&format=zip", "generate-zip"),
                  ("/database.xml", "database"), ("/collection/{id}.csv", "collection-csv"),
                  ("/download/{infohash}.torrent", "by-hash")),
        "version": ((f"{_ONE}.torrent", "torrent"), (f"{_ONE}.meta4", "meta4"), (f"{_ONE}.bib", "citation"),
                    (f"{_ONE}.ttl", "dcat-one"), (f"{_ONE}.linkset.json", "linkset"),
                    ("/api/v1/datasets/{dataset}/versions/{version}/files?format=ndjson", "files")),
        "server": (("/healthz", "healthz"), ("/readyz", "readyz"), ("/metrics", "metrics")),
    }  # fmt: skip
    found = {
        name: [Door(portal.url(path), path, f"faces.{word}", "{" in path) for path, word in doors]
        for name, doors in shown.items()
    }
    files = {
        "parquet": addresses.catalog_url(portal.settings, "catalog.parquet"),
        "static-stac": addresses.catalog_url(portal.settings, "catalog.json"),
        "file": f"{portal.settings.files_url}/v/{{dataset}}/{{version}}/{{path}}",
    }
    found["files"] = [Door(url, url, f"faces.{word}", "{" in url) for word, url in files.items()]
    return found


def _examples(portal: Portal) -> dict[str, str]:
    """Programs to be copied; the names in the words follow them."""
    table = addresses.catalog_url(portal.settings, "catalog.parquet")
    return {
        "curl": f"curl '{portal.url('/api/v1/datasets?q=lakes&limit=5')}'",
        "pystac-client": (
            "from pystac_client import Client\n\n"
            f'client = Client.open("{portal.url("/stac/")}")\n'
            "for item in client.search(bbox=[-114, 53, -113, 54]).items():\n    print(item.id)"
        ),
        "duckdb": f"INSTALL httpfs; LOAD httpfs;\nSELECT id, title FROM read_parquet('{table}') LIMIT 10;",
        "pandas": f'import pandas\n\ntable = pandas.read_parquet("{table}")',
        "generate": f"curl -o torrents.zip '{portal.url('/generate_torrents?max_tb=0.5&format=zip')}'",
    }
