# SPDX-License-Identifier: Apache-2.0
"""How many bytes a second HTTP may bring, of all fetches that share one throttle together; and how many it brought.

Bytes are read in small steps and paid for by waiting, so that TCP itself slows the server down: nothing is asked for
twice. What peers brought meanwhile is paid for too (:meth:`Throttle.took_elsewhere`): the limit is one for both.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_S = 0.1
"""Of the rate, read at a time; a connection that waits longer than a few of them looks stalled to nobody."""
_LEAST_STEP_BYTES = 1_024
_NAP_S = 0.2
"""A wait looks so often whether the fetch has ended: an end waits a second at most for its threads."""
_MOST_DEBT_S = 2.0
"""Peers bring bytes in bursts, by limits of their own."""


@dataclass(slots=True)
class Throttle:
    """Shared by threads.

    Args:
        rate_bytes_per_s: At most; 0 for no limit. May be changed at any time.
        clock: Seconds, never set back.
        sleep: Waits so many seconds.
    """

    rate_bytes_per_s: int = 0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    received_bytes: int = 0
    """That came by HTTP."""
    _paid_s: float = 0.0
    """When all that was taken is paid for."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self, most_bytes: int) -> int:
        """How much of so many bytes to read at once."""
        rate = self.rate_bytes_per_s
        return min(most_bytes, max(int(rate * STEP_S), _LEAST_STEP_BYTES)) if rate else most_bytes

    def took(self, count_bytes: int, is_over: Callable[[], bool] = lambda: False) -> None:
        """So many bytes came; waits until more may come, or until ``is_over``."""
        with self._lock:
            self.received_bytes += count_bytes
            until_s = self._owe(count_bytes)
        while (left_s := until_s - self.clock()) > 0 and not is_over():
            self.sleep(min(left_s, _NAP_S))

    def took_elsewhere(self, count_bytes: int) -> None:
        """So many bytes came another way: others wait for them."""
        with self._lock:
            most_s = max(self._paid_s, self.clock() + _MOST_DEBT_S)
            self._paid_s = min(self._owe(count_bytes), most_s)

    def _owe(self, count_bytes: int) -> float:
        rate = self.rate_bytes_per_s
        if rate:
            self._paid_s = max(self._paid_s, self.clock()) + count_bytes / rate
        return self._paid_s if rate else 0.0
