# SPDX-License-Identifier: Apache-2.0
"""How much of us one client, and all together, may take."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, field

_REMEMBERED = 10_000
"""Clients whose pace is kept; the one that was quiet the longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds; 0 is none."""

    connections: int = 2_000
    client_connections: int = 64
    client_requests_per_s: float = 0
    """Of one client, with a burst of ten seconds' worth."""
    bytes_per_s: float = 0
    """Of all together."""
    head_timeout_s: float = 30
    """From the end of an answer to the end of the next request's head."""
    block_timeout_s: float = 120
    """For each :data:`BLOCK_BYTES`; who takes less than about 9 KB/s is let go."""
    mirror_timeout_s: float = 60
    """For each span of a mirror's file."""
    grace_s: float = 10
    """What is being sent may take so long when we stop."""


BLOCK_BYTES = 1 << 20
"""Sent between two looks at clocks and limits."""


@dataclass(slots=True)
class Bucket:
    """A pace: ``rate`` units a second, of which ``depth`` may come at once."""

    rate: float
    depth: float
    _owed: float = 0
    _seen_s: float = 0

    def take(self, amount: float, now_s: float) -> float:
        """Take it, and say how many seconds to wait before taking it is in pace."""
        self._settle(now_s)
        self._owed += amount
        return max(0.0, (self._owed - self.depth) / self.rate)

    def ask(self, amount: float, now_s: float) -> float:
        """Take it if that is in pace; otherwise say in how many seconds it will be."""
        self._settle(now_s)
        wait_s = (self._owed + amount - self.depth) / self.rate
        if wait_s > 0:
            return wait_s
        self._owed += amount
        return 0.0

    def _settle(self, now_s: float) -> None:
        self._owed = max(0.0, self._owed - (now_s - self._seen_s) * self.rate)
        self._seen_s = now_s


@dataclass(slots=True)
class Door:
    """Who is inside, and how fast each asks."""

    limits: Limits
    inside: dict[str, int] = field(default_factory=dict)
    count: int = 0
    _paces: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)

    def enter(self, client: str) -> int:
        """Let a connection in: 0; or the status that says why not. Every ``enter`` needs its ``leave``."""
        self.count += 1
        self.inside[client] = self.inside.get(client, 0) + 1
        if 0 < self.limits.connections < self.count:
            return 503
        return 429 if 0 < self.limits.client_connections < self.inside[client] else 0

    def leave(self, client: str) -> None:
        """A connection has ended."""
        self.count -= 1
        self.inside[client] -= 1
        if not self.inside[client]:
            del self.inside[client]

    def wait_s(self, client: str, now_s: float) -> float:
        """0 if the client may ask now; otherwise seconds until it may."""
        rate = self.limits.client_requests_per_s
        if not rate:
            return 0.0
        pace = self._paces.setdefault(client, Bucket(rate, max(1.0, rate * 10), _seen_s=now_s))
        self._paces.move_to_end(client)
        if len(self._paces) > _REMEMBERED:
            self._paces.popitem(last=False)
        return pace.ask(1, now_s)


def client_of(host: str) -> str:
    """Who counts as one client: an IPv4 address, or the /64 that an IPv6 host has to itself."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))
