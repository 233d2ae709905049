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
from seedbed.hashing.check import checks_v2
from seedbed.hashing.choice import choose_engine
from seedbed.hashing.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.core.layout import Layout
    from seedbed.core.metainfo import Metainfo
    from seedbed.hashing.base import Hasher

BATCH_BYTES = 1 << 20
"""Smaller pieces are proved several at a time: 64 blocks fill the lanes, and stay in a second-level cache."""


class Held(NamedTuple):
    """A piece in a bench's memory."""

    piece: int
    at: int
    length: int


class Prover:
    """What proves the pieces of one torrent. Thread-safe: it holds no state that changes."""

    def __init__(self, metainfo: Metainfo, layout: Layout) -> None:
        self._metainfo = metainfo
        self._layout = layout
        self._engine = choose_engine()
        self.by_v2 = checks_v2(metainfo)
        """Which hashes prove; a hybrid that came without its piece layers is proved by v1."""
        self.is_blind = self.by_v2 and any(
            file.pieces_root not in metainfo.piece_layers
            for file in metainfo.files
            if file.length > metainfo.piece_length
        )
        """A v2-only torrent from a magnet link, still without its piece layers: only peers can prove its pieces."""
        self.needs_padding = not self.by_v2
        """Whether a piece's bytes are given with padding."""
        self.pieces_at_once = max(BATCH_BYTES // metainfo.piece_length, 1)
        """Pieces that fit into a bench."""

    def size(self, piece: int) -> int:
        """Bytes that a piece is given with."""
        spans = self._layout.piece_spans(piece)
        return sum(span.length for span in spans if self.needs_padding or span.file_index is not None)

    def data_size(self, piece: int) -> int:
        """Bytes of files in a piece."""
        return sum(span.length for span in self._layout.piece_spans(piece) if span.file_index is not None)

    def bench(self) -> Bench:
        """A place to read pieces into and prove them, for one thread."""
        memory = Memory(self.pieces_at_once * self._metainfo.piece_length)
        return Bench(self._metainfo, self._layout, memory, self._engine.hasher(), by_v2=self.by_v2)


class Bench:
    """Memory for a batch of pieces, and the hasher that proves them; for one thread."""

    def __init__(self, metainfo: Metainfo, layout: Layout, memory: Memory, hasher: Hasher, *, by_v2: bool) -> None:
        self._by_v2 = by_v2
        self._metainfo = metainfo
        self._layout = layout
        self._memory = memory
        self._hasher = hasher
        self.view = memory.view
        """Read the pieces into here."""

    def proved(self, batch: Sequence[Held]) -> list[bool]:
        """For each piece in memory: whether its bytes are right."""
        return self._proved_v2(batch) if self._by_v2 else self._proved_v1(batch)

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
            verdicts.append(self._is_v2_good(one.piece, leaves[at:stop]))
            at = stop
        return verdicts

    def _is_v2_good(self, piece: int, leaves: bytes) -> bool:
        span = self._layout.piece_spans(piece)[0]
        file, length = self._metainfo.files[span.file_index or 0], self._metainfo.piece_length
        found = merkle.piece_hash(leaves, length, file_length=file.length)
        if file.length <= length:
            return found == file.pieces_root
        at = span.start // length * merkle.HASH_LENGTH
        return found == self._metainfo.piece_layers.get(file.pieces_root or b"", b"")[at : at + merkle.HASH_LENGTH]
