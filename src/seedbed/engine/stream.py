# SPDX-License-Identifier: Apache-2.0
"""Events from an engine to its readers: each reader has a queue of bounded length and hears when it was too slow."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Self

from seedbed.engine.base import EventsLost

if TYPE_CHECKING:
    from seedbed.engine.base import Event, TorrentId

QUEUE_LENGTH = 100_000
"""Events a reader may lag behind: the pieces of the largest torrent that ``core`` accepts, about 10 MB."""


class EventStream:
    """An async iterator over events; ends when the engine closes. Listening starts when it is made."""

    def __init__(self, hub: EventHub, torrent: TorrentId | None, length: int = QUEUE_LENGTH) -> None:
        self._hub = hub
        self._torrent = torrent
        self._queue: deque[Event] = deque()
        self._length = length
        self._lost = 0
        self._changed = asyncio.Event()
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while True:
            if self._queue:
                return self._queue.popleft()
            if self._lost:
                count, self._lost = self._lost, 0
                return EventsLost(self._torrent, count)
            if self._is_closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()

    def put(self, event: Event) -> None:
        """Queue an event if the reader asked for its torrent; the newest is dropped when the queue is full."""
        if self._torrent is not None and event.torrent not in {self._torrent, None}:
            return
        if len(self._queue) >= self._length:
            self._lost += 1
        else:
            self._queue.append(event)
        self._changed.set()

    def close(self) -> None:
        """Stop listening; what is queued can still be read."""
        self._hub.leave(self)
        self._is_closed = True
        self._changed.set()


class EventHub:
    """Hands each event to every reader."""

    def __init__(self) -> None:
        self._streams: list[EventStream] = []
        self._is_closed = False

    def listen(self, torrent: TorrentId | None = None, *, length: int = QUEUE_LENGTH) -> EventStream:
        """A new reader, of one torrent's events or of all."""
        stream = EventStream(self, torrent, length)
        self._streams.append(stream)
        if self._is_closed:
            stream.close()
        return stream

    def publish(self, event: Event) -> None:
        """Give an event to all readers."""
        for stream in self._streams:
            stream.put(event)

    def leave(self, stream: EventStream) -> None:
        """Forget a reader."""
        if stream in self._streams:
            self._streams.remove(stream)

    def close(self) -> None:
        """End all readers' streams."""
        self._is_closed = True
        for stream in tuple(self._streams):
            stream.close()
