# SPDX-License-Identifier: Apache-2.0
"""A smartnode at work: look at the catalogue and at the swarms, decide, and do one thing after the other.

Each step is written down before the next one. What was begun is gone on with after a stop of any kind; what is claimed
was proved. Data is given up in two phases: it is announced no longer, and after a while, when enough others are seen to
hold it, it is deleted; else it is claimed again. Trouble of a disk, a catalogue or a tracker ends a round, never the
node: what is held is served on, and the next round looks again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seedbed.errors import SeedbedError
from seedbed.node import opening
from seedbed.node.control.bell import Bell
from seedbed.node.control.desk import Desk
from seedbed.node.holding.claiming import Claims
from seedbed.node.holding.offering import Offering
from seedbed.node.policy.rules import DEFAULT, Rules
from seedbed.node.rounds import Rounds
from seedbed.node.telling.live import Live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from seedbed.node.parts import Parts

log = logging.getLogger(__name__)


class Node:
    """See the module's text.

    Args:
        parts: All that touches the world.
        rules: The policy's.
    """

    def __init__(self, parts: Parts, rules: Rules = DEFAULT) -> None:
        self._parts = parts
        self._rules = rules

    async def run(self, stop: asyncio.Event, report: Callable[[str, dict[str, Any]], object] = lambda *_: None) -> None:
        """Work until ``stop``.

        Args:
            stop: Ends it, at any moment.
            report: Told what happens: a name and facts.

        Raises:
            StateError: the disk is not there, or is another node's; or BusyError: a node is at work there.
            SeedbedError: there is no catalogue at all.
        """
        parts = self._parts
        parts.place.check(parts.state.get("mark"))
        with parts.place.held():
            async with parts.open_engine() as engine:
                offering = Offering(engine, parts.place.shelf)
                live = Live(engine, offering, parts.fetch, parts.monotonic_s)
                claims = Claims(parts, offering, self._rules)
                rounds = Rounds(replace(parts, fetch=live), claims, self._rules)
                desk = Desk(parts, rounds, claims.cutter, live, Bell(rounds.restraint.opened))
                async with (
                    _beside(claims.watch(engine)), _beside(rounds.restraint.watch()),
                    opening.opened(parts.doors, desk) as page,
                ):  # fmt: skip
                    where = {"endpoints": [str(one) for one in engine.endpoints], "page": page}
                    await _until(stop, self._work(desk, stop, report, where))
            parts.state.set("is_clean", "yes")

    async def _work(
        self, desk: Desk, stop: asyncio.Event, report: Callable[[str, dict[str, Any]], object], where: dict[str, Any]
    ) -> None:
        def tell(what: str, facts: dict[str, Any]) -> None:
            desk.told(what, facts)
            report(what, facts)

        try:
            await desk.rounds.begin()
            tell("ready", where)
            while not stop.is_set():
                with desk.bell.answered() as told:
                    await self._round(desk.rounds, told)
                tell(told["event"], {name: value for name, value in told.items() if name != "event"})
                if desk.rounds.farewell.is_over:
                    break
                await self._pause(stop, desk.bell.due)
        finally:
            desk.happenings.end()
            await desk.rounds.stop()

    @staticmethod
    async def _round(rounds: Rounds, told: dict[str, Any]) -> None:
        try:
            told.update({"event": "round", **await rounds.once()})
        except SeedbedError as error:
            log.warning("a round ended early: %s", error.message)
            told.update({"event": "trouble", "why": error.message, "hint": error.hint})

    async def _pause(self, stop: asyncio.Event, opened: asyncio.Event) -> None:
        """Until the next round, which is due at once when hours begin."""
        async with _beside(self._parts.rest(stop, self._pause_s())) as rest, _beside(opened.wait()) as early:
            await asyncio.wait({rest, early}, return_when=asyncio.FIRST_COMPLETED)

    def _pause_s(self) -> float:
        return self._parts.pace.round_s * (0.75 + 0.5 * self._parts.chance.random())


async def _until(stop: asyncio.Event, work: Any) -> None:
    """Work until a sign, which ends it wherever it is: each step of it can be gone on with."""
    async with _beside(stop.wait()) as stopped:
        working = asyncio.create_task(work)
        try:
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not working.done():
                working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working


@contextlib.asynccontextmanager
async def _beside(work: Any) -> AsyncIterator[asyncio.Task[Any]]:
    """Something that runs for as long as we are here."""
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
