# SPDX-License-Identifier: Apache-2.0
"""Giving data up, in two phases: announced no longer; and deleted after a while, if enough others are seen to hold it.

What is deleted lies in the trash first. Never more than a tenth of what is held is given up in a day, whatever the
clock says: the day is measured in time at work.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from seedbed.node.policy.dropping import may_be_deleted
from seedbed.node.state import DAY_S, NODE
from seedbed.node.trusting.counting import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.node.choosing.units import Unit
    from seedbed.node.disk.store import Place
    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parts import Parts
    from seedbed.node.policy.rules import Rules
    from seedbed.node.state import Held


class Leaving:
    """See the module's text.

    Args:
        parts: The node's.
        claims: Where claims are taken back.
        rules: The policy's.
    """

    def __init__(self, parts: Parts, claims: Claims, rules: Rules) -> None:
        self._parts = parts
        self._claims = claims
        self._rules = rules
        self._since_s: dict[str, float] = {}
        """When each was announced no longer, by the clock that nobody sets; a restart begins anew."""

    def allows(self, size_bytes: float) -> bool:
        """Whether so much may be given up now: a unit larger than a day's share goes alone."""
        used = self.used_bytes()
        return used <= 0 or used + size_bytes <= self._a_day_bytes()

    def used_bytes(self) -> float:
        """Of a day's share, what was given up lately; it comes back evenly over a day."""
        dropped = self._parts.state.waits("dropped").get(NODE)
        if dropped is None:
            return 0.0
        return max(float(dropped.facts["bytes"]) - dropped.passed_s / DAY_S * float(dropped.facts["a_day"]), 0.0)

    async def begin(self, item: str, facts: Mapping[str, Any], *, what: str = "leaving") -> None:
        """The first phase: it is announced no longer."""
        state, unit = self._parts.state, self._parts.state.units()[item]
        used, a_day = self.used_bytes(), self._a_day_bytes()
        await self._claims.disclaim(item)
        state.wait(NODE, "dropped", bytes=used + unit.size_bytes, a_day=a_day)
        state.move(item, "leaving", unit.size_bytes, self._parts.now_s(), what=what, facts=facts)

    async def finish(self, targets: Mapping[str, float], *, may_drop: bool) -> None:
        """The second phase, of all for which it is time.

        Args:
            targets: Copies wanted of each unit.
            may_drop: Whether anything may be deleted now; if not, it is kept.
        """
        units, is_here = self._parts.state.units().values(), self._parts.place.is_here
        leaving = [unit for unit in units if unit.stage == "leaving" and is_here(unit.id)]
        now_s = self._parts.monotonic_s()
        self._since_s = {unit.id: self._since_s.get(unit.id, now_s) for unit in leaving}
        for unit in leaving:
            listed = await asyncio.to_thread(self._claims.unit, unit.id)
            if not may_drop or listed is None:
                await self.keep(unit)
            elif now_s - self._since_s[unit.id] >= self._parts.pace.leave_s:
                await self._last_look(unit, listed, targets.get(unit.id, 0.0))

    async def _last_look(self, unit: Held, listed: Unit, target: float) -> None:
        belief = self._claims.belief
        counts = await count(self._parts.asks_again, [listed], held=(), fetched=(), must_be_new=True, belief=belief)
        others = float(counts.others[0]) if counts.is_known[0] else 0.0
        if may_be_deleted(others, target, self._rules):
            await self.discard(unit.id, {"others": others})
        else:
            await self.keep(unit, others)

    async def keep(self, unit: Held, others: float = 0.0, *, what: str = "kept") -> None:
        """It is claimed again after all."""
        self._since_s.pop(unit.id, None)
        self._parts.state.move(
            unit.id, "held", unit.size_bytes, self._parts.now_s(), what=what, facts={"others": others}
        )
        await self._claims.look(unit.id)

    async def discard(self, item: str, facts: Mapping[str, Any], *, what: str = "deleted") -> None:
        """It goes to the trash; what lies on a disk that is away stays as it is."""
        if not self._parts.place.is_here(item):
            return
        self._since_s.pop(item, None)
        await self._claims.disclaim(item)
        await asyncio.to_thread(self._parts.place.shelf.copy(item).discard)
        unit = self._parts.state.units().get(item)
        self._parts.state.remove(item, self._parts.now_s(), what=what, facts=facts)
        self._parts.state.wait(item, "trash", bytes=unit.size_bytes if unit else 0)

    async def purge(self, place: Place, *, needed_bytes: float = 0.0, over_bytes: float = 0.0) -> None:
        """Delete for good what lay in the trash for a day; sooner, the oldest first, while its room is needed.

        Args:
            place: Only there.
            needed_bytes: Room that the disk must have.
            over_bytes: By so much the budget is passed.
        """
        parts = self._parts
        waits = parts.state.waits("trash")
        items = await asyncio.to_thread(place.shelf.discarded)
        for item in sorted(items, key=lambda one: -waits[one].passed_s if one in waits else 0):
            wait = waits.get(item)
            if wait is None:
                parts.state.wait(item, "trash")
            elif wait.passed_s >= parts.pace.trash_s or over_bytes > 0 or place.room_bytes() < needed_bytes:
                await asyncio.to_thread(place.shelf.copy(item).purge)
                parts.state.wait_no_more(item, "trash")
                over_bytes -= float(wait.facts.get("bytes", 0))

    def _a_day_bytes(self) -> float:
        held = sum(unit.size_bytes for unit in self._parts.state.units().values() if unit.stage != "fetching")
        return self._rules.max_dropped_of_held * held
