# SPDX-License-Identifier: Apache-2.0
"""Reading local files while watching that they hold still.

A file is the one that was listed if its size, time of change and inode are what they were: they are compared
after the last byte was read, so a change at any moment between listing and reading shows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from seedbed.errors import FileChangedError, UnsuitableFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe must not hang us


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """Files of a dataset on this machine, by index."""

    paths: Sequence[str]
    listed: Sequence[os.stat_result | None]
    """Status of each file when it was listed; None where change is no concern (checking)."""
    is_tolerant: bool = False
    """A file that cannot be read counts as one that ends before its first byte (checking)."""
    is_sequential: bool = False
    chunk_bytes: int = 0
    """What suits the hasher."""

    def identity(self, file_index: int) -> str:
        """Changes when the file does."""
        status = self.listed[file_index]
        stamp = (status.st_size, status.st_mtime_ns, status.st_ino) if status else ()
        return "\0".join([self.paths[file_index], *map(str, stamp)])

    def reader(self) -> LocalReader:
        """A reader for one thread."""
        return LocalReader(self)


class LocalReader:
    """One thread's reader; keeps the file open that it read last."""

    def __init__(self, files: LocalFiles) -> None:
        self._files = files
        self._index = -1
        self._handle = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        try:
            if not any(failure):
                self._compare()
        finally:
            self._close()

    def read_into(self, file_index: int, start: int, view: memoryview) -> int:
        """Fill ``view`` from a file.

        Returns:
            Bytes read; fewer than ``view`` holds means that the file ends there.

        Raises:
            FileChangedError: it is gone, or the file read before is not what it was.
            UnsuitableFileError: it cannot be opened or read.
        """
        done = 0
        try:
            if file_index != self._index:
                self._switch(file_index)
            done = os.preadv(self._handle, [view], start)
            while done < len(view):
                got = os.preadv(self._handle, [view[done:]], start + done)
                if not got:
                    self._compare()
                    break
                done += got
        except FileNotFoundError as error:
            if not self._files.is_tolerant:
                raise FileChangedError(f"{self._files.paths[file_index]}: it is gone since it was listed") from error
        except OSError as error:
            if not self._files.is_tolerant:
                raise self._unreadable(file_index, error) from error
        return done

    def finish(self) -> None:
        """Close the file read last, having made sure that it is what it was.

        Raises:
            FileChangedError: it is not.
        """
        self._compare()
        self._close()

    def _switch(self, file_index: int) -> None:
        if self._index >= 0:
            self.finish()
        self._handle = os.open(self._files.paths[file_index], _FLAGS)
        self._index = file_index

    def _compare(self) -> None:
        if self._index < 0 or (listed := self._files.listed[self._index]) is None:
            return
        found = os.fstat(self._handle)
        if found.st_mtime_ns != listed.st_mtime_ns or found.st_size != listed.st_size or found.st_ino != listed.st_ino:
            raise changed(self._files.paths[self._index], listed, found)

    def _close(self) -> None:
        if self._index >= 0:
            os.close(self._handle)
            self._index = -1

    def _unreadable(self, file_index: int, error: OSError) -> UnsuitableFileError:
        path = self._files.paths[file_index]
        return UnsuitableFileError(f"{path}: it cannot be read: {error.strerror}", path=path)


def changed(path: str, listed: os.stat_result, found: os.stat_result) -> FileChangedError:
    """The error for a file that did not hold still."""
    if listed.st_size != found.st_size:
        what = f"expected {listed.st_size:,} bytes, got {found.st_size:,}"
    else:
        what = "its time of change or its inode is another now"
    hint = "Wait until nobody writes there, then start again."
    return FileChangedError(f"{path}: it changed while it was read: {what}", hint=hint, path=path)
