# SPDX-License-Identifier: Apache-2.0
"""Tables as lines of text: what releasing needs of tables, without Parquet; cut-off files are noticed."""

from __future__ import annotations

import base64
import pickle
from typing import TYPE_CHECKING, Any

from seedbed.catalog.model import Site

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release

END = b"end\n"


def _write(path: Path, head: object, rows: Sequence[object]) -> None:
    lines = [base64.b64encode(pickle.dumps(one)) + b"\n" for one in (head, *rows)]
    path.write_bytes(b"".join(lines) + END)


def _read(path: Path) -> tuple[Any, list[Any]]:
    data = path.read_bytes()
    assert data.endswith(END), f"{path}: cut off"
    head, *rows = (pickle.loads(base64.b64decode(line)) for line in data.removesuffix(END).splitlines())  # noqa: S301
    return head, rows


class PlainTables:
    """A :class:`seedbed.catalog.releasing.tables.Tables`."""

    def read_site(self, catalog: Path) -> Site:
        """See the Protocol."""
        site = _read(catalog)[0]
        assert isinstance(site, Site)
        return site

    def read_releases(self, catalog: Path) -> Iterable[Release]:
        """See the Protocol."""
        return _read(catalog)[1]

    def read_files(self, files: Path) -> Iterable[FileRow]:
        """See the Protocol."""
        return _read(files)[1]

    def versions(self, catalog: Path, dataset: str) -> list[Release]:
        """See the Protocol."""
        return [one for one in _read(catalog)[1] if one.dataset == dataset]

    def files(self, files: Path, item_id: str) -> list[FileRow]:
        """See the Protocol."""
        return [one for one in _read(files)[1] if one.item_id == item_id]

    def refuse_clash(self, catalog: Path, new: Release) -> None:
        """These tables have no rules."""

    def write_catalog(self, path: Path, releases: Iterable[Release], site: Site) -> None:
        """See the Protocol."""
        ordered: list[Release] = sorted(releases, key=lambda one: (one.dataset, one.version_seq))
        _write(path, site, ordered)

    def write_files(self, path: Path, rows: Iterable[FileRow]) -> None:
        """See the Protocol."""
        ordered: list[FileRow] = sorted(rows, key=lambda row: (row.item_id, row.path))
        _write(path, None, ordered)

    def merge_catalog(self, old: Path, changed: Sequence[Release], site: Site, out: Path) -> int:
        """See the Protocol."""
        rows = {one.id: one for one in self.read_releases(old)} | {one.id: one for one in changed}
        self.write_catalog(out, rows.values(), site)
        return len(rows)

    def merge_files(self, old: Path, new: Sequence[FileRow], out: Path) -> None:
        """See the Protocol."""
        self.write_files(out, [*self.read_files(old), *new])
