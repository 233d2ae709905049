# SPDX-License-Identifier: Apache-2.0
"""A portal made ready by its settings: database, index, records."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.fetching.rules import DEFAULT_RULES
from seedbed.portal.datasets.health import HealthDesk
from seedbed.portal.datasets.nodes import NodesDesk
from seedbed.portal.index.shelf import Shelf
from seedbed.portal.portal import Portal, wall_clock
from seedbed.portal.previews.desk import PreviewDesk
from seedbed.portal.store.base import Store
from seedbed.portal.web.pages import Pages

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from seedbed.portal.settings import Settings


@contextmanager
def opened(
    settings: Settings,
    program_version: str = "0",
    *,
    now: Callable[[], dt.datetime] = wall_clock,
    clock_s: Callable[[], float] = time.monotonic,
) -> Iterator[Portal]:
    """A portal, until the end of the block.

    Raises:
        StateError: the database cannot be used.
        InputError: it is of no kind that we know.
    """
    shelf = Shelf(settings.catalog, settings.folder / "index" / "portal.sqlite")
    rules = replace(DEFAULT_RULES, allows_private=settings.allows_private, connect_timeout_s=3, stall_timeout_s=5)
    health = HealthDesk(settings.health or settings.folder / "health.sqlite", clock_s)
    nodes = NodesDesk(settings.registry_url, rules, clock_s)
    previews = PreviewDesk(settings.data, settings.folder / "previews")
    with Store(settings.store_url) as store:
        store.make()
        pages = Pages(settings.title, program_version)
        yield Portal(settings, store, shelf, pages, health, nodes, previews, now)
