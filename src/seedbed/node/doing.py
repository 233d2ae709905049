# SPDX-License-Identifier: Apache-2.0
"""What was decided is done, one step after the other, each written down before the next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.node.trusting.counting import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.node.choosing import deciding
    from seedbed.node.choosing.units import Unit
    from seedbed.node.choosing.view import View
    from seedbed.node.fetches import Fetches
    from seedbed.node.giving.gift import Gift
    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parting.leaving import Leaving
    from seedbed.node.parts import Listed, Parts
    from seedbed.node.policy.rules import Rules
    from seedbed.node.state import Held
    from seedbed.node.trusting.trust import Trust


@dataclass(frozen=True, slots=True)
class Doing:
    """See the module's text."""

    _parts: Parts
    _claims: Claims
    _fetches: Fetches
    _leaving: Leaving
    _trust: Trust
    _rules: Rules

    async def carry_out(self, plan: deciding.Plan, view: View, listed: Listed) -> None:
        """Give up what the budget has no room for; begin what is still wanted at a second look."""
        for drop in plan.drops:
            if self._leaving.allows(self._sizes([drop.id])):
                await self._leaving.begin(drop.id, {"for": "", "surplus": drop.surplus})
        taken: list[Unit] = []
        if plan.adds:
            await self._trust.hear()
        for add in plan.adds[: self._fetches.free]:
            unit = view.units[view.numbers[add.id]]
            is_allowed = not add.room or self._leaving.allows(self._sizes(add.room))
            if is_allowed and self._finds_room(unit, add.room) and await self._is_still_wanted(unit, add):
                await self._take_up(unit, add)
                taken += [] if add.room else [unit]
        if taken:
            await self._trust.tell(at_once=True)  # others hear of it before the first byte
        for unit in taken:
            self._fetches.begin(unit, listed.places)

    def _finds_room(self, unit: Unit, given_up: Sequence[str]) -> bool:
        units = self._parts.state.units()
        left = {item: one for item, one in units.items() if item not in given_up}
        return self._parts.place.find_room(unit.id, unit.size_bytes, left, self._parts.gift(), self._rules)

    async def _take_up(self, unit: Unit, add: deciding.Add) -> None:
        for given in add.room:
            await self._leaving.begin(given, {"for": add.id})
        facts = {"copies": add.copies, "short": add.short}
        state, now_s = self._parts.state, self._parts.now_s()
        state.move(add.id, "fetching", unit.size_bytes, now_s, what="chosen", facts=facts)

    async def _is_still_wanted(self, unit: Unit, add: deciding.Add) -> bool:
        """Others may have announced themselves since it was planned: they look at the same numbers."""
        counts = await count(self._parts.asks_again, [unit], held=(), fetched=(), belief=self._claims.belief)
        if not counts.is_known[0]:
            return True
        counted = self._rules.fetching_counts
        gained = float(counts.others[0]) - add.copies + counted * (float(counts.fetching[0]) - add.fetching)
        return add.short - gained > self._rules.act_above

    async def go_on(self, listed: Listed, gift: Gift) -> None:
        """Fetch on what was begun before, as far as it is still listed, and there is room for it."""
        for item in () if gift.is_paused else self._fetches.stalled():
            await self._give_up(item, "given-up")
        units = self._parts.state.units()
        trash, of = self._parts.state.waits("trash"), self._parts.place.of
        affordable: list[str] = []
        for place, share_bytes in self._parts.place.shares(gift):
            mine = [unit for unit in units.values() if of(unit.id) == place]
            over_bytes = sum(unit.size_bytes for unit in mine) - share_bytes
            discarded = sum(float(one.facts.get("bytes", 0)) for item, one in trash.items() if of(item) == place)
            await self._leaving.purge(place, over_bytes=over_bytes + discarded)
            if not gift.is_paused:
                fetching = [unit for unit in mine if unit.stage == "fetching"]
                affordable += await self._affordable(fetching, over_bytes, mine)
        for item in self._fetches.ready(affordable)[: self._fetches.free]:
            unit = await asyncio.to_thread(self._claims.unit, item)
            if unit and unit.release.status != "withdrawn":
                await self._leaving.purge(of(item), needed_bytes=unit.size_bytes)
                self._fetches.begin(unit, listed.places)

    async def _affordable(self, fetching: Sequence[Held], over_bytes: float, units: Sequence[Held]) -> list[str]:
        """What has its room: what is mended has it already, and of the others those that were chosen first.

        What is left waits for what leaves; when nothing does, nobody makes room for it, and its booking ends.
        """
        healing = self._parts.state.waits("healing")
        kept = [unit for unit in fetching if unit.id not in healing]
        waits_for = any(unit.stage == "leaving" for unit in units)
        while kept and over_bytes > 0:
            last = max(kept, key=lambda unit: unit.since_s)
            kept.remove(last)
            over_bytes -= last.size_bytes
            if not waits_for:
                await self._give_up(last.id, "no-room")
        return [unit.id for unit in fetching if unit.id in healing] + [unit.id for unit in kept]

    async def _give_up(self, item: str, what: str) -> None:
        await self._fetches.cancel(item)
        await self._leaving.discard(item, {}, what=what)

    def _sizes(self, items: Sequence[str]) -> int:
        units = self._parts.state.units()
        return sum(units[item].size_bytes for item in items)

    def waits(self) -> bool:
        """Whether something was chosen and could be begun now."""
        fetching = [unit.id for unit in self._parts.state.units().values() if unit.stage == "fetching"]
        return bool(self._fetches.free and self._fetches.ready(fetching))
