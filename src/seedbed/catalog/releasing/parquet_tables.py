# SPDX-License-Identifier: Apache-2.0
"""A publisher's tables in Parquet. A dataset's versions are found by the statistics of row groups: rows are sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from seedbed.catalog.table import clashes, merge, reader, rows, writer
from seedbed.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release, Site


class ParquetTables:
    """A :class:`seedbed.catalog.releasing.tables.Tables`; raises :class:`CatalogError` for what it cannot read."""

    def read_site(self, catalog: Path) -> Site:
        """See the Protocol."""
        return reader.read_site(catalog)

    def read_releases(self, catalog: Path) -> Iterable[Release]:
        """See the Protocol."""
        return reader.read_catalog(catalog)

    def read_files(self, files: Path) -> Iterable[FileRow]:
        """See the Protocol."""
        return reader.read_files(files)

    def versions(self, catalog: Path, dataset: str) -> list[Release]:
        """See the Protocol."""
        return [rows.to_release(row) for row in _matching(catalog, "seedbed:dataset", dataset)]

    def files(self, files: Path, item_id: str) -> list[FileRow]:
        """See the Protocol."""
        return [rows.from_file_row(row) for row in _matching(files, "item_id", item_id)]

    def refuse_clash(self, catalog: Path, new: Release) -> None:
        """See the Protocol."""
        clashes.refuse_clash(catalog, new)

    def write_catalog(self, path: Path, releases: Iterable[Release], site: Site) -> None:
        """See the Protocol."""
        writer.write_catalog(path, sorted(releases, key=writer.release_order), site)

    def write_files(self, path: Path, rows: Iterable[FileRow]) -> None:
        """See the Protocol."""
        writer.write_files(path, sorted(rows, key=writer.file_order))

    def merge_catalog(self, old: Path, changed: Sequence[Release], site: Site, out: Path) -> int:
        """See the Protocol."""
        return merge.merge_catalog(old, changed, site, out)

    def merge_files(self, old: Path, new: Sequence[FileRow], out: Path) -> None:
        """See the Protocol."""
        merge.merge_files(old, new, out)


def _matching(path: Path, column: str, value: str) -> list[dict[str, Any]]:
    try:
        table = pq.read_table(path, filters=[(column, "==", value)], partitioning=None, arrow_extensions_enabled=False)
    except (pa.ArrowException, OSError) as error:
        raise CatalogError(f"{path}: cannot be read: {error!s:.300}", rule="C16") from error
    found: list[dict[str, Any]] = table.to_pylist()
    return found
