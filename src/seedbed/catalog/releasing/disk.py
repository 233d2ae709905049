# SPDX-License-Identifier: Apache-2.0
"""The few things that a release does to a disk, one by one, so that a test can stop it before each of them."""

from __future__ import annotations

import errno
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from seedbed.errors import NoSpaceError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_MANY = 64
"""From so many files on they are flushed side by side: the file system then joins their journal commits."""
_FLUSHERS = 16
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV, errno.ENOSYS}


class Disk:
    """Steps on a disk.

    Args:
        before: Called with each step's kind and path before it is done; what it raises, stops the release there.
    """

    def __init__(self, before: Callable[[str, Path], None] | None = None) -> None:
        self._before = before

    def step(self, kind: str, path: Path) -> None:
        """Tell that somebody else writes a file now."""
        if self._before:
            self._before(kind, path)

    def write(self, path: Path, data: bytes) -> None:
        """Write a file that nobody reads before it is renamed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.step("create", path)
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            self.step("write", path)
            file.write(data[len(data) // 2 :])

    def flush(self, files: Iterable[Path]) -> None:
        """Put files' bytes on the disk for good."""
        known = list(files)
        if len(known) < _MANY:
            for path in known:
                self._fsync(path)
            return
        with ThreadPoolExecutor(_FLUSHERS) as pool:
            list(pool.map(self._fsync, known))

    def flush_folders(self, folders: Iterable[Path]) -> None:
        """Put folders' entries on the disk for good."""
        self.flush(sorted(set(folders)))

    def link(self, source: Path, target: Path, *, spare: Path) -> None:
        """Give a file a second, unchanging name; nothing is done when it has it.

        Args:
            source: The file.
            target: Its second name.
            spare: Where a copy is made on file systems without hard links.
        """
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        self.step("link", target)
        try:
            os.link(source, target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            shutil.copyfile(source, spare)
            self._fsync(spare)
            spare.replace(target)

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in place of what is there."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self.step("rename", target)
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Remove a file, if it is there."""
        self.step("unlink", path)
        path.unlink(missing_ok=True)

    def _fsync(self, path: Path) -> None:
        self.step("fsync", path)
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def as_our_error(error: OSError, folder: Path) -> StateError:
    """What the person is told when the disk refuses."""
    where = error.filename or folder
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NoSpaceError(f"{where}: the disk is full", hint="What was published stays whole. Make room and repeat.")
    return StateError(f"{where}: {error.strerror or error}", hint="What was published stays whole.")
