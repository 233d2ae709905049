# SPDX-License-Identifier: Apache-2.0
"""Proving again what is held: at once what is in doubt, and everything once in a while. A bit may flip unnoticed."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError

if TYPE_CHECKING:
    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parts import Parts
    from seedbed.node.state import Held

log = logging.getLogger(__name__)
HASTE = 1.25
"""Of the pace that would just do: rounds are longer by chance, and nodes are away at times."""


class Scrub:
    """Works beside the rounds, one unit after the other.

    Args:
        parts: The node's.
        claims: Where claims are made and taken back.
    """

    def __init__(self, parts: Parts, claims: Claims) -> None:
        self._parts = parts
        self._claims = claims
        self._task: asyncio.Task[None] | None = None
        self._is_stopped = False

    def begin(self) -> None:
        """Prove what is due, if that is not being done already."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work(self._due()))

    async def finish(self) -> None:
        """Wait for it."""
        if self._task:
            await self._task

    async def stop(self) -> None:
        """End it; what is half done is begun anew."""
        self._is_stopped = True
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def prove(self, item: str) -> bool:
        """Hash a unit; when it is right it is claimed, else withdrawn, with all that share its wrong files.

        Raises:
            StateError: it cannot be written down.
        """
        shelf = self._parts.place.shelf
        proof = await asyncio.to_thread(shelf.copy(item).prove, self._go_on)
        unit = self._parts.state.units().get(item)
        if unit is None or unit.stage != "held":
            return False
        if proof.is_good and (now := await asyncio.to_thread(shelf.copy(item).seal)):
            self._parts.state.verified(item, self._parts.now_s(), now)
            await self._claims.claim([item])
            return True
        await self._claims.withdraw(item, proof.problem or f"wrong bytes in {', '.join(proof.bad_paths[:3])}")
        held = [one.id for one in self._parts.state.units().values() if one.stage == "held"]
        for other in await asyncio.to_thread(shelf.sharing, item, proof.bad_paths, held):
            await self._claims.doubt(other)
        return False

    async def _work(self, units: list[Held]) -> None:
        for unit in units:
            try:
                await self.prove(unit.id)
            except (SeedbedError, OSError) as error:
                log.warning("unit not proved id=%s: %s", unit.id, error)

    def _due(self) -> list[Held]:
        """What is in doubt, the smallest first; then what waited longest, as many as keep the pace.

        A moment to come is a clock that was set back: it counts as long ago.
        """
        now_s, pace = self._parts.now_s(), self._parts.pace
        units, is_here = self._parts.state.units().values(), self._parts.place.is_here
        held = [unit for unit in units if unit.stage == "held" and is_here(unit.id)]
        doubtful = sorted((unit for unit in held if not unit.verified_s), key=lambda unit: unit.size_bytes)
        old = [unit for unit in held if unit.verified_s and not 0 <= now_s - unit.verified_s < pace.scrub_s]
        share = math.ceil(HASTE * len(held) * pace.round_s / pace.scrub_s)
        return doubtful + sorted(old, key=lambda unit: unit.verified_s)[:share]

    def _go_on(self, _: object) -> None:
        if self._is_stopped:
            raise InterruptedError("the node stops")
