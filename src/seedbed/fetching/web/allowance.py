# SPDX-License-Identifier: Apache-2.0
"""How many requests servers still allow, by what they say themselves (``X-RateLimit-Remaining``, ``-Reset``).

Whoever waits before the last request is used up is never refused, and never shut out for asking too often.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.fetching.web.http_wire import requests_left

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.fetching.web.http_wire import Head


@dataclass(slots=True)
class _Window:
    left: int
    until_s: float


@dataclass(slots=True)
class Allowance:
    """Shared by all connections of a fetch: servers count what one address asks, over whichever connection."""

    clock: Callable[[], float] = time.monotonic
    _windows: dict[str, _Window] = field(default_factory=dict)
    _under_way: Counter[str] = field(default_factory=Counter)
    """Host -> requests without an answer."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, host: str) -> None:
        """A request is sent; :meth:`heard` or :meth:`lost` follows."""
        with self._lock:
            self._under_way[host] += 1
            if window := self._windows.get(host):
                window.left -= 1

    def heard(self, host: str, head: Head) -> None:
        """An answer came from a host; it may say how many requests are left, those under way perhaps not counted."""
        said = requests_left(head)
        with self._lock:
            self._under_way[host] -= 1
            if said:
                self._windows[host] = _Window(said[0] - self._under_way[host], self.clock() + said[1])

    def lost(self, host: str, count: int) -> None:
        """So many requests will have no answer: their connection is gone."""
        with self._lock:
            self._under_way[host] -= count

    def wait_s(self, host: str) -> float:
        """How long to wait before the next request; 0 when it may be sent."""
        with self._lock:
            window = self._windows.get(host)
            return max(window.until_s - self.clock(), 0.0) if window and window.left <= 0 else 0.0

    def ahead(self, host: str, most: int) -> int:
        """How many requests may be under way at once: 1 to ``most``; 1 until a new window is heard of."""
        with self._lock:
            window = self._windows.get(host)
            if window is None:
                return most
            return min(most, max(window.left, 1)) if self.clock() < window.until_s else 1
