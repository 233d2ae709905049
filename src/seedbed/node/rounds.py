# SPDX-License-Identifier: Apache-2.0
"""One round of a node after the other: what it sees, what it decides, and in which order it does that."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seedbed.errors import SeedbedError, StateError
from seedbed.node.choosing import deciding
from seedbed.node.choosing.view import View
from seedbed.node.disk import beginning
from seedbed.node.fetches import Fetches
from seedbed.node.giving.restraint import Restraint
from seedbed.node.holding.scrubbing import Scrub
from seedbed.node.parting import unlisted, wishes
from seedbed.node.parting.farewell import Farewell
from seedbed.node.parting.leaving import Leaving
from seedbed.node.telling.booking import Booking
from seedbed.node.trusting.counting import Counts, count
from seedbed.node.trusting.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.node.choosing.units import Unit
    from seedbed.node.giving.gift import Gift
    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parts import Listed, Parts
    from seedbed.node.policy.rules import Rules
    from seedbed.node.state import Held

log = logging.getLogger(__name__)
GUESSED_RATE_BYTES_S = 2_500_000
"""20 Mbit/s, where no limit was given."""
DAY_S = 86_400


class Rounds:
    """See the module's text.

    Args:
        parts: All that touches the world.
        claims: Where claims are made and taken back.
        rules: The policy's.
    """

    def __init__(self, parts: Parts, claims: Claims, rules: Rules) -> None:
        self._parts = parts
        self._rules = rules
        self._claims = claims
        self._fetches = Fetches(parts, self._claim)
        self._leaving = Leaving(parts, claims, rules)
        self._trust = Trust(parts, claims)
        self.scrub = Scrub(parts, claims)
        self.restraint = Restraint(parts, claims, self._fetches)
        self.farewell = Farewell(parts, claims, rules)
        self._listed: Listed | None = None
        self._away: frozenset[str] = frozenset()
        self._last_s = parts.monotonic_s()

    async def begin(self) -> None:
        """Claim what was held; what is in doubt is proved first, beside the rounds.

        Raises:
            StateError: the record or the folder cannot be used.
            SeedbedError: there is no catalogue at all.
        """
        parts = self._parts
        if parts.state.get("is_clean") == "no":
            beginning.doubt_after_crash(parts.state)
        parts.state.set("is_clean", "no")
        await asyncio.to_thread(beginning.adopt, parts.state, parts.place, parts.now_s())
        await self._look_at_catalog()
        await self.restraint.look()
        await self._claims.look()
        self.scrub.begin()

    async def once(self) -> dict[str, Any]:
        """One round; returns what it was about, in numbers.

        Raises:
            SeedbedError: something was in the way; what is claimed stays so, but for a disk that is away.
        """
        await self._check_place()
        passed_s, gift = self._pass_time(), self._parts.gift()
        if not (await self.restraint.look()).may_serve:
            return await self._stay_silent()
        listed = await self._look_at_catalog()
        await self._trust.look(listed, passed_s)
        known, space = self._parts.state.numbers(), self._claims.belief.space
        given_bytes, refuses = space.total_bytes if space else 0.0, self._parts.refuses
        view = await asyncio.to_thread(
            View.of, listed.releases, self._claims.cutter, gift, known, given_bytes, refuses=refuses
        )  # fmt: skip
        await wishes.grant(self._parts, self._leaving, self._fetches)
        counts = await self._count(view)
        may_drop = self._may_drop(listed, counts, gift) and self._trust.may_drop
        self._take_in(view, counts, passed_s)
        self._trust.check(listed, view, counts, passed_s)
        await self._look_after_held(view, may_drop=may_drop)
        await self._do(await self._decide(view, gift, listed, may_drop=may_drop), view, listed)
        await self._go_on(listed, gift)
        self._parts.state.set("beat_s", str(self._parts.now_s()))
        return self._numbers(len(view.units))

    @property
    def listed(self) -> Listed | None:
        """The catalogue of the last look; None before the first."""
        return self._listed

    def standing(self) -> dict[str, float]:
        """See :meth:`seedbed.node.trusting.trust.Trust.standing`."""
        return self._trust.standing()

    async def settle(self) -> None:
        """Wait for what runs beside the rounds, as far as it was begun."""
        await self._fetches.finish()
        await self._trust.settle()
        await self.scrub.finish()

    async def stop(self) -> None:
        """End what runs beside the rounds."""
        await self._trust.leave()
        await self.scrub.stop()
        await self._fetches.stop()
        await self.restraint.end()

    # -- seeing ------------------------------------------------------------------------------------------------------

    async def _check_place(self) -> None:
        """Pause when the disk is away: nothing is said, fetched or dropped until it is back.

        Raises:
            StateError: it is away.
        """
        try:
            self._parts.place.check(self._parts.state.get("mark"))
        except StateError:
            await self._fetches.stop()
            await self._claims.disclaim_all()
            raise
        finally:
            await self._note_away()

    async def _note_away(self) -> None:
        """Of several folders one may be away: what lies there is said no longer, and the others go on."""
        parts, now = self._parts, {str(folder): why for folder, why in self._parts.place.away.items()}
        for item in self._fetches.ids | self._claims.ids if now else ():
            if not parts.place.is_here(item):
                await self._fetches.cancel(item)
                await self._claims.disclaim(item)
        for folder in now.keys() ^ self._away:
            what = "disk-away" if folder in now else "disk-back"
            parts.state.note(what, {"folder": folder, "why": now.get(folder, "")}, parts.now_s())
        self._away = frozenset(now)

    def _pass_time(self) -> float:
        now_s = self._parts.monotonic_s()
        passed_s, self._last_s = max(now_s - self._last_s, 0.0), now_s
        self._parts.state.pass_time(passed_s)
        return passed_s

    async def _look_at_catalog(self) -> Listed:
        """The newest that can be had; else the one that is known. After a collapse it drops nothing."""
        try:
            self._listed = await asyncio.to_thread(self._parts.catalog)
        except SeedbedError as error:
            if self._listed is None:
                raise
            log.warning("the catalogue cannot be had, the old one stays: %s", error.message)
        self._claims.know(self._listed)
        if unlisted.is_collapsed(self._parts, self._listed):
            return replace(self._listed, may_drop=False)
        return self._listed

    async def _count(self, view: View) -> Counts:
        held, fetched = self._claims.ids, self._fetches.ids
        return await count(self._parts.scraper, view.units, held=held, fetched=fetched, belief=self._claims.belief)

    def _take_in(self, view: View, counts: Counts, passed_s: float) -> None:
        """New numbers; of a unit that nobody answered for, the old ones stay."""
        own = view.of_ids(self._claims.ids)
        copies, fetching = counts.others.copy(), counts.fetching.copy()
        copies[own] += 1
        unknown = ~counts.is_known
        copies[unknown], fetching[unknown] = view.census.copies[unknown], view.census.fetching[unknown]
        view.census.observe(copies, fetching, passed_s / 3_600, self._rules)
        self._parts.state.keep_numbers(view.rows())

    @staticmethod
    def _may_drop(listed: Listed, counts: Counts, gift: Gift) -> bool:
        return listed.may_drop and counts.is_trusted and not gift.is_paused

    async def _stay_silent(self) -> dict[str, Any]:
        """A round that nobody outside hears of: what a person asked for is done, and what is held is proved."""
        await self._claims.disclaim_all()
        await self._trust.rest()
        await wishes.grant(self._parts, self._leaving, self._fetches)
        await self.farewell.step()
        self.scrub.begin()
        self._parts.state.set("beat_s", str(self._parts.now_s()))
        return self._numbers(len(self._claims.releases))

    # -- what is held ------------------------------------------------------------------------------------------------

    async def _claim(self, items: list[str]) -> None:
        await self._claims.claim(items)
        await self._trust.tell()

    async def _look_after_held(self, view: View, *, may_drop: bool) -> None:
        await self._claims.look()
        await unlisted.look(self._parts, self._claims, self._leaving, may_drop=may_drop)
        targets = {item: float(view.census.targets[number]) for item, number in view.numbers.items()}
        await self._leaving.finish(targets, may_drop=may_drop)
        self.scrub.begin()

    # -- deciding ----------------------------------------------------------------------------------------------------

    async def _decide(self, view: View, gift: Gift, listed: Listed, *, may_drop: bool) -> deciding.Plan:
        if gift.is_paused:
            return deciding.Plan()
        units, place = self._parts.state.units(), self._parts.place
        booking, free_bytes = Booking.of(units), await asyncio.to_thread(place.free_bytes, units, gift, self._rules)
        held = place.crowded(booking.held, gift, units, self._rules) if free_bytes < 0 else booking.held
        a_day = (gift.rate_down or GUESSED_RATE_BYTES_S) * DAY_S
        means = deciding.Means(
            key=self._parts.key, free_bytes=free_bytes,
            plan_bytes=min(a_day, self.restraint.left_bytes), online_bytes=gift.storage_bytes * self._trust.uptime,
            may_add=listed.may_add and not self._fetches.is_full, may_drop=may_drop, space=self._claims.belief.space,
        )  # fmt: skip
        return deciding.decide(view, held, booking.busy, means, self._parts.chance, rules=self._rules)

    # -- doing -------------------------------------------------------------------------------------------------------

    async def _do(self, plan: deciding.Plan, view: View, listed: Listed) -> None:
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

    async def _go_on(self, listed: Listed, gift: Gift) -> None:
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

    def _numbers(self, units: int) -> dict[str, Any]:
        stages = [unit.stage for unit in self._parts.state.units().values()]
        return {"units": units, **{stage: stages.count(stage) for stage in ("held", "fetching", "leaving")}}
