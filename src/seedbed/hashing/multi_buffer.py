# SPDX-License-Identifier: Apache-2.0
"""The fast engine: many messages side by side through libipsec-mb, hashlib where that is faster.

Side by side pays only with enough messages of similar length: 16 lanes advance together, and a lane alone is
slower than hashlib. So each call is split by a simple model whose rates were measured on this machine a moment
ago (``choice``): the longest messages go to hashlib as long as they would hold the other lanes up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.hashing.base import DIGEST_LENGTHS
from seedbed.hashing.ipsec_mb import Lanes
from seedbed.hashing.plain import HashlibHasher

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Mapping, Sequence

    from seedbed.hashing.base import Algorithm
    from seedbed.hashing.memory import Memory

LANES = 16
"""Messages that the widest kernels advance together."""
_SAME = 4
"""Messages differing by no more than this factor share lanes without a closer look."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What one core does, in bytes per second, for one algorithm."""

    lanes: float
    """All lanes together, filled."""
    plain: float
    """hashlib, one message."""

    def lanes_win(self, total: int, longest: int) -> bool:
        """Whether messages of ``total`` bytes, the longest of ``longest``, are done sooner in lanes."""
        return max(total, longest * LANES) * self.plain < total * self.lanes


class MultiBufferHasher:
    """One thread's hasher."""

    __slots__ = ("_lanes", "_plain", "_rates")

    def __init__(self, library: ctypes.CDLL, rates: Mapping[Algorithm, Rates]) -> None:
        self._lanes = Lanes(library)
        self._plain = HashlibHasher()
        self._rates = rates

    prefers_streams = False

    def even_digests(self, algorithm: Algorithm, memory: Memory, start: int, count: int, length: int) -> bytes:
        """See :class:`seedbed.hashing.base.Hasher`."""
        wins = self._rates[algorithm].lanes_win(count * length, length)
        return (self._lanes if wins else self._plain).even_digests(algorithm, memory, start, count, length)

    def digests(self, algorithm: Algorithm, memory: Memory, starts: Sequence[int], lengths: Sequence[int]) -> bytes:
        """See :class:`seedbed.hashing.base.Hasher`."""
        if not lengths:
            return b""
        rates, total, longest = self._rates[algorithm], sum(lengths), max(lengths)
        if not rates.lanes_win(total, longest) and longest <= _SAME * min(lengths):
            return self._plain.digests(algorithm, memory, starts, lengths)
        if longest <= _SAME * min(lengths) or not total:
            return self._lanes.digests(algorithm, memory, starts, lengths)
        return self._unequal(algorithm, memory, starts, lengths)

    def _unequal(self, algorithm: Algorithm, memory: Memory, starts: Sequence[int], lengths: Sequence[int]) -> bytes:
        """Longest first, so that the lanes run dry together; those too long for lanes by hashlib."""
        rates, total = self._rates[algorithm], sum(lengths)
        order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
        alone = 0
        while alone < len(order) and not rates.lanes_win(total, lengths[order[alone]]):
            total -= lengths[order[alone]]
            alone += 1
        parts = (self._plain, order[:alone]), (self._lanes, order[alone:])
        found = b"".join(
            hasher.digests(algorithm, memory, [starts[i] for i in some], [lengths[i] for i in some])
            for hasher, some in parts
        )
        return _reorder(found, order, DIGEST_LENGTHS[algorithm])


@dataclass(frozen=True, slots=True)
class MultiBufferEngine:
    """See the module's text."""

    library: ctypes.CDLL
    rates: Mapping[Algorithm, Rates]
    name: str = "multi_buffer"

    def hasher(self) -> MultiBufferHasher:
        """A hasher for the calling thread."""
        return MultiBufferHasher(self.library, self.rates)


def _reorder(digests: bytes, order: Sequence[int], size: int) -> bytes:
    """Digests made in ``order``, put back into the order of the call."""
    places = [b""] * len(order)
    for at, index in enumerate(order):
        places[index] = digests[at * size : (at + 1) * size]
    return b"".join(places)
