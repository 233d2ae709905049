# SPDX-License-Identifier: Apache-2.0
"""Parts of versions in the cache: here, in doubt, given up, back again, gone; bytes are freed, and only theirs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from seedbed.core.layout import Layout
from seedbed.fetching.flow import Options
from seedbed.library.cache import Cache
from seedbed.library.fetch import Wanted, fetch
from seedbed.library.parts import BEGUN, OFF, PartShelf
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.fetching import QUICK, server_of
from seedbed.testing.releases import release_of

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release
    from seedbed.fetching.result import Fetched

SIZES = {"a.bin": 6 * PIECE_LENGTH, "b.bin": 30 * PIECE_LENGTH, "c.bin": 2 * PIECE_LENGTH}
FIRST, SECOND, THIRD = range(12), range(12, 24), range(24, 38)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A large file between two small ones."""
    return make_dataset(tmp_path / "source", SIZES)


@pytest.fixture
def cache(tmp_path: Path, dataset: Dataset) -> Cache:
    """It has the torrent."""
    cache = Cache(tmp_path / "cache")
    cache.put_torrent(dataset.metainfo.info_hashes.best_hex, dataset.torrent)
    return cache


def get(dataset: Dataset, release: Release, cache: Cache, number: int, pieces: range) -> Fetched:
    """Fetch a part from one mirror."""
    cache.put_torrent(dataset.metainfo.info_hashes.best_hex, dataset.torrent)
    with server_of(dataset) as server:
        options = Options(rules=QUICK, uses_peers=False, web_seeds=(server.url,))
        return asyncio.run(fetch(Wanted(release, (), number, pieces), cache, options))


def used_bytes(shelf: PartShelf) -> int:
    """What its files take on the disk."""
    return sum(path.stat().st_blocks * 512 for path in shelf.folder.rglob("*") if path.is_file())


def test_parts_come_and_go_one_by_one(dataset: Dataset, cache: Cache) -> None:
    """Each takes its own bytes; a part that goes leaves those of its neighbours, in files that they share."""
    release = release_of("set", dataset)
    shelf = PartShelf(cache, Wanted(release).ref)
    for number, pieces in enumerate((FIRST, SECOND, THIRD), 1):
        get(dataset, release, cache, number, pieces)
    assert shelf.numbers() == [1, 2, 3]
    assert used_bytes(shelf) == 38 * PIECE_LENGTH

    shelf.give_up(2)
    assert (shelf.numbers(), shelf.numbers(OFF)) == ([1, 3], [2])
    assert used_bytes(shelf) == 38 * PIECE_LENGTH
    shelf.purge(2)
    assert used_bytes(shelf) == 26 * PIECE_LENGTH
    assert shelf.bad_files(1, dataset.metainfo) == ()
    assert shelf.bad_files(3, dataset.metainfo) == ()

    shelf.give_up(1)
    shelf.purge(1)
    assert not (shelf.folder / "set/a.bin").exists()
    assert used_bytes(shelf) == 14 * PIECE_LENGTH


def test_what_was_given_up_can_be_had_back(dataset: Dataset, cache: Cache) -> None:
    """Nothing was freed yet: one rename."""
    release = release_of("set", dataset)
    shelf = PartShelf(cache, Wanted(release).ref)
    get(dataset, release, cache, 2, SECOND)
    kept = shelf.kept(2)

    shelf.give_up(2)
    assert shelf.kept(2) is None
    assert shelf.give_back(2)
    assert shelf.kept(2) == kept
    assert not shelf.give_back(2)


def test_a_part_that_is_coming_keeps_the_file_that_it_shares(dataset: Dataset, cache: Cache) -> None:
    """The neighbour goes while it is fetched: the file stays, only the neighbour's bytes go."""
    release = release_of("set", dataset)
    shelf = PartShelf(cache, Wanted(release).ref)
    get(dataset, release, cache, 1, FIRST)
    shelf.begin(2, dataset.metainfo, SECOND)
    assert shelf.numbers(BEGUN) == [2]

    shelf.give_up(1)
    shelf.purge(1)
    assert (shelf.folder / "set/b.bin").stat().st_size == SIZES["b.bin"]
    assert used_bytes(shelf) == 0


def test_damage_is_found_in_its_part_only(dataset: Dataset, cache: Cache) -> None:
    """A flipped bit in the shared file; cut or removed files are no part any more."""
    release = release_of("set", dataset)
    shelf = PartShelf(cache, Wanted(release).ref)
    get(dataset, release, cache, 1, FIRST)
    get(dataset, release, cache, 2, SECOND)
    layout = Layout.of(dataset.metainfo)
    path = shelf.folder / "set/b.bin"
    body = bytearray(path.read_bytes())
    body[SECOND.start * PIECE_LENGTH - layout.starts[1] + 5] ^= 1
    path.write_bytes(body)

    assert shelf.bad_files(1, dataset.metainfo) == ()
    assert shelf.bad_files(2, dataset.metainfo) == ("set/b.bin",)
    path.write_bytes(body[:-1])
    assert shelf.kept(1) is None


def test_a_new_version_takes_over_files_that_did_not_change(dataset: Dataset, cache: Cache, tmp_path: Path) -> None:
    """Whole files in parts of the version before are linked, not fetched; a changed one is fetched."""
    old = release_of("set", dataset)
    get(dataset, old, cache, 1, range(36))
    newer = make_dataset(tmp_path / "newer", {**SIZES, "c.bin": 3 * PIECE_LENGTH})
    new = release_of("set", newer, version="2")

    fetched = get(newer, new, cache, 1, range(36))

    assert fetched.bytes_from_mirrors == 0
    shelf = PartShelf(cache, Wanted(new).ref)
    assert (shelf.folder / "set/a.bin").read_bytes() == dataset.contents["set/a.bin"]
    assert (shelf.folder / "set/a.bin").stat().st_nlink == 2


@pytest.mark.parametrize("text", ["", "[]", '{"spans": 3}', '{"spans": {}, "info_hash": 1}', "\0"])
def test_a_damaged_note_is_no_part(text: str, dataset: Dataset, cache: Cache) -> None:
    """It is fetched again; what lies there is proved."""
    release = release_of("set", dataset)
    shelf = PartShelf(cache, Wanted(release).ref)
    get(dataset, release, cache, 1, FIRST)
    (shelf.folder.parent / "part-1").write_text(text)

    assert shelf.kept(1) is None
    assert get(dataset, release, cache, 1, FIRST).bytes_from_mirrors == 0
    assert shelf.kept(1)
