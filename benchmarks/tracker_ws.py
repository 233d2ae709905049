# SPDX-License-Identifier: Apache-2.0
"""WebSocket: announces with offers for each CPU-second, and the answers that browsers give to them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import tracker_servers
from tracker_rounds import Answered, compared
from tracker_streams import Load, ours

if TYPE_CHECKING:
    import argparse

    from tracker_servers import Server, World

NOTE = """
1,000 connections, each in 200 swarms; nobody is a seed; each announce has five offers of some 1,800 bytes, and every
offer that arrives is answered with as much, so that the work is the same for both: an announce stands for itself, and
for the offers and answers that it leads to. 64 announces on the way. The load is `tracker_ws_load.c`; it has the other
core, and shares it with whoever is at work here. The processor time is the tracker's own (`/proc/PID/stat`).
Goal: 3 of bittorrent-tracker.
"""


def measured(world: World, options: argparse.Namespace) -> list[str]:
    """The section of the results."""
    load, count = Load.compile(world, "ws"), 2_000 if options.quick else 10_000
    peers = 20_000 if options.quick else 200_000
    passed: dict[str, list[float]] = {}

    def ask(server: Server, number: int) -> Answered:
        seen, all_ = load.run(server, server.ws_port, count, lines=1_000, peers=peers, seed=number)
        passed.setdefault(server.name, []).append((all_["offered"] + all_["agreed"]) / seen.answered)
        return seen

    with ExitStack() as stack:
        makes = (*ours(world), tracker_servers.bittorrent_tracker(world))
        servers = [stack.enter_context(make) for make in makes]
        lines = compared("Announces with five offers", servers, ask, options.rounds)
    each = ", ".join(f"{name} {sum(found) / len(found):.2f}" for name, found in passed.items())
    return [NOTE, *lines, f"Offers and answers that arrived, for each announce: {each}."]
