# SPDX-License-Identifier: Apache-2.0
"""Hashes of one file, piece by piece, while its bytes come in (BEP 3, 52): publication then reads nothing twice.

A piece of a hybrid torrent never holds two files, so a file's hashes do not depend on the files beside it: only the
piece length must be known. A whole piece needs no memory of the bytes before it, so work goes on after a crash at the
last whole piece.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.core.merkle import BLOCK_LENGTH, HASH_LENGTH
from seedbed.hashing.trees import roots, tree_width

if TYPE_CHECKING:
    from seedbed.hashing.base import Hasher
    from seedbed.hashing.memory import Memory

_ZEROS = bytes(1 << 16)


@dataclass(frozen=True, slots=True)
class PieceHash:
    """Of one piece of one file."""

    sha1: bytes
    """v1; a last, short piece is filled up with zeros, as padding files do (BEP 47)."""
    node: bytes
    """v2: the node over the piece; of a file of at most one piece, its pieces root."""
    unpadded: bytes = b""
    """v1 hash of a last piece as it is: that of a torrent's last file has nothing behind it. Empty elsewhere."""


class PieceHasher:
    """The pieces of a file in their order.

    Args:
        hasher: Of whichever thread calls; one thread at a time.
        length: Bytes of the whole file.
        piece_length: Bytes.
        start: Where the bytes begin: a piece's first.
    """

    def __init__(self, hasher: Hasher, *, length: int, piece_length: int, start: int = 0) -> None:
        self._hasher = hasher
        self._length = length
        self._piece_length = piece_length
        self._width = tree_width(length, piece_length) if length else 1
        self._begin(start)

    @property
    def position(self) -> int:
        """Bytes of the file that were hashed."""
        return self._position

    def feed(self, memory: Memory, count: int) -> list[PieceHash]:
        """Hash the next bytes.

        Args:
            memory: They stand at its beginning.
            count: How many: whole blocks, except at the file's end.

        Returns:
            The pieces that are whole now.
        """
        found: list[PieceHash] = []
        at = 0
        while at < count:
            if not self._filled and (whole := (count - at) // self._piece_length):
                found += self._whole(memory, at, whole)
                at += whole * self._piece_length
                continue
            part = min(count - at, self._piece_length - self._filled)
            self._part(memory, at, part)
            at += part
            if self._filled == self._piece_length or self._position == self._length:
                found.append(self._finish())
        return found

    def _begin(self, start: int) -> None:
        self._position = start
        self._filled = 0
        self._leaves = bytearray()
        self._sha1 = hashlib.sha1(usedforsecurity=False)

    def _whole(self, memory: Memory, at: int, count: int) -> list[PieceHash]:
        """Pieces side by side: many lanes at once."""
        length = self._piece_length
        sha1 = self._hasher.even_digests("sha1", memory, at, count, length)
        leaves = self._hasher.even_digests("sha256", memory, at, count * length // BLOCK_LENGTH, BLOCK_LENGTH)
        (layer,) = roots(self._hasher, [leaves], [length // BLOCK_LENGTH])
        self._position += count * length
        is_last = self._position == self._length
        pieces = [PieceHash(sha1[n * 20 : n * 20 + 20], layer[n * 32 : n * 32 + 32]) for n in range(count)]
        if is_last:
            pieces[-1] = PieceHash(pieces[-1].sha1, pieces[-1].node, pieces[-1].sha1)
        return pieces

    def _part(self, memory: Memory, at: int, count: int) -> None:
        self._sha1.update(memory.view[at : at + count])
        blocks, rest = divmod(count, BLOCK_LENGTH)
        self._leaves += self._hasher.even_digests("sha256", memory, at, blocks, BLOCK_LENGTH) if blocks else b""
        if rest:
            self._leaves += self._hasher.digests("sha256", memory, [at + count - rest], [rest])
        self._position += count
        self._filled += count

    def _finish(self) -> PieceHash:
        is_last = self._position == self._length
        unpadded = self._sha1.digest() if is_last else b""
        for start in range(self._filled, self._piece_length, len(_ZEROS)):
            self._sha1.update(_ZEROS[: self._piece_length - start])
        (node,) = roots(self._hasher, [bytes(self._leaves)], [self._width])
        found = PieceHash(self._sha1.digest(), node[:HASH_LENGTH], unpadded)
        self._begin(self._position)
        return found
