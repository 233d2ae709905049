# SPDX-License-Identifier: Apache-2.0
"""One round of a node after the other: what it sees, what it decides, and in which order it does that."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seedbed.errors import SeedbedError, StateError
from seedbed.node.choosing import deciding
from seedbed.node.choosing.booking import Booking
from seedbed.node.choosing.view import View
from seedbed.node.disk import beginning
from seedbed.node.doing import Doing
from seedbed.node.fetches import Fetches
from seedbed.node.giving.restraint import Restraint
from seedbed.node.holding.scrubbing import Scrub
from seedbed.node.parting import unlisted, wishes
from seedbed.node.parting.farewell import Farewell
from seedbed.node.parting.leaving import Leaving
from seedbed.node.state import DAY_S
from seedbed.node.trusting.counting import Counts, count
from seedbed.node.trusting.trust import Trust

if TYPE_CHECKING:
    from seedbed.node.giving.gift import Gift
    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parts import Listed, Parts
    from seedbed.node.policy.rules import Rules

log = logging.getLogger(__name__)
GUESSED_RATE_BYTES_S = 2_500_000
"""20 Mbit/s, where no limit was given."""


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
        self._doing = Doing(parts, claims, self._fetches, self._leaving, self._trust, rules)
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
        await self._doing.carry_out(await self._decide(view, gift, listed, may_drop=may_drop), view, listed)
        await self._doing.go_on(listed, gift)
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
        """A fetch has ended well: others hear of it, and what waited for its turn need not wait for the next round."""
        await self._claims.claim(items)
        await self._trust.tell()
        if self._doing.waits():
            self.restraint.opened.set()

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

    def _numbers(self, units: int) -> dict[str, Any]:
        stages = [unit.stage for unit in self._parts.state.units().values()]
        return {"units": units, **{stage: stages.count(stage) for stage in ("held", "fetching", "leaving")}}
