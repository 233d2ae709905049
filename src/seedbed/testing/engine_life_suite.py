# SPDX-License-Identifier: Apache-2.0
"""What every :class:`seedbed.engine.base.Engine` must do with magnets, additions, removals, events, and at its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from seedbed.core.endpoints import Endpoint
from seedbed.core.magnet import Magnet
from seedbed.engine import base
from seedbed.engine.base import Addition, State
from seedbed.errors import BencodeError, InputError, NameRefusedError, NotFoundError, StateError
from seedbed.testing.datasets import make_dataset
from seedbed.testing.engine_stories import (
    FORMATS,
    SIZES,
    EngineStories,
    fetch,
    next_event,
    run,
    torrent_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.core.metainfo import Format
    from seedbed.engine.base import Event


class EngineLifeSuite(EngineStories):
    """The life of torrents and of the engine."""

    # -- magnets ----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("format_", FORMATS)
    def test_a_magnet_becomes_the_torrent(self, tmp_path: Path, format_: Format) -> None:
        """From info-hash and a peer alone: metadata, data, and the .torrent file with its piece layers."""
        data = make_dataset(tmp_path / "a", SIZES, format=format_)

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                magnet = Magnet(
                    data.metainfo.info_hashes, peers=((seeder.endpoints[0].host, seeder.endpoints[0].port),)
                )
                await fetch(fetcher, Addition(magnet, tmp_path / "b"))
                assert await fetcher.torrent_file(torrent_of(data)) == data.torrent
                assert fetcher.status(torrent_of(data)).name == "set"

        run(story())
        assert data.is_at(tmp_path / "b")

    def test_a_magnet_by_v2_hash_finds_the_hybrid(self, tmp_path: Path) -> None:
        """The engine keeps the name it gave, although the torrent turns out to have another too."""
        data = make_dataset(tmp_path / "a", SIZES)
        hashes = data.metainfo.info_hashes

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                magnet = Magnet(type(hashes)(None, hashes.v2))
                with fetcher.events() as events:
                    torrent = await fetcher.add(Addition(magnet, tmp_path / "b", peers=seeder.endpoints))
                    assert torrent == hashes.v2_hex
                    finished = await next_event(events, base.Finished)
                    assert finished.torrent == torrent

        run(story())
        assert data.is_at(tmp_path / "b")

    def test_a_held_magnet_waits_for_the_choice_of_files(self, tmp_path: Path) -> None:
        """Nothing is written until ``start`` says which files are wanted."""
        data = make_dataset(tmp_path / "a", SIZES)
        (tmp_path / "b").mkdir()

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                magnet = Magnet(data.metainfo.info_hashes)
                with fetcher.events() as events:
                    addition = Addition(magnet, tmp_path / "b", peers=seeder.endpoints, hold_at_metadata=True)
                    torrent = await fetcher.add(addition)
                    received = await next_event(events, base.MetadataReceived)
                    assert received.info == data.metainfo.info
                    await fetcher.refresh()
                    assert fetcher.status(torrent).state is State.HELD
                    assert list((tmp_path / "b").iterdir()) == []
                    await fetcher.start(torrent, wanted_files=frozenset({0}))
                    await next_event(events, base.Finished)

        run(story())
        assert [path.name for path in (tmp_path / "b/set").iterdir() if path.is_file()] == ["a-less"]

    def test_a_magnet_without_metadata_is_not_ready(self, tmp_path: Path) -> None:
        """What needs metadata says that it is not here yet."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as engine:
                torrent = await engine.add(Addition(Magnet(data.metainfo.info_hashes), tmp_path / "b"))
                await engine.refresh()
                assert engine.status(torrent).state is State.METADATA
                for question in (engine.start(torrent), engine.torrent_file(torrent), engine.save_resume(torrent)):
                    with pytest.raises(StateError):
                        await question

        run(story())

    # -- additions and removals -------------------------------------------------------------------------------------

    def test_the_same_torrent_twice_is_refused(self, tmp_path: Path) -> None:
        """The first stays."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as engine:
                torrent = await engine.add(Addition(data.torrent, data.parent))
                with pytest.raises(InputError, match="added twice"):
                    await engine.add(Addition(data.torrent, tmp_path / "b"))
                assert [status.torrent for status in engine.statuses()] == [torrent]

        run(story())

    def test_what_core_refuses_is_refused(self, tmp_path: Path) -> None:
        """Hostile names and broken bytes never reach the engine's own parser."""
        data = make_dataset(tmp_path / "a", {"ok.txt": 5})
        hostile = data.torrent.replace(b"6:ok.txt", b"6:..\\..x")

        async def story() -> None:
            async with self.open() as engine:
                with pytest.raises(NameRefusedError):
                    await engine.add(Addition(hostile, tmp_path / "b"))
                with pytest.raises(BencodeError):
                    await engine.add(Addition(b"<html>", tmp_path / "b"))
                assert engine.statuses() == ()

        run(story())

    def test_one_bad_torrent_does_not_stop_the_others(self, tmp_path: Path) -> None:
        """``add_many`` answers for each, in order."""
        sets = [make_dataset(tmp_path / "a", 100 + n, name=f"f{n}") for n in range(3)]
        additions = [Addition(data.torrent, data.parent) for data in sets]
        additions.insert(1, Addition(b"junk", tmp_path))

        async def story() -> None:
            async with self.open() as engine:
                outcomes = [outcome async for outcome in engine.add_many(additions)]
                assert isinstance(outcomes.pop(1), BencodeError)
                assert outcomes == [torrent_of(data) for data in sets]

        run(story())

    def test_a_removed_torrent_is_gone(self, tmp_path: Path) -> None:
        """Its files stay unless asked otherwise; every question about it is answered with ``NotFoundError``."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as engine:
                with engine.events() as events:
                    torrent = await engine.add(Addition(data.torrent, data.parent))
                    await engine.remove(torrent)
                    await next_event(events, base.Removed)
                    assert data.is_at(tmp_path / "a")
                    with pytest.raises(NotFoundError):
                        engine.status(torrent)
                    for question in (engine.pieces(torrent), engine.remove(torrent), engine.peers(torrent)):
                        with pytest.raises(NotFoundError):
                            await question
                    await engine.add(Addition(data.torrent, data.parent))
                    await next_event(events, base.Finished)
                    await engine.remove(torrent, delete_files=True)

        run(story())
        assert not (tmp_path / "a/set/b-piece").exists()

    def test_a_paused_torrent_waits(self, tmp_path: Path) -> None:
        """It moves nothing until it is started."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                with fetcher.events() as events:
                    addition = Addition(data.torrent, tmp_path / "b", peers=seeder.endpoints, paused=True)
                    torrent = await fetcher.add(addition)
                    await asyncio.sleep(0.3)
                    await fetcher.refresh()
                    assert fetcher.status(torrent).pieces_have == 0
                    assert fetcher.status(torrent).is_paused
                    await fetcher.start(torrent)
                    await next_event(events, base.Finished)

        run(story())
        assert data.is_at(tmp_path / "b")

    # -- events and the end -----------------------------------------------------------------------------------------

    def test_events_are_of_the_torrent_asked_for(self, tmp_path: Path) -> None:
        """A reader of one torrent hears nothing of others, and its stream ends with the engine."""
        one, two = (make_dataset(tmp_path / "a", 50_000, name=name) for name in ("one", "two"))
        heard: list[Event] = []

        async def story() -> None:
            async with self.open() as engine:
                stream = engine.events(torrent_of(one))
                for data in (one, two):
                    await engine.add(Addition(data.torrent, data.parent))
                await engine.recheck(torrent_of(two))
            heard.extend([event async for event in stream])

        run(story())
        assert heard
        assert {event.torrent for event in heard} == {torrent_of(one)}

    def test_a_closed_engine_says_so(self, tmp_path: Path) -> None:
        """Closing twice is harmless; what comes after is an error of ours, not a hang."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as engine:
                assert all(isinstance(endpoint, Endpoint) for endpoint in engine.endpoints)
                await engine.add(Addition(data.torrent, data.parent))
                await engine.aclose()
            with pytest.raises(StateError):
                await engine.add(Addition(data.torrent, data.parent))

        run(story())
