# SPDX-License-Identifier: Apache-2.0
"""How many peers the distributed hash table knows of a torrent (BEP 33). Pure.

An estimate: a node tells of some peers only, chosen by chance, or (libtorrent's) of all by Bloom filters alone; and
anybody may say what he likes.
Addresses are put together so that nobody is counted twice, and are forgotten with this object.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.core.krpc import FILTER_BYTES

if TYPE_CHECKING:
    from seedbed.core.krpc import Reply

_BITS, _HASHES = FILTER_BYTES * 8, 2


@dataclass(slots=True)
class Swarm:
    """What all nodes together told."""

    _addresses: set[bytes] = field(default_factory=set)
    _seeds: int = 0
    _others: int = 0
    _told: bool = False

    def add(self, reply: Reply) -> None:
        """Take what one node told."""
        self._addresses.update(reply.peers)
        self._told = self._told or bool(reply.seed_filter or reply.peer_filter)
        self._seeds |= int.from_bytes(reply.seed_filter)
        self._others |= int.from_bytes(reply.peer_filter)

    @property
    def seen(self) -> int:
        """Distinct addresses: at least so many peers are known, seeds or not."""
        return len(self._addresses)

    @property
    def seeds(self) -> int | None:
        """Reckoned from the filters, to some percent; None without any. By IP address: ports do not count."""
        return _reckon(self._seeds) if self._told else None

    @property
    def leechers(self) -> int | None:
        """The same, of the others."""
        return _reckon(self._others) if self._told else None


def _reckon(bits: int) -> int:
    """How many addresses set these bits (BEP 33, *estimating*); at most some 7,800, when all but one are set."""
    unset = min(_BITS - 1, _BITS - bits.bit_count())
    if not bits:
        return 0
    return round(math.log(max(unset, 1) / _BITS) / (_HASHES * math.log(1 - 1 / _BITS)))
