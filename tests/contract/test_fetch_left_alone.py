# SPDX-License-Identifier: Apache-2.0
"""Row P9 of docs/threats.md: the only seed leaves just before the end. Real libtorrent on loopback."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.errors import NoSourceError
from seedbed.fetching.flow import Options, fetch_found
from seedbed.fetching.torrent.found import FoundTorrent
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.fetching import QUICK, final_names

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.fetching.result import Fetched

SETTINGS = Settings.loopback(reconnect_s=1, stop_timeout_s=1.0)


async def fetch_beside(dataset: Dataset, have: list[bool], folder: Path) -> Fetched:
    """Fetch from one peer that has some pieces."""
    async with LibtorrentEngine(SETTINGS) as engine:
        wanted = None if all(have) else frozenset[int]()
        await engine.add(Addition(dataset.metainfo, dataset.parent, have_pieces=have, wanted_files=wanted))
        options = Options(
            folder=folder, uses_web_seeds=False, uses_dht=False, rules=replace(QUICK, no_progress_timeout_s=1.5),
            peers=((engine.endpoints[0].host, engine.endpoints[0].port),),
            open_engine=lambda: LibtorrentEngine(SETTINGS),
        )  # fmt: skip
        return await fetch_found(FoundTorrent(dataset.metainfo, options))


def test_p9_the_last_seed_leaves_at_99_percent(tmp_path: Path) -> None:
    """What came is kept and is nothing yet; when somebody has the last piece, only that comes."""
    dataset = make_dataset(tmp_path / "source", {"a.bin": 99 * PIECE_LENGTH, "b.bin": PIECE_LENGTH})
    out = tmp_path / "out"

    with pytest.raises(NoSourceError, match="1 pieces are missing"):
        asyncio.run(fetch_beside(dataset, [*dataset.all_pieces[:-1], False], out))
    assert final_names(out) == []

    fetched = asyncio.run(fetch_beside(dataset, dataset.all_pieces, out))
    assert dataset.is_at(out)
    assert fetched.bytes_from_peers == PIECE_LENGTH
