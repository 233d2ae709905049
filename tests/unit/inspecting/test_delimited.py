# SPDX-License-Identifier: Apache-2.0
"""Text tables say their columns, rows, extent and times; odd ones say what is odd."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from seedbed.inspecting import inspect
from tests.programs import shared_data

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.inspecting import Inspected


def read(folder: Path, content: bytes | str, name: str = "t.csv") -> Inspected:
    """What a table of this content says."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return inspect(path)


def types(found: Inspected) -> dict[str, str]:
    """Column -> type."""
    return {column.name: column.type for column in found.columns}


def test_real_table() -> None:
    """A real table of cities: columns, rows, no extent because it has no coordinates."""
    found = inspect(shared_data() / "world-cities" / "world-cities.csv")

    assert types(found) == {"name": "string", "country": "string", "subcountry": "string", "geonameid": "integer"}
    assert (found.row_count, found.bbox, found.media_type, found.remarks) == (34032, None, "text/csv", ())


def test_extent_and_times_of_plain_columns(tmp_path: Path) -> None:
    """Columns called lat, lon and date give extent and times; a postal code is no number."""
    rows = '"name";lat;lon;code;date\r\nMéxico;19,4;-99,1;00123;2020-01-02\r\n"a\r\nb";20,5;-98;00124;2021-03-04\r\n'

    found = read(tmp_path, rows)

    assert found.bbox == (-99.1, 19.4, -98.0, 20.5)
    assert types(found) == {"name": "string", "lat": "number", "lon": "number", "code": "string", "date": "date"}
    assert found.start == dt.datetime(2020, 1, 2, tzinfo=dt.UTC)
    assert found.end == dt.datetime(2021, 3, 4, 23, 59, 59, tzinfo=dt.UTC)
    assert (found.row_count, found.remarks) == (2, ())


def test_types_hold_for_the_whole_table(tmp_path: Path) -> None:
    """A value in the last of many batches still changes its column's type."""
    rows = "a,b,c\n" + "1,2,3\n" * 2_000_000 + "x,2.5,true\n"

    found = read(tmp_path, rows)

    assert types(found) == {"a": "string", "b": "number", "c": "string"}
    assert found.row_count == 2_000_001


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("year", ["2001", "2005"], ("2001-01-01T00:00:00+00:00", "2005-12-31T23:59:59+00:00")),
        ("Time", ["2001-01-01T00:00:00Z", "2002-01-01T10:00:00+02:00"],
         ("2001-01-01T00:00:00+00:00", "2002-01-01T08:00:00+00:00")),
        ("datetime", ["2001-01-01 00:00:01"], ("2001-01-01T00:00:01+00:00", "2001-01-01T00:00:01+00:00")),
        ("year", ["1", "2005"], None),
        ("year", ["2001", "about 1900"], None),
        ("start_date", ["2001-01-01"], None),
    ],
)  # fmt: skip
def test_times(tmp_path: Path, column: str, values: list[str], expected: tuple[str, str] | None) -> None:
    """Only plain columns of time are believed."""
    found = read(tmp_path, "\n".join([f"{column},v", *(f"{value},1" for value in values)]))

    times = (found.start.isoformat(), found.end.isoformat()) if found.start and found.end else None

    assert times == expected


def test_two_time_columns_are_none(tmp_path: Path) -> None:
    """Which of two columns counts is not ours to guess."""
    assert read(tmp_path, "date,year\n2001-01-01,2002\n").start is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """The names of columns are read in the encoding that the file is in."""
    found = read(tmp_path, "ñame\tlat\tlon\nñandú\t1.5\t2\n".encode(encoding), "t.tsv")

    assert types(found) == {"ñame": "string", "lat": "number", "lon": "integer"}
    assert found.bbox == (2.0, 1.5, 2.0, 1.5)
    assert bool(found.remarks) == (encoding == "latin-1")


@pytest.mark.parametrize(
    ("rows", "remark"),
    [
        ("", "empty"),
        ("\0\1\2", "not text"),
        ("1,2\n3,4\n", "holds numbers"),
        ("a,b\n1,2\n1,2,3\n", "more or fewer cells"),
        ("lat,lon\n120.5,19\n99,20\n", "swapped"),
        ("lat,lon\n,\nNaN,2\n", "no row has both"),
        ("lat,lon\n1700000,2300000\n", "out of the range"),
    ],
)
def test_odd_tables(tmp_path: Path, rows: str, remark: str) -> None:
    """Odd tables are told, and have no extent."""
    found = read(tmp_path, rows)

    assert remark in " ".join(found.remarks)
    assert found.bbox is None


def test_a_few_wrong_points_are_left_out(tmp_path: Path) -> None:
    """One typing error in two hundred does not cost the extent."""
    found = read(tmp_path, "lat,lon\n" + "10,20\n" * 200 + "999,20\n")

    assert found.bbox == (20.0, 10.0, 20.0, 10.0)
    assert "1 of 201 points" in found.remarks[0]


def test_antimeridian(tmp_path: Path) -> None:
    """Points on both sides of the antimeridian make a small box that crosses it."""
    assert read(tmp_path, "lat,lon\n-17,177\n-18,-178\n").bbox == (177.0, -18.0, -178.0, -17.0)


def test_x_and_y_need_fractions(tmp_path: Path) -> None:
    """Whole numbers called x and y may be anything."""
    assert read(tmp_path, "x,y\n1,2\n").bbox is None
    assert read(tmp_path, "x,y\n1.5,2.5\n").bbox == (1.5, 2.5, 1.5, 2.5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@example(b"a,b\n1,2,\xa8\n")
@given(st.binary(max_size=300) | st.text("a1;,\"\n\t'-.é", max_size=100).map(str.encode))
def test_any_bytes_are_survived(tmp_path: Path, content: bytes) -> None:
    """Whatever stands in a file, inspecting it ends with an answer, and not by the last resort of the door."""
    found = read(tmp_path, content)

    assert not any(remark.startswith("it cannot be read: ") for remark in found.remarks), found.remarks


def test_long_rows(tmp_path: Path) -> None:
    """An outline of a country in one cell of megabytes is read like any other; a longer row is told."""
    found = read(tmp_path, 'id,shape\n1,"' + "POLYGON " * 400_000 + '"\n2,\n')

    assert (found.row_count, types(found)) == (2, {"id": "integer", "shape": "string"})
