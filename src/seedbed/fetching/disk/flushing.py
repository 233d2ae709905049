# SPDX-License-Identifier: Apache-2.0
"""Making files durable: data first, then the folders that name them."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MANY = 64
"""From so many files on the whole file system is flushed at once: a journal commit for each would take minutes."""


def flush_tree(folder: Path, files: Sequence[Path]) -> None:
    """Flush files, then every folder from theirs up to ``folder``, so that a power cut loses nothing of them.

    Raises:
        OSError: the disk reports an error; nothing may be claimed.
    """
    if len(files) >= _MANY and _flush_file_system(folder):
        return
    for path in files:
        _fsync(path, os.O_RDONLY)
    folders = {folder}
    for path in files:
        parent = path.parent
        while parent != folder and folder in parent.parents:
            folders.add(parent)
            parent = parent.parent
    for path in sorted(folders, reverse=True):
        _fsync(path, os.O_RDONLY | os.O_DIRECTORY)


def write_durably(path: Path, data: bytes) -> None:
    """Write a small file whole or not at all, whoever else writes it now, and whenever the power goes.

    Raises:
        OSError: the disk refuses; what was there before is still there.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        draft.write_bytes(data)
        _fsync(draft, os.O_RDONLY)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _fsync(path.parent, os.O_RDONLY | os.O_DIRECTORY)


def _fsync(path: Path, flags: int) -> None:
    fd = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _flush_file_system(folder: Path) -> bool:
    """``syncfs`` (Linux); since 5.8 it reports errors of any file written. False where it does not exist."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "syncfs"):
        return False
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if libc.syncfs(fd):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(fd)
    return True
