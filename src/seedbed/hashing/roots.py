# SPDX-License-Identifier: Apache-2.0
"""Whether whole files have their pieces roots (BEP 52), where no piece layers are at hand to prove them piece by piece.

Who attacks: whoever makes a hybrid torrent. How: v1 hashes over one content and v2 roots of another one, so that bytes
proved by SHA-1 go under a content's name that is another's.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from seedbed.core.merkle import BLOCK_LENGTH, root_of
from seedbed.hashing.choice import choose_engine
from seedbed.hashing.memory import Memory
from seedbed.hashing.threads import default_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from seedbed.core.metainfo import File, Metainfo
    from seedbed.hashing.base import Hasher

_WINDOW_BYTES = 4 << 20


def wrong_roots(
    metainfo: Metainfo, paths: Mapping[int, Path], on_bytes: Callable[[int], object] = lambda _: None
) -> list[int]:
    """Indices of files whose bytes do not have the pieces root that the torrent names. Blocks.

    Args:
        metainfo: The torrent; files without a pieces root are not judged.
        paths: File index -> where it is to be read; what stands behind the file's length is not looked at.
        on_bytes: Told of bytes read, from several threads; what it raises ends the work.

    Raises:
        OSError: a file cannot be read.
    """
    engine, mine = choose_engine(), threading.local()

    def is_wrong(index: int) -> bool:
        if not hasattr(mine, "hasher"):
            mine.hasher, mine.memory = engine.hasher(), Memory(_WINDOW_BYTES)
        return not _has_root(metainfo.files[index], paths[index], mine.hasher, mine.memory, on_bytes)

    judged = [index for index in sorted(paths) if metainfo.files[index].pieces_root]
    with ThreadPoolExecutor(default_workers(), "seedbed-roots") as pool:
        return [index for index, wrong in zip(judged, pool.map(is_wrong, judged), strict=True) if wrong]


def file_has_root(path: Path, root: bytes) -> bool:
    """Whether a file's bytes have this pieces root. Blocks.

    Raises:
        OSError: it cannot be read.
    """
    leaves = _leaves(path, path.stat().st_size, choose_engine().hasher(), Memory(_WINDOW_BYTES), lambda _: None)
    return root_of(leaves) == root


def _has_root(file: File, path: Path, hasher: Hasher, memory: Memory, on_bytes: Callable[[int], object]) -> bool:
    return root_of(_leaves(path, file.length, hasher, memory, on_bytes)) == file.pieces_root


def _leaves(path: Path, length: int, hasher: Hasher, memory: Memory, on_bytes: Callable[[int], object]) -> bytes:
    """Leaf hashes of a file's first ``length`` bytes, or of all that it has."""
    found: list[bytes] = []
    with path.open("rb", buffering=0) as stream:
        while count := _fill(stream.fileno(), memory.view[:length]):
            length -= count
            starts = range(0, count, BLOCK_LENGTH)
            lengths = [min(BLOCK_LENGTH, count - start) for start in starts]
            found.append(hasher.digests("sha256", memory, starts, lengths))
            on_bytes(count)
    return b"".join(found)


def _fill(fd: int, view: memoryview) -> int:
    """Read until the memory is full or the file ends: only the file's last block may be short."""
    at = 0
    while at < len(view) and (count := os.readv(fd, [view[at:]])):
        at += count
    return at
