# SPDX-License-Identifier: Apache-2.0
"""How often a network may ask for something that costs (pure): a bucket for each, which fills up again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_KNOWN = 100_000


@dataclass(slots=True)
class Rates:
    """See the module's text.

    Args:
        clock_s: Seconds that never go back.
        at_once: What may be taken at once.
        per_s: What comes back in a second.
    """

    clock_s: Callable[[], float]
    at_once: float
    per_s: float
    _taken: dict[bytes, tuple[float, float]] = field(default_factory=dict)
    """Of each network, what was taken and is not back yet, and when that was reckoned; the oldest first."""

    def allows(self, network: bytes, amount: float) -> bool:
        """Whether so much may be taken; if so, it is."""
        now_s = self.clock_s()
        taken, since_s = self._taken.pop(network, (0.0, now_s))
        left = max(taken - (now_s - since_s) * self.per_s, 0.0)
        is_allowed = left + amount <= self.at_once
        self._taken[network] = (left + amount if is_allowed else left, now_s)
        self._forget(now_s)
        return is_allowed

    def _forget(self, now_s: float) -> None:
        """Those whose bucket is full again; and the oldest, where there are too many."""
        full_s = self.at_once / self.per_s
        while self._taken:
            first = next(iter(self._taken))
            if len(self._taken) <= MAX_KNOWN and now_s - self._taken[first][1] < full_s:
                return
            del self._taken[first]
