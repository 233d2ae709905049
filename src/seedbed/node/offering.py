# SPDX-License-Identifier: Apache-2.0
"""Serving what is held: each unit is in the engine exactly while the node claims it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from seedbed.core.layout import Layout
from seedbed.engine import base
from seedbed.errors import DataError, SeedbedError
from seedbed.library import torrents
from seedbed.seeding.offers import Offer
from seedbed.seeding.offers import Place as DataPlace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.catalog.ids import Ref
    from seedbed.engine.base import Engine, TorrentId
    from seedbed.library.cache import Cache

AT_ONCE = 100
"""Torrents read in one go: the loop is free in between."""


class Claim(NamedTuple):
    """A unit to announce and serve, whose bytes were proved."""

    id: str
    ref: Ref
    info_hash: str
    """As the catalogue says; empty for whatever is here."""


class Offering:
    """Claims, through one engine.

    Args:
        engine: Open.
        cache: Where the data lies.
    """

    def __init__(self, engine: Engine, cache: Cache) -> None:
        self._engine = engine
        self._cache = cache
        self._torrents: dict[str, TorrentId] = {}
        self._claiming = asyncio.Lock()

    @property
    def claimed(self) -> frozenset[str]:
        """Ids of what is announced now."""
        return frozenset(self._torrents)

    async def claim(self, claims: Sequence[Claim]) -> dict[str, SeedbedError]:
        """Announce and serve units; returns the refused, each with its reason.

        A ``DataError`` among them says that the unit's files are not there, or not all of them, or not its torrent.
        """
        refused: dict[str, SeedbedError] = {}
        async with self._claiming:  # a fetch that ends and a round may claim the same
            new = [one for one in claims if one.id not in self._torrents]
            for at in range(0, len(new), AT_ONCE):
                refused |= await self._claim_some(new[at : at + AT_ONCE])
        return refused

    async def _claim_some(self, claims: Sequence[Claim]) -> dict[str, SeedbedError]:
        refused: dict[str, SeedbedError] = {}
        offers: dict[str, Offer] = {}
        for one, offer in zip(claims, await asyncio.to_thread(self._offers, claims), strict=True):
            if isinstance(offer, SeedbedError):
                refused[one.id] = offer
            else:
                offers[one.id] = offer
        answers = self._engine.add_many(offer.addition() for offer in offers.values())
        names = iter(offers)
        async for answer in answers:
            if isinstance(answer, SeedbedError):
                refused[next(names)] = answer
            else:
                self._torrents[next(names)] = answer
        return refused

    async def disclaim(self, item: str) -> None:
        """Announce and serve it no longer; the data stays."""
        if torrent := self._torrents.pop(item, None):
            await self._engine.remove(torrent)

    async def disclaim_all(self) -> None:
        """The same, of all."""
        for item in self.claimed:
            await self.disclaim(item)

    def lost(self, event: base.Event) -> list[str]:
        """Ids of units whose files an engine's event says cannot be read any more; mostly none."""
        if isinstance(event, base.EventsLost):
            bad = {one.torrent for one in self._engine.statuses() if one.state is base.State.FAILED}
        else:
            bad = {event.torrent} if isinstance(event, base.FileError) else set()
        return [item for item, torrent in self._torrents.items() if torrent in bad]

    def _offers(self, claims: Sequence[Claim]) -> list[Offer | SeedbedError]:
        found: list[Offer | SeedbedError] = []
        for one in claims:
            try:
                found.append(self._offer(one))
            except SeedbedError as error:
                found.append(error)
        return found

    def _offer(self, claim: Claim) -> Offer:
        kept = self._cache.kept(claim.ref)
        if kept is None or not kept.is_whole:
            raise DataError(f"{claim.id}: its files are not there any more, or not all of them")
        metainfo = torrents.kept_metainfo(self._cache, kept.info_hash)
        if metainfo is None or (claim.info_hash and kept.info_hash != claim.info_hash):
            raise DataError(f"{claim.id}: its torrent is not there any more")
        pieces = bytes([1]) * Layout.of(metainfo).piece_count
        return Offer(metainfo, DataPlace(self._cache.data(claim.ref).absolute(), kept.root), pieces)
