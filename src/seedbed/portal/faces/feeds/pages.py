# SPDX-License-Identifier: Apache-2.0
"""The addresses of the feeds."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING

from starlette.responses import Response

from seedbed.portal.faces.answers import reading, streamed
from seedbed.portal.faces.feeds import choices, rss
from seedbed.portal.faces.finding import releases_of
from seedbed.portal.faces.texts import rfc_822
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.routing import Route

    from seedbed.portal.faces.feeds.choices import Choice
    from seedbed.portal.portal import Portal

FEEDS: tuple[tuple[str, Callable[[Portal, str], Choice]], ...] = (
    ("/rss.xml", choices.all_versions),
    ("/rss/all.rss", choices.all_versions),
    ("/rss/at-risk.rss", choices.at_risk),
    ("/rss/collection/{name}.rss", choices.collection),
    ("/rss/dataset/{name}.rss", choices.dataset),
    ("/rss/tag/{name}.rss", choices.tag),
    ("/rss/fits/{name}.rss", choices.fits),
    ("/rss/size/lt/{name}.rss", choices.smaller),
    ("/rss/size/gt/{name}.rss", choices.larger),
    ("/rss/threat/{name}.rss", choices.threat),
    ("/rss/source/{name}.rss", choices.source),
    ("/rss/scarcity/{name}.rss", choices.scarcity),
    ("/rss/seeds/{name}.rss", choices.seeds),
)
"""Address -> which versions."""


def routes() -> list[Route]:
    """Of all feeds."""
    return [reading(path, partial(_feed, choose)) for path, choose in FEEDS]


def _feed(choose: Callable[[Portal, str], Choice], request: Request) -> Response:
    portal = portal_of(request)
    choice = choose(portal, request.path_params.get("name", ""))
    known = portal.health.all()
    changed = dt.datetime.fromtimestamp(max(portal.shelf.changed_s, portal.health.changed_s), dt.UTC)
    if _is_known(request, changed):
        return Response(status_code=304)
    channel = rss.Channel(
        f"{portal.settings.title}: {choice.title}", f"Torrents of {portal.settings.title}: {choice.title}.",
        portal.url(request.url.path), portal.url(choice.page), changed,
    )  # fmt: skip
    items = (rss.item(portal.settings, one, known.get(one.id)) for one in releases_of(portal.shelf, choice.ids))
    return streamed(rss.render(channel, items), rss.MEDIA_TYPE, {"Last-Modified": rfc_822(changed)})


def _is_known(request: Request, changed: dt.datetime) -> bool:
    """Whether who asks has this, by the time (RFC 9110, 13.1.3): for readers that keep no ETag."""
    text = request.headers.get("if-modified-since", "")
    if not text or "if-none-match" in request.headers:
        return False
    try:
        return parsedate_to_datetime(text) >= changed.replace(microsecond=0)
    except (ValueError, TypeError):  # no date, or one without a zone
        return False
