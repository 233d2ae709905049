# SPDX-License-Identifier: Apache-2.0
"""The cache's own records, when several programs use it at once and when the disk refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.ids import Ref
from seedbed.errors import StateError
from seedbed.fetching.disk.links import link_or_copy
from seedbed.library.cache import Cache, Kept

if TYPE_CHECKING:
    from pathlib import Path

REF = Ref("lakes", "1")
KEPT = Kept("ab" * 20, "lakes", {"lakes/a": 4}, is_whole=True)
BLOBS = {"lakes/a": "cd" * 32}


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """A cache with the data of one version, not yet remembered."""
    cache = Cache(tmp_path / "cache")
    (cache.data(REF) / "lakes").mkdir(parents=True)
    (cache.data(REF) / "lakes/a").write_bytes(b"data")
    return cache


def test_a_version_is_kept_by_many_at_once(cache: Cache) -> None:
    """Nobody fails, nobody reads half of a note, nothing is left of the drafts."""

    def keep(_: int) -> bool:
        cache.keep(REF, KEPT, BLOBS)
        cache.put_torrent(KEPT.info_hash, b"torrent" * 1_000)
        return cache.kept(REF) == KEPT

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(keep, range(40)))
    assert cache.torrent(KEPT.info_hash).read_bytes() == b"torrent" * 1_000
    assert not list(cache.folder.glob("**/*.part"))


def test_contents_are_collected_by_many_at_once(cache: Cache) -> None:
    """One that another program has removed meanwhile is no error."""
    for number in range(50):
        blob = cache.blob(f"{number:064x}")
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(b"x")

    with ThreadPoolExecutor(8) as pool:
        freed = sum(pool.map(lambda _: cache.collect(), range(8)))

    assert freed == 50
    assert not list((cache.folder / "blobs").glob("*/*"))


def test_stopped_before_the_note_nothing_is_claimed(cache: Cache) -> None:
    """Contents are shared first, the note comes last; without it the version is not there, and can be kept again."""
    cache.keep(REF, KEPT, BLOBS)
    (cache.data(REF).parent / "kept").unlink()

    assert cache.kept(REF) is None
    assert not cache.snapshots()
    cache.keep(REF, KEPT, BLOBS)
    assert cache.kept(REF) == KEPT
    assert cache.blob(BLOBS["lakes/a"]).samefile(cache.data(REF) / "lakes/a")


def test_a_note_that_was_cut_claims_nothing(cache: Cache) -> None:
    """As after a power cut on a bad disk."""
    cache.keep(REF, KEPT, BLOBS)
    for note in (b"", b"{", b"[]", b'{"info_hash": 1}'):
        (cache.data(REF).parent / "kept").write_bytes(note)
        assert cache.kept(REF) is None


def test_a_link_in_a_files_place_is_no_file(cache: Cache, tmp_path: Path) -> None:
    """N11: whatever it leads to is not ours to serve."""
    cache.keep(REF, KEPT, BLOBS)
    file = cache.data(REF) / "lakes/a"
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")

    assert cache.kept(REF) is None


def test_what_is_forgotten_keeps_its_files(cache: Cache) -> None:
    """It is proved again before it counts; forgotten twice is no error."""
    cache.keep(REF, KEPT, BLOBS)
    cache.forget(REF)
    cache.forget(REF)

    assert cache.kept(REF) is None
    assert (cache.data(REF) / "lakes/a").read_bytes() == b"data"


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    """In our words, with the place."""
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / "file")

    with pytest.raises(StateError, match="file"):
        cache.put_torrent("ab" * 20, b"")
    with pytest.raises(StateError, match="file"):
        cache.keep(REF, KEPT, {})


def test_a_file_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    """Another program may have laid it out meanwhile, and writes to it."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"2")

    link_or_copy(one, other)
    link_or_copy(one, tmp_path / "third")

    assert other.read_bytes() == b"2"
    assert one.samefile(tmp_path / "third")


def test_a_version_that_cannot_be_removed_is_told(cache: Cache, tmp_path: Path) -> None:
    """It is still there, so nobody is told that it is gone."""
    cache.keep(REF, KEPT, BLOBS)
    place = cache.data(REF).parent
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StateError, match="cannot be removed"):
        cache.remove(REF)


def test_a_fetch_that_was_begun_is_listed_and_can_be_removed(cache: Cache) -> None:
    """What was stopped half-way takes room on the disk, too."""
    part = cache.data(REF) / ".lakes.seedbed/part"
    part.parent.mkdir()
    part.write_bytes(b"x" * 100_000)

    assert cache.begun()[REF] >= 100_000
    cache.remove(REF)
    assert not cache.begun()
    assert not part.exists()


def test_what_is_whole_is_not_only_begun(cache: Cache) -> None:
    """Each version stands in one list."""
    cache.keep(REF, KEPT, BLOBS)

    assert [one.ref for one in cache.snapshots()] == [REF]
    assert not cache.begun()
