# SPDX-License-Identifier: Apache-2.0
"""Files of a mirror on their way to a client: read in spans by a few threads, one span ahead, in bounded memory."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError, SourceError
from seedbed.gateway.ranges import Span
from seedbed.mirrors.base import failure

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor, Future

    from seedbed.mirrors.base import Mirror

MAX_SPAN_BYTES = 4 << 20
"""Asked of a mirror at a time: large enough that an object store's answer time does not matter."""
MIN_SPAN_BYTES = 64 << 10
"""However little room there is; each connection holds two of these at most."""
ROOM_BYTES = 64 << 20
"""For what was read and is not sent yet, of all connections together."""
_SHARE = 8
"""A span takes this part of the free room at most, so that slow clients leave some to those who come later."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A file that a mirror has."""

    mirror: Mirror
    key: str
    pool: Executor
    """Whose threads read it."""

    def read(self, span: Span) -> bytes:
        """Read a part; blocks.

        Raises:
            SourceError: the mirror fails.
        """
        with our_failure(self.mirror, self.key):
            data = self.mirror.read(self.key, start=span.start, stop=span.stop)
        if len(data) != span.size_bytes:
            raise failure(self.mirror.name, self.key, f"expected {span.size_bytes:,} bytes, got {len(data):,}")
        return data


@dataclass(frozen=True, slots=True)
class our_failure:  # noqa: N801  # used as a statement
    """Within, whatever a mirror raises is a ``SourceError``: credentials that ran out are no fault of our client."""

    mirror: Mirror
    key: str

    def __enter__(self) -> None:
        """Nothing is to be prepared."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, SeedbedError) and not isinstance(error, SourceError):
            raise failure(self.mirror.name, self.key, error.message) from error


@dataclass(slots=True)
class Room:
    """Memory for spans. For several threads."""

    free_bytes: int = ROOM_BYTES
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, wanted_bytes: int) -> int:
        """Take as much of it as is fair; never nothing, so that nobody waits for another's client."""
        with self._lock:
            share = max(MIN_SPAN_BYTES, self.free_bytes // _SHARE)
            size = min(wanted_bytes, MAX_SPAN_BYTES, 1 << (share.bit_length() - 1))  # a few sizes only: used again
            self.free_bytes -= size
            return size

    def give(self, size_bytes: int) -> None:
        """Give it back."""
        with self._lock:
            self.free_bytes += size_bytes


@dataclass(frozen=True, slots=True)
class _Read:
    job: Future[bytes]
    size_bytes: int


class Ahead:
    """Bytes of a file in order, read one span ahead of whoever takes them. To be closed.

    Args:
        remote: The file.
        spans: What is wanted of it.
        room: Where it is kept meanwhile.
        patience_s: How long the mirror may take for each span.
    """

    def __init__(self, remote: Remote, spans: Iterable[Span], room: Room, *, patience_s: float) -> None:
        self._remote, self._room, self._patience_s = remote, room, patience_s
        self._todo = deque(span for span in spans if span.size_bytes)
        self._taken: _Read | None = None
        self._coming: _Read | None = None
        self._first = b""

    async def begin(self) -> None:
        """Wait for the first bytes, so that a failure can still be told by a status.

        Raises:
            SourceError: they do not come.
        """
        self._first = await self.take()

    async def take(self) -> bytes:
        """The next bytes, never across two of the spans; empty at the end.

        Raises:
            SourceError: they do not come.
        """
        if self._first:
            data, self._first = self._first, b""
            return data
        self._release(self._taken)
        self._taken, self._coming = self._coming or self._ask(), None
        if self._taken is None:
            return b""
        data = await self._wait(self._taken)
        self._coming = self._ask()
        return data

    def close(self) -> None:
        """Ask for nothing more; what a thread still reads gives its room back when it comes."""
        for read in (self._taken, self._coming):
            self._release(read)
        self._taken = self._coming = None
        self._first = b""

    def _ask(self) -> _Read | None:
        if not self._todo:
            return None
        span = self._todo.popleft()
        size = self._room.take(span.size_bytes)
        if size < span.size_bytes:
            self._todo.appendleft(Span(span.start + size, span.stop))
        return _Read(self._remote.pool.submit(self._remote.read, Span(span.start, span.start + size)), size)

    async def _wait(self, read: _Read) -> bytes:
        try:
            async with asyncio.timeout(self._patience_s):
                return await asyncio.wrap_future(read.job)
        except TimeoutError as error:
            told = failure(self._remote.mirror.name, self._remote.key, "it says nothing", is_passing=True)
            told.data["is_silent"] = True
            raise told from error

    def _release(self, read: _Read | None) -> None:
        if read is None:
            return
        room, size = self._room, read.size_bytes
        read.job.cancel()
        read.job.add_done_callback(lambda _: room.give(size))
