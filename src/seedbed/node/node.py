# SPDX-License-Identifier: Apache-2.0
"""A smartnode at work: look at the catalogue and at the swarms, decide, and do one thing after the other.

Each step is written down before the next one. What was begun is gone on with after a stop of any kind; what is claimed
was proved. Data is given up in two phases: it is announced no longer, and after a while, when enough others are seen to
hold it, it is deleted; else it is claimed again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from seedbed.errors import SeedbedError
from seedbed.node import deciding
from seedbed.node.counting import Counts, count
from seedbed.node.fetches import Fetches, ref_of
from seedbed.node.offering import Offering
from seedbed.node.policy.dropping import may_be_deleted
from seedbed.node.policy.rules import DEFAULT, Rules
from seedbed.node.view import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.catalog.model import Release
    from seedbed.engine.base import Engine
    from seedbed.node.gift import Gift
    from seedbed.node.parts import Listed, Parts

log = logging.getLogger(__name__)
UNCLEAN_BEFORE_S = 600
"""What was held for less than that before an unclean stop is proved again before it is claimed."""
GUESSED_RATE_BYTES_S = 2_500_000
"""20 Mbit/s, where no limit was given."""
DAY_S = 86_400


class Node:
    """See the module's text.

    Args:
        parts: All that touches the world.
        rules: The policy's.
    """

    def __init__(self, parts: Parts, rules: Rules = DEFAULT) -> None:
        self._parts = parts
        self._rules = rules
        self._releases: dict[str, Release] = {}
        self._listed: Listed | None = None
        self._fetches = Fetches(parts, self._claim)
        self._offering: Offering
        self._last_s = 0

    async def run(self, stop: asyncio.Event, report: Callable[[str, dict[str, Any]], object] = lambda *_: None) -> None:
        """Work until ``stop``.

        Args:
            stop: Ends it.
            report: Told what happens: a name and facts.

        Raises:
            StateError: the disk is not there, or is another node's; or BusyError: a node is at work there.
            SeedbedError: there is no catalogue at all.
        """
        parts = self._parts
        parts.place.check(parts.state.get("mark"))
        with parts.place.held():
            async with parts.open_engine() as engine:
                self._offering = Offering(engine, parts.place.cache)
                watcher = asyncio.create_task(self._watch(engine))
                try:
                    await self._begin()
                    report("ready", {"endpoints": [str(one) for one in engine.endpoints]})
                    while not stop.is_set():
                        await self._round(report)
                        await self._rest(stop)
                finally:
                    watcher.cancel()
                    await self._fetches.stop()
                parts.state.set("is_clean", "yes")

    async def _begin(self) -> None:
        """Claim what was held; after an unclean stop what was new then is proved first."""
        state, now_s = self._parts.state, self._parts.now_s()
        was_clean, beat_s = state.get("is_clean") != "no", int(state.get("beat_s") or 0)
        state.set("is_clean", "no")
        self._last_s = now_s
        await self._look_at_catalog()
        for unit in state.units().values():
            if unit.stage == "held" and (release := self._releases.get(unit.id)):
                is_doubtful = not was_clean and unit.since_s >= beat_s - UNCLEAN_BEFORE_S
                if not is_doubtful or await self._is_proved(release):
                    await self._claim(release)

    async def _round(self, report: Callable[[str, dict[str, Any]], object]) -> None:
        parts = self._parts
        parts.place.check(parts.state.get("mark"))
        gift, now_s = parts.gift(), parts.now_s()
        listed = await self._look_at_catalog()
        view = View.of(listed.releases, gift, parts.state.numbers())
        counts = await self._count(view)
        self._take_in(view, counts, now_s)
        await self._finish_leaving(view)
        await self._scrub(now_s)
        plan = await self._decide(view, gift, counts, listed)
        await self._go_on(listed, gift)
        await self._do(plan, listed)
        parts.state.set("beat_s", str(now_s))
        units = parts.state.units().values()
        report("round", {"units": len(view.releases), **{kind: sum(one.stage == kind for one in units)
                                                        for kind in ("held", "fetching", "leaving")}})  # fmt: skip

    async def _look_at_catalog(self) -> Listed:
        """The newest that can be had; the one that is known, when nothing new can."""
        try:
            self._listed = await asyncio.to_thread(self._parts.catalog)
        except SeedbedError as error:
            if self._listed is None:
                raise
            log.warning("the catalogue cannot be had, the old one stays: %s", error.message)
        self._releases = {release.id: release for release in self._listed.releases}
        return self._listed

    async def _count(self, view: View) -> Counts:
        return await count(
            self._parts.scraper, view.releases, held=self._offering.claimed, fetched=self._fetches.ids
        )  # fmt: skip

    def _take_in(self, view: View, counts: Counts, now_s: int) -> None:
        """New numbers; of a unit that nobody answered for, the old ones stay."""
        own = view.of_ids(self._offering.claimed)
        copies, fetching = counts.others.copy(), counts.fetching.copy()
        copies[own] += 1
        unknown = ~counts.is_known
        copies[unknown], fetching[unknown] = view.census.copies[unknown], view.census.fetching[unknown]
        view.census.observe(copies, fetching, max(now_s - self._last_s, 0) / 3_600, self._rules)
        self._last_s = now_s
        self._parts.state.keep_numbers(view.rows(), now_s)

    async def _decide(self, view: View, gift: Gift, counts: Counts, listed: Listed) -> deciding.Plan:
        units = self._parts.state.units()
        held = [unit.id for unit in units.values() if unit.stage == "held"]
        busy = [unit.id for unit in units.values() if unit.stage != "held"]
        if gift.is_paused:
            return deciding.Plan()
        means = deciding.Means(
            key=self._parts.key, free_bytes=await asyncio.to_thread(self._free_bytes, gift),
            plan_bytes=(gift.rate_down or GUESSED_RATE_BYTES_S) * DAY_S, online_bytes=gift.storage_bytes,
            may_add=listed.may_add and not self._fetches.is_full,
            may_drop=listed.may_drop and counts.is_trusted,
            drop_bytes=self._rules.max_dropped_of_held * sum(units[one].size_bytes for one in held),
        )  # fmt: skip
        return deciding.decide(view, held, busy, means, self._parts.chance, rules=self._rules)

    def _free_bytes(self, gift: Gift) -> float:
        """Of the budget, after everything held and booked; no more than the disk has for what is still to come."""
        units = [unit for unit in self._parts.state.units().values() if unit.stage != "leaving"]
        booked = sum(unit.size_bytes for unit in units)
        to_come = sum(unit.size_bytes for unit in units if unit.stage == "fetching")
        free = gift.storage_bytes * (1 - self._rules.reserve_of_budget) - booked
        return min(free, self._parts.place.room_bytes() - to_come) if free > 0 else free

    async def _go_on(self, listed: Listed, gift: Gift) -> None:
        """Fetch on what was begun before, as far as it is still listed, and what was given up for it is gone."""
        units = self._parts.state.units().values()
        if gift.is_paused or sum(unit.size_bytes for unit in units) > gift.storage_bytes:
            return
        for unit in units:
            release = self._releases.get(unit.id)
            may_begin = unit.stage == "fetching" and self._fetches.may_begin(unit.id, self._parts.now_s())
            if may_begin and release and self._fetches.free:
                self._fetches.begin(release, listed.places)

    async def _do(self, plan: deciding.Plan, listed: Listed) -> None:
        """Give up what the budget has no room for; begin what is still wanted at a second look."""
        for drop in plan.drops:
            await self._leave(drop.id, {"for": "", "surplus": drop.surplus})
        for add in plan.adds[: self._fetches.free]:
            release = self._releases[add.id]
            if not await self._is_still_wanted(release, add):
                continue
            for given in add.room:
                await self._leave(given, {"for": add.id})
            facts = {"copies": add.copies, "short": add.short}
            self._parts.state.move(
                add.id, "fetching", release.size_bytes, self._parts.now_s(), what="chosen", facts=facts
            )  # fmt: skip
            if not add.room:
                self._fetches.begin(release, listed.places)

    async def _is_still_wanted(self, release: Release, add: deciding.Add) -> bool:
        counts = await count(self._parts.asks_again, [release], held=(), fetched=())
        if not counts.is_known[0]:
            return True
        gained = float(counts.others[0] + self._rules.fetching_counts * counts.fetching[0]) - add.copies
        return add.short - gained > self._rules.act_above

    async def _leave(self, item: str, facts: dict[str, Any]) -> None:
        """The first phase: it is announced no longer."""
        await self._offering.disclaim(item)
        size = self._parts.state.units()[item].size_bytes
        self._parts.state.move(item, "leaving", size, self._parts.now_s(), what="leaving", facts=facts)

    async def _finish_leaving(self, view: View) -> None:
        """The second phase: what enough others are seen to hold is deleted, anything else is claimed again."""
        parts, now_s = self._parts, self._parts.now_s()
        for unit in parts.state.units().values():
            release = self._releases.get(unit.id)
            if unit.stage != "leaving" or release is None or now_s - unit.since_s < parts.pace.leave_s:
                continue
            counts = await count(parts.asks_again, [release], held=(), fetched=())
            number = view.numbers.get(unit.id)
            target = float(view.census.targets[number]) if number is not None else 0.0
            others = float(counts.others[0]) if counts.is_known[0] else 0.0
            if self._listed and self._listed.may_drop and may_be_deleted(others, target, self._rules):
                await asyncio.to_thread(parts.place.cache.remove, ref_of(release))
                parts.state.remove(unit.id, now_s, what="deleted", facts={"others": others})
            else:
                parts.state.move(unit.id, "held", unit.size_bytes, now_s, what="kept", facts={"others": others})
                await self._claim(release)

    async def _scrub(self, now_s: int) -> None:
        """Prove again what was proved longest ago, one unit a round, when it is due."""
        held = [unit for unit in self._parts.state.units().values() if unit.stage == "held"]
        oldest = min(held, key=lambda unit: unit.verified_s, default=None)
        if oldest is None or now_s - oldest.verified_s < self._parts.pace.scrub_s or oldest.id not in self._releases:
            return
        if await self._is_proved(self._releases[oldest.id]):
            self._parts.state.verified(oldest.id, now_s)

    async def _is_proved(self, release: Release) -> bool:
        """Whether every byte is right; what is not is claimed no longer, and fetched again."""
        try:
            if await asyncio.to_thread(self._offering.proved, ref_of(release)):
                return True
            why = "bytes on the disk are wrong or missing"
        except SeedbedError as error:
            why = error.message
        await self._withdraw(release, why)
        return False

    async def _withdraw(self, release: Release, why: str) -> None:
        await self._offering.disclaim(release.id)
        log.warning("unit withdrawn id=%s: %s", release.id, why)
        self._parts.state.move(
            release.id, "fetching", release.size_bytes, self._parts.now_s(), what="withdrawn", facts={"why": why}
        )  # fmt: skip

    async def _claim(self, release: Release) -> None:
        """Announce and serve; what cannot be is fetched again."""
        try:
            await self._offering.claim(release, ref_of(release))
        except SeedbedError as error:
            await self._withdraw(release, error.message)

    async def _watch(self, engine: Engine) -> None:
        """What the engine cannot read any more is withdrawn at once."""
        with engine.events() as events:
            async for event in events:
                if (item := self._offering.lost(event)) and (release := self._releases.get(item)):
                    await self._withdraw(release, "the disk cannot be read")

    async def _rest(self, stop: asyncio.Event) -> None:
        pause_s = self._parts.pace.round_s * (0.75 + 0.5 * self._parts.chance.random())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await stop.wait()
