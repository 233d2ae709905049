# SPDX-License-Identifier: Apache-2.0
"""Serving what is held: each unit is in the engine exactly while the node claims it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from seedbed.core.layout import Layout
from seedbed.engine import base
from seedbed.errors import SeedbedError
from seedbed.node.choosing.units import split, version_of
from seedbed.node.holding.served import Served
from seedbed.seeding.offers import Offer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seedbed.engine.base import TorrentId
    from seedbed.node.disk.copies import Servable
    from seedbed.node.disk.places import Shelves
    from seedbed.node.disk.shelf import Shelf
    from seedbed.node.holding.serving import Serving

AT_ONCE = 100
"""Torrents read in one go: the loop is free in between."""


class Claim(NamedTuple):
    """A unit to announce and serve, whose bytes were proved."""

    id: str
    info_hash: str = ""
    """As the catalogue says; empty for whatever is here."""


class Offering:
    """Claims, through one engine. Parts of one version are one torrent there, with the pieces of all of them.

    Args:
        engine: Open.
        shelf: What lies here.
    """

    def __init__(self, engine: Serving, shelf: Shelf | Shelves) -> None:
        self._engine = engine
        self._shelf = shelf
        self._served = Served()
        self._claiming = asyncio.Lock()

    @property
    def claimed(self) -> frozenset[str]:
        """Ids of what is announced now."""
        return frozenset(self._served.torrents)

    @property
    def torrents(self) -> Mapping[str, TorrentId]:
        """Id -> torrent, of what is announced now."""
        return self._served.torrents

    @property
    def port(self) -> int:
        """Where the engine listens; 0 for nowhere."""
        return next((one.port for one in self._engine.endpoints), 0)

    async def claim(self, claims: Sequence[Claim]) -> dict[str, SeedbedError]:
        """Announce and serve units; returns the refused, each with its reason.

        A ``DataError`` among them says that the unit's files are not there, or not all of them, or not its torrent.
        """
        refused: dict[str, SeedbedError] = {}
        async with self._claiming:  # a fetch that ends and a round may claim the same
            new = [one for one in claims if one.id not in self._served.torrents]
            for at in range(0, len(new), AT_ONCE):
                refused |= await self._claim_some(new[at : at + AT_ONCE])
        return refused

    async def _claim_some(self, claims: Sequence[Claim]) -> dict[str, SeedbedError]:
        versions = dict.fromkeys(version_of(one.id) for one in claims if split(one.id)[1])
        beside = [Claim(item) for version in versions for item in self._served.of_version(version)]
        for one in beside:  # parts that are served already: their torrent gets more pieces
            await self._take_off(one.id)
        found, refused = await asyncio.to_thread(self._servable, [*beside, *claims])
        groups: dict[str, list[str]] = {}
        for item in found:
            groups.setdefault(version_of(item), []).append(item)
        names = iter(groups.values())
        additions = (_addition([found[item] for item in items]) for items in groups.values())
        async for answer in self._engine.add_many(additions):
            for item in next(names):
                if isinstance(answer, SeedbedError):
                    refused[item] = answer
                else:
                    self._served.put(item, answer)
        return refused

    async def disclaim(self, item: str) -> None:
        """Announce and serve it no longer; the data stays."""
        async with self._claiming:
            together = self._served.of_version(version_of(item))
            for one in together:
                await self._take_off(one)
            await self._claim_some([Claim(one) for one in together if one != item])

    async def disclaim_all(self) -> None:
        """The same, of all."""
        for item in self.claimed:
            await self._take_off(item)

    async def _take_off(self, item: str) -> None:
        if torrent := self._served.drop(item):
            await self._engine.remove(torrent)

    def lost(self, event: base.Event) -> list[str]:
        """Ids of units whose files an engine's event says cannot be read any more; mostly none."""
        if isinstance(event, base.EventsLost):
            bad = {one.torrent for one in self._engine.statuses() if one.state is base.State.FAILED}
        else:
            bad = {event.torrent} if isinstance(event, base.FileError) else set()
        return [item for torrent in bad for item in self._served.of_torrent(torrent)]

    def gone(self, event: base.Event) -> list[str]:
        """Ids of units whose torrent an event says is served no longer, though their files are right; mostly none."""
        if not isinstance(event, base.Removed) or event.torrent in {one.torrent for one in self._engine.statuses()}:
            return []
        items = self._served.of_torrent(event.torrent)
        for item in items:
            self._served.drop(item)
        return items

    def _servable(self, claims: Iterable[Claim]) -> tuple[dict[str, Servable], dict[str, SeedbedError]]:
        found: dict[str, Servable] = {}
        refused: dict[str, SeedbedError] = {}
        for one in claims:
            try:
                found[one.id] = self._shelf.copy(one.id).servable(one.info_hash)
            except SeedbedError as error:
                refused[one.id] = error
        return found, refused


def _addition(units: Sequence[Servable]) -> base.Addition:
    """A torrent with the pieces of some units, which are served; the rest of it is not wanted (BEP 21)."""
    metainfo, place = units[0].metainfo, units[0].place
    have = bytearray(Layout.of(metainfo).piece_count)
    for unit in units:
        have[unit.pieces.start : unit.pieces.stop] = b"\1" * len(unit.pieces)
    addition = Offer(metainfo, place, bytes(have)).addition()
    return addition if all(have) else replace(addition, wanted_files=frozenset())
