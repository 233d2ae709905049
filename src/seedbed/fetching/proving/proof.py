# SPDX-License-Identifier: Apache-2.0
"""Whether bytes are the pieces they should be (BEP 3, *pieces*; BEP 52, *piece layers*).

A hybrid torrent is proved by its v2 hashes: SHA-256 over the file's own bytes, padding left out. A v1-only torrent is
proved by SHA-1 over the piece, padding included. Several pieces are proved in one call, so that their blocks are hashed
side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from seedbed.core import merkle
from seedbed.core.ids import V1_LENGTH
from seedbed.core.layout import Layout
from seedbed.fetching.proving.pieces import PieceMap
from seedbed.hashing.check import checks_v2
from seedbed.hashing.choice import choose_engine
from seedbed.hashing.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.proving.pieces import Stretch
    from seedbed.hashing.base import Hasher

BATCH_BYTES = 1 << 20
"""Smaller pieces are proved together, up to so many bytes: 64 blocks fill the lanes and stay in a cache of 2 MiB."""


class Held(NamedTuple):
    """A piece in a bench's memory."""

    piece: int
    stretches: Sequence[Stretch]
    at: int
    length: int

    @property
    def data_size(self) -> int:
        """Bytes of files in it."""
        return sum(stretch.length for stretch in self.stretches if stretch.file_index >= 0)


class Prover:
    """What proves the pieces of one torrent. Thread-safe: it holds no state that changes."""

    def __init__(self, metainfo: Metainfo) -> None:
        self._metainfo = metainfo
        self._engine = choose_engine()
        self.by_v2 = checks_v2(metainfo)
        """Which hashes prove; a hybrid that came without its piece layers is proved by v1."""
        self.map = PieceMap(Layout.of(metainfo), by_v2=self.by_v2)
        self.is_blind = self.by_v2 and any(
            file.pieces_root not in metainfo.piece_layers
            for file in metainfo.files
            if file.length > metainfo.piece_length
        )
        """A v2-only torrent from a magnet link, still without its piece layers: only peers can prove its pieces."""

    def bench(self) -> Bench:
        """A place to read pieces into and prove them, for one thread."""
        memory = Memory(max(BATCH_BYTES, self._metainfo.piece_length))
        return Bench(self._metainfo, self.map, memory, self._engine.hasher())


class Bench:
    """Memory for a batch of pieces, and the hasher that proves them; for one thread."""

    def __init__(self, metainfo: Metainfo, pieces: PieceMap, memory: Memory, hasher: Hasher) -> None:
        self._metainfo = metainfo
        self._map = pieces
        self._memory = memory
        self._hasher = hasher
        self._held: list[Held] = []
        self._used = 0
        self.view = memory.view

    def room(self, stretches: Sequence[Stretch]) -> memoryview | None:
        """Memory for a piece; None when the batch is full and has to be proved first."""
        length = sum(stretch.length for stretch in stretches)
        if self._used + length > len(self.view):
            return None
        return self.view[self._used : self._used + length]

    def hold(self, piece: int, stretches: Sequence[Stretch]) -> None:
        """The piece that :meth:`room` was made for is there."""
        length = sum(stretch.length for stretch in stretches)
        self._held.append(Held(piece, stretches, self._used, length))
        self._used += length

    def clear(self) -> list[tuple[Held, bool]]:
        """Prove the batch and begin a new one; the bytes stay in place until then.

        Returns:
            Each piece, and whether its bytes are right.
        """
        batch, self._held, self._used = self._held, [], 0
        return list(zip(batch, self._proved(batch), strict=True)) if batch else []

    def _proved(self, batch: Sequence[Held]) -> list[bool]:
        return self._proved_v2(batch) if self._map.by_v2 else self._proved_v1(batch)

    def _proved_v1(self, batch: Sequence[Held]) -> list[bool]:
        found = self._hasher.digests("sha1", self._memory, [one.at for one in batch], [one.length for one in batch])
        pieces = self._metainfo.pieces
        return [
            found[number * V1_LENGTH : (number + 1) * V1_LENGTH]
            == pieces[one.piece * V1_LENGTH : (one.piece + 1) * V1_LENGTH]
            for number, one in enumerate(batch)
        ]

    def _proved_v2(self, batch: Sequence[Held]) -> list[bool]:
        starts: list[int] = []
        lengths: list[int] = []
        for one in batch:
            blocks = range(one.at, one.at + one.length, merkle.BLOCK_LENGTH)
            starts += blocks
            lengths += [merkle.BLOCK_LENGTH] * len(blocks)
            lengths[-1] = one.at + one.length - blocks[-1]
        leaves = self._hasher.digests("sha256", self._memory, starts, lengths)
        verdicts, at = [], 0
        for one in batch:
            stop = at + merkle.block_count(one.length) * merkle.HASH_LENGTH
            verdicts.append(self._is_v2_good(one.stretches[0], leaves[at:stop]))
            at = stop
        return verdicts

    def _is_v2_good(self, stretch: Stretch, leaves: bytes) -> bool:
        file, length = self._metainfo.files[stretch.file_index], self._metainfo.piece_length
        found = merkle.piece_hash(leaves, length, file_length=file.length)
        if file.length <= length:
            return found == file.pieces_root
        at = stretch.start // length * merkle.HASH_LENGTH
        return found == self._metainfo.piece_layers.get(file.pieces_root or b"", b"")[at : at + merkle.HASH_LENGTH]
