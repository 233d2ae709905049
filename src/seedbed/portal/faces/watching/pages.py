# SPDX-License-Identifier: Apache-2.0
"""``/metrics``, ``/healthz`` (it lives), ``/readyz`` (it can answer: catalogue and database can be read)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from starlette.responses import JSONResponse, PlainTextResponse, Response

from seedbed.errors import SeedbedError
from seedbed.gateway.metrics import MEDIA_TYPE
from seedbed.portal.faces.watching.counters import gauge, head
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

    from seedbed.portal.faces.watching.counters import Counters
    from seedbed.portal.portal import Portal

_UNKEPT = {"Cache-Control": "no-store"}


def metrics(request: Request) -> Response:
    """All numbers."""
    counters: Counters = request.app.state.counters
    lines = [*counters.lines(), *_catalog(portal_of(request))]
    return PlainTextResponse("\n".join(lines) + "\n", media_type=MEDIA_TYPE, headers=_UNKEPT)


def _catalog(portal: Portal) -> Iterator[str]:
    try:
        row = portal.shelf.facts(
            "select count(distinct dataset) as datasets, count(*) as versions, sum(size_bytes) as bytes, "
            "sum(file_count) as files from entries where status <> 'withdrawn'"
        )[0]
        serial, changed_s = portal.shelf.site.serial, portal.shelf.changed_s
    except SeedbedError:
        yield from gauge("seedbed_portal_catalog_readable", "Whether the catalogue can be read.", 0)
        return
    yield from gauge("seedbed_portal_catalog_readable", "Whether the catalogue can be read.", 1)
    yield from gauge("seedbed_portal_catalog_serial", "Release of the catalogue that is shown.", serial)
    for name, meaning in (
        ("datasets", "Datasets."),
        ("versions", "Versions."),
        ("bytes", "Bytes."),
        ("files", "Files."),
    ):
        yield from gauge(f"seedbed_portal_catalog_{name}", f"{meaning[:-1]} that are not withdrawn.", row[name] or 0)
    age_s = max(portal.now().timestamp() - changed_s, 0)
    yield from gauge(
        "seedbed_portal_catalog_age_seconds", "Since the release that is shown was written.", round(age_s, 1)
    )
    yield from head("seedbed_portal_versions_by_word", "gauge", "Versions that were looked at, by how safe they are.")
    words: dict[str, int] = {}
    for one in portal.health.all().values():
        words[one.word] = words.get(one.word, 0) + 1
    yield from (f'seedbed_portal_versions_by_word{{word="{word}"}} {count}' for word, count in sorted(words.items()))


def alive(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers=_UNKEPT)


def ready(request: Request) -> Response:
    """200 when everything that an answer needs is there, 503 otherwise, with what is not."""
    portal = portal_of(request)
    found = {"catalog": _tried(lambda: _look(portal)), "database": _tried(lambda: _ask(portal))}
    is_ready = all(one == "ok" for one in found.values())
    return JSONResponse({"ready": is_ready, **found}, 200 if is_ready else 503, headers=_UNKEPT)


def _tried(step: Callable[[], object]) -> str:
    try:
        step()
    except SeedbedError as error:
        return type(error).__name__  # its text may name paths of this machine
    return "ok"


def _look(portal: Portal) -> None:
    _ = portal.shelf.site
    portal.shelf.facts("select 1 from entries limit 1")


def _ask(portal: Portal) -> None:
    with portal.store.read() as connection:
        connection.execute(sa.text("select 1"))
