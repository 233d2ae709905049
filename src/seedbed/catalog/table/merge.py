# SPDX-License-Identifier: Apache-2.0
"""New and changed rows put into a sorted table, Arrow to Arrow: nothing that stays becomes a Python object.

The result is the same, byte for byte, as writing all rows anew. Memory holds one row group and the changed rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from seedbed.catalog.table import metadata
from seedbed.catalog.table.clashes import refuse_clashes
from seedbed.catalog.table.reader import opened, read_catalog, read_site
from seedbed.catalog.table.schema import CATALOG_LAYOUT, FILES_LAYOUT, Layout, columns
from seedbed.catalog.table.writer import (
    Groups,
    file_order,
    file_tables,
    release_order,
    release_tables,
    replacing,
    write_catalog,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyarrow.parquet as pq

    from seedbed.catalog.model import FileRow, Release, Site

READ_ROWS = 4_000
"""Rows of the old table in memory at one time, beside the row group that is being filled."""


def merge_catalog(
    old: Path | None, changed: Sequence[Release], site: Site, out: Path, *, layout: Layout = CATALOG_LAYOUT
) -> int:
    """Write a catalogue with some releases added or replaced (by id).

    Args:
        old: The catalogue before; None for the first.
        changed: New and changed releases, in any order.
        site: What the new catalogue says of itself.
        out: Where to; may be ``old`` itself.
        layout: How the rows become a file.

    Returns:
        The rows of the new catalogue.

    Raises:
        CatalogError: ``old`` cannot be read, or a changed release has the torrent of another version or the DOI of
            another dataset.
    """
    ordered = sorted(changed, key=release_order)
    if old is not None and read_site(old).url != site.url:
        return _rewrite(old, ordered, site, out)
    table = pa.concat_tables([CATALOG_LAYOUT.schema.empty_table(), *release_tables(ordered, site)])
    return _merge_releases(old, table, site, out, layout)


def merge_catalog_file(old: Path | None, change: Path, site: Site, out: Path) -> int:
    """As :func:`merge_catalog`, with the changed rows from a file of changes.

    Raises:
        CatalogError: a file cannot be read.
    """
    urls = {read_site(path).url for path in (old, change) if path is not None}
    if urls != {site.url}:
        return merge_catalog(old, list(read_catalog(change)), site, out)
    with opened(change) as file:
        table = file.read(columns(CATALOG_LAYOUT.schema)).cast(CATALOG_LAYOUT.schema)
    return _merge_releases(old, table, site, out, CATALOG_LAYOUT)


def merge_files(old: Path | None, new: Sequence[FileRow], out: Path) -> int:
    """Write a table of files with some added; those of items that come anew are replaced.

    Returns:
        The rows of the new table.

    Raises:
        CatalogError: ``old`` cannot be read.
    """
    tables = file_tables(sorted(new, key=file_order))
    return _merge_file_rows(old, pa.concat_tables([FILES_LAYOUT.schema.empty_table(), *tables]), out)


def merge_files_file(old: Path | None, change: Path, out: Path) -> int:
    """As :func:`merge_files`, with the new rows from a file of changes.

    Raises:
        CatalogError: a file cannot be read.
    """
    with opened(change) as file:
        table = file.read(columns(FILES_LAYOUT.schema)).cast(FILES_LAYOUT.schema)
    return _merge_file_rows(old, table, out)


def _merge_releases(old: Path | None, changed: pa.Table, site: Site, out: Path, layout: Layout) -> int:
    extents = metadata.Extents()
    with replacing(out) as draft, Groups(draft, layout) as groups:
        for table in _merged(old, changed, "id", layout, check=refuse_clashes):
            extents.add(table)
            groups.add(table)
        groups.finish(metadata.describe(site, extents))
        return groups.rows


def _merge_file_rows(old: Path | None, new: pa.Table, out: Path) -> int:
    with replacing(out) as draft, Groups(draft, FILES_LAYOUT) as groups:
        for table in _merged(old, new, "item_id", FILES_LAYOUT):
            groups.add(table)
        groups.finish({})
        return groups.rows


def _rewrite(old: Path, changed: list[Release], site: Site, out: Path) -> int:
    """The slow way, for a site that moves: every row holds its address."""
    ids = {one.id for one in changed}
    kept = [one for one in read_catalog(old) if one.id not in ids]
    everything = sorted([*kept, *changed], key=release_order)
    write_catalog(out, everything, site)
    return len(everything)


def _merged(
    old: Path | None,
    changed: pa.Table,
    key: str,
    layout: Layout,
    *,
    check: Callable[[pa.Table, pa.Table], None] = lambda _kept, _changed: None,
) -> Iterator[pa.Table]:
    """Rows of both in order; of two with one key, the changed ones."""
    rest = changed.sort_by([(name, "ascending") for name in layout.order])
    keys = pc.unique(rest[key])
    if old is not None:
        with opened(old) as file:
            for part in _parts(file, layout):
                first, rest = _split(rest, _last_key(part, layout), layout)
                kept = _without(part, key, keys)
                check(kept, changed)
                yield kept if not first.num_rows else _interleave(kept, first, layout)
    if rest.num_rows:
        yield rest


def _parts(file: pq.ParquetFile, layout: Layout) -> Iterator[pa.Table]:
    """Some rows at a time; group by group, because over several groups pyarrow keeps what it has read."""
    names = columns(layout.schema)
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(READ_ROWS, row_groups=[group], columns=names):
            yield pa.Table.from_batches([batch]).cast(layout.schema)


def _last_key(table: pa.Table, layout: Layout) -> tuple[object, ...]:
    last = table.slice(table.num_rows - 1).select(layout.order).to_pylist()[0]
    return tuple(last[name] for name in layout.order)


def _split(changed: pa.Table, last: tuple[object, ...], layout: Layout) -> tuple[pa.Table, pa.Table]:
    """Changed rows up to a key, and those after it."""
    if not changed.num_rows:
        return changed, changed
    after = pa.scalar(value=False)
    for name, value in reversed(list(zip(layout.order, last, strict=True))):
        column = changed[name]
        after = pc.or_kleene(pc.greater(column, value), pc.and_kleene(pc.equal(column, value), after))
    count = changed.num_rows - pc.sum(after).as_py()
    return changed.slice(0, count), changed.slice(count)


def _without(table: pa.Table, key: str, keys: pa.Array) -> pa.Table:
    hits = pc.is_in(table[key], value_set=keys)
    return table.filter(pc.invert(hits)) if pc.any(hits).as_py() else table


def _interleave(table: pa.Table, more: pa.Table, layout: Layout) -> pa.Table:
    both = pa.concat_tables([table, more])
    return both.take(pc.sort_indices(both.select(layout.order), [(name, "ascending") for name in layout.order]))
