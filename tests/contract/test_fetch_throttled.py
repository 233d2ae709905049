# SPDX-License-Identifier: Apache-2.0
"""Real fetches over HTTP that share one limit."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from seedbed.fetching.flow import Options, fetch
from seedbed.fetching.web.throttle import Throttle
from seedbed.testing.datasets import make_dataset
from seedbed.testing.fetching import QUICK, server_of, torrent_with

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_two_fetches_share_one_limit(tmp_path: Path) -> None:
    """A megabyte each, at a megabyte a second together, from fast servers: two seconds, and every byte counted."""
    sets = [make_dataset(tmp_path / "source", {"a.bin": 999_900, "b.txt": 100}, name=name) for name in ("one", "two")]
    throttle = Throttle(1_000_000)

    async def both(torrents: list[Path]) -> None:
        async with asyncio.TaskGroup() as group:
            for torrent in torrents:
                folder = tmp_path / "out" / torrent.stem
                options = Options(folder, uses_peers=False, rules=QUICK, throttle=throttle)
                group.create_task(fetch(str(torrent), options))

    with server_of(sets[0]) as first, server_of(sets[1]) as second:
        torrents = [
            torrent_with(*pair[:1], tmp_path / "t", pair[1]) for pair in zip(sets, (first, second), strict=True)
        ]
        began_s = time.monotonic()
        asyncio.run(both(torrents))
        took_s = time.monotonic() - began_s

    assert all(one.is_at(tmp_path / "out" / one.metainfo.name) for one in sets)
    assert 2_000_000 <= throttle.received_bytes < 2_200_000
    assert 1.8 < took_s < 6


def test_a_throttled_fetch_ends_at_once_when_it_is_cancelled(tmp_path: Path) -> None:
    """Its threads wait for their turn, and give up: nothing is left behind that reads or writes."""
    data = make_dataset(tmp_path / "source", 3_000_000)

    async def story(torrent: Path) -> float:
        options = Options(tmp_path / "out", uses_peers=False, rules=QUICK, throttle=Throttle(20_000))
        task = asyncio.create_task(fetch(str(torrent), options))
        await asyncio.sleep(0.5)
        began_s = time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return time.monotonic() - began_s

    with server_of(data) as server:
        assert asyncio.run(story(torrent_with(data, tmp_path / "t", server))) < 1.0
