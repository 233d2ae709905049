# SPDX-License-Identifier: Apache-2.0
"""A node's own checks against a real tracker and real peers: a true seed is found, and liars are told from it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import pytest

from seedbed.api.registry import Listed, Proves, Working
from seedbed.core.endpoints import Endpoint
from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.errors import SourceError
from seedbed.fetching.rules import DEFAULT_RULES
from seedbed.health.leases.book import Book
from seedbed.health.leases.desk import Desk
from seedbed.health.leases.lease import Lease
from seedbed.health.leases.over_http import RULES, OverHttp
from seedbed.health.leases.report import Answer
from seedbed.health.probes import announce_wire
from seedbed.health.probes.probe import Patience
from seedbed.health.probes.turns import Turns
from seedbed.library.cache import Cache
from seedbed.node.choosing.units import Unit
from seedbed.node.trusting.checking import Checker
from seedbed.node.trusting.identity import Identity
from seedbed.testing.datasets import make_dataset
from seedbed.testing.releases import release_of
from seedbed.tracker.access import Everything
from seedbed.tracker.server import Places, Server
from seedbed.tracker.swarm import Limits, Swarms
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ConnectionIds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from seedbed.api.catalog import Source
    from seedbed.testing.datasets import Dataset

LAN = replace(DEFAULT_RULES, allows_private=True)
PATIENT = Patience(5.0, 15.0)
HERE = Endpoint("127.0.0.1", 0)


@contextlib.asynccontextmanager
async def tracking(desk: Desk | None = None) -> AsyncIterator[dict[str, str]]:
    """A tracker; its announce URLs by scheme."""
    swarms = Swarms(Limits(), random.Random(1).randrange)
    made = Tracker(swarms, Everything(), ConnectionIds(b"k" * 32), allows_private=True)
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    server = Server(made, Places(udp=(HERE,), http=(HERE,)), beside=desk)
    task = asyncio.create_task(server.serve(stop, ready.set_result))
    try:
        yield {url.partition(":")[0]: url for url in await ready}
    finally:
        stop.set()
        await task


def unit(data: Dataset, cache: Cache, announce: str) -> Unit:
    """Whose torrent is in the cache."""
    release = release_of("set", data)
    cache.put_torrent(data.metainfo.info_hashes.best_hex, data.torrent)
    return Unit.whole(replace(release, torrent=replace(release.torrent, trackers=(announce,))))


@pytest.mark.parametrize("scheme", ["http", "udp"])
def test_a_listed_seed_is_asked_for_a_piece(tmp_path: Path, scheme: str) -> None:
    """Over both kinds of tracker: nobody is listed, then liars, then one true seed among them."""

    async def story() -> list[bool | None]:
        data, cache = make_dataset(tmp_path, {"a.bin": 90_000}), Cache(tmp_path / "cache")
        checker, found = Checker(lambda: cache, LAN, PATIENT), []
        async with tracking() as urls, LibtorrentEngine(Settings.loopback()) as engine:
            one = unit(data, cache, urls[scheme])
            found.append(await checker(one, (), 6881))
            await asyncio.to_thread(lie, data, urls["http"], 2)
            found.append(await checker(one, (), 6881))
            port = engine.endpoints[0].port
            await engine.add(Addition(data.metainfo, tmp_path, have_pieces=data.all_pieces))
            await asyncio.to_thread(announce, data, urls["http"], port)
            found.append(await checker(one, (), 6881))
        return found

    assert asyncio.run(story()) == [None, False, True]


def lie(data: Dataset, url: str, count: int) -> None:
    """Peers that nobody reaches are announced as seeds."""
    for number in range(count):
        announce(data, url, 1_024 + number)


def announce(data: Dataset, url: str, port: int) -> None:
    """As a seed."""
    for info_hash in data.metainfo.info_hashes.announced:
        who = announce_wire.Who(info_hash, b"-LI0001-000000000000", port)
        parts = urlsplit(announce_wire.url(url, who, announce_wire.STARTED).replace("left=1", "left=0"))
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        connection.request("GET", f"{parts.path}?{parts.query}")
        assert connection.getresponse().status == 200
        connection.close()


def test_without_the_torrent_nobody_is_asked(tmp_path: Path) -> None:
    """It is no proof of anything."""
    data, cache = make_dataset(tmp_path, {"a.bin": 90_000}), Cache(tmp_path / "cache")
    one = Unit.whole(release_of("set", data))
    assert asyncio.run(Checker(lambda: cache, LAN, PATIENT)(one, (), 6881)) is None


def test_a_registry_proves_a_real_seed(tmp_path: Path) -> None:
    """By a lease that comes over HTTP, and a piece that libtorrent gives; what stops giving is unproved."""

    async def story() -> list[bool]:
        data, cache = make_dataset(tmp_path, {"a.bin": 90_000}), Cache(tmp_path / "cache")
        one, listed = unit(data, cache, ""), Listed(no_catalog, cache, LAN)
        listed.units = {one.key: one}
        book = Book(b"k" * 32, time.monotonic)
        turns = Turns(book, Proves(listed, PATIENT), random.random, tick_s=0.02)
        desk = Desk(book, Identity.new(), Working(listed, turns), lambda: int(time.time()), allows_private=True)
        us = Identity.new()
        found: list[bool] = []
        async with LibtorrentEngine(Settings.loopback()) as engine, tracking(desk) as urls:
            base, port = urls["http"].removesuffix("announce"), engine.endpoints[0].port
            torrent = await engine.add(Addition(data.metainfo, tmp_path, have_pieces=data.all_pieces))
            for serial in range(1, 200):
                answer = await asyncio.to_thread(hand_over, base, us, serial, one.key, port)
                if not found and answer.is_proved:
                    found.append(True)
                    await engine.remove(torrent)
                    turns._due_s.clear()
                elif found and not answer.is_proved:
                    return [*found, False]
                await asyncio.sleep(0.05)
        return found

    assert asyncio.run(story()) == [True, False]


def test_what_did_not_change_is_not_sent_again(tmp_path: Path) -> None:
    """By its entity tag; a lease makes it another one."""

    async def story() -> None:
        listed = Listed(no_catalog, Cache(tmp_path), LAN)
        book = Book(b"k" * 32, time.monotonic)
        turns = Turns(book, Proves(listed, PATIENT), random.random)
        desk = Desk(book, Identity.new(), Working(listed, turns), lambda: int(time.time()), allows_private=True)
        async with tracking(desk) as urls:
            base, speaks = urls["http"].removesuffix("announce"), OverHttp(replace(RULES, allows_private=True))
            first, second = [await asyncio.to_thread(speaks.health, base) for _ in range(2)]
            assert first is second
            await asyncio.to_thread(hand_over, base, Identity.new(), 1, 5, 6881)
            while (await asyncio.to_thread(speaks.health, base)).nodes == 0:  # noqa: ASYNC110  # made anew in a moment
                await asyncio.sleep(0.01)

    asyncio.run(story())


def hand_over(base: str, us: Identity, serial: int, key: int, port: int) -> Answer:
    """A lease of one unit."""
    held = np.array([key], np.uint64)
    lease = Lease(us.public, serial, int(time.time()) + 900, held, held[:0], 10**9, 1.0, port)
    return Answer.unsealed(OverHttp(replace(RULES, allows_private=True)).post(base, lease.sealed(us)), 1)


def no_catalog() -> Source:
    """The units are known already."""
    raise SourceError("there is none")
