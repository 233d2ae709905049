# SPDX-License-Identifier: Apache-2.0
"""Putting files on the disk for good: files first, then the folders that name them.

A power cut after "it is here" and before the bytes reach the disk left files of the right size full of zeros. A failed
fsync is reported once and must not be tried again as proof: the caller hashes the data anew.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def sync_files(root: Path, paths: Iterable[Path]) -> None:
    """Fsync files and every folder from theirs up to ``root``; files that do not exist are left out. Blocks.

    Raises:
        OSError: the disk failed; ``filename`` says where.
    """
    folders = {root}
    for path in paths:
        if _sync(path):
            folders.update(folder for folder in path.parents if folder.is_relative_to(root))
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        _sync(folder)


def _sync(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        os.fsync(descriptor)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        os.close(descriptor)
    return True
