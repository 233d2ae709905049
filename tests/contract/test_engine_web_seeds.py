# SPDX-License-Identifier: Apache-2.0
"""Web seeds through libtorrent (BEP 19): which work, which cannot, and that private addresses are not asked.

``test_libtorrent_still_fails_v2_folders`` fails on the day that a new libtorrent mends its check of v2-only torrents.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import libtorrent as lt
import pytest

from seedbed.engine import base
from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.testing.datasets import Dataset, make_dataset
from seedbed.testing.engine_stories import next_event, run
from seedbed.testing.loopback import LoopbackFiles

if TYPE_CHECKING:
    from pathlib import Path

FILES = {f"f{n:02}": 1 + n * 7919 % 200_000 for n in range(40)}
PIECE_LENGTH = 65_536


@pytest.mark.parametrize("format_", ["v1", "hybrid"])
def test_a_folder_comes_from_a_web_seed(tmp_path: Path, format_: str) -> None:
    """With v1 hashes libtorrent checks what the server sends, and all files arrive."""
    data = make_dataset(tmp_path / "a", FILES, format=format_, piece_length=PIECE_LENGTH)  # type: ignore[arg-type]
    run(_fetch(data, tmp_path / "b"))
    assert data.is_at(tmp_path / "b")


@pytest.mark.parametrize("format_", ["v1", "v2", "hybrid"])
def test_a_file_comes_from_a_web_seed(tmp_path: Path, format_: str) -> None:
    """A single file arrives in all formats; the server is named as a folder, which v2-only needs."""
    data = make_dataset(tmp_path / "a", 300_001, name="one", format=format_, piece_length=PIECE_LENGTH)  # type: ignore[arg-type]
    run(_fetch(data, tmp_path / "b"))
    assert data.is_at(tmp_path / "b")


async def _fetch(data: Dataset, folder: Path) -> None:
    async with LoopbackFiles(data.contents) as server, LibtorrentEngine(Settings.loopback()) as engine:
        with engine.events() as events:
            await engine.add(Addition(data.torrent, folder, web_seeds=(server.url,), use_web_seeds=True))
            await next_event(events, base.Finished)


def test_web_seeds_are_left_out_where_libtorrent_fails(tmp_path: Path) -> None:
    """A v2-only folder is not fetched from web seeds: libtorrent would ban an honest server."""
    data = make_dataset(tmp_path / "a", FILES, format="v2", piece_length=PIECE_LENGTH)

    async def story() -> None:
        async with LoopbackFiles(data.contents) as server, LibtorrentEngine(Settings.loopback()) as engine:
            await engine.add(Addition(data.torrent, tmp_path / "b", web_seeds=(server.url,), use_web_seeds=True))
            await asyncio.sleep(0.5)
            assert server.requests == []

    run(story())


def test_web_seeds_are_used_only_when_asked(tmp_path: Path) -> None:
    """The torrent's own web seeds are left to our downloader unless ``use_web_seeds`` says otherwise."""

    async def story() -> None:
        async with LoopbackFiles({}) as server, LibtorrentEngine(Settings.loopback()) as engine:
            data = make_dataset(tmp_path / "a", FILES, web_seeds=(server.url,))
            await engine.add(Addition(data.torrent, tmp_path / "b"))
            await asyncio.sleep(0.5)
            assert server.requests == []

    run(story())


def test_a_web_seed_on_a_private_address_is_not_asked(tmp_path: Path) -> None:
    """Unless its network is allowed: libtorrent's own protection lets this one through."""
    data = make_dataset(tmp_path / "a", FILES)
    settings = Settings.loopback(allowed_networks=())

    async def story() -> None:
        async with LoopbackFiles(data.contents) as server, LibtorrentEngine(settings) as engine:
            await engine.add(Addition(data.torrent, tmp_path / "b", web_seeds=(server.url,), use_web_seeds=True))
            await asyncio.sleep(0.7)
            assert server.requests == []

    run(story())


def test_a_missing_file_on_a_web_seed_is_told(tmp_path: Path) -> None:
    """The server's URL comes with the event."""
    data = make_dataset(tmp_path / "a", FILES)

    async def story() -> None:
        async with LoopbackFiles({}) as server, LibtorrentEngine(Settings.loopback()) as engine:
            with engine.events() as events:
                await engine.add(Addition(data.torrent, tmp_path / "b", web_seeds=(server.url,), use_web_seeds=True))
                failed = await next_event(events, base.WebSeedFailed)
                assert failed.url.startswith(server.url)

    run(story())


def test_libtorrent_still_fails_v2_folders(tmp_path: Path) -> None:
    """The finding itself. When this fails, libtorrent was mended: see ADR 4 for what may then go."""
    data = make_dataset(tmp_path / "a", FILES, format="v2", piece_length=PIECE_LENGTH)
    refused = asyncio.run(_raw_refusals(data, tmp_path / "b"))
    assert refused, "libtorrent no longer refuses good pieces of a v2-only folder from a web seed"


async def _raw_refusals(data: Dataset, folder: Path) -> int:
    async with LoopbackFiles(data.contents) as server:
        session = lt.session(
            {
                "listen_interfaces": "127.0.0.1:0", "enable_dht": False, "enable_lsd": False, "enable_upnp": False,
                "enable_natpmp": False, "alert_mask": lt.alert_category.status | lt.alert_category.error,
            }
        )  # fmt: skip
        params = lt.load_torrent_buffer(data.torrent)
        params.save_path, params.url_seeds = str(folder), [server.url]
        params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        session.add_torrent(params)
        for _ in range(100):
            await asyncio.sleep(0.1)
            alerts = session.pop_alerts()
            if any(isinstance(alert, lt.torrent_finished_alert) for alert in alerts):
                return 0
            if refused := sum(isinstance(alert, lt.hash_failed_alert) for alert in alerts):
                return refused
        return 0
