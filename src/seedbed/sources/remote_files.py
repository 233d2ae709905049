# SPDX-License-Identifier: Apache-2.0
"""Files behind URLs, read by index like local ones (the ``Source`` of ``seedbed.hashing``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

SPAN_BYTES = 16 << 20
"""Asked for in one request: long enough that the answer's way hardly counts, short enough to ask again for."""


class OpenFile(Protocol):
    """One file, being read by one thread."""

    def read_into(self, start: int, view: memoryview) -> int:
        """Fill ``view`` from offset ``start``; returns the bytes read, fewer only where the file ends."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class RemoteFile(Protocol):
    """One file behind a URL, as it was when it was first asked about."""

    @property
    def length(self) -> int:
        """Bytes."""
        ...

    @property
    def has_ranges(self) -> bool:
        """Whether any part of it can be asked for."""
        ...

    @property
    def identity(self) -> str:
        """Changes when the file does."""
        ...

    def open(self) -> OpenFile:
        """Start to read."""
        ...


class RemoteFiles:
    """Files of a dataset behind URLs, by index."""

    def __init__(self, files: Sequence[RemoteFile]) -> None:
        self.files = tuple(files)
        self.chunk_bytes = SPAN_BYTES
        self.is_sequential = not all(file.has_ranges for file in files)
        """One server that sends files only from their beginning makes one stream of all: the threads share it."""
        self._shared = _Reader(self.files, is_shared=True) if self.is_sequential else None

    def identity(self, file_index: int) -> str:
        """Changes when the file does."""
        return self.files[file_index].identity

    def reader(self) -> _Reader:
        """A reader for one thread."""
        return self._shared or _Reader(self.files, is_shared=False)


@dataclass(slots=True)
class _Reader:
    files: tuple[RemoteFile, ...]
    is_shared: bool
    """Kept open between batches; whoever holds the claim on the next batch reads."""
    _index: int = -1
    _open: OpenFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        if not self.is_shared or any(failure):
            self._close()

    def read_into(self, file_index: int, start: int, view: memoryview) -> int:
        """Fill ``view`` from a file.

        Raises:
            FileChangedError: the file is another now.
            SourceError: the server fails us, again and again.
        """
        if self._open is None or file_index != self._index:
            self._close()
            self._open, self._index = self.files[file_index].open(), file_index
        got = self._open.read_into(start, view)
        if self.is_shared and start + got == self.files[file_index].length:
            self._close()
        return got

    def finish(self) -> None:
        """Nothing to do: each answer names the version it is of, and that is checked as it comes."""

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open, self._index = None, -1
