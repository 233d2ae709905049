# SPDX-License-Identifier: Apache-2.0
"""All sources at work on one plan, until all is proved, nobody can help, or nobody sends anything."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from seedbed.core.endpoints import Endpoint
from seedbed.fetching.planning.desk import Desk
from seedbed.fetching.planning.plan import Plan
from seedbed.fetching.web.agent import agent
from seedbed.fetching.web.services import Service, host_of, service_of
from seedbed.fetching.web.web_seed import Job, WebSeed

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.fetching.disk.store import Store
    from seedbed.fetching.options import Options
    from seedbed.fetching.peers import swarm as peers
    from seedbed.fetching.proving.proof import Prover

TICK_S = 0.1
"""How often progress is told and the end is looked for."""
_HEAD_START_S = 1.0
"""Web seeds may end it alone: what takes them a second needs no peers, and no engine is started."""
_FIRST_CONNECTIONS = 2
"""To a web seed: while one thread hashes, the other receives. More only cost, where a line is fast and short …"""
_SLOW_START_S, _FAST_BYTES_PER_S = 0.5, 100_000_000
"""… but where it is long, one connection cannot fill it: then the rest are added."""
_SILENT_SHARE = 0.3
"""Of the time after which a fetch is given up."""
_JOIN_TIMEOUT_S = 1.0
"""For all together: one that hangs in a connect cannot be woken, and nobody waits for it."""


@dataclass(slots=True)
class Transfer:
    """One round of fetching."""

    store: Store
    prover: Prover
    options: Options
    desk: Desk
    tell: Callable[[Transfer], object]
    """Told a few times a second that something may have moved."""
    swarm: peers.Swarm | None = None
    _seeds: list[WebSeed] = field(default_factory=list)

    @classmethod
    def of(
        cls, store: Store, prover: Prover, options: Options, missing: set[int], tell: Callable[[Transfer], object]
    ) -> Transfer:
        """Prepare the sources for some missing pieces."""
        desk = Desk(Plan(missing, piece_length=store.map.layout.piece_length, rules=options.rules))
        transfer = cls(store, prover, options, desk, tell)
        job = Job(store.metainfo, prover, desk, options.rules, agent(), store.open_writer, throttle=options.throttle)
        urls = _web_seed_urls(store, options) if options.uses_web_seeds and not prover.is_blind else ()
        hosts = Counter(map(host_of, urls))
        for url in urls:
            service = service_of(host_of(url).partition(":")[0]) or Service(options.rules.connections_per_host)
            most = min(service.connections, options.rules.connections_per_host)
            count = max(most // hosts[host_of(url)], 1)
            source = desk.add_source(url, max_claims=count, min_run_bytes=service.min_run_bytes)
            transfer._seeds += [WebSeed(job, url, source) for _ in range(source.max_claims)]
        if _may_have_peers(store, options):
            transfer.swarm = _swarm(store, prover, options, desk)
        return transfer

    async def run(self, have: set[int]) -> None:
        """Fetch; what came of it is in the desk and the swarm.

        Args:
            have: Pieces in the work folder, proved.
        """
        async with asyncio.TaskGroup() as group:
            if self.swarm:
                group.create_task(self._run_swarm(self.swarm, have))
            await self._run_web_seeds()

    async def _run_swarm(self, swarm: peers.Swarm, have: set[int]) -> None:
        if self._seeds and not (self.options.peers or self.options.found_peers):
            await asyncio.to_thread(self.desk.wait_for_end, _HEAD_START_S, only_end=True)
        if not self.desk.is_over():
            await swarm.run(have)

    async def _run_web_seeds(self) -> None:
        desk, began_s = self.desk, time.monotonic()
        first, later = _by_turn(self._seeds)
        threads = _start(first)
        try:
            while not desk.is_over() and desk.silent_s() < self.options.rules.no_progress_timeout_s:
                self.tell(self)
                await asyncio.to_thread(desk.wait_for_end, TICK_S)
                for seed in self._seeds:
                    desk.touch(seed.source, seed.received_s())
                if later and self._is_slow(time.monotonic() - began_s):
                    threads += _start(later)
                    later = []
        finally:
            desk.stop()
            for seed in self._seeds:
                seed.abort()
            ends_s = time.monotonic() + _JOIN_TIMEOUT_S
            for thread in threads:
                thread.join(max(ends_s - time.monotonic(), 0.0))
        self.tell(self)

    def _is_slow(self, took_s: float) -> bool:
        return took_s > _SLOW_START_S and self.desk.bytes_good() / took_s < _FAST_BYTES_PER_S


def _by_turn(seeds: list[WebSeed]) -> tuple[list[WebSeed], list[WebSeed]]:
    """The connections to open at once, and those to add if that is slow."""
    turns: dict[str, int] = {}
    first: list[WebSeed] = []
    later: list[WebSeed] = []
    for seed in seeds:
        turn = turns[seed.base_url] = turns.get(seed.base_url, 0) + 1
        (first if turn <= _FIRST_CONNECTIONS else later).append(seed)
    return first, later


def _start(seeds: list[WebSeed]) -> list[threading.Thread]:
    threads = [threading.Thread(target=seed.run, name="seedbed-http", daemon=True) for seed in seeds]
    for thread in threads:
        thread.start()
    return threads


def _swarm(store: Store, prover: Prover, options: Options, desk: Desk) -> peers.Swarm:
    from seedbed.fetching.peers import swarm as peers  # noqa: PLC0415  # 20 ms that HTTP alone need not pay
    from seedbed.fetching.peers.engines import open_engine  # noqa: PLC0415

    source = desk.add_source(peers.NAME, max_claims=peers.MAX_CLAIMS, is_swarm=True)
    return peers.Swarm(
        desk,
        source,
        store,
        prover,
        partial(open_engine, options),
        tuple(Endpoint(*peer) for peer in dict.fromkeys((*options.peers, *options.found_peers))),
        options.uses_trackers,
        options.rules.no_progress_timeout_s * _SILENT_SHARE,
    )


def _may_have_peers(store: Store, options: Options) -> bool:
    has_trackers = options.uses_trackers and bool(store.metainfo.trackers)
    named = bool(options.peers or options.found_peers)
    return options.uses_peers and (named or has_trackers or options.uses_dht)


def _web_seed_urls(store: Store, options: Options) -> tuple[str, ...]:
    """Web seeds that we can ask, each once."""
    every = (*store.metainfo.web_seeds, *options.web_seeds)
    urls = (url for url in every if url.lower().startswith(("http://", "https://")))
    return tuple(dict.fromkeys(urls))
