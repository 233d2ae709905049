# SPDX-License-Identifier: Apache-2.0
"""Whether anybody of those whom trackers name for a version has what they say: a few are asked for a piece."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.health.probes.announce_wire import Who
from seedbed.health.probes.announcing import peers
from seedbed.health.probes.probe import Patience, Target, probe
from seedbed.health.scrape.counted import Unanswered
from seedbed.library import torrents

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.fetching.rules import Rules
    from seedbed.health.probes.announce_wire import Peer
    from seedbed.library.cache import Cache
    from seedbed.node.choosing.units import Unit

ASKED = 3
"""Peers of one unit."""


@dataclass(frozen=True, slots=True)
class Checker:
    """See :class:`seedbed.node.trusting.outside.Checks`.

    Args:
        cache: For torrents.
        rules: Time-outs, and whether private addresses may be asked.
    """

    cache: Callable[[], Cache]
    rules: Rules
    patience: Patience = field(default_factory=lambda: Patience(5.0, 60.0))

    async def __call__(self, unit: Unit, places: tuple[str, ...], port: int, /) -> bool | None:
        """See there."""
        metainfo = await asyncio.to_thread(torrents.found, unit.release, self.cache(), places, self.rules)
        if metainfo is None:
            return None
        target, named = Target(metainfo), await self._peers(unit, port)
        chance = secrets.SystemRandom()
        for one in chance.sample(named, min(ASKED, len(named))):
            if await probe(one.ip, one.port, target, chance.choice, self.patience) == "good":
                return True
        return False if named else None

    async def _peers(self, unit: Unit, port: int) -> list[Peer]:
        """Those whom the first tracker names that names any."""
        hashes = (unit.release.torrent.info_hash_v1, unit.release.torrent.info_hash_v2)
        for url in unit.release.torrent.trackers:
            for info_hash in filter(None, hashes):
                who = Who(bytes.fromhex(info_hash)[:20], b"-SB0001-" + secrets.token_bytes(12), port)
                try:
                    if found := await peers(url, who, allows_private=self.rules.allows_private):
                        return found
                except Unanswered:
                    break
        return []
