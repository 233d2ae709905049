# SPDX-License-Identifier: Apache-2.0
"""The end of being a node, in good order: announced no longer, looked at again, and gone only if others hold it all.

A person asks for it in the record; a node that runs falls silent, waits for one announce interval and a half, and asks
how many others hold each unit. If too few hold some, it stays, and speaks again. Nothing of the data is touched here.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, NamedTuple

from seedbed.node.policy.dropping import may_be_deleted
from seedbed.node.trusting.counting import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parts import Parts
    from seedbed.node.policy.rules import Rules
    from seedbed.node.state import State

_NAME, _OVER = "leave", "has-left"
_SHOWN = 5


class Asked(NamedTuple):
    """How a person wants to leave."""

    at_once: bool
    """Whatever others hold."""
    deletes: bool
    """With the data."""


def ask(state: State, asked: Asked | None) -> None:
    """Write it down; None takes it back."""
    state.set(_NAME, json.dumps(asked._asdict()) if asked else "")


def asked_of(state: State) -> Asked | None:
    """What was asked for and is not done; None when nothing was, or nobody understands it."""
    try:
        return Asked(**json.loads(state.get(_NAME) or "null"))
    except (ValueError, TypeError):
        return None


def has_left(state: State) -> bool:
    """Whether the node has ended for good: only its files are to be put away."""
    return bool(asked_of(state) and state.get(_OVER))


def endangered(others: Mapping[str, float], held: Iterable[str], rules: Rules) -> list[str]:
    """Units that fewer others hold than the policy ever leaves behind.

    Args:
        others: Copies that are not this node's; a unit of which nobody knows any has none.
        held: Ids.
        rules: The policy's: its floor.
    """
    return [item for item in held if not may_be_deleted(others.get(item, 0.0), 0.0, rules)]


def known_others(state: State) -> dict[str, float]:
    """By the numbers of the last round, which count this node's own copies."""
    return {item: max(copies - 1, 0.0) for item, (copies, *_) in state.numbers().items()}


def held_of(state: State) -> list[str]:
    """What a node must not take away from others; what the catalogue has withdrawn nobody misses."""
    withdrawn = state.waits("withdrawn")
    return [unit.id for unit in state.units().values() if unit.stage != "fetching" and unit.id not in withdrawn]


def some(items: list[str]) -> str:
    """The first ones, for people."""
    more = len(items) - _SHOWN
    return ", ".join(items[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


class Farewell:
    """The same of a node that runs; :class:`seedbed.node.giving.restraint.Restraint` keeps it silent meanwhile.

    Args:
        parts: The node's.
        claims: With the newest catalogue.
        rules: The policy's.
    """

    def __init__(self, parts: Parts, claims: Claims, rules: Rules) -> None:
        self._parts, self._claims, self._rules = parts, claims, rules
        self._since_s: float | None = None
        self.is_over = False
        """The node may end, and is not to be started again."""

    async def step(self) -> None:
        """Go on with it, as far as it was asked for.

        Raises:
            StateError: the record cannot be written.
        """
        state, now_s = self._parts.state, self._parts.monotonic_s()
        if (asked := asked_of(state)) is None:
            self._since_s = None
            return
        if self._since_s is None:
            self._since_s = now_s
        if asked.at_once:
            self._end()
        elif now_s - self._since_s >= self._parts.pace.leave_s:
            if items := await self._endangered():
                ask(state, None)
                state.note("leave-refused", {"units": some(items), "count": len(items)}, self._parts.now_s())
            else:
                self._end()

    def _end(self) -> None:
        self._parts.state.set(_OVER, "yes")
        self.is_over = True

    async def _endangered(self) -> list[str]:
        held = held_of(self._parts.state)
        units = [unit for item in held if (unit := await asyncio.to_thread(self._claims.unit, item))]
        counts = await count(self._parts.asks_again, units, held=(), fetched=(), must_be_new=True)
        told = zip(units, counts.others.tolist(), counts.is_known.tolist(), strict=True)
        return endangered({unit.id: others for unit, others, is_known in told if is_known}, held, self._rules)
