# SPDX-License-Identifier: Apache-2.0
"""All parts put together: one ASGI application."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from importlib import resources
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from seedbed.errors import SeedbedError
from seedbed.portal.accounts import routes as accounts
from seedbed.portal.accounts.desk import Desk
from seedbed.portal.accounts.middleware import WhoAsks
from seedbed.portal.datasets import routes as datasets
from seedbed.portal.faces import routes as faces
from seedbed.portal.faces.watching.counters import Counted, Counters
from seedbed.portal.review import routes as review
from seedbed.portal.uploads import routes as uploads
from seedbed.portal.web.failures import failed
from seedbed.portal.web.headers import SafeHeaders

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.routing import BaseRoute

    from seedbed.portal.portal import Portal

PARTS = (
    faces,
    datasets,
    accounts,
    review,
    uploads,
)
"""Each has ``routes(portal)``; the first route that fits answers."""

LOOK_S = 0.5
"""A new release of the catalogue is seen so soon."""
FIRST_S = 10.0
"""A large catalogue takes longer to be read first (a minute for 50,000 versions): pages say so meanwhile."""
log = logging.getLogger(__name__)


def build(portal: Portal) -> Starlette:
    """The application of one portal."""
    routes: list[BaseRoute] = [one for part in PARTS for one in part.routes(portal)]
    routes.append(Mount("/static", StaticFiles(directory=str(resources.files("seedbed.portal") / "static"))))
    counters = Counters()
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Counted, counters=counters),
            Middleware(SafeHeaders, public_url=portal.settings.public_url),
            Middleware(WhoAsks, desk=Desk.of(portal.settings)),
        ],
        lifespan=_following,
        exception_handlers={SeedbedError: failed, HTTPException: failed, Exception: failed},
    )
    app.state.portal, app.state.counters = portal, counters
    return app


@asynccontextmanager
async def _following(app: Starlette) -> AsyncIterator[None]:
    """Follow the catalogue for as long as the application runs."""
    portal: Portal = app.state.portal
    first = asyncio.create_task(asyncio.to_thread(portal.shelf.refresh))
    await asyncio.wait([first], timeout=FIRST_S)
    follower = asyncio.create_task(_follow(portal, first))
    try:
        yield
    finally:
        follower.cancel()
        await asyncio.wait([follower])


async def _follow(portal: Portal, first: asyncio.Task[bool]) -> None:
    looking = first
    while True:
        try:
            if await looking:
                log.info("catalogue followed serial=%d", portal.shelf.site.serial)
        except SeedbedError as error:  # half-written by somebody's hand, or gone: what is known goes on being shown
            log.warning("catalogue cannot be read error=%s", error)
        await asyncio.sleep(LOOK_S)
        looking = asyncio.create_task(asyncio.to_thread(portal.shelf.refresh))
