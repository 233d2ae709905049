# SPDX-License-Identifier: Apache-2.0
"""What a node that runs answers: how it stands, what it would do, and why; and what it is told to do."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from seedbed.errors import InputError, NotFoundError, SeedbedError, StateError
from seedbed.node.control.happenings import Happenings
from seedbed.node.telling.look import Ground, Look

if TYPE_CHECKING:
    from seedbed.node.choosing.units import Cutter
    from seedbed.node.control.bell import Bell
    from seedbed.node.parts import Parts
    from seedbed.node.rounds import Rounds
    from seedbed.node.telling.live import Live

LOOK_S, ROUND_S = 5.0, 1_800.0
"""For a look at the engine, and for a round that somebody waits for."""


@dataclass(slots=True)
class Desk:
    """See the module's text."""

    parts: Parts
    rounds: Rounds
    cutter: Cutter
    live: Live
    bell: Bell
    happenings: Happenings = field(default_factory=Happenings)
    rounds_done: int = 0
    rounds_failed: int = 0
    trouble: str = ""
    """Why the last round ended early; empty when it did not."""
    _ground: tuple[int, Ground] | None = field(default=None)
    """What the whole catalogue says, and after how many rounds: it is looked through once a round."""

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            SeedbedError: there is none.
        """
        match asked["do"]:
            case "status":
                return await self.status()
            case "plan":
                return await asyncio.to_thread(self._look().plan)
            case "why":
                return await asyncio.to_thread(self._why, str(asked.get("id", "")))
            case "pause" | "resume" as what:
                return await self._pause(is_paused=what == "pause")
            case _:
                return await self._round(waits=bool(asked.get("wait")))

    async def status(self) -> dict[str, Any]:
        """What is held, what that protects, and what moves now."""
        moving, trouble = await self._moving()
        facts = await asyncio.to_thread(self._status)
        units = [{**unit, "now": moving.get(unit["id"], {})} for unit in facts["units"]]
        now = {
            "sent_bytes": self.parts.meter.sent_bytes, "received_bytes": self.parts.meter.received_bytes,
            "rounds": self.rounds_done, "rounds_failed": self.rounds_failed, "trouble": self.trouble or trouble,
            **await asyncio.to_thread(self._ages), **self.rounds.standing(), "version": version("seedbed"),
            "client": self.parts.client(), "engine_trouble": trouble,
            "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        }  # fmt: skip
        used = max(facts["traffic_bytes"], self.rounds.restraint.used_bytes)  # it is written down once a minute
        return {**facts, "units": units, "is_running": True, "traffic_bytes": used, "now": now}

    def told(self, what: str, facts: dict[str, Any]) -> None:
        """Something happened in the node."""
        if what in {"round", "trouble"}:
            self.rounds_done += what == "round"
            self.rounds_failed += what == "trouble"
            self.trouble = str(facts.get("why", "")) if what == "trouble" else ""
            self._note_point()
        self.happenings.tell(what, facts)

    def _note_point(self) -> None:
        held = sum(unit.size_bytes for unit in self.parts.state.units().values() if unit.stage == "held")
        with contextlib.suppress(StateError):  # the disk is full: a plot may have a gap
            self.parts.state.point(self.parts.now_s(), held)

    async def _moving(self) -> tuple[dict[str, dict[str, Any]], str]:
        try:
            async with asyncio.timeout(LOOK_S):
                await self.parts.meter.read()
                return await self.live.look(), ""
        except (SeedbedError, TimeoutError) as error:
            return {}, error.message if isinstance(error, SeedbedError) else "the engine does not answer"

    def _ages(self) -> dict[str, int]:
        """When things were done last, seconds since 1970, 0 for never; and what is not as it should be."""
        state, listed = self.parts.state, self.rounds.listed
        held = [unit for unit in state.units().values() if unit.stage == "held"]
        proofs = [unit.verified_s for unit in held if unit.verified_s]
        return {
            "last_round_s": int(state.get("beat_s") or 0), "catalog_s": listed.as_of_s if listed else 0,
            "oldest_proof_s": min(proofs, default=0), "doubtful": len(held) - len(proofs),
            "failing": len(state.waits("failed")),
        }  # fmt: skip

    def _status(self) -> dict[str, Any]:
        look, at = self._look(), self.rounds_done + self.rounds_failed
        if self._ground is None or self._ground[0] != at:
            self._ground = at, look.ground()
        return look.status(self._ground[1])

    def _look(self) -> Look:
        listed = self.rounds.listed
        if listed is None:
            raise StateError("the node has only just begun, and knows no catalogue yet", hint="Ask again in a moment.")
        parts = self.parts
        return Look(parts.gift(), listed, parts.state, parts.key, self.cutter, parts.place, parts.refuses)

    def _why(self, item: str) -> dict[str, Any]:
        found = self._look().why(item)
        if found is None:
            raise NotFoundError(f"{item}: the catalogue does not list it")
        return found

    async def _pause(self, *, is_paused: bool) -> dict[str, Any]:
        save = self.parts.doors.save_gift
        if save is None:
            raise InputError("this node's gift is not changed here")
        await asyncio.to_thread(lambda: save(replace(self.parts.gift(), is_paused=is_paused)))
        self.bell.ring()
        return {"is_paused": is_paused}

    async def _round(self, *, waits: bool) -> dict[str, Any]:
        told = self.bell.ring()
        if not waits:
            return {"is_begun": True}
        try:
            async with asyncio.timeout(ROUND_S):
                return await told
        except TimeoutError:
            raise StateError(f"the round has not ended within {ROUND_S:,.0f} s") from None
