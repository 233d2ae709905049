# SPDX-License-Identifier: Apache-2.0
"""Which kind of file a name promises: its media type, and the family of readers that understands it."""

from __future__ import annotations

from typing import Literal, TypeAlias

Family: TypeAlias = Literal["", "archive", "delimited", "parquet", "raster", "tiles", "vector"]

_KINDS: dict[str, tuple[str, Family]] = {
    ".7z": ("application/x-7z-compressed", ""),
    ".avif": ("image/avif", ""),
    ".bz2": ("application/x-bzip2", ""),
    ".csv": ("text/csv", "delimited"),
    ".dbf": ("application/vnd.dbf", ""),
    ".doc": ("application/msword", ""),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ""),
    ".fgb": ("application/vnd.flatgeobuf", "vector"),
    ".geojson": ("application/geo+json", "vector"),
    ".geojsonl": ("application/geo+json-seq", "vector"),
    ".geojsons": ("application/geo+json-seq", "vector"),
    ".geoparquet": ("application/vnd.apache.parquet", "parquet"),
    ".gml": ("application/gml+xml", ""),
    ".gpkg": ("application/geopackage+sqlite3", "vector"),
    ".grb": ("application/wmo-GRIB2", ""),
    ".grib2": ("application/wmo-GRIB2", ""),
    ".gz": ("application/gzip", ""),
    ".h5": ("application/x-hdf5", ""),
    ".html": ("text/html", ""),
    ".jp2": ("image/jp2", ""),
    ".jpeg": ("image/jpeg", ""),
    ".jpg": ("image/jpeg", ""),
    ".json": ("application/json", ""),
    ".jsonl": ("application/x-ndjson", ""),
    ".kml": ("application/vnd.google-earth.kml+xml", ""),
    ".kmz": ("application/vnd.google-earth.kmz", ""),
    ".las": ("application/vnd.las", ""),
    ".laz": ("application/vnd.laszip", ""),
    ".md": ("text/markdown", ""),
    ".mp4": ("video/mp4", ""),
    ".nc": ("application/netcdf", ""),
    ".ndjson": ("application/x-ndjson", ""),
    ".ods": ("application/vnd.oasis.opendocument.spreadsheet", ""),
    ".parquet": ("application/vnd.apache.parquet", "parquet"),
    ".pdf": ("application/pdf", ""),
    ".pmtiles": ("application/vnd.pmtiles", "tiles"),
    ".png": ("image/png", ""),
    ".rdf": ("application/rdf+xml", ""),
    ".shp": ("application/vnd.shp", "vector"),
    ".shx": ("application/vnd.shx", ""),
    ".sqlite": ("application/vnd.sqlite3", ""),
    ".svg": ("image/svg+xml", ""),
    ".tab": ("text/tab-separated-values", "delimited"),
    ".tar": ("application/x-tar", ""),
    ".tif": ("image/tiff; application=geotiff", "raster"),
    ".tiff": ("image/tiff; application=geotiff", "raster"),
    ".tsv": ("text/tab-separated-values", "delimited"),
    ".ttl": ("text/turtle", ""),
    ".txt": ("text/plain", ""),
    ".webp": ("image/webp", ""),
    ".xls": ("application/vnd.ms-excel", ""),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ""),
    ".xml": ("application/xml", ""),
    ".xz": ("application/x-xz", ""),
    ".yaml": ("application/yaml", ""),
    ".yml": ("application/yaml", ""),
    ".zip": ("application/zip", "archive"),
    ".zst": ("application/zstd", ""),
}
GEOJSON = _KINDS[".geojson"]
GEOJSON_LINES = _KINDS[".geojsonl"]


def media_type(name: str) -> str:
    """The media type of a file of this name; empty when the name tells nothing."""
    return kind(name)[0]


def kind(name: str) -> tuple[str, Family]:
    """Media type and family of a file of this name; both empty when the name tells nothing."""
    _, dot, suffix = name.lower().rpartition(".")
    return _KINDS.get(dot + suffix, ("", ""))
