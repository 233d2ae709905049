# SPDX-License-Identifier: Apache-2.0
"""Look-ups in a catalogue behind a URL, without getting all of it.

The rows are sorted by dataset, so the footer tells which row group a dataset is in, and only that group is read: of a
million rows (300 MB) some megabytes, in a handful of requests. A short catalogue is got whole: that is one request.

Nothing here is verified, and the file is read in this process: it is for catalogues of one's own and for a first look.
Whoever relies on a catalogue follows it (``seedbed.following``), which checks signatures, hashes and every row.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from seedbed.catalog.table import rows
from seedbed.catalog.table.metadata import site_of
from seedbed.catalog.table.reader import MAX_THRIFT_STRING_BYTES, MAX_THRIFT_VALUES
from seedbed.catalog.table.schema import CATALOG, columns
from seedbed.catalog.table.writer import replacing
from seedbed.errors import CatalogError, NotFoundError
from seedbed.sources import http_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.catalog.ids import Ref
    from seedbed.catalog.model import Release, Site

WHOLE_BYTES = 16 << 20
"""A catalogue of at most so many bytes is got in one request; some 50,000 rows. Of 12 MB the parts would be 8 MB in 21
requests; of the 300 MB of a million rows they are 9 MB in 22 (measured)."""
SPAN_BYTES = 256 << 10
"""Smallest part that is asked for: the footer and the narrow columns come in few requests."""
PART_BYTES = 4 << 20
"""Of a whole file, in memory at one time."""
MAX_GROUP_BYTES = 1 << 30
"""Unpacked bytes of a row group, as its footer says them; ours have some 80 MB."""
_DATASET = "seedbed:dataset"


class RemoteCatalog:
    """One catalogue behind a URL, as it was when it was opened. ``with`` closes it."""

    def __init__(self, url: str, *, whole_bytes: int = WHOLE_BYTES) -> None:
        """Open it: this reads the footer.

        Args:
            url: Of ``catalog.parquet``.
            whole_bytes: A file of at most so many bytes is got at once.

        Raises:
            NotFoundError: there is nothing at this URL.
            SourceError: the server fails us.
            CatalogError: it is not a catalogue.
        """
        self._url = http_file.shown(url)
        self._bytes = _RemoteBytes(http_file.find(url), whole_bytes)
        with self._our_errors():
            self._file = pq.ParquetFile(
                pa.PythonFile(self._bytes, mode="r"),
                pre_buffer=False,
                thrift_string_size_limit=MAX_THRIFT_STRING_BYTES,
                thrift_container_size_limit=MAX_THRIFT_VALUES,
                arrow_extensions_enabled=False,
            )
            missing = [name for name in CATALOG.names if name not in self._file.schema_arrow.names]
        if missing:
            raise CatalogError(f"{self._url}: there is no column {missing[0]!r}", rule="C25")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._bytes.close()

    @property
    def bytes_read(self) -> int:
        """What came over the network so far."""
        return self._bytes.bytes_read

    def site(self) -> Site:
        """What the catalogue says of itself."""
        return site_of(self._file.metadata.metadata)

    def count(self) -> int:
        """Releases in the catalogue."""
        return int(self._file.metadata.num_rows)

    def get(self, ref: Ref) -> Release:
        """One version, or the newest one where the reference names none.

        Raises:
            NotFoundError: there is no such dataset or version.
            SourceError: the server fails us.
        """
        known = self.versions(ref.dataset)
        for one in known:
            if one.version == ref.version or (not ref.version and one.latest):
                return one
        if not known:
            raise NotFoundError(f"{ref.dataset}: there is no such dataset")
        newest = ", ".join(one.version for one in known[:-6:-1])
        raise NotFoundError(f"{ref}: there is no such version", hint=f"There are: {newest}.")

    def versions(self, dataset: str) -> list[Release]:
        """All versions of a dataset, the oldest first; empty when there is no such dataset.

        Raises:
            SourceError: the server fails us.
        """
        found: list[dict[str, Any]] = []
        with self._our_errors():
            for group in self._groups_of(dataset):
                names = self._file.read_row_group(group, [_DATASET], use_threads=False)[_DATASET]
                places = pc.indices_nonzero(pc.equal(names, dataset))
                if len(places):
                    table = self._file.read_row_group(group, columns(CATALOG), use_threads=False)
                    found += table.take(places).to_pylist()
        return [rows.to_release(row) for row in found]

    def _groups_of(self, dataset: str) -> Iterator[int]:
        """Row groups that may have it, by their smallest and largest names."""
        footer = self._file.metadata
        leaf = next(at for at in range(footer.num_columns) if footer.schema.column(at).path == _DATASET)
        for group in range(footer.num_row_groups):
            found = footer.row_group(group)
            if found.total_byte_size > MAX_GROUP_BYTES:
                raise CatalogError(f"{self._url}: row group {group} is too large to be read", rule="C19")
            bounds = found.column(leaf).statistics
            if bounds is None or not bounds.has_min_max or bounds.min <= dataset <= bounds.max:
                yield group

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise CatalogError(
                f"{self._url}: it is not a catalogue that can be read: {error!s:.300}", rule="C16"
            ) from error


def download(url: str, path: Path) -> None:
    """Get a whole file, for all questions that are not about one dataset: ``Index(path)`` answers them.

    Args:
        url: Of ``catalog.parquet`` or ``files.parquet``.
        path: Where to; replaced in one step when all is there.

    Raises:
        NotFoundError: there is nothing at this URL.
        SourceError: the server fails us.
    """
    found = http_file.find(url)
    reader = found.open()
    try:
        with replacing(path) as draft, draft.open("wb") as file:
            for start in range(0, found.length, PART_BYTES):
                part = bytearray(min(PART_BYTES, found.length - start))
                reader.read_into(start, memoryview(part))
                file.write(part)
    finally:
        reader.close()


class _RemoteBytes(io.RawIOBase):
    """A file behind a URL as a file object: parts that are not there yet are asked for, and the last ones kept."""

    def __init__(self, file: http_file.HttpFile, whole_bytes: int) -> None:
        super().__init__()
        self._file = file
        self._reader = file.open()
        self._at = 0
        self._start = 0
        self._kept = b""
        self.bytes_read = 0
        if file.length <= whole_bytes or not file.has_ranges:
            self._fetch(0, file.length)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.length}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        stop = self._file.length if size < 0 else min(self._at + size, self._file.length)
        if not self._start <= self._at <= stop <= self._start + len(self._kept):
            # The footer is read from the end backwards, all else forwards.
            start = self._at if self._at + SPAN_BYTES <= self._file.length else max(0, self._file.length - SPAN_BYTES)
            self._fetch(min(start, self._at), max(stop, min(self._at + SPAN_BYTES, self._file.length)))
        data = self._kept[self._at - self._start : stop - self._start]
        self._at = stop
        return data

    def close(self) -> None:
        if not self.closed:
            self._reader.close()
        super().close()

    def _fetch(self, start: int, stop: int) -> None:
        data = bytearray(stop - start)
        got = self._reader.read_into(start, memoryview(data)) if data else 0
        self._start, self._kept = start, bytes(data[:got])
        self.bytes_read += got
