# SPDX-License-Identifier: Apache-2.0
"""Messages between the processes of one tracker, over a pair of sockets that nobody else has."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from seedbed.tracker.access import Access
    from seedbed.tracker.swarm import Count


class Setup(NamedTuple):
    """What a worker needs to begin."""

    sockets: tuple[int, ...]
    """Descriptors of its UDP sockets."""
    key: bytes
    interval_s: int
    lease_s: int
    allows_private: bool
    access: Access
    completed: dict[bytes, int]
    """Counts of an earlier run, of its swarms."""
    keys: frozenset[str]
    """Of those who may ask; each time that they change, they are sent anew."""


class Question(NamedTuple):
    """An announce that came over HTTP."""

    number: int
    query: bytes
    ip: bytes


class Reply(NamedTuple):
    """To a :class:`Question`."""

    number: int
    body: bytes


class Told(NamedTuple):
    """What a worker has."""

    counts: Mapping[bytes, Count]
    """Of swarms whose numbers are others than they were."""
    gone: tuple[bytes, ...]
    """Swarms that are no more."""
    facts: Mapping[str, int]
    """Swarms, peers, and what was done since the start."""


class Stop(NamedTuple):
    """End, and tell before it what you have."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One end. What it reads comes from our own process alone."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def of(cls, end: socket.socket) -> Self:
        """Over a connected socket."""
        return cls(*await asyncio.open_connection(sock=end))

    def send(self, message: object) -> None:
        """Send when there is room; nobody waits."""
        data = pickle.dumps(message)
        self.writer.write(len(data).to_bytes(8, "big") + data)

    async def receive(self) -> object:
        """The next message; None when the other end is gone."""
        try:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
            return pickle.loads(await self.reader.readexactly(size))  # noqa: S301  # from our own process
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
