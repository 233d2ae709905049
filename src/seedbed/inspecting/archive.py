# SPDX-License-Identifier: Apache-2.0
"""A ZIP with one map in it, as portals give out Shapefiles. Nothing is unpacked: GDAL reads within the archive.

Who attacks: whoever fills an archive that is published unseen. How: a few kilobytes that unpack to terabytes, a
million entries. What it costs them: a remark, because sizes and ratio are judged by the directory, before anything is
read.
"""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from seedbed.inspecting.inspected import Inspected

if TYPE_CHECKING:
    from pathlib import Path

MAX_ENTRIES = 1_000
"""More is a collection, not a map."""
MAX_UNPACKED_BYTES = 2 << 30
MAX_RATIO = 100
"""Shapefiles are packed two to ten times."""
_MAPS = frozenset((".geojson", ".gpkg", ".shp"))


def inspect_archive(path: Path) -> Inspected:
    """What the only map of an archive says; nothing when there is none, or several."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            maps = [one for one in entries if PurePosixPath(one.filename).suffix.lower() in _MAPS]
            if len(maps) != 1 or len(entries) > MAX_ENTRIES:
                return Inspected()
            return _inspect(path, archive, entries, maps[0])
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        return Inspected(remarks=(f"it cannot be read: {error!s:.200}",))


def _inspect(path: Path, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], found: zipfile.ZipInfo) -> Inspected:
    from seedbed.inspecting.vector import HEAD_BYTES, begins_well, read_vector  # noqa: PLC0415  # GDAL: 100 ms

    inner = PurePosixPath(found.filename)
    parts = [one for one in entries if PurePosixPath(one.filename).with_suffix("") == inner.with_suffix("")]
    unpacked, packed = sum(one.file_size for one in parts), sum(one.compress_size for one in parts)
    if unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * max(packed, 1 << 10):
        return Inspected(remarks=(f"{inner.name} in it unpacks to {unpacked:,} bytes and was not looked into",))
    if any(one.flag_bits & 1 for one in parts) or ".." in inner.parts:
        return Inspected(remarks=(f"{inner.name} in it cannot be read: it is locked, or its path leads elsewhere",))
    with archive.open(found) as file:
        head = file.read(HEAD_BYTES)
    if not begins_well(inner.suffix, head):
        return Inspected(remarks=(f"{inner.name} in it is empty, or not what its name says",))
    return read_vector(f"/vsizip/{path.absolute()}/{found.filename}", inner.suffix)
