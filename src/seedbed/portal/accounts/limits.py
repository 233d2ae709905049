# SPDX-License-Identifier: Apache-2.0
"""How often somebody may do something: counted in memory, in room that is bounded.

Who attacks: whoever tries passwords, or fills queues. What it costs them: they wait. Each server process counts
for itself, so that a limit is at most so many times as high as said.

The generic cell rate algorithm (ITU-T I.371): one number for each who, the time at which all that was done is paid off.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

MAX_KEYS = 100_000
"""About 20 MB. More at once: those that waited longest are forgotten first."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so long; all of them at once, if they like."""

    count: int
    span_s: float


@dataclass(slots=True)
class Limits:
    """Of one process; may be used by several threads."""

    max_keys: int = MAX_KEYS
    _paid_s: OrderedDict[tuple[str, ...], float] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: tuple[str, ...], rate: Rate, *, now_s: float) -> float:
        """Do it once.

        Returns:
            0 if that is allowed; else how many seconds to wait, and nothing was counted.
        """
        each_s = rate.span_s / rate.count
        with self._lock:
            paid_s = max(self._paid_s.get(key, 0.0), now_s) + each_s
            wait_s = paid_s - rate.span_s - now_s
            if wait_s > 1e-6:
                return wait_s
            self._paid_s[key] = paid_s
            self._paid_s.move_to_end(key)
            while len(self._paid_s) > self.max_keys:
                self._paid_s.popitem(last=False)
        return 0.0

    def forget(self, key: tuple[str, ...]) -> None:
        """What was done counts no more: after the right password."""
        with self._lock:
            self._paid_s.pop(key, None)
