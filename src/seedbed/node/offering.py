# SPDX-License-Identifier: Apache-2.0
"""Serving what is held: each unit is in the engine exactly while the node claims it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seedbed.core.layout import Layout
from seedbed.engine import base
from seedbed.errors import DataError
from seedbed.library import inspect, torrents
from seedbed.library.cache import Cache, Kept, Snapshot
from seedbed.seeding.offers import Offer
from seedbed.seeding.offers import Place as DataPlace

if TYPE_CHECKING:
    from seedbed.catalog.ids import Ref
    from seedbed.catalog.model import Release
    from seedbed.engine.base import Engine, TorrentId


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

    @property
    def claimed(self) -> frozenset[str]:
        """Ids of what is announced now."""
        return frozenset(self._torrents)

    async def claim(self, release: Release, ref: Ref) -> None:
        """Announce and serve a unit whose bytes were proved.

        Raises:
            DataError: its files are not there, or not all of them.
            SeedbedError: its torrent cannot be read, or the engine does not take it.
        """
        if release.id in self._torrents:
            return
        offer = await asyncio.to_thread(self._offer, release, ref)
        self._torrents[release.id] = await self._engine.add(offer.addition())

    async def disclaim(self, item: str) -> None:
        """Announce and serve it no longer; the data stays."""
        if torrent := self._torrents.pop(item, None):
            await self._engine.remove(torrent)

    def lost(self, event: base.Event) -> str:
        """The id of a unit whose files an engine's event says cannot be read any more; empty for any other event."""
        if not isinstance(event, base.FileError):
            return ""
        return next((item for item, torrent in self._torrents.items() if torrent == event.torrent), "")

    def proved(self, ref: Ref) -> bool:
        """Hash a unit again; whether every byte is right. Blocks.

        Raises:
            DataError: it cannot be told: its torrent is not here.
        """
        kept = self._cache.kept(ref)
        if kept is None:
            return False
        verdict = inspect.look(self._cache, Snapshot(ref, kept, self._cache.data(ref), 0))
        if verdict.problem:
            raise DataError(f"{ref}: {verdict.problem}")
        return verdict.is_good

    def _offer(self, release: Release, ref: Ref) -> Offer:
        kept: Kept | None = self._cache.kept(ref)
        if kept is None or not kept.is_whole:
            raise DataError(f"{release.id}: its files are not there any more, or not all of them")
        metainfo = torrents.kept_metainfo(self._cache, kept.info_hash)
        if metainfo is None or kept.info_hash != release.torrent.best_hex:
            raise DataError(f"{release.id}: its torrent is not there any more")
        pieces = bytes([1]) * Layout.of(metainfo).piece_count
        return Offer(metainfo, DataPlace(self._cache.data(ref).absolute(), kept.root), pieces)
