# SPDX-License-Identifier: Apache-2.0
"""Merkle trees of files: blocks, piece layer, root, and proofs (BEP 52, *file tree* and *piece layers*).

A file is cut into blocks of 16 KiB; a leaf is the SHA-256 of a block. Leaves are padded with zero hashes to a
power of two; a node is the SHA-256 of its two children; the top is the file's ``pieces root``. The *piece layer* is
the level whose nodes cover one piece each. ``hashes``, ``leaves`` and ``layer`` are concatenated 32-byte digests.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_LENGTH = 16_384
"""Bytes of a block, the unit of hashing and of requests between peers."""
HASH_LENGTH = 32
MAX_LEVEL = 64
"""A tree over 2**63 bytes has 49 levels."""

_sha256 = hashlib.sha256


def block_count(length: int) -> int:
    """Blocks of a file of ``length`` bytes."""
    return -(-length // BLOCK_LENGTH)


def piece_level(piece_length: int) -> int:
    """Level of the piece layer above the leaves: 0 for pieces of one block."""
    return (piece_length // BLOCK_LENGTH).bit_length() - 1


def pad_hash(level: int) -> bytes:
    """The node at ``level`` that covers nothing but padding leaves; a leaf of padding is 32 zero bytes."""
    node = bytes(HASH_LENGTH)
    for _ in range(level):
        node = _sha256(node + node).digest()
    return node


def leaves_of(data: bytes | memoryview) -> bytes:
    """Leaf hashes of consecutive blocks; only the last block may be short."""
    view = memoryview(data)
    blocks = (view[at : at + BLOCK_LENGTH] for at in range(0, len(view), BLOCK_LENGTH))
    return b"".join(_sha256(block).digest() for block in blocks)


def parents_of(hashes: bytes, level: int) -> bytes:
    """The layer above ``hashes``, which is at ``level``; an odd last node is joined with padding."""
    if len(hashes) % (2 * HASH_LENGTH):
        hashes += pad_hash(level)
    step = 2 * HASH_LENGTH
    return b"".join([_sha256(hashes[at : at + step]).digest() for at in range(0, len(hashes), step)])


def root_of(hashes: bytes, level: int = 0) -> bytes:
    """The root over a whole layer at ``level``; 32 zero bytes for an empty one."""
    if not hashes:
        return bytes(HASH_LENGTH)
    while len(hashes) > HASH_LENGTH:
        hashes, level = parents_of(hashes, level), level + 1
    return hashes


def piece_layer(leaves: bytes, piece_length: int) -> bytes:
    """The piece layer over a file's leaves: one hash a piece."""
    for level in range(piece_level(piece_length)):
        leaves = parents_of(leaves, level)
    return leaves


def root_from_layer(layer: bytes, piece_length: int) -> bytes:
    """The pieces root of a file of more than one piece, from its piece layer."""
    return root_of(layer, piece_level(piece_length))


def piece_hash(leaves: bytes, piece_length: int, *, file_length: int) -> bytes:
    """What a piece's leaves must hash to.

    Args:
        leaves: Leaf hashes of the piece's blocks.
        piece_length: Bytes; a power of two of at least one block.
        file_length: Bytes of the whole file. A file of one piece or less has no piece layer: its only
            piece hashes to the pieces root itself, over no more padding than it needs.
    """
    return root_of(leaves) if file_length <= piece_length else piece_layer(leaves, piece_length)


@dataclass(frozen=True, slots=True)
class Proof:
    """Shows that blocks ``start`` to ``stop`` belong to a file, given its pieces root and length."""

    start: int
    """First block proved."""
    stop: int
    """Block after the last one proved."""
    uncles: tuple[bytes, ...]
    """Nodes beside the way up, bottom first, left before right; those of pure padding are left out."""


def prove(leaves: bytes, start: int, stop: int) -> Proof:
    """Make the proof for blocks ``start`` to ``stop`` of a file.

    Args:
        leaves: All leaf hashes of the file.
        start: First block, from 0.
        stop: Block after the last one; more than ``start``, at most the file's blocks.

    Raises:
        ValueError: the range is empty or outside the file.
    """
    if not 0 <= start < stop <= len(leaves) // HASH_LENGTH:
        raise ValueError(f"blocks {start} to {stop} are not in a file of {len(leaves) // HASH_LENGTH}")
    uncles: list[bytes] = []
    hashes = leaves
    for level, step in enumerate(_way_up(start, stop, len(leaves) // HASH_LENGTH)):
        uncles += [hashes[at * HASH_LENGTH : (at + 1) * HASH_LENGTH] for at in step.uncles]
        hashes = parents_of(hashes, level)
    return Proof(start, stop, tuple(uncles))


def check(proof: Proof, blocks: bytes, *, root: bytes, file_length: int) -> None:
    """Check that block hashes belong to a file.

    Args:
        proof: As made by :func:`prove`; may come from anybody.
        blocks: Leaf hashes of the blocks ``proof.start`` to ``proof.stop``, made from the data in hand.
        root: The file's pieces root, which is trusted.
        file_length: Bytes of the file, trusted too.

    Raises:
        DataError: the blocks are not the file's, or the proof does not fit.
    """
    count = block_count(file_length)
    fits = 0 <= proof.start < proof.stop <= count and len(blocks) == (proof.stop - proof.start) * HASH_LENGTH
    uncles = iter(proof.uncles)
    if not fits or _climb(proof, blocks, count, uncles) != root or next(uncles, None) is not None:
        raise DataError(f"blocks {proof.start} to {proof.stop}: they do not lead to the root {root.hex()}")


@dataclass(frozen=True, slots=True)
class _Step:
    """One level on the way up from a range of nodes."""

    left: bool
    """The range starts on a right child: its left sibling is needed."""
    right: bool
    """The range ends on a left child: its right sibling is needed."""
    pads: bool
    """That right sibling is padding."""
    uncles: tuple[int, ...]
    """Indices of the siblings that are not padding."""


def _way_up(start: int, stop: int, count: int) -> Iterator[_Step]:
    while count > 1:
        left, right = bool(start % 2), bool(stop % 2)
        pads = right and stop >= count
        at = ([start - 1] if left else []) + ([stop] if right and not pads else [])
        yield _Step(left, right, pads, tuple(at))
        start, stop, count = start // 2, -(-stop // 2), -(-count // 2)


def _climb(proof: Proof, blocks: bytes, count: int, uncles: Iterator[bytes]) -> bytes | None:
    hashes = blocks
    for level, step in enumerate(_way_up(proof.start, proof.stop, count)):
        left = next(uncles, None) if step.left else b""
        right = pad_hash(level) if step.pads else next(uncles, None) if step.right else b""
        if left is None or right is None or len(left + right) % HASH_LENGTH:
            return None
        hashes = parents_of(left + hashes + right, level)
    return hashes
