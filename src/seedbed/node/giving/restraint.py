# SPDX-License-Identifier: Apache-2.0
"""Keeping within what was given besides disk: outside its hours, or with the month's traffic used up, a node is silent.

Silent means: nothing is fetched, announced or served, not even slowly. A copy that trickles counts in the swarm like
one that serves, and others would rely on it; one that is announced no longer is simply not there until its hours come.
What is held stays, is proved in its turn, and is announced anew as soon as it may be. Of a month's traffic the last
tenth is for serving: nothing new is fetched with it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from seedbed.errors import SeedbedError
from seedbed.node.giving.hours import is_open
from seedbed.node.giving.traffic import Rates, Traffic
from seedbed.node.parting import farewell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.node.fetches import Fetches
    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parts import Parts

log = logging.getLogger(__name__)
LINE = "line"
"""Under which the record keeps why the line is used as it is."""
FETCHING_SHARE = 0.9
"""Of a month's traffic; with the rest, what is held is served."""


class Allowed(NamedTuple):
    """What the gift leaves to do now."""

    may_fetch: bool
    may_serve: bool
    why: str
    """The name of a reason, for people; what it says is about the whole node."""
    facts: Mapping[str, Any]


class Restraint:
    """Looks often, beside the rounds: a window that closes in the middle of a round closes then.

    Args:
        parts: The node's.
        claims: Silenced, and told to speak again.
        fetches: Stopped; rounds begin them again.
    """

    def __init__(self, parts: Parts, claims: Claims, fetches: Fetches) -> None:
        self._parts, self._claims, self._fetches = parts, claims, fetches
        self.opened = asyncio.Event()
        """Set when something else is allowed than before: a round is due, to go on with it, or to end what was told."""
        self._looking = asyncio.Lock()
        self._traffic = Traffic(parts.state, parts.meter, parts.boot)
        self.left_bytes = float("inf")
        """Of the month's traffic, for fetching."""
        self.used_bytes = 0
        """Of it, at the last look."""

    async def watch(self) -> NoReturn:
        """Look again and again; ended from outside."""
        never, said = asyncio.Event(), ""
        while True:
            await self._parts.nap(never, self._parts.pace.watch_s)
            try:
                await self.look()
                said = ""
            except SeedbedError as error:
                if error.message != said:  # it looks every second
                    log.warning("hours and traffic cannot be looked at: %s", error.message)
                said = error.message

    async def look(self) -> Allowed:
        """Look what is allowed now, and have it so.

        Raises:
            StateError: the gift or the record cannot be read or written.
        """
        async with self._looking:  # a round and the watch may look at the same time
            allowed = await self._judge()
            await self._apply(allowed)
            return allowed

    async def end(self) -> None:
        """Write down what was counted last; where that cannot be, a minute's traffic is forgotten."""
        try:
            await self._traffic.look(self._parts.wall(self._parts.now_s()))
            self._traffic.write()
        except SeedbedError as error:
            log.warning("the last traffic is not written down: %s", error.message)

    async def _judge(self) -> Allowed:
        gift, now = self._parts.gift(), self._parts.wall(self._parts.now_s())
        await self._parts.meter.limit(Rates(gift.rate_up, gift.rate_down))
        used_bytes, given_bytes = (await self._traffic.look(now)).used_bytes, gift.monthly_bytes or float("inf")
        self.left_bytes, self.used_bytes = given_bytes * FETCHING_SHARE - used_bytes, used_bytes
        traffic = {"used_bytes": used_bytes, "monthly_bytes": gift.monthly_bytes}
        if farewell.asked_of(self._parts.state):
            return Allowed(False, False, "leave-begun", {})  # noqa: FBT003
        if not is_open(gift.hours, now):
            return Allowed(False, False, "hours-closed", {"hours": ", ".join(gift.hours)})  # noqa: FBT003
        if used_bytes >= given_bytes:
            return Allowed(False, False, "traffic-used-up", traffic)  # noqa: FBT003
        if self.left_bytes <= 0:
            return Allowed(False, True, "traffic-nearly-used-up", traffic)  # noqa: FBT003
        return Allowed(True, True, "line-free", {})  # noqa: FBT003

    async def _apply(self, allowed: Allowed) -> None:
        was_silent, was_shut = self._claims.is_silent, self._fetches.is_shut
        self._claims.is_silent, self._fetches.is_shut = not allowed.may_serve, not allowed.may_fetch
        if was_silent == self._claims.is_silent and was_shut == self._fetches.is_shut:
            return
        log.info("the node's line: may_fetch=%s may_serve=%s (%s)", allowed.may_fetch, allowed.may_serve, allowed.why)
        if self._fetches.is_shut:
            await self._fetches.stop()
        if self._claims.is_silent:
            await self._claims.disclaim_all()
        elif was_silent:
            await self._claims.look()
        self.opened.set()
        self._parts.state.note(allowed.why, allowed.facts, self._parts.now_s())
        self._parts.state.set(LINE, json.dumps({"reason": allowed.why, "facts": dict(allowed.facts)}))
