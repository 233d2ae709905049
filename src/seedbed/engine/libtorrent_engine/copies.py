# SPDX-License-Identifier: Apache-2.0
"""Who has taken a whole copy from us.

A peer that completes closes its connection within milliseconds, sometimes before it says that it is complete. So the
blocks sent to it are counted as they go; what the peer says is the second way, for copies that came from several.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.core.merkle import BLOCK_LENGTH, block_count
from seedbed.engine.libtorrent_engine.params import PAD_FLAG

if TYPE_CHECKING:
    import libtorrent as lt

    from seedbed.core.endpoints import Endpoint

MAX_PEERS = 1_000
"""Peers counted at once for one torrent; a bit a block each, 8 KiB for 1 GB."""


@dataclass(slots=True)
class CopyCounter:
    """Blocks of one torrent sent to each peer."""

    blocks_in_piece: tuple[int, ...]
    """Blocks with any file byte; padding need not be asked for."""
    blocks_per_piece: int
    _sent: dict[Endpoint, bytearray] = field(default_factory=dict)
    _left: dict[Endpoint, int] = field(default_factory=dict)
    _told: set[Endpoint] = field(default_factory=set)

    @classmethod
    def of(cls, info: lt.torrent_info) -> CopyCounter:
        """A counter for a torrent."""
        layout, length = info.layout(), info.piece_length()
        ends = [0] * info.num_pieces()
        for at in range(layout.num_files()):
            if not layout.file_flags(at) & PAD_FLAG and layout.file_size(at):
                _mark(ends, layout.file_offset(at), layout.file_size(at), length)
        return cls(tuple(block_count(end) for end in ends), -(-length // BLOCK_LENGTH))

    def sent(self, peer: Endpoint, piece: int, block: int) -> bool:
        """A block went to a peer; True when with it the peer has them all, for the first time."""
        if peer in self._told or block >= self.blocks_in_piece[piece]:
            return False
        if peer not in self._sent:
            self._begin(peer)
        at = piece * self.blocks_per_piece + block
        bits = self._sent[peer]
        if bits[at >> 3] >> (at & 7) & 1:
            return False
        bits[at >> 3] |= 1 << (at & 7)
        self._left[peer] -= 1
        return not self._left[peer] and self.says_complete(peer)

    def says_complete(self, peer: Endpoint) -> bool:
        """A peer says it has all; True when it took something from us and this is news."""
        if peer not in self._sent:
            return False
        self.forget(peer)
        self._told.add(peer)
        return True

    def forget(self, peer: Endpoint) -> None:
        """A peer went; should it come back, it begins anew."""
        self._sent.pop(peer, None)
        self._left.pop(peer, None)

    @property
    def is_busy(self) -> bool:
        """Whether somebody has begun and not ended."""
        return bool(self._sent)

    def _begin(self, peer: Endpoint) -> None:
        if len(self._sent) >= MAX_PEERS:
            self.forget(next(iter(self._sent)))
        self._sent[peer] = bytearray(len(self.blocks_in_piece) * self.blocks_per_piece // 8 + 1)
        self._left[peer] = sum(self.blocks_in_piece)


def _mark(ends: list[int], start: int, length: int, piece_length: int) -> None:
    for piece in range(start // piece_length, -(-(start + length) // piece_length)):
        ends[piece] = max(ends[piece], min(start + length - piece * piece_length, piece_length))
