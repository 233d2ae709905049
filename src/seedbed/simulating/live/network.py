# SPDX-License-Identifier: Apache-2.0
"""A real tracker for real nodes on this machine. It is their registry too: they say what they hold, and prove it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.core.endpoints import Endpoint
from seedbed.health.leases.book import Book
from seedbed.health.leases.desk import Desk
from seedbed.health.probes.probe import Target, probe
from seedbed.health.probes.turns import Turns
from seedbed.node.trusting.identity import Identity
from seedbed.simulating.live.nodes import now_s
from seedbed.tracker.access import Everything
from seedbed.tracker.server import Places, Server
from seedbed.tracker.swarm import Limits, Swarms
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ConnectionIds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from seedbed.simulating.live.data import Published

TICK_S = 0.1
"""Between two looks whom to prove: half an hour of the nodes' clocks is a second."""


@dataclass(frozen=True, slots=True)
class Proves:
    """Asks a node for a piece of a unit; see :class:`seedbed.health.probes.turns.Proves`."""

    published: Callable[[], Published]

    async def __call__(self, ip: bytes, port: int, unit: int, /) -> bool | None:
        """See there."""
        found = self.published().of_key(unit)
        if found is None:
            return None
        metainfo, pieces = found
        return await probe(ip, port, Target(metainfo, pieces or None), random.choice) == "good"


@contextlib.asynccontextmanager
async def tracker(published: Callable[[], Published]) -> AsyncIterator[str]:
    """Gives its announce URL.

    Args:
        published: What there is, once there is something.
    """
    made = Tracker(
        Swarms(Limits(), random.randrange), Everything(), ConnectionIds(secrets.token_bytes(32)), allows_private=True
    )  # fmt: skip
    book = Book(secrets.token_bytes(32), now_s)
    turns = Turns(book, Proves(published), random.random, tick_s=TICK_S)
    desk = Desk(book, Identity.new(), turns, now_s, allows_private=True)
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    server = Server(made, Places(http=(Endpoint("127.0.0.1", 0),)), beside=desk)
    task = asyncio.create_task(server.serve(stop, ready.set_result))
    done, _ = await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task in done:
        await task
    try:
        yield ready.result()[0]
    finally:
        stop.set()
        await task
