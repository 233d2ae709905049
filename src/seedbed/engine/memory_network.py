# SPDX-License-Identifier: Apache-2.0
"""What memory engines find each other on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from seedbed.core.endpoints import Endpoint
from seedbed.engine.base import Totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.engine.memory_engine import MemoryEngine


@dataclass(slots=True)
class MemoryNetwork:
    """Who can be reached, and what trackers know."""

    engines: dict[Endpoint, MemoryEngine] = field(default_factory=dict)
    _ports: Iterator[int] = field(default_factory=lambda: count(1))
    announced: dict[str, dict[bytes, list[Endpoint]]] = field(default_factory=dict)
    """Tracker URL -> info-hash -> peers, in order of their announces."""
    sent_bytes: Counter[Endpoint] = field(default_factory=Counter)
    received_bytes: Counter[Endpoint] = field(default_factory=Counter)

    def join(self, engine: MemoryEngine) -> Endpoint:
        """Give an engine an address."""
        endpoint = Endpoint("127.0.0.1", next(self._ports))
        self.engines[endpoint] = engine
        return endpoint

    def leave(self, endpoint: Endpoint) -> None:
        """An engine goes; those who were connected see it."""
        self.engines.pop(endpoint, None)
        for engine in self.engines.values():
            engine.lose(endpoint)

    def announce(self, url: str, info_hash: bytes, who: Endpoint) -> tuple[Endpoint, ...]:
        """Tell a tracker, and hear who else is there."""
        swarm = self.announced.setdefault(url, {}).setdefault(info_hash, [])
        others = tuple(peer for peer in swarm if peer != who)
        if who not in swarm:
            swarm.append(who)
        return others

    def count(self, sender: Endpoint, receiver: Endpoint, size_bytes: int) -> None:
        """So much went from one to the other."""
        self.sent_bytes[sender] += size_bytes
        self.received_bytes[receiver] += size_bytes

    def totals(self, endpoint: Endpoint | None) -> Totals:
        """Of one engine; nothing, when it is closed."""
        return Totals(self.sent_bytes[endpoint], self.received_bytes[endpoint]) if endpoint else Totals(0, 0)
