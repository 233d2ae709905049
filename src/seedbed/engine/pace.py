# SPDX-License-Identifier: Apache-2.0
"""A pace for things that must not come in bursts."""

from __future__ import annotations

import asyncio


class Pace:
    """Lets one caller through every ``1 / per_s`` seconds, in order of arrival; the first at once."""

    def __init__(self, per_s: float) -> None:
        self._interval_s = 1 / per_s if per_s else 0.0
        self._next_s = 0.0

    async def wait(self) -> None:
        """Wait for one's turn."""
        if not self._interval_s:
            return
        now_s = asyncio.get_running_loop().time()
        turn_s = max(now_s, self._next_s)
        self._next_s = turn_s + self._interval_s
        await asyncio.sleep(turn_s - now_s)
