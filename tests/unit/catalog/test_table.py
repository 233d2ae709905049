# SPDX-License-Identifier: Apache-2.0
"""The tables: rows that come back, bytes that are always the same, merging that equals writing anew."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedbed.catalog.model import WORLD, Collection, Release, Site
from seedbed.catalog.stac import item
from seedbed.catalog.table import merge, reader, rows, schema, writer
from seedbed.errors import CatalogError, NotFoundError
from tests.releases import file_rows, in_table_order, release, releases, versions

if TYPE_CHECKING:
    from pathlib import Path

SITE = Site(
    "example", title="Example", url="https://data.example/", serial=7, collections=(Collection(), Collection("maps"))
)
FILE_HEALTH = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FILE_HEALTH
@given(st.lists(releases(), max_size=4, unique_by=lambda one: one.id))
def test_rows_are_the_releases(tmp_path: Path, some: list[Release]) -> None:
    """Any releases come back from the file, and each row is the very item that ``to_item`` writes."""
    path, some = tmp_path / "catalog.parquet", in_table_order(some)

    writer.write_catalog(path, some, SITE)

    assert list(reader.read_catalog(path)) == some
    assert reader.read_site(path) == SITE
    found = [rows.to_item(row) for row in pq.read_table(path).to_pylist()]
    assert found == [item.to_item(one, root=SITE.url) for one in some]


def test_every_property_has_a_column() -> None:
    """What an item may say, a row can say: with all fields full, nothing is dropped."""
    columns = set(schema.CATALOG.names)

    assert set(rows.to_row(release(), root="")) <= columns
    assert set(item.properties(release())) <= columns


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    """Two runs, one file; also through read and write."""
    some = in_table_order([one for name in "abc" for one in versions(name, 3)])
    one, other = tmp_path / "one.parquet", tmp_path / "other.parquet"

    writer.write_catalog(one, some, SITE)
    writer.write_catalog(other, reader.read_catalog(one), SITE)

    assert one.read_bytes() == other.read_bytes()


def test_row_groups_end_where_they_should(tmp_path: Path) -> None:
    """However the rows came, groups are full but for the last, and only long files have bloom filters."""
    some = [one for at in range(10) for one in versions(f"set-{at}", 3)]
    small = replace(schema.CATALOG_LAYOUT, group_rows=8)
    path = tmp_path / "catalog.parquet"

    with writer.Groups(path, small) as groups:
        for table in writer.release_tables(some, SITE):
            groups.add(table)
        groups.finish({})

    with pq.ParquetFile(path) as file:
        assert [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)] == [8, 8, 8, 6]
        assert file.metadata.row_group(0).column(0).has_offset_index


@FILE_HEALTH
@given(data=st.data())
def test_merging_is_writing_anew(tmp_path: Path, data: st.DataObject) -> None:
    """New and replaced releases merged into a file give the bytes of writing everything; from values or from a file."""
    known = {one.id: one for name in "abcd" for one in versions(name, data.draw(st.integers(0, 3)))}
    new = data.draw(st.lists(releases(), max_size=3, unique_by=lambda one: one.id))
    ids = sorted(known)
    touched = data.draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)) if ids else []
    changed = [one for one in new if one.id not in known] + [replace(known[one], title="New") for one in touched]
    old, change, out, wanted = (tmp_path / f"{name}.parquet" for name in ("old", "change", "out", "wanted"))
    writer.write_catalog(old, in_table_order(known.values()), SITE)
    writer.write_catalog(change, in_table_order(changed), SITE)
    everything = in_table_order({**known, **{one.id: one for one in changed}}.values())
    writer.write_catalog(wanted, everything, SITE)

    assert merge.merge_catalog(old, changed, SITE, out) == len(everything)
    assert out.read_bytes() == wanted.read_bytes()
    assert merge.merge_catalog_file(old, change, SITE, out) == len(everything)
    assert out.read_bytes() == wanted.read_bytes()


def test_merging_across_row_groups(tmp_path: Path) -> None:
    """Rows before, between, at the borders of and after the row groups find their places."""
    small = replace(schema.CATALOG_LAYOUT, group_rows=4)
    known = [one for name in ("b", "d", "f") for one in versions(name, 4)]
    changed = [release("a"), *versions("d", 5), release("e"), release("g")]
    old, out, wanted = tmp_path / "old.parquet", tmp_path / "out.parquet", tmp_path / "wanted.parquet"
    writer.write_catalog(old, known, SITE, layout=small)
    everything = in_table_order({**{one.id: one for one in known}, **{one.id: one for one in changed}}.values())
    writer.write_catalog(wanted, everything, SITE, layout=small)

    merge.merge_catalog(old, changed, SITE, out, layout=small)
    merge.merge_catalog(old, changed, SITE, old, layout=small)

    assert out.read_bytes() == wanted.read_bytes() == old.read_bytes()
    assert list(reader.read_catalog(out)) == everything


def test_a_site_that_moves_takes_its_rows_along(tmp_path: Path) -> None:
    """Every row holds the site's address, so a new address is written into all of them."""
    moved = replace(SITE, url="https://elsewhere.example/", serial=8)
    old, out, wanted = tmp_path / "old.parquet", tmp_path / "out.parquet", tmp_path / "wanted.parquet"
    writer.write_catalog(old, versions("a", 2), SITE)
    writer.write_catalog(wanted, [*versions("a", 2), release("b")], moved)

    merge.merge_catalog(old, [release("b")], moved, out)

    assert out.read_bytes() == wanted.read_bytes()


def test_the_first_release_of_a_catalogue(tmp_path: Path) -> None:
    """Nothing before it, and perhaps nothing in it."""
    out = tmp_path / "catalog.parquet"

    assert merge.merge_catalog(None, [], SITE, out) == 0
    assert list(reader.read_catalog(out)) == []
    assert merge.merge_catalog(None, [release()], SITE, out) == 1
    assert list(reader.read_catalog(out)) == [release()]


@pytest.mark.parametrize("other", ["C28", "C29", "", "own"])
def test_what_followers_would_refuse_is_not_merged(tmp_path: Path, other: str) -> None:
    """The torrent of another version, the DOI of another dataset; what is one's own is no clash."""
    known = [*versions("a", 2, doi="10.1/X"), release("b", doi="10.1/b")]
    new = {
        "C28": replace(release("c"), torrent=known[0].torrent),
        "C29": release("c", doi="10.1/x"),
        "": release("c", doi="10.1/c"),
        "own": replace(known[2], doi="10.1/B", title="New"),
    }[other]
    writer.write_catalog(tmp_path / "old", known, SITE)

    if other.startswith("C"):
        with pytest.raises(CatalogError) as caught:
            merge.merge_catalog(tmp_path / "old", [new], SITE, tmp_path / "out")
        assert caught.value.data["rule"] == other
        assert not (tmp_path / "out").exists()
    else:
        assert merge.merge_catalog(tmp_path / "old", [new], SITE, tmp_path / "out") == (3 if other else 4)


def test_files_are_merged_too(tmp_path: Path) -> None:
    """Files of a new version find their place; those of an item that comes anew are replaced."""
    one, two, three = (release(name) for name in ("a", "b", "c"))
    old, change, out, wanted = (tmp_path / f"{name}.parquet" for name in ("old", "change", "out", "wanted"))
    writer.write_files(old, [*file_rows(one), *file_rows(three)])
    writer.write_files(change, [*file_rows(two), *file_rows(three, 2)])
    writer.write_files(wanted, [*file_rows(one), *file_rows(two), *file_rows(three, 2)])

    assert merge.merge_files(old, [*file_rows(three, 2), *file_rows(two)], out) == 8
    assert out.read_bytes() == wanted.read_bytes()
    assert merge.merge_files_file(old, change, out) == 8
    assert out.read_bytes() == wanted.read_bytes()
    assert list(reader.read_files(out)) == [*file_rows(one), *file_rows(two), *file_rows(three, 2)]


def test_rows_that_come_unsorted_are_a_fault_of_the_program(tmp_path: Path) -> None:
    """Nothing is written, and what was there stays."""
    path = tmp_path / "catalog.parquet"
    writer.write_catalog(path, [release("a")], SITE)

    with pytest.raises(ValueError, match="sorted"):
        writer.write_catalog(path, [release("b"), release("a")], SITE)

    assert list(reader.read_catalog(path)) == [release("a")]
    assert [one.name for one in tmp_path.iterdir()] == ["catalog.parquet"]


def test_what_the_file_says_of_itself(tmp_path: Path) -> None:
    """GeoParquet's covering, and each collection with the extent of its items."""
    path = tmp_path / "catalog.parquet"
    writer.write_catalog(
        path, [release("a"), release("b", bbox=(170.0, -20.0, -170.0, -10.0), collection="maps")], SITE
    )

    texts = pq.read_metadata(path).metadata
    geo, stac = json.loads(texts[b"geo"]), json.loads(texts[b"stac-geoparquet"])

    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert stac["version"] == "1.1.0"
    assert stac["collections"]["datasets"]["extent"]["spatial"]["bbox"] == [[-99.5, 19.0, -98.9, 19.6]]
    assert stac["collections"]["maps"]["extent"]["spatial"]["bbox"] == [[WORLD[0], -20.0, WORLD[2], -10.0]]


def test_what_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    """A missing file, a file of something else, a Parquet file of something else."""
    text, other = tmp_path / "text", tmp_path / "other.parquet"
    text.write_bytes(b"PAR1 but no more PAR1")
    writer.write_files(other, [])

    with pytest.raises(NotFoundError):
        reader.read_site(tmp_path / "missing")
    with pytest.raises(CatalogError, match="not a Parquet file"):
        reader.read_site(text)
    with pytest.raises(CatalogError, match="does not say what catalogue"):
        reader.read_site(other)
