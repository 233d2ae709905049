# SPDX-License-Identifier: Apache-2.0
"""What every :class:`seedbed.engine.base.Engine` must do with data. Subclass :class:`EngineSuite` and give it engines.

The stories move a few pieces between engines that can reach each other; sizes lie at the edges of pieces and blocks.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from seedbed.engine import base
from seedbed.engine.base import Addition, State
from seedbed.errors import InputError, StateError
from seedbed.testing.datasets import PIECE_LENGTH, make_dataset
from seedbed.testing.engine_stories import (
    FORMATS,
    SIZES,
    EngineStories,
    damage,
    fetch,
    next_event,
    run,
    torrent_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.core.metainfo import Format
    from seedbed.engine.base import Engine, TorrentId


class EngineSuite(EngineStories):
    """Moving data, and what is on disk."""

    # -- moving data ------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("format_", FORMATS)
    def test_a_dataset_moves_from_one_engine_to_another(self, tmp_path: Path, format_: Format) -> None:
        """All files arrive, byte for byte, and ``Finished`` comes after they can be read."""
        data = make_dataset(tmp_path / "a", SIZES, format=format_)

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                await fetch(fetcher, Addition(data.torrent, tmp_path / "b", peers=seeder.endpoints))
                assert data.is_at(tmp_path / "b")
                await fetcher.refresh()
                status = fetcher.status(torrent_of(data))
                assert (status.state, status.bytes_done) == (State.SEEDING, data.metainfo.size_bytes)
                assert (status.pieces_have, status.pieces_total) == (data.piece_count, data.piece_count)
                assert status.is_complete

        run(story())

    @pytest.mark.parametrize("format_", FORMATS)
    def test_a_single_file_moves(self, tmp_path: Path, format_: Format) -> None:
        """A torrent of one file arrives under its name."""
        data = make_dataset(tmp_path / "a", 3 * PIECE_LENGTH - 5, name="data.bin", format=format_)

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                await fetch(fetcher, Addition(data.torrent, tmp_path / "b", peers=seeder.endpoints))
                assert data.is_at(tmp_path / "b")

        run(story())

    def test_what_went_over_the_line_is_counted(self, tmp_path: Path) -> None:
        """On both sides, at least the data and not twice as much; a torrent that is removed takes nothing with it."""
        data = make_dataset(tmp_path / "a", 40 * PIECE_LENGTH)
        size = data.metainfo.size_bytes

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                assert sum(await fetcher.totals()) < size / 2
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                await fetch(fetcher, Addition(data.torrent, tmp_path / "b", peers=seeder.endpoints))
                async with asyncio.timeout(20):  # the seeder's own count follows within a tick
                    while (await seeder.totals()).sent_bytes < size:  # noqa: ASYNC110  # an engine calls nobody
                        await asyncio.sleep(0.02)
                await seeder.remove(torrent_of(data))
                sent, received = await seeder.totals(), await fetcher.totals()
                assert size <= sent.sent_bytes < 1.5 * size + 50_000
                assert size <= received.received_bytes < 1.5 * size + 50_000

        run(story())

    @pytest.mark.parametrize("format_", FORMATS)
    def test_only_wanted_files_are_fetched(self, tmp_path: Path, format_: Format) -> None:
        """Files that were not wanted are not there; the torrent is finished, not seeding."""
        data = make_dataset(tmp_path / "a", SIZES, format=format_)
        wanted = 5

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                addition = Addition(
                    data.torrent, tmp_path / "b", peers=seeder.endpoints, wanted_files=frozenset({wanted})
                )
                await fetch(fetcher, addition)
                await fetcher.refresh()
                assert fetcher.status(torrent_of(data)).state is State.FINISHED
                assert fetcher.status(torrent_of(data)).bytes_wanted >= SIZES["sub/f-many"]

        run(story())
        path = "set/" + data.metainfo.files[wanted].display
        assert (tmp_path / "b" / path).read_bytes() == data.contents[path]
        assert not (tmp_path / "b" / "set/b-piece").exists()

    def test_a_peer_is_dialled_on_request(self, tmp_path: Path) -> None:
        """``connect_peer`` starts a transfer, and both sides see the other."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                torrent = await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                with fetcher.events(torrent) as events:
                    await fetcher.add(Addition(data.torrent, tmp_path / "b"))
                    await seeder.connect_peer(torrent, fetcher.endpoints[0])
                    connected = await next_event(events, base.PeerConnected)
                    await next_event(events, base.Finished)
                    assert connected.torrent == torrent

        run(story())
        assert data.is_at(tmp_path / "b")

    def test_pieces_can_be_left_to_others(self, tmp_path: Path) -> None:
        """``want_pieces`` chooses; the status speaks of what is wanted, and more can be wanted later."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                with fetcher.events() as events:
                    addition = Addition(data.torrent, tmp_path / "b", peers=seeder.endpoints, paused=True)
                    torrent = await fetcher.add(addition)
                    await fetcher.want_pieces(torrent, range(data.piece_count), wanted=False)
                    await fetcher.want_pieces(torrent, [1, 2], wanted=True)
                    await fetcher.start(torrent)
                    while sum(await fetcher.pieces(torrent)) < 2:
                        await next_event(events, base.PieceFinished)
                    assert list(await fetcher.pieces(torrent)) == [piece in {1, 2} for piece in range(data.piece_count)]
                    await _until_complete(fetcher, torrent)
                    await fetcher.want_pieces(torrent, range(data.piece_count), wanted=True)
                    await fetcher.connect_peer(torrent, seeder.endpoints[0])
                    await _until_complete(fetcher, torrent)
                    assert fetcher.status(torrent).state is State.SEEDING

        run(story())
        assert data.is_at(tmp_path / "b")

    def test_connected_peers_are_listed(self, tmp_path: Path) -> None:
        """With their address, and whether they have everything."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                with fetcher.events() as events:
                    addition = Addition(data.torrent, tmp_path / "b", peers=seeder.endpoints, upload_only=True)
                    torrent = await fetcher.add(addition)
                    await next_event(events, base.PeerConnected)
                    if peers := await fetcher.peers(torrent):  # it may be gone again: neither has a wish
                        assert [peer.endpoint for peer in peers] == list(seeder.endpoints)

        run(story())

    def test_a_copy_taken_is_told_once(self, tmp_path: Path) -> None:
        """Who took a whole copy from us is told, with where it came from, and each peer counts for itself."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open(report_copies=True) as seeder, self.open() as one, self.open() as two:
                torrent = await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                with seeder.events(torrent) as events:
                    for engine, name in ((one, "b"), (two, "c")):
                        await fetch(engine, Addition(data.torrent, tmp_path / name, peers=seeder.endpoints))
                        await next_event(events, base.CopyTaken)
                await asyncio.sleep(0.1)
                assert not [event for event in events._queue if isinstance(event, base.CopyTaken)]  # noqa: SLF001

        run(story())

    # -- what is on disk -----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("format_", FORMATS)
    def test_existing_data_is_checked(self, tmp_path: Path, format_: Format) -> None:
        """Without ``have_pieces`` what is on disk is hashed; a damaged piece is fetched again."""
        data = make_dataset(tmp_path / "a", SIZES, format=format_)
        copy = make_dataset(tmp_path / "b", SIZES, format=format_)
        damage(tmp_path / "b/set/sub/f-many", at=PIECE_LENGTH + 3)

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                torrent = await fetcher.add(Addition(copy.torrent, copy.parent))
                have = await fetcher.recheck(torrent)
                bad = 1 if format_ != "v1" else 2  # unaligned, the damage may lie in another piece
                assert data.piece_count - bad <= sum(have) < data.piece_count
                assert list(have) == list(await fetcher.pieces(torrent))
                with fetcher.events(torrent) as events:
                    await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                    await fetcher.connect_peer(torrent, seeder.endpoints[0])
                    await next_event(events, base.Finished)

        run(story())
        assert data.is_at(tmp_path / "b")

    def test_verified_pieces_are_taken_at_our_word(self, tmp_path: Path) -> None:
        """``have_pieces`` makes a seed at once; recheck still finds what is wrong."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as engine:
                with engine.events() as events:
                    torrent = await engine.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
                    await next_event(events, base.Checked)
                    await next_event(events, base.Finished)
                await engine.refresh()
                assert engine.status(torrent).state is State.SEEDING
                damage(tmp_path / "a/set/b-piece", at=5)
                assert (await engine.recheck(torrent)).count(False) == 1
                await engine.refresh()
                assert not engine.status(torrent).is_complete

        run(story())

    def test_a_root_by_another_name_is_served(self, tmp_path: Path) -> None:
        """``root_name`` says what the folder is called here; others get it under the torrent's name."""
        data = make_dataset(tmp_path / "a", SIZES)
        (tmp_path / "a/set").rename(tmp_path / "a/my copy")

        async def story() -> None:
            async with self.open() as seeder, self.open() as fetcher:
                addition = Addition(data.torrent, data.parent, root_name="my copy")
                await seeder.add(addition)
                assert list(await seeder.recheck(torrent_of(data))) == data.all_pieces
                await fetch(fetcher, Addition(data.torrent, tmp_path / "b", peers=seeder.endpoints))

        run(story())
        assert data.is_at(tmp_path / "b")

    def test_have_pieces_of_wrong_length_is_refused(self, tmp_path: Path) -> None:
        """One value for each piece, or an error that counts them."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as engine:
                with pytest.raises(InputError, match=f"expected {data.piece_count} values, got 1"):
                    await engine.add(Addition(data.torrent, data.parent, have_pieces=[True]))

        run(story())

    @pytest.mark.parametrize("format_", FORMATS)
    def test_pieces_can_be_injected(self, tmp_path: Path, format_: Format) -> None:
        """A downloader of our own brings every piece; a wrong one is refused and can come again."""
        data = make_dataset(tmp_path / "a", SIZES, format=format_)

        async def story() -> None:
            async with self.open() as engine:
                with engine.events() as events:
                    torrent = await engine.add(Addition(data.torrent, tmp_path / "b"))
                    await next_event(events, base.Checked)
                    assert await engine.add_piece(torrent, 0, bytes(PIECE_LENGTH)) is False
                    for piece in range(data.piece_count):
                        assert await engine.add_piece(torrent, piece, data.piece(piece))
                    assert await engine.add_piece(torrent, 0, data.piece(0)), "a second time is harmless"
                    await next_event(events, base.Finished)
                assert await engine.read_piece(torrent, 1) == data.piece(1)

        run(story())
        assert data.is_at(tmp_path / "b")

    def test_a_piece_that_is_not_here_cannot_be_read(self, tmp_path: Path) -> None:
        """It is an error of ours, not an empty answer."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as engine:
                torrent = await engine.add(Addition(data.torrent, tmp_path / "b"))
                with pytest.raises(StateError):
                    await engine.read_piece(torrent, 0)

        run(story())

    def test_a_resume_record_brings_everything_back(self, tmp_path: Path) -> None:
        """Torrent and pieces come back without hashing, and without the .torrent file."""
        data = make_dataset(tmp_path / "a", SIZES)

        async def story() -> None:
            async with self.open() as first:
                with first.events() as events:
                    torrent = await first.add(Addition(data.torrent, data.parent))
                    await next_event(events, base.Finished)
                resume = await first.save_resume(torrent)
            async with self.open() as second:
                with second.events() as events:
                    assert await second.add(Addition(resume, data.parent)) == torrent
                    await next_event(events, base.Finished)
                assert list(await second.pieces(torrent)) == data.all_pieces

        run(story())


async def _until_complete(engine: Engine, torrent: TorrentId) -> None:
    await engine.refresh()
    while not engine.status(torrent).is_complete:
        await asyncio.sleep(0.02)
        await engine.refresh()
