# SPDX-License-Identifier: Apache-2.0
"""Where the faces are. They stand before the pages for readers: their addresses have endings, those have none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from starlette.routing import Route

from seedbed.portal.datasets import showing
from seedbed.portal.faces import elsewhere, machines, sitemap, version_files
from seedbed.portal.faces.answers import as_json, preflight, reading
from seedbed.portal.faces.api import openapi, others
from seedbed.portal.faces.api.table import READS
from seedbed.portal.faces.dcat import pages as dcat
from seedbed.portal.faces.dcat.writers import FORMS
from seedbed.portal.faces.feeds import pages as feeds
from seedbed.portal.faces.lists import academic
from seedbed.portal.faces.stac import pages as stac
from seedbed.portal.faces.stac import table as stac_table
from seedbed.portal.faces.watching import pages as watching

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from seedbed.portal.faces.answers import Answer
    from seedbed.portal.portal import Portal

_ONE = "/datasets/{dataset}/{version}"
_KEPT_S = 300
"""What belongs to one version hardly ever changes; it may be withdrawn."""
VERSION_FILES = {
    ".torrent": version_files.torrent, ".magnet": version_files.magnet, ".meta4": version_files.meta4,
    ".bib": version_files.bibtex, ".ris": version_files.ris, ".csl.json": version_files.csl,
    ".datapackage.json": version_files.datapackage, ".stac.json": version_files.stac,
    ".linkset.json": version_files.linkset, "/citation": version_files.citation,
}  # fmt: skip
OPERATIONS = (*READS, *stac_table.OPERATIONS, *others.OPERATIONS)


def routes(portal: Portal) -> list[BaseRoute]:
    """Of this part."""
    described = reading("/api/v1/openapi.json", partial(_described, portal))
    return [
        *_stac(),
        *(reading(one.path, one.answer) for one in (*READS, *stac_table.OPERATIONS) if one.answer),
        described,
        *feeds.routes(),
        *_lists(),
        *_datasets(),
        Route("/machines", machines.page),
        reading("/sitemap.xml", sitemap.index),
        reading("/sitemap-{part:int}.xml", sitemap.part),
        reading("/robots.txt", sitemap.robots),
        Route("/metrics", watching.metrics),
        Route("/healthz", watching.alive),
        Route("/readyz", watching.ready),
        *(reading(f"/{area}/{{path:path}}", elsewhere.to_gateway) for area in elsewhere.AREAS),
        *(Route(f"/{door}", elsewhere.to_tracker, methods=["GET", "POST"]) for door in elsewhere.DOORS),
    ]


def _stac() -> list[BaseRoute]:
    return [
        reading("/stac", stac.landing),
        Route("/stac/search", stac.search_by_body, methods=["POST"]),
        Route("/stac/search", partial(_before, ["GET", "POST"]), methods=["OPTIONS"]),
    ]


def _before(methods: list[str], _request: Request) -> Response:
    return preflight(methods)


def _lists() -> list[BaseRoute]:
    return [
        reading("/database.xml", academic.database),
        reading("/collection/{name}.csv", academic.collection),
        reading("/download/{info_hash}.torrent", version_files.by_hash),
        reading("/details/{info_hash}", version_files.details),
        reading("/details/{info_hash}/tech", version_files.details),
    ]


def _datasets() -> list[BaseRoute]:
    forms = [
        reading(path, partial(answer, form=form), otherwise=_page_of(f".{form}"))
        for form in FORMS
        for path, answer in (
            (f"/catalog.{form}", dcat.catalog),
            (f"/datasets/{{dataset}}.{form}", dcat.dataset),
            (f"{_ONE}.{form}", dcat.version),
        )
    ]
    files = [
        reading(_ONE + ending, answer, kept_s=_KEPT_S, otherwise=_page_of(ending))
        for ending, answer in VERSION_FILES.items()
    ]
    return [*files, *forms, dcat.Negotiated("/datasets/{dataset}"), dcat.Negotiated(_ONE)]


def _page_of(ending: str) -> Answer:
    """The page of what is really called so: a dataset ``cities.nt``, a version ``1.torrent``."""

    def page(request: Request) -> Response:
        name = "version" if "version" in request.path_params else "dataset"
        request.path_params[name] += ending
        return showing.version(request) if name == "version" else showing.dataset(request)

    return page


def _described(portal: Portal, _request: Request) -> Response:
    return as_json(openapi.document(portal.settings, portal.pages.version, OPERATIONS))
