# SPDX-License-Identifier: Apache-2.0
"""What a node says that it has: only what it proved, and whose files nobody touched since."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from seedbed.errors import DataError, FormatError, StateError
from seedbed.library import torrents
from seedbed.node.choosing.units import Cutter, version_of
from seedbed.node.holding.offering import Claim
from seedbed.node.policy.rules import DEFAULT, Rules
from seedbed.node.trusting.counting import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seedbed.catalog.model import Release
    from seedbed.core.metainfo import Metainfo
    from seedbed.engine.base import Event
    from seedbed.node.choosing.units import Unit
    from seedbed.node.holding.offering import Offering
    from seedbed.node.holding.serving import Serving
    from seedbed.node.parts import Listed, Parts

log = logging.getLogger(__name__)


class Claims:
    """Every claim of a node is made, and taken back, here.

    Args:
        parts: The node's.
        offering: What announces and serves.
        rules: How large versions are cut.
    """

    def __init__(self, parts: Parts, offering: Offering, rules: Rules = DEFAULT) -> None:
        self._parts = parts
        self._offering = offering
        self._places: tuple[str, ...] = ()
        self.cutter = Cutter(self._torrent, rules)
        self.releases: Mapping[str, Release] = {}
        """What the catalogue says, by the version's id."""
        self.belief = EVERYBODY
        """Which of the seeds that trackers name count as copies; see :mod:`.trust`."""
        self.is_silent = False
        """Nothing is claimed for now, whatever is held: the line may not be used."""

    @property
    def ids(self) -> frozenset[str]:
        """What is announced now."""
        return self._offering.claimed

    @property
    def port(self) -> int:
        """Where peers reach this node; 0 when it listens nowhere."""
        return self._offering.port

    def may_serve(self, item: str) -> bool:
        """Whether nobody has anything against it; what the catalogue does not list any more is served on."""
        release = self.release_of(item)
        return not self.is_silent and (release is None or release.status != "withdrawn")

    def know(self, listed: Listed) -> None:
        """There is a newer catalogue."""
        self.releases = {release.id: release for release in listed.releases}
        self._places = listed.places

    def unit(self, item: str) -> Unit | None:
        """A unit that the catalogue lists, and whose cut is known; blocks."""
        release = self.release_of(item)
        return self.cutter.unit(item, release) if release else None

    def release_of(self, item: str) -> Release | None:
        """The version that a unit is, or is a part of; None when the catalogue does not list it."""
        return self.releases.get(version_of(item))

    async def look(self, *items: str) -> None:
        """Claim all that is proved; what somebody touched since is claimed no longer, until it is proved again.

        Args:
            items: Only these; all, where none are named.
        """
        state = self._parts.state
        units = [unit for unit in state.units().values() if not items or unit.id in items]
        for item in [unit.id for unit in units if not self._parts.place.is_here(unit.id)]:
            await self._offering.disclaim(item)
        units = [unit for unit in units if self._parts.place.is_here(unit.id)]
        held = [unit.id for unit in units if unit.stage == "held" and unit.verified_s]
        seals, known = await asyncio.to_thread(self._seals, held), state.seals()
        for item in held:
            if not seals[item] or seals[item] != known.get(item):
                await self.doubt(item)
            elif not self.may_serve(item):
                await self._offering.disclaim(item)
        await self.claim(item for item in held if seals[item] and seals[item] == known.get(item))

    async def claim(self, items: Iterable[str]) -> None:
        """Announce and serve; what has not the right files is fetched again, what the engine refuses tried later."""
        claims = [self._claim(item) for item in items if self.may_serve(item)]
        for item, error in (await self._offering.claim(claims)).items():
            if isinstance(error, DataError | FormatError):
                await self.withdraw(item, error.message)
            else:
                log.warning("unit not served id=%s: %s", item, error.message)

    async def disclaim(self, item: str) -> None:
        """Say so no longer."""
        await self._offering.disclaim(item)

    async def disclaim_all(self) -> None:
        """Say nothing any more: the disk is away."""
        await self._offering.disclaim_all()

    async def doubt(self, item: str) -> None:
        """Somebody touched its files: it is claimed again when it is proved."""
        await self._offering.disclaim(item)
        self._parts.state.doubt(item)

    async def withdraw(self, item: str, why: str) -> None:
        """Its bytes are wrong: it is claimed no longer, and fetched again."""
        await self._offering.disclaim(item)
        log.warning("unit withdrawn id=%s: %s", item, why)
        state, unit = self._parts.state, self._parts.state.units().get(item)
        if unit is None:
            return
        state.doubt(item)
        state.wait(item, "healing")
        state.move(item, "fetching", unit.size_bytes, self._parts.now_s(), what="withdrawn", facts={"why": why})

    async def watch(self, engine: Serving) -> None:
        """What the engine cannot read any more is withdrawn at once."""
        with engine.events() as events:
            async for event in events:
                if gone := self._offering.gone(event):
                    log.info("served no longer, until the next round: %s", ", ".join(gone))
                for item in self._offering.lost(event):
                    try:
                        await self.withdraw(item, _why(event))
                    except StateError as error:  # the next look finds it
                        log.warning("unit withdrawn, and not written down id=%s: %s", item, error.message)

    def _torrent(self, release: Release) -> Metainfo | None:
        place, rules = self._parts.place, self._parts.options.rules
        cache = (place.of(release.id) if place.is_here(release.id) else place).cache
        return torrents.found(release, cache, self._places, rules) or torrents.kept_info(cache, release)

    def _claim(self, item: str) -> Claim:
        release = self.release_of(item)
        return Claim(item, release.torrent.best_hex if release else "")

    def _seals(self, items: list[str]) -> dict[str, str]:
        shelf = self._parts.place.shelf
        return {item: shelf.copy(item).seal() for item in items}


def _why(event: Event) -> str:
    """An engine names the file; another client in its place says what happened to the whole."""
    reason = getattr(event, "reason", "")
    return reason if reason and not getattr(event, "path", "") else "the disk cannot be read"
