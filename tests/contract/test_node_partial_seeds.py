# SPDX-License-Identifier: Apache-2.0
"""Nobody has all of an archive, several nodes have a part each: together they are a copy (BEP 21). Real libtorrent."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.errors import NoSourceError
from seedbed.fetching.flow import Options, fetch_found
from seedbed.fetching.torrent.found import FoundTorrent
from seedbed.library.parts import PartShelf
from seedbed.node.choosing.units import split
from seedbed.node.disk.store import Place
from seedbed.node.holding.offering import Claim, Offering
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.fetching import QUICK

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.engine.base import Engine
    from seedbed.fetching.result import Fetched

SIZES = {"a.bin": 20 * PIECE_LENGTH + 77, "b/c.bin": PIECE_LENGTH, "z.bin": 40 * PIECE_LENGTH}
PARTS = {"set@1#1": range(20), "set@1#2": range(20, 35), "set@1#3": range(35, 62)}
SETTINGS = Settings.loopback(reconnect_s=1, stop_timeout_s=1.0)


@pytest.fixture(params=["v1", "v2", "hybrid"])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    """A folder in each format."""
    return make_dataset(tmp_path / "source", SIZES, format=request.param)


def put(dataset: Dataset, folder: Path, *items: str) -> Place:
    """A node's folder that holds some parts; what is not of them are holes."""
    place = Place(folder)
    place.cache.put_torrent(dataset.metainfo.info_hashes.best_hex, dataset.torrent)
    for item in items:
        ref, part = split(item)
        shelf = PartShelf(place.cache, ref)
        kept = shelf.keep(part, dataset.metainfo, PARTS[item])
        for path, (start, stop, length) in kept.spans.items():
            (shelf.folder / path).parent.mkdir(parents=True, exist_ok=True)
            with (shelf.folder / path).open("r+b" if (shelf.folder / path).exists() else "w+b") as file:
                file.truncate(length)
                file.seek(start)
                file.write(dataset.contents[path][start:stop])
    return place


async def fetch_from(dataset: Dataset, engines: list[Engine], folder: Path, patience_s: float = 6.0) -> Fetched:
    """Fetch all of it from these peers, and nobody else."""
    options = Options(
        folder=folder, uses_web_seeds=False, uses_dht=False, rules=replace(QUICK, no_progress_timeout_s=patience_s),
        peers=tuple((one.endpoints[0].host, one.endpoints[0].port) for one in engines),
        open_engine=lambda: LibtorrentEngine(SETTINGS),
    )  # fmt: skip
    return await fetch_found(FoundTorrent(dataset.metainfo, options))


def test_three_parts_are_a_copy(dataset: Dataset, tmp_path: Path) -> None:
    """Three nodes, none of which has all: a client that is no node gets every byte from them."""

    async def story() -> Fetched:
        async with AsyncExitStack() as stack:
            engines: list[Engine] = []
            for number, item in enumerate(PARTS):
                engines.append(await stack.enter_async_context(LibtorrentEngine(SETTINGS)))
                offering = Offering(engines[-1], put(dataset, tmp_path / f"node-{number}", item).shelf)
                assert await offering.claim([Claim(item)]) == {}
            return await fetch_from(dataset, engines, tmp_path / "out")

    fetched = asyncio.run(story())
    assert dataset.is_at(tmp_path / "out")
    assert fetched.bytes_from_peers == fetched.size_bytes


def test_a_part_more_is_served_at_once_and_one_less_no_longer(dataset: Dataset, tmp_path: Path) -> None:
    """One node comes to hold all parts, one after the other, and gives one up: then nobody gets all from it."""

    async def story() -> None:
        async with LibtorrentEngine(SETTINGS) as engine:
            offering = Offering(engine, put(dataset, tmp_path / "node", *PARTS).shelf)
            for item in PARTS:
                assert await offering.claim([Claim(item)]) == {}
            await fetch_from(dataset, [engine], tmp_path / "all")
            await offering.disclaim("set@1#2")
            assert offering.claimed == {"set@1#1", "set@1#3"}
            with pytest.raises(NoSourceError, match="15 pieces are missing"):
                await fetch_from(dataset, [engine], tmp_path / "some", 1.5)

    asyncio.run(story())
    assert dataset.is_at(tmp_path / "all")


def test_holes_are_never_written_or_fetched(dataset: Dataset, tmp_path: Path) -> None:
    """Two nodes with different parts meet: neither fetches what it was not given, and no byte of a hole is filled."""

    async def story() -> None:
        async with LibtorrentEngine(SETTINGS) as one, LibtorrentEngine(SETTINGS) as two:
            for engine, name, item in ((one, "one", "set@1#1"), (two, "two", "set@1#3")):
                offering = Offering(engine, put(dataset, tmp_path / name, item).shelf)
                await offering.claim([Claim(item)])
            torrent = one.statuses()[0].torrent
            await one.connect_peer(torrent, two.endpoints[0])
            await asyncio.sleep(0.5)  # time in which an engine that wanted more would have fetched it
            assert sum(await one.pieces(torrent)) == len(PARTS["set@1#1"])
            assert sum(await two.pieces(torrent)) == len(PARTS["set@1#3"])

    asyncio.run(story())
    path = tmp_path / "one/snapshots/set/1/parts/set/z.bin"
    assert not path.exists() or path.stat().st_blocks == 0
