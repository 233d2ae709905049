# SPDX-License-Identifier: Apache-2.0
"""What a node is built from: everything that touches the world is passed in."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from seedbed.fetching.options import Options
from seedbed.library.fetch import fetch
from seedbed.node.doors import Doors
from seedbed.node.giving.traffic import Boot, Meter, boot
from seedbed.node.trusting.outside import Outside

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    import numpy as np

    from seedbed.catalog.model import Release
    from seedbed.fetching.result import Fetched, Progress
    from seedbed.health.scrape.scraper import Scraper
    from seedbed.library.cache import Cache
    from seedbed.library.fetch import Wanted
    from seedbed.node.disk.places import Places
    from seedbed.node.disk.store import Place
    from seedbed.node.giving.gift import Gift
    from seedbed.node.holding.serving import Serving
    from seedbed.node.state import State


@dataclass(frozen=True, slots=True)
class Listed:
    """The catalogue, as it is believed now."""

    releases: tuple[Release, ...]
    places: tuple[str, ...]
    """Where its torrents may be had."""
    may_add: bool = True
    """Whether new units may be taken up: not while it is stale."""
    may_drop: bool = True
    warning: str = ""
    as_of_s: int = 0
    """When it was written, seconds since 1970; 0 when nobody knows."""


class Lists(Protocol):
    """Gives the catalogue; blocks, and is called in a thread."""

    def __call__(self) -> Listed:
        """Bring it up to date, and give it; the one that is known where nothing new can be had.

        Raises:
            SeedbedError: there is none at all.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between things."""

    round_s: float = 3_600.0
    """Between two decisions, give or take a quarter by chance."""
    leave_s: float = 2_700.0
    """From the end of announcing to the last look: one and a half intervals of a tracker."""
    retry_s: float = 900.0
    """Until a fetch that failed is tried again, at first; then twice as long each time, up to a day."""
    scrub_s: float = 60 * 86_400.0
    """Within which every byte is proved again."""
    fetches: int = 3
    """At a time."""
    quarantine_s: float = 3 * 86_400.0
    """Until a unit is tried again whose sources sent wrong bytes only."""
    patience_s: float = 90 * 86_400.0
    """A fetch that brought nothing new for so long is given up; and so long data is kept that is listed no more."""
    trash_s: float = 86_400.0
    """For which deleted data can still be had back."""
    watch_s: float = 1.0
    """Between two looks at hours and traffic: what peers bring slows down mirrors only so quickly."""


class Rest(Protocol):
    """Waits."""

    async def __call__(self, stop: asyncio.Event, pause_s: float, /) -> None:
        """Wait so long, or until ``stop``."""
        ...


class Fetch(Protocol):
    """Brings a release into the cache, as :func:`seedbed.library.fetch.fetch` does."""

    async def __call__(
        self, wanted: Wanted, cache: Cache, options: Options, /, *, on_progress: Callable[[Progress], object]
    ) -> Fetched:
        """See there."""
        ...


async def rest(stop: asyncio.Event, pause_s: float, /) -> None:
    """Wait by the real clock."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(pause_s):
            await stop.wait()


def wall(now_s: float) -> dt.datetime:
    """What a clock on the wall shows here at a moment: seconds since 1970."""
    return dt.datetime.fromtimestamp(now_s).astimezone()


@dataclass(frozen=True, slots=True)
class Parts:
    """See the module's text."""

    gift: Callable[[], Gift]
    """Read anew each round: people change it while the node runs."""
    place: Place | Places
    state: State
    catalog: Lists
    scraper: Scraper
    """Asks as often as its own patience allows."""
    asks_again: Scraper
    """Asks at once, for the second look and the last one."""
    open_engine: Callable[[], AbstractAsyncContextManager[Serving]]
    key: int
    now_s: Callable[[], int]
    """Seconds since 1970."""
    chance: np.random.Generator
    options: Options = field(default_factory=Options)
    """From whom data is fetched."""
    pace: Pace = field(default_factory=Pace)
    monotonic_s: Callable[[], float] = time.monotonic
    """For lengths of time: people and time servers set the other clock."""
    rest: Rest = rest
    """Between rounds."""
    nap: Rest = rest
    """Between looks at hours and traffic."""
    wall: Callable[[float], dt.datetime] = wall
    meter: Meter = field(default_factory=Meter)
    """Counts what goes over the line."""
    boot: Callable[[], Boot] = boot
    fetch: Fetch = fetch
    outside: Outside = field(default_factory=Outside)
    """Who is told what it holds, and checks what others say."""
    doors: Doors = field(default_factory=Doors)
    """Where it is spoken with while it runs."""
    refuses: Callable[[Release], tuple[str, dict[str, Any]] | None] = lambda _: None
    """Why a release is not for whoever serves here, as :func:`seedbed.node.giving.gift.refusal` has it."""
    client: Callable[[], str] = str
    """The other client that fetches and serves; nothing for the built-in engine."""
