# SPDX-License-Identifier: Apache-2.0
"""The index answers what the catalogue says, and follows it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.catalog.releasing.parquet_tables import ParquetTables
from seedbed.errors import NotFoundError
from seedbed.portal.index.query import Query, match_text
from seedbed.portal.index.shelf import Shelf
from tests import releases
from tests.portals import small_catalog, small_releases, write_tables
from tests.publishers import change, keeper

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Over the small catalogue."""
    small_catalog(tmp_path / "catalog")
    shelf = Shelf(tmp_path / "catalog", tmp_path / "index.sqlite")
    shelf.refresh()
    return shelf


def found(shelf: Shelf, **query: object) -> list[str]:
    """Ids of hits."""
    return [one.id for one in shelf.search(Query(**query)).entries]  # type: ignore[arg-type]  # fields of it


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"words": "lakes"}, ["lakes@2"]),
        ({"words": "LAKES town"}, ["lakes@2"]),
        ({"words": "lak"}, ["lakes@2"]),
        ({"words": "lak "}, []),
        ({"words": "édmonton"}, ["lakes@2"]),
        ({"words": "lacs"}, ["lakes@2"]),
        ({"words": "lakes census"}, []),
        ({"collection": "water"}, ["lakes@2"]),
        ({"license": "CC0-1.0"}, ["census@1"]),
        ({"threat": "at-risk"}, ["census@1"]),
        ({"tag": "Hydrology"}, ["lakes@2"]),
        ({"bbox": (-99.2, 19.2, -99.0, 19.3)}, ["lakes@2"]),
        ({"bbox": (170.0, -20.0, -170.0, 20.0)}, []),
        ({"max_bytes": 5_000_000}, ["lakes@2"]),
        ({"min_bytes": 5_000_000}, ["census@1"]),
        ({"words": "mistake"}, []),
        ({"words": "lakes", "all_versions": True}, ["lakes@2"]),
        ({"collection": "water", "all_versions": True, "order": "title"}, ["lakes@1", "lakes@2"]),
    ],
)
def test_a_query_finds_what_meets_all_of_it(shelf: Shelf, query: dict[str, object], wanted: list[str]) -> None:
    """Words by their beginnings, without accents; conditions together; nothing that was withdrawn."""
    assert found(shelf, **query) == wanted


def test_facets_count_without_their_own_condition(shelf: Shelf) -> None:
    """So that another value can be chosen."""
    hits = shelf.search(Query(collection="water"), facets=True)

    assert hits.total == 1
    assert dict(hits.facets["collection"]) == {"datasets": 1, "water": 1}
    assert dict(hits.facets["tag"]) == {"hydrology": 1, "lakes": 1}


def test_an_item_and_its_files_are_the_catalogues(shelf: Shelf) -> None:
    """Nothing is lost on the way through the index."""
    lakes = next(one for one in small_releases() if one.id == "lakes@2")

    assert shelf.release("lakes@2") == lakes
    assert shelf.newest("lakes") == lakes
    assert [one.version for one in shelf.versions("lakes")] == ["2", "1"]
    assert shelf.files("lakes@2") == releases.file_rows(lakes)
    assert shelf.by_hash(lakes.torrent.info_hash_v2.upper()) == "lakes@2"


@pytest.mark.parametrize("name", ["nothing@1", "lakes@3", "", "lakes", "x'; drop table entries"])
def test_what_is_not_there_is_said(shelf: Shelf, name: str) -> None:
    """Whatever the name."""
    with pytest.raises(NotFoundError):
        shelf.item(name)


def test_a_new_release_of_the_catalogue_is_taken_over(shelf: Shelf, tmp_path: Path) -> None:
    """What changed is found anew, what went is gone, and asking again does nothing."""
    first, *rest = small_releases()
    write_tables(tmp_path / "catalog", [replace(first, title="Streets"), *rest[:2]])
    os.utime(tmp_path / "catalog" / "catalog.parquet", (1, 1))

    assert shelf.refresh()

    assert found(shelf, words="streets") == ["census@1"]
    assert found(shelf, words="2021") == []
    with pytest.raises(NotFoundError):
        shelf.item("mistake@1")
    assert not shelf.refresh()


def test_of_a_known_catalogue_only_the_changes_are_read(tmp_path: Path) -> None:
    """Release after release, as a publisher makes them; the same is found as by reading all anew."""
    made = keeper(tmp_path, tables=ParquetTables())
    shelf, whole = Shelf(made.folder, tmp_path / "index.sqlite"), made.folder / "files.parquet"
    for version in ("1", "2", "3"):
        with made.open() as publisher:
            publisher.release(change(publisher, "rivers", version))
        kept = whole.read_bytes()
        if version != "1":
            whole.write_bytes(b"whoever reads all of it stumbles")
        assert shelf.refresh()
        whole.write_bytes(kept)

    anew = Shelf(made.folder, tmp_path / "other.sqlite")
    anew.refresh()

    for one in ("rivers@1", "rivers@2", "rivers@3"):
        assert shelf.item(one) == anew.item(one)
        assert shelf.files(one) == anew.files(one) != []
    assert [one.id for one in shelf.search(Query(words="rivers")).entries] == ["rivers@3"]


def test_an_index_of_another_program_version_is_made_anew(shelf: Shelf, tmp_path: Path) -> None:
    """Nobody has to delete it by hand."""
    shelf.facts("pragma user_version = 999")

    again = Shelf(tmp_path / "catalog", tmp_path / "index.sqlite")
    again.refresh()

    assert found(again, words="lakes") == ["lakes@2"]


@given(st.text(max_size=80))
def test_no_words_are_an_error_of_sql(text: str) -> None:
    """Whatever people type, each word is quoted."""
    import sqlite3  # noqa: PLC0415  # here alone

    db = sqlite3.connect(":memory:")
    db.execute("create virtual table words using fts5 (title)")
    if match := match_text(text):
        db.execute("select * from words where words match ?", [match]).fetchall()
    db.close()
