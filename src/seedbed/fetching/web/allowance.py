# SPDX-License-Identifier: Apache-2.0
"""How many requests servers still allow, by what they say themselves (``X-RateLimit-Remaining``, ``-Reset``).

Whoever waits before the last request is used up is never refused, and never shut out for asking too often.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.fetching.web.http_wire import requests_left

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.fetching.web.http_wire import Head

_SAME_WINDOW_S = 2.0
"""Servers tell the end of a window in whole seconds: two that are so near are one."""


@dataclass(slots=True)
class _Window:
    left: int
    until_s: float


@dataclass(slots=True)
class Allowance:
    """Shared by all connections of a fetch: servers count what one address asks, over whichever connection."""

    clock: Callable[[], float] = time.monotonic
    _windows: dict[str, _Window] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def heard(self, host: str, head: Head) -> None:
        """An answer came from a host; it may say how many requests are left."""
        said = requests_left(head)
        if said is None:
            return
        left, reset_s = said
        now_s = self.clock()
        with self._lock:
            known = self._windows.get(host)
            if known and now_s < known.until_s and abs(now_s + reset_s - known.until_s) < _SAME_WINDOW_S:
                left = min(left, known.left)  # others are under way that this answer does not know of
            self._windows[host] = _Window(left, now_s + reset_s)

    def take(self, host: str) -> None:
        """A request is sent."""
        with self._lock:
            if window := self._windows.get(host):
                window.left -= 1

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
