# SPDX-License-Identifier: Apache-2.0
"""What a publisher asks of the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release, Site


class Tables(Protocol):
    """Reads and writes the files that hold rows. Equal rows give equal bytes."""

    def read_site(self, catalog: Path) -> Site:
        """What the catalogue says of itself."""

    def read_releases(self, catalog: Path) -> Iterable[Release]:
        """All rows; for ``changes/`` files, which are short."""

    def read_files(self, files: Path) -> Iterable[FileRow]:
        """All rows; for ``changes/`` files, which are short."""

    def versions(self, catalog: Path, dataset: str) -> list[Release]:
        """A dataset's versions, the oldest first; empty when there is no such dataset."""

    def files(self, files: Path, item_id: str) -> list[FileRow]:
        """A version's files; empty when there is no such version."""

    def refuse_clash(self, catalog: Path, new: Release) -> None:
        """Refuse a version whose data or DOI is that of another.

        Raises:
            CatalogError: it is.
        """

    def write_catalog(self, path: Path, releases: Iterable[Release], site: Site) -> None:
        """Write rows, sorted."""

    def write_files(self, path: Path, rows: Iterable[FileRow]) -> None:
        """Write rows, sorted."""

    def merge_catalog(self, old: Path, changed: Sequence[Release], site: Site, out: Path) -> int:
        """Write the old rows with those that changed in their place; returns the number of rows."""

    def merge_files(self, old: Path, new: Sequence[FileRow], out: Path) -> None:
        """Write the old rows and the new ones."""
