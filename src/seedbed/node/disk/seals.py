# SPDX-License-Identifier: Apache-2.0
"""How a unit's files looked when they were proved: seen in microseconds that somebody touched them since."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def seal(folder: Path, name: str, sizes: Mapping[str, int]) -> str:
    """Of what lies there now; empty when a file is gone.

    A flipped bit does not show in it: the scrub finds that. Inodes are left out, for some file systems number anew at
    each mount.

    Args:
        folder: Holds the files.
        name: Of what they are a copy.
        sizes: Path below the folder -> bytes.
    """
    digest = hashlib.sha256(name.encode())
    try:
        for path, size in sorted(sizes.items()):
            facts = (folder / path).lstat()
            digest.update(f"\0{path}\0{size}\0{facts.st_mtime_ns}".encode())
    except OSError:
        return ""
    return digest.hexdigest()


def inode(path: Path) -> tuple[int, int] | None:
    """What tells that two names are of one file; None when there is none."""
    try:
        facts = path.lstat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
