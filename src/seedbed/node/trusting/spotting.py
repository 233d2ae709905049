# SPDX-License-Identifier: Apache-2.0
"""A node's own checks: some rare units a day, of which a seed that trackers name is asked for a piece."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import numpy as np

from seedbed.errors import SeedbedError
from seedbed.node.state import DAY_S

if TYPE_CHECKING:
    from seedbed.node.choosing.units import Unit
    from seedbed.node.choosing.view import View
    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parts import Listed, Parts
    from seedbed.node.policy.arrays import Ints
    from seedbed.node.trusting.counting import Counts

A_DAY = 20
RARE = 100
"""Units with the fewest copies, of which some are drawn."""
AT_ONCE = 3
DOUBTED = "doubted"
"""In the node's record: units whose listed seeds did not give a piece."""
DOUBTED_S = 2 * DAY_S
"""A doubt that was not confirmed for so long is none."""
log = logging.getLogger(__name__)


class Spotting:
    """See the module's text.

    Args:
        parts: The node's.
        claims: What it announces itself: it is not asked.
    """

    def __init__(self, parts: Parts, claims: Claims) -> None:
        self._parts = parts
        self._claims = claims
        self._allowed = 1.0
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, listed: Listed, view: View, counts: Counts, passed_s: float) -> None:
        """Begin as many checks as a day has for the time that has passed."""
        if not self._parts.outside.checks:
            return
        self._forget()
        self._allowed = min(self._allowed + passed_s / DAY_S * A_DAY, float(AT_ONCE))
        for number in self._drawn(view, counts).tolist():
            unit = view.units[number]
            self._tasks[unit.id] = asyncio.create_task(self._check(unit, listed.places))
            self._allowed -= 1

    async def finish(self) -> None:
        """Wait for those that were begun."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def stop(self) -> None:
        """End those that were begun."""
        for task in self._tasks.values():
            task.cancel()
        await self.finish()

    def _drawn(self, view: View, counts: Counts) -> Ints:
        """Rare units with a seed that nobody has proved."""
        units = self._parts.state.units()
        can = (counts.unproved > 0) & counts.is_known & (view.census.copies <= view.census.targets)
        can &= np.array(
            [not one.part and one.id not in units and one.id not in self._tasks for one in view.units], bool
        )
        found = np.flatnonzero(can)
        rare = found[np.argsort(counts.others[found], kind="stable")[:RARE]]
        count = min(int(self._allowed), AT_ONCE - len(self._tasks), len(rare))
        return self._parts.chance.choice(rare, count, replace=False) if count > 0 else rare[:0]

    async def _check(self, unit: Unit, places: tuple[str, ...]) -> None:
        checks, state = self._parts.outside.checks, self._parts.state
        try:
            is_good = await checks(unit, places, self._claims.port) if checks else None
            if is_good:
                state.wait_no_more(unit.id, DOUBTED)
            elif is_good is not None:
                log.warning("no listed seed gave a piece id=%s", unit.id)
                state.wait(unit.id, DOUBTED)
        except SeedbedError as error:
            log.info("unit not checked id=%s: %s", unit.id, error.message)
        finally:
            self._tasks.pop(unit.id, None)

    def _forget(self) -> None:
        for item, wait in self._parts.state.waits(DOUBTED).items():
            if wait.passed_s >= DOUBTED_S:
                self._parts.state.wait_no_more(item, DOUBTED)
