# SPDX-License-Identifier: Apache-2.0
"""Many small Merkle trees at once (BEP 52), through the same engine as the leaves.

``core.merkle`` says what a tree is, one node at a time; here whole levels of all the pieces of a batch are
hashed in one call, which matters at 65,536 nodes a GiB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.core.merkle import BLOCK_LENGTH, HASH_LENGTH, block_count
from seedbed.hashing.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.hashing.base import Hasher

NODE_LENGTH = 2 * HASH_LENGTH


def tree_width(file_length: int, piece_length: int) -> int:
    """Leaves, padding included, below each piece hash of a file.

    A file longer than a piece has full trees, one a piece; a shorter one has a tree of its own size.
    """
    if file_length > piece_length:
        return piece_length // BLOCK_LENGTH
    return 1 << (block_count(file_length) - 1).bit_length()


def roots(hasher: Hasher, leaves: Sequence[bytes], width: int) -> list[bytes]:
    """Roots of trees of one width.

    Args:
        hasher: Does the hashing.
        leaves: Each item is the leaves of one or more trees side by side; the last tree may be short and is
            padded with zero hashes.
        width: Leaves of a tree, a power of two.

    Returns:
        As many items as ``leaves``: the roots of its trees, side by side.
    """
    if width == 1:
        return list(leaves)
    padded = [item + bytes(-len(item) % (width * HASH_LENGTH)) for item in leaves]
    tops = _climb(hasher, b"".join(padded), width)
    found, at = [], 0
    for item in padded:
        stop = at + len(item) // width
        found.append(tops[at:stop])
        at = stop
    return found


def _climb(hasher: Hasher, level: bytes, width: int) -> bytes:
    memory = Memory(len(level))
    while width > 1:
        memory.view[: len(level)] = level
        level = hasher.even_digests("sha256", memory, 0, len(level) // NODE_LENGTH, NODE_LENGTH)
        width //= 2
    return level
