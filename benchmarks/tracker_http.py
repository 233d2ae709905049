# SPDX-License-Identifier: Apache-2.0
"""HTTP: announces for each CPU-second, on a connection each, and on connections that stay."""

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
Three of four peers are seeds; 64 addresses have 3,125 peers each; swarms of 1 to 1,400; 30 peers wanted; 128
connections at a time; questions as qBittorrent writes them; one in 32 announces says that the peer stops. Each tracker
is one process, without a log. The load is `tracker_http_load.c`; it has the other core, and shares it with whoever is
at work here. The processor time is the tracker's own (`/proc/PID/stat`). opentracker lets no connection stay: whoever
asks for it comes again. Goals: 0.75 of opentracker, 5 of bittorrent-tracker.
"""


def measured(world: World, options: argparse.Namespace) -> list[str]:
    """The section of the results."""
    load, count = Load.compile(world, "http"), 10_000 if options.quick else 60_000
    with ExitStack() as stack:
        servers = [
            stack.enter_context(one) for one in (*ours(world), *(make(world) for make in tracker_servers.OTHERS))
        ]
        for server in servers:
            load.run(server, server.port, 1, fill=1, stay=1)
        lines = [NOTE]
        for title, stay in (("A connection for each announce", 0), ("Connections that stay", 1)):
            lines += _compared(title, servers, load, count, options.rounds, stay=stay)
    return lines


def _compared(title: str, servers: list[Server], load: Load, count: int, rounds: int, *, stay: int) -> list[str]:
    def ask(server: Server, number: int) -> Answered:
        few = count // 5 if server.name == "bittorrent-tracker" else count  # it takes several times as long
        return load.run(server, server.port, few, stay=stay, lines=128, seed=number)[0]

    return compared(title, servers, ask, rounds)
