# SPDX-License-Identifier: Apache-2.0
"""What is needed most and fits; the shapes of Academic Torrents; cells that are no formulas."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.catalog import paths
from seedbed.health.current import CurrentHealth, Health
from seedbed.health.risk import Copies
from seedbed.portal.faces.lists import generate, tables
from seedbed.portal.faces.lists.needs import Need, choose, ranked
from seedbed.portal.faces.texts import cell, xml
from tests.portals import URL, write_tables
from tests.releases import NOW, release
from tests.unit.portal.faces.hostile import WORST, parsed, texts

if TYPE_CHECKING:
    from tests.portals import Stand

NEED = Need("a@1", 10, "", "thin", 0.1, 1, 0, is_current=True, need=0.1)
AT_HEADER = "TYPE,NAME,INFOHASH,SIZEBYTES,MIRRORS,DOWNLOADERS,TIMESCOMPLETED,DATEADDED,DATEMODIFIED"


@given(st.lists(st.integers(0, 100), max_size=30), st.integers(0, 500), st.integers(0, 40))
def test_a_choice_fits_as_a_whole(sizes: list[int], space: int, limit: int) -> None:
    """Never more than the space, never more than asked; what is left over fits nothing that was passed over."""
    needs = [replace(NEED, id=f"a@{at}", size_bytes=size) for at, size in enumerate(sizes)]
    chosen = choose(needs, space, limit=limit)
    taken = sum(one.size_bytes for one in chosen)

    assert taken <= space
    assert len(chosen) <= limit
    if len(chosen) < limit:
        assert all(one in chosen or one.size_bytes > space - taken for one in needs)


def test_the_worst_comes_first(stand: Stand) -> None:
    """By its copies, weighed by what threatens its source; an old version waits."""
    write_tables(stand.portal.settings.catalog, [release("safe"), release("last"), release("gone", threat="gone")])
    stand.portal.shelf.refresh()
    with CurrentHealth(stand.portal.health._path) as record:
        record.note([
            Health("safe@1", Copies(unproved=9, good_mirrors=2)), Health("last@1", Copies(unproved=1)),
            Health("gone@1", Copies(unproved=1)),
        ], NOW)  # fmt: skip

    found = ranked(stand.portal)

    assert [one.id for one in found] == ["gone@1", "last@1", "safe@1"]
    assert found[0].reasons == ["one last copy", "1 peer, 0 web servers", "its source is gone"]


def test_a_seed_shuffles_equals(stand: Stand) -> None:
    """A hundred people with seeds of their own do not all begin with the same; the same seed gives the same."""
    write_tables(stand.portal.settings.catalog, [release(f"d{at}") for at in range(20)])
    stand.portal.shelf.refresh()

    firsts = {ranked(stand.portal, str(seed))[0].id for seed in range(30)}

    assert len(firsts) > 8
    assert ranked(stand.portal, "x") == ranked(stand.portal, "x")


def test_the_list_in_each_form(stand: Stand) -> None:
    """JSON with the known fields, CSV with the same columns, magnet links, an archive of torrents."""
    facts = stand.portal.shelf.release("lakes@2").torrent
    torrent = stand.portal.shelf.folder / paths.torrent(facts.best_hex)
    torrent.parent.mkdir()
    torrent.write_bytes(b"d4:infoe")
    rows = stand.web.get("/generate_torrents?max=2MB").json()
    table = list(csv.DictReader(io.StringIO(stand.web.get("/generate_torrents?max=2MB&format=csv").text)))
    links = stand.web.get("/generate_torrents?max=2MB&format=txt").text.splitlines()
    archive = zipfile.ZipFile(io.BytesIO(stand.web.get("/generate_torrents?max=2MB&format=zip").content))

    assert [one["id"] for one in rows] == [one["id"] for one in table] == ["lakes@2", "lakes@1"]
    assert tuple(rows[0]) == tuple(table[0]) == generate.FIELDS
    assert rows[0]["btih"] == facts.info_hash_v1
    assert rows[0]["seeders"] is None
    assert links[0] == facts.magnet
    assert archive.namelist() == ["lakes-2.torrent"]


@pytest.mark.parametrize(
    "asked",
    ["", "max_tb=", "max_tb=-1", "max_tb=nan", "max_tb=inf", "max=much", "max_tb=1&format=x", "max_tb=1&limit=0"],
)
def test_a_space_that_is_none_is_refused(shown: Stand, asked: str) -> None:
    """400, and how to ask."""
    assert shown.web.get(f"/generate_torrents?{asked}").status_code == 400


def test_the_shapes_of_academic_torrents(shown: Stand) -> None:
    """The table with exactly its header, and the whole as XML with its elements."""
    table = shown.web.get("/collection/water.csv").text.splitlines()
    items = parsed(shown.web.get("/database.xml").text).findall("channel/item")
    census = next(one for one in items if one.findtext("title") == "Census <b>2021</b>")

    assert table[0] == AT_HEADER
    assert len(table) == 3
    assert [one.tag for one in census] == ["title", "category", "infohash", "guid", "link", "description", "size"]
    assert census.findtext("link") == f"{URL}/datasets/census/1"
    assert shown.web.get("/collection/none.csv").status_code == 404


def test_by_its_hash(stand: Stand) -> None:
    """The torrent itself, and the page, as links elsewhere name them."""
    facts = stand.portal.shelf.release("lakes@2").torrent
    torrent = stand.portal.shelf.folder / paths.torrent(facts.best_hex)
    torrent.parent.mkdir()
    torrent.write_bytes(b"d4:infoe")

    got = stand.web.get(f"/download/{facts.info_hash_v1}.torrent")

    assert (got.content, got.headers["content-type"]) == (b"d4:infoe", "application/x-bittorrent")
    assert stand.web.get(f"/details/{facts.info_hash_v2}").headers["location"] == f"{URL}/datasets/lakes/2"
    assert stand.web.get(f"/download/{'0' * 40}.torrent").status_code == 404


@given(texts)
def test_no_cell_is_a_formula(text: str) -> None:
    """Whatever a title says, a spreadsheet shows it; and it stays one cell of one line."""
    row = next(csv.reader(io.StringIO(tables.line([text, 1]))))

    assert len(row) == 2
    assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("text", WORST)
def test_xml_holds_anything(text: str) -> None:
    """As an attribute and as text; what XML lacks is replaced."""
    root = parsed(f'<a b="{xml(text)}">{xml(text)}</a>')

    assert len(root) == 0
    assert (root.text or "").count("\ufffd") == sum(char in "\x00\x0b\x1f\ufffe" for char in text)


def test_json_of_the_list_is_json_when_empty(shown: Stand) -> None:
    """Nothing fits: an empty list."""
    assert json.loads(shown.web.get("/generate_torrents?max=1").text) == []


def test_a_cell_of_words_stays_as_it_is() -> None:
    """Only what would be a formula gets a mark."""
    assert cell("Lakes, 2021") == "Lakes, 2021"
    assert cell("-5 degrees") == "'-5 degrees"
