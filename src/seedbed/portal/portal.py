# SPDX-License-Identifier: Apache-2.0
"""What every part of a portal is handed. Nothing here is global: two portals can live in one process."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from seedbed.portal.datasets.health import HealthDesk
    from seedbed.portal.datasets.nodes import NodesDesk
    from seedbed.portal.index.shelf import Shelf
    from seedbed.portal.previews.desk import PreviewDesk
    from seedbed.portal.settings import Settings
    from seedbed.portal.store.base import Store
    from seedbed.portal.web.pages import Pages


def wall_clock() -> dt.datetime:
    """The time, in UTC and whole milliseconds, as catalogues have it."""
    now = dt.datetime.now(dt.UTC)
    return now.replace(microsecond=now.microsecond // 1_000 * 1_000)


@dataclass(frozen=True, slots=True)
class Portal:
    """Of one site."""

    settings: Settings
    store: Store
    """What the portal remembers: people, uploads, reports."""
    shelf: Shelf
    """The catalogue: searched, and read."""
    pages: Pages
    """Templates and words."""
    health: HealthDesk
    """How safe versions are."""
    nodes: NodesDesk
    """How many volunteers there are."""
    previews: PreviewDesk
    """Looks inside."""
    now: Callable[[], dt.datetime] = field(default=wall_clock)

    def url(self, path: str) -> str:
        """An address of ours, in full.

        Args:
            path: With its first slash.
        """
        return self.settings.public_url + path


def portal_of(request: Request) -> Portal:
    """The portal that a request is for."""
    found: Portal = request.app.state.portal
    return found
