# SPDX-License-Identifier: Apache-2.0
"""What memory engines find each other on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.engine.base import Endpoint

if TYPE_CHECKING:
    from seedbed.engine.memory_engine import MemoryEngine

_FIRST_PORT = 1


@dataclass(slots=True)
class MemoryNetwork:
    """Who can be reached, and what trackers know."""

    engines: dict[Endpoint, MemoryEngine] = field(default_factory=dict)
    announced: dict[str, dict[bytes, list[Endpoint]]] = field(default_factory=dict)
    """Tracker URL -> info-hash -> peers, in order of their announces."""

    def join(self, engine: MemoryEngine) -> Endpoint:
        """Give an engine an address."""
        endpoint = Endpoint("127.0.0.1", _FIRST_PORT + len(self.engines))
        self.engines[endpoint] = engine
        return endpoint

    def announce(self, url: str, info_hash: bytes, who: Endpoint) -> tuple[Endpoint, ...]:
        """Tell a tracker, and hear who else is there."""
        swarm = self.announced.setdefault(url, {}).setdefault(info_hash, [])
        others = tuple(peer for peer in swarm if peer != who)
        if who not in swarm:
            swarm.append(who)
        return others
