# SPDX-License-Identifier: Apache-2.0
"""What is shown of files, and that a file which breaks its reader costs nothing but its preview."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio

from seedbed.portal.previews import drawing
from seedbed.portal.previews.desk import choose
from seedbed.portal.previews.reading import ROWS, read
from tests import releases

if TYPE_CHECKING:
    from pathlib import Path

    from tests.portals import Stand

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}


def geojson(path: Path, *geometries: object) -> Path:
    """A file of some features."""
    features = [{"type": "Feature", "properties": {}, "geometry": one} for one in geometries]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_a_table_shows_its_first_rows(tmp_path: Path) -> None:
    """With its own mark between cells, long cells cut."""
    path = tmp_path / "a.csv"
    path.write_text("name;about\n" + "".join(f"row {at};{'x' * 500}\n" for at in range(100)), "utf-8")

    found = read(path, "delimited")

    assert found["columns"] == ["name", "about"]
    assert len(found["rows"]) == ROWS
    assert found["rows"][0][0] == "row 0"
    assert found["rows"][0][1].endswith("…")


def test_a_table_without_names_loses_no_row(tmp_path: Path) -> None:
    """Its first line is data."""
    path = tmp_path / "a.csv"
    path.write_text("1,2\n3,4\n")

    assert read(path, "delimited")["rows"] == [["1", "2"], ["3", "4"]]


def test_parquet_shows_its_first_rows(tmp_path: Path) -> None:
    """Read from its first row group only."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": list(range(50)), "b": [None] * 50}), path)

    found = read(path, "parquet")

    assert found["columns"] == ["a", "b"]
    assert found["rows"][1] == ["1", ""]


def test_a_map_is_drawn_north_up(tmp_path: Path) -> None:
    """Shapes, paths and points apart."""
    line = {"type": "LineString", "coordinates": [[0, 0], [10, 5]]}
    path = geojson(tmp_path / "a.geojson", SQUARE, line, {"type": "Point", "coordinates": [5, 10]})

    found = read(path, "vector")

    assert drawing.path(found["lines"], "shape").startswith("M0 ")
    assert drawing.path(found["lines"], "shape").endswith("z")
    assert drawing.points(found["lines"])[0][1] == 0.0
    assert found["size"][0] > 0


def test_a_raster_becomes_a_small_picture(tmp_path: Path) -> None:
    """However large; no data stays dark."""
    path = tmp_path / "a.tif"
    pixels = np.arange(2_000 * 1_000, dtype=np.uint16).reshape(1, 1_000, 2_000)
    facts = {"driver": "GTiff", "width": 2_000, "height": 1_000, "count": 1, "dtype": "uint16"}
    with rasterio.open(path, "w", transform=rasterio.Affine(1, 0, 5, 0, -1, 5), **facts) as image:
        image.write(pixels)

    found = read(path, "raster")

    assert found["size"] == [640, 320]
    assert base64.b64decode(found["jpeg"]).startswith(b"\xff\xd8")


def test_the_file_that_says_most_is_chosen() -> None:
    """A map before a table; a large file of its kind before a small one; nothing where nothing can be read."""
    row = releases.file_rows(releases.release())[0]
    sizes = {"a.csv": 900, "small.geojson": 5, "large.geojson": 50, "huge.geojson": 10**12, "x.bin": 10**9}
    rows = [replace(row, path=name, size_bytes=size) for name, size in sizes.items()]

    found = choose(rows)

    assert found
    assert found.path == "large.geojson"
    assert choose(rows[-1:]) is None


def test_a_version_s_preview_is_made_once_and_kept(stand: Stand) -> None:
    """From its published file; later from what was kept."""
    release = stand.portal.shelf.release("lakes@2")
    folder = stand.portal.settings.data / "lakes" / "2" / release.torrent.name / "tables"
    folder.mkdir(parents=True)
    (folder / "part-002.csv").write_text("town,people\nUr,<b>5</b>\n")

    first = stand.web.get("/datasets/lakes/2/preview").text
    (folder / "part-002.csv").unlink()

    assert "Ur" in first
    assert "&lt;b&gt;5" in first
    assert stand.web.get("/datasets/lakes/2/preview").text == first


def test_u51_a_file_that_breaks_its_reader_has_no_preview(stand: Stand) -> None:
    """The page is whole, and the next request is answered."""
    release = stand.portal.shelf.release("lakes@2")
    folder = stand.portal.settings.data / "lakes" / "2" / release.torrent.name / "tables"
    folder.mkdir(parents=True)
    (folder / "part-002.csv").write_bytes(b"\x00\xff" * 5_000)

    assert "<table" not in stand.web.get("/datasets/lakes/2/preview").text
    assert stand.web.get("/datasets/lakes/2").status_code == 200


@pytest.mark.parametrize("family", ["vector", "raster", "parquet"])
def test_u51_broken_bytes_end_in_the_child(tmp_path: Path, family: str) -> None:
    """As an error of ours, and not as a dead portal."""
    from seedbed.errors import FormatError  # noqa: PLC0415  # here alone
    from seedbed.portal.previews.desk import COST  # noqa: PLC0415
    from seedbed.portal.uploads.limited import ask  # noqa: PLC0415

    path = tmp_path / "broken.bin"
    path.write_bytes(b"PAR1" + bytes(range(256)) * 40)

    with pytest.raises(FormatError):
        ask("seedbed.portal.previews.child", {"path": str(path), "family": family}, COST, name="broken.bin")


def test_a_withdrawn_version_is_not_looked_into(stand: Stand) -> None:
    """Whatever still lies there."""
    assert stand.web.get("/datasets/mistake/1/preview").text.strip() == ""
