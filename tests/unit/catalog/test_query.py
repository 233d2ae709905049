# SPDX-License-Identifier: Apache-2.0
"""Questions to a catalogue, each against a plain loop over the releases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from seedbed.catalog.ids import Ref, parse_ref
from seedbed.catalog.model import BBox, FileRow, Provider, Release, Site, Translation
from seedbed.catalog.query.index import Index
from seedbed.catalog.query.search import Search
from seedbed.catalog.table import writer
from seedbed.errors import CatalogError, InputError, NotFoundError
from tests.releases import NOW, boxes, digest, file_rows, in_table_order, release, versions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def year(number: int) -> dt.datetime:
    """Its first moment."""
    return dt.datetime(number, 1, 1, tzinfo=dt.UTC)


FIJI: BBox = (177.0, -20.0, -178.0, -15.0)
ALL = in_table_order(
    [
        *versions("rivers", 3, title="Ríos de México", keywords=("Agua", "hidrografía"), doi="10.5281/Zenodo.77"),
        release(
            "lakes",
            title="Lakes",
            description="Lagos y ríos",
            license="MIT",
            translations=(Translation("fr", "Lacs d'été"),),
            bbox=(-80.0, 45.0, -70.0, 50.0),
            published=NOW - dt.timedelta(days=9),
        ),
        release(
            "reefs",
            title="Reefs",
            license="other",
            license_url="https://reefs.example/licence",
            bbox=FIJI,
            datetime=None,
            start_datetime=year(2010),
            end_datetime=year(2012),
        ),
        release(
            "roads",
            title="Roads 100%_done",
            providers=(Provider("INEGI, Dirección"),),
            collection="maps",
            datetime=year(1999),
        ),
        release("gone", title="Ríos perdidos", status="withdrawn", status_reason="wrong"),
    ]
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A small catalogue that is open."""
    folder = tmp_path_factory.mktemp("o'catalogue")
    writer.write_catalog(folder / "catalog.parquet", ALL, Site("example"))
    rows = sorted((row for one in ALL for row in file_rows(one)), key=writer.file_order)
    writer.write_files(folder / "files.parquet", rows)
    with Index(folder / "catalog.parquet", folder / "files.parquet") as opened:
        yield opened


def names(index: Index, **wanted: Any) -> list[str]:
    """Ids found, in order."""
    return [one.id for one in index.search(Search(**wanted)).releases]


def test_a_version_and_the_newest(index: Index) -> None:
    """By id, or by the dataset's name alone."""
    assert index.get(parse_ref("rivers@2")) == ALL[[one.id for one in ALL].index("rivers@2")]
    assert index.get(Ref("rivers")).version == "3"
    assert [one.version for one in index.versions("rivers")] == ["1", "2", "3"]
    assert index.versions("nothing") == []


def test_what_is_not_there_is_told_with_what_is_near(index: Index) -> None:
    """A misspelt name gets a suggestion, a wrong version the list of those that are there."""
    with pytest.raises(NotFoundError) as dataset:
        index.get(Ref("riverz"))
    with pytest.raises(NotFoundError) as version:
        index.get(Ref("rivers", "9"))

    assert dataset.value.hint == "Did you mean rivers?"
    assert version.value.hint == "There are: 3, 2, 1."


def test_how_many_there_are(index: Index) -> None:
    """Releases, and datasets."""
    assert index.count() == len(ALL)
    assert index.datasets() == ["gone", "lakes", "reefs", "rivers", "roads"]


def test_words_know_neither_case_nor_accents(index: Index) -> None:
    """All words must be there; in the title counts more; withdrawn versions are left out unless asked for."""
    assert names(index, words="rios") == ["rivers@3", "lakes@1"]
    assert names(index, words="MEXICO RÍOS") == ["rivers@3"]
    assert names(index, words="agua hidrografia") == ["rivers@3"]
    assert names(index, words="ete") == ["lakes@1"]
    assert names(index, words="rios lakes") == ["lakes@1"]
    assert names(index, words="roads") == ["roads@1"]  # by its name, too
    assert names(index, words="perdidos") == []
    assert names(index, words="perdidos", status="withdrawn") == ["gone@1"]
    assert names(index, words="rios", newest_only=False) == ["rivers@1", "rivers@2", "rivers@3", "lakes@1"]


def test_accents_in_any_form(tmp_path: Path) -> None:
    """Letters with marks of their own, signs that mean something in patterns, other alphabets."""
    titles = ["Ri\u0301os (norte)", "Øresund", "Реки и озёра", "川と湖", "a.b|c"]
    made = [release(f"set-{at}", title=title, description="") for at, title in enumerate(titles)]
    writer.write_catalog(tmp_path / "c", made, Site("example"))

    with Index(tmp_path / "c") as index:
        asked = {"RÍOS": 0, "(norte)": 0, "øresund": 1, "реки озера": 2, "川": 3, "a.b": 4, "b|c": 4}
        for words, at in asked.items():
            assert names(index, words=words) == [f"set-{at}@1"], words
        assert names(index, words="a.c") == []
        assert names(index, words="x|o") == []


def test_words_are_only_words(index: Index) -> None:
    """What means something in SQL or in patterns is looked for as it stands."""
    assert names(index, words="100%_") == ["roads@1"]
    assert names(index, words="1__%") == []
    assert names(index, words="'; DROP VIEW catalog; --") == []
    assert index.count() == len(ALL)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"license": "mit"}, ["lakes@1"]),
        ({"provider": "direccion"}, ["roads@1"]),
        ({"keyword": "agua"}, ["rivers@3"]),
        ({"keyword": "agu"}, []),
        ({"collection": "maps"}, ["roads@1"]),
        ({"dataset": "rivers"}, ["rivers@3"]),
        ({"doi": "https://doi.org/10.5281/zenodo.77"}, ["rivers@3"]),
        ({"doi": "doi:10.5281/ZENODO.77"}, ["rivers@3"]),
        ({"start": year(2011), "end": year(2013)}, ["reefs@1"]),
        ({"end": year(2000)}, ["roads@1"]),
        ({"bbox": (-75.0, 46.0, -74.0, 47.0)}, ["lakes@1"]),
        ({"bbox": (179.0, -19.0, 179.5, -18.0)}, ["reefs@1"]),
        ({"bbox": (170.0, -19.0, -179.0, -18.0)}, ["reefs@1"]),
        ({"bbox": (-170.0, -90.0, 170.0, 0.0)}, []),
        ({"info_hash": digest(("lakes", "1"), "v2").upper()}, ["lakes@1"]),
        ({"file_hash": digest("roads@1", 1, "root")}, ["roads@1"]),
        ({"file_hash": digest("roads@1", 1, "md5", digits=32)}, ["roads@1"]),
        ({"file_name": "PART-001", "dataset": "lakes"}, ["lakes@1"]),
        ({"file_name": "part-00[12].csv", "dataset": "lakes"}, ["lakes@1"]),
        ({"file_name": "part-003*"}, []),
    ],
)
def test_conditions(index: Index, wanted: dict[str, Any], found: list[str]) -> None:
    """Each condition by itself."""
    assert names(index, **wanted) == found


def test_pages(index: Index) -> None:
    """A page knows how many there are in all, also when it is empty."""
    pages = [index.search(Search(newest_only=False, limit=4, offset=at)) for at in (0, 4, 8)]

    assert [len(page.releases) for page in pages] == [4, 2, 0]
    assert [page.total for page in pages] == [6, 6, 6]
    assert index.search(Search(limit=0)).total == 4


def test_files_and_hashes(index: Index) -> None:
    """The files of a release, and the release of a file."""
    assert index.files("rivers@2") == file_rows(next(one for one in ALL if one.id == "rivers@2"))
    assert index.files("nothing@1") == []
    assert [one.id for one in index.find_hash(digest("lakes@1", 0, "sha256"))] == ["lakes@1"]
    assert [one.id for one in index.find_hash(digest("lakes@1", 0, "md5", digits=32))] == ["lakes@1"]
    assert [one.id for one in index.find_hash(digest(("reefs", "1"), "v1", digits=40))] == ["reefs@1"]
    assert index.find_hash("0" * 64) == []


@pytest.mark.parametrize(
    "wanted", [{"limit": -1}, {"limit": 10_001}, {"offset": -1}, {"info_hash": "abc"}, {"file_hash": "x" * 64}]
)
def test_what_cannot_be_asked(wanted: dict[str, Any]) -> None:
    """A limit below nothing, a hash that is none."""
    with pytest.raises(InputError, match="expected"):
        Search(**wanted)


def test_too_many_words(index: Index) -> None:
    """A page of text is not a question."""
    with pytest.raises(InputError, match="words"):
        index.search(Search(words="a " * 21))


def test_without_a_list_of_files(tmp_path: Path) -> None:
    """Questions about files are refused, hashes of torrents are still found."""
    writer.write_catalog(tmp_path / "c", [release()], Site("example"))

    with Index(tmp_path / "c") as index:
        assert index.find_hash(release().torrent.info_hash_v2) == [release()]
        assert index.find_hash("0" * 32) == []
        for ask in (lambda: index.files("rivers@1"), lambda: index.search(Search(file_name="a"))):
            with pytest.raises(InputError, match="no list of files"):
                ask()


def test_what_is_no_catalogue(tmp_path: Path) -> None:
    """A missing file and a file of something else."""
    (tmp_path / "text").write_text("text")

    with pytest.raises(NotFoundError):
        Index(tmp_path / "missing")
    with pytest.raises(CatalogError, match="cannot be searched"):
        Index(tmp_path / "text")


def test_nothing_else_can_be_read(index: Index, tmp_path: Path) -> None:
    """The connection reads its two files and no other, and cannot be told otherwise."""
    (tmp_path / "secret.csv").write_text("a\n1\n")

    for text in (
        f"SELECT * FROM read_csv('{tmp_path}/secret.csv')",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(CatalogError):
            index._ask(text, [])


def spans(box: BBox) -> list[tuple[float, float]]:
    """A box's longitudes, without a jump."""
    return [(box[0], box[2])] if box[0] <= box[2] else [(box[0], 180.0), (-180.0, box[2])]


def meets(one: BBox, other: BBox) -> bool:
    """Whether two boxes have a point in common."""
    lies = any(a[0] <= b[1] and b[0] <= a[1] for a in spans(one) for b in spans(other))
    return lies and one[1] <= other[3] and other[1] <= one[3]


@settings(max_examples=40, deadline=None)
@given(boxes)
def test_boxes_as_a_plain_loop_finds_them(index: Index, box: BBox) -> None:
    """Every box finds what a loop over the releases finds."""
    wanted = {one.id for one in ALL if one.latest and one.status != "withdrawn" and meets(one.bbox, box)}

    assert set(names(index, bbox=box)) == wanted


def test_row_order_does_not_leak_into_answers(index: Index) -> None:
    """Releases come in the order of the answer, whole and equal to what was written."""
    found = index.search(Search(newest_only=False, limit=10))

    assert {one.id: one for one in found.releases} == {one.id: one for one in ALL if one.status != "withdrawn"}


def test_what_is_somebody_elses_already(index: Index) -> None:
    """A torrent is one version's and a DOI one dataset's; what is one's own is no clash."""
    rivers = index.get(Ref("rivers"))
    twin = replace(rivers, dataset="streams", doi="10.5281/ZENODO.77")

    assert index.clashes(rivers) == []
    assert index.clashes(release("new", doi="10.5281/zenodo.78")) == []
    assert [(one.field, one.rule) for one in index.clashes(twin)] == [("torrent", "C28"), ("doi", "C29")]


def test_types(index: Index) -> None:
    """Answers are values of the model."""
    assert isinstance(index.get(Ref("lakes")), Release)
    assert all(isinstance(row, FileRow) for row in index.files("lakes@1"))
    assert replace(index.get(Ref("lakes")), title="x").title == "x"
