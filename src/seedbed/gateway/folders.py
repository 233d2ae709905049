# SPDX-License-Identifier: Apache-2.0
"""Files and folders below a root, opened so that no link leads out of it, whatever happens meanwhile."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.gateway.routes import is_public_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ABSENT = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.ENXIO, errno.ENAMETOOLONG))
"""What the system says of something that is not there for the public: missing, a link, locked, a socket."""
MAX_ENTRIES = 10_000
"""Of a folder, in one listing."""
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Opened:
    """A handle, to be closed by whoever holds it, and what is behind it."""

    handle: int
    is_folder: bool
    size_bytes: int
    mark: str
    """Changes when the file does."""
    remote: None = None
    """It is here."""

    def entries(self) -> list[Entry]:
        """What a folder holds that is public, by name."""
        return entries(self.handle)

    def close(self) -> None:
        """Close it."""
        os.close(self.handle)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a listing."""

    name: str
    is_folder: bool
    size_bytes: int = 0


def open_below(root: Path, parts: Sequence[str]) -> Opened | None:
    """Open a file or folder, going down name by name; None when it is not there or is neither.

    Raises:
        OSError: the system refuses for another reason.
    """
    try:
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in parts:
            handle = _step(handle, part)
    except OSError as error:
        if error.errno in ABSENT:
            return None
        raise
    facts = os.fstat(handle)
    if not (stat.S_ISDIR(facts.st_mode) or stat.S_ISREG(facts.st_mode)):
        os.close(handle)
        return None
    mark = f"{facts.st_ino:x}-{facts.st_size:x}-{facts.st_mtime_ns:x}"
    return Opened(handle, stat.S_ISDIR(facts.st_mode), facts.st_size, mark)


def _step(folder: int, name: str) -> int:
    try:
        return os.open(name, _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def list_below(root: Path, parts: Sequence[str]) -> list[Entry] | None:
    """What a folder holds that is public, by name; None when it is no folder.

    Raises:
        OSError: the system refuses for another reason than that it is not there.
    """
    opened = open_below(root, parts)
    if opened is None:
        return None
    try:
        return entries(opened.handle) if opened.is_folder else None
    finally:
        os.close(opened.handle)


def entries(handle: int) -> list[Entry]:
    """What an open folder holds that is public, by name; links and special files are not."""
    found: list[Entry] = []
    with os.scandir(handle) as listed:
        for one in listed:
            if not is_public_name(one.name):
                continue
            if one.is_dir(follow_symlinks=False):
                found.append(Entry(one.name, is_folder=True))
            elif one.is_file(follow_symlinks=False):
                found.append(Entry(one.name, is_folder=False, size_bytes=one.stat(follow_symlinks=False).st_size))
            if len(found) >= MAX_ENTRIES:
                break
    return sorted(found, key=lambda entry: entry.name)
