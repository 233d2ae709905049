# SPDX-License-Identifier: Apache-2.0
"""A full disk: the engine says so, claims nothing, and completes after there is room.

libtorrent 2.1.1 by itself calls a v2-only torrent complete on a full disk when writes are left to the system.
``test_libtorrent_still_lies`` fails on the day that a new libtorrent mends this; the other tests must never fail.
"""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import libtorrent as lt
import pytest

from seedbed.engine import base
from seedbed.engine.base import Addition, State
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.testing.datasets import Dataset, make_dataset
from seedbed.testing.engine_stories import FORMATS, next_event, run, torrent_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.core.metainfo import Format

MIB = 1 << 20
SMALL, LARGE = 24, 100
SIZES = {"a": 32 * MIB, "b": 32 * MIB}
PIECE_LENGTH = 256 << 10

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root"),
    pytest.mark.timeout(60),
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}m", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def grow(folder: Path) -> None:
    """Make room."""
    subprocess.run(["mount", "-o", f"remount,size={LARGE}m", folder], check=True)


@pytest.mark.parametrize("write_through", [True, False])
@pytest.mark.parametrize("format_", FORMATS)
def test_nothing_is_claimed_on_a_full_disk(
    small_disk: Path,
    tmp_path: Path,
    format_: Format,
    write_through: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    """``FileError`` says no space; what is counted is really there; after ``retry`` with room it completes."""
    data = make_dataset(tmp_path / "a", SIZES, format=format_, piece_length=PIECE_LENGTH)
    settings = Settings.loopback(enable_utp=False, write_through=write_through)

    async def story() -> None:
        async with LibtorrentEngine(settings) as seeder, LibtorrentEngine(settings) as fetcher:
            await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
            with fetcher.events() as events:
                torrent = await fetcher.add(Addition(data.torrent, small_disk, peers=seeder.endpoints))
                error = await next_event(events, base.FileError)
                assert error.is_no_space
                assert sum(await fetcher.recheck(torrent)) < data.piece_count
                await fetcher.refresh()
                assert fetcher.status(torrent).state is State.FAILED
                grow(small_disk)
                await fetcher.retry(torrent)
                await next_event(events, base.Finished)
                assert data.is_at(small_disk)
            assert not [event for event in events._queue if isinstance(event, base.Finished)]

    run(story())


def test_finished_is_not_said_before_the_disk_has_it(small_disk: Path, tmp_path: Path) -> None:
    """The very case in which libtorrent lies: no ``Finished`` comes, although libtorrent says so."""
    data = make_dataset(tmp_path / "a", SIZES, format="v2", piece_length=PIECE_LENGTH)
    settings = Settings.loopback(enable_utp=False, write_through=False)
    heard: list[base.Event] = []

    async def story() -> None:
        async with LibtorrentEngine(settings) as seeder, LibtorrentEngine(settings) as fetcher:
            await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
            stream = fetcher.events()
            await fetcher.add(Addition(data.torrent, small_disk, peers=seeder.endpoints))
            await next_event(stream, base.FileError)
            await next_event(stream, base.Checked)  # the check that the error brought about
            await fetcher.refresh()
            assert fetcher.status(torrent_of(data)).pieces_have < data.piece_count
        heard.extend([event async for event in stream])

    run(story())
    assert not [event for event in heard if isinstance(event, base.Finished)]


def test_libtorrent_still_lies(small_disk: Path, tmp_path: Path) -> None:
    """The finding itself. When this fails, libtorrent was mended: see ADR 4 for what may then go."""
    data = make_dataset(tmp_path / "a", SIZES, format="v2", piece_length=PIECE_LENGTH)
    seeder, fetcher = _raw(data, data.parent, data.all_pieces), _raw(data, small_disk, [])
    handle = fetcher.get_torrents()[0]
    handle.connect_peer(("127.0.0.1", seeder.listen_port()))

    claimed = _wait(lambda: handle.status().num_pieces == data.piece_count)
    handle.force_recheck()
    real = _wait(lambda: 0 < handle.status().num_pieces < data.piece_count)

    assert claimed, "libtorrent no longer calls a torrent complete that does not fit the disk"
    assert real


def _raw(data: Dataset, folder: Path, have: list[bool]) -> lt.session:
    session = lt.session(
        {
            "listen_interfaces": "127.0.0.1:0", "enable_dht": False, "enable_lsd": False, "enable_upnp": False,
            "enable_natpmp": False, "enable_outgoing_utp": False, "enable_incoming_utp": False,
        }
    )  # fmt: skip
    params = lt.load_torrent_buffer(data.torrent)
    params.save_path, params.have_pieces = str(folder), have
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    session.add_torrent(params)
    return session


def _wait(condition: object, limit_s: float = 15) -> bool:
    assert callable(condition)
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        if condition():
            return True
        time.sleep(0.05)
    return False
