# SPDX-License-Identifier: Apache-2.0
"""What real nodes go through: they fill up, some are lost for good, the portal stops, a version is published."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from seedbed.errors import StateError
from seedbed.node.policy.rules import DEFAULT
from seedbed.simulating.live.data import Published
from seedbed.simulating.live.network import tracker
from seedbed.simulating.live.nodes import HOUR_S, LiveNode
from seedbed.testing.loopback import LoopbackFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_THREADS = 4
"""For each node: they wait for a registry in this process, which needs threads too."""
_QUIET_HOURS = 2.0
"""Of the nodes' clocks: longer than between two of their rounds."""
WANTED = 3
"""Copies of each unit."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be tried."""

    nodes: int = 10
    datasets: int = 40
    mean_bytes: int = 400_000
    archive_share: float = 0.6
    """Of all bytes, those of one dataset that is larger than any node, and is kept in parts."""
    copies: float = 3.2
    """Budgets of all nodes over the bytes of all datasets."""
    lost: int = 3
    """Nodes that are gone for good."""
    patience_s: float = 180.0
    """For each step."""
    alone_hours: float = 5.0
    """Of the nodes' clocks: so long they are watched without the web server."""
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened, and how long the nodes took to put it right."""

    what: str
    hours: float
    """Of the nodes' clocks."""
    fewest: int
    """Copies of the rarest unit, at the end."""
    fetched_bytes: int
    """By all nodes, meanwhile."""
    is_right: bool


@dataclass(slots=True)
class Live:
    """Nodes at work."""

    wish: Wish
    catalog: Published
    nodes: list[LiveNode] = field(default_factory=list)

    def copies(self) -> dict[str, int]:
        """Of each unit, by the books of the nodes that live."""
        held = [node.held for node in self.nodes]
        return {item: sum(item in one for one in held) for item in self.catalog.units()}

    def fetched_bytes(self) -> int:
        """By all living nodes so far, over the network."""
        events = (event for node in self.nodes for event in node.parts.state.events(limit=10_000))
        return sum(event.facts["from_peers"] + event.facts["from_mirrors"] for event in events if event.what == "held")

    async def until_safe(self, what: str) -> Step:
        """Wait until each unit has three copies."""
        began_s, before = time.monotonic(), self.fetched_bytes()
        while min(self.copies().values()) < WANTED and time.monotonic() - began_s < self.wish.patience_s:  # noqa: ASYNC110  # what it waits for is in the books of many nodes
            await asyncio.sleep(0.2)
        return self.step(what, began_s, before)

    async def until_quiet(self) -> None:
        """Wait until for some hours nothing came or went: what was safe may have more copies on their way."""
        began_s = quiet_s = time.monotonic()
        before = self.copies()
        while time.monotonic() - quiet_s < _QUIET_HOURS * HOUR_S and time.monotonic() - began_s < self.wish.patience_s:
            await asyncio.sleep(0.2)
            if (now := self.copies()) != before or any(node.is_busy for node in self.nodes):
                before, quiet_s = now, time.monotonic()

    def step(self, what: str, began_s: float, before: int) -> Step:
        """What came of a step."""
        fewest = min(self.copies().values())
        hours = (time.monotonic() - began_s) / HOUR_S
        is_right = fewest >= WANTED and not any(node.has_wrong() for node in self.nodes)
        return Step(what, hours, fewest, self.fetched_bytes() - before, is_right)


async def tell(wish: Wish, folder: Path, report: Callable[[Step], object]) -> list[Step]:
    """Go through all of it.

    Args:
        wish: What.
        folder: Empty; for everything.
        report: Told of each step.

    Raises:
        StateError: the tracker or a node cannot work here.
    """
    steps: list[Step] = []
    threads = ThreadPoolExecutor(_THREADS * wish.nodes, "seedbed-live")
    asyncio.get_running_loop().set_default_executor(threads)
    async with contextlib.AsyncExitStack() as stack:
        web = await stack.enter_async_context(LoopbackFiles({}))
        announce = await stack.enter_async_context(tracker(lambda: live.catalog))
        chance = Random(wish.seed)  # noqa: S311  # test data
        rules = replace(DEFAULT, cut_above_bytes=2 * wish.mean_bytes, part_bytes=wish.mean_bytes)
        live = Live(wish, Published(folder / "published", web, announce, chance, rules))
        for number in range(wish.datasets):
            live.catalog.publish(f"set-{number}", "1", wish.mean_bytes)
        if wish.archive_share:
            rest_bytes = sum(release.size_bytes for release in live.catalog.releases.values())
            live.catalog.publish("archive", "1", int(rest_bytes * wish.archive_share / (1 - wish.archive_share)))
        _make_nodes(live, folder)
        stack.push_async_callback(_stop_all, live)

        def note(step: Step) -> None:
            steps.append(step)
            report(step)

        for node in live.nodes:
            node.start()
        note(await live.until_safe("nodes join"))
        await _lose(live)
        note(await live.until_safe(f"{wish.lost} nodes are gone for good"))
        live.catalog.publish("set-0", "2", wish.mean_bytes)
        note(await live.until_safe("a new version of a dataset"))
        await live.until_quiet()
        await web.__aexit__(None, None, None)
        note(await _nothing_changes(live))
    return steps


def _make_nodes(live: Live, folder: Path) -> None:
    """Budgets that differ, and in all are what was wished for; room for those that will be lost."""
    wish = live.wish
    whole = sum(release.size_bytes for release in live.catalog.releases.values())
    shares = [0.7 + 0.6 * number / max(wish.nodes - 1, 1) for number in range(wish.nodes)]
    lost_shares = sum(shares[: wish.lost])
    scale = wish.copies * whole / (sum(shares) - lost_shares)
    for number, share in enumerate(shares):
        live.nodes.append(LiveNode(number, folder / f"node-{number}", int(share * scale), live.catalog))


async def _lose(live: Live) -> None:
    for node in live.nodes[: live.wish.lost]:
        await node.stop()
        shutil.rmtree(node.folder)
    del live.nodes[: live.wish.lost]


async def _nothing_changes(live: Live) -> Step:
    began_s, before, held = time.monotonic(), live.fetched_bytes(), live.copies()
    await asyncio.sleep(live.wish.alone_hours * HOUR_S)
    step = live.step("the web server stops", began_s, before)
    if changed := {item: (held.get(item, 0), now) for item, now in live.copies().items() if now != held.get(item, 0)}:
        raise StateError(f"copies came or went when the web server stopped (before, after): {changed}")
    return step


async def _stop_all(live: Live) -> None:
    await asyncio.gather(*(node.stop() for node in live.nodes))
