# SPDX-License-Identifier: Apache-2.0
"""Patterns by which a volunteer chooses, and what is told of them before anything is fetched."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.catalog.model import Site, Translation
from seedbed.catalog.query.index import Index
from seedbed.catalog.query.search import Search
from seedbed.catalog.table import writer
from seedbed.errors import InputError
from seedbed.node.giving.choice import known, matcher
from seedbed.node.giving.gift import Gift
from seedbed.node.giving.survey import survey
from tests.releases import file_rows, in_table_order, release

if TYPE_CHECKING:
    from collections.abc import Iterator


def year(number: int) -> dt.datetime:
    """Its first moment."""
    return dt.datetime(number, 1, 1, tzinfo=dt.UTC)


ALL = in_table_order(
    [
        release("rivers", title="Ríos de México", keywords=("Agua", "hidrografía"), collection="water"),
        release("lakes", description="Lagos y RÍOS", translations=(Translation("fr", "Lacs d'été"),),
                bbox=(-80.0, 45.0, -70.0, 50.0)),
        release("reefs", bbox=(177.0, -20.0, -178.0, -15.0), datetime=None, start_datetime=year(2010),
                end_datetime=year(2012)),
        release("roads", title="Roads", collection="maps", datetime=year(1999), size_bytes=7),
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The same, as the catalogue's own search sees them."""
    folder = tmp_path_factory.mktemp("catalogue")
    writer.write_catalog(folder / "catalog.parquet", ALL, Site("example"))
    rows = sorted((row for one in ALL for row in file_rows(one)), key=writer.file_order)
    writer.write_files(folder / "files.parquet", rows)
    with Index(folder / "catalog.parquet", folder / "files.parquet") as opened:
        yield opened


def chosen(*patterns: str) -> list[str]:
    """Datasets that one of them names."""
    return sorted(one.dataset for one in ALL if any(known(pattern)(one) for pattern in patterns))


@pytest.mark.parametrize(
    ("pattern", "search"),
    [
        ("words:rios", {"words": "rios"}),
        ("words:RÍOS mexico", {"words": "RÍOS mexico"}),
        ("words:ete", {"words": "ete"}),
        ("words:hidrografia", {"words": "hidrografia"}),
        ("words:nothing", {"words": "nothing"}),
        ("bbox:-75,45,-73,46", {"bbox": (-75.0, 45.0, -73.0, 46.0)}),
        ("bbox:-99,19,-99,19", {"bbox": (-99.0, 19.0, -99.0, 19.0)}),
        ("bbox:179,-17,180,-16", {"bbox": (179.0, -17.0, 180.0, -16.0)}),
        ("bbox:170,-30,-170,0", {"bbox": (170.0, -30.0, -170.0, 0.0)}),
        ("bbox:-180,-90,180,90", {"bbox": (-180.0, -90.0, 180.0, 90.0)}),
        ("year:2011..2015", {"start": year(2011), "end": year(2015)}),
        ("year:..2009", {"end": dt.datetime(2009, 12, 31, 23, tzinfo=dt.UTC)}),
        ("year:2013..", {"start": year(2013)}),
        ("year:1999", {"start": year(1999), "end": dt.datetime(1999, 12, 31, 23, tzinfo=dt.UTC)}),
    ],
)
def test_a_pattern_means_what_the_search_means(index: Index, pattern: str, search: dict[str, Any]) -> None:
    """One oracle for both."""
    assert chosen(pattern) == sorted(one.dataset for one in index.search(Search(**search)).releases)


def test_names_and_several_patterns() -> None:
    """Names are globs in any case; one pattern of several is enough."""
    assert chosen("WATER") == ["rivers"]
    assert chosen("r*@1", "maps") == ["reefs", "rivers", "roads"]
    assert chosen("agua", "bbox:-75,45,-73,46") == ["lakes", "rivers"]


@pytest.mark.parametrize(
    "pattern",
    [
        "bbox:1,2",
        "bbox:a,b,c,d", "bbox:-75,45,-73,nan", "bbox:-200,0,0,1", "bbox:0,5,1,4", "bbox:", "year:", "year:20",
        "year:..", "year:2024..2020", "year:2020-2024", "words:", "words:  ", "", "  ", "words:" + "x" * 300,
    ],
)  # fmt: skip
def test_what_cannot_be_understood(pattern: str) -> None:
    """It is told when it is given, and in an edited file, too."""
    with pytest.raises(InputError):
        matcher(pattern)
    with pytest.raises(InputError):
        Gift("c", "/x", 10**9, only=(pattern,)).checked()


def gift(*only: str, **more: Any) -> Gift:
    """What is given, with patterns."""
    return Gift("c", "/x", 10**9, only=only, **more).checked()


def test_how_much_would_be_chosen_from() -> None:
    """Datasets, versions and bytes, of all that is listed."""
    found = survey(gift("maps", "words:rios", without=("lakes",)), ALL)
    assert (found.datasets, found.versions, found.size_bytes, found.listed) == (2, 2, 1_000_007, 4)
    assert found.idle == ()
    assert survey(gift(licenses=("MIT",)), ALL).versions == 0


def test_a_pattern_that_names_nothing_is_told_with_what_is_near() -> None:
    """Datasets may come later: it is no error."""
    assert survey(gift("lakez", "year:1850"), ALL).idle == ("'lakez' (near it: lakes)", "'year:1850'")
    assert survey(gift("lakez"), []).idle == ()


def test_a_pattern_that_is_not_clear_is_refused() -> None:
    """It is no name, but the words of something; the person is shown how to ask for that, and what it finds."""
    with pytest.raises(InputError, match="names no collection") as caught:
        survey(gift("mexico"), ALL)
    assert caught.value.hint == "'words:mexico' finds 1 versions by their words: rivers@1."
    with pytest.raises(InputError):
        survey(gift(without=("Lacs d'ete",)), ALL)


def test_many_releases_are_looked_through_quickly() -> None:
    """A hundred thousand, with every kind of pattern: well below the time of a round."""
    import time  # noqa: PLC0415

    many = [release(f"set-{number}", description="x" * 500) for number in range(5_000)]
    found = gift("nothing*", "words:zebra", "bbox:0,0,1,1", "year:1900")
    began_s = time.process_time()
    survey(found, many)
    assert time.process_time() - began_s < 1.0
