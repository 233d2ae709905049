# SPDX-License-Identifier: Apache-2.0
"""How a unit's files looked when they were proved: seen in microseconds that somebody touched them since."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.catalog.ids import Ref
    from seedbed.library.cache import Cache, Kept


def seal(cache: Cache, ref: Ref) -> str:
    """Of what lies there now; empty when a file is missing, is a link, or has another size.

    A flipped bit does not show in it: the scrub finds that. Inodes are left out, for some file systems number anew at
    each mount.
    """
    kept = cache.kept(ref)
    if kept is None or not kept.is_whole:
        return ""
    try:
        return _seal(cache, ref, kept)
    except OSError:  # gone meanwhile
        return ""


def _seal(cache: Cache, ref: Ref, kept: Kept) -> str:
    digest = hashlib.sha256(kept.info_hash.encode())
    for path, size in sorted(kept.sizes.items()):
        facts = (cache.data(ref) / path).lstat()
        digest.update(f"\0{path}\0{size}\0{facts.st_mtime_ns}".encode())
    return digest.hexdigest()


def sharing(cache: Cache, ref: Ref, paths: tuple[str, ...], others: list[Ref]) -> list[Ref]:
    """Which of other versions have one of these files too: one content on the disk under several names."""
    bad = {one for path in paths if (one := _inode(cache, ref, path))}
    return [
        other
        for other in others
        if other != ref
        and (kept := cache.kept(other))
        and any(_inode(cache, other, path) in bad for path in kept.sizes)
    ]


def _inode(cache: Cache, ref: Ref, path: str) -> tuple[int, int] | None:
    try:
        facts = (cache.data(ref) / path).lstat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
