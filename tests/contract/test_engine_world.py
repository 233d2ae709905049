# SPDX-License-Identifier: Apache-2.0
"""The libtorrent adapter and what is around it: ports, trackers, private networks, hostile peers."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import libtorrent as lt
import pytest

from seedbed.core.endpoints import Endpoint
from seedbed.core.ids import InfoHashes
from seedbed.core.magnet import Magnet
from seedbed.engine import base
from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.libtorrent_engine.faults import translated
from seedbed.engine.settings import Settings
from seedbed.errors import InputError, StateError, TorrentError
from seedbed.testing.datasets import make_dataset
from seedbed.testing.engine_stories import SIZES, next_event, run
from seedbed.testing.loopback import LoopbackTracker


def test_a_port_in_use_is_an_error(tmp_path: Path) -> None:
    """Not another port, silently."""

    async def story() -> None:
        async with LibtorrentEngine(Settings.loopback()) as first:
            taken = str(first.endpoints[0])
            with pytest.raises(StateError, match=f"cannot listen on {taken}: the port is in use"):
                async with LibtorrentEngine(Settings.loopback(listen=(taken,))):
                    pass

    run(story())


def test_an_error_in_the_body_comes_out_as_it_is() -> None:
    """Not wrapped in a group by the tasks inside."""

    async def story() -> None:
        with pytest.raises(InputError, match="mine"):
            async with LibtorrentEngine(Settings.loopback()):
                raise InputError("mine")

    run(story())


def test_nothing_is_left_after_closing(tmp_path: Path) -> None:
    """No thread of libtorrent's, no open descriptor."""
    data = make_dataset(tmp_path / "a", SIZES)

    async def play() -> None:
        async with LibtorrentEngine(Settings.loopback()) as engine:
            await engine.add(Addition(data.torrent, data.parent))

    run(play())
    before = _held()
    for _ in range(3):
        run(play())
    end_s = time.monotonic() + 5
    while _held() > before and time.monotonic() < end_s:  # a thread's end takes a moment
        time.sleep(0.05)
    assert _held() <= before


def _held() -> tuple[int, int]:
    """Open descriptors and threads of this process."""
    return len(list(Path("/proc/self/fd").iterdir())), len(list(Path("/proc/self/task").iterdir()))


def test_peers_find_each_other_by_a_tracker(tmp_path: Path) -> None:
    """Both announce; the second hears of the first. Closing tells the tracker."""

    async def story() -> None:
        async with LoopbackTracker() as tracker:
            data = make_dataset(tmp_path / "a", SIZES, trackers=((tracker.url,),))
            async with LibtorrentEngine(Settings.loopback()) as seeder:
                with seeder.events() as events:
                    await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                    assert (await next_event(events, base.TrackerReplied)).url == tracker.url
                async with LibtorrentEngine(Settings.loopback()) as fetcher:
                    with fetcher.events() as events:
                        await fetcher.add(Addition(data.torrent, tmp_path / "b"))
                        await next_event(events, base.Finished)
            assert {hash_ for hash_, swarm in tracker.swarms.items() if not swarm} == tracker.swarms.keys()
            assert set(tracker.swarms) == set(data.metainfo.info_hashes.announced)
        assert data.is_at(tmp_path / "b")

    run(story())


def test_a_tracker_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its URL and a reason."""

    async def story() -> None:
        async with LoopbackTracker() as tracker:
            url = tracker.url
        data = make_dataset(tmp_path / "a", SIZES, trackers=((url,),))
        async with LibtorrentEngine(Settings.loopback()) as engine:
            with engine.events() as events:
                await engine.add(Addition(data.torrent, data.parent))
                failed = await next_event(events, base.TrackerFailed)
                assert failed.url == url
                assert failed.reason

    run(story())


def test_trackers_are_not_asked_when_unwanted(tmp_path: Path) -> None:
    """``use_trackers=False``, or a tracker on a private network that is not allowed."""

    async def story() -> None:
        async with LoopbackTracker() as tracker:
            data = make_dataset(tmp_path / "a", SIZES, trackers=((tracker.url,),))
            for changes, use in (({}, False), ({"allowed_networks": ()}, True)):
                async with LibtorrentEngine(Settings.loopback(**changes)) as engine:
                    await engine.add(Addition(data.torrent, data.parent, use_trackers=use))
                    await asyncio.sleep(0.5)
            assert tracker.announce_count == 0

    run(story())


def test_private_peers_are_blocked_unless_allowed(tmp_path: Path) -> None:
    """Neither dialled nor let in."""
    data = make_dataset(tmp_path / "a", SIZES)
    strict = Settings.loopback(allowed_networks=())

    async def story() -> None:
        async with LibtorrentEngine(strict) as one, LibtorrentEngine(Settings.loopback()) as other:
            torrent = await one.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
            await other.add(Addition(data.torrent, tmp_path / "b", peers=one.endpoints))
            await one.connect_peer(torrent, other.endpoints[0])
            await asyncio.sleep(0.5)
            await other.refresh()
            assert other.status(torrent).pieces_have == 0
            assert await one.peers(torrent) == ()

    run(story())


@pytest.mark.timeout(60)
def test_hostile_metadata_from_a_peer_is_refused(tmp_path: Path) -> None:
    """A magnet whose metadata names a file that we refuse: the torrent goes, nothing is written."""
    data = make_dataset(tmp_path / "a", {"ok.txt": 50_000}, format="v1")
    hostile = data.torrent.replace(b"6:ok.txt", b"6:..\\..x")
    seeder = _raw_seed(hostile, tmp_path / "a")
    info = lt.load_torrent_buffer(hostile).ti
    assert info is not None
    hashes = InfoHashes(bytes.fromhex(str(info.info_hashes().v1)), None)
    (tmp_path / "b").mkdir()

    async def story() -> None:
        async with LibtorrentEngine(Settings.loopback()) as engine:
            with engine.events() as events:
                peer = Endpoint("127.0.0.1", seeder.listen_port())
                await engine.add(Addition(Magnet(hashes), tmp_path / "b", peers=(peer,)))
                refused = await next_event(events, base.MetadataRefused)
                assert "ok.txt" not in refused.error.message
                assert engine.statuses() == ()

    run(story())
    assert list((tmp_path / "b").iterdir()) == []


def _raw_seed(torrent: bytes, folder: Path) -> lt.session:
    session = lt.session(
        {
            "listen_interfaces": "127.0.0.1:0", "enable_dht": False, "enable_lsd": False, "enable_upnp": False,
            "enable_natpmp": False,
        }
    )  # fmt: skip
    params = lt.load_torrent_buffer(torrent)
    params.save_path = str(folder)
    params.flags = lt.torrent_flags.seed_mode
    session.add_torrent(params)
    return session


def test_what_only_libtorrent_refuses_is_our_error_too() -> None:
    """Its bare ``RuntimeError`` becomes a ``TorrentError`` with the code as data."""
    with pytest.raises(TorrentError) as caught, translated("x.torrent"):
        lt.load_torrent_buffer(b"de")
    assert (caught.value.data["category"], caught.value.data["code"]) == ("libtorrent", 4)
    assert caught.value.message.startswith("x.torrent: missing or invalid 'info'")


def test_a_peer_by_name_is_looked_up(tmp_path: Path) -> None:
    """``localhost`` works where libtorrent wants an address; an unknown name is the person's error."""
    data = make_dataset(tmp_path / "a", SIZES)

    async def story() -> None:
        async with LibtorrentEngine(Settings.loopback()) as seeder, LibtorrentEngine(Settings.loopback()) as fetcher:
            await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
            peer = Endpoint("localhost", seeder.endpoints[0].port)
            with fetcher.events() as events:
                torrent = await fetcher.add(Addition(data.torrent, tmp_path / "b", peers=(peer,)))
                await next_event(events, base.Finished)
            with pytest.raises(InputError, match="not known"):
                await fetcher.connect_peer(torrent, Endpoint("no-such-host.invalid", 1))

    run(story())


@pytest.mark.parametrize("skip_v1_hashes", [True, False])
def test_injected_pieces_may_come_with_or_without_padding(tmp_path: Path, skip_v1_hashes: bool) -> None:  # noqa: FBT001
    """libtorrent wants one or the other; a caller need not know which."""
    data = make_dataset(tmp_path / "a", SIZES)
    bare = [data.piece(0).removesuffix(b"\0"), data.piece(1), data.piece(2), data.piece(3)[:1], data.piece(4)[:1]]

    async def story() -> None:
        async with LibtorrentEngine(Settings.loopback(skip_v1_hashes=skip_v1_hashes)) as engine:
            with engine.events() as events:
                torrent = await engine.add(Addition(data.torrent, tmp_path / "b"))
                await next_event(events, base.Checked)
            for piece, body in enumerate(bare):
                assert await engine.add_piece(torrent, piece, body)
            with pytest.raises(InputError, match="expected 32768 to 32768 bytes, got 5"):
                await engine.add_piece(torrent, 6, b"short")

    run(story())
