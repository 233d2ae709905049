# SPDX-License-Identifier: Apache-2.0
"""Notes of parts that were given up: found at once, and brought over from where they lay once."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.ids import Ref
from seedbed.library import given_up
from seedbed.library.cache import Cache
from seedbed.library.parts import BEGUN, OFF, KeptPart, PartShelf

if TYPE_CHECKING:
    from pathlib import Path

ORTHO, LAKES = Ref("ortho", "2024"), Ref("lakes", "2")
NOTE = json.dumps(asdict(KeptPart("00" * 32, 0, 1, 5, {"data.bin": (0, 5, 5)})))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """Two versions: of one a part is here, of both parts were given up before notes lay in one folder."""
    made = Cache(tmp_path)
    for ref, names in ((ORTHO, ("part-1", "part-12.off", "part-3.off", "part-x.off")), (LAKES, ("part-1.off",))):
        folder = made.data(ref).parent
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_text(NOTE)
    return made


def test_old_notes_are_brought_over_once(cache: Cache) -> None:
    """Of all versions, whoever asks first; they can be had back and purged like new ones."""
    shelf = PartShelf(cache, ORTHO)

    assert given_up.parts(cache) == [(LAKES, 1), (ORTHO, 3), (ORTHO, 12)]
    assert shelf.numbers(OFF) == [3, 12]
    assert not list(cache.folder.glob("snapshots/*/*/part-[0-9]*.off"))
    assert shelf.give_back(3)
    shelf.purge(12)
    assert (shelf.numbers(), shelf.numbers(OFF)) == ([1, 3], [])
    assert given_up.parts(cache) == [(LAKES, 1)]


def test_an_old_note_is_found_by_whoever_wants_the_part(cache: Cache) -> None:
    """Before anybody listed them."""
    PartShelf(cache, LAKES).doubt(1)

    assert PartShelf(cache, LAKES).numbers(BEGUN) == [1]
    assert given_up.parts(cache) == [(ORTHO, 3), (ORTHO, 12)]


def test_bringing_over_goes_on_where_it_was_interrupted(cache: Cache) -> None:
    """Some were there already."""
    half = cache.folder / "snapshots" / ".off.begun"
    half.mkdir()
    (cache.data(LAKES).parent / "part-1.off").rename(half / "lakes@2#1")

    assert given_up.parts(cache) == [(LAKES, 1), (ORTHO, 3), (ORTHO, 12)]
    assert not half.exists()


def test_where_no_folder_can_be_made_notes_stay_where_they_were(cache: Cache) -> None:
    """A full disk: what was given up is found and freed, and more can be given up."""
    (cache.folder / "snapshots" / ".off.begun").touch()
    shelf = PartShelf(cache, ORTHO)

    assert given_up.parts(cache) == [(LAKES, 1), (ORTHO, 3), (ORTHO, 12)]
    shelf.give_up(1)
    assert shelf.numbers(OFF) == [1, 3, 12]
    shelf.purge(3)
    assert shelf.give_back(1)
    assert (shelf.numbers(), shelf.numbers(OFF)) == ([1], [12])


def test_a_disk_that_is_away_gets_no_folder(tmp_path: Path) -> None:
    """Something else may be mounted there later."""
    assert given_up.parts(Cache(tmp_path / "away")) == []
    assert not list(tmp_path.iterdir())
