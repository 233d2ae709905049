# SPDX-License-Identifier: Apache-2.0
"""A tracker at work: its sockets, its clock, its housekeeping."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from seedbed.core.endpoints import Endpoint
from seedbed.errors import StateError
from seedbed.tracker import keeping
from seedbed.tracker.datasets import Datasets
from seedbed.tracker.http_door import NO_PAGE, Page
from seedbed.tracker.lines import LineLimits
from seedbed.tracker.pages import Pages
from seedbed.tracker.proxies import Networks
from seedbed.tracker.rounds import Rounds
from seedbed.tracker.stream_doors import StreamDoors
from seedbed.tracker.udp_door import UdpDoor, bound

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from seedbed.tracker.access import Access
    from seedbed.tracker.tls_door import Certificate
    from seedbed.tracker.tracker import Tracker
    from seedbed.tracker.workers.channel import Setup
    from seedbed.tracker.workers.crew import Crew
    from seedbed.tracker.ws_tracker import WebTracker

TICK_S = 1
"""Between two rounds of housekeeping; each looks at a part of the swarms."""
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


class Beside(Protocol):
    """What is served on the same HTTP port besides announces and numbers: :mod:`seedbed.health.leases.desk`."""

    def limit_bytes(self, page: str, /) -> int:
        """Bytes that may be posted to a page; 0 where nothing is."""
        ...

    def posted(self, page: str, body: bytes, ip: bytes, /) -> Page | asyncio.Future[Page]:
        """The answer to what was posted, or what will be it."""
        ...

    def page(self, page: str, /) -> Page | asyncio.Future[Page] | None:
        """The answer to a question, or what will be it; None where there is no such page."""
        ...

    async def work(self) -> None:
        """What is done meanwhile, until cancelled."""
        ...


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
    beside: Beside | None = None
    workers: int = 1
    """Processes that share the announces; WebSocket, HTTP and numbers are the first one's."""
    _rounds: Rounds = field(init=False)
    _crew: Crew | None = None

    def __post_init__(self) -> None:
        self._rounds = Rounds(self._info_hashes)
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
        loop, streams = asyncio.get_running_loop(), StreamDoors(self.limits, self.proxies, self.certificate)
        async with contextlib.AsyncExitStack() as stack:
            udp = [stack.enter_context(one) for one in await self._open_udp(stack)]
            stack.enter_context(streams)
            streams.open_http(self.places.http, self.places.https, self._page, self if self.beside else None)
            if self.web and (self.places.ws or self.places.wss):
                streams.open_ws(self.places.ws, self.places.wss, self.web)
            for one in udp:
                one.open(loop)
            ready([*self._udp_urls(udp), *streams.urls])
            works = [self._keep_house(), streams.sweep(), *([self.beside.work()] if self.beside else [])]
            tasks = [asyncio.create_task(one) for one in works]
            trouble = await self._until(stop)
            for task in tasks:
                task.cancel()
            for one in udp:
                one.shut(loop)
        await self._keep()
        if trouble:
            raise StateError(
                f"the tracker ends: {trouble}", hint="Its peers announce themselves again within half an hour."
            )

    async def _open_udp(self, stack: contextlib.AsyncExitStack) -> list[UdpDoor]:
        """The doors of this process; with several workers, the others are at work."""
        if self.workers == 1:
            self.tracker.swarms.restore(self._restored(0))
            return [UdpDoor(bound(where), self.tracker, time.monotonic) for where in self.places.udp]
        from seedbed.tracker.workers import steering  # noqa: PLC0415  # for those who want it
        from seedbed.tracker.workers.crew import Crew  # noqa: PLC0415

        rows = [steering.sockets(where, self.workers) for where in self.places.udp]
        for row in rows:
            for one in row[1:]:  # they stay open here: their order is what the kernel chooses by
                stack.enter_context(one)
        self.tracker.swarms.restore(self._restored(0))
        self._crew = Crew(self.tracker, self.workers)
        stack.push_async_callback(self._crew.stop)
        await self._crew.start([self._setup(number, rows) for number in range(1, self.workers)])
        return [UdpDoor(row[0], self.tracker, time.monotonic) for row in rows]

    def _restored(self, worker: int) -> dict[bytes, int]:
        """Counts of an earlier run, of the swarms of a worker; only what is served has a swarm."""
        listed = self.tracker.access.is_listed
        return {one: count for one, count in self._kept.items() if one[0] % self.workers == worker and listed(one)}

    def _setup(self, worker: int, rows: Sequence[Sequence[socket.socket]]) -> Setup:
        from seedbed.tracker.workers.channel import Setup  # noqa: PLC0415

        tracker = self.tracker
        return Setup(
            tuple(row[worker].fileno() for row in rows), tracker.ids.key, tracker.interval_s, tracker.swarms.lease_s,
            tracker.allows_private, tracker.access, self._restored(worker), tracker.keys,
        )  # fmt: skip

    async def _until(self, stop: asyncio.Event) -> str:
        """Wait for the end: empty when it was asked for."""
        if self._crew is None:
            await stop.wait()
            return ""
        stopped = asyncio.create_task(stop.wait())
        either: tuple[asyncio.Future[Any], ...] = (stopped, self._crew.trouble)
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        return self._crew.trouble.result() if self._crew.trouble.done() else ""

    def _udp_urls(self, doors: Sequence[UdpDoor]) -> list[str]:
        return [
            f"udp://{Endpoint(where.host, door.port)}/announce"
            for where, door in zip(self.places.udp, doors, strict=True)
        ]

    def _page(self, path: str, query: bytes, ip: bytes) -> Page | asyncio.Future[Page]:
        if self._crew and self.tracker.is_announce(path) and (asked := self._crew.ask(query, ip)):
            return asked
        body = self.tracker.http(path, query, ip, int(time.monotonic()))
        if body is None and self.beside and (page := self.beside.page(self._beside(path))):
            return page
        return self._pages.page(path, query) if body is None else Page(200, "text/plain", body)

    def limit_bytes(self, path: str) -> int:
        """See :class:`seedbed.tracker.bodies.Posts`."""
        return self.beside.limit_bytes(self._beside(path)) if self.beside else 0

    def posted(self, path: str, body: bytes, ip: bytes) -> Page | asyncio.Future[Page]:
        """See :class:`seedbed.tracker.bodies.Posts`."""
        return self.beside.posted(self._beside(path), body, ip) if self.beside else NO_PAGE

    def _beside(self, path: str) -> str:
        """The page that a path means, beside the tracker's announce; empty for none, or for somebody who may not."""
        key, _, page = path[1:].rpartition("/")
        return page if (key in self.tracker.keys if self.tracker.keys else not key) else ""

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

    def _info_hashes(self) -> Iterator[bytes]:
        yield from (info_hash for info_hash, _ in self.tracker.swarms.each())
        yield from self.web.swarms.info_hashes() if self.web else ()

    def _expire(self) -> None:
        """Look at the next few swarms."""
        now_s, hashes = int(time.monotonic()), self._rounds.share(TICK_S)
        self.tracker.swarms.expire(hashes, now_s)
        if self.web:
            self.web.swarms.expire(hashes, now_s)

    async def _follow(self) -> None:
        """Take over a new list of who is served; swarms that are no longer listed are forgotten."""
        keys = await asyncio.to_thread(self.keys)
        if keys is not None:
            self.tracker.keys = keys
            if self._crew:
                self._crew.take_keys(keys)
        access = await asyncio.to_thread(self.renew)
        if access is None:
            return
        self.tracker.follow(access)
        if self._crew:
            self._crew.follow(access)
        for info_hash in self.web.swarms.info_hashes() if self.web else ():
            if self.web and not access.is_listed(info_hash):
                self.web.swarms.drop(info_hash)

    async def _keep(self) -> None:
        if self.record is None:
            return
        all_ = {*(info_hash for info_hash, _ in self.tracker.swarms.each()), *self.tracker.others.counts}
        now = {info_hash: self.tracker.completed(info_hash) for info_hash in all_}
        changed = {one: count for one, count in now.items() if count and self._kept.get(one) != count}
        if changed:
            await asyncio.to_thread(keeping.save, self.record, changed)
            self._kept |= changed
