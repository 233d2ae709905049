# SPDX-License-Identifier: Apache-2.0
"""What kind of file a name promises; the same on every machine."""

from __future__ import annotations

import mimetypes
import re

_KNOWN = mimetypes.MimeTypes(filenames=())
_OURS = {
    "parquet": "application/vnd.apache.parquet",
    "pmtiles": "application/vnd.pmtiles",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "fgb": "application/vnd.flatgeobuf",
    "torrent": "application/x-bittorrent",
    "meta4": "application/metalink4+xml",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "log": "text/plain",
    "md": "text/markdown",
}
_FORM = re.compile(r"[a-z0-9][a-z0-9.+-]{0,99}/[a-z0-9][a-z0-9.+-]{0,99}", re.ASCII | re.IGNORECASE)
UNKNOWN = "application/octet-stream"


def media_type(name: str, said: str = "") -> str:
    """The media type of a file.

    Args:
        name: Of the file.
        said: By the catalogue; used when it is plain.
    """
    if _FORM.fullmatch(said):
        return said
    ours = _OURS.get(name.rpartition(".")[2].lower())
    found, encoding = (ours, None) if ours else _KNOWN.guess_type(name)
    if encoding:  # the bytes are the packed ones: said as a Content-Encoding, clients would unpack them
        return "application/gzip" if encoding == "gzip" else UNKNOWN
    text = found or UNKNOWN
    return f"{text}; charset=utf-8" if text.startswith("text/") else text
