# SPDX-License-Identifier: Apache-2.0
"""One file becomes a small picture or table. Heavy libraries; runs in a child process with limits only.

All answers are JSON values: ``{"kind": "table", columns, rows}``, ``{"kind": "map", size, lines}`` or
``{"kind": "picture", jpeg}``; an empty mapping where there is nothing to show.
"""

from __future__ import annotations

import base64
import itertools
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS, COLUMNS, CELL = 20, 30, 120
"""Of a table: rows, columns, characters of a cell."""
FEATURES, POINTS = 4_000, 20_000
"""Of a map: features that are drawn, and their points."""
PIXELS = 640
"""Of a picture's longer side."""
WIDTH = 640.0
"""Of a map, in its own units."""


def read(path: Path, family: str) -> dict[str, Any]:
    """What can be shown of a file.

    Args:
        path: The file; only read.
        family: Of readers, as ``inspecting.kinds`` names them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        readers = {"delimited": _delimited, "parquet": _parquet, "vector": _vector, "raster": _raster}
        reader = readers.get(family)
        return reader(path) if reader else {}


def _delimited(path: Path) -> dict[str, Any]:
    import csv  # noqa: PLC0415  # only after the limits
    import io  # noqa: PLC0415

    from seedbed.inspecting.text_form import read_form  # noqa: PLC0415

    form = read_form(path)
    if form is None:
        return {}
    with path.open("rb") as file:
        text = io.TextIOWrapper(file, encoding=form.encoding, errors="replace", newline="")
        rows = list(itertools.islice(csv.reader(text, delimiter=form.delimiter), ROWS + 1))
    return _table(form.names, rows[1:] if form.has_header else rows[:ROWS])


def _parquet(path: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq  # noqa: PLC0415  # only after the limits

    with pq.ParquetFile(path) as file:
        names = [name for name in file.schema_arrow.names if name not in {"geometry", "bbox"}][:COLUMNS]
        batch = next(file.iter_batches(ROWS, columns=names), None)
    if batch is None:
        return {}
    columns = [batch.column(name).to_pylist() for name in names]
    return _table(names, [list(row) for row in zip(*columns, strict=True)])


def _table(names: Any, rows: Any) -> dict[str, Any]:
    shown = [[_cell(value) for value in row[:COLUMNS]] for row in rows[:ROWS]]
    return {"kind": "table", "columns": [str(one)[:CELL] for one in [*names][:COLUMNS]], "rows": shown}


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= CELL else text[: CELL - 1] + "…"


def _vector(path: Path) -> dict[str, Any]:
    import pyogrio  # noqa: PLC0415  # only after the limits

    from seedbed.catalog.stac.geometry import from_wkb  # noqa: PLC0415

    layer = pyogrio.list_layers(path)[0][0]
    meta, _, geometries, _ = pyogrio.raw.read(path, layer=layer, columns=[], max_features=FEATURES, force_2d=True)
    shapes = [from_wkb(bytes(one)) for one in geometries if one is not None]
    return _map(shapes, str(meta["crs"] or ""))


def _map(shapes: list[dict[str, Any]], crs: str) -> dict[str, Any]:
    """Outlines in the file's own coordinates: a small map needs no projection, only its place stays true."""
    lines = list(_lines(shapes))
    points = [point for _, line in lines for point in line]
    if not points:
        return {}
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(y for _, y in points), max(y for _, y in points)
    scale = WIDTH / max(right - left, (high - low) * 1.4, 1e-9)
    step = max(len(points) // POINTS, 1)

    def place(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
        kept = line if len(line) < 8 else [*line[:-1:step], line[-1]]
        return [(round((x - left) * scale, 1), round((high - y) * scale, 1)) for x, y in kept]

    drawn = [[kind, place(line)] for kind, line in lines]
    size = [round((right - left) * scale, 1), round((high - low) * scale, 1)]
    return {"kind": "map", "size": size, "lines": drawn, "crs": crs}


def _lines(shapes: list[dict[str, Any]]) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Rings, paths and points, one by one."""
    depths = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
    for shape in shapes:
        kind = shape["type"]
        if kind == "GeometryCollection":
            yield from _lines(shape["geometries"])
        elif kind in {"Point", "MultiPoint"}:
            found = [shape["coordinates"]] if kind == "Point" else shape["coordinates"]
            yield from (("point", [(one[0], one[1])]) for one in found if len(one) >= 2)
        elif kind in depths:
            name = "shape" if "Polygon" in kind else "path"
            yield from (
                (name, [(one[0], one[1]) for one in line]) for line in _flat(shape["coordinates"], depths[kind])
            )


def _flat(coordinates: Any, depth: int) -> Iterator[Any]:
    if depth <= 1:
        yield coordinates
    else:
        for one in coordinates:
            yield from _flat(one, depth - 1)


def _raster(path: Path) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415  # only after the limits
    import rasterio  # noqa: PLC0415
    from rasterio.io import MemoryFile  # noqa: PLC0415

    with rasterio.Env(GDAL_PAM_ENABLED="NO"), rasterio.open(path, driver="GTiff") as image:
        scale = max(image.width, image.height) / PIXELS
        height, width = (max(round(side / max(scale, 1)), 1) for side in (image.height, image.width))
        bands = [1, 2, 3] if image.count >= 3 else [1]
        pixels = image.read(bands, out_shape=(len(bands), height, width), masked=True)
    shown = np.stack([_stretched(one) for one in pixels])
    facts = {"driver": "JPEG", "quality": 82, "width": width, "height": height, "count": len(bands), "dtype": "uint8"}
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        with memory.open(**facts) as picture:
            picture.write(shown)
        return {"kind": "picture", "jpeg": base64.b64encode(memory.read()).decode(), "size": [width, height]}


def _stretched(band: Any) -> Any:
    """A band from 0 to 255, without its darkest and brightest hundredth."""
    import numpy as np  # noqa: PLC0415

    known = band.compressed()
    if not len(known):
        return np.zeros(band.shape, np.uint8)
    low, high = np.percentile(known.astype(np.float64), (1, 99))
    spread = max(float(high - low), 1e-9)
    return np.clip((band.filled(low).astype(np.float64) - low) / spread * 255, 0, 255).astype(np.uint8)
