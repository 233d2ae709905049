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


def roots(hasher: Hasher, leaves: Sequence[bytes], widths: Sequence[int]) -> list[bytes]:
    """Roots of trees, level by level through all of them at once.

    Args:
        hasher: Does the hashing.
        leaves: Each item is the leaves of one or more trees side by side; the last tree may be short and is
            padded with zero hashes.
        widths: Leaves of each of an item's trees, a power of two; as many as ``leaves``.

    Returns:
        As many items as ``leaves``: the roots of its trees, side by side.
    """
    order = sorted(range(len(leaves)), key=widths.__getitem__, reverse=True)
    padded = [leaves[n] + bytes(-len(leaves[n]) % (widths[n] * HASH_LENGTH)) for n in order]
    heights = [widths[n].bit_length() - 1 for n in order]
    found = [b""] * len(leaves)
    for n, top in zip(order, _climb(hasher, padded, heights), strict=True):
        found[n] = top
    return found


def _climb(hasher: Hasher, items: list[bytes], heights: Sequence[int]) -> list[bytes]:
    """Replace each item by the level that is ``heights`` above it; the highest come first and stay longest."""
    memory = Memory(sum(map(len, items)))
    for climbed in range(heights[0] if heights else 0):
        count = sum(height > climbed for height in heights)
        level = b"".join(items[:count])
        memory.view[: len(level)] = level
        parents = hasher.even_digests("sha256", memory, 0, len(level) // NODE_LENGTH, NODE_LENGTH)
        at = 0
        for number in range(count):
            stop = at + len(items[number]) // 2
            items[number] = parents[at:stop]
            at = stop
    return items
