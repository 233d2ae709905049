# SPDX-License-Identifier: Apache-2.0
"""Tables written in bounded memory; the same rows always give the same bytes.

Rows come sorted, become row groups of a fixed size, and each group is one contiguous piece of memory when it is
written: then where earlier steps cut the rows does not show in the file.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from seedbed.catalog.table import metadata, rows
from seedbed.catalog.table.schema import CATALOG_LAYOUT, FILES_LAYOUT, Layout, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release, Site

T = TypeVar("T")

BATCH_ROWS = 1_000
"""Rows that are Python objects at one time: a row of them takes some 10 KB, one of Arrow a tenth."""
ZSTD_LEVEL = 1
"""Level 3 takes twice the time of the whole file and makes it 3 % larger: half of the bytes are hashes."""
FALSE_POSITIVES = 0.01


def write_catalog(path: Path, releases: Iterable[Release], site: Site, *, layout: Layout = CATALOG_LAYOUT) -> None:
    """Write ``catalog.parquet``, or a file of changes.

    Args:
        path: Where to; replaced in one step when all is written.
        releases: Sorted by dataset and ``version_seq``.
        site: What the catalogue says of itself.
        layout: How the rows become a file.

    Raises:
        ValueError: the releases are not sorted.
    """
    extents = metadata.Extents()
    with replacing(path) as draft, Groups(draft, layout) as groups:
        for table in release_tables(releases, site):
            extents.add(table)
            groups.add(table)
        groups.finish(metadata.describe(site, extents))


def write_files(path: Path, files: Iterable[FileRow]) -> None:
    """Write ``files.parquet``, or a file of changes.

    Args:
        path: Where to; replaced in one step when all is written.
        files: Sorted by :func:`file_order`.

    Raises:
        ValueError: the files are not sorted.
    """
    with replacing(path) as draft, Groups(draft, FILES_LAYOUT) as groups:
        for table in file_tables(files):
            groups.add(table)
        groups.finish({})


def release_order(release: Release) -> tuple[str, int]:
    """What releases are sorted by."""
    return release.dataset, release.version_seq


def file_order(row: FileRow) -> tuple[str, int, str]:
    """What files are sorted by: item, then their place in the torrent."""
    return row.item_id, row.offset_bytes, row.path


def release_tables(releases: Iterable[Release], site: Site) -> Iterator[pa.Table]:
    """Releases as tables of some rows each."""
    return _tables(_in_order(releases, release_order), lambda one: rows.to_row(one, root=site.url), CATALOG_LAYOUT)


def file_tables(files: Iterable[FileRow]) -> Iterator[pa.Table]:
    """Files as tables of some rows each."""
    return _tables(_in_order(files, file_order), rows.to_file_row, FILES_LAYOUT)


def _tables(values: Iterator[T], to_row: Callable[[T], dict[str, Any]], layout: Layout) -> Iterator[pa.Table]:
    while batch := [to_row(one) for one in islice(values, BATCH_ROWS)]:
        yield pa.Table.from_pylist(batch, schema=layout.schema)


def _in_order(values: Iterable[T], order: Callable[[T], Any]) -> Iterator[T]:
    last = None
    for value in values:
        key = order(value)
        if last is not None and key < last:
            raise ValueError(f"rows must come sorted: {key} came after {last}")
        last = key
        yield value


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A draft beside a file that takes its place when all went well, and leaves nothing when not."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield draft
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


class Groups:
    """A Parquet file that is written one row group at a time."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.rows = 0
        """Written so far."""
        self._path = path
        self._layout = layout
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, table: pa.Table) -> None:
        """Take rows; they are written as soon as they fill a group."""
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        while self._waiting_rows >= self._layout.group_rows:
            self._write(self._layout.group_rows)

    def finish(self, texts: Mapping[str, str]) -> None:
        """Write what waits, and the key-value metadata."""
        if self._waiting_rows or self._writer is None:
            self._write(self._waiting_rows)
        if self._writer is not None:
            self._writer.add_key_value_metadata(dict(texts))
            self._writer.close()

    def _write(self, count: int) -> None:
        whole = pa.concat_tables(self._waiting) if self._waiting else self._layout.schema.empty_table()
        group = whole.slice(0, count).combine_chunks()
        rest = whole.slice(count)
        self._waiting, self._waiting_rows = ([rest] if rest.num_rows else []), rest.num_rows
        if self._writer is None:
            self._writer = _open(self._path, self._layout, is_long=count == self._layout.group_rows)
        if count:
            self._writer.write_table(group, row_group_size=self._layout.group_rows)
        self.rows += count


def _open(path: Path, layout: Layout, *, is_long: bool) -> pq.ParquetWriter:
    """Begin a file.

    Args:
        path: Where.
        layout: Of which table.
        is_long: Whether the first row group is full. A shorter file has no bloom filters: they would be larger than
            its rows, and there is only one group to look into.
    """
    columns = leaves(layout.schema)
    sorting = [pq.SortingColumn(columns.index(name)) for name in layout.order]
    filters = {name: {"ndv": layout.group_rows, "fpp": FALSE_POSITIVES} for name in layout.filtered}
    return pq.ParquetWriter(
        path,
        layout.schema,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        use_dictionary=[name for name in columns if name not in layout.unique],
        write_statistics=list(layout.measured),
        write_page_index=True,
        sorting_columns=sorting,
        bloom_filter_options=filters if is_long else None,
        store_schema=True,
    )
