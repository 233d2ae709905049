# SPDX-License-Identifier: Apache-2.0
"""The parts of a bench: leaves gathered into bursts, zeros for padding, pieces hashed as a stream."""

from __future__ import annotations

import ctypes
import hashlib
from typing import TYPE_CHECKING

from seedbed.core.merkle import BLOCK_LENGTH

if TYPE_CHECKING:
    from seedbed.hashing.base import Hasher
    from seedbed.hashing.memory import Memory

BURST_BLOCKS = 128
"""Blocks hashed in one call: as many as the library takes, eight times the lanes."""
FEW_BLOCKS = 16
"""Fewer blocks of one file than this are hashed together with those of the next."""


class PieceStream:
    """SHA-1 of pieces, moved on by each chunk while that is still in the cache.

    For hashers that take one message at a time: a piece that was read a while ago comes back from memory at two
    thirds of the speed.
    """

    def __init__(self, memory: Memory, piece_length: int, *, is_used: bool) -> None:
        self.is_used = is_used
        self._memory = memory
        self._piece_length = piece_length
        self._found: list[bytes] = []
        self._at = 0
        self._length = 0

    def begin(self, length: int) -> None:
        """Start a batch of ``length`` bytes."""
        self._found.clear()
        self._at, self._length = 0, length
        self._piece = hashlib.sha1(usedforsecurity=False)

    def advance(self, stop: int) -> None:
        """Hash everything before ``stop``."""
        if not self.is_used:
            return
        while self._at < stop:
            border = min((self._at // self._piece_length + 1) * self._piece_length, self._length)
            end = min(stop, border)
            self._piece.update(self._memory.view[self._at : end])
            self._at = end
            if end == border:
                self._found.append(self._piece.digest())
                self._piece = hashlib.sha1(usedforsecurity=False)

    def digests(self) -> bytes:
        """All pieces of the batch, side by side."""
        return b"".join(self._found)


class Leaves:
    """Leaf hashes of what was read, made in bursts."""

    def __init__(self, hasher: Hasher, memory: Memory) -> None:
        self.found = bytearray()
        self._hasher = hasher
        self._memory = memory
        self._starts: list[int] = []
        self._lengths: list[int] = []

    def clear(self) -> None:
        """Start a new batch."""
        self.found.clear()
        self._starts.clear()
        self._lengths.clear()

    def add(self, at: int, length: int) -> None:
        """Take the blocks of ``length`` bytes at ``at``, of which only the last may be short."""
        if not self._starts and length >= FEW_BLOCKS * BLOCK_LENGTH:
            count = length // BLOCK_LENGTH
            self.found += self._hasher.even_digests("sha256", self._memory, at, count, BLOCK_LENGTH)
            at, length = at + count * BLOCK_LENGTH, length % BLOCK_LENGTH
            if not length:
                return
        starts = range(at, at + length, BLOCK_LENGTH)
        self._starts += starts
        self._lengths += [BLOCK_LENGTH] * len(starts)
        self._lengths[-1] = at + length - starts[-1]
        if len(self._starts) >= BURST_BLOCKS:
            self.flush()

    def flush(self) -> None:
        """Hash what has gathered."""
        self.found += self._hasher.digests("sha256", self._memory, self._starts, self._lengths)
        self._starts.clear()
        self._lengths.clear()


class Padding:
    """Keeps zeros where padding belongs, writing only over what an earlier batch left there."""

    def __init__(self, memory: Memory, piece_length: int) -> None:
        self._memory = memory
        self._piece_length = piece_length
        self._used = [0] * -(-memory.length // piece_length)
        """For each piece's place, up to where it may hold something else than zeros."""

    def mark(self, start: int, stop: int) -> None:
        """Note that bytes were put here."""
        length = self._piece_length
        for place in range(start // length, -(-stop // length)):
            self._used[place] = max(self._used[place], min(stop, (place + 1) * length))

    def zero(self, start: int, stop: int) -> None:
        """Make zeros of whatever an earlier batch left here."""
        length, used = self._piece_length, self._used
        while start < stop:
            place = start // length
            border = (place + 1) * length
            end = min(stop, border)
            if (dirty := min(used[place], end)) > start:
                ctypes.memset(self._memory.address + start, 0, dirty - start)
            if end == border:
                used[place] = min(used[place], start)
            start = end
