# SPDX-License-Identifier: Apache-2.0
"""Bytes that are read by offset: a file on disk, or memory in tests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol


class Blob(Protocol):
    """Bytes that hold still."""

    @property
    def length(self) -> int:
        """How many."""
        ...

    def read(self, start: int, count: int) -> bytes:
        """Bytes ``start`` to ``start + count``; fewer only where they end."""
        ...


@dataclass(frozen=True, slots=True)
class FileBlob:
    """A file that is open."""

    fd: int
    length: int

    @classmethod
    def of(cls, fd: int) -> FileBlob:
        """An open file, as long as it is now."""
        return cls(fd, os.fstat(fd).st_size)

    def read(self, start: int, count: int) -> bytes:
        """See :class:`Blob`."""
        return os.pread(self.fd, min(count, max(self.length - start, 0)), start) if count > 0 else b""


@dataclass(frozen=True, slots=True)
class MemoryBlob:
    """Bytes at hand."""

    data: bytes

    @property
    def length(self) -> int:
        """See :class:`Blob`."""
        return len(self.data)

    def read(self, start: int, count: int) -> bytes:
        """See :class:`Blob`."""
        return self.data[start : start + count]
