# SPDX-License-Identifier: Apache-2.0
"""A tracker at work: its sockets, its clock, its housekeeping."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.core.endpoints import Endpoint
from seedbed.errors import StateError
from seedbed.tracker import keeping
from seedbed.tracker.datasets import Datasets
from seedbed.tracker.http_door import Page
from seedbed.tracker.lines import LineLimits
from seedbed.tracker.pages import Pages
from seedbed.tracker.proxies import Networks
from seedbed.tracker.stream_doors import StreamDoors
from seedbed.tracker.udp_door import UdpDoor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from seedbed.tracker.access import Access
    from seedbed.tracker.tls_door import Certificate
    from seedbed.tracker.tracker import Tracker
    from seedbed.tracker.ws_tracker import WebTracker

TICK_S = 1
"""Between two rounds of housekeeping; each looks at a part of the swarms."""
ROUND_S = 120
"""Every swarm is looked at so often."""
KEEP_EVERY_S = 60
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Places:
    """Where a tracker listens."""

    udp: Sequence[Endpoint] = ()
    http: Sequence[Endpoint] = ()
    ws: Sequence[Endpoint] = ()
    https: Sequence[Endpoint] = ()
    wss: Sequence[Endpoint] = ()


@dataclass(slots=True)
class Server:
    """Serves until stopped.

    Args:
        tracker: What answers.
        places: Where to listen.
        renew: Called in a thread every few seconds: gives who is served from now on, or None when nothing changed.
        record: SQLite file for what outlives a restart; None to keep nothing.
        limits: Of HTTP.
    """

    tracker: Tracker
    places: Places
    web: WebTracker | None = None
    """What answers browsers, where ``places`` has a WebSocket."""
    renew: Callable[[], Access | None] = lambda: None
    record: Path | None = None
    limits: LineLimits = field(default_factory=LineLimits)
    proxies: Networks = field(default_factory=Networks)
    """Whose ``X-Forwarded-For`` is believed."""
    certificate: Certificate | None = None
    """For TLS."""
    keys: Callable[[], frozenset[str] | None] = lambda: None
    """Called in a thread every few seconds: gives the keys from now on, or None when they did not change."""
    _pages: Pages = field(init=False)
    _kept: dict[bytes, int] = field(default_factory=dict)
    _to_visit: list[bytes] = field(default_factory=list)
    """Swarms that were not looked at in this round."""
    _share: int = 0
    """How many of them at each tick."""

    def __post_init__(self) -> None:
        self._pages = Pages(Datasets(self.tracker, time.monotonic), time.time, self.record, time.monotonic())

    async def serve(self, stop: asyncio.Event, ready: Callable[[list[str]], object]) -> None:
        """Serve until ``stop``.

        Args:
            stop: Ends it.
            ready: Called with the tracker's URLs once it listens.

        Raises:
            OSError: an address cannot be listened on.
            StateError: the record cannot be read.
        """
        if self.record:
            self._kept = await asyncio.to_thread(keeping.load, self.record)
            listed = self.tracker.access.is_listed  # only what is served has a swarm
            self.tracker.swarms.restore({one: count for one, count in self._kept.items() if listed(one)})
        loop, streams = asyncio.get_running_loop(), StreamDoors(self.limits, self.proxies, self.certificate)
        with contextlib.ExitStack() as stack:
            udp = [stack.enter_context(UdpDoor(where, self.tracker, time.monotonic)) for where in self.places.udp]
            stack.enter_context(streams)
            streams.open_http(self.places.http, self.places.https, self._page)
            if self.web and (self.places.ws or self.places.wss):
                streams.open_ws(self.places.ws, self.places.wss, self.web)
            for one in udp:
                one.open(loop)
            ready([*self._udp_urls(udp), *streams.urls])
            tasks = [asyncio.create_task(self._keep_house()), asyncio.create_task(streams.sweep())]
            await stop.wait()
            for task in tasks:
                task.cancel()
            for one in udp:
                one.shut(loop)
        await self._keep()

    def _udp_urls(self, doors: Sequence[UdpDoor]) -> list[str]:
        return [
            f"udp://{Endpoint(where.host, door.port)}/announce"
            for where, door in zip(self.places.udp, doors, strict=True)
        ]

    def _page(self, path: str, query: bytes, ip: bytes) -> Page | asyncio.Future[Page]:
        body = self.tracker.http(path, query, ip, int(time.monotonic()))
        return self._pages.page(path, query) if body is None else Page(200, "text/plain", body)

    async def _keep_house(self) -> None:
        """Forget who is silent, follow the catalogue, write down what shall outlive us; no failure ends the service."""
        kept_s = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            self._expire()
            try:
                await self._follow()
                if time.monotonic() - kept_s > KEEP_EVERY_S:
                    kept_s = time.monotonic()
                    await self._keep()
                await self._pages.keep_up()
            except StateError as error:
                log.warning("tracker housekeeping: %s", error)

    def _expire(self) -> None:
        """Look at the next few swarms; the list of all is made once a round."""
        if not self._to_visit:
            browsers = self.web.swarms.info_hashes() if self.web else []
            self._to_visit = list({*(info_hash for info_hash, _ in self.tracker.swarms.each()), *browsers})
            self._share = -(-len(self._to_visit) * TICK_S // ROUND_S)
        now_s, hashes = int(time.monotonic()), self._to_visit[-self._share :]
        del self._to_visit[-self._share :]
        self.tracker.swarms.expire(hashes, now_s)
        if self.web:
            self.web.swarms.expire(hashes, now_s)

    async def _follow(self) -> None:
        """Take over a new list of who is served; swarms that are no longer listed are forgotten."""
        keys = await asyncio.to_thread(self.keys)
        if keys is not None:
            self.tracker.keys = keys
        access = await asyncio.to_thread(self.renew)
        if access is None:
            return
        self.tracker.access = access
        for info_hash, _ in self.tracker.swarms.each():
            if not access.is_listed(info_hash):
                self.tracker.swarms.drop(info_hash)
        for info_hash in self.web.swarms.info_hashes() if self.web else ():
            if self.web and not access.is_listed(info_hash):
                self.web.swarms.drop(info_hash)

    async def _keep(self) -> None:
        if self.record is None:
            return
        now = {info_hash: swarm.completed for info_hash, swarm in self.tracker.swarms.each() if swarm.completed}
        changed = {info_hash: count for info_hash, count in now.items() if self._kept.get(info_hash) != count}
        if changed:
            await asyncio.to_thread(keeping.save, self.record, changed)
            self._kept |= changed
