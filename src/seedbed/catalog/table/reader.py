# SPDX-License-Identifier: Apache-2.0
"""Our own tables read back, row by row in bounded memory. Tables of strangers pass ``examine`` first."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from seedbed.catalog.table import metadata, rows
from seedbed.catalog.table.schema import CATALOG, FILES, columns
from seedbed.catalog.table.writer import BATCH_ROWS
from seedbed.errors import CatalogError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release, Site

MAX_THRIFT_STRING_BYTES = 64 << 20
"""Longest text in a footer: pyarrow's own limit is 100 MB."""
MAX_THRIFT_VALUES = 4_000_000
"""Largest list in a footer: column chunks of all row groups."""


def read_site(path: Path) -> Site:
    """What a catalogue says of itself.

    Raises:
        CatalogError: it is no catalogue.
        NotFoundError: there is no file.
    """
    with opened(path) as file:
        return metadata.site_of(file.metadata.metadata)


def read_catalog(path: Path) -> Iterator[Release]:
    """All releases, sorted by dataset and ``version_seq``.

    Raises:
        CatalogError: it is no catalogue.
        NotFoundError: there is no file.
        MetadataError: a row is not a release.
    """
    with opened(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns(CATALOG)):
            yield from map(rows.to_release, batch.to_pylist())


def read_files(path: Path) -> Iterator[FileRow]:
    """All files, sorted by item and place in the torrent.

    Raises:
        CatalogError: it is no such table.
        NotFoundError: there is no file.
    """
    with opened(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns(FILES)):
            yield from map(rows.from_file_row, batch.to_pylist())


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file; pyarrow's errors become ours."""
    try:
        with pq.ParquetFile(
            path,
            thrift_string_size_limit=MAX_THRIFT_STRING_BYTES,
            thrift_container_size_limit=MAX_THRIFT_VALUES,
            arrow_extensions_enabled=False,
        ) as file:
            yield file
    except FileNotFoundError as error:
        raise NotFoundError(f"{path.name}: there is no such file") from error
    except (pa.ArrowException, OSError) as error:
        raise CatalogError(
            f"{path.name}: it is not a Parquet file that can be read: {error!s:.300}", rule="C16"
        ) from error
