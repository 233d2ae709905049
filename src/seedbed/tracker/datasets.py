# SPDX-License-Identifier: Apache-2.0
"""The numbers of datasets: of a hybrid's two swarms together, browsers included; of what is listed, also the zeros.

A scrape tells of the one swarm that is asked for: those are the peers whom the client can reach by that hash. Here a
peer in both swarms of a dataset is one. Counting costs time, and anybody may ask: so it is done again only after
twenty times as long as it took, and never takes more than a twentieth of the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.tracker.access import Listed
from seedbed.tracker.pairs import Both, together
from seedbed.tracker.swarm import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.tracker.swarm import Swarm
    from seedbed.tracker.tracker import Tracker

PAIRS_S = 600
"""So often all pairs of swarms are looked at again; peers may be others, though they are as many."""
REST = 20
"""Times as long as the counting took, it is not done again."""
NONE = Count(0, 0, 0)


@dataclass(slots=True)
class Datasets:
    """Counts a tracker's datasets.

    Args:
        tracker: Whose.
        clock_s: Seconds that never go back.
    """

    tracker: Tracker
    clock_s: Callable[[], float]
    _rows: dict[str, Count] = field(default_factory=dict)
    _until_s: float = float("-inf")
    _pairs: dict[str, tuple[tuple[Count, ...], Both]] = field(default_factory=dict)
    """Name -> numbers of the two swarms, and of both together: counted again when they are others."""
    _pairs_until_s: float = float("-inf")

    @property
    def hashes(self) -> Mapping[str, tuple[bytes, ...]]:
        """Id -> info-hashes of what is listed; empty for an open tracker."""
        access = self.tracker.access
        return access.hashes if isinstance(access, Listed) else {}

    def rows(self) -> Mapping[str, Count]:
        """Name -> numbers: all that is listed, by its id; and all else that has a swarm, by its info-hash in hex."""
        began_s = self.clock_s()
        if began_s >= self._until_s:
            if began_s >= self._pairs_until_s:
                self._pairs.clear()
                self._pairs_until_s = began_s + PAIRS_S
            self._rows = self._count()
            done_s = self.clock_s()
            self._until_s = done_s + (done_s - began_s) * REST
        return self._rows

    def hashes_of(self, name: str) -> tuple[bytes, ...]:
        """The info-hashes of a name that stands in the rows; empty for others."""
        listed = self.hashes.get(name)
        if listed is not None:
            return listed
        return (bytes.fromhex(name),) if name in self.rows() else ()

    def _count(self) -> dict[str, Count]:
        swarms, listed = dict(self.tracker.swarms.each()), self.hashes
        rows = {name: self._of(name, info_hashes, swarms) for name, info_hashes in listed.items()}
        known = self.tracker.access.datasets if isinstance(self.tracker.access, Listed) else {}
        others = (one for one in {**swarms, **self.tracker.others.counts} if one not in known)
        return rows | {info_hash.hex(): self._of("", (info_hash,), swarms) for info_hash in others}

    def _of(self, name: str, info_hashes: tuple[bytes, ...], swarms: Mapping[bytes, Swarm]) -> Count:
        there = [swarm for one in info_hashes if (swarm := swarms.get(one)) is not None]
        elsewhere = [count for one in info_hashes if (count := self.tracker.others.counts.get(one)) is not None]
        if not there and not elsewhere and self.tracker.web is None:
            return NONE
        # Whoever completes a hybrid says so in both swarms: the larger count is nearest to the truth.
        completed = max((self.tracker.completed(one) for one in info_hashes), default=0)
        crowded = [one for one in there if len(one)]
        seeds, leechers = 0, 0
        if len(crowded) == 2:
            seeds, leechers = self._together(name, *crowded)
        elif crowded:
            seeds, leechers = crowded[0].count.seeds, crowded[0].count.leechers
        if elsewhere:  # another worker knows who those are; here the larger swarm stands for both
            seeds, leechers = max([(seeds, leechers), *((one.seeds, one.leechers) for one in elsewhere)], key=sum)
        if self.tracker.web is not None:  # browsers know v1 alone
            browsers = max((self.tracker.web.count(one) for one in info_hashes), key=sum, default=(0, 0))
            seeds, leechers = seeds + browsers[0], leechers + browsers[1]
        return Count(seeds, completed, leechers)

    def _together(self, name: str, one: Swarm, other: Swarm) -> Both:
        numbers = (one.count, other.count)
        known = self._pairs.get(name)
        if known is None or known[0] != numbers:
            known = self._pairs[name] = numbers, together(one, other)
        return known[1]
