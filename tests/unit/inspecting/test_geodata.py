# SPDX-License-Identifier: Apache-2.0
"""Maps and images say where they are; broken ones say what is broken; none is touched."""

from __future__ import annotations

import json
import random
import sqlite3
import struct
import zipfile
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from pmtiles.tile import Compression, HeaderDict, TileType, serialize_header
from rasterio.errors import NotGeoreferencedWarning

from seedbed.inspecting import inspect, inspect_folder
from tests.programs import shared_data

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

POINTS = [shapely.Point(-99, 19), shapely.Point(-98, 20)]
PACIFIC = [shapely.Point(178, 2), shapely.Point(-179, 4)]


def frame(points: list[Any], crs: Any = 4326) -> geopandas.GeoDataFrame:
    """A small map."""
    names = ["a", "b"][: len(points)]
    return geopandas.GeoDataFrame({"name": names}, geometry=points, crs=4326).to_crs(crs)


def image(path: Path, **profile: Any) -> Path:
    """A small raster."""
    base = {"driver": "GTiff", "width": 4, "height": 2, "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", **(base | profile)) as target:
        target.write(np.ones((1, 2, 4), "uint8"))
    return path


@pytest.mark.parametrize("crs", [4326, 6372])
@pytest.mark.parametrize("suffix", ["gpkg", "shp", "fgb", "parquet"])
def test_vector_formats(tmp_path: Path, suffix: str, crs: int) -> None:
    """Each format of maps gives extent in degrees, columns, rows, kinds and its own coordinate system."""
    path = tmp_path / f"m.{suffix}"
    made = frame(POINTS, crs)
    made.to_parquet(path) if suffix == "parquet" else made.to_file(path)

    found = inspect(path)

    assert found.bbox is not None
    assert np.allclose(found.bbox, (-99, 19, -98, 20), atol=0.05)  # a box's corners move in a projection
    assert (found.row_count, found.proj_code, found.geometry_kinds) == (2, f"EPSG:{crs}", ("Point",))
    assert {column.type for column in found.columns} == {"string", "geometry"}
    assert found.remarks == ()


@pytest.mark.parametrize("suffix", ["geojson", "json", "geojsonl", "ndjson"])
def test_geojson(tmp_path: Path, suffix: str) -> None:
    """GeoJSON is known by its content, also line by line."""
    features = [
        {"type": "Feature", "properties": {"a": n}, "geometry": {"type": "Point", "coordinates": [n, n]}}
        for n in (1, 2)
    ]
    lines = "\n".join(map(json.dumps, features))
    path = tmp_path / f"m.{suffix}"
    path.write_text(
        lines if suffix in {"geojsonl", "ndjson"} else json.dumps({"type": "FeatureCollection", "features": features})
    )

    found = inspect(path)

    assert (found.bbox, found.row_count, found.remarks) == ((1, 1, 2, 2), 2, ())
    assert found.media_type.startswith("application/geo+json")


def test_real_folder() -> None:
    """The files of a folder together: the box around all, and no table, because there are several."""
    files = {path.name: path for path in sorted((shared_data() / "natural-earth").iterdir())}

    found, each = inspect_folder(files)

    assert found.bbox == pytest.approx((-180.0, -90.0, 180.0, 83.6), abs=0.01)
    assert (found.columns, found.row_count, found.proj_code) == ((), None, "EPSG:4326")
    assert each["ne_50m_populated_places.geojson"].row_count == 1249


def test_real_image() -> None:
    """A Landsat scene in UTM: extent in degrees, size, bands."""
    found = inspect(shared_data() / "landsat" / "RGB.byte.tif")

    assert found.bbox == pytest.approx((-78.9586, 23.5649, -76.5749, 25.5508), abs=1e-3)
    assert (found.proj_code, found.shape, found.band_types) == ("EPSG:32618", (718, 791), ("uint8",) * 3)
    assert len(found.transform) == 6
    assert found.remarks == ()


@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "shp"])
def test_antimeridian(tmp_path: Path, suffix: str) -> None:
    """Points on both sides of the antimeridian, in a projection that knows it, make a box that crosses it."""
    path = tmp_path / f"m.{suffix}"
    made = frame(PACIFIC, 3832)
    made.to_parquet(path) if suffix == "parquet" else made.to_file(path)

    assert inspect(path).bbox == pytest.approx((178.0, 2.0, -179.0, 4.0), abs=1e-6)


def test_antimeridian_in_degrees(tmp_path: Path) -> None:
    """In degrees each feature is looked at."""
    frame(PACIFIC).to_file(tmp_path / "m.gpkg")

    assert inspect(tmp_path / "m.gpkg").bbox == (178.0, 2.0, -179.0, 4.0)


def test_layers(tmp_path: Path) -> None:
    """Several layers: the box around all; an empty one is told."""
    path = tmp_path / "m.gpkg"
    frame(POINTS).to_file(path, layer="one")
    frame([shapely.Point(5, 6)]).to_file(path, layer="two", mode="a")
    frame(POINTS).iloc[:0].to_file(path, layer="three", mode="a")

    found = inspect(path)

    assert (found.bbox, found.columns, found.row_count) == ((-99, 6, 5, 20), (), None)
    assert found.remarks == ("layer 'three': it has no features",)


def test_a_database_with_a_journal_is_not_touched(tmp_path: Path) -> None:
    """Reading a GeoPackage in WAL mode leaves no files beside it."""
    path = tmp_path / "m.gpkg"
    frame(POINTS).to_file(path)
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE more (a)")
    database.close()
    before = (path.read_bytes(), path.stat().st_mtime_ns)

    assert inspect(path).bbox == (-99, 19, -98, 20)

    assert ([*tmp_path.iterdir()], path.read_bytes(), path.stat().st_mtime_ns) == ([path], *before)


def test_no_coordinate_system(tmp_path: Path) -> None:
    """Without a coordinate system there is no extent, only a remark."""
    frame(POINTS).to_file(tmp_path / "m.shp")
    (tmp_path / "m.prj").unlink()
    with pytest.warns(NotGeoreferencedWarning):
        image(tmp_path / "i.tif")

    for name in ("m.shp", "i.tif"):
        found = inspect(tmp_path / name)
        assert found.bbox is None
        assert "no coordinate system" in found.remarks[0]


def test_raster_from_0_to_360(tmp_path: Path) -> None:
    """Climate models count longitudes from 0, and their pixels stick out beyond the poles."""
    path = image(tmp_path / "i.tif", crs=4326, transform=rasterio.Affine(90, 0, -0.125, 0, -90.1, 90.1))

    assert inspect(path).bbox == (-180.0, -90.0, 180.0, 90.0)


def test_cloud_optimized(tmp_path: Path) -> None:
    """A COG says so in its media type."""
    path = image(tmp_path / "i.tif", driver="COG", crs=4326, transform=rasterio.Affine(1, 0, 0, 0, -1, 2))

    assert inspect(path).media_type.endswith("profile=cloud-optimized")


def test_parquet_without_extent_in_its_footer(tmp_path: Path) -> None:
    """Then the geometries are walked through."""
    path = tmp_path / "m.parquet"
    polygon = shapely.MultiPolygon([shapely.box(1, 2, 3, 4), shapely.box(5, 6, 7, 8)])
    frame([polygon, shapely.Point(9, 0, 5)]).to_parquet(path)
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    del geo["columns"]["geometry"]["bbox"]
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)

    assert inspect(path).bbox == (1, 0, 9, 8)


def test_plain_parquet_with_coordinates(tmp_path: Path) -> None:
    """Columns of numbers called latitude and longitude are an extent in Parquet too."""
    path = tmp_path / "m.parquet"
    pq.write_table(pa.table({"latitude": [1.0, None], "Longitude": [2.0, 3.0], "year": [1999, 2004]}), path)

    found = inspect(path)

    assert found.bbox == (2, 1, 2, 1)
    assert (found.start and found.start.year, found.end and found.end.year) == (1999, 2004)


def test_tiles(tmp_path: Path) -> None:
    """PMTiles tell all in their header."""
    numbers: Any = dict.fromkeys(HeaderDict.__annotations__, 0)
    corners: Any = {"min_lon_e7": -(10**9), "min_lat_e7": 10**8, "max_lon_e7": -9 * 10**8, "max_lat_e7": 2 * 10**8}
    gzip: Any = {"internal_compression": Compression.GZIP, "tile_compression": Compression.GZIP}
    tiles: Any = {"tile_type": TileType.MVT, "min_zoom": 2, "max_zoom": 14}
    header: Any = numbers | corners | gzip | tiles
    (tmp_path / "t.pmtiles").write_bytes(serialize_header(header))

    found = inspect(tmp_path / "t.pmtiles")

    assert (found.bbox, found.zooms, found.tile_type, found.remarks) == ((-100, 10, -90, 20), (2, 14), "mvt", ())


BROKEN = {
    "missing.csv": None,
    "empty.geojson": b"",
    "none.geojson": b'{"type":"FeatureCollection","features":[]}',
    "cut.geojson": b'{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Poi',
    "far.geojson": b'{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[19,99]}}',
    "null.geojson": b'{"type":"Feature","properties":{},"geometry":null}',
    "recipe.geojson": b'<OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>',
    "text.gpkg": b"no database",
    "cut.gpkg": b"SQLite format 3\0" + bytes(100),
    "cut.shp": b"\0\0\x27\x0a" + bytes(20),
    "text.parquet": b"PAR1 no PAR1",
    "head.tif": b"II*\0",
    "text.tiff": b"not an image",
    "short.pmtiles": b"PMTiles\3",
    "other.pmtiles": b"x" * 200,
    "nothing.pmtiles": b"PMTiles\3" + bytes(119),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_give_a_remark(tmp_path: Path, name: str) -> None:
    """A broken file has no extent and a remark, which names no folder of this machine."""
    path = tmp_path / name
    content = BROKEN[name]
    if content is not None:
        path.write_bytes(content)

    found = inspect(path)

    assert found.bbox is None
    assert found.remarks
    assert str(tmp_path) not in "".join(found.remarks)
    assert found.media_type


def test_cut_image(tmp_path: Path) -> None:
    """An image whose head is there and whose pixels are not is told."""
    path = image(tmp_path / "i.tif", crs=4326, transform=rasterio.Affine(1, 0, 0, 0, -1, 2))
    path.write_bytes(path.read_bytes()[:-8])

    found = inspect(path)

    assert found.bbox == (0, 0, 4, 2)
    assert "cut" in found.remarks[0]


def test_only_table_of_a_folder(tmp_path: Path) -> None:
    """A folder with one table among other files has that table's columns."""
    (tmp_path / "a.csv").write_text("lat,lon\n1,2\n")
    (tmp_path / "README.md").write_text("# Data")

    found, each = inspect_folder({name: tmp_path / name for name in ("a.csv", "README.md")})

    assert (found.row_count, found.bbox, found.media_type) == (1, (2, 1, 2, 1), "")
    assert each["README.md"].media_type == "text/markdown"


def test_odd_wkb() -> None:
    """Cut and nested geometries are refused, empty points are none."""
    from seedbed.inspecting.wkb import Extent  # noqa: PLC0415

    extent = Extent()
    nested = b"".join(struct.pack("<BII", 1, 7, 1) for _ in range(100))

    assert extent.add(shapely.to_wkb(shapely.Point()))
    assert not extent.add(b"\1\1")
    assert not extent.add(nested)
    assert not extent.add(struct.pack("<BII", 1, 2, 1 << 31))
    assert extent.bounds is None


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """An archive of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_a_zipped_shapefile(tmp_path: Path) -> None:
    """Portals give Shapefiles out as archives; the one map in it tells its extent, and nothing is unpacked."""
    (tmp_path / "m").mkdir()
    frame(POINTS, 6372).to_file(tmp_path / "m" / "m.shp")
    parts = {f"sub/{part.name}": part.read_bytes() for part in (tmp_path / "m").iterdir()}
    path = zipped(tmp_path / "a map}.zip", {**parts, "readme.txt": b"hello"})

    found = inspect(path)

    assert found.bbox == pytest.approx((-99, 19, -98, 20), abs=0.05)
    assert (found.row_count, found.proj_code, found.remarks) == (2, "EPSG:6372", ())
    assert (found.media_type, sorted(one.name for one in tmp_path.iterdir())) == (
        "application/zip",
        ["a map}.zip", "m"],
    )


@pytest.mark.parametrize(
    ("files", "remark"),
    [
        ({"a.shp": b"\0\0\x27\x0a" + bytes(2_000_000)}, "unpacks to"),
        ({"a.geojson": b"<OGRVRTDataSource/>"}, "not what its name says"),
        ({"a.shp": b""}, "not what its name says"),
        ({"a.shp": b"\0\0\x27\x0a" + bytes(50)}, "cannot be read"),
        ({"a.txt": b"x"}, ""),
        ({"a.shp": b"x", "b.shp": b"y"}, ""),
    ],
)
def test_odd_archives(tmp_path: Path, files: dict[str, bytes], remark: str) -> None:
    """Bombs and broken maps are told; archives of other things say nothing."""
    found = inspect(zipped(tmp_path / "a.zip", files))

    assert found.bbox is None
    assert bool(found.remarks) == bool(remark)
    assert remark in "".join(found.remarks)


def test_no_archive(tmp_path: Path) -> None:
    """What only is called so is told."""
    (tmp_path / "a.zip").write_bytes(b"PK\3\4 not a zip")

    assert inspect(tmp_path / "a.zip").remarks


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "fgb", "parquet", "geojson", "tif"])
def test_damaged_files_are_survived(tmp_path: Path, suffix: str) -> None:
    """Flipped and missing bytes give an answer or a remark, whatever they hit; the program goes on."""
    made = tmp_path / f"m.{suffix}"
    if suffix == "tif":
        image(made, crs=4326, transform=rasterio.Affine(1, 0, 0, 0, -1, 2))
    else:
        frame(POINTS).to_parquet(made) if suffix == "parquet" else frame(POINTS).to_file(made)
    whole = made.read_bytes()

    for seed in range(25):
        chance = random.Random(seed)
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 5, 50])):
            damaged[chance.randrange(min(len(damaged), 4_000))] = chance.randrange(256)
        made.write_bytes(damaged[: chance.choice([None, chance.randrange(len(damaged))])])
        found = inspect(made)
        assert found.media_type
        assert found.bbox is None or -180 <= found.bbox[0] <= 180
