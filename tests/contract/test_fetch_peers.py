# SPDX-License-Identifier: Apache-2.0
"""Peers and web seeds at work on one torrent, and magnets. Real libtorrent on loopback."""

from __future__ import annotations

import asyncio
import os
import subprocess
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.core import bencode, metainfo_reader
from seedbed.core import magnet as magnets
from seedbed.core.magnet import Magnet
from seedbed.core.metainfo import Rules as TorrentRules
from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.errors import DataError, NoSourceError, NoSpaceError
from seedbed.fetching.flow import Options, fetch, fetch_found
from seedbed.fetching.torrent.found import FoundTorrent
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.faulty_http import FaultyHttpServer, HttpFault
from seedbed.testing.fetching import QUICK, final_names, leftovers, server_of, torrent_with

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.result import Fetched, Progress

SIZES = {
    "a.bin": 5 * PIECE_LENGTH + 77,
    "b/c.bin": PIECE_LENGTH,
    "b/d.csv": 1000,
    "empty": 0,
    "z.bin": 40 * PIECE_LENGTH,
}
OPTIONS = Options(
    uses_dht=False,
    rules=replace(QUICK, no_progress_timeout_s=10.0),
    open_engine=lambda: LibtorrentEngine(Settings.loopback(reconnect_s=1, stop_timeout_s=1.0)),
)


MIRRORS = Options(uses_peers=False, rules=QUICK)


@pytest.fixture(params=["v1", "v2", "hybrid"])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    """A folder in each format."""
    return make_dataset(tmp_path / "source", SIZES, format=request.param)


def fetch_beside_seeder(
    dataset: Dataset,
    what: str,
    options: Options,
    *,
    have: Sequence[bool] | None = None,
    on_start: Callable[[], object] = lambda: None,
) -> Fetched:
    """Fetch while an engine on loopback seeds; ``on_start`` is called when fetching begins."""

    def tell(state: Progress) -> None:
        if state.stage == "fetching":
            on_start()

    async def story() -> Fetched:
        async with AsyncExitStack() as stack:
            seeder = await stack.enter_async_context(LibtorrentEngine(Settings.loopback()))
            await seeder.add(Addition(dataset.torrent, dataset.parent, have_pieces=have or dataset.all_pieces))
            return await fetch(what, replace(options, peers=tuple(seeder.endpoints)), on_progress=tell)

    return asyncio.run(story())


def test_a_torrent_comes_from_a_peer_alone(dataset: Dataset, tmp_path: Path) -> None:
    """No web seed: all bytes come from the peer, verified, under their final name."""
    torrent = torrent_with(dataset, tmp_path / "torrents")

    fetched = fetch_beside_seeder(dataset, str(torrent), replace(OPTIONS, folder=tmp_path / "out"))

    assert dataset.is_at(tmp_path / "out")
    assert fetched.bytes_from_peers == fetched.size_bytes
    assert fetched.bytes_from_mirrors == 0
    assert leftovers(tmp_path / "out") == []


def test_peers_and_web_seeds_share_the_work(dataset: Dataset, tmp_path: Path) -> None:
    """A slow web seed and a peer: both give a part, each byte once."""
    with server_of(dataset, piece_pause_s=0.1) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", server)
        fetched = fetch_beside_seeder(dataset, str(torrent), replace(OPTIONS, folder=tmp_path / "out"))

    assert dataset.is_at(tmp_path / "out")
    assert fetched.bytes_from_peers > 0
    assert fetched.bytes_from_mirrors > 0
    assert fetched.bytes_from_peers + fetched.bytes_from_mirrors >= fetched.size_bytes


def test_a_peer_heals_what_a_lying_web_seed_spoils(dataset: Dataset, tmp_path: Path) -> None:
    """The liar is named, the data is right."""
    with server_of(dataset, HttpFault("wrong-bytes")) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", server)
        fetched = fetch_beside_seeder(dataset, str(torrent), replace(OPTIONS, folder=tmp_path / "out"))

    assert dataset.is_at(tmp_path / "out")
    assert any(source.pieces_wrong for source in fetched.sources)


def test_a_web_seed_completes_what_peers_lack(tmp_path: Path) -> None:
    """A peer with half of the pieces and a web seed: together they are enough."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    half = [piece % 2 == 0 for piece in range(dataset.piece_count)]
    with server_of(dataset, piece_pause_s=0.02) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", server)
        fetch_beside_seeder(dataset, str(torrent), replace(OPTIONS, folder=tmp_path / "out"), have=half)

    assert dataset.is_at(tmp_path / "out")


def test_some_files_come_from_peers(dataset: Dataset, tmp_path: Path) -> None:
    """``--files`` holds for peers too: only the wanted files appear."""
    torrent = torrent_with(dataset, tmp_path / "torrents")

    options = replace(OPTIONS, folder=tmp_path / "out", files=("b/*",))
    fetch_beside_seeder(dataset, str(torrent), options)

    assert sorted(path.name for path in (tmp_path / "out").rglob("*") if path.is_file()) == ["c.bin", "d.csv"]


def test_a_dead_peer_holds_nobody_up(dataset: Dataset, tmp_path: Path) -> None:
    """Pieces that were meant for peers go back to the web seed, soon."""
    with server_of(dataset) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", server)
        options = replace(OPTIONS, folder=tmp_path / "out", peers=(("127.0.0.1", 9),))
        fetched = asyncio.run(fetch(str(torrent), options))

    assert dataset.is_at(tmp_path / "out")
    assert fetched.seconds < 3


@pytest.mark.skipif(os.geteuid() != 0, reason="a small file system needs root")
def test_a_disk_too_full_for_what_peers_send_is_said(dataset: Dataset, tmp_path: Path) -> None:
    """Exit code 13; after space returns the same fetch completes, every byte right."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=False).returncode:
        pytest.skip("a small file system needs mount")
    torrent = torrent_with(dataset, tmp_path / "torrents")
    options = replace(OPTIONS, folder=disk / "out")
    try:
        filler = disk / "filler"
        with pytest.raises(NoSpaceError) as caught:
            fetch_beside_seeder(dataset, str(torrent), options, on_start=lambda: fill_all_but(filler, 500_000))
        assert final_names(disk / "out") == []
        filler.unlink()
        fetch_beside_seeder(dataset, str(torrent), options)
        assert dataset.is_at(disk / "out")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
    assert caught.value.exit_code == 13


def fill_all_but(path: Path, left_bytes: int) -> None:
    """Take the free space of a disk, once."""
    if not path.exists():
        facts = os.statvfs(path.parent)
        path.write_bytes(bytes(facts.f_bavail * facts.f_frsize - left_bytes))


def test_nobody_anywhere_is_said(tmp_path: Path) -> None:
    """A dead peer and nothing else: a clear error in bounded time."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    torrent = torrent_with(dataset, tmp_path / "torrents")
    rules = replace(QUICK, no_progress_timeout_s=1.0)
    options = replace(OPTIONS, folder=tmp_path / "out", peers=(("127.0.0.1", 9),), rules=rules)

    with pytest.raises(NoSourceError, match="peers"):
        asyncio.run(fetch(str(torrent), options))

    assert final_names(tmp_path / "out") == []


# -- magnets ---------------------------------------------------------------------------------------------------------


def link(dataset: Dataset, **said: tuple[str, ...]) -> str:
    """A magnet link for a dataset."""
    return magnets.render(Magnet(dataset.metainfo.info_hashes, dataset.metainfo.name, **said))  # type: ignore[arg-type]


def test_a_magnet_starts_from_its_exact_source(dataset: Dataset, tmp_path: Path) -> None:
    """A swarm with nobody in it: ``xs`` gives the torrent, ``ws`` the data."""
    with server_of(dataset) as server:
        server.files["/set.torrent"] = dataset.torrent
        text = link(dataset, exact_sources=(f"{server.url}set.torrent",), web_seeds=(server.url,))
        fetched = asyncio.run(fetch(text, replace(OPTIONS, folder=tmp_path / "out", uses_peers=False)))

    assert dataset.is_at(tmp_path / "out")
    assert fetched.bytes_from_mirrors == fetched.size_bytes


def test_a_magnets_source_with_another_torrent_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    """T41: the wrong torrent is named and the next source is asked."""
    other = make_dataset(tmp_path / "other", 100, name="other")
    with server_of(dataset) as server:
        server.files |= {"/wrong.torrent": other.torrent, "/right.torrent": dataset.torrent}
        wrong, right = f"{server.url}wrong.torrent", f"{server.url}right.torrent"
        options = replace(OPTIONS, folder=tmp_path / "out", uses_peers=False)
        healed = link(dataset, exact_sources=(wrong,), acceptable_sources=(right,), web_seeds=(server.url,))
        asyncio.run(fetch(healed, options))
        with pytest.raises(NoSourceError, match="another torrent"):
            asyncio.run(fetch(link(dataset, exact_sources=(wrong,)), options))

    assert dataset.is_at(tmp_path / "out")


def test_a_magnet_gets_everything_from_a_peer(dataset: Dataset, tmp_path: Path) -> None:
    """Metadata and data by the peer protocol."""
    fetched = fetch_beside_seeder(dataset, link(dataset), replace(OPTIONS, folder=tmp_path / "out"))

    assert dataset.is_at(tmp_path / "out")
    assert fetched.bytes_from_peers == fetched.size_bytes


def test_a_torrent_comes_from_a_url(tmp_path: Path) -> None:
    """An ``http`` address of a .torrent; one that is too long, or a web page, is refused."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    with FaultyHttpServer({f"/{path}": body for path, body in dataset.contents.items()}) as server:
        server.files["/t/set.torrent"] = torrent_with(dataset, tmp_path / "torrents", server).read_bytes()
        server.files["/t/page"] = b"<html>not here</html>"
        options = replace(OPTIONS, folder=tmp_path / "out", uses_peers=False)
        asyncio.run(fetch(f"{server.url}t/set.torrent", options))
        with pytest.raises(Exception, match="web page"):
            asyncio.run(fetch(f"{server.url}t/page", options))
        with pytest.raises(Exception, match="404"):
            asyncio.run(fetch(f"{server.url}t/none", options))
        tight = replace(options, rules=replace(QUICK, max_torrent_bytes=10))
        with pytest.raises(Exception, match="longer than 10 bytes"):
            asyncio.run(fetch(f"{server.url}t/set.torrent", tight))

    assert dataset.is_at(tmp_path / "out")


def from_peers(info: bytes, server: FaultyHttpServer) -> Metainfo:
    """A torrent as peers give it: the info dictionary alone, and a web seed that the magnet names."""
    metainfo = metainfo_reader.parse_info(info, rules=TorrentRules(require_piece_layers=False))
    return replace(metainfo, web_seeds=(server.url,))


def test_a_hybrid_without_piece_layers_is_proved_by_its_roots(tmp_path: Path) -> None:
    """SHA-1 proves piece by piece, and SHA-256 every file before it gets its name."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    with server_of(dataset) as server:
        found = FoundTorrent(from_peers(dataset.metainfo.info, server), replace(MIRRORS, folder=tmp_path / "out"))
        fetched = asyncio.run(fetch_found(found))

    assert dataset.is_at(tmp_path / "out")
    assert fetched.proof == "SHA-256 (BitTorrent v2)"


def test_a_hybrid_whose_v1_and_v2_parts_disagree_is_refused(tmp_path: Path) -> None:
    """Bytes that SHA-1 proves are not those of the pieces root: nothing gets a final name, nothing is left."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    other = make_dataset(tmp_path / "other", SIZES, name="other")
    info, tree = bencode.decode(dataset.metainfo.info), bencode.decode(other.metainfo.info)
    assert isinstance(info, dict)
    assert isinstance(tree, dict)
    forged = bencode.encode({**info, b"file tree": tree[b"file tree"]})
    with server_of(dataset) as server:
        found = FoundTorrent(from_peers(forged, server), replace(MIRRORS, folder=tmp_path / "out"))
        with pytest.raises(DataError, match=r"v1 and v2 hashes are of different contents: a\.bin"):
            asyncio.run(fetch_found(found))

    assert final_names(tmp_path / "out") == []
    assert leftovers(tmp_path / "out") == []
