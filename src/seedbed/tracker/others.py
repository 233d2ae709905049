# SPDX-License-Identifier: Apache-2.0
"""What the other workers of a tracker have, as the first one was told within the last seconds (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.tracker.swarm import Count

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Others:
    """Empty where there is one worker."""

    counts: dict[bytes, Count] = field(default_factory=dict)
    facts: dict[int, Mapping[str, int]] = field(default_factory=dict)
    """Worker -> swarms, peers, and what it did since the start."""

    def plus(self, info_hash: bytes, count: Count) -> Count:
        """The numbers of a swarm here, and there."""
        other = self.counts.get(info_hash)
        if other is None:
            return count
        return Count(count.seeds + other.seeds, count.completed + other.completed, count.leechers + other.leechers)

    def total(self, name: str) -> int:
        """A fact of all others together."""
        return sum(one.get(name, 0) for one in self.facts.values())
