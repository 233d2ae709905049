# SPDX-License-Identifier: Apache-2.0
"""From a connection to the disk: one request's bytes through two windows, so that one fills while the other is written.

The loop only copies; writing and hashing happen in a thread, making durable in another one. Whoever sends faster than
the disk takes is slowed down by TCP, because there is no third window. What is acknowledged is durable: after a crash a
client sends again what came since the last flush, at most three times :data:`SYNC_BYTES`.
"""

from __future__ import annotations

import asyncio
import errno
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from seedbed.core.merkle import BLOCK_LENGTH
from seedbed.errors import NoSpaceError, StateError
from seedbed.hashing.memory import Memory
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from concurrent.futures import Executor

    from seedbed.portal.uploads.receiving.part import Part

WINDOW_BYTES = 4 << 20
"""Of one of the two windows: hashing gains nothing from more."""
_LEAST_BYTES = 256 << 10
SYNC_BYTES = 64 << 20
"""Written before the next flush begins; flushes of less cost a slow disk half of its speed."""
QUIET_S = 60.0
"""So long a sender may need for :data:`QUIET_BYTES`; then it is hung up on, and goes on later (U28)."""
QUIET_BYTES = 16 << 10
WRONG_CHECKSUM = 460
"""Status of tus, *checksum*."""
_Answer = TypeVar("_Answer")


class Checksum(Protocol):
    """Of one request's bytes, as the sender announced it."""

    def update(self, data: bytes) -> None:
        """Take more of them."""
        ...

    def matches(self) -> bool:
        """Whether they were the announced ones."""
        ...


@dataclass(slots=True)
class _Window:
    memory: Memory
    old: int = 0
    """Bytes at its beginning that are on disk already."""
    filled: int = 0

    @property
    def new(self) -> int:
        """Bytes that are not on disk."""
        return self.filled - self.old


@dataclass(slots=True)
class Transfer:
    """One request for one file."""

    part: Part
    pool: Executor
    """Its threads write, hash and flush."""
    checksum: Checksum | None = None
    """With it nothing counts until all has come and is right."""
    quiet_s: float = QUIET_S
    _window: _Window = field(init=False)
    _other: _Window = field(init=False)
    _room: int = field(init=False)
    _has_failed: bool = False
    """The disk refused something: nothing more is written, what was written counts."""
    _writing: asyncio.Future[None] | None = None
    _syncing: asyncio.Future[int] | None = None

    def __post_init__(self) -> None:
        self._room = self.part.length - self.part.position
        size = min(WINDOW_BYTES, max(self._room + BLOCK_LENGTH, _LEAST_BYTES))
        size = -(-size // BLOCK_LENGTH) * BLOCK_LENGTH
        self._window, self._other = _Window(Memory(size)), _Window(Memory(size))

    async def run(self, chunks: AsyncIterator[bytes]) -> None:
        """Take everything that comes, and make it durable; what came before a failure too.

        Raises:
            RefusedError: more came than the file is to have (413), too slowly (408), or with a wrong checksum (460).
            NoSpaceError: the disk is full.
            StateError: the disk fails.
        """
        is_good = False
        try:
            tail = await self._in_thread(lambda: self.part.catch_up(self._window.memory))
            self._window.old = self._window.filled = tail
            await self._take_all(chunks)
            await self._write_rest()
            self._check()
            is_good = True
        except OSError as error:
            raise disk_error(error) from error
        finally:
            await self._settle(counts=is_good or self.checksum is None)

    async def _take_all(self, chunks: AsyncIterator[bytes]) -> None:
        loop = asyncio.get_running_loop()
        since_s, few = loop.time(), 0
        while (chunk := await self._next(chunks, since_s + self.quiet_s)) is not None:
            self._room -= len(chunk)
            if self._room < 0:
                raise RefusedError(
                    f"more bytes came than the file is to have: {self.part.length:,}",
                    hint="Begin it again with its true length.",
                    status=413,
                )
            if self.checksum:
                self.checksum.update(chunk)
            await self._put(chunk)
            few += len(chunk)
            if few >= QUIET_BYTES:
                since_s, few = loop.time(), 0

    async def _next(self, chunks: AsyncIterator[bytes], until_s: float) -> bytes | None:
        try:
            async with asyncio.timeout_at(until_s):
                return await anext(chunks, None)
        except TimeoutError as error:
            raise RefusedError(
                f"fewer than {QUIET_BYTES:,} bytes came in {self.quiet_s:.0f} s",
                hint="What came is kept: ask how far it is (HEAD), and go on from there.",
                status=408,
            ) from error

    async def _put(self, chunk: bytes) -> None:
        at = 0
        while at < len(chunk):
            window = self._window
            count = min(len(chunk) - at, window.memory.length - window.filled)
            window.memory.view[window.filled : window.filled + count] = chunk[at : at + count]
            window.filled += count
            at += count
            if window.filled == window.memory.length:
                await self._swap()

    async def _swap(self) -> None:
        """Hand the full window to a thread, and fill the other one."""
        await self._written()
        self._writing = self._start(self._write, self._window)
        self._window, self._other = self._other, self._window
        self._window.old = self._window.filled = 0
        await self._sync_now_and_then()

    def _write(self, window: _Window) -> None:
        """Write and hash a window, unless one before it failed: its bytes would stand in the wrong place."""
        if not self._has_failed:
            self._has_failed = True
            self.part.take(window.memory, window.old, window.filled)
            self._has_failed = False

    async def _written(self) -> None:
        if self._writing:
            writing, self._writing = self._writing, None
            await asyncio.shield(writing)

    async def _sync_now_and_then(self) -> None:
        if self.checksum:
            return
        behind = self.part.position - self.part.durable
        if self._syncing and (self._syncing.done() or behind > 2 * SYNC_BYTES):
            syncing, self._syncing = self._syncing, None
            await asyncio.shield(syncing)
        if not self._syncing and behind >= SYNC_BYTES:
            self._syncing = self._start(self.part.sync)

    async def _write_rest(self) -> None:
        await self._written()
        if self._window.new:
            window, self._window = self._window, self._other
            self._window.old = self._window.filled = 0
            await self._in_thread(lambda: self._write(window))

    def _check(self) -> None:
        if self.checksum and not self.checksum.matches():
            raise RefusedError(
                "the bytes that came are not those of the checksum",
                hint="They were thrown away: send them again.",
                status=WRONG_CHECKSUM,
            )

    async def _settle(self, *, counts: bool) -> None:
        """Whatever happened: what came is on disk, or gone, before anybody is answered or asks again."""
        try:
            if not counts:
                await self._written()
                await self._in_thread(lambda: self.part.rewind(self.part.durable))
                return
            try:
                await self._write_rest()
            finally:
                if self._syncing:
                    await asyncio.shield(self._syncing)
                await self._in_thread(self.part.sync)
        except OSError as error:
            raise disk_error(error) from error

    def _start(self, work: Callable[..., _Answer], *values: object) -> asyncio.Future[_Answer]:
        return asyncio.get_running_loop().run_in_executor(self.pool, work, *values)

    async def _in_thread(self, work: Callable[[], _Answer]) -> _Answer:
        return await asyncio.shield(self._start(work))


def disk_error(error: OSError) -> NoSpaceError | StateError:
    """What the system says, for the person who sends."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return NoSpaceError(
            "the server's disk is full",
            hint="What came is kept. Go on later; the server's keeper must make room first.",
        )
    return StateError(f"the server's disk fails: {error.strerror or error}", hint="What came is kept. Go on later.")
