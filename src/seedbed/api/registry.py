# SPDX-License-Identifier: Apache-2.0
"""The registry of a tracker: which units its catalogue has, where their torrents are, and who proves the nodes."""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from seedbed.catalog.table.reader import read_catalog
from seedbed.errors import SeedbedError
from seedbed.fetching.rules import DEFAULT_RULES
from seedbed.health.leases.book import Book
from seedbed.health.leases.desk import Desk
from seedbed.health.probes.probe import Patience, Target, probe
from seedbed.health.probes.turns import Turns
from seedbed.library import torrents
from seedbed.library.cache import Cache
from seedbed.node.choosing.units import Cutter, Unit
from seedbed.node.trusting.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from seedbed.api.catalog import Source
    from seedbed.api.home import Home
    from seedbed.catalog.model import Release
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.rules import Rules

log = logging.getLogger(__name__)
LOOK_EVERY_S = 3.0
KEY = "registry.key"


@dataclass(slots=True)
class Listed:
    """The units of a catalogue, read again when it is another one.

    Args:
        source: Gives where the catalogue is now: a followed one moves with each release.
        cache: For its torrents.
        rules: Time-outs, and whether private addresses may be asked.
    """

    source: Callable[[], Source]
    cache: Cache
    rules: Rules
    units: Mapping[int, Unit] = field(default_factory=dict)
    """By key."""
    _places: tuple[str, ...] = ()
    _seen: tuple[str, int, int, int] | None = None

    def look(self) -> bool:
        """Read it, if it is a new one; whether it was. Blocks. One that cannot be read leaves the old units."""
        try:
            source = self.source()
            facts = source.catalog.stat()
            state = (str(source.catalog), facts.st_ino, facts.st_size, facts.st_mtime_ns)
            if state == self._seen:
                return False
            self._places = source.places
            releases = [one for one in read_catalog(source.catalog) if one.status != "withdrawn"]
            self.units = {unit.key: unit for unit in Cutter(self.torrent).units(releases)}
        except (SeedbedError, OSError) as error:
            log.warning("the catalogue cannot be read, the old units stay: %s", error)
            return False
        self._seen = state
        return True

    def torrent(self, release: Release) -> Metainfo | None:
        """A version's torrent; None when it cannot be had now. Blocks.

        Raises:
            SeedbedError: it is refused, or our disk is.
        """
        return torrents.found(release, self.cache, self._places, self.rules)

    def target(self, key: int) -> Target | None:
        """What a holder of a unit is asked for; None when its torrent cannot be had now. Blocks."""
        unit = self.units.get(key)
        try:
            metainfo = self.torrent(unit.release) if unit else None
        except SeedbedError as error:
            log.warning("nobody can be asked for a unit: %s", error.message)
            return None
        return Target(metainfo, unit.pieces if unit and unit.part else None) if metainfo else None


@dataclass(slots=True)
class Working:
    """What a registry does meanwhile: it follows its catalogue, and proves nodes."""

    listed: Listed
    turns: Turns
    told: Callable[[Mapping[int, int]], None] = lambda _: None
    """Told of each new list: key -> bytes."""

    async def work(self) -> None:
        """Until cancelled. Nobody is probed before the units are known."""
        await self._look()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.turns.work())
            group.create_task(self._follow())

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self._look()

    async def _look(self) -> None:
        if await asyncio.to_thread(self.listed.look):
            self.told({key: unit.size_bytes for key, unit in self.listed.units.items()})


@dataclass(frozen=True, slots=True)
class Proves:
    """Asks a node for a piece of a unit; see :class:`seedbed.health.probes.turns.Proves`."""

    listed: Listed
    patience: Patience = field(default_factory=Patience)

    async def __call__(self, ip: bytes, port: int, unit: int, /) -> bool | None:
        """See there."""
        target = await asyncio.to_thread(self.listed.target, unit)
        if target is None:
            return None
        return await probe(ip, port, target, random.choice, self.patience) == "good"


def registry(home: Home, source: Callable[[], Source], *, allows_private: bool, key: Path | None = None) -> Desk:
    """A tracker's registry.

    Args:
        home: Where this machine keeps things.
        source: Gives where the catalogue is now.
        allows_private: Whether nodes of private networks are listed.
        key: The file of its key; in ``home`` if not given.

    Raises:
        StateError: its key cannot be read or written.
    """
    listed = Listed(source, Cache(home.cache), replace(DEFAULT_RULES, allows_private=allows_private))
    book = Book(secrets.token_bytes(32), time.monotonic)
    working = Working(listed, Turns(book, Proves(listed), random.random))
    desk = Desk(
        book, Identity.load(key or home.data / KEY), working, lambda: int(time.time()), allows_private=allows_private
    )
    working.told = desk.follow
    return desk
