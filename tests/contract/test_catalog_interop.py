# SPDX-License-Identifier: Apache-2.0
"""``catalog.parquet`` opens with one line in DuckDB, geopandas, rustac, stac-geoparquet, and says the same in each."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import duckdb
import geopandas
import pyarrow.parquet as pq
import pytest
import rustac
from stac_geoparquet.arrow import stac_table_to_items

from seedbed.catalog.model import Column, Contents, Mirror, Provider, Release, Site
from seedbed.catalog.stac.item import to_item
from seedbed.catalog.stac.times import to_text
from seedbed.catalog.table import writer
from tests.releases import NOW, in_table_order, release, versions

if TYPE_CHECKING:
    from pathlib import Path

SITE = Site("example", url="https://data.example/")
FULL = release(
    "full",
    datetime=None,
    start_datetime=NOW - dt.timedelta(days=9),
    end_datetime=NOW,
    keywords=("água", "río"),
    providers=(Provider("INEGI", ("producer",), "https://www.inegi.example"),),
    language="es",
    doi="10.5281/zenodo.7",
    bbox=(177.0, -20.0, -178.0, -15.0),
    mirrors=(Mirror("source-coop", "https://data.source.coop/a/", "Source"), Mirror("zenodo", "https://z.example/")),
    contents=Contents(columns=(Column("id", "int"),), row_count=9, proj_code="EPSG:4326", band_types=("uint8",)),
)
ALL = in_table_order([*versions("rivers", 3), FULL, release("lakes")])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue with a plain and a full item."""
    made = tmp_path_factory.mktemp("interop") / "catalog.parquet"
    writer.write_catalog(made, ALL, SITE)
    return made


def bare(value: Any) -> Any:
    """Without what readers of tables add: nulls, empty objects, and other ways to write a moment."""
    if isinstance(value, dict):
        kept = {key: bare(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, {})}
    if isinstance(value, list | tuple):
        return [bare(inner) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*(Z|\+00:00)", value):
        return to_text(dt.datetime.fromisoformat(value))
    return value


def expected(one: Release) -> dict[str, Any]:
    """The item as we write it, without nulls."""
    item: dict[str, Any] = bare(to_item(one, root=SITE.url))
    return item


def test_duckdb_opens_it(path: Path) -> None:
    """Without extensions; the geometry has its type."""
    with duckdb.connect() as connection:
        found = connection.execute(
            'SELECT id, ST_AsText(geometry) FROM read_parquet(?) WHERE "seedbed:latest" ORDER BY id', [str(path)]
        ).fetchall()

    assert [one for one, _ in found] == ["full@1", "lakes@1", "rivers@3"]
    assert found[0][1].startswith("MULTIPOLYGON")


def test_geopandas_opens_it(path: Path) -> None:
    """In longitude and latitude, and a box reads only what lies in it."""
    frame = geopandas.read_parquet(path)
    part = geopandas.read_parquet(path, bbox=(0.0, 0.0, 1.0, 1.0))

    assert frame.crs == "OGC:CRS84"
    assert list(frame["id"]) == [one.id for one in ALL]
    assert len(part) == 0


def test_stac_geoparquet_gives_our_items(path: Path) -> None:
    """The reference library reads each item as we wrote it."""
    found = list(stac_table_to_items(pq.read_table(path)))

    assert [bare(item) for item in found] == [expected(one) for one in ALL]


def test_rustac_gives_our_items(path: Path) -> None:
    """The Rust library does, too."""
    found = rustac.read_sync(str(path))["features"]

    assert [bare(item) for item in found] == [expected(one) for one in ALL]
