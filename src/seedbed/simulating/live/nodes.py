# SPDX-License-Identifier: Apache-2.0
"""Real nodes in this process: each with a folder, a state, an engine and a port of its own."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.fetching.options import Options
from seedbed.fetching.rules import DEFAULT_RULES
from seedbed.health.leases.over_http import RULES, OverHttp
from seedbed.health.scrape.record import ScrapeRecord
from seedbed.health.scrape.scraper import OverTheNet, Scraper
from seedbed.node.disk.store import Place
from seedbed.node.giving.gift import Gift
from seedbed.node.node import Node
from seedbed.node.parts import Parts, rest
from seedbed.node.state import State
from seedbed.node.trusting.identity import Identity
from seedbed.node.trusting.outside import Outside

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.simulating.live.data import Published

HOUR_S = 2.0
"""An hour of the nodes' clocks takes so long."""
_FASTER = 3_600 / HOUR_S
_BEGAN_S = time.monotonic()


def now_s() -> int:
    """The nodes' clock."""
    return int(1_750_000_000 + (time.monotonic() - _BEGAN_S) * _FASTER)


@dataclass(slots=True)
class LiveNode:
    """One node."""

    number: int
    folder: Path
    storage_bytes: int
    catalog: Published
    parts: Parts = field(init=False)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        """Make its files."""
        gift = Gift("live", str(self.folder / "data"), self.storage_bytes)
        identity = Identity.new()
        place, state = Place(self.folder / "data"), State(self.folder / "state.sqlite")
        state.set("mark", place.make())
        record = ScrapeRecord(self.folder / "scrapes.sqlite")
        address = f"127.1.{self.number}.1"  # a network of its own: copies in one network count as one
        settings = Settings.loopback(listen=(f"{address}:0",))
        speaks = OverHttp(replace(RULES, allows_private=True, source=address))
        at_once = Scraper(record, OverTheNet(allows_private=True), _now, every=dt.timedelta(0))
        rules = replace(DEFAULT_RULES, allows_private=True)
        options = Options(rules=rules, uses_dht=False, open_engine=lambda: LibtorrentEngine(settings))
        self.parts = Parts(
            gift=lambda: gift, place=place, state=state, catalog=self.catalog, scraper=at_once, asks_again=at_once,
            open_engine=lambda: LibtorrentEngine(settings), key=identity.key, now_s=now_s,
            chance=np.random.default_rng(self.number), options=options,
            outside=Outside(identity, speaks), monotonic_s=now_s, rest=_rest, nap=_rest,
        )  # fmt: skip

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(Node(self.parts, self.catalog.rules).run(self._stop))

    async def stop(self) -> None:
        """End; what it did wrong is raised."""
        self._stop.set()
        if self._task:
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    @property
    def held(self) -> set[str]:
        """Ids of what it holds, by its own books."""
        return {unit.id for unit in self.parts.state.units().values() if unit.stage == "held"}

    @property
    def is_busy(self) -> bool:
        """Whether something is coming or leaving."""
        return any(unit.stage != "held" for unit in self.parts.state.units().values())

    def has_wrong(self) -> list[str]:
        """Ids of what it claims to hold and does not, byte for byte."""
        shelf = self.parts.place.shelf
        return [item for item in self.held if not self.catalog.is_right(item, shelf.copy(item))]


async def _rest(stop: asyncio.Event, pause_s: float, /) -> None:
    await rest(stop, pause_s / _FASTER)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
