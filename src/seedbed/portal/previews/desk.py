# SPDX-License-Identifier: Apache-2.0
"""Previews of published versions: made once, in a limited child, and kept; what cannot be read has none."""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any

from seedbed.errors import FormatError
from seedbed.inspecting import kinds
from seedbed.portal.uploads.limited import Cost, ask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release

COST = Cost(memory_bytes=3 << 30, cpu_s=20, wall_s=30)
ORDER = {"vector": 0, "raster": 1, "parquet": 2, "delimited": 3}
"""Which file of a version is shown: a map says more than a table."""
MAX_BYTES = {"vector": 200_000_000, "raster": 1 << 42, "parquet": 1 << 42, "delimited": 1 << 42}
"""Larger files of a family are not opened: GDAL reads GeoJSON whole."""
MAX_KEPT_BYTES = 4_000_000
log = logging.getLogger(__name__)


class PreviewDesk:
    """Safe for several threads; one preview is made at a time.

    Args:
        data: Published files: ``DATASET/VERSION/NAME/…``.
        kept: Where previews are kept; anything may be deleted there.
    """

    def __init__(self, data: Path, kept: Path) -> None:
        self._data = data
        self._kept = kept
        self._making = threading.Lock()

    def of(self, release: Release, files: Sequence[FileRow]) -> dict[str, Any]:
        """What is shown of a version; empty when there is nothing to show, or its files are not here."""
        path = self._kept / f"{release.torrent.best_hex}.json"
        if (known := _read(path)) is not None:
            return known
        with self._making:
            if (known := _read(path)) is not None:
                return known
            row = choose(files)
            made = self._make(release, row) if row else {}
            if row is None or made is not None:
                _keep(path, made or {})
            return made or {}

    def _make(self, release: Release, row: FileRow) -> dict[str, Any] | None:
        """None when the file is not here now: it may come."""
        single = release.torrent.is_single_file
        folder = self._data / release.dataset / release.version / release.torrent.name
        path = folder if single else folder / row.path
        if not path.is_file():
            return None
        _, family = kinds.kind(row.path)
        try:
            found = ask("seedbed.portal.previews.child", {"path": str(path), "family": family}, COST, name=row.path)
        except FormatError as error:
            log.info("no preview item=%s file=%s reason=%s", release.id, row.path, error.message)
            return {}
        preview: dict[str, Any] = found["preview"]
        return {**preview, "path": row.path} if preview else {}


def choose(files: Sequence[FileRow]) -> FileRow | None:
    """The file that says most: of the first family that there is, the largest that may be opened."""
    fit = [(kinds.kind(row.path)[1], row) for row in files if row.size_bytes]
    fit = [(family, row) for family, row in fit if family in ORDER and row.size_bytes <= MAX_BYTES[family]]
    return min(fit, key=lambda one: (ORDER[one[0]], -one[1].size_bytes, one[1].path), default=("", None))[1]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found


def _keep(path: Path, made: dict[str, Any]) -> None:
    text = json.dumps(made).encode()
    if len(text) > MAX_KEPT_BYTES:
        text = b"{}"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{threading.get_ident()}")
    beside.write_bytes(text)
    beside.replace(path)
