# SPDX-License-Identifier: Apache-2.0
"""Which node is probed when: newcomers first, whoever failed after a rest, and all others again now and then.

A node is probed where its lease came from, at the port that it told, and nowhere else: nobody can have the registry
knock at a third party's door. Of one network one node at a time.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.health.leases.book import Book, Node
    from seedbed.health.leases.signed import Keys

AT_ONCE = 8
AGAIN_S = 4 * 3_600.0
"""Between two probes of a node that is proved, give or take a quarter."""
REST_S, MOST_REST_S = 300.0, 4 * 3_600.0
"""After a failure; twice as long after each further one."""
TICK_S = 0.5
DRAWN = 4
"""Units of which the rarest is asked for: to say that one holds what many hold does little harm."""
log = logging.getLogger(__name__)


class Proves(Protocol):
    """Asks a node for a piece of a unit."""

    async def __call__(self, ip: bytes, port: int, unit: int, /) -> bool | None:
        """Whether it gave it; None when we could not ask, for want of the torrent."""
        ...


@dataclass(slots=True)
class Turns:
    """See the module's text.

    Args:
        book: Of the nodes.
        proves: Asks them.
        chance: A number from 0 to 1 each time.
    """

    book: Book
    proves: Proves
    chance: Callable[[], float]
    tick_s: float = TICK_S
    _busy: dict[bytes, asyncio.Task[None]] = field(default_factory=dict)
    """By network."""
    _due_s: dict[bytes, float] = field(default_factory=dict)
    """Of nodes that were probed, by key: when they are probed again."""

    async def work(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self.begin()
                await asyncio.sleep(self.tick_s)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def begin(self) -> None:
        """Begin as many probes as there is room for."""
        self.book.expire()
        self._due_s = {key: at_s for key, at_s in self._due_s.items() if key in self.book.nodes}
        for node in self.due():
            if len(self._busy) >= AT_ONCE:
                return
            if node.network not in self._busy:
                self._busy[node.network] = asyncio.create_task(self._probe(node))

    def due(self) -> list[Node]:
        """Whom it is time to probe, the first to be probed first."""
        now_s, nodes = self.book.clock_s(), self.book.nodes.values()
        found = [one for one in nodes if len(one.lease.held) and self._at_s(one) <= now_s]
        return sorted(found, key=lambda one: (one.probed_s is not None, self._at_s(one), one.came))

    def _at_s(self, node: Node) -> float:
        """When it is to be probed; a node that moved is a newcomer."""
        return self._due_s.get(node.lease.node, 0.0) if node.probed_s is not None else 0.0

    async def _probe(self, node: Node) -> None:
        is_good: bool | None = None
        try:
            is_good = await self.proves(node.ip, node.lease.port, self._unit_of(node))
            if is_good is not None:
                self.book.judged(node, is_good=is_good)
        except Exception:  # one node must not end the service
            log.exception("a node was not probed")
        finally:
            self._rest(node, is_good=is_good)
            self._busy.pop(node.network, None)

    def _rest(self, node: Node, *, is_good: bool | None) -> None:
        current = self.book.nodes.get(node.lease.node)
        if current is None:
            return
        if current.probed_s is None and is_good is None:
            current.probed_s = self.book.clock_s()  # others have their turn
        pause_s = min(REST_S * 2.0 ** max(current.failures - 1, 0), MOST_REST_S)
        if is_good:
            pause_s = AGAIN_S * (0.75 + 0.5 * self.chance())
        self._due_s[node.lease.node] = self.book.clock_s() + pause_s

    def _unit_of(self, node: Node) -> int:
        """One that it says it holds: of some that chance picks, the one that fewest others say that they hold."""
        held = node.lease.held
        drawn = {int(held[int(self.chance() * len(held))]) for _ in range(DRAWN)}
        if len(drawn) == 1:
            return drawn.pop()
        others = [one.lease.held for one in self.book.nodes.values()]
        return min(sorted(drawn), key=lambda unit: sum(_has(keys, unit) for keys in others))


def _has(keys: Keys, unit: int) -> bool:
    """Whether a unit is among keys that ascend."""
    at = int(np.searchsorted(keys, np.uint64(unit)))
    return at < len(keys) and int(keys[at]) == unit
