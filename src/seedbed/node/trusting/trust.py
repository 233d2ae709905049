# SPDX-License-Identifier: Apache-2.0
"""What a node tells registries of itself, and what it believes of what they tell, and of its own checks."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import numpy as np

from seedbed.errors import FormatError, SourceError, StateError
from seedbed.health.leases.lease import MAX_UNITS, MIN_PORT, Lease
from seedbed.health.leases.over_http import registries
from seedbed.health.leases.report import Answer
from seedbed.node.state import NODE
from seedbed.node.trusting.believing import Belief, Told, space_text
from seedbed.node.trusting.spotting import DOUBTED, Spotting
from seedbed.node.trusting.uptime import Uptime

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seedbed.health.leases.report import Report
    from seedbed.node.choosing.view import View
    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parts import Listed, Parts
    from seedbed.node.policy.arrays import Keys
    from seedbed.node.trusting.counting import Counts
    from seedbed.node.trusting.identity import Identity
    from seedbed.node.trusting.outside import Speaks

log = logging.getLogger(__name__)
LEAST_APART_S = 60.0
"""Between two leases to one registry; less only where rounds are shorter."""
NO_REGISTRY = frozenset((404, 405, 501))
"""What a server answers that knows nothing of leases."""
ABSENT_S = 86_400.0
REGISTRY = "registry"
"""In the node's record: how long ago a registry was good last."""
MISSED_S = 7 * 86_400.0
"""One that has been away for so long is not waited for."""
LEAST_LIFE_S, MOST_LIFE_S = 180.0, 3 * 3_600.0
LEAVE_PATIENCE_S = 5.0
_ROUNDS = 3
"""A lease lasts for so many."""
_NONE = np.empty(0, np.uint64)


class Trust:
    """See the module's text. Registries that cannot be had, or refuse, stop nothing.

    Args:
        parts: The node's.
        claims: What it announces now; takes what is believed.
    """

    def __init__(self, parts: Parts, claims: Claims) -> None:
        self._parts = parts
        self._claims = claims
        self._spotting = Spotting(parts, claims)
        self._bases: list[str] = []
        self._posted: dict[str, tuple[Lease, Answer]] = {}
        """By registry: the lease of ours that it has, and what it said to it."""
        self._waits_s: dict[str, float] = {}
        """By registry that has not proved us: since when it knows that we hold something."""
        self._absent_s: dict[str, float] = {}
        """Trackers that turned out to be no registries, and when."""
        self._posted_s = float("-inf")
        self._later: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._began = False
        self._clock_off_s = 0.0
        """By so much a registry's clock was ahead of ours when it answered last."""

    @property
    def may_drop(self) -> bool:
        """Whether data may be given up: not while a registry that was good lately is away.

        Else it would be enough to silence it, and unproved seeds would count as copies again.
        """
        missed = self._parts.state.waits(REGISTRY).get(NODE)
        return bool(self._claims.belief.told) or missed is None or missed.passed_s > MISSED_S

    @property
    def uptime(self) -> float:
        """Share of its life in which the node is at work, 0 to 1."""
        return Uptime.read(self._parts.state.get("uptime")).share

    def standing(self) -> dict[str, float]:
        """Whether others can fetch from us, as far as registries say: they try, and no other way is honest."""
        answers = [answer for lease, answer in self._posted.values() if len(lease.held)]
        now_s = self._parts.monotonic_s()
        return {
            "registries": len(answers), "proved_by": sum(answer.is_proved for answer in answers),
            "unproved_s": max((now_s - since_s for since_s in self._waits_s.values()), default=0.0),
            "clock_off_s": self._clock_off_s,
        }  # fmt: skip

    async def look(self, listed: Listed, passed_s: float) -> None:
        """Once a round: tell registries what is held now, and hear what they know."""
        self._measure(passed_s)
        if not self._parts.outside.speaks:
            self._believe(())
            return
        trackers = (url for release in listed.releases for url in release.torrent.trackers)
        self._bases = [one for one in await asyncio.to_thread(registries, trackers) if not self._is_absent(one)]
        self._posted = {base: one for base, one in self._posted.items() if base in self._bases}
        await self._tell_if_apart()
        await self.hear()

    async def hear(self) -> None:
        """What registries know now."""
        if speaks := self._parts.outside.speaks:
            heard = await asyncio.gather(*(self._hear(speaks, base) for base in self._bases))
            self._believe([one for one in heard if one])

    async def tell(self, *, at_once: bool = False) -> None:
        """Something changed that others should know; within a minute of the last lease they hear of it after that.

        Args:
            at_once: Not after that minute: something is about to be fetched.
        """
        if at_once:
            await self._tell()
            return
        if await self._tell_if_apart() or self._later or self._stopping.is_set():
            return
        self._later = asyncio.create_task(self._tell_later())

    def check(self, listed: Listed, view: View, counts: Counts, passed_s: float) -> None:
        """Have some seeds of rare units asked for a piece, beside the rounds."""
        self._spotting.begin(listed, view, counts, passed_s)

    async def settle(self) -> None:
        """Wait for the checks that were begun."""
        await self._spotting.finish()

    async def leave(self) -> None:
        """The node stops: its leases end now, and nobody waits for it."""
        self._stopping.set()
        await self._spotting.stop()
        if self._later:
            self._later.cancel()
            await asyncio.gather(self._later, return_exceptions=True)
        await self.rest()

    async def rest(self) -> None:
        """Nothing is served for now: its leases end."""
        identity, speaks = self._parts.outside.identity, self._parts.outside.speaks
        if not (identity and speaks and self._posted):
            return
        try:
            lease = self._lease(identity, _NONE, _NONE, life_s=0.0)
            async with asyncio.timeout(LEAVE_PATIENCE_S):
                await asyncio.gather(*(self._post(speaks, identity, base, lease) for base in list(self._posted)))
        except (TimeoutError, StateError):
            log.info("registries were not told that the node stops")
        self._posted.clear()

    async def _tell_if_apart(self) -> bool:
        """Post, unless it was done a moment ago; whether it was."""
        if self._parts.monotonic_s() - self._posted_s < self._apart_s:
            return False
        await self._tell()
        return True

    async def _tell_later(self) -> None:
        try:
            pause_s = self._apart_s - (self._parts.monotonic_s() - self._posted_s)
            await self._parts.nap(self._stopping, max(pause_s, 0.0))
            if not self._stopping.is_set():
                await self._tell()
        except StateError as error:  # the next round says so
            log.warning("registries were not told of a change: %s", error.message)
        finally:
            self._later = None

    async def _tell(self) -> None:
        identity, speaks = self._parts.outside.identity, self._parts.outside.speaks
        bases = [one for one in self._bases if not self._is_absent(one)]
        if not (identity and speaks and bases) or self._claims.port < MIN_PORT:
            return
        self._posted_s = self._parts.monotonic_s()
        claimed = self._claims.ids
        fetched = {unit.id for unit in self._parts.state.units().values() if unit.stage == "fetching"} - claimed
        held, fetching = await asyncio.to_thread(self._keys, claimed, fetched)
        lease = self._lease(identity, held, fetching, life_s=self._life_s)
        await asyncio.gather(*(self._post(speaks, identity, base, lease) for base in bases))

    async def _post(self, speaks: Speaks, identity: Identity, base: str, lease: Lease) -> None:
        self._posted.pop(base, None)
        try:
            body = await asyncio.to_thread(speaks.post, base, await asyncio.to_thread(lease.sealed, identity))
            self._posted[base] = lease, Answer.unsealed(body, len(lease.held))
            self._clock_off_s = float(self._posted[base][1].at_s - self._parts.now_s())
            self._wait(base, *self._posted[base])
        except (SourceError, FormatError) as error:
            log.info("a registry does not have our lease: %s", error.message)
            if error.data.get("status") in NO_REGISTRY:
                self._absent_s[base] = self._parts.monotonic_s()

    def _is_absent(self, base: str) -> bool:
        """Whether a tracker was found to be no registry, not long ago: it is not asked each time."""
        return self._parts.monotonic_s() - self._absent_s.get(base, float("-inf")) < ABSENT_S

    async def _hear(self, speaks: Speaks, base: str) -> Told | None:
        if self._is_absent(base):
            return None
        try:
            report: Report = await asyncio.to_thread(speaks.health, base)
        except SourceError as error:
            log.info("a registry tells nothing: %s", error.message)
            return None
        if base not in self._posted:
            return Told(report, _NONE, _NONE)
        lease, answer = self._posted[base]
        now_s = self._parts.monotonic_s()
        return Told(report, lease.held, lease.fetching, answer, now_s - self._waits_s.get(base, now_s))

    def _wait(self, base: str, lease: Lease, answer: Answer) -> None:
        if answer.is_proved or not len(lease.held):
            self._waits_s.pop(base, None)
        else:
            self._waits_s.setdefault(base, self._parts.monotonic_s())

    def _believe(self, heard: Iterable[Told]) -> None:
        now_s, round_s = self._parts.now_s(), self._parts.pace.round_s
        told = tuple(one for one in heard if one.is_good(now_s, round_s))
        doubted = frozenset(self._parts.state.waits(DOUBTED))
        belief = self._claims.belief = Belief(told, doubted)
        if told:
            self._parts.state.wait(NODE, REGISTRY)
        self._parts.state.set("space", space_text(belief.space))
        proved = {one.answer.is_proved for one in told if one.answer}
        self._parts.state.set("proved", "" if not proved else "yes" if any(proved) else "no")

    def _lease(self, identity: Identity, held: Keys, fetching: Keys, *, life_s: float) -> Lease:
        now_s, gift = self._parts.now_s(), self._parts.gift()
        serial = max(int(self._parts.state.get("lease") or 0) + 1, now_s * 1_000)
        self._parts.state.set("lease", str(serial))
        return Lease(
            identity.public, serial, now_s + int(life_s), held, fetching, gift.storage_bytes, self.uptime,
            self._claims.port, gift.operator, gift.country,
        )  # fmt: skip

    def _keys(self, claimed: Iterable[str], fetched: Iterable[str]) -> tuple[Keys, Keys]:
        """Of what is announced now, and of what is fetched or will be; blocks."""
        held = self._keys_of(claimed)[:MAX_UNITS]
        fetching = np.setdiff1d(self._keys_of(fetched), held, assume_unique=True)
        return held, fetching[: MAX_UNITS - len(held)]

    def _keys_of(self, items: Iterable[str]) -> Keys:
        units = (self._claims.unit(item) for item in items)
        return np.array(sorted({unit.key for unit in units if unit}), np.uint64)

    def _measure(self, passed_s: float) -> None:
        """Count time at work; the time since the last round of an earlier run was none."""
        state, now_s = self._parts.state, self._parts.now_s()
        away_s = 0.0
        if not self._began and (beat_s := state.get("beat_s")):
            away_s = min(max(now_s - int(beat_s), 0), 30 * 86_400)
        self._began = True
        state.set("uptime", str(Uptime.read(state.get("uptime")).after(passed_s, away_s)))

    @property
    def _apart_s(self) -> float:
        return min(LEAST_APART_S, self._parts.pace.round_s)

    @property
    def _life_s(self) -> float:
        return min(max(_ROUNDS * self._parts.pace.round_s, LEAST_LIFE_S), MOST_LIFE_S)
