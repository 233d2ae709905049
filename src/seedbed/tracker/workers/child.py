# SPDX-License-Identifier: Apache-2.0
"""A worker: ``python -m seedbed.tracker.workers.child DESCRIPTOR``. It answers the announces of its swarms.

It ends when it is told, or when whoever started it is gone; signals that reach the whole group are the other's to heed.
"""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from seedbed.tracker.rounds import Rounds
from seedbed.tracker.swarm import Limits, Swarms, chance_of
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_door import UdpDoor
from seedbed.tracker.udp_wire import ConnectionIds
from seedbed.tracker.workers.channel import Channel, Question, Reply, Setup, Stop, Told

if TYPE_CHECKING:
    from seedbed.tracker.swarm import Count

TICK_S = 1
REST = 20
"""Times as long as the counting took, it is not done again."""


class Worker:
    """At work on its swarms."""

    def __init__(self, setup: Setup, channel: Channel) -> None:
        swarms = Swarms(Limits(lease_s=setup.lease_s), chance_of(random.random))
        swarms.restore(setup.completed)
        ids = ConnectionIds(setup.key)
        self.tracker = Tracker(
            swarms, setup.access, ids, setup.interval_s, allows_private=setup.allows_private, keys=setup.keys
        )
        self._channel = channel
        self._told: dict[bytes, Count] = {}
        self._rounds = Rounds(lambda: (info_hash for info_hash, _ in swarms.each()))

    async def keep_house(self) -> None:
        """Forget who is silent, and tell the first worker what there is."""
        rest_until_s = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            began_s = time.monotonic()
            self.tracker.swarms.expire(self._rounds.share(TICK_S), int(began_s))
            if began_s >= rest_until_s:
                self.tell()
                rest_until_s = time.monotonic() + (time.monotonic() - began_s) * REST

    def tell(self) -> None:
        """Send what is new."""
        swarms = self.tracker.swarms
        now = {info_hash: swarm.count for info_hash, swarm in swarms.each()}
        changed = {info_hash: count for info_hash, count in now.items() if self._told.get(info_hash) != count}
        gone = tuple(info_hash for info_hash in self._told if info_hash not in now)
        facts = {"swarms": len(swarms), "peers": swarms.peers, **asdict(self.tracker.totals)}
        self._told = now
        self._channel.send(Told(changed, gone, facts))

    def heed(self, message: object) -> None:
        """Do what the first worker says."""
        if isinstance(message, Question):
            keys = self.tracker.keys  # whoever passed it on has seen a good one
            path = f"/{min(keys)}/announce" if keys else "/announce"
            body = self.tracker.http(path, message.query, message.ip, int(time.monotonic()))
            self._channel.send(Reply(message.number, body or b""))
        elif isinstance(message, frozenset):
            self.tracker.keys = message
        elif hasattr(message, "is_listed"):
            self.tracker.follow(message)


async def work(end: socket.socket) -> None:
    """Serve until told to stop."""
    channel, loop = await Channel.of(end), asyncio.get_running_loop()
    setup = await channel.receive()
    if not isinstance(setup, Setup):
        return
    worker = Worker(setup, channel)
    doors = [UdpDoor(socket.socket(fileno=one), worker.tracker, time.monotonic) for one in setup.sockets]
    for door in doors:
        door.open(loop)
    worker.tell()  # it is ready
    housekeeping = asyncio.create_task(worker.keep_house())
    while (message := await channel.receive()) is not None and not isinstance(message, Stop):
        worker.heed(message)
    housekeeping.cancel()
    for door in doors:
        door.shut(loop)
    worker.tell()
    channel.writer.close()
    await channel.writer.wait_closed()


if __name__ == "__main__":
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    asyncio.run(work(socket.socket(fileno=int(sys.argv[1]))))
