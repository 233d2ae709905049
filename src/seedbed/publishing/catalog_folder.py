# SPDX-License-Identifier: Apache-2.0
"""A catalogue's folder, only read: what is checked before hours of hashing, and trials, need no lock and no keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.releasing.stage import PENDING
from seedbed.errors import NotFoundError, StateError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release, Site
    from seedbed.catalog.releasing.tables import Tables


@dataclass(frozen=True, slots=True)
class CatalogFolder:
    """A :class:`seedbed.publishing.request.CatalogWithTorrents`."""

    folder: Path
    tables: Tables

    @property
    def site(self) -> Site:
        """See the Protocol."""
        return self.tables.read_site(self.folder / paths.CATALOG)

    def versions(self, dataset: str) -> list[Release]:
        """See the Protocol."""
        return self.tables.versions(self.folder / paths.CATALOG, dataset)

    def files(self, item_id: str) -> list[FileRow]:
        """See the Protocol."""
        return self.tables.files(self.folder / paths.FILES, item_id)

    def refuse_clash(self, new: Release) -> None:
        """See the Protocol."""
        self.tables.refuse_clash(self.folder / paths.CATALOG, new)

    def torrent(self, release: Release) -> bytes:
        """See the Protocol."""
        path = self.folder / paths.torrent(release.torrent.best_hex)
        try:
            return path.read_bytes()
        except OSError as error:
            raise StateError(f"{release.id}: its torrent {path} cannot be read: {error.strerror}") from error


def open_folder(folder: Path) -> CatalogFolder:
    """A catalogue to read.

    Raises:
        NotFoundError: there is none.
    """
    if not (folder / paths.CATALOG).is_file():
        if (folder / PENDING).exists():
            raise NotFoundError(f"{folder}: the new catalogue is not public yet", hint=f"seedbed catalog sign {folder}")
        raise NotFoundError(f"{folder}: there is no catalogue", hint="seedbed catalog init DIR makes one.")
    from seedbed.catalog.releasing.parquet_tables import ParquetTables  # noqa: PLC0415  # pyarrow: 100 ms

    return CatalogFolder(folder, ParquetTables())
