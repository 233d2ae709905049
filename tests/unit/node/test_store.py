# SPDX-License-Identifier: Apache-2.0
"""The folder that a volunteer gives, and its trash."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.ids import Ref
from seedbed.errors import BusyError, StateError
from seedbed.library.cache import Kept
from seedbed.node.disk.store import LOCK, MARKER, Place

if TYPE_CHECKING:
    from pathlib import Path

LAKES = Ref("lakes", "1")
KEPT = Kept("ab" * 20, "lakes", {"lakes/a": 20_000}, is_whole=True)
BLOBS = {"lakes/a": "cd" * 32}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A given folder with one version in it."""
    place = Place(tmp_path / "given")
    place.make()
    (place.cache.data(LAKES) / "lakes").mkdir(parents=True)
    (place.cache.data(LAKES) / "lakes/a").write_bytes(b"data" * 5_000)
    place.cache.keep(LAKES, KEPT, BLOBS)
    return place


def test_a_mark_is_made_once(place: Place) -> None:
    """A folder stays whose it is."""
    mark = place.mark()
    assert place.make() == mark
    place.check(mark)


def test_a_folder_without_its_mark(place: Place) -> None:
    """N12: an empty folder is a disk that is not mounted, not a disk that lost everything."""
    mark = place.mark()
    (place.folder / MARKER).unlink()
    assert place.mark() == ""
    with pytest.raises(StateError, match="mounted") as caught:
        place.check(mark)
    assert "Nothing is fetched or deleted" in caught.value.hint


def test_another_nodes_folder(place: Place) -> None:
    """It is refused, with both marks."""
    with pytest.raises(StateError, match="another node's folder"):
        place.check("mine")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file is in its way."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StateError, match="cannot be used"):
        Place(tmp_path / "file/given").make()


def test_one_node_at_a_time(place: Place) -> None:
    """N13: a second one is told so; the first one's end frees it."""
    with place.held():
        with pytest.raises(BusyError, match="another node"), place.held():
            pass
        assert (place.folder / LOCK).exists()
    with place.held():
        pass


def test_room(place: Place, tmp_path: Path) -> None:
    """Something is left for whoever else uses the disk; a folder that is away has none."""
    facts = os.statvfs(place.folder)
    assert 0 <= place.room_bytes() < facts.f_bavail * facts.f_frsize
    with pytest.raises(StateError):
        Place(tmp_path / "away").room_bytes()


def test_used_bytes_count_a_content_once(place: Place) -> None:
    """A blob and its snapshot are one file; links are not followed."""
    before = place.used_bytes()
    (place.folder / "link").symlink_to("/")
    assert 20_000 <= before < 40_000
    assert place.used_bytes() - before <= 4096


def test_to_the_trash_and_back(place: Place) -> None:
    """A rename each way: the same files, whole."""
    place.trash.put(LAKES)
    assert place.cache.kept(LAKES) is None
    assert place.trash.refs() == [LAKES]
    assert place.cache.collect() == 0, "its contents are still its own"
    assert place.trash.give_back(LAKES)
    assert place.cache.kept(LAKES) == KEPT
    assert not place.trash.refs()
    assert not place.trash.give_back(LAKES)


def test_purged(place: Place) -> None:
    """It is gone with its contents; what others share stays."""
    place.trash.put(LAKES)
    place.trash.purge(LAKES)
    assert not place.trash.refs()
    assert not list((place.folder / "blobs").glob("*/*"))


def test_nothing_to_throw_away(place: Place) -> None:
    """A stop came between the trash and the record: it is done again, and nothing happens."""
    place.trash.put(LAKES)
    place.trash.put(Ref("roads", "1"))
    assert place.trash.refs() == [LAKES]


def test_thrown_away_again(place: Place) -> None:
    """It was fetched anew meanwhile: the newer one is in the trash then."""
    place.trash.put(LAKES)
    (place.cache.data(LAKES) / "lakes").mkdir(parents=True)
    (place.cache.data(LAKES) / "lakes/a").write_bytes(b"b" * 20_000)
    assert not place.trash.give_back(LAKES), "its place is taken"
    place.trash.put(LAKES)
    assert place.trash.give_back(LAKES)
    assert (place.cache.data(LAKES) / "lakes/a").read_bytes() == b"b" * 20_000


def test_what_somebody_else_put_into_the_trash(place: Place) -> None:
    """It is theirs."""
    place.trash.put(LAKES)
    (place.trash.folder / "holiday").mkdir()
    (place.trash.folder / "A B@..").mkdir()
    assert place.trash.refs() == [LAKES]
