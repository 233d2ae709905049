# SPDX-License-Identifier: Apache-2.0
"""The other workers, as the first one sees them: it starts them, asks them for HTTP, and hears what they have."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.tracker import http_wire
from seedbed.tracker.http_door import Page
from seedbed.tracker.workers.channel import Channel, Question, Reply, Setup, Stop, Told
from seedbed.tracker.workers.steering import owner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.tracker.access import Access
    from seedbed.tracker.tracker import Tracker

STOP_S = 10.0
"""A worker that does not end within this time is ended."""
START_S = 30.0


@dataclass(slots=True)
class Crew:
    """Workers 1 and up.

    Args:
        tracker: Of worker 0: what others have is told to it.
        workers: All together.
    """

    tracker: Tracker
    workers: int
    trouble: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Done when a worker has ended unasked: which, and how."""
    _channels: dict[int, Channel] = field(default_factory=dict)
    _processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _listening: list[asyncio.Task[None]] = field(default_factory=list)
    _asked: dict[int, asyncio.Future[Page]] = field(default_factory=dict)
    _number: int = 0
    _stops: bool = False

    async def start(self, setups: Sequence[Setup]) -> None:
        """Start a process for each, and wait until all answer."""
        for number, setup in enumerate(setups, 1):
            ours, theirs = socket.socketpair()
            with theirs:
                command = [sys.executable, "-m", "seedbed.tracker.workers.child", str(theirs.fileno())]
                self._processes[number] = await asyncio.to_thread(
                    subprocess.Popen, command, pass_fds=(theirs.fileno(), *setup.sockets)
                )
            self._channels[number] = await Channel.of(ours)
            self._channels[number].send(setup)
        async with asyncio.timeout(START_S):
            for number, channel in self._channels.items():
                self._take(number, await channel.receive())
        self._listening = [asyncio.create_task(self._listen(number)) for number in self._channels]

    def ask(self, query: bytes, ip: bytes) -> asyncio.Future[Page] | None:
        """Let the owner answer an announce that came over HTTP; None when it is ours, or nobody's."""
        request = http_wire.parse_announce(query)
        whose = 0 if isinstance(request, str) else owner(request[0], self.workers)
        if whose == 0:
            return None
        self._number += 1
        answer: asyncio.Future[Page] = asyncio.get_running_loop().create_future()
        self._asked[self._number] = answer
        self._channels[whose].send(Question(self._number, query, ip))
        return answer

    def take_keys(self, keys: frozenset[str]) -> None:
        """Who may ask from now on."""
        for channel in self._channels.values():
            channel.send(keys)

    def follow(self, access: Access) -> None:
        """Tell all who is served from now on."""
        for channel in self._channels.values():
            channel.send(access)

    async def stop(self) -> None:
        """End all, and hear their last words."""
        self._stops = True
        for channel in self._channels.values():
            channel.send(Stop())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                for task in self._listening:
                    await task
        for task in self._listening:
            task.cancel()
        for number, process in self._processes.items():
            if self._channels.get(number):
                self._channels[number].writer.close()
            try:
                await asyncio.to_thread(process.wait, STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                await asyncio.to_thread(process.wait)

    async def _listen(self, number: int) -> None:
        while (message := await self._channels[number].receive()) is not None:
            self._take(number, message)
        if not self._stops and not self.trouble.done():
            code = await asyncio.to_thread(self._processes[number].wait)
            self.trouble.set_result(f"worker {number} of {self.workers} ended by itself, with code {code}")

    def _take(self, number: int, message: object) -> None:
        if isinstance(message, Reply):
            answer = self._asked.pop(message.number, None)
            if answer and not answer.done():
                answer.set_result(Page(200, "text/plain", message.body))
        elif isinstance(message, Told):
            others = self.tracker.others
            others.counts.update(message.counts)
            for info_hash in message.gone:
                others.counts.pop(info_hash, None)
            others.facts[number] = message.facts
